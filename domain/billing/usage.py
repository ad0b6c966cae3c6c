"""Usage as invoice lines: what a closing period's measured usage costs.

Source: spec, subscriptions §10 (minimum spend), catalog §6.1 (rounding of billed quantities).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain.billing.model import Charge
from domain.catalog.model import Feature
from domain.catalog.pricing.charge import charge_total
from domain.catalog.pricing.usage import billed_quantity
from domain.money import Money
from domain.periods import Period
from domain.subscriptions.amounts import minimum_spend_settlement
from domain.subscriptions.charges import Charged
from domain.subscriptions.cycle import cycle_period, period_at
from domain.subscriptions.enums import (
    InvoiceLineItemType,
    SubscriptionInvoiceBillingReason,
    SubscriptionProrationBehavior,
)
from domain.subscriptions.model import InvoiceLine, Subscription, SubscriptionPrice

_ZERO = Decimal(0)
_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLine:
    """An invoice line and the price and quantity that it bills."""

    sold: SubscriptionPrice
    feature: Feature
    line: InvoiceLine


def closing_period(subscription: Subscription) -> Period | None:
    """The period before the current one; None in the first."""
    end = subscription.current_billing_period_start
    if end <= subscription.start_date:
        return None
    length = cycle_period(subscription.pricing_type, subscription.billing_period)
    anchor = subscription.billing_cycle_anchor
    period = period_at(anchor, length, end - _INSTANT, start=subscription.start_date)
    start = max(period.start, counted_from(subscription))
    return Period(start, end) if start < end else None


def counted_from(subscription: Subscription) -> datetime:
    """Since when usage is this subscription's to bill: its start, or that of what it carries on."""
    if subscription.usage_cutoff is None:
        return subscription.start_date
    return min(subscription.usage_cutoff, subscription.start_date)


def running_period(subscription: Subscription, until: datetime) -> Period | None:
    """The part of the current period up to `until` whose usage is this subscription's to bill."""
    start = max(subscription.current_billing_period_start, counted_from(subscription))
    return Period(start, until) if start < until else None


def cuts_off_usage(old: Subscription, new: Subscription) -> bool:
    """Whether `new` counts usage anew, so that what `old` measured is billed with the change."""
    return new.usage_cutoff is None or new.usage_cutoff != old.usage_cutoff


def with_cut_off_usage(
    charged: Charged,
    lines: tuple[InvoiceLine, ...],
    new: Subscription,
    behavior: SubscriptionProrationBehavior,
) -> Charged:
    """The change with the usage that it cuts off: invoiced with it, else with the next invoice."""
    if not lines:
        return charged
    if behavior is not SubscriptionProrationBehavior.INVOICE_IMMEDIATELY and charged.charge is None:
        return replace(charged, deferred=(*charged.deferred, *lines))
    return replace(charged, charge=with_lines(charged.charge, lines, new))


def with_lines(
    charge: Charge | None, lines: tuple[InvoiceLine, ...], subscription: Subscription
) -> Charge | None:
    """`charge` with `lines`, or a charge of them alone; None of nothing."""
    if not lines:
        return charge
    if charge is not None:
        return replace(charge, lines=(*charge.lines, *lines))
    assert subscription.currency is not None, "what is billed has a currency"
    return Charge(
        currency=subscription.currency,
        reason=SubscriptionInvoiceBillingReason.SUBSCRIPTION_UPDATE,
        lines=lines,
    )


def usage_line(
    sold: SubscriptionPrice, feature: Feature, *, raw: Decimal, period: Period
) -> UsageLine:
    """`raw` units of `feature` over `period` at the sold price, rounded once.

    Usage below zero (returned units) costs nothing.
    """
    quantity = billed_quantity(max(raw, _ZERO), feature.unit_transformation)
    price = sold.price
    line = InvoiceLine(
        description=f"{quantity:f} {feature.display_name}",
        amount=Money(charge_total(price, quantity), price.currency).rounded().amount,
        quantity=quantity,
        unit_price=price.amount,
        type=InvoiceLineItemType.PayAsYouGoCharge,
        price_id=price.id,
        period_start=period.start,
        period_end=period.end,
    )
    return UsageLine(sold=sold, feature=feature, line=line)


def sum_of(lines: Iterable[UsageLine]) -> Decimal:
    return sum((found.line.amount for found in lines), _ZERO)


def charged_until(subscription: Subscription, period: Period) -> datetime | None:
    """Up to when the usage of `period` was charged on request already; None: not at all."""
    until = subscription.usage_charged_until
    if until is None or until <= period.start:
        return None
    return min(until, period.end)


def rest_of(whole: UsageLine, charged: Iterable[UsageLine], *, since: datetime | None) -> UsageLine:
    """`whole` less what was charged of the same price before `since`."""
    line = whole.line
    for before in charged:
        if before.sold.id == whole.sold.id:
            quantity = (line.quantity or _ZERO) - (before.line.quantity or _ZERO)
            line = replace(
                line,
                description=f"{quantity:f} {whole.feature.display_name}",
                amount=line.amount - before.line.amount,
                quantity=quantity,
                period_start=since,
            )
    return replace(whole, line=line)


def minimum_adjustment(
    subscription: Subscription, *, usage: Decimal, charged: Decimal = _ZERO, period: Period
) -> InvoiceLine | None:
    """What the minimum spend, charged in advance, covers of the usage: -min(U, M).

    M 100: U 70 -> -70, U 130 -> -100. `charged` of it was billed, and covered, before. None
    without a minimum or anything to cover.
    """
    spend = subscription.minimum_spend
    if spend is None or spend.minimum is None or spend.minimum.amount <= 0:
        return None
    minimum = spend.minimum.rounded().amount
    covered, _ = minimum_spend_settlement(minimum, usage)
    before, _ = minimum_spend_settlement(minimum, charged)
    if covered == before:
        return None
    return InvoiceLine(
        description="Covered by the minimum spend",
        amount=covered - before,
        type=InvoiceLineItemType.MinimumSpendAdjustmentCharge,
        period_start=period.start,
        period_end=period.end,
    )
