"""Hooks, and the deliveries that are their queue and their record in one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.webhooks.enums import EventLogType, HookStatus
from domain.webhooks.model import DeliveryStatus
from persistence.rows.base import Base, EnvironmentKey, Key, Str


class HookRow(Base):
    __tablename__ = "hooks"
    __table_args__ = (Index("ix_hooks_environment_id_created_at", "environment_id", "created_at"),)

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    endpoint: Mapped[Str]
    event_log_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[HookStatus]
    secret_key: Mapped[Str]
    description: Mapped[Str | None]
    configuration: Mapped[Mapping[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime]


class WebhookDeliveryRow(Base):
    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_environment_id_event_id", "environment_id", "event_id"),
        Index(
            "ix_webhook_deliveries_due",
            "next_attempt_at",
            postgresql_where=text("status = 'PENDING'"),
        ),
    )

    id: Mapped[Key] = mapped_column(server_default=text("gen_random_uuid()"))
    environment_id: Mapped[EnvironmentKey]
    hook_id: Mapped[uuid.UUID]
    event_id: Mapped[uuid.UUID]
    type: Mapped[EventLogType]
    status: Mapped[DeliveryStatus]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    """Due from then on; a claim moves it ahead, so that a crashed attempt is made again."""
    answer_code: Mapped[int | None]
    answer_text: Mapped[Str | None]
