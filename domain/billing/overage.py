"""Overage as invoice lines: what exceeds a limit in each of its reset windows.

Limit 500, usage 800, blocks of 100 at 2 -> 6.00. Source: spec, catalog §6.1 (overage).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.catalog.enums import MeterType
from domain.catalog.model import Feature
from domain.catalog.pricing.overage import overage_total
from domain.catalog.pricing.usage import billed_quantity
from domain.entitlements.model import EntitlementRow
from domain.metering.reset_periods import BEGINNING, windows_between
from domain.money import Money
from domain.periods import Period
from domain.subscriptions.enums import InvoiceLineItemType
from domain.subscriptions.model import InvoiceLine, SubscriptionPrice

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverageWindow:
    """Where usage is held against a limit; `before` is what of it was billed already."""

    whole: Period
    before: Period | None = None

    @property
    def spans(self) -> tuple[Period, ...]:
        return (self.whole,) if self.before is None else (self.whole, self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowUsage:
    """Raw usage of a window, and of the part billed before, under `limit` presented units."""

    limit: Decimal
    whole: Decimal
    before: Decimal = _ZERO


def overage_windows(
    row: EntitlementRow, period: Period, *, is_final: bool
) -> tuple[OverageWindow, ...]:
    """The windows whose overage falls due in `period`: those that end in it.

    Without a reset usage grows for ever, so a period bills what it added; a level (a fluctuating
    feature) is billed as it stands. `is_final`: a window cut short counts up to the end.
    """
    rule = row.usage_rule
    if rule.reset_rule is None:
        whole = Period(BEGINNING, period.end)
        is_level = row.feature.meter_type is MeterType.Fluctuating
        before = None if is_level else Period(BEGINNING, period.start)
        return (OverageWindow(whole=whole, before=before),)
    found = []
    for window in windows_between(rule, period.start, period.end):
        if window.end <= period.end:
            found.append(OverageWindow(whole=window))
        elif is_final and window.start < period.end:
            found.append(OverageWindow(whole=Period(window.start, period.end)))
    return tuple(found)


def window_usage(
    window: OverageWindow, usage: Mapping[Period, Decimal], limit: Decimal
) -> WindowUsage:
    """What was measured in a window, to be held against `limit`."""
    before = usage[window.before] if window.before is not None else _ZERO
    return WindowUsage(limit=limit, whole=usage[window.whole], before=before)


def overage_line(
    sold: SubscriptionPrice,
    feature: Feature,
    *,
    units: Iterable[WindowUsage],
    period: Period,
) -> InvoiceLine | None:
    """One line for all windows of a price, rounded once; None where nothing exceeds."""
    price = sold.price
    assert price.amount is not None, "an overage charge has an amount"
    total, exceeding = _ZERO, _ZERO
    for one in units:
        for raw, sign in ((one.whole, 1), (one.before, -1)):
            quantity = billed_quantity(max(raw, _ZERO), feature.unit_transformation)
            cost = overage_total(
                price.amount, usage=quantity, limit=one.limit, block_size=price.block_size
            )
            total += sign * cost
            exceeding += sign * max(_ZERO, quantity - one.limit)
    if total <= 0:
        return None
    return InvoiceLine(
        description=f"{exceeding.normalize():f} {feature.display_name} beyond the limit",
        amount=Money(total, price.currency).rounded().amount,
        quantity=exceeding,
        unit_price=price.amount,
        type=InvoiceLineItemType.OverageCharge,
        price_id=price.id,
        period_start=period.start,
        period_end=period.end,
    )
