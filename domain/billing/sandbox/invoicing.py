"""The life of a sandbox invoice: drafted, finalised against the balance, collected, retried.

Amounts run lines -> subtotal -> discount -> tax -> total -> credit balance -> amount due >= 0
(spec, subscriptions §10). A failed renewal is collected again after 1, 3 and 5 days and given up
at 7 (§16); a first or changed subscription's payment is the server's to expire.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain.billing.model import BillingOrder, BillingResult, Charge, PaymentOutcome
from domain.billing.sandbox.model import (
    InvoicePart,
    InvoiceState,
    SandboxCustomer,
    SandboxInvoice,
)
from domain.billing.sandbox.tokens import DECLINED, NO_METHOD, outcome_of
from domain.catalog.enums import BillingModel, Currency
from domain.errors import Conflict, ErrorCode
from domain.money import Money
from domain.subscriptions.amounts import invoice_amounts
from domain.subscriptions.enums import (
    PaymentCollectionMethod,
    SubscriptionInvoiceBillingReason,
    SubscriptionInvoiceStatus,
)
from domain.subscriptions.model import Invoice, InvoiceLine

GRACE = timedelta(hours=1)
RETRIES_AFTER = (timedelta(days=1), timedelta(days=3), timedelta(days=5))
UNPAID_AFTER = timedelta(days=7)
DAYS_UNTIL_DUE = 30
_ZERO = Decimal(0)
_STATUS = {
    InvoiceState.DRAFT: SubscriptionInvoiceStatus.OPEN,
    InvoiceState.OPEN: SubscriptionInvoiceStatus.OPEN,
    InvoiceState.PAID: SubscriptionInvoiceStatus.PAID,
    InvoiceState.VOID: SubscriptionInvoiceStatus.CANCELED,
    InvoiceState.UNCOLLECTIBLE: SubscriptionInvoiceStatus.CANCELED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """An invoice and its payer after one step, and what became of the collection."""

    invoice: SandboxInvoice
    customer: SandboxCustomer
    outcome: PaymentOutcome


def draft(
    charge: Charge,
    *,
    invoice_id: str,
    customer_id: str,
    subscription_id: str | None,
    method: PaymentCollectionMethod,
    now: datetime,
) -> SandboxInvoice:
    """A draft: lines and discount as ordered, no amounts yet."""
    return SandboxInvoice(
        id=invoice_id,
        customer_id=customer_id,
        parts=(_part(charge, subscription_id),),
        state=InvoiceState.DRAFT,
        reason=charge.reason,
        method=method,
        currency=charge.currency,
        lines=charge.lines,
        tax_percentage=charge.tax_percentage,
        created_at=now,
        updated_at=now,
    )


def _part(charge: Charge, subscription_id: str | None) -> InvoicePart:
    return InvoicePart(
        subscription_id=subscription_id,
        discount=charge.discount,
        coupon=charge.coupon,
        discount_base=charge.discount_base,
    )


def joined(shared: SandboxInvoice | None, new: SandboxInvoice) -> SandboxInvoice | None:
    """The draft `shared` with the lines of `new`, a renewal of the same instant.

    None where they cannot be one invoice: the other is final, of another instant, currency, method
    or tax, or has lines of the subscription already.
    """
    if shared is None or shared.is_final or _kind(shared) != _kind(new):
        return None
    if any(part.subscription_id == new.subscription_id for part in shared.parts):
        return None
    return replace(shared, parts=(*shared.parts, *new.parts), lines=(*shared.lines, *new.lines))


def _kind(invoice: SandboxInvoice) -> tuple[object, ...]:
    """What renewals must have in common to share an invoice."""
    return invoice.created_at, invoice.currency, invoice.method, invoice.tax_percentage


def is_renewal(order: BillingOrder) -> bool:
    """Whether the order charges the next period."""
    charge = order.charge
    return charge is not None and charge.reason is SubscriptionInvoiceBillingReason.BILLING_CYCLE


def awaits_usage(order: BillingOrder) -> bool:
    """Whether a renewal stays a draft for an hour: only usage-based prices have more to say."""
    return is_renewal(order) and any(
        sold.price.billing_model is BillingModel.USAGE_BASED for sold in order.subscription.prices
    )


def held_as_draft(invoice: SandboxInvoice, grace: timedelta = GRACE) -> SandboxInvoice:
    """The draft with its grace, an hour for usage; a longer one that it has already stands."""
    until = invoice.created_at + grace
    return replace(invoice, action_at=max(until, invoice.action_at or until))


def with_usage(
    invoice: SandboxInvoice, line: InvoiceLine, subscription_id: str, *, now: datetime
) -> SandboxInvoice:
    """The draft with one more line, which its subscription's coupon discounts with the rest.

    Raises BillingInvoiceStatusError once it is final.
    """
    if invoice.is_final:
        raise _wrong_status(invoice, "is finalised already")
    parts = tuple(
        _with_usage(part, line, invoice.currency)
        if part.subscription_id == subscription_id
        else part
        for part in invoice.parts
    )
    return replace(invoice, lines=(*invoice.lines, line), parts=parts, updated_at=now)


def _with_usage(part: InvoicePart, line: InvoiceLine, currency: Currency) -> InvoicePart:
    if part.coupon is None:
        return part
    base = part.discount_base + line.amount
    discount = part.coupon.of(Money(base, currency)).amount
    return replace(part, discount=discount, discount_base=base)


def finalise(
    invoice: SandboxInvoice,
    customer: SandboxCustomer,
    *,
    days_until_due: int | None = None,
    is_paid: bool = False,
    waits: bool = True,
    now: datetime,
) -> Posting:
    """Fix the amounts, use up the balance, and collect what is due.

    -15 with no balance -> due 0, balance 15; then 20 -> due 5, balance 0. `is_paid`: paid
    elsewhere. Not `waits`: a payment that would succeed is still PROCESSING in the answer.
    """
    assert not invoice.is_final
    currency = invoice.currency
    sub_total = Money(sum((line.amount for line in invoice.lines), _ZERO), currency)
    before = Money(customer.balance(currency), currency)
    amounts = invoice_amounts(
        sub_total,
        Money(invoice.discount, currency),
        tax_percentage=invoice.tax_percentage,
        balance=before,
    )
    assert amounts.balance_after.amount >= 0
    invoice = replace(
        invoice,
        state=InvoiceState.OPEN,
        sub_total=sub_total.amount,
        total_excluding_tax=amounts.total_excluding_tax.amount,
        tax=None if amounts.tax is None else amounts.tax.amount,
        total=amounts.total.amount,
        starting_balance=before.amount,
        applied_balance=amounts.balance_applied.amount,
        ending_balance=amounts.balance_after.amount,
        amount_due=amounts.amount_due.amount,
        action_at=None,
        updated_at=now,
    )
    customer = with_balance(customer, currency, amounts.balance_after.amount)
    if invoice.amount_due == 0 or is_paid:
        outcome = PaymentOutcome.PAID if invoice.amount_due else PaymentOutcome.NOTHING_DUE
        return Posting(invoice=_paid(invoice, now=now), customer=customer, outcome=outcome)
    if invoice.method is not PaymentCollectionMethod.CHARGE:
        days = DAYS_UNTIL_DUE if days_until_due is None else days_until_due
        invoice = replace(invoice, due_date=now + timedelta(days=days))
        return Posting(invoice=invoice, customer=customer, outcome=PaymentOutcome.OPEN)
    if not waits and outcome_of(customer.default_method) is PaymentOutcome.PAID:
        # The answer is due at once; the payment goes through a moment later, by webhook.
        invoice = replace(invoice, action_at=now)
        return Posting(invoice=invoice, customer=customer, outcome=PaymentOutcome.PROCESSING)
    return Posting(
        invoice=(collected := collect(invoice, customer.default_method, now=now)),
        customer=customer,
        outcome=outcome_after(collected, customer.default_method),
    )


def outcome_after(invoice: SandboxInvoice, method: str | None) -> PaymentOutcome:
    """What the last attempt by `method` made of the invoice."""
    return PaymentOutcome.PAID if invoice.state is InvoiceState.PAID else outcome_of(method)


def collect(invoice: SandboxInvoice, method: str | None, *, now: datetime) -> SandboxInvoice:
    """One attempt to collect by `method`; a failed renewal knows when the next one is."""
    assert invoice.state is InvoiceState.OPEN
    outcome = outcome_of(method)
    tried = replace(
        invoice, attempt_count=invoice.attempt_count + 1, action_at=None, updated_at=now
    )
    match outcome:
        case PaymentOutcome.PAID:
            return _paid(tried, now=now)
        case PaymentOutcome.ACTION_REQUIRED:
            return _awaiting(
                replace(tried, requires_action=True, payment_secret=f"{invoice.id}_secret"), now=now
            )
        case PaymentOutcome.PROCESSING:
            return tried
        case _:
            error = NO_METHOD if method is None else DECLINED
            return _awaiting(replace(tried, error_message=error), now=now)


def _awaiting(invoice: SandboxInvoice, *, now: datetime) -> SandboxInvoice:
    """A renewal's next attempt, counted from the first failure."""
    if invoice.reason is not SubscriptionInvoiceBillingReason.BILLING_CYCLE:
        return invoice
    first = invoice.first_failed_at or now
    done = invoice.retries_done
    after = RETRIES_AFTER[done] if done < len(RETRIES_AFTER) else UNPAID_AFTER
    return replace(invoice, first_failed_at=first, action_at=first + after)


