"""Subscriptions looked up. Source: spec, subscriptions §1."""

from __future__ import annotations

from collections.abc import Iterable

from app.ports import Runtime
from domain.customers.changes import unknown_customer
from domain.errors import ErrorCode, not_found
from domain.subscriptions.model import LIVE, Subscription

LIVE_RESOURCES_MAX = 100


async def get_subscription(ref_id: str, *, runtime: Runtime) -> Subscription:
    """Whatever its status. Raises SubscriptionNotFound."""
    found = (await runtime.readers.subscriptions.by_ref_ids([ref_id])).get(ref_id)
    if found is None:
        raise not_found(ErrorCode.SubscriptionNotFound, "Subscription", ref_id, refId=ref_id)
    return found


async def active_subscriptions(
    customer_ref_id: str, resource_ids: Iterable[str], *, runtime: Runtime
) -> tuple[Subscription, ...]:
    """The live ones, oldest first: of these resources, or of none when none is named.

    An unknown resource has none. Raises CustomerNotFound (unknown or archived).
    """
    readers = runtime.readers
    customer = (await readers.customers.by_ref_ids([customer_ref_id])).get(customer_ref_id)
    if customer is None or customer.deleted_at is not None:
        raise unknown_customer(customer_ref_id)
    wanted = tuple(dict.fromkeys(resource_ids))
    live = await readers.subscriptions.of_customers([customer.id], statuses=LIVE)
    if not wanted:
        return tuple(s for s in live[customer.id] if s.resource_id is None)
    resources = await readers.customers.resources(customer.id, wanted)
    ids = {resource.id for resource in resources.values()}
    return tuple(s for s in live[customer.id] if s.resource_id in ids)
