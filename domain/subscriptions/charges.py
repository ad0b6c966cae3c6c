"""What a step of the lifecycle charges or credits: lines, discount, and what joins later.

The same numbers serve previews and the provider. `Charged.ratio` is the share f of the period's
price that stays charged (spec, subscriptions §11). Source: spec, subscriptions §9-§11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from domain.billing.model import Charge
from domain.catalog.enums import BillingModel, Currency, PricingType
from domain.catalog.model import Coupon
from domain.money import Money, round_to_minor_unit
from domain.subscriptions.amounts import (
    Discount,
    Line,
    LineKey,
    charged_share,
    in_advance_lines,
    percent_only,
    stub_ratio,
)
from domain.subscriptions.coupons import discount_in_force
from domain.subscriptions.cycle import current_period, full_period, is_stub
from domain.subscriptions.enums import (
    InvoiceLineItemType,
    PaymentCollectionMethod,
    SubscriptionInvoiceBillingReason,
    SubscriptionProrationBehavior,
    SubscriptionStatus,
)
from domain.subscriptions.model import InvoiceLine, Subscription
from domain.subscriptions.proration import (
    Proration,
    ProrationLine,
    Settlement,
    debits_to_discount,
    discount_of_debits,
    prorate,
    remaining_ratio,
    settle,
)

_ZERO = Decimal(0)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What prices a step besides the subscription: the customer's coupon, tax, behaviour."""

    customer_coupon: Coupon | None = None
    tax_percentage: Decimal | None = None
    proration: SubscriptionProrationBehavior = SubscriptionProrationBehavior.INVOICE_IMMEDIATELY


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """The money of one step: an invoice now, lines for the next one, and f from here on.

    `shares` are the f of single lines; empty = all have `ratio`, None = they keep their own.
    `prepaid` is the minimum spend that is paid for the usage which is still to be billed.
    """

    charge: Charge | None = None
    deferred: tuple[InvoiceLine, ...] = ()
    ratio: Decimal = _ONE
    shares: Mapping[LineKey, Decimal] | None = None
    proration: Proration | None = None
    prepaid: Decimal = _ZERO


NOTHING = Charged()


def nothing_new(subscription: Subscription) -> Charged:
    """Nothing is charged, and what was charged for the current period stands."""
    return Charged(ratio=subscription.charged_ratio, prepaid=subscription.minimum_prepaid)


def is_charged(subscription: Subscription) -> bool:
    """Whether money is ever asked for it: PAID, no trial, and not collected elsewhere."""
    return (
        subscription.pricing_type is PricingType.PAID
        and not subscription.is_trial
        and subscription.payment_collection_method is not PaymentCollectionMethod.NONE
        and subscription.currency is not None
    )


def lines_of(subscription: Subscription, *, with_one_off: bool = False) -> tuple[Line, ...]:
    """Its in-advance lines of one whole period."""
    return in_advance_lines(
        subscription.prices,
        subscription.addons,
        free_items=subscription.free_items,
        with_one_off=with_one_off,
    )


def line_type(line: Line) -> InvoiceLineItemType:
    """How invoices name a line."""
    if line.addon_ref_id is not None:
        return InvoiceLineItemType.AddonCharge
    if line.price.billing_model is BillingModel.PER_UNIT:
        return InvoiceLineItemType.InAdvanceCommitmentCharge
    return InvoiceLineItemType.BaseCharge


def invoice_lines(
    lines: Iterable[Line], subscription: Subscription, *, share: Decimal = _ONE
) -> tuple[InvoiceLine, ...]:
    """Lines for the current period, each rounded once; `share` < 1 in a stub."""
    return tuple(
        InvoiceLine(
            description=describe(line),
            amount=Money(line.total * (_ONE if line.is_one_off else share), line.price.currency)
            .rounded()
            .amount,
            quantity=line.quantity,
            unit_price=line.price.amount,
            type=line_type(line),
            price_id=line.price.id,
            period_start=subscription.current_billing_period_start,
            period_end=subscription.current_billing_period_end,
        )
        for line in lines
    )


