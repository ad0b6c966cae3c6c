"""Telling the billing provider again what it did not hear, until it does.

Each entity's calls are made in their order, under the customer's lock; with the first that fails
the rest waits on, longer each time. Source: spec, subscriptions §16 (a failed sync is retried).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.ports import Runtime, UnitOfWork
from app.usecases.billing.payments import invoice_lost, invoice_paid
from app.usecases.billing.telling import perform
from app.usecases.billing.usage import write_closing_usage
from app.usecases.credits.payments import tell_of_grant
from app.usecases.subscriptions.book import Book, open_book
from domain.billing.model import BillingResult, PaymentOutcome
from domain.billing.syncs import Backlog, BillingCall, CallKind, SyncedEntity, tried_in_vain
from domain.credits.model import CreditGrantId
from domain.customers.events import UPDATED as CUSTOMER_UPDATED
from domain.customers.events import customer_event
from domain.errors import Conflict, DomainError, ErrorCode
from domain.ids import CustomerId, SubscriptionId
from domain.subscriptions.enums import (
    PaymentCollection,
    SubscriptionInvoiceBillingReason,
    SubscriptionScheduleStatus,
)
from domain.subscriptions.lifecycle import UPDATED, Told
from domain.subscriptions.model import ENDED, Invoice, Subscription
from domain.subscriptions.replacement import COLLECTION, Decision

BACKLOGS_PER_BATCH = 100


async def next_sync_due(runtime: Runtime) -> datetime | None:
    """When something is told again next."""
    async with runtime.new_unit_of_work() as work:
        return None if work.billing is None else await work.backlogs.next_due()


async def run_due_syncs(runtime: Runtime, until: datetime) -> int:
    """Try once everything that is due by `until`; how many were tried.

    What another operation holds for too long waits for the next run.
    """
    seen: set[UUID] = set()
    while True:
        async with runtime.new_unit_of_work() as work:
            due: list[Backlog] = []
            if work.billing is not None:
                due = await work.backlogs.due(until, limit=BACKLOGS_PER_BATCH, excluding=seen)
        if not due:
            return len(seen)
        for backlog in due:
            seen.add(backlog.entity_id)
            try:
                await _try(runtime, backlog, at=until)
            except Conflict as held:
                if held.code is not ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError:
                    raise


async def _try(runtime: Runtime, due: Backlog, *, at: datetime) -> None:
    async with runtime.new_unit_of_work() as work:
        match due.entity_type:
            case SyncedEntity.CUSTOMER:
                await _try_customer(work, CustomerId(due.entity_id), at=at)
            case SyncedEntity.SUBSCRIPTION:
                await _try_subscription(work, runtime, SubscriptionId(due.entity_id), at=at)
            case SyncedEntity.CREDIT_GRANT:
                await tell_of_grant(work, runtime, CreditGrantId(due.entity_id), at=at)
        await work.commit()


async def _due_again(work: UnitOfWork, id: UUID, *, at: datetime) -> Backlog | None:
    """The backlog as it stands under the lock, unless somebody else tried it meanwhile."""
    found = (await work.backlogs.of([id])).get(id)
    return found if found is not None and found.next_attempt_at <= at else None


async def _try_customer(work: UnitOfWork, id: CustomerId, *, at: datetime) -> None:
    """The customer as it is now; an archived one has nothing left to tell."""
    customer = await work.customers.lock(id)
    backlog = await _due_again(work, id, at=at)
    if backlog is None or customer is None:
        return
    assert work.billing is not None
    billing_id = customer.billing_id
    if customer.deleted_at is None:
        key = f"customer:{customer.id}:{customer.updated_at.isoformat()}"
        try:
            billing_id = await work.billing.ensure_customer(customer, None, key=key)
        except DomainError:
            await work.backlogs.save(tried_in_vain(backlog, backlog.calls, now=at))
            return
    await work.backlogs.delete(id)
    known = replace(customer, billing_id=billing_id, billing_sync_error=None, updated_at=at)
    await work.customers.save(known)
    if known.deleted_at is None:
        work.publish(customer_event(CUSTOMER_UPDATED, known, before=customer))


async def _try_subscription(
    work: UnitOfWork, runtime: Runtime, id: SubscriptionId, *, at: datetime
) -> None:
    found = (await work.subscriptions.by_ids([id])).get(id)
    if found is None:
        await work.backlogs.delete(id)
        return
    customer = (await work.customers.by_ids([found.customer_id]))[found.customer_id]
    book = await open_book(work, runtime, customer, now=at, settle=False)
    if id not in book.subscriptions:
        return  # delegated to another customer between the two reads
    backlog = await _due_again(work, id, at=at)
    if backlog is not None:
        await _catch_up(book, id, backlog, at=at)
    await book.close()


async def _catch_up(book: Book, id: SubscriptionId, backlog: Backlog, *, at: datetime) -> bool:
    """Make the calls in their order; whether all were heard."""
    for index, call in enumerate(backlog.calls):
        if not await _is_continued(book, call, at=at):
            return await _wait_on(book, id, backlog, index, None, at=at)
        one = book.subscriptions[id]
        try:
            result = await perform(book, one, call, at=at)
        except DomainError as error:
            return await _wait_on(book, id, backlog, index, error, at=at)
        await _heard(book, one, call, result, at=at)
    await book.work.backlogs.delete(id)
    book.caught_up(id)
    known = book.subscriptions[id]
    book.take(Decision(subscription=known, changed=(known,), told=(_updated(known),)), at=at)
    return True


async def _is_continued(book: Book, call: BillingCall, *, at: datetime) -> bool:
    """Whether the provider knows what the call goes on with; if it does not yet, it is told."""
    old = book.subscriptions.get(call.taken_over) if call.taken_over is not None else None
    if old is None or old.billing_sync_error is None:
        return True
    backlog = (await book.work.backlogs.of([old.id])).get(old.id)
    return backlog is None or await _catch_up(book, old.id, backlog, at=at)


async def _wait_on(
    book: Book,
    id: SubscriptionId,
    backlog: Backlog,
    index: int,
    error: DomainError | None,
    *,
    at: datetime,
) -> bool:
    """Keep what is left for the next attempt."""
    await book.work.backlogs.save(tried_in_vain(backlog, backlog.calls[index:], now=at))
    one = book.subscriptions[id]
    if error is not None and one.billing_sync_error != error.message:
        known = replace(one, billing_sync_error=error.message)
        book.take(Decision(subscription=known, changed=(known,)), at=at)
    return False


async def _heard(
    book: Book, one: Subscription, call: BillingCall, result: BillingResult, *, at: datetime
) -> None:
    """What the provider's answer means, as if it had come at once."""
    if call.kind is not CallKind.CHARGE:
        if call.kind is CallKind.CANCEL or _is_latest(one, call.invoice_id):
            book.know_invoice(one.id, result.invoice)
        return
    known = replace(
        one,
        billing_id=result.billing_id,
        billing_link_url=result.billing_link_url or one.billing_link_url,
        updated_at=at,
    )
    _moved_over(book, call, result, at=at)
    invoice = result.invoice
    if invoice is None:
        _take(book, _collected(known, result), at=at)
    elif call.is_overage:
        _take(book, replace(known, last_usage_invoice=invoice), at=at)
    else:
        await _invoiced(book, known, call, result, invoice, at=at)


