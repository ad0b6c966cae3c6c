"""Raw events: a batch is stored whole or not at all, each event once, and counted as it arrives.

Source: spec, entitlements §6.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.ports import CountedUsage, Runtime
from app.usecases.budgets import refresh_budgets
from app.usecases.usage_news import UsageChange, expected_reset, usage_events
from domain.metering.events import EventReport, accepted, digest_of, require_batch


async def report_events(reports: Sequence[EventReport], *, runtime: Runtime) -> None:
    """Store the batch and count what is new in it. Raises BadUserInput with `index`."""
    now = runtime.clock()
    require_batch(reports, now)
    events = {
        digest_of(report): accepted(report, id=runtime.ids.new_uuid(), now=now)
        for report in reports
    }
    async with runtime.new_unit_of_work() as work:
        await work.events.lock(
            {(event.customer_id, event.resource_id or "") for event in events.values()}
        )
        stored = await work.events.store(events, now=now)
        changed = await work.events.count(stored, now=now)
        resets = []
        for counted in changed:
            if now in counted.window:
                change = _change(counted)
                for event in usage_events(change, now):
                    work.publish(event)
                reset_at = expected_reset(change, now)
                if reset_at is not None:
                    resets.append((counted.bucket, reset_at))
        await work.usage.expect_resets(resets)
        await work.commit()
    for customer in sorted({c.customer_ref_id for c in changed if c.row and c.row.is_budgeted}):
        await refresh_budgets(customer, runtime=runtime)


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
