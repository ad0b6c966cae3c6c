"""Operations on customers: create, update, import, archive, coupon.

Billing information is handed to the provider inside the operation and then forgotten.
Source: spec, subscriptions §2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.ports import Runtime, UnitOfWork
from domain.billing.syncs import (
    BillingCall,
    CallKind,
    SyncedEntity,
    customer_sync_failed,
    queued,
)
from domain.catalog.enums import Currency
from domain.catalog.model import Coupon
from domain.customers import changes, events
from domain.customers.changes import CustomerFields
from domain.customers.model import Customer
from domain.errors import BillingUnavailable, ErrorCode, duplicate, not_found
from domain.ids import CustomerId, as_uuid
from domain.patch import ABSENT, Maybe

REF_ID_HEX_DIGITS = 6
_GENERATED_TRIES_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomer:
    """A new customer; without `ref_id` one is generated.

    `billing_information` passes through to the provider: it is never stored, nor printed.
    """

    ref_id: str | None = None
    fields: CustomerFields = field(default_factory=CustomerFields)
    coupon_ref_id: str | None = None
    billing_information: Mapping[str, object] | None = field(default=None, repr=False)
    should_sync_free: bool = False
    exclude_from_experiment: bool = False
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCustomer:
    """A partial update; `coupon_ref_id` null or "" removes the coupon."""

    ref_id: str
    fields: CustomerFields = field(default_factory=CustomerFields)
    coupon_ref_id: Maybe[str | None] = ABSENT
    billing_information: Mapping[str, object] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCustomer:
    """An upsert; skipped when what is stored is newer than `updated_at`."""

    ref_id: str
    fields: CustomerFields = field(default_factory=CustomerFields)
    payment_method_id: str | None = None
    updated_at: datetime | None = None


async def find_customer(ref_id: str, *, runtime: Runtime) -> Customer | None:
    """The customer, None if unknown or archived."""
    found = (await runtime.readers.customers.by_ref_ids([ref_id])).get(ref_id)
    return None if found is None or found.deleted_at is not None else found


async def create_customer(command: CreateCustomer, *, runtime: Runtime) -> Customer:
    """Make a customer. Raises DuplicatedEntityNotAllowed for any ref_id ever used."""
    async with runtime.new_unit_of_work() as work:
        customer = await add_customer(work, command, runtime=runtime)
        await work.commit()
    return customer


async def add_customer(work: UnitOfWork, command: CreateCustomer, *, runtime: Runtime) -> Customer:
    """As `create_customer`, inside a unit of work: what provisioning begins with."""
    now = runtime.clock()
    ref_id = command.ref_id
    if ref_id is None:
        ref_id = await _free_ref_id(work, runtime)
    customer = changes.new_customer(
        command.fields,
        id=CustomerId(runtime.ids.new_uuid()),
        ref_id=ref_id,
        exclude_from_experiment=command.exclude_from_experiment,
        created_at=command.created_at,
        now=now,
    )
    if ref_id in await work.customers.by_ref_ids([ref_id]):
        raise duplicate("Customer", ref_id)
    if command.coupon_ref_id:
        coupon = await _coupon(work, command.coupon_ref_id)
        customer = changes.replacing_coupon(customer, coupon, now=now)
    wanted = command.billing_information is not None or command.should_sync_free
    customer = await synced(work, customer, command.billing_information, wanted=wanted)
    await work.customers.add(customer)
    work.publish(events.customer_event(events.CREATED, customer))
    return customer


async def update_customer(command: UpdateCustomer, *, runtime: Runtime) -> Customer:
    """Change what is given. Raises CustomerNotFound, EntityIsArchivedError, CouponNotFound."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        before = await locked_customer(work, command.ref_id)
        customer = changes.changed(before, command.fields, now=now)
        if command.coupon_ref_id is not ABSENT:
            coupon = await _coupon(work, command.coupon_ref_id) if command.coupon_ref_id else None
            customer = changes.replacing_coupon(customer, coupon, now=now)
        wanted = command.billing_information is not None or customer.billing_id is not None
        customer = await synced(work, customer, command.billing_information, wanted=wanted)
        await _save(work, customer, before)
        await work.commit()
    return customer


