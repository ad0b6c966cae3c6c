"""Talking to the billing provider on behalf of a decision; `manual` says nothing to anyone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from app.usecases.billing.overage import overage_lines
from app.usecases.billing.telling import tell
from app.usecases.billing.usage import last_usage
from app.usecases.subscriptions.book import Book
from domain.billing.model import BillingResult, Charge
from domain.billing.syncs import BillingCall, CallKind
from domain.billing.usage import cuts_off_usage, usage_charge, with_cut_off_usage, with_lines
from domain.customers.model import Customer
from domain.errors import Conflict, ErrorCode
from domain.ids import SubscriptionId
from domain.patch import ABSENT
from domain.periods import Period
from domain.subscriptions.amounts import Discount, total_price
from domain.subscriptions.charges import Charged, Terms, is_charged, lines_of
from domain.subscriptions.coupons import discount_in_force
from domain.subscriptions.enums import (
    BillingAnchor,
    PaymentCollectionMethod,
    SubscriptionInvoiceBillingReason,
)
from domain.subscriptions.lifecycle import given_up
from domain.subscriptions.model import ENDED, ScheduledUpdate, Subscription
from domain.subscriptions.replacement import Decision
from domain.subscriptions.request import BillingRequest, ContentRequest


async def collect(
    book: Book,
    subscription: Subscription,
    charged: Charged,
    *,
    billing: BillingRequest | None = None,
    taken_over: Subscription | None = None,
    wait: bool = True,
    at: datetime | None = None,
    key: str,
) -> BillingResult | None:
    """Have the provider invoice what is due; None without one, or where nothing is synced.

    `taken_over`: whose provider subscription goes on. Where the provider does not answer, its
    answer is still to come. `at` is the due instant of a transition, None in an operation, which
    raises CustomerHasNoEmailAddress for invoices that cannot be sent: what falls due goes on.
    """
    provider = book.work.billing
    if provider is None or not is_charged(subscription):
        return None
    payer = await book.payer_of(subscription)
    asked = billing or BillingRequest()
    by_mail = subscription.payment_collection_method is PaymentCollectionMethod.INVOICE
    if by_mail and payer.email is None and at is None:
        raise Conflict(
            ErrorCode.CustomerHasNoEmailAddress,
            f"Customer {payer.ref_id} has no e-mail address to send invoices to",
            refId=payer.ref_id,
        )
    call = BillingCall(
        kind=CallKind.CHARGE,
        key=key,
        charge=charged.charge,
        method=subscription.payment_collection_method,
        days_until_due=asked.invoice_days_until_due,
        is_invoice_paid=asked.is_invoice_paid,
        is_backdated=asked.is_backdated,
        is_consolidated=book.settings.anchor is BillingAnchor.SUBSCRIPTIONS_CONSOLIDATE_BILLING,
        taken_over=None if taken_over is None else taken_over.id,
        closed_usage=subscription.closed_usage,
    )
    return await tell(book, subscription, call, asked=asked, waits=wait, at=at)


async def with_cut_usage(
    book: Book,
    charged: Charged,
    new: Subscription,
    *,
    old: Subscription,
    terms: Terms,
    at: datetime,
) -> Charged:
    """What the change of `old` into `new` at `at` charges, with the usage that it cuts off.

    At the prices of `old`. Writes nothing, so that previews show the same.
    """
    if not is_charged(new) or not cuts_off_usage(old, new):
        return charged
    usage = await last_usage(book, old, at)
    return with_cut_off_usage(charged, usage, old, new, terms, at=at)


async def require_code_for(book: Book, content: ContentRequest, new: Subscription) -> None:
    """Have the provider check an asked promotion code against what `new` costs a full period.

    Raises PromotionCodeMinimumAmountNotReached.
    """
    asked = content.coupon
    if asked is ABSENT or asked is None or asked.promotion_code is None:
        return
    provider, price = book.work.billing, total_price(lines_of(new), currency=new.currency)
    if provider is not None and price is not None:
        payer = await book.payer_of(new)
        await provider.validate_promotion_code(
            payer.billing_id, asked.promotion_code, price.sub_total
        )


async def coupon_at(book: Book, one: Subscription, at: datetime) -> Discount | None:
    """The coupon in force for an invoice of the subscription at `at`."""
    await book.load_customer_coupon()
    return discount_in_force(one, book.customer_coupon, period_start=at)


async def end_at_provider(
    book: Book, before: Subscription, after: Subscription, credit: Charge | None
) -> None:
    """Cancel an ended one's provider subscription, with what is owed; void what is unpaid."""
    if book.work.billing is None or after.status not in ENDED:
        return
    await void_unpaid_update(book, before)
    if before.pending_since is not None:
        await book.withdraw(after.id)
    if after.billing_id is None and not book.is_behind(after.id):
        return
    if before.pending_since is not None and before.latest_invoice is not None:
        await _void(book, after.id, before.latest_invoice.billing_id)
    assert after.effective_end_date is not None
    at = after.effective_end_date
    usage = await last_usage(book, before, at)
    call = BillingCall(
        kind=CallKind.CANCEL,
        key=f"cancel:{after.id}",
        charge=with_lines(credit, usage.lines, before, await coupon_at(book, before, at)),
        method=after.payment_collection_method,
    )
    if after.billing_id is not None and any(
        one.billing_id == after.billing_id and one.status not in ENDED
        for one in book.all
        if one.id != after.id
    ):
        # It was to take over the provider's subscription of another, which goes on.
        if call.charge is None:
            return
        call = replace(call, kind=CallKind.CHARGE)
    ended = book.subscriptions[after.id]
    result = await tell(book, ended, call, at=after.effective_end_date)
    book.know_invoice(after.id, result.invoice)