async def _invoiced(  # one invoice's whole story
    book: Book,
    one: Subscription,
    call: BillingCall,
    result: BillingResult,
    invoice: Invoice,
    *,
    at: datetime,
) -> None:
    known = replace(one, latest_invoice=invoice)
    if known.status in ENDED:
        _take(book, known, at=at)
        return
    if call.is_awaited:
        known = _names_invoice(known, invoice)
    _take(book, known, at=at)
    match result.outcome:
        case PaymentOutcome.PAID | PaymentOutcome.NOTHING_DUE:
            await invoice_paid(book, known, invoice, now=at)
        case PaymentOutcome.FAILED | PaymentOutcome.ACTION_REQUIRED:
            invoice_lost(book, known, invoice, result.outcome, now=at)
        case _:
            _take(book, _collected(known, result), at=at)
    await _close_past_period(book, known, call, invoice)


async def _close_past_period(
    book: Book, one: Subscription, call: BillingCall, invoice: Invoice
) -> None:
    """A renewal told only after the next one began still takes its own closing period's usage.

    The draft's webhook writes the last one's, under the same keys: it finds this written.
    """
    renewal = SubscriptionInvoiceBillingReason.BILLING_CYCLE
    is_renewal = call.charge is not None and call.charge.reason is renewal
    if is_renewal and call.closed_usage not in {None, one.closed_usage}:
        then = replace(one, closed_usage=call.closed_usage)
        await write_closing_usage(book, then, invoice.billing_id)


def _names_invoice(one: Subscription, invoice: Invoice) -> Subscription:
    """The changes that wait for this payment, with the invoice that they had to do without."""
    pending = SubscriptionScheduleStatus.PendingPayment
    return replace(
        one,
        scheduled_updates=tuple(
            replace(update, billing_id=invoice.billing_id)
            if update.status is pending and update.billing_id is None
            else update
            for update in one.scheduled_updates
        ),
    )


def _collected(one: Subscription, result: BillingResult) -> Subscription:
    """The collection as the provider sees it, where it was only unknown."""
    if one.payment_collection is not PaymentCollection.PROCESSING:
        return one
    collection = COLLECTION.get(result.outcome, PaymentCollection.NOT_REQUIRED)
    return replace(one, payment_collection=collection)


def _moved_over(book: Book, call: BillingCall, result: BillingResult, *, at: datetime) -> None:
    """The one that ended before the provider knew it gives its id to its successor."""
    old = book.subscriptions.get(call.taken_over) if call.taken_over is not None else None
    if old is None or old.status not in ENDED or old.billing_id != result.billing_id:
        return
    moved = replace(old, billing_id=None, old_billing_id=result.billing_id, updated_at=at)
    book.take(Decision(subscription=moved, changed=(moved,)), at=at)


def _is_latest(one: Subscription, invoice_id: str | None) -> bool:
    return one.latest_invoice is not None and one.latest_invoice.billing_id == invoice_id


def _take(book: Book, one: Subscription, *, at: datetime) -> None:
    book.take(Decision(subscription=one, changed=(one,)), at=at)


def _updated(one: Subscription) -> Told:
    return Told(type=UPDATED, subscription=one)
