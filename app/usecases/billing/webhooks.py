"""What a billing provider tells, applied once: checkouts, payments, ends, methods, drafts.

Source: spec, subscriptions §12 and §16.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from app.ports import Runtime, UnitOfWork
from app.usecases.billing.payments import (
    invoice_changed,
    invoice_created,
    invoice_lost,
    invoice_paid,
    provider_ended,
)
from app.usecases.billing.providers import require_provider
from app.usecases.credits.payments import hear_of_purchase
from app.usecases.subscriptions.book import Book, open_book
from app.usecases.subscriptions.provision import provision_in
from app.usecases.subscriptions.refusals import input_of
from domain.billing.model import PaymentOutcome, ProviderEvent, ProviderEventType
from domain.customers.events import UPDATED, customer_event
from domain.customers.model import Customer, PaymentMethod
from domain.errors import BillingUnavailable, DomainError
from domain.subscriptions.model import ENDED, Subscription
from domain.subscriptions.refusals import creation_failed

_LOST = {
    ProviderEventType.INVOICE_FAILED: PaymentOutcome.FAILED,
    ProviderEventType.INVOICE_ACTION_REQUIRED: PaymentOutcome.ACTION_REQUIRED,
}
_ENDINGS = {ProviderEventType.SUBSCRIPTION_DELETED, ProviderEventType.SUBSCRIPTION_UNPAID}
_log = logging.getLogger(__name__)


async def receive_webhook(body: bytes, signature: str, *, runtime: Runtime) -> bool:
    """Apply a signed webhook; False if it was heard before.

    Raises BadSignature, and BillingIntegrationMissing without a provider.
    """
    async with runtime.new_unit_of_work() as work:
        event = require_provider(work).read_webhook(body, signature)
    return await hear(event, runtime=runtime)


async def hear(event: ProviderEvent, *, runtime: Runtime) -> bool:
    """Apply an event in one transaction with the note that it was heard."""
    now = max(runtime.clock(), event.at)
    async with runtime.new_unit_of_work() as work:
        if not await work.checkouts.first_hearing(event.id, at=now):
            return False
        match event.type:
            case ProviderEventType.CHECKOUT_COMPLETED:
                await _checked_out(work, runtime, event, now=now)
            case ProviderEventType.CHECKOUT_EXPIRED:
                assert event.checkout_id is not None
                await work.checkouts.take(event.checkout_id)
            case ProviderEventType.METHOD_ATTACHED:
                await _method_is(work, event, event.payment_method, now=now)
            case ProviderEventType.METHOD_DETACHED:
                await _method_is(work, event, None, now=now)
            case _:
                await _about_subscription(work, runtime, event, now=now)
        await work.commit()
    return True


async def _checked_out(
    work: UnitOfWork, runtime: Runtime, event: ProviderEvent, *, now: datetime
) -> None:
    """The payer has a method now; what waited for it is provisioned, once."""
    assert event.checkout_id is not None
    waiting = await work.checkouts.take(event.checkout_id)
    if waiting is not None:
        # The customer before its payer, as everywhere.
        await work.customers.lock(waiting.customer_id)
    if event.payment_method is not None:
        await _method_is(work, event, event.payment_method, now=now)
    if waiting is None:
        return
    customer = (await work.customers.by_ids([waiting.customer_id])).get(waiting.customer_id)
    if customer is None or customer.deleted_at is not None:
        return
    book = await open_book(work, runtime, customer, now=now)
    try:
        await provision_in(book, waiting.request, may_check_out=False)
    except BillingUnavailable:
        raise  # nothing is decided: the webhook comes again
    except DomainError as error:
        # The catalogue or the customer changed meanwhile: paying again cannot help, so the
        # webhook is done with; the method stays, and whoever listens hears of it.
        _log.warning("checkout %s was paid but is refused: %s", event.checkout_id, error.code)
        input, id = input_of(waiting.request), runtime.ids.new_uuid()
        work.publish(creation_failed(input, error, customer=customer, id=id))
        book = await open_book(work, runtime, customer, now=now)
    await book.close()


async def _method_is(
    work: UnitOfWork, event: ProviderEvent, method: PaymentMethod | None, *, now: datetime
) -> None:
    found = await work.customers.by_billing_id(event.customer_billing_id)
    if found is None or found.deleted_at is not None:
        return
    await work.customers.lock(found.id)
    customer: Customer = (await work.customers.by_ids([found.id]))[found.id]
    if method is None and not _is_default(customer, event.payment_method):
        return
    changed = replace(customer, payment_method=method, updated_at=now)
    await work.customers.save(changed)
    work.publish(customer_event(UPDATED, changed, customer))


def _is_default(customer: Customer, detached: PaymentMethod | None) -> bool:
    """Whether what was detached is the method known here; an unnamed one is."""
    known = customer.payment_method
    return detached is None or known is None or detached.id == known.id


async def _about_subscription(
    work: UnitOfWork, runtime: Runtime, event: ProviderEvent, *, now: datetime
) -> None:
    """Invoices and ends; what belongs to nothing of ours, or to an ended one, is left."""
    if event.subscription_billing_id is None:
        await hear_of_purchase(work, runtime, event, now=now)
        return
    named = await work.subscriptions.by_billing_id(event.subscription_billing_id)
    found = _meant(named, event)
    if found is None:
        return
    customer = (await work.customers.by_ids([found.customer_id]))[found.customer_id]
    book = await open_book(work, runtime, customer, now=now)
    one = book.subscriptions.get(found.id)
    if one is None:
        return
    await _apply(book, one, event, now=now)
    await book.close()


def _meant(named: tuple[Subscription, ...], event: ProviderEvent) -> Subscription | None:
    """Which of the records of a provider's subscription: that of the invoice, else the open one.

    What ends the provider's subscription ends the one that goes on with it.
    """
    if event.invoice is not None and event.type not in _ENDINGS:
        for one in named:
            invoice = one.latest_invoice
            if invoice is not None and invoice.billing_id == event.invoice.billing_id:
                return one
    still_open = [one for one in named if one.status not in ENDED]
    return still_open[-1] if still_open else (named[-1] if named else None)


async def _apply(book: Book, one: Subscription, event: ProviderEvent, *, now: datetime) -> None:
    match event.type:
        case ProviderEventType.INVOICE_CREATED:
            assert event.invoice is not None
            await invoice_created(book, one, event.invoice)
        case ProviderEventType.INVOICE_PAID:
            assert event.invoice is not None
            await invoice_paid(book, one, event.invoice, now=now)
        case ProviderEventType.INVOICE_FAILED | ProviderEventType.INVOICE_ACTION_REQUIRED:
            assert event.invoice is not None
            invoice_lost(book, one, event.invoice, _LOST[event.type], now=now)
        case ProviderEventType.INVOICE_FINALIZED | ProviderEventType.INVOICE_VOIDED:
            assert event.invoice is not None
            invoice_changed(book, one, event.invoice, now=now)
        case _:
            await provider_ended(book, one, event.invoice, now=now)