def retried(invoice: SandboxInvoice, method: str | None, *, now: datetime) -> SandboxInvoice:
    """The next attempt of a failed renewal, or UNCOLLECTIBLE after the last."""
    assert invoice.state is InvoiceState.OPEN
    if invoice.first_failed_at is None:
        return collect(invoice, method, now=now)
    if invoice.retries_done >= len(RETRIES_AFTER):
        return replace(invoice, state=InvoiceState.UNCOLLECTIBLE, action_at=None, updated_at=now)
    return collect(replace(invoice, retries_done=invoice.retries_done + 1), method, now=now)


def pay(invoice: SandboxInvoice, *, now: datetime) -> SandboxInvoice:
    """Paid by the customer's hand or elsewhere; paid again changes nothing.

    Raises BillingInvoiceStatusError for one that is void or still a draft.
    """
    if invoice.state is InvoiceState.PAID:
        return invoice
    if invoice.state is not InvoiceState.OPEN:
        raise _wrong_status(invoice, f"is {invoice.state.lower()} and cannot be paid")
    return _paid(invoice, now=now)


def _paid(invoice: SandboxInvoice, *, now: datetime) -> SandboxInvoice:
    return replace(
        invoice,
        state=InvoiceState.PAID,
        action_at=None,
        requires_action=False,
        error_message=None,
        payment_secret=None,
        updated_at=now,
    )


