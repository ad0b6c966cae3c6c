"""An event of the outbox as event logs and deliveries read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import CustomerId, EnvironmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """One append-only row: what happened, to what, by whom."""

    id: UUID
    sequence: int
    environment_id: EnvironmentId
    type: str
    entity_type: str
    entity_id: UUID
    customer_id: CustomerId | None
    resource_id: str | None
    data: Mapping[str, Any]
    actor: Mapping[str, Any]
    trace_id: str | None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    request_id: UUID | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """What was asked, without secrets, and what was answered once it was."""

    id: UUID
    body: Mapping[str, Any]
    response: Mapping[str, Any] | None
