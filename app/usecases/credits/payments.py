"""Collecting what credit grants cost, through the environment's billing provider.

Who charges for a grant, or gives up a pending one, holds its customer's lock from before it asks
the provider; the wallet's is taken afterwards, so nobody who burns waits for a provider. Source:
spec, entitlements §9.3, §9.11; subscriptions §16.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from app.ports import Runtime, UnitOfWork
from app.usecases.billing.telling import known_payer
from app.usecases.credits.recharging import recharge_answered
from app.usecases.credits.wallets import close_wallets, open_grant
from domain.billing.model import BillingResult, ProviderEvent, ProviderEventType, PurchaseOrder
from domain.billing.syncs import SyncedEntity, queued, tried_in_vain
from domain.credits.model import CreditGrant, CreditGrantId
from domain.credits.payments import collected, invoice_changed, is_lost, purchase_of
from domain.credits.recharge import has_failed
from domain.credits.wallet import payment_changed, voided
from domain.customers.model import Customer
from domain.errors import BillingUnavailable, Conflict, DomainError, ErrorCode
from domain.subscriptions.amounts import Discount, discount_of
from domain.subscriptions.enums import PaymentCollection, PaymentCollectionMethod
from domain.subscriptions.model import Invoice

_LOST = {
    ProviderEventType.INVOICE_FAILED: PaymentCollection.FAILED,
    ProviderEventType.INVOICE_ACTION_REQUIRED: PaymentCollection.ACTION_REQUIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """How a grant's cost is collected; the information is passed on and never kept."""

    method: PaymentCollectionMethod = PaymentCollectionMethod.CHARGE
    information: Mapping[str, object] | None = field(default=None, repr=False)
    days_until_due: int | None = None
    is_invoice_paid: bool = False
    waits: bool = True


CHARGED = Collecting()
Change = Callable[[CreditGrant], CreditGrant]


async def charge(
    work: UnitOfWork,
    customer: Customer,
    grant: CreditGrant,
    how: Collecting = CHARGED,
    *,
    now: datetime,
) -> BillingResult:
    """Have the provider invoice the grant to its customer, who is locked.

    Raises BillingUnavailable, and CustomerHasNoEmailAddress for an invoice that cannot be sent.
    """
    assert work.billing is not None
    if how.method is PaymentCollectionMethod.INVOICE and customer.email is None:
        raise Conflict(
            ErrorCode.CustomerHasNoEmailAddress,
            f"Customer {customer.ref_id} has no e-mail address to send invoices to",
            refId=customer.ref_id,
        )
    order = PurchaseOrder(
        payer=await known_payer(work, customer, how.information, now=now),
        charge=purchase_of(grant, await customers_discount(work, customer)),
        method=how.method,
        at=now,
        days_until_due=how.days_until_due,
        is_invoice_paid=how.is_invoice_paid,
        wait_for_payment=how.waits,
    )
    return await work.billing.charge_once(order, key=f"grant:{grant.id}")


async def customers_discount(work: UnitOfWork, customer: Customer) -> Discount | None:
    """What the customer's own coupon takes off a purchase."""
    if customer.coupon_id is None:
        return None
    found = await work.coupons.by_ids([customer.coupon_id])
    return discount_of(found.get(customer.coupon_id))


# --- giving up ------------------------------------------------------------------------------


def owes(grant: CreditGrant) -> bool:
    """Whether an invoice could still be paid for a grant that is not in its wallet."""
    return grant.is_payment_pending and grant.invoice_id is not None


async def void_invoice(work: UnitOfWork, grant: CreditGrant, *, now: datetime) -> Invoice | None:
    """Void the invoice of a grant that is given up; None: the provider is told later.

    Raises BillingInvoiceStatusError for one that was paid just now: its webhook is on the way.
    """
    if work.billing is None or grant.invoice_id is None:
        return None
    try:
        return await work.billing.void_invoice(grant.invoice_id, key=grant.invoice_id)
    except BillingUnavailable:
        kind = SyncedEntity.CREDIT_GRANT
        await work.backlogs.save(queued(None, (), entity_type=kind, entity_id=grant.id, now=now))
        return None


# --- hearing and telling again --------------------------------------------------------------