def describe(line: Line) -> str:
    """What the line is for, in words."""
    package = line.addon_ref_id or "Base charge"
    if line.price.billing_model is BillingModel.PER_UNIT:
        return f"{line.quantity} units" if line.addon_ref_id is None else f"{package} units"
    return package if line.addon_ref_id is None else f"{package} x {line.quantity}"


def minimum_spend_lines(subscription: Subscription) -> tuple[InvoiceLine, ...]:
    """The period's minimum spend, charged in advance."""
    spend = subscription.minimum_spend
    if spend is None or spend.minimum is None or spend.minimum.amount <= 0:
        return ()
    return (
        InvoiceLine(
            description="Minimum spend",
            amount=spend.minimum.rounded().amount,
            type=InvoiceLineItemType.MinimumSpendCharge,
            period_start=subscription.current_billing_period_start,
            period_end=subscription.current_billing_period_end,
        ),
    )


def prepaid_minimum(subscription: Subscription) -> Decimal:
    """What its minimum spend is charged in advance for a period."""
    return sum((line.amount for line in minimum_spend_lines(subscription)), _ZERO)


def period_charge(
    subscription: Subscription,
    terms: Terms,
    *,
    reason: SubscriptionInvoiceBillingReason,
    with_one_off: bool = False,
    carried: tuple[InvoiceLine, ...] = (),
) -> Charged:
    """The invoice that opens the current period: full price, or its share in a stub.

    `carried` are lines of earlier changes that joined it; a coupon does not apply to them.
    """
    if not is_charged(subscription):
        return NOTHING
    assert subscription.currency is not None
    share = _ONE
    if is_stub(subscription):
        share = stub_ratio(current_period(subscription), full_period(subscription))
    lines = invoice_lines(
        lines_of(subscription, with_one_off=with_one_off), subscription, share=share
    )
    lines = (*lines, *minimum_spend_lines(subscription))
    discount = discount_in_force(
        subscription,
        terms.customer_coupon,
        period_start=subscription.current_billing_period_start,
    )
    sub_total = _sum(lines, subscription.currency)
    off = discount.of(sub_total).amount if discount is not None else _ZERO
    charge = Charge(
        currency=subscription.currency,
        reason=reason,
        lines=(*lines, *carried),
        discount=off,
        tax_percentage=terms.tax_percentage,
        coupon=discount,
        discount_base=sub_total.amount,
    )
    return Charged(
        charge=charge,
        ratio=charged_share(sub_total, discount),
        shares={},
        prepaid=prepaid_minimum(subscription),
    )


def change_charge(
    old: Subscription,
    new: Subscription,
    terms: Terms,
    *,
    at: datetime,
    anchor_moves: bool,
    same_plan: bool,
) -> Charged:
    """The money of a change from `old` to `new` at `at`, within old's current period.

    Without something charged before, the new period's full price.
    """
    if not is_charged(new):
        return NOTHING
    assert new.currency is not None
    update = SubscriptionInvoiceBillingReason.SUBSCRIPTION_UPDATE
    if not is_charged(old) or old.currency is not new.currency:
        return period_charge(new, terms, reason=update, with_one_off=True)
    behavior = terms.proration
    discount = discount_in_force(new, terms.customer_coupon, period_start=at)
    charged_before = old.status is not SubscriptionStatus.PAYMENT_PENDING
    proration = prorate(
        lines_of(old, with_one_off=same_plan),
        lines_of(new, with_one_off=True),
        ratio=remaining_ratio(current_period(old), at, full=full_period(old)),
        charged_share=old.charged_ratio if charged_before else _ZERO,
        anchor_moves=anchor_moves,
        currency=new.currency,
        discount=discount,
        with_credit=not (anchor_moves and behavior is SubscriptionProrationBehavior.NONE),
        shares=shares_of(old) if charged_before else {},
    )
    if not anchor_moves:
        settlement = settle(proration, behavior, anchor_moves=False)
        return Charged(
            charge=_proration_charge(proration, settlement, new, terms, discount=discount),
            deferred=_deferred_lines(proration, settlement, new),
            ratio=old.charged_ratio,
            shares=_shares_after(old, new, proration, discount, behavior),
            proration=proration,
            prepaid=old.minimum_prepaid,
        )
    if is_stub(new):
        proration = _in_stub(proration, new, discount)
    settlement = settle(proration, behavior, anchor_moves=True)
    carried = old.minimum_prepaid if new.usage_from is not None else _ZERO
    return Charged(
        charge=_proration_charge(
            proration, settlement, new, terms, discount=discount, extra=minimum_spend_lines(new)
        ),
        ratio=_full_share(new, discount),
        shares={},
        proration=proration,
        prepaid=carried + prepaid_minimum(new),
    )


