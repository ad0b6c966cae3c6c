"""The outbox: what happened, written in the transaction of the change, never altered.

One table is the source of live updates, webhooks and event logs (spec, platform §7-§8).
`sequence` is drawn while the operation still holds its locks, so that within one customer the
order of sequences is the order of commits.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from persistence.rows.base import Base, EnvironmentKey, Key, Str


class EventRow(Base):
    __tablename__ = "events"
    __table_args__ = (
        Index("uq_events_sequence", "sequence", unique=True),
        Index("ix_events_environment_id_created_at", "environment_id", "created_at", "id"),
        Index("ix_events_environment_id_entity_id", "environment_id", "entity_id"),
        Index(
            "ix_events_request_id",
            "request_id",
            postgresql_where=text("request_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True, cache=1))
    environment_id: Mapped[EnvironmentKey]
    type: Mapped[Str]
    entity_type: Mapped[Str]
    entity_id: Mapped[uuid.UUID]
    customer_id: Mapped[uuid.UUID | None]
    resource_id: Mapped[Str | None]
    data: Mapped[Mapping[str, Any]] = mapped_column(JSONB)
    actor: Mapped[Mapping[str, Any]] = mapped_column(JSONB)
    trace_id: Mapped[Str | None]
    before: Mapped[Mapping[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The altered fields of the entity as they were; `after` as they are since."""
    after: Mapped[Mapping[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    request_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]


class EventRequestRow(Base):
    """A request that events came of, without secrets; `response` is added when it was answered."""

    __tablename__ = "event_requests"

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    body: Mapped[Mapping[str, Any]] = mapped_column(JSONB)
    response: Mapped[Mapping[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
