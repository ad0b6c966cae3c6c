"""What happened, told once: the source of live updates, webhooks and event logs.

An event is written to the outbox in the transaction of the change. `type` is an `EventLogType`
name of the contract; `data` is the body that webhooks carry (spec, platform §7-§8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.changes import Change
from domain.ids import CustomerId, EnvironmentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One effect on one entity; `customer_id` set where a customer's subscribers should hear.

    `occurred_at` is the due instant of a transition; None = the operation's own time. `change` is
    for the log alone: what it altered of the entity.
    """

    type: str
    entity_type: str
    entity_id: UUID
    customer_id: CustomerId | None = None
    resource_id: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)
    occurred_at: datetime | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedEvent:
    """An event of the outbox, as those hear it who wait for news."""

    sequence: int
    environment_id: EnvironmentId
    type: str
    entity_id: UUID
    customer_id: CustomerId | None
    resource_id: str | None
    data: Mapping[str, Any]
    created_at: datetime