def _full_share(new: Subscription, discount: Discount | None) -> Decimal:
    """The share of a whole period that was charged, the minimum spend with it."""
    assert new.currency is not None
    lines = (*invoice_lines(lines_of(new), new), *minimum_spend_lines(new))
    return charged_share(_sum(lines, new.currency), discount)


def shares_of(subscription: Subscription) -> dict[LineKey, Decimal]:
    """The share f of each of its lines that was charged for the current period."""
    own = {sold.price.id: sold.charged_ratio for sold in subscription.prices}
    shares = {}
    for line in lines_of(subscription, with_one_off=True):
        share = own.get(line.price.id)
        shares[line.key] = subscription.charged_ratio if share is None else share
    return shares


def uncharged_shares(old: Subscription, new: Subscription) -> dict[LineKey, Decimal]:
    """The shares after a change without proration: what was paid, of what it costs now.

    20 -> 50 unpaid leaves 0.4 of 50; a new line 0; a cheaper one is paid in full.
    """
    before = shares_of(old) if is_charged(old) else {}
    totals = {line.key: line.total for line in lines_of(old, with_one_off=True)}
    shares = {}
    for line in lines_of(new, with_one_off=True):
        paid = totals.get(line.key, _ZERO) * before.get(line.key, _ZERO)
        same = totals.get(line.key) == line.total
        if same:
            shares[line.key] = before.get(line.key, _ZERO)
        else:
            shares[line.key] = min(_ONE, paid / line.total) if line.total else _ONE
    return shares


def with_shares(
    subscription: Subscription, shares: Mapping[LineKey, Decimal] | None
) -> Subscription:
    """The subscription whose prices remember the shares of their lines."""
    if shares is None:
        return subscription
    of_price = {
        line.price.id: shares.get(line.key) for line in lines_of(subscription, with_one_off=True)
    }
    return replace(
        subscription,
        prices=tuple(
            sold
            if sold.charged_ratio == of_price.get(sold.price.id)
            else replace(sold, charged_ratio=of_price.get(sold.price.id))
            for sold in subscription.prices
        ),
    )


def _shares_after(
    old: Subscription,
    new: Subscription,
    proration: Proration,
    discount: Discount | None,
    behavior: SubscriptionProrationBehavior,
) -> dict[LineKey, Decimal]:
    """The shares after a change in a kept cycle: what was debited is paid, less a percentage."""
    shares = uncharged_shares(old, new)
    if behavior is SubscriptionProrationBehavior.NONE:
        return shares
    percent = discount.percent_off if discount is not None else None
    share = _ONE if percent is None else _ONE - percent / 100
    debited = {part.line.key: share for part in proration.lines if not part.is_credit}
    return shares | debited