async def import_customer(command: ImportCustomer, *, runtime: Runtime) -> Customer:
    """Make or update a customer from elsewhere; an older import changes nothing.

    Raises EntityIsArchivedError.
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        customer = before = await work.customers.locked(command.ref_id)
        if customer is None:
            customer = changes.new_customer(
                CustomerFields(),
                id=CustomerId(runtime.ids.new_uuid()),
                ref_id=command.ref_id,
                now=now,
            )
        elif changes.is_outdated_import(
            changes.require_customer(customer, command.ref_id), command.updated_at
        ):
            return customer
        customer = changes.imported(
            customer, command.fields, updated_at=command.updated_at, now=now
        )
        if work.billing is not None and command.payment_method_id is not None:
            customer = await attached(work, customer, command.payment_method_id, now=now)
        if before is None:
            await work.customers.add(customer)
            work.publish(events.customer_event(events.CREATED, customer))
        else:
            await _save(work, customer, before)
        await work.commit()
    return customer


async def set_coupon(customer_id: str, coupon_id: str, *, runtime: Runtime) -> Customer:
    """Give a customer its coupon, both by UUID or refId.

    Raises CustomerNotFound, CouponNotFound and the conflicts of `changes.with_coupon`.
    """
    async with runtime.new_unit_of_work() as work:
        before = await _locked_by_any_id(work, customer_id)
        coupon = await _coupon(work, coupon_id)
        customer = changes.with_coupon(before, coupon, now=runtime.clock())
        await _save(work, customer, before)
        await work.commit()
    return customer


async def remove_coupon(customer_id: str, coupon_id: str, *, runtime: Runtime) -> Customer:
    """Take the coupon away again. Raises CustomerNotFound, CouponNotFound."""
    async with runtime.new_unit_of_work() as work:
        before = await _locked_by_any_id(work, customer_id)
        coupon = await _coupon(work, coupon_id)
        customer = changes.without_coupon(before, coupon.id, now=runtime.clock())
        await _save(work, customer, before)
        await work.commit()
    return customer


async def unarchive_customer(ref_id: str, *, runtime: Runtime) -> Customer:
    """Bring an archived customer back, without name, email and subscriptions."""
    async with runtime.new_unit_of_work() as work:
        before = await work.customers.locked(ref_id)
        if before is None:
            raise changes.unknown_customer(ref_id)
        customer = changes.unarchived(before, now=runtime.clock())
        await _save(work, customer, before)
        await work.snapshots.invalidate(customer.id)
        await work.commit()
    return customer


async def locked_customer(work: UnitOfWork, ref_id: str) -> Customer:
    """The customer under its lock. Raises CustomerNotFound, EntityIsArchivedError."""
    return changes.require_customer(await work.customers.locked(ref_id), ref_id)


async def synced(
    work: UnitOfWork,
    customer: Customer,
    information: Mapping[str, object] | None,
    *,
    wanted: bool,
) -> Customer:
    """The customer as the provider knows it now; without a provider nothing happens.

    `information` replaces all that the provider holds; its currency and payment method become
    the customer's. Where the provider does not answer, the customer is told to it later, but the
    information, which may not be kept, is lost: the error says so.
    """
    provider = work.billing
    is_behind = customer.billing_sync_error is not None
    if provider is None or not (wanted or is_behind):
        return customer
    currency = (information or {}).get("currency")
    if isinstance(currency, str):
        customer = replace(customer, billing_currency=Currency(currency))
    key = f"customer:{customer.id}:{customer.updated_at.isoformat()}"
    method_id = (information or {}).get("paymentMethodId")
    try:
        billing_id = await provider.ensure_customer(customer, information, key=key)
        known = replace(customer, billing_id=billing_id, billing_sync_error=None)
        if isinstance(method_id, str):
            known = await attached(work, known, method_id, now=customer.updated_at)
    except BillingUnavailable as error:
        return await _told_later(work, customer, _lost(error) if information else error)
    if is_behind:
        await work.backlogs.delete(customer.id)
    return known


def _lost(error: BillingUnavailable) -> BillingUnavailable:
    return BillingUnavailable(f"{error.message}; billing information is not kept: send it again")


async def _told_later(work: UnitOfWork, customer: Customer, error: BillingUnavailable) -> Customer:
    """The customer, whose present state the provider will be told once it answers."""
    assert work.billing is not None
    if customer.billing_sync_error is None:
        call = BillingCall(kind=CallKind.CUSTOMER, key="")
        backlog = queued(
            None,
            (call,),
            entity_type=SyncedEntity.CUSTOMER,
            entity_id=customer.id,
            now=customer.updated_at,
        )
        await work.backlogs.save(backlog)
        work.publish(customer_sync_failed(customer, error, vendor=work.billing.vendor))
    return replace(customer, billing_sync_error=error.message)


async def attached(
    work: UnitOfWork,
    customer: Customer,
    payment_method_id: str,
    *,
    billing_currency: Currency | None = None,
    now: datetime,
) -> Customer:
    """The customer with the provider's `payment_method_id` as its default method."""
    provider = work.billing
    assert provider is not None, "attaching needs a provider"
    key = f"customer:{customer.id}:{now.isoformat()}"
    billing_id = customer.billing_id
    if billing_id is None:
        billing_id = await provider.ensure_customer(customer, None, key=key)
    method = await provider.attach_payment_method(
        billing_id, payment_method_id, key=f"{key}:{payment_method_id}"
    )
    return changes.with_payment_method(
        customer, method, billing_id=billing_id, billing_currency=billing_currency, now=now
    )


async def _save(work: UnitOfWork, customer: Customer, before: Customer) -> None:
    await work.customers.save(customer)
    work.publish(events.customer_event(events.UPDATED, customer, before))


async def _locked_by_any_id(work: UnitOfWork, identifier: str) -> Customer:
    """By UUID, else by refId."""
    as_id = as_uuid(identifier)
    if as_id is None:
        return await locked_customer(work, identifier)
    found = (await work.customers.by_ids([CustomerId(as_id)])).get(CustomerId(as_id))
    return await locked_customer(work, identifier if found is None else found.ref_id)


async def _coupon(work: UnitOfWork, identifier: str) -> Coupon:
    coupon = await work.coupons.by_any_id(identifier)
    if coupon is None:
        raise not_found(ErrorCode.CouponNotFound, "Coupon", identifier)
    return coupon


async def _free_ref_id(work: UnitOfWork, runtime: Runtime) -> str:
    """`customer-<6 hex>`, drawn again while taken."""
    for _ in range(_GENERATED_TRIES_MAX):
        ref_id = f"customer-{runtime.ids.new_hex(REF_ID_HEX_DIGITS)}"
        if ref_id not in await work.customers.by_ref_ids([ref_id]):
            return ref_id
    raise AssertionError("no free customer id was drawn")
