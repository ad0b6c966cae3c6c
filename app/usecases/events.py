"""Raw events: a batch is stored whole or not at all, each event once, and counted as it arrives.

Source: spec, entitlements §6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.ports import CountedUsage, Runtime, UnitOfWork
from app.usecases.budgets import refresh_budgets
from app.usecases.credits.metered import (
    Payer,
    Payers,
    burn_events,
    open_burning,
    payers_of,
    resolved_payer,
)
from app.usecases.usage_news import UsageChange, expected_reset, usage_events
from domain.entitlements.model import Scope
from domain.metering.events import EventReport, accepted, digest_of, require_batch
from domain.metering.model import UsageEvent


async def report_events(reports: Sequence[EventReport], *, runtime: Runtime) -> None:
    """Store the batch, count what is new in it and burn what that costs, in one transaction.

    Raises BadUserInput with `index`.
    """
    now = runtime.clock()
    require_batch(reports, now)
    events = {
        digest_of(report): accepted(report, id=runtime.ids.new_uuid(), now=now)
        for report in reports
    }
    payers: dict[Scope, Payer] = {}
    while True:
        counted = await _count(events, payers, runtime, now)
        if not isinstance(counted, _Unresolved):
            break
        for scope in counted.scopes:
            payers[scope] = await resolved_payer(scope, runtime=runtime)
    for customer in sorted({c.customer_ref_id for c in counted if c.row and c.row.is_budgeted}):
        await refresh_budgets(customer, runtime=runtime)


@dataclass(frozen=True, slots=True)
class _Unresolved:
    """Scopes that must be resolved before their events can be counted; nothing was stored."""

    scopes: tuple[Scope, ...]


async def _count(
    events: Mapping[bytes, UsageEvent], known: Payers, runtime: Runtime, now: datetime
) -> list[CountedUsage] | _Unresolved:
    async with runtime.new_unit_of_work() as work:
        await work.events.lock(
            {(event.customer_id, event.resource_id or "") for event in events.values()}
        )
        stored = await work.events.store(events, now=now)
        counting = await work.events.counting(stored)
        payers, unresolved = await payers_of(work, counting, stored, known, now=now)
        if unresolved:
            return _Unresolved(unresolved)
        burning = await open_burning(counting, stored, payers)
        counted = await counting.count(now=now)
        await burn_events(work, burning, counted, runtime=runtime, now=now)
        await _tell(work, counted, now)
        await work.commit()
    return counted


async def _tell(work: UnitOfWork, counted: Sequence[CountedUsage], now: datetime) -> None:
    """Publish what changed in live windows, and see to their resets."""
    resets = []
    for one in counted:
        if now in one.window:
            change = _change(one)
            for event in usage_events(change, now):
                work.publish(event)
            reset_at = expected_reset(change, now)
            if reset_at is not None:
                resets.append((one.bucket, reset_at))
    await work.usage.expect_resets(resets)


def _change(counted: CountedUsage) -> UsageChange:
    return UsageChange(
        id=counted.feature.id,
        customer_id=counted.bucket.customer_id,
        customer_ref_id=counted.customer_ref_id,
        resource_id=counted.bucket.resource_id or None,
        feature=counted.feature,
        row=counted.row,
        window=counted.window,
        before=counted.before,
        after=counted.usage.raw,
        change=counted.usage.raw - counted.before,
    )
