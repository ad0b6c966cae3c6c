"""Resolving entitlements anew on request, for some customers or for all.

For all it is a queued task: every snapshot is forgotten at once, and subscribers are told customer
by customer. Source: spec, entitlements §1, §10, §13 (fan-out).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from app.ports import Runtime
from app.usecases.entitlements import live_customer
from app.usecases.queued_tasks import Progress, pursue, queued
from domain.errors import invalid_argument
from domain.queued_tasks import QueuedTask, QueuedWork

BATCH = 100


async def recalculate(
    customer_ref_ids: Sequence[str], *, for_all: bool, is_silent: bool, runtime: Runtime
) -> UUID:
    """Resolve customers' entitlements anew and tell subscribers; the id of the task.

    Raises InvalidArgumentError if nobody is meant, and CustomerNotFound.
    """
    if not customer_ref_ids and not for_all:
        raise invalid_argument("customerIds or forAllCustomers is needed")
    customers = [await live_customer(ref_id, runtime) for ref_id in customer_ref_ids]
    task_id = runtime.ids.new_uuid()
    fan_out: QueuedTask | None = None
    async with runtime.new_unit_of_work() as work:
        if for_all:
            await work.snapshots.invalidate_all()
        if for_all and not is_silent:
            fan_out = queued(task_id, QueuedWork.TELL_OF_ENTITLEMENTS, runtime=runtime)
            await work.queued_tasks.add(fan_out)
        for customer in [] if for_all else customers:
            await work.snapshots.invalidate(customer.id, tells=not is_silent)
        await work.commit()
    if fan_out is not None:
        await pursue(fan_out, tell_everybody, runtime=runtime)
    return task_id


async def tell_everybody(progress: Progress) -> AsyncGenerator[None]:
    """Tell of the entitlements of every customer that somebody asked for, a hundred a step.

    Customers are taken in the order in which they were made, so that those before a point stay
    before it however many come: each is told of once.
    """
    while True:
        async with progress.runtime.new_unit_of_work() as work:
            batch = await work.snapshots.customers_from(progress.task.done * BATCH, limit=BATCH)
            if not batch:
                await progress.finish(work)
                await work.commit()
                return
            for customer_id, is_asked_for in batch.items():
                if is_asked_for:
                    work.snapshots.tell_of(customer_id)
            await progress.advance(work)
            await work.commit()
        yield
