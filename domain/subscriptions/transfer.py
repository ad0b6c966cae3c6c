"""Moving a subscription to another resource, or its management to another customer.

Source: spec, subscriptions §14.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain.catalog.model import Product
from domain.customers.model import Customer
from domain.errors import duplicate, invalid_argument
from domain.ids import CustomerId, ResourceId
from domain.subscriptions.cancellation import require_open
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.lifecycle import UPDATED, Told, in_scope
from domain.subscriptions.model import LIVE, OPEN, Subscription
from domain.subscriptions.replacement import Decision
from domain.subscriptions.succession import lift_after, retaken


def moved_to_resource(
    subscription: Subscription,
    resource: ResourceId | None,
    others: Iterable[Subscription],
    *,
    product: Product,
    now: datetime,
) -> Decision:
    """The same subscription for another resource, or none; plan and cycle stay.

    Another scope has other scheduled ones: what was to end for those left behind goes on. Raises
    DuplicatedEntityNotAllowed where the scope has one of its kind.
    """
    require_open(subscription)
    moved = replace(subscription, resource_id=resource, updated_at=now)
    if not product.multiple_subscriptions or resource == subscription.resource_id:
        return _updated(moved)
    known = tuple(one for one in others if one.id != subscription.id)
    _require_vacant(subscription, known, product=product, resource=resource)
    moved = retaken(moved, known, product=product, now=now)
    rest = _rearranged(known, moved, product=product, now=now)
    return _updated(moved, rest)


def delegated(
    subscription: Subscription,
    destination: CustomerId,
    resource: ResourceId | None,
    occupants: Iterable[Subscription],
    *,
    product: Product,
    now: datetime,
) -> Decision:
    """The subscription managed by another customer; whoever paid goes on paying.

    `occupants` are the destination's subscriptions. Back at its payer it has no other payer.
    """
    require_open(subscription)
    payer = subscription.paying_customer_id or subscription.customer_id
    is_there = destination == subscription.customer_id
    occupants = () if is_there else tuple(occupants)
    _require_vacant(subscription, occupants, product=product, resource=resource)
    moved = replace(
        subscription,
        customer_id=destination,
        paying_customer_id=None if payer == destination else payer,
        resource_id=resource,
        updated_at=now,
    )
    if is_there:
        return _updated(moved)
    moved = retaken(moved, occupants, product=product, now=now)
    return _updated(moved, _rearranged(occupants, moved, product=product, now=now))


def left_behind(
    subscription: Subscription, others: Iterable[Subscription], *, product: Product, now: datetime
) -> tuple[Subscription, ...]:
    """The old customer's ones that a scheduled one was to end: delegated, it does not."""
    return lift_after(subscription, others, product=product, now=now)


def _rearranged(
    others: Iterable[Subscription], moved: Subscription, *, product: Product, now: datetime
) -> tuple[Subscription, ...]:
    """Those that end otherwise now that a scheduled one has come or gone."""
    known = (*others, moved)
    if moved.status is not SubscriptionStatus.NOT_STARTED:
        return ()
    live = (one for one in others if one.status in LIVE and one.product_id == moved.product_id)
    taken = ((one, retaken(one, known, product=product, now=now)) for one in live)
    return tuple(after for one, after in taken if after is not one)


def destination_of(subscription: Subscription, asked: Customer | None) -> CustomerId:
    """Whom it goes to: the customer asked for, else back to the payer.

    Raises InvalidArgumentError where there is no other payer.
    """
    if asked is None:
        if subscription.paying_customer_id is None:
            raise invalid_argument(
                "The subscription is not delegated: name its destination", refId=subscription.ref_id
            )
        return subscription.paying_customer_id
    return asked.id


def _require_vacant(
    subscription: Subscription,
    others: Iterable[Subscription],
    *,
    product: Product,
    resource: ResourceId | None,
) -> None:
    for one in others:
        if (
            one.id != subscription.id
            and one.status in OPEN
            and one.is_trial is subscription.is_trial
            and in_scope(one, product, resource)
        ):
            raise duplicate("Subscription", one.ref_id)


def _updated(subscription: Subscription, rest: tuple[Subscription, ...] = ()) -> Decision:
    return Decision(
        subscription=subscription,
        changed=(*rest, subscription),
        told=(Told(type=UPDATED, subscription=subscription),),
    )
