"""The invoice that is coming: in advance for the next period, in arrears for this one.

Source: spec, subscriptions §10 (invoice, minimum spend, budget), §11 (previewNextInvoice,
subscriptionMaximumSpend).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from domain.catalog.enums import BillingModel, Currency, TiersMode
from domain.catalog.model import Price
from domain.money import Money
from domain.subscriptions.amounts import Line, invoice_amounts
from domain.subscriptions.charges import (
    Terms,
    describe,
    is_charged,
    line_type,
    lines_of,
    minimum_spend_lines,
)
from domain.subscriptions.coupons import discount_in_force
from domain.subscriptions.cycle import next_period
from domain.subscriptions.enums import InvoiceLineItemType, SubscriptionStatus
from domain.subscriptions.model import ENDED, InvoiceLine, Subscription, SubscriptionPrice
from domain.subscriptions.previews import (
    BalanceShown,
    DiscountShown,
    InvoiceShown,
    is_minimum_spend,
    shown_discount,
)

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """A line of the coming invoice, with the tiers that it sums, if any."""

    line: InvoiceLine
    sold: SubscriptionPrice | None = None
    tiers: tuple[InvoiceLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NextInvoice:
    """The coming invoice; without lines where nothing is ever charged."""

    invoice: InvoiceShown
    lines: tuple[ShownLine, ...]


def next_invoice(
    subscription: Subscription,
    usage: tuple[InvoiceLine, ...],
    terms: Terms,
    *,
    after: Subscription | None = None,
    balance: Decimal | None,
) -> NextInvoice:
    """In-advance lines of the next period (none if it ends before), `usage` to date, what joined.

    M 100, nothing else in advance: U 70 -> 70 - 70 + 100 = 100; U 130 -> 130. FREE, CUSTOM and
    method NONE: zeros. `after`: what the scheduled updates make of it by the period's end.
    """
    currency = subscription.currency or Currency.USD
    if not _is_invoiced(subscription):
        return NextInvoice(invoice=InvoiceShown(currency=currency), lines=())
    ahead = _ahead(subscription, after or subscription)
    if subscription.status is SubscriptionStatus.NOT_STARTED:
        ahead = subscription
    in_advance: tuple[ShownLine, ...] = ()
    minimum: tuple[InvoiceLine, ...] = ()
    if is_charged(ahead) and not _ends_before(subscription, ahead.current_billing_period_start):
        in_advance = tuple(_advance(line, ahead, currency) for line in lines_of(ahead))
        if not any(one.line.type is InvoiceLineItemType.BaseCharge for one in in_advance):
            in_advance = (_zero_base(ahead), *in_advance)
        minimum = minimum_spend_lines(ahead)
    sold = {price.price.id: price for price in subscription.prices}
    arrears = tuple(
        ShownLine(line=line, sold=None if line.price_id is None else sold.get(line.price_id))
        for line in usage
    )
    joined = tuple(ShownLine(line=line) for line in subscription.pending_lines)
    lines = (*in_advance, *(ShownLine(line=line) for line in minimum), *arrears, *joined)
    return NextInvoice(
        invoice=_amounts(ahead, lines, joined, terms, balance=balance, currency=currency),
        lines=lines,
    )


def _ahead(subscription: Subscription, after: Subscription) -> Subscription:
    """What is charged next: the next period, unless the updates themselves begin it."""
    if after.current_billing_period_start >= subscription.current_billing_period_end:
        return after
    return next_period(after)


def _is_invoiced(subscription: Subscription) -> bool:
    if subscription.status in ENDED:
        return False
    return is_charged(subscription)


def _ends_before(subscription: Subscription, at: datetime) -> bool:
    end = subscription.effective_end_date
    return end is not None and end <= at


def _amounts(
    ahead: Subscription,
    lines: tuple[ShownLine, ...],
    joined: tuple[ShownLine, ...],
    terms: Terms,
    *,
    balance: Decimal | None,
    currency: Currency,
) -> InvoiceShown:
    sub_total = sum((one.line.amount for one in lines), _ZERO)
    carried = sum((one.line.amount for one in joined), _ZERO)
    discount = discount_in_force(
        ahead, terms.customer_coupon, period_start=ahead.current_billing_period_start
    )
    off = Money(_ZERO, currency)
    if discount is not None:
        off = discount.of(Money(sub_total - carried, currency))
    amounts = invoice_amounts(
        Money(sub_total, currency),
        off,
        tax_percentage=terms.tax_percentage,
        balance=Money(balance or _ZERO, currency),
    )
    shown: DiscountShown | None = None
    if off.amount:
        shown = shown_discount(ahead, terms.customer_coupon, currency)
    return InvoiceShown(
        currency=currency,
        sub_total=sub_total,
        discount=off.amount,
        total_excluding_tax=amounts.total_excluding_tax.amount,
        tax=None if amounts.tax is None else amounts.tax.amount,
        tax_percentage=terms.tax_percentage,
        total=amounts.total.amount,
        amount_due=amounts.amount_due.amount,
        minimum_spend_adjustment=sum(
            (one.line.amount for one in lines if is_minimum_spend(one.line.type)), _ZERO
        ),
        balance=None
        if balance is None
        else BalanceShown(
            before=balance,
            used=amounts.balance_applied.amount,
            after=amounts.balance_after.amount,
        ),
        discount_shown=shown,
    )


def _advance(line: Line, ahead: Subscription, currency: Currency) -> ShownLine:
    shown = InvoiceLine(
        description=describe(line),
        amount=line.amount.amount,
        quantity=line.quantity,
        unit_price=line.price.amount,
        type=line_type(line),
        price_id=line.price.id,
        period_start=ahead.current_billing_period_start,
        period_end=ahead.current_billing_period_end,
    )
    sold = next((one for one in ahead.prices if one.price.id == line.price.id), None)
    return ShownLine(
        line=shown, sold=sold, tiers=_tiers(line.price, line.quantity, shown, currency)
    )


def _zero_base(ahead: Subscription) -> ShownLine:
    line = InvoiceLine(
        description="Base charge",
        amount=_ZERO,
        type=InvoiceLineItemType.ZeroAmountBaseCharge,
        period_start=ahead.current_billing_period_start,
        period_end=ahead.current_billing_period_end,
    )
    return ShownLine(line=line)


def _tiers(
    price: Price, quantity: Decimal, whole: InvoiceLine, currency: Currency
) -> tuple[InvoiceLine, ...]:
    """The tiers that a tiered charge enters, each with its units and amount."""
    lines = []
    below = _ZERO
    for tier in price.tiers:
        top = quantity if tier.up_to is None else min(quantity, Decimal(tier.up_to))
        if quantity <= below:
            break
        units = top - below
        holds = tier.up_to is None or quantity <= tier.up_to
        below = top if tier.up_to is None else Decimal(tier.up_to)
        if price.tiers_mode is TiersMode.VOLUME:
            if not holds:
                continue
            units = quantity
        amount = units * (tier.unit_price or _ZERO) + (tier.flat_price or _ZERO)
        lines.append(
            replace(
                whole,
                description=f"{units:f} units",
                amount=Money(amount, currency).rounded().amount,
                quantity=units,
                unit_price=tier.unit_price,
                type=InvoiceLineItemType.TierCharge,
            )
        )
    return tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumSpend:
    """The coming invoice if the whole budget is spent."""

    invoice: InvoiceShown
    lines: tuple[ShownLine, ...]
    maximum: Decimal


def maximum_spend(subscription: Subscription, terms: Terms) -> MaximumSpend | None:
    """The next invoice with the whole budget spent on demand; no budget -> None."""
    if subscription.budget is None:
        return None
    currency = subscription.currency or Currency.USD
    budget = InvoiceLine(
        description="On-demand usage up to the budget",
        amount=Money(subscription.budget.limit, currency).rounded().amount,
        type=InvoiceLineItemType.PayAsYouGoCharge,
        period_start=subscription.current_billing_period_start,
        period_end=subscription.current_billing_period_end,
    )
    usage: tuple[InvoiceLine, ...] = (budget,) if is_charged(subscription) else ()
    covered = min(budget.amount, subscription.minimum_prepaid)
    if usage and covered:
        usage = (
            budget,
            replace(
                budget,
                description="Minimum spend adjustment",
                amount=-covered,
                type=InvoiceLineItemType.MinimumSpendAdjustmentCharge,
            ),
        )
    shown = next_invoice(subscription, usage, terms, balance=None)
    return MaximumSpend(invoice=shown.invoice, lines=shown.lines, maximum=shown.invoice.total)


def soft_limit(sold: SubscriptionPrice | None) -> bool | None:
    """Whether usage may pass the committed quantity, where a line has one."""
    if sold is None or sold.price.billing_model is not BillingModel.PER_UNIT:
        return None
    return bool(sold.has_soft_limit)
