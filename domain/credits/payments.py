"""Paying for credits: what a grant is invoiced, and what an invoice's fate makes of it.

Source: spec, entitlements §9.3 (a paid grant is pending until it is paid).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from domain.billing.model import BillingResult, Charge
from domain.catalog.model import Coupon
from domain.credits.enums import CreditGrantType
from domain.credits.model import ZERO, CreditGrant
from domain.money import Money
from domain.subscriptions.amounts import Discount, invoice_amounts
from domain.subscriptions.enums import (
    PaymentCollection,
    PaymentCollectionMethod,
    SubscriptionInvoiceBillingReason,
    SubscriptionInvoiceStatus,
)
from domain.subscriptions.model import Invoice, InvoiceLine, SubscriptionCoupon
from domain.subscriptions.previews import BalanceShown, InvoiceShown, shown_coupon
from domain.subscriptions.replacement import COLLECTION, is_unpaid

COLLECTED = frozenset({PaymentCollectionMethod.CHARGE, PaymentCollectionMethod.INVOICE})


def is_billed(grant: CreditGrant, method: PaymentCollectionMethod | None) -> bool:
    """Whether a provider is asked to collect the grant's cost: a paid one's, by some method."""
    is_paid = grant.grant_type is CreditGrantType.PAID
    return is_paid and method in COLLECTED and grant.cost.rounded().amount > 0


def purchase_of(
    grant: CreditGrant, discount: Discount | None, *, tax_percentage: Decimal | None = None
) -> Charge:
    """The grant's invoice: one line, its cost, less the customer's coupon; tax is the provider's.

    `tax_percentage` is for previews. MANUAL for what somebody granted, OTHER for a recharge.
    """
    cost = grant.cost.rounded()
    line = InvoiceLine(
        description=grant.display_name,
        amount=cost.amount,
        quantity=grant.amount,
        unit_price=grant.cost.amount / grant.amount,
    )
    reason = SubscriptionInvoiceBillingReason
    return Charge(
        currency=cost.currency,
        reason=reason.MANUAL if grant.recharge_id is None else reason.OTHER,
        lines=(line,),
        discount=ZERO if discount is None else discount.of(cost).amount,
        tax_percentage=tax_percentage,
        coupon=discount,
        discount_base=cost.amount,
    )


def awaiting_payment(grant: CreditGrant) -> CreditGrant:
    """The grant while nobody has asked for its money yet, or knows the answer."""
    return replace(grant, is_payment_pending=True, payment_collection=PaymentCollection.PROCESSING)


def collected(grant: CreditGrant, result: BillingResult, *, now: datetime) -> CreditGrant:
    """The grant after the provider's answer: pending as long as a charge is not paid.

    An invoice that was sent (OPEN) holds nothing back, as with subscriptions.
    """
    invoice = result.invoice
    return replace(
        grant,
        latest_invoice=invoice,
        invoice_id=None if invoice is None else invoice.billing_id,
        is_payment_pending=is_unpaid(result),
        payment_collection=COLLECTION.get(result.outcome, PaymentCollection.NOT_REQUIRED),
        updated_at=now,
    )


def invoice_changed(
    grant: CreditGrant, invoice: Invoice, collection: PaymentCollection | None, *, now: datetime
) -> CreditGrant:
    """The grant once its invoice is known as it is now; a paid one is pending no more.

    `collection`: what a failed attempt means. Webhooks come in any order: an invoice that is
    settled stays so.
    """
    known = grant.latest_invoice
    if known is not None and known.status is not SubscriptionInvoiceStatus.OPEN:
        return grant
    changed = replace(grant, latest_invoice=invoice, updated_at=now)
    if invoice.status is SubscriptionInvoiceStatus.PAID:
        return replace(
            changed, is_payment_pending=False, payment_collection=PaymentCollection.NOT_REQUIRED
        )
    if collection is not None and grant.is_payment_pending:
        return replace(changed, payment_collection=collection)
    return changed


def is_lost(grant: CreditGrant) -> bool:
    """Whether a pending grant can never be paid: its invoice is void."""
    invoice = grant.latest_invoice
    return invoice is not None and invoice.status is SubscriptionInvoiceStatus.CANCELED


# --- previews -------------------------------------------------------------------------------


def preview_purchase(
    charge: Charge,
    coupon: SubscriptionCoupon | Coupon | None,
    *,
    balance: Decimal | None,
    now: datetime,
) -> InvoiceShown:
    """What a grant's invoice would come to; `balance`: the customer's, None without a provider."""
    currency = charge.currency
    amounts = invoice_amounts(
        Money(charge.sub_total, currency),
        Money(charge.discount, currency),
        tax_percentage=charge.tax_percentage,
        balance=Money(balance or ZERO, currency),
    )
    return InvoiceShown(
        currency=currency,
        sub_total=amounts.sub_total.amount,
        discount=amounts.discount.amount,
        total_excluding_tax=amounts.total_excluding_tax.amount,
        tax=None if amounts.tax is None else amounts.tax.amount,
        tax_percentage=charge.tax_percentage,
        total=amounts.total.amount,
        amount_due=amounts.amount_due.amount,
        discount_shown=None
        if coupon is None or not amounts.discount.amount
        else shown_coupon(coupon, currency, at=now),
        balance=None
        if balance is None
        else BalanceShown(
            before=balance,
            used=amounts.balance_applied.amount,
            after=amounts.balance_after.amount,
        ),
    )
