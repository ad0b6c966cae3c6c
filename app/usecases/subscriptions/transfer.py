"""Transfers between resources and delegation between customers.

Source: spec, subscriptions §14.
"""

from __future__ import annotations

from app.ports import Runtime, UnitOfWork
from app.usecases.subscriptions.book import (
    Book,
    book_of_subscription,
    find_subscription,
    open_book,
    open_book_of,
    require_customer,
)
from app.usecases.subscriptions.gather import resource_in
from domain.customers.model import CustomerResource
from domain.errors import ErrorCode, NotFound
from domain.ids import ResourceId
from domain.subscriptions.model import Subscription
from domain.subscriptions.transfer import delegated, destination_of, moved_to_resource


async def transfer_to_resource(
    ref_id: str, resource_id: str | None, *, runtime: Runtime
) -> Subscription:
    """Move one subscription to the customer's resource, or to none."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, subscription = await book_of_subscription(work, runtime, ref_id, now=now)
        moved = await _move(book, subscription, await resource_in(book, resource_id))
        await book.close()
        await work.commit()
    return moved


async def transfer_all(
    customer_ref_id: str, *, source: str, destination: str, runtime: Runtime
) -> Subscription:
    """Move all live subscriptions of one resource to another; returns the first.

    Raises NoActiveSubscriptionForCustomer.
    """
    async with runtime.new_unit_of_work() as work:
        book = await open_book_of(work, runtime, customer_ref_id)
        origin = await work.customers.resource(book.customer.id, source)
        live = [one for one in book.all if origin and one.resource_id == origin.id and one.is_live]
        if not live:
            raise NotFound(
                ErrorCode.NoActiveSubscriptionForCustomer,
                f"Customer {customer_ref_id} has no active subscription for {source}",
                customerRefId=customer_ref_id,
            )
        resource = await resource_in(book, destination)
        moved = [await _move(book, one, resource) for one in live]
        await book.close()
        await work.commit()
    return moved[0]


async def _move(
    book: Book, subscription: Subscription, resource: CustomerResource | None
) -> Subscription:
    product = await book.product(subscription.product_id)
    decision = moved_to_resource(
        subscription,
        None if resource is None else resource.id,
        book.all,
        product=product,
        now=book.now,
    )
    book.take(decision, at=book.now)
    return decision.subscription


async def delegate(
    ref_id: str, destination_ref_id: str | None, *, runtime: Runtime
) -> Subscription:
    """Have another customer manage the subscription; the payer stays. None = back to the payer."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        found = await find_subscription(work, ref_id)
        destination_id = destination_of(found, None) if destination_ref_id is None else None
        if destination_ref_id is not None:
            known = await work.customers.by_ref_ids([destination_ref_id])
            asked = require_customer(known, destination_ref_id)
            destination_id = destination_of(found, asked)
        assert destination_id is not None
        # Both customers' locks, always in the order of their ids.
        for customer_id in sorted({found.customer_id, destination_id}):
            await work.customers.lock(customer_id)
        customers = await work.customers.by_ids([found.customer_id, destination_id])
        book = await open_book(work, runtime, customers[found.customer_id], now=now, is_locked=True)
        target = await open_book(work, runtime, customers[destination_id], now=now, is_locked=True)
        subscription = book.subscriptions.get(found.id, found)
        decision = delegated(
            subscription,
            destination_id,
            await _resource_at(work, book, target, subscription),
            target.all,
            product=await book.product(subscription.product_id),
            now=now,
        )
        book.take(decision, at=now)
        await book.close()
        target.changed.pop(found.id, None)
        await target.close()
        await work.snapshots.invalidate(destination_id)
        await work.commit()
    return decision.subscription


async def _resource_at(
    work: UnitOfWork, book: Book, target: Book, subscription: Subscription
) -> ResourceId | None:
    """The resource of the same name under the destination, made if need be."""
    if subscription.resource_id is None:
        return None
    known = await work.customers.resources_by_ids([subscription.resource_id])
    book.resources |= known
    made = await resource_in(target, known[subscription.resource_id].resource_id)
    return None if made is None else made.id
