"""Work that outlasts its request: kept until it is done, item by item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from domain.ids import EnvironmentId
from domain.subscriptions.request import ImportItem

CLAIMED_FOR = timedelta(seconds=60)
"""How long a process has a task to itself after each item; then another may go on with it."""


class QueuedWork(Enum):
    """What is to be done; the task of the same id tells clients how far it is."""

    IMPORT_SUBSCRIPTIONS = "IMPORT_SUBSCRIPTIONS"
    MIGRATE_SUBSCRIPTIONS = "MIGRATE_SUBSCRIPTIONS"
    TELL_OF_ENTITLEMENTS = "TELL_OF_ENTITLEMENTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedTask:
    """`done` items are behind it; until `claimed_until` (real time) one process has it.

    `id` is the task's. `items` are what an import brought, in the caller's order.
    """

    id: UUID
    environment_id: EnvironmentId
    kind: QueuedWork
    items: tuple[ImportItem, ...] = ()
    done: int = 0
    claimed_until: datetime
    created_at: datetime