async def hear_of_purchase(
    work: UnitOfWork, runtime: Runtime, event: ProviderEvent, *, now: datetime
) -> None:
    """What the provider tells of an invoice without a subscription, if it is a grant's."""
    invoice = event.invoice
    if invoice is None:
        return
    found = await work.credits.grant_of_invoice(invoice.billing_id)
    if found is None:
        return
    await _lock_customer(work, found)
    collection = _LOST.get(event.type)
    if _fails(found, collection):
        invoice = await _abandoned(work, found, invoice, now=now)
    change = partial(invoice_changed, invoice=invoice, collection=collection, now=now)
    await _take(work, runtime, found.id, change, now=now)


async def tell_of_grant(
    work: UnitOfWork, runtime: Runtime, id: CreditGrantId, *, at: datetime
) -> None:
    """Tell the provider what it has not heard of a grant: its charge, or that it is given up."""
    found = (await work.credits.grants_by_ids([id])).get(id)
    if found is None:
        await work.backlogs.delete(id)
        return
    customer = await _lock_customer(work, found)
    backlog = (await work.backlogs.of([id])).get(id)
    if backlog is None or backlog.next_attempt_at > at:
        return  # somebody else told it
    found = (await work.credits.grants_by_ids([id]))[id]
    await work.backlogs.delete(id)
    try:
        change = await _told(work, customer, found, at=at)
    except DomainError:
        await work.backlogs.save(tried_in_vain(backlog, (), now=at))
        return
    await _take(work, runtime, id, change, now=at)


async def _told(
    work: UnitOfWork, customer: Customer, grant: CreditGrant, *, at: datetime
) -> Change:
    """Tell of the grant as it is; what the answer makes of it."""
    assert work.billing is not None, "without a provider nobody is told"
    if grant.voided_at is None:
        if not grant.is_payment_pending or grant.invoice_id is not None:
            return _nothing
        result = await charge(work, customer, grant, now=at)
        answered = collected(grant, result, now=at)
        if has_failed(answered) and answered.latest_invoice is not None:
            invoice = await _abandoned(work, answered, answered.latest_invoice, now=at)
            result = replace(result, invoice=invoice)
        return partial(collected, result=result, now=at)
    if grant.invoice_id is None:
        return _nothing
    try:
        invoice = await work.billing.void_invoice(grant.invoice_id, key=grant.invoice_id)
    except Conflict:
        return _nothing  # it was paid before
    return partial(invoice_changed, invoice=invoice, collection=None, now=at)


def _fails(grant: CreditGrant, collection: PaymentCollection | None) -> bool:
    """Whether a recharge that was still awaited turns out not to be paid."""
    awaited = grant.is_payment_pending and grant.voided_at is None
    return (
        awaited
        and collection is not None
        and has_failed(replace(grant, payment_collection=collection))
    )


async def _abandoned(
    work: UnitOfWork, grant: CreditGrant, invoice: Invoice, *, now: datetime
) -> Invoice:
    """The invoice of a recharge that failed, void: nobody is to pay for it later."""
    try:
        return await void_invoice(work, grant, now=now) or invoice
    except Conflict:
        return invoice  # paid just now: its webhook is on the way


def _nothing(grant: CreditGrant) -> CreditGrant:
    return grant


async def _lock_customer(work: UnitOfWork, grant: CreditGrant) -> Customer:
    customer = await work.customers.lock(grant.customer_id)
    assert customer is not None, "customers are never deleted"
    return customer


async def _take(
    work: UnitOfWork, runtime: Runtime, id: CreditGrantId, change: Change, *, now: datetime
) -> None:
    """Make the change that its payment means for a grant; without an invoice to pay it ends."""
    wallet, grant = await open_grant(work, str(id), now=now)
    after = change(grant)
    if after == grant:
        return
    wallet = payment_changed(wallet, grant, after, now)
    if after.recharge_id is not None:
        await recharge_answered(work, grant, after, now=now)
    is_over = is_lost(after) or has_failed(after)
    if after.is_payment_pending and after.voided_at is None and is_over:
        wallet = voided(wallet, after, now)
    await close_wallets(work, [wallet], runtime=runtime, now=now)