async def bill_monthly_overage(book: Book, one: Subscription, *, at: datetime) -> None:
    """A monthly boundary within a longer period: the overage of the month that ends is invoiced."""
    start = max(one.current_billing_period_start, one.overage_billed_until or one.start_date)
    known = replace(one, overage_billed_until=at, updated_at=at)
    if book.work.billing is not None and is_charged(one):
        lines = await overage_lines(book, one, Period(start, at), monthly_only=True)
        if lines:
            coupon = await coupon_at(book, one, at)
            reason = SubscriptionInvoiceBillingReason.OTHER
            call = BillingCall(
                kind=CallKind.CHARGE,
                key=f"overage:{one.id}:{at.isoformat()}",
                charge=usage_charge(one, lines, coupon, reason=reason),
                method=one.payment_collection_method,
            )
            result = await tell(book, one, call, at=at)
            known = replace(
                known,
                billing_id=result.billing_id,
                last_usage_invoice=result.invoice or known.last_usage_invoice,
            )
    book.take(Decision(subscription=known, changed=(known,)), at=at)


async def void_unpaid_update(book: Book, before: Subscription) -> None:
    """Void the invoice of a change that `before` waited to have paid, and no longer does."""
    dropped = given_up(before, book.subscriptions[before.id])
    if dropped:
        await book.withdraw(before.id)
    await void_invoices(book, before.id, dropped)


async def void_invoices(book: Book, id: SubscriptionId, dropped: Iterable[ScheduledUpdate]) -> None:
    """Void the invoices of changes given up; the parts of one change share its invoice."""
    if book.work.billing is None:
        return
    for invoice_id in {update.billing_id for update in dropped if update.billing_id is not None}:
        await _void(book, id, invoice_id)


async def _void(book: Book, id: SubscriptionId, invoice_id: str) -> None:
    """Void an invoice; the subscription knows of it if it is its latest."""
    one = book.subscriptions[id]
    call = BillingCall(kind=CallKind.VOID, key=invoice_id, invoice_id=invoice_id)
    result = await tell(book, one, call)
    latest = book.subscriptions[id].latest_invoice
    if latest is not None and latest.billing_id == invoice_id:
        book.know_invoice(id, result.invoice)


def has_method(book: Book, payer: Customer) -> bool:
    """Whether a charge could be collected."""
    return book.work.billing is None or payer.payment_method is not None


async def attach_method(book: Book, payment_method_id: str) -> None:
    """Make the method the customer's default, at the provider and in its summary."""
    provider = book.work.billing
    if provider is None:
        raise Conflict(
            ErrorCode.BillingIntegrationMissing, "A payment method needs a billing integration"
        )
    customer = book.customer
    billing_id = customer.billing_id
    if billing_id is None:
        billing_id = await provider.ensure_customer(customer, None, key=f"customer:{customer.id}")
    key = f"attach:{customer.id}:{payment_method_id}:{book.now.isoformat()}"
    method = await provider.attach_payment_method(billing_id, payment_method_id, key=key)
    book.customer = replace(
        customer, billing_id=billing_id, payment_method=method, updated_at=book.now
    )
    await book.work.customers.save(book.customer)
