"""Work that outlasts its request: inside a unit of work, and for whoever looks for some."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.queued_tasks import QueuedTask


class QueuedTaskRepository(Protocol):
    """The environment's queued tasks."""

    async def add(self, queued_task: QueuedTask) -> bool:
        """Queue it; False if its kind allows one at a time and there is one."""

    async def advance(self, queued_task: QueuedTask, *, done: int, claimed_until: datetime) -> bool:
        """Note an item done in its own transaction; False if another process has the task."""

    async def remove(self, queued_task: QueuedTask) -> bool:
        """Take it from the queue, all done; False if another process has the task."""


class TaskQueue(Protocol):
    """Queued tasks of every environment that no process is at."""

    async def claim(self, *, now: datetime) -> QueuedTask | None:
        """The oldest of them, for this process alone until `CLAIMED_FOR` from `now`."""
