"""Transfers between resources and delegation between customers.

Source: spec, subscriptions §14.
"""

from __future__ import annotations

from app.ports import Runtime, UnitOfWork
from app.usecases.subscriptions.book import (
    Book,
    archived,
    book_of_subscription,
    close_books,
    find_subscription,
    open_book,
    open_book_of,
    require_customer,
)
from app.usecases.subscriptions.gather import resource_in
from domain.catalog.model import Product
from domain.customers.model import CustomerResource
from domain.errors import ErrorCode, NotFound
from domain.ids import CustomerId, ResourceId
from domain.subscriptions.model import Subscription
from domain.subscriptions.replacement import Decision
from domain.subscriptions.transfer import (
    delegated,
    destination_of,
    left_behind,
    moved_to_resource,
)


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
    customer_ref_id: str, *, source: str, destination: str | None, runtime: Runtime
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
    """Have another customer manage the subscription; the payer stays. None = back to the payer.

    Decided anew when somebody else delegates it between the look and the locks.
    """
    moved = None
    while moved is None:
        moved = await _delegated_once(ref_id, destination_ref_id, runtime=runtime)
    return moved


async def _delegated_once(
    ref_id: str, destination_ref_id: str | None, *, runtime: Runtime
) -> Subscription | None:
    """As `delegate`; None if the subscription went elsewhere before its customer was locked."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        found = await find_subscription(work, ref_id)
        destination_id = await _destination(work, found, destination_ref_id)
        # Both customers' locks, always in the order of their ids.
        both = await work.customers.by_ids({found.customer_id, destination_id})
        books = {id: await open_book(work, runtime, both[id], now=now) for id in sorted(both)}
        book, target = books[found.customer_id], books[destination_id]
        subscription = book.subscriptions.get(found.id)
        if subscription is None or subscription.paying_customer_id != found.paying_customer_id:
            return None
        for one in (book, target):
            if one.customer.deleted_at is not None:
                raise archived("Customer", one.customer.ref_id)
        product = await book.product(subscription.product_id)
        moved = await _handed_over(book, target, subscription, product=product)
        await close_books(*((book,) if target is book else (book, target)))
        for id in books:
            await work.snapshots.invalidate(id)
        await work.commit()
    return moved


async def _destination(
    work: UnitOfWork, subscription: Subscription, ref_id: str | None
) -> CustomerId:
    if ref_id is None:
        return destination_of(subscription, None)
    known = await work.customers.by_ref_ids([ref_id])
    return destination_of(subscription, require_customer(known, ref_id))


async def _handed_over(
    book: Book, target: Book, subscription: Subscription, *, product: Product
) -> Subscription:
    """Out of one book into the other (or the same), with what goes on in the first."""
    now = book.now
    decision = delegated(
        subscription,
        target.customer.id,
        await _resource_at(book, target, subscription),
        target.all,
        product=product,
        now=now,
    )
    if target is not book:
        book.subscriptions.pop(subscription.id)
        book.changed.pop(subscription.id, None)
        for one in left_behind(subscription, book.all, product=product, now=now):
            book.take(Decision(subscription=one, changed=(one,)), at=now)
        target.subscriptions[subscription.id] = subscription
    target.take(decision, at=now)
    return decision.subscription


async def _resource_at(book: Book, target: Book, subscription: Subscription) -> ResourceId | None:
    """The resource of the same name under the destination, made if need be."""
    if subscription.resource_id is None:
        return None
    known = await book.work.customers.resources_by_ids([subscription.resource_id])
    book.resources |= known
    made = await resource_in(target, known[subscription.resource_id].resource_id)
    return None if made is None else made.id
