"""The table of widget settings: one row an environment."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from persistence.rows.base import Base


class WidgetConfigurationRow(Base):
    """How the environment's widgets look."""

    __tablename__ = "widget_configurations"

    environment_id: Mapped[uuid.UUID] = mapped_column(Uuid(as_uuid=True), primary_key=True)
    paywall: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    customer_portal: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    checkout: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
