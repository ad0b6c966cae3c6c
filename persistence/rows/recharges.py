"""The table of automatic recharge settings. Whoever changes a row holds its wallet's lock."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.credits.enums import GrantExpirationPeriod, ThresholdType
from persistence.rows.base import Base, EnvironmentKey, Quantity


class RechargeSettingsRow(Base):
    """A customer's settings for one currency."""

    __tablename__ = "recharge_settings"
    __table_args__ = (
        UniqueConstraint("id"),
        Index(
            "ix_recharge_settings_enabled",
            "environment_id",
            "held_until",
            postgresql_where=text("is_enabled"),
        ),
    )

    environment_id: Mapped[EnvironmentKey] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    currency_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID]
    is_enabled: Mapped[bool]
    threshold_type: Mapped[ThresholdType]
    threshold_value: Mapped[Quantity]
    target_balance: Mapped[Quantity]
    grant_expiration_period: Mapped[GrantExpirationPeriod]
    max_spend_limit: Mapped[Decimal | None] = mapped_column(Numeric(38, 10))
    held_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
