"""Work that outlasts its request: kept, claimed with SKIP LOCKED, removed when done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.queued_tasks import CLAIMED_FOR, QueuedTask
from persistence.mapping.copy import from_row, to_columns
from persistence.repositories.base import Repository
from persistence.rows.queued_tasks import QueuedTaskRow


class SqlQueuedTaskRepository(Repository):
    """Fits `app.ports.QueuedTaskRepository`."""

    async def add(self, queued_task: QueuedTask) -> bool:
        """Queue it; False if its kind allows one at a time and there is one."""
        statement = (
            insert(QueuedTaskRow)
            .values(to_columns(queued_task, QueuedTaskRow))
            .on_conflict_do_nothing()
        )
        return await self.execute(statement) == 1

    async def advance(self, queued_task: QueuedTask, *, done: int, claimed_until: datetime) -> bool:
        """Note an item done in its own transaction; False if another process has the task."""
        statement = (
            update(QueuedTaskRow)
            .where(*self._held(queued_task))
            .values(done=done, claimed_until=claimed_until)
        )
        return await self.execute(statement) == 1

    async def remove(self, queued_task: QueuedTask) -> bool:
        """Take it from the queue, all done; False if another process has the task."""
        return await self.execute(delete(QueuedTaskRow).where(*self._held(queued_task))) == 1

    def _held(self, queued_task: QueuedTask) -> tuple[ColumnElement[bool], ...]:
        """The task's row, as long as nobody has claimed it since."""
        return (
            QueuedTaskRow.environment_id == self.environment_id,
            QueuedTaskRow.id == queued_task.id,
            QueuedTaskRow.claimed_until == queued_task.claimed_until,
        )


class SqlTaskQueue:
    """Fits `app.ports.TaskQueue`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def claim(self, *, now: datetime) -> QueuedTask | None:
        """The oldest that no process is at, for this one alone until `CLAIMED_FOR` from now."""
        free = (
            select(QueuedTaskRow.id)
            .where(QueuedTaskRow.claimed_until <= now)
            .order_by(QueuedTaskRow.created_at, QueuedTaskRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        claiming = (
            update(QueuedTaskRow)
            .where(QueuedTaskRow.id.in_(free))
            .values(claimed_until=now + CLAIMED_FOR)
            .returning(*QueuedTaskRow.__table__.c)
        )
        async with self._engine.begin() as connection:
            row = (await connection.execute(claiming)).one_or_none()
        return None if row is None else from_row(QueuedTask, row)
