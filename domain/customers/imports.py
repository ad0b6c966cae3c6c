"""The task of a bulk import: how far it is, and which items were refused.

Source: spec, subscriptions §2, §14.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.errors import bad_input
from domain.subscriptions.enums import TaskStatus, TaskType

BULK_ITEMS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemError:
    """An item that was skipped, by the caller's id, and why."""

    entity_id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTask:
    """`total` items of which `imported` are in and `errors` were refused."""

    id: UUID
    task_type: TaskType
    status: TaskStatus = TaskStatus.IN_PROGRESS
    total: int
    imported: int = 0
    errors: tuple[ItemError, ...] = ()
    start_date: datetime
    end_date: datetime | None = None
    created_at: datetime

    @property
    def progress(self) -> int:
        """Items tried, in percent, floored; 100 once it has ended."""
        if self.end_date is not None:
            return 100
        return (self.imported + len(self.errors)) * 100 // self.total if self.total else 0


def require_bulk(count: int) -> None:
    """Raise BadUserInput past 1000 items."""
    if count > BULK_ITEMS_MAX:
        message = f"At most {BULK_ITEMS_MAX} items can be imported at once"
        raise bad_input(message, validationErrors=[{"field": "input", "message": message}])


def under_way(task: ImportTask, *, left: int) -> ImportTask:
    """The task while `left` items are still to be tried."""
    return replace(task, imported=task.total - len(task.errors) - left)


def finished(task: ImportTask, errors: tuple[ItemError, ...], *, now: datetime) -> ImportTask:
    """The task when every item was tried: FAILED only if every one was refused."""
    assert len(errors) <= task.total
    status = TaskStatus.COMPLETED
    if errors:
        every = len(errors) == task.total
        status = TaskStatus.FAILED if every else TaskStatus.PARTIALLY_FAILED
    return replace(
        task, status=status, imported=task.total - len(errors), errors=errors, end_date=now
    )