def _in_stub(proration: Proration, new: Subscription, discount: Discount | None) -> Proration:
    """Full debits of a cycle that begins with a stub, by the stub's share; ONE_OFF lines whole."""
    share = stub_ratio(current_period(new), full_period(new))
    lines = tuple(
        part
        if part.is_credit or part.line.is_one_off
        else replace(part, amount=Money(part.line.total * share, part.amount.currency).rounded())
        for part in proration.lines
    )
    debit = Money(_ZERO, proration.debit.currency)
    for part in lines:
        if not part.is_credit:
            debit += part.amount
    off = discount_of_debits(lines, discount, debit.currency)
    return replace(proration, lines=lines, debit=debit, discount=off)


def _proration_charge(
    proration: Proration,
    settlement: Settlement,
    new: Subscription,
    terms: Terms,
    *,
    discount: Discount | None,
    extra: tuple[InvoiceLine, ...] = (),
) -> Charge | None:
    """The invoice of a change with `extra` whole-period lines; None of nothing.

    Usage that joins it is discounted by a percent coupon alone.
    """
    lines = _proration_lines(proration.lines, new) if settlement.is_invoiced else ()
    if not lines and not extra:
        return None
    assert new.currency is not None
    charge = Charge(
        currency=new.currency,
        reason=SubscriptionInvoiceBillingReason.SUBSCRIPTION_UPDATE,
        lines=lines,
        discount=proration.discount.amount if lines else _ZERO,
        tax_percentage=terms.tax_percentage,
        coupon=discount,
        discount_base=debits_to_discount(proration.lines, discount, new.currency).amount,
    )
    return replace(charge.with_lines(extra), coupon=percent_only(discount))


def _proration_lines(
    parts: Iterable[ProrationLine], subscription: Subscription
) -> tuple[InvoiceLine, ...]:
    return tuple(
        InvoiceLine(
            description=("Unused time: " if part.is_credit else "Remaining time: ")
            + describe(part.line)
            if not part.is_full_period
            else describe(part.line),
            amount=part.amount.amount,
            quantity=part.line.quantity,
            unit_price=part.line.price.amount,
            is_proration=not part.is_full_period,
            type=line_type(part.line) if part.is_full_period else InvoiceLineItemType.Other,
            price_id=part.line.price.id,
            period_start=subscription.current_billing_period_start,
            period_end=subscription.current_billing_period_end,
        )
        for part in parts
    )


def _deferred_lines(
    proration: Proration, settlement: Settlement, new: Subscription
) -> tuple[InvoiceLine, ...]:
    lines = _proration_lines(settlement.deferred, new)
    if lines and proration.discount.amount:
        lines = (
            *lines,
            InvoiceLine(
                description="Discount",
                amount=-proration.discount.amount,
                is_proration=True,
                type=InvoiceLineItemType.Other,
            ),
        )
    return lines


def unused_credit(subscription: Subscription, *, at: datetime) -> Charge | None:
    """What a cancellation at `at` gives back: -round(line x f x R) each.

    50 for 30 days, cancelled after 10 -> -33.33. None where nothing was charged.
    """
    if not is_charged(subscription) or subscription.status is SubscriptionStatus.PAYMENT_PENDING:
        return None
    assert subscription.currency is not None
    ratio = remaining_ratio(current_period(subscription), at, full=full_period(subscription))
    shares = shares_of(subscription)
    lines = tuple(
        InvoiceLine(
            description=f"Unused time: {describe(line)}",
            amount=-round_to_minor_unit(
                line.total * shares[line.key] * ratio, subscription.currency
            ),
            quantity=line.quantity,
            is_proration=True,
            type=InvoiceLineItemType.Other,
            price_id=line.price.id,
            period_start=at,
            period_end=subscription.current_billing_period_end,
        )
        for line in lines_of(subscription)
    )
    lines = (*subscription.pending_lines, *(line for line in lines if line.amount))
    if not lines:
        return None
    return Charge(
        currency=subscription.currency,
        reason=SubscriptionInvoiceBillingReason.SUBSCRIPTION_UPDATE,
        lines=lines,
    )


def _sum(lines: Iterable[InvoiceLine], currency: Currency) -> Money:
    return Money(sum((line.amount for line in lines), _ZERO), currency)
