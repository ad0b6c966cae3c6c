"""What an invoice's fate at the provider means for its subscription.

Only the subscription's latest invoice decides anything. Source: spec, subscriptions §12.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.usecases.billing.usage import write_closing_usage
from app.usecases.subscriptions.book import Book
from app.usecases.subscriptions.endings import follow_replaced, take_ending
from app.usecases.subscriptions.gather import held_content
from app.usecases.transitions import facts_at, terms_in
from domain.billing.model import BillingResult, PaymentOutcome
from domain.subscriptions.enums import (
    PaymentCollection,
    SubscriptionCancelReason,
    SubscriptionInvoiceStatus,
    SubscriptionScheduleStatus,
    SubscriptionStatus,
)
from domain.subscriptions.execution import content_of, pending_update_paid
from domain.subscriptions.lifecycle import UPDATED, Told
from domain.subscriptions.model import ENDED, Invoice, Subscription
from domain.subscriptions.replacement import Decision
from domain.subscriptions.transitions import canceled_by_billing, paid, payment_lost


def is_latest(one: Subscription, invoice: Invoice) -> bool:
    """Whether the invoice still decides about the subscription."""
    latest = one.latest_invoice
    return latest is not None and latest.billing_id == invoice.billing_id


async def invoice_paid(book: Book, one: Subscription, invoice: Invoice, *, now: datetime) -> None:
    """A pending subscription starts, a pending update applies, a failed renewal is settled."""
    awaited = _awaits(one, invoice)
    if not is_latest(one, invoice) and not awaited:
        return
    known = replace(one, latest_invoice=invoice) if is_latest(one, invoice) else one
    if one.status is SubscriptionStatus.PAYMENT_PENDING:
        before = {other.id: other for other in book.all}
        product = await book.product(one.product_id)
        decision = paid(known, book.all, at=now, product=product)
        book.take(decision, at=now)
        await follow_replaced(book, before, decision, at=now)
        return
    if is_latest(one, invoice):
        known = replace(known, payment_collection=PaymentCollection.NOT_REQUIRED, updated_at=now)
    if one.status not in ENDED and awaited:
        book.take(await _updated(book, known, now=now), at=now)
        return
    _take(book, known, now=now)


def _awaits(one: Subscription, invoice: Invoice) -> bool:
    """Whether a change of the subscription waits for this invoice."""
    pending = SubscriptionScheduleStatus.PendingPayment
    return any(
        update.status is pending and update.billing_id in {None, invoice.billing_id}
        for update in one.scheduled_updates
    )


async def _updated(book: Book, one: Subscription, *, now: datetime) -> Decision:
    """The pending update as it was asked for, now that it is paid."""
    pending = SubscriptionScheduleStatus.PendingPayment
    asked = content_of(update for update in one.scheduled_updates if update.status is pending)
    content = await held_content(book, one, asked)
    facts = await facts_at(book, one, content, now)
    return pending_update_paid(one, facts, await terms_in(book))


def invoice_lost(
    book: Book, one: Subscription, invoice: Invoice, outcome: PaymentOutcome, *, now: datetime
) -> None:
    """A collection failed or wants the customer; the state stays until time or payment decides.

    Webhooks come in any order: of an invoice that is known as paid or void this is old news.
    """
    if not is_latest(one, invoice) or one.status in ENDED:
        return
    assert one.latest_invoice is not None
    if one.latest_invoice.status is not SubscriptionInvoiceStatus.OPEN:
        return
    result = BillingResult(billing_id=one.billing_id or "", outcome=outcome, invoice=invoice)
    book.take(payment_lost(one, result, at=now), at=now)


def invoice_changed(book: Book, one: Subscription, invoice: Invoice, *, now: datetime) -> None:
    """The invoice is known as it is now; nothing else follows."""
    if is_latest(one, invoice):
        _take(book, replace(one, latest_invoice=invoice, updated_at=now), now=now)


async def invoice_created(book: Book, one: Subscription, invoice: Invoice) -> None:
    """A renewal's draft: the closing period's usage is written to it."""
    await write_closing_usage(book, one, invoice.billing_id)


async def provider_ended(
    book: Book, one: Subscription, invoice: Invoice | None, *, now: datetime
) -> None:
    """The provider canceled it, or gave up collecting: CancelledByBilling."""
    if one.status in ENDED:
        return
    known = one
    if invoice is not None and is_latest(one, invoice):
        known = replace(one, latest_invoice=invoice)
    reason = SubscriptionCancelReason.CancelledByBilling
    await take_ending(book, one, canceled_by_billing(known, at=now, reason=reason), at=now)


def _take(book: Book, after: Subscription, *, now: datetime) -> None:
    told = (Told(type=UPDATED, subscription=after),)
    book.take(Decision(subscription=after, changed=(after,), told=told), at=now)
