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
from domain.subscriptions.lifecycle import UPDATED, Told, in_scope
from domain.subscriptions.model import OPEN, Subscription
from domain.subscriptions.replacement import Decision


def moved_to_resource(
    subscription: Subscription,
    resource: ResourceId | None,
    others: Iterable[Subscription],
    *,
    product: Product,
    now: datetime,
) -> Decision:
    """The same subscription for another resource, or none; plan and cycle stay.

    Raises DuplicatedEntityNotAllowed where the scope has one of its kind.
    """
    require_open(subscription)
    if product.multiple_subscriptions:
        _require_vacant(subscription, others, product=product, resource=resource)
    moved = replace(subscription, resource_id=resource, updated_at=now)
    return _updated(moved)


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
    _require_vacant(subscription, occupants, product=product, resource=resource)
    moved = replace(
        subscription,
        customer_id=destination,
        paying_customer_id=None if payer == destination else payer,
        resource_id=resource,
        updated_at=now,
    )
    return _updated(moved)


def destination_of(subscription: Subscription, asked: Customer | None) -> CustomerId:
    """Whom it goes to: the customer asked for, else back to the payer.

    Raises InvalidArgumentError where there is no other payer, or nothing would change.
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


def _updated(subscription: Subscription) -> Decision:
    return Decision(
        subscription=subscription,
        changed=(subscription,),
        told=(Told(type=UPDATED, subscription=subscription),),
    )
