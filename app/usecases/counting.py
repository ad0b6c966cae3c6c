"""Counters that are not kept yet: folded from the log under the bucket's lock, then kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.ports import UnitOfWork
from domain.catalog.model import Feature, Meter
from domain.entitlements.model import Scope, Usage
from domain.ids import FeatureId
from domain.metering.aggregation import matches
from domain.metering.history import RunningTally
from domain.metering.model import Bucket
from domain.periods import Period


async def fold_missing(
    work: UnitOfWork,
    windows: Iterable[tuple[Bucket, Period]],
    features: Mapping[FeatureId, Feature],
    scope: Scope,
    *,
    is_kept: bool = True,
) -> dict[tuple[Bucket, Period], Usage]:
    """The usage of windows without a counter; reads the log once for each.

    `is_kept` False = of windows that nobody will ask for again: no counter is made of them.
    """
    reported: list[tuple[Bucket, Period]] = []
    metered: list[tuple[Bucket, Period]] = []
    for bucket, window in windows:
        has_meter = features[bucket.feature_id].meter is not None
        (metered if has_meter else reported).append((bucket, window))
    found: dict[tuple[Bucket, Period], Usage] = {}
    if reported:
        await work.usage.lock(bucket for bucket, _ in reported)
        found |= await work.usage.usages(reported)
        missing = [key for key in reported if key not in found]
        counters = {key: await work.usage.folded(*key) for key in missing}
        if is_kept:
            await work.usage.save_counters(counters, now=None)
        found |= {
            key: Usage(raw=counter.total, updated_at=counter.last_at)
            for key, counter in counters.items()
        }
    if metered:
        await work.events.lock([(scope.customer_ref_id, scope.resource_key)])
        found |= await work.usage.usages(metered)
        for bucket, window in metered:
            if (bucket, window) not in found:
                meter = features[bucket.feature_id].meter
                assert meter is not None
                found[bucket, window] = (
                    await work.events.fold(scope.customer_ref_id, bucket, window, meter)
                    if is_kept
                    else await _tallied(work, scope, window, meter)
                )
    return found


async def _tallied(work: UnitOfWork, scope: Scope, window: Period, meter: Meter) -> Usage:
    """The meter's usage of a window straight from the log."""
    running = RunningTally(meter)
    async for chunk in work.events.chunks(scope.customer_ref_id, scope.resource_key, window):
        for event in chunk:
            if matches(meter.filters, event):
                running.apply(event)
    return Usage(raw=running.value, updated_at=running.tally.last_at)
