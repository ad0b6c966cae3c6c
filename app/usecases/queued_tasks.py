"""Work that outlasts its request: begun at once, gone on with by a worker.

It is queued in the transaction that makes its task, so none is lost. Whoever asked waits a
while: small tasks are done when it is answered. The rest is left to the next worker, which also
takes over the tasks of processes that died. Each item notes itself done in its own transaction, so
every item is done once. Source: spec, subscriptions §14, catalog §4.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from app.ports import Runtime, UnitOfWork
from domain.queued_tasks import CLAIMED_FOR, QueuedTask, QueuedWork
from domain.subscriptions.request import ImportItem

ASKER_WAITS = timedelta(seconds=10)
"""Well within the 30 s that a request may take."""


class TakenOver(Exception):
    """Another process goes on with the task; what was under way here is rolled back."""


Work = Callable[["Progress"], AsyncGenerator[None]]
"""Does one item per step; ends when all is done and the task says so."""


class Progress:
    """One process's hold on a task."""

    def __init__(self, queued_task: QueuedTask, runtime: Runtime) -> None:
        self.task = queued_task
        self.runtime = runtime

    async def advance(self, work: UnitOfWork) -> None:
        """Count the item that `work` holds. Raises TakenOver if that is not ours to do."""
        await self._note(work, done=self.task.done + 1, until=self._now() + CLAIMED_FOR)

    async def finish(self, work: UnitOfWork) -> None:
        """Take the task from the queue with what `work` says of its end. Raises TakenOver."""
        if not await work.queued_tasks.remove(self.task):
            raise TakenOver

    async def let_go(self) -> None:
        """Leave the rest to whoever looks next."""
        async with self.runtime.new_unit_of_work() as work:
            await self._note(work, done=self.task.done, until=self._now())
            await work.commit()

    async def _note(self, work: UnitOfWork, *, done: int, until: datetime) -> None:
        if not await work.queued_tasks.advance(self.task, done=done, claimed_until=until):
            raise TakenOver
        self.task = replace(self.task, done=done, claimed_until=until)

    def _now(self) -> datetime:
        return self.runtime.real_clock()


def queued(
    task_id: UUID, kind: QueuedWork, *, runtime: Runtime, items: tuple[ImportItem, ...] = ()
) -> QueuedTask:
    """A task of which this process does the first part."""
    now = runtime.real_clock()
    return QueuedTask(
        id=task_id,
        environment_id=runtime.environment.environment_id,
        kind=kind,
        items=items,
        claimed_until=now + CLAIMED_FOR,
        created_at=now,
    )


async def pursue(
    queued_task: QueuedTask, steps: Work, *, runtime: Runtime, wait: timedelta | None = ASKER_WAITS
) -> None:
    """Do the task for as long as `wait` (None = to its end); what is left then is let go."""
    progress = Progress(queued_task, runtime)
    until = None if wait is None else runtime.real_clock() + wait
    with contextlib.suppress(TakenOver):
        async with contextlib.aclosing(steps(progress)) as done:
            async for _ in done:
                if until is not None and runtime.real_clock() >= until:
                    await progress.let_go()
                    return
