"""All that the clock brings, in its order: subscriptions' jobs and the billing provider's own.

Called by the worker and by the test clock.
"""

from __future__ import annotations

from datetime import datetime

from app.ports import Runtime
from app.usecases.billing.retries import next_sync_due, run_due_syncs
from app.usecases.billing.sandbox import deliver, next_provider_due, run_provider
from app.usecases.credits.recharge_settings import next_recharge_due, run_due_recharges
from app.usecases.credits.wallets import run_due_credits
from app.usecases.promotions import run_due_promotions
from app.usecases.transitions import run_due_transitions
from app.usecases.usage_resets import next_reset, run_due_resets


async def run_due(runtime: Runtime, until: datetime) -> int:
    """Let happen everything due by `until`; how many customers it touched.

    Where a provider keeps the environment's clock, instant by instant: what it does on the way
    (a retry, a final invoice) may change what falls due next. Also up to every reset of usage
    that is to be told of: what it grants is told as it stood then; and up to whatever the clock
    does to a wallet that is recharged, since what it buys expires in its turn.
    """
    await deliver(runtime)
    touched = 0
    at: datetime | None = None
    while (at := await _next_instant(runtime, after=at)) is not None and at <= until:
        touched += await run_due_transitions(runtime, at)
        await run_provider(runtime, until=at)
        await run_due_resets(runtime, at)
        await run_due_syncs(runtime, at)
        await run_due_credits(runtime, at)
        await run_due_recharges(runtime, at)
    touched += await run_due_transitions(runtime, until)
    await run_due_promotions(runtime, until)
    await run_due_credits(runtime, until)
    await run_due_recharges(runtime, until)
    return touched


async def _next_instant(runtime: Runtime, *, after: datetime | None) -> datetime | None:
    """The next instant that needs a step of its own; None: all can go in one.

    `after` is the last one: a wallet that it left unchanged needs no other.
    """
    provider_due = await next_provider_due(runtime)
    reset_due = await next_reset(runtime)
    recharge_due = await next_recharge_due(runtime, after=after)
    if provider_due is None and not await _has_sandbox(runtime):
        return min((at for at in (reset_due, recharge_due) if at is not None), default=None)
    customers_due = await runtime.readers.subscriptions.next_due()
    syncs_due = await next_sync_due(runtime)
    instants = (provider_due, customers_due, reset_due, syncs_due, recharge_due)
    return min((at for at in instants if at is not None), default=None)


async def _has_sandbox(runtime: Runtime) -> bool:
    async with runtime.new_unit_of_work() as work:
        return work.billing is not None
