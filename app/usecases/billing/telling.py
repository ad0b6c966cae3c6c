"""Telling the billing provider of a subscription; what it does not hear waits.

A provider that does not answer never undoes what the server decided: the call is kept in the
entity's backlog, in the transaction of the change, and `app.usecases.billing.retries` makes it
again. Source: spec, subscriptions §16 (a failed sync).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from app.ports import UnitOfWork
from app.usecases.subscriptions.book import Book
from domain.billing.model import BillingOrder, BillingResult, PaymentOutcome
from domain.billing.syncs import BillingCall, CallKind, waiting_result
from domain.customers.model import Customer
from domain.errors import BillingUnavailable, Conflict, ErrorCode
from domain.subscriptions.model import Subscription
from domain.subscriptions.request import BillingRequest

NOTHING_ASKED = BillingRequest()


async def tell(
    book: Book,
    one: Subscription,
    call: BillingCall,
    *,
    asked: BillingRequest = NOTHING_ASKED,
    waits: bool = True,
    at: datetime | None = None,
) -> BillingResult:
    """Make the call, or have it wait behind those of the subscription that wait already.

    `asked` holds what is passed on and never kept; `waits`: for a payment's outcome. `at` is the
    due instant of a transition, None in an operation.
    """
    failure = BillingUnavailable()
    if one.billing_sync_error is None:
        try:
            return await perform(book, one, call, asked=asked, waits=waits, at=at)
        except BillingUnavailable as error:
            failure = error
    book.wait(one, call, failure)
    return waiting_result(one, call, _taken_over(book, call))


async def perform(
    book: Book,
    one: Subscription,
    call: BillingCall,
    *,
    asked: BillingRequest = NOTHING_ASKED,
    waits: bool = True,
    at: datetime | None = None,
) -> BillingResult:
    """Make the call at the provider. Raises BillingUnavailable."""
    provider = book.work.billing
    assert provider is not None, "without a provider nobody is told"
    if call.kind is CallKind.VOID:
        return await _void(book, one, call)
    billing_id = one.billing_id or _taken_over(book, call)
    order = None
    if call.kind is CallKind.CHARGE or call.charge is not None:
        order = BillingOrder(
            payer=await billed_payer(book, one, asked),
            subscription=one,
            billing_id=billing_id,
            charge=call.charge,
            method=call.method,
            days_until_due=call.days_until_due,
            is_invoice_paid=call.is_invoice_paid,
            is_backdated=call.is_backdated,
            wait_for_payment=waits,
            is_consolidated=call.is_consolidated,
            at=at,
            metadata=asked.metadata or {},
        )
    if call.kind is CallKind.CANCEL:
        if billing_id is None:
            return BillingResult(billing_id=None, outcome=PaymentOutcome.NOTHING_DUE)
        return await provider.cancel_subscription(billing_id, order, key=call.key)
    assert order is not None
    if billing_id is None:
        return await provider.create_subscription(order, key=call.key)
    return await provider.update_subscription(order, key=call.key)


async def _void(book: Book, one: Subscription, call: BillingCall) -> BillingResult:
    """Void an invoice, unless it was paid just now: then its webhook finds nothing to do."""
    assert book.work.billing is not None
    assert call.invoice_id is not None
    invoice = None
    try:
        invoice = await book.work.billing.void_invoice(call.invoice_id, key=call.key)
    except Conflict as error:
        if error.code is not ErrorCode.BillingInvoiceStatusError:
            raise
    return BillingResult(
        billing_id=one.billing_id, outcome=PaymentOutcome.NOTHING_DUE, invoice=invoice
    )


def _taken_over(book: Book, call: BillingCall) -> str | None:
    """The provider's subscription that the call goes on with, if it is known there by now."""
    if call.taken_over is None or call.taken_over not in book.subscriptions:
        return None
    old = book.subscriptions[call.taken_over]
    return old.billing_id or old.old_billing_id


async def billed_payer(
    book: Book, subscription: Subscription, billing: BillingRequest | None
) -> Customer:
    """The payer as the provider knows it, made there if need be."""
    payer = await book.payer_of(subscription)
    information = billing.information if billing is not None else None
    known = await known_payer(book.work, payer, information, now=book.now)
    if known is payer:
        return payer
    if known.id == book.customer.id:
        book.customer = known
    else:
        book.payers[known.id] = known
    return known


async def known_payer(
    work: UnitOfWork,
    payer: Customer,
    information: Mapping[str, object] | None,
    *,
    now: datetime,
) -> Customer:
    """The payer with its id at the provider, made there if need be, or told the information."""
    assert work.billing is not None
    if payer.billing_id is not None and information is None:
        return payer
    key = f"customer:{payer.id}:{now.isoformat()}"
    billing_id = await work.billing.ensure_customer(payer, information, key=key)
    if payer.billing_id == billing_id:
        return payer
    known = replace(payer, billing_id=billing_id, updated_at=now)
    await work.customers.save(known)
    return known
