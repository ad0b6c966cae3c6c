"""Usage as invoice lines: what a closing period's measured usage costs.

Source: spec, subscriptions §10 (minimum spend), catalog §6.1 (rounding of billed quantities).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from domain.billing.model import Charge
from domain.catalog.model import Feature
from domain.catalog.pricing.charge import charge_total
from domain.catalog.pricing.usage import billed_quantity
from domain.money import Money
from domain.periods import Period
from domain.subscriptions.amounts import Discount, minimum_spend_settlement, percent_only
from domain.subscriptions.charges import Charged, Terms
from domain.subscriptions.coupons import discount_in_force
from domain.subscriptions.cycle import begins_cycle, usage_start
from domain.subscriptions.enums import (
    InvoiceLineItemType,
    SubscriptionInvoiceBillingReason,
    SubscriptionProrationBehavior,
)
from domain.subscriptions.model import InvoiceLine, Subscription, SubscriptionPrice

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUsage:
    """What is owed for usage at a change or an end, and what of it a minimum spend covered."""

    lines: tuple[InvoiceLine, ...] = ()
    covered: Decimal = _ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLine:
    """An invoice line and the price and quantity that it bills."""

    sold: SubscriptionPrice
    feature: Feature
    line: InvoiceLine


def running_period(subscription: Subscription, until: datetime) -> Period | None:
    """The time up to `until` whose usage is still this subscription's to bill."""
    start = usage_start(subscription)
    return Period(start, until) if start < until else None


def cuts_off_usage(old: Subscription, new: Subscription) -> bool:
    """Whether `new` counts usage anew, so that what `old` measured is billed with the change.

    It does not within a kept cycle of the same record, nor where it carries the usage on.
    """
    if new.usage_from is not None:
        return False
    return old.id != new.id or begins_cycle(old, new)


def with_cut_off_usage(
    charged: Charged,
    usage: LastUsage,
    old: Subscription,
    new: Subscription,
    terms: Terms,
    *,
    at: datetime,
) -> Charged:
    """The change at `at` with the usage that it cuts off: invoiced with it, else with the next.

    In a kept period the minimum spend goes on covering what it has not covered yet.
    """
    if new.current_billing_period_start == old.current_billing_period_start:
        charged = replace(charged, prepaid=charged.prepaid - usage.covered)
    if not usage.lines:
        return charged
    coupon = discount_in_force(new, terms.customer_coupon, period_start=at)
    at_once = terms.proration is SubscriptionProrationBehavior.INVOICE_IMMEDIATELY
    if charged.charge is not None or at_once:
        alone = usage_charge(new, (), coupon, tax_percentage=terms.tax_percentage)
        charge = with_lines(charged.charge or alone, usage.lines, new, coupon)
        return replace(charged, charge=charge)
    waiting = usage.lines
    off = usage_charge(new, usage.lines, coupon).discount
    if off:
        discount = InvoiceLine(description="Discount", amount=-off)
        waiting = (*waiting, discount)
    return replace(charged, deferred=(*charged.deferred, *waiting))


def with_lines(
    charge: Charge | None,
    lines: tuple[InvoiceLine, ...],
    subscription: Subscription,
    coupon: Discount | None,
) -> Charge | None:
    """`charge` with lines of usage, or a charge of them alone; None of nothing.

    A percent coupon discounts them with whatever else it discounts.
    """
    if not lines:
        return charge
    if charge is None:
        return usage_charge(subscription, lines, coupon)
    if charge.coupon is None:
        charge = replace(charge, coupon=percent_only(coupon))
    return charge.with_lines(lines)


def usage_charge(
    subscription: Subscription,
    lines: tuple[InvoiceLine, ...],
    coupon: Discount | None,
    *,
    reason: SubscriptionInvoiceBillingReason = SubscriptionInvoiceBillingReason.SUBSCRIPTION_UPDATE,
    tax_percentage: Decimal | None = None,
) -> Charge:
    """A charge of usage alone, which a percent coupon discounts."""
    assert subscription.currency is not None, "what is billed has a currency"
    charge = Charge(
        currency=subscription.currency,
        reason=reason,
        lines=(),
        tax_percentage=tax_percentage,
        coupon=percent_only(coupon),
    )
    return charge.with_lines(lines)


def usage_line(
    sold: SubscriptionPrice, feature: Feature, *, raw: Decimal, period: Period
) -> UsageLine:
    """`raw` units of `feature` over `period` at the sold price, rounded once.

    Usage below zero (returned units) costs nothing.
    """
    quantity = billed_quantity(max(raw, _ZERO), feature.unit_transformation)
    price = sold.price
    line = InvoiceLine(
        description=f"{quantity.normalize():f} {feature.display_name}",
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
    """What the lines come to together, each rounded already."""
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
                description=f"{quantity.normalize():f} {whole.feature.display_name}",
                amount=line.amount - before.line.amount,
                quantity=quantity,
                period_start=since,
            )
    return replace(whole, line=line)


def minimum_adjustment(
    prepaid: Decimal, *, usage: Decimal, charged: Decimal = _ZERO, period: Period
) -> InvoiceLine | None:
    """What the minimum spend, charged in advance, covers of the usage: -min(U, M).

    `prepaid` M 100: U 70 -> -70, U 130 -> -100. `charged` of it was billed, and covered, before.
    None without anything to cover.
    """
    covered, _ = minimum_spend_settlement(prepaid, usage)
    before, _ = minimum_spend_settlement(prepaid, charged)
    if covered == before:
        return None
    return InvoiceLine(
        description="Covered by the minimum spend",
        amount=covered - before,
        type=InvoiceLineItemType.MinimumSpendAdjustmentCharge,
        period_start=period.start,
        period_end=period.end,
    )