def _wrong_status(invoice: SandboxInvoice, what: str) -> Conflict:
    return Conflict(
        ErrorCode.BillingInvoiceStatusError,
        f"Invoice {invoice.id} {what}",
        entityId=invoice.id,
    )


def void(invoice: SandboxInvoice, customer: SandboxCustomer, *, now: datetime) -> Posting:
    """Never to be paid; the balance that it had used comes back. Void again changes nothing.

    Raises BillingInvoiceStatusError for a paid one.
    """
    if invoice.state is InvoiceState.PAID:
        raise _wrong_status(invoice, "is paid already")
    if invoice.state in {InvoiceState.DRAFT, InvoiceState.OPEN}:
        back = customer.balance(invoice.currency) + invoice.applied_balance
        customer = with_balance(customer, invoice.currency, back)
        invoice = replace(invoice, state=InvoiceState.VOID, action_at=None, updated_at=now)
    return Posting(invoice=invoice, customer=customer, outcome=PaymentOutcome.NOTHING_DUE)


def with_balance(
    customer: SandboxCustomer, currency: Currency, balance: Decimal
) -> SandboxCustomer:
    """The customer with a credit balance of `balance` (>= 0, major units) in `currency`."""
    assert balance >= 0
    return replace(customer, balances={**customer.balances, currency: balance})


def invoice_of(invoice: SandboxInvoice, *, payment_url: str | None) -> Invoice:
    """The invoice as the server knows invoices; `payment_url` where it can be paid by hand."""
    is_open = invoice.state is InvoiceState.OPEN and invoice.amount_due > 0
    return Invoice(
        billing_id=invoice.id,
        status=_STATUS[invoice.state],
        billing_reason=invoice.reason,
        currency=invoice.currency,
        sub_total=invoice.sub_total,
        sub_total_excluding_tax=invoice.sub_total,
        total=invoice.total,
        total_excluding_tax=invoice.total_excluding_tax,
        tax=invoice.tax,
        amount_due=invoice.amount_due,
        applied_balance=invoice.applied_balance,
        starting_balance=invoice.starting_balance,
        ending_balance=invoice.ending_balance,
        attempt_count=invoice.attempt_count,
        due_date=invoice.due_date,
        requires_action=invoice.requires_action,
        payment_url=payment_url if is_open else None,
        payment_secret=invoice.payment_secret,
        error_message=invoice.error_message,
        lines=invoice.lines,
        created_at=invoice.created_at,
        updated_at=invoice.updated_at,
    )


def result_of(
    billing_id: str | None, posting: Posting | None, *, payment_url: str | None
) -> BillingResult:
    """The provider's answer to an order; without a posting nothing was due."""
    if posting is None:
        return BillingResult(billing_id=billing_id, outcome=PaymentOutcome.NOTHING_DUE)
    return BillingResult(
        billing_id=billing_id,
        outcome=posting.outcome,
        invoice=invoice_of(posting.invoice, payment_url=payment_url),
    )
