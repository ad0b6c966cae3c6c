"""Overage: what usage beyond its limits costs, window by reset window.

Source: spec, catalog §6.1 (overage), subscriptions §10.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from app.usecases.billing.scopes import measured_in
from app.usecases.entitlements import feature_ids
from app.usecases.subscriptions.book import Book
from domain.billing.overage import overage_line, overage_windows, window_usage
from domain.catalog.model import Feature, Package
from domain.entitlements.model import EntitlementRow
from domain.entitlements.resolution import Facts, resolve
from domain.ids import FeatureId, PackageId
from domain.periods import Period
from domain.subscriptions.model import InvoiceLine, Subscription

_INSTANT = timedelta(milliseconds=1)


async def overage_lines(
    book: Book,
    one: Subscription,
    period: Period,
    *,
    is_final: bool = False,
    monthly_only: bool = False,
) -> tuple[InvoiceLine, ...]:
    """A line for each overage price: the windows that ended within `period`.

    `is_final`: the subscription ends with it, so that a running window counts as it stands.
    `monthly_only`: those alone that are billed at monthly boundaries; else what was billed at one
    is left out.
    """
    sold = [
        price
        for price in one.prices
        if price.price.is_overage and (price.is_monthly_overage or not monthly_only)
    ]
    if not sold:
        return ()
    rows, features = await _limits(book, one, period)
    lines = []
    for price in sold:
        feature_id = price.price.feature_id
        row = rows.get(feature_id) if feature_id is not None else None
        if feature_id is None or row is None or row.grant.usage_limit is None:
            continue
        unbilled = _unbilled(one, period) if price.is_monthly_overage else period
        if unbilled is None:
            continue
        windows = overage_windows(row, unbilled, is_final=is_final)
        spans = {span for window in windows for span in window.spans}
        usage = await measured_in(book, one, features[feature_id], spans)
        units = tuple(window_usage(window, usage, row.grant.usage_limit) for window in windows)
        line = overage_line(price, features[feature_id], units=units, period=period)
        if line is not None:
            lines.append(line)
    return tuple(lines)


def _unbilled(one: Subscription, period: Period) -> Period | None:
    """The part of `period` after the last monthly boundary that was billed."""
    start = max(period.start, one.overage_billed_until or period.start)
    return Period(start, period.end) if start < period.end else None


async def _limits(
    book: Book, one: Subscription, period: Period
) -> tuple[Mapping[FeatureId, EntitlementRow], Mapping[FeatureId, Feature]]:
    """What the subscription by itself grants at the end of `period`, by feature."""
    packages: dict[PackageId, Package] = {}
    packages |= await book.work.packages.with_ancestors([one.plan_id])
    addon_ids = [addon.addon_id for addon in one.addons]
    if addon_ids:
        packages |= await book.work.packages.by_ids(addon_ids)
    features = await book.work.features.by_ids(feature_ids([one], packages.values(), ()))
    facts = Facts(
        subscriptions=(one,),
        packages=packages,
        features=features,
        promotional=(),
        resource_id=one.resource_id,
    )
    resolved = resolve(facts, max(period.end - _INSTANT, one.start_date))
    return {row.feature.id: row for row in resolved.rows.values()}, features
