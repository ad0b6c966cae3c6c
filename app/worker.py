"""What happens without a request: due transitions, deliveries, queued tasks, forgetting old logs.

It runs inside the server, or alone as `plangate worker`, in any number of processes: deliveries
and queued tasks are claimed with SKIP LOCKED and transitions lock their customer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from app.ports import Runtime, TaskQueue
from app.usecases.deliveries import AT_ONCE, Claimed, Delivering, attempt, claim_due
from app.usecases.due import run_due
from app.usecases.packages.migration import move_subscriptions
from app.usecases.queued_tasks import Work, pursue
from app.usecases.recalculation import tell_everybody
from app.usecases.subscriptions.imports import import_items
from app.usecases.usage import forget_keys
from domain.ids import EnvironmentId
from domain.queued_tasks import QueuedWork

log = logging.getLogger("plangate.worker")

TRANSITIONS_EVERY_S = 10
"""Below the documented tick of 60 s."""
DELIVERIES_EVERY_S = 1
GATHER_S = 0.05
"""How long after news deliveries are looked for: what is committed meanwhile is one look."""
QUEUE_LOOKED_AT_EVERY_S = 2
FORGET_EVERY_S = 3600

WORK_OF: dict[QueuedWork, Work] = {
    QueuedWork.IMPORT_SUBSCRIPTIONS: import_items,
    QueuedWork.MIGRATE_SUBSCRIPTIONS: move_subscriptions,
    QueuedWork.TELL_OF_ENTITLEMENTS: tell_everybody,
}


@dataclass(kw_only=True)
class Worker:
    """The background jobs of one process."""

    delivering: Delivering
    task_queue: TaskQueue
    runtimes: Callable[[], Awaitable[list[Runtime]]]
    runtime_in: Callable[[EnvironmentId], Awaitable[Runtime | None]]
    retention_days: int | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def wake(self) -> None:
        """Deliveries were committed here: look for them now."""
        self.news.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work for as long as the context lasts; what is under way is finished by a later start."""
        tasks = [
            asyncio.create_task(_forever(self.deliver, self._told)),
            asyncio.create_task(_forever(self.run_transitions, _after(TRANSITIONS_EVERY_S))),
            asyncio.create_task(_forever(self.run_queued_tasks, _after(QUEUE_LOOKED_AT_EVERY_S))),
            asyncio.create_task(_forever(self.forget, _after(FORGET_EVERY_S))),
        ]
        try:
            yield
        finally:
            tasks += self.under_way
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _told(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DELIVERIES_EVERY_S):
                await self.news.wait()
                await asyncio.sleep(GATHER_S)
        self.news.clear()

    async def deliver(self) -> None:
        """Start what is due, as far as there is room; a slow receiver holds up its own only."""
        while room := AT_ONCE - len(self.under_way):
            claimed = await claim_due(self.delivering, most=room)
            for one in claimed:
                task = asyncio.create_task(self._attempt(one))
                self.under_way.add(task)
                task.add_done_callback(self._ended)
            if len(claimed) < room:
                return

    async def _attempt(self, claimed: Claimed) -> None:
        try:
            await attempt(self.delivering, claimed)
        except Exception:
            log.exception("delivery %s failed", claimed[0].id)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.under_way.discard(task)
        self.news.set()  # there is room, and perhaps a retry is due

    async def run_transitions(self) -> None:
        """Let happen what is due, environment by environment, each at its own clock."""
        for runtime in await self.runtimes():
            try:
                await run_due(runtime, runtime.clock())
            except Exception:
                log.exception(
                    "due transitions failed in environment %s",
                    runtime.environment.environment_id,
                )

    async def run_queued_tasks(self) -> None:
        """Go on with what requests left behind, and with what dead processes held."""
        while task := await self.task_queue.claim(now=self.delivering.now()):
            runtime = await self.runtime_in(task.environment_id)
            if runtime is not None:
                await pursue(task, WORK_OF[task.kind], runtime=runtime, wait=None)

    async def forget(self) -> None:
        """Drop events past their retention, if there is one, and keys that no repeat can name."""
        for runtime in await self.runtimes():
            await forget_keys(runtime)
        if self.retention_days is not None:
            before = self.delivering.now() - timedelta(days=self.retention_days)
            await self.delivering.queue.forget_before(before)


def _after(seconds: float) -> Callable[[], Awaitable[None]]:
    async def wait() -> None:
        await asyncio.sleep(seconds)

    return wait


async def _forever(job: Callable[[], Awaitable[None]], wait: Callable[[], Awaitable[None]]) -> None:
    """Do the job again and again; a failure is logged and tried anew."""
    while True:
        try:
            await job()
        except Exception:
            log.exception("background work failed")
            await asyncio.sleep(1)
        await wait()
