"""What a change would cost: the same decisions, shown and not carried out.

Source: spec, subscriptions §10, §11 (estimates and previews).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from domain.billing.model import Charge
from domain.catalog.enums import Currency, PlanChangeType
from domain.catalog.model import Coupon
from domain.money import Money
from domain.periods import Period
from domain.subscriptions.amounts import invoice_amounts
from domain.subscriptions.charges import NOTHING, Charged, Terms, is_charged, period_charge
from domain.subscriptions.coupons import is_in_force
from domain.subscriptions.cycle import next_period
from domain.subscriptions.deferral import change_type
from domain.subscriptions.enums import (
    InvoiceLineItemType,
    SubscriptionInvoiceBillingReason,
    SubscriptionProrationBehavior,
)
from domain.subscriptions.facts import ProvisionFacts
from domain.subscriptions.model import FreeItem, Subscription, SubscriptionCoupon
from domain.subscriptions.provisioning import Provisioning
from domain.subscriptions.updating import Updating

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountShown:
    """The coupon behind a discount; `months` None = for ever."""

    name: str
    percent_off: Decimal | None
    amount_off: Decimal | None
    months: int | None
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceShown:
    """The payer's credit before, what is applied, and what is left."""

    before: Decimal
    used: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceShown:
    """An invoice that would be: in one currency, rounded, from lines to amount due."""

    currency: Currency
    sub_total: Decimal = _ZERO
    discount: Decimal = _ZERO
    total_excluding_tax: Decimal = _ZERO
    tax: Decimal | None = None
    tax_percentage: Decimal | None = None
    total: Decimal = _ZERO
    amount_due: Decimal = _ZERO
    minimum_spend_adjustment: Decimal = _ZERO
    balance: BalanceShown | None = None
    discount_shown: DiscountShown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProrationShown:
    """credit <= 0, debit, and their net after the coupon."""

    credit: Decimal
    debit: Decimal
    net: Decimal
    at: datetime
    has_prorations: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be due now, and with the next full period."""

    currency: Currency
    period: Period
    immediate: InvoiceShown
    recurring: InvoiceShown | None
    proration: ProrationShown | None
    has_scheduled_updates: bool
    is_plan_downgrade: bool
    free_items: tuple[FreeItem, ...]


def preview_provision(
    provisioning: Provisioning,
    facts: ProvisionFacts,
    terms: Terms,
    *,
    balance: Decimal | None,
) -> Preview:
    """What provisioning would charge; deferred, future, backdated and trials: 0 now."""
    new = provisioning.new
    waits = provisioning.waits_on is not None
    changed = provisioning.replaces[0] if provisioning.replaces else None
    is_change = changed is not None and is_charged(changed) and is_charged(new)
    currency = new.currency or Currency.USD
    is_future = provisioning.start.is_future
    shown = (
        _proration(provisioning.charged, terms, at=provisioning.start.at, currency=currency)
        if is_change and not is_future
        else None
    )
    current = provisioning.replaces[0] if waits and provisioning.replaces else new
    return Preview(
        currency=currency,
        period=Period(current.current_billing_period_start, current.current_billing_period_end),
        immediate=shown_invoice(
            provisioning.charged.charge, currency, terms, balance=balance, subscription=new
        ),
        recurring=next_full_period(new, terms),
        proration=shown,
        has_scheduled_updates=waits or bool(new.scheduled_updates),
        is_plan_downgrade=change_type(changed, facts) is PlanChangeType.DOWNGRADE,
        free_items=new.free_items,
    )


def preview_update(
    updating: Updating, terms: Terms, *, balance: Decimal | None, now: datetime
) -> Preview:
    """What an update would charge now; parts that wait cost nothing yet."""
    new = updating.new
    currency = new.currency or Currency.USD
    shown = None
    if is_charged(new):
        shown = _proration(updating.charged, terms, at=now, currency=currency)
    return Preview(
        currency=currency,
        period=Period(new.current_billing_period_start, new.current_billing_period_end),
        immediate=shown_invoice(
            updating.charged.charge, currency, terms, balance=balance, subscription=new
        ),
        recurring=next_full_period(new, terms),
        proration=shown,
        has_scheduled_updates=updating.is_scheduled,
        is_plan_downgrade=False,
        free_items=new.free_items,
    )


def _proration(
    charged: Charged, terms: Terms, *, at: datetime, currency: Currency
) -> ProrationShown:
    proration = charged.proration
    nothing = terms.proration is SubscriptionProrationBehavior.NONE and charged.charge is None
    if proration is None or nothing:
        return ProrationShown(credit=_ZERO, debit=_ZERO, net=_ZERO, at=at, has_prorations=False)
    assert proration.credit.currency is currency
    return ProrationShown(
        credit=proration.credit.amount,
        debit=proration.debit.amount,
        net=proration.net.amount,
        at=at,
        has_prorations=any(part.amount.amount != 0 for part in proration.lines),
    )


def shown_invoice(
    charge: Charge | None,
    currency: Currency,
    terms: Terms,
    *,
    balance: Decimal | None,
    subscription: Subscription,
) -> InvoiceShown:
    """An invoice as previews show it: below zero nothing is due and the rest joins the balance."""
    before = Money(balance or _ZERO, currency)
    if charge is None:
        return InvoiceShown(
            currency=currency,
            tax=None if terms.tax_percentage is None else _ZERO,
            tax_percentage=terms.tax_percentage,
            balance=_balance(balance, _ZERO, balance or _ZERO),
        )
    amounts = invoice_amounts(
        Money(charge.sub_total, currency),
        Money(charge.discount, currency),
        tax_percentage=charge.tax_percentage,
        balance=before,
    )
    if amounts.total.amount < 0:
        return InvoiceShown(
            currency=currency,
            tax=None if terms.tax_percentage is None else _ZERO,
            tax_percentage=terms.tax_percentage,
            balance=_balance(balance, _ZERO, amounts.balance_after.amount),
        )
    spend = sum((line.amount for line in charge.lines if is_minimum_spend(line.type)), _ZERO)
    return InvoiceShown(
        currency=currency,
        sub_total=amounts.sub_total.amount,
        discount=amounts.discount.amount,
        total_excluding_tax=amounts.total_excluding_tax.amount,
        tax=None if amounts.tax is None else amounts.tax.amount,
        tax_percentage=charge.tax_percentage,
        total=amounts.total.amount,
        amount_due=amounts.amount_due.amount,
        minimum_spend_adjustment=spend,
        discount_shown=(
            shown_discount(subscription, terms.customer_coupon, currency)
            if amounts.discount.amount
            else None
        ),
        balance=_balance(balance, amounts.balance_applied.amount, amounts.balance_after.amount),
    )


def is_minimum_spend(line_type: InvoiceLineItemType) -> bool:
    """Whether the line only lifts the total to the agreed minimum."""
    return line_type in {
        InvoiceLineItemType.MinimumSpendCharge,
        InvoiceLineItemType.MinimumSpendAdjustmentCharge,
    }


def _balance(before: Decimal | None, used: Decimal, after: Decimal) -> BalanceShown | None:
    """Nothing without a provider, who alone keeps it."""
    return None if before is None else BalanceShown(before=before, used=used, after=after)


def shown_discount(
    subscription: Subscription, customer_coupon: Coupon | None, currency: Currency
) -> DiscountShown | None:
    """The coupon in force: the subscription's own, else the customer's."""
    own = subscription.coupon
    at = subscription.current_billing_period_start
    if own is not None and is_in_force(own, at=at):
        return shown_coupon(own, currency, at=at)
    return None if customer_coupon is None else shown_coupon(customer_coupon, currency, at=at)


def shown_coupon(
    coupon: SubscriptionCoupon | Coupon, currency: Currency, *, at: datetime
) -> DiscountShown:
    """A coupon that is applied: one of its own has its dates, a customer's is in force at `at`."""
    own = coupon if isinstance(coupon, SubscriptionCoupon) else None
    return DiscountShown(
        name=coupon.name,
        percent_off=coupon.percent_off,
        amount_off=_in(coupon.amounts_off, currency),
        months=coupon.duration_in_months,
        start=at if own is None else own.start_date,
        end=None if own is None else own.expiration_date,
    )


def _in(amounts: tuple[Money, ...], currency: Currency) -> Decimal | None:
    for amount in amounts:
        if amount.currency is currency:
            return amount.amount
    return None


def next_full_period(subscription: Subscription, terms: Terms) -> InvoiceShown | None:
    """The next full period's invoice; None where nothing is ever charged."""
    as_paid = subscription
    if subscription.trial_end_date is not None:
        # A trial's price is what it will cost once it has converted.
        as_paid = replace(subscription, was_in_trial=True)
    if not is_charged(as_paid) or subscription.currency is None:
        return None
    ahead = next_period(as_paid)
    charged = period_charge(ahead, terms, reason=SubscriptionInvoiceBillingReason.BILLING_CYCLE)
    assert charged is not NOTHING
    return shown_invoice(
        charged.charge, subscription.currency, terms, balance=None, subscription=ahead
    )
