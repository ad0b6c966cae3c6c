"""A customer's beginning and end, with its subscriptions: provision, archive.

Source: spec, subscriptions §2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.ports import Runtime, UnitOfWork
from app.usecases.customers import CreateCustomer, add_customer
from app.usecases.subscriptions.book import Book, open_book
from app.usecases.subscriptions.endings import after_ending
from app.usecases.subscriptions.provision import CustomerProvision, provision_for_customer
from app.usecases.subscriptions.refusals import Refusals
from domain.customers import changes, events
from domain.customers.model import Customer
from domain.ids import CustomerId
from domain.patch import ABSENT, Absent
from domain.subscriptions.enums import SubscriptionCancelReason
from domain.subscriptions.lifecycle import CANCELED, Told, canceled
from domain.subscriptions.model import OPEN, Subscription
from domain.subscriptions.replacement import Decision
from domain.subscriptions.request import ProvisionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionCustomer:
    """A new customer and its first subscription.

    `subscription` None = none is wanted; ABSENT = the default product's journey decides. Its
    `customer_ref_id` is set here, since the customer's may be generated.
    """

    customer: CreateCustomer
    subscription: ProvisionRequest | Absent | None = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedCustomer:
    """The customer that was made, and how its first subscription was decided."""

    customer: Customer
    provision: CustomerProvision


async def provision_customer(
    command: ProvisionCustomer, *, runtime: Runtime
) -> ProvisionedCustomer:
    """Make a customer and its subscription in one transaction, or neither.

    Raises DuplicatedEntityNotAllowed, PaymentMethodNotFoundError and what provisioning raises.
    """
    async with Refusals(runtime) as refusals, runtime.new_unit_of_work() as work:
        customer = await add_customer(work, command.customer, runtime=runtime)
        request = command.subscription
        if isinstance(request, ProvisionRequest):
            request = replace(request, customer_ref_id=customer.ref_id)
            refusals.making(request)
        provision = await provision_for_customer(work, runtime, customer, request)
        customer = (await work.customers.by_ids([customer.id]))[customer.id]
        await work.commit()
    return ProvisionedCustomer(customer=customer, provision=provision)


async def archive_customer(ref_id: str, *, runtime: Runtime) -> Customer:
    """Take a customer out of use: what it has or pays for ends now, its name is forgotten.

    Raises CustomerNotFound, EntityIsArchivedError.
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        found = await work.customers.by_ref_ids([ref_id])
        customer = changes.require_customer(found.get(ref_id), ref_id)
        for book in await _books(work, customer, runtime=runtime, now=now):
            await _end_all(book, customer.id, at=now)
            await book.close()
        current = (await work.customers.by_ids([customer.id]))[customer.id]
        current = changes.require_customer(current, ref_id)
        archived = changes.archived(current, now=now)
        await work.customers.save(archived)
        # What is to be forgotten is not written down once more.
        nameless = replace(current, name=None, email=None)
        work.publish(events.customer_event(events.DELETED, archived, nameless))
        await work.snapshots.invalidate(customer.id)
        await work.commit()
    return archived


async def _books(
    work: UnitOfWork, customer: Customer, *, runtime: Runtime, now: datetime
) -> list[Book]:
    """The books of the customer and of those it pays for, locked in the order of their ids.

    One order for all keeps two such operations from waiting for each other.
    """
    paid = (await work.subscriptions.paid_by([customer.id], statuses=OPEN))[customer.id]
    others = await work.customers.by_ids(
        {one.customer_id for one in paid if one.customer_id != customer.id}
    )
    owners = sorted({customer.id: customer, **others}.values(), key=lambda owner: owner.id)
    return [await open_book(work, runtime, owner, now=now) for owner in owners]


async def _end_all(book: Book, customer_id: CustomerId, *, at: datetime) -> None:
    """Cancel what is open and the customer's own or paid by it; no credit.

    All of it first: what follows an end then finds nothing more of it to end.
    """
    open_ones = [
        one
        for one in book.all
        if one.status in OPEN and customer_id in {one.customer_id, one.paying_customer_id}
    ]
    reason = SubscriptionCancelReason.CustomerArchived
    for one in open_ones:
        book.take(_ending(canceled(one, reason, at=at, now=at)), at=at)
    for one in open_ones:
        await after_ending(book, one, at=at)


def _ending(ended: Subscription) -> Decision:
    told = (Told(type=CANCELED, subscription=ended),)
    return Decision(subscription=ended, changed=(ended,), told=told)
