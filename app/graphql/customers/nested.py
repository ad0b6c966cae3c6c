"""The relations and derived fields of customers, through the request's loaders.

Areas know each other's types both ways, so mappings are imported where they are used.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.graphql.context import Info
from app.graphql.filtering import predicate_of
from app.graphql.paging import orders_of
from app.graphql.subscriptions.listing import DEFAULT_CUSTOMER_SUBSCRIPTION_FILTER
from domain.customers import derived
from domain.customers.model import Customer
from domain.entitlements.resolution import is_active
from domain.ids import CustomerId, ResourceId
from domain.listing import EVERYTHING, NEWEST_FIRST
from domain.subscriptions.model import Subscription
from domain.subscriptions.trials import is_eligible

if TYPE_CHECKING:
    from app.graphql.catalog.coupons.types import Coupon
    from app.graphql.customers import types
    from app.graphql.entitlements.types import CreditEntitlement, Entitlement, FeatureEntitlement
    from app.graphql.integrations.types import SyncState
    from app.graphql.subscriptions.types import CustomerSubscription


async def customer(info: Info, customer_id: CustomerId) -> "types.Customer":
    from app.graphql.customers.mapping import customer_to_graphql

    found = await info.context.loaders.customers.load(customer_id)
    assert found is not None, f"customer {customer_id} vanished"
    return customer_to_graphql(found)


async def coupon(info: Info, customer: Customer) -> "Coupon | None":
    from app.graphql.catalog.coupons.mapping import coupon_to_graphql

    if customer.coupon_id is None:
        return None
    found = await info.context.loaders.coupons.load(customer.coupon_id)
    return None if found is None else coupon_to_graphql(found)


async def sync_states(info: Info, customer: Customer) -> "list[SyncState]":
    from app.graphql.integrations.mapping import billing_sync_states

    return await billing_sync_states(
        info,
        customer.billing_id,
        customer.billing_link_url,
        error=customer.billing_sync_error,
    )


async def every_subscription(info: Info, customer: Customer) -> tuple[Subscription, ...]:
    """All that the customer ever had, oldest first."""
    return await info.context.loaders.subscriptions_of_customer.load(customer.id) or ()


async def live_subscriptions(info: Info, customer: Customer) -> tuple[Subscription, ...]:
    return derived.live(await every_subscription(info, customer))


async def statistics(info: Info, customer: Customer) -> "types.CustomerStatistics":
    from app.graphql.customers.types import CustomerStatistics, SubscriptionPricingTypeStatistics

    counts = derived.live_by_pricing_type(await every_subscription(info, customer))
    return CustomerStatistics(
        active_subscriptions_by_pricing_type=[
            SubscriptionPricingTypeStatistics(pricing_type=type_, total_count=float(count))
            for type_, count in counts.items()
        ]
    )


async def eligible_for_trial(info: Info, customer: Customer) -> "list[types.EligibleForTrial]":
    """One row a product of the environment."""
    from app.graphql.customers.types import EligibleForTrial

    history = await every_subscription(info, customer)
    scope = info.context.runtime.environment
    products = await info.context.loaders.every_product.load(scope.environment_id)
    return [
        EligibleForTrial(
            eligible=is_eligible(history, product.id),
            product_id=str(product.id),
            product_ref_id=product.ref_id,
        )
        for product in products
    ]


async def trialed_plans(info: Info, customer: Customer) -> "list[types.TrialedPlan]":
    """The plans ever trialed, oldest first."""
    from app.graphql.customers.types import TrialedPlan

    trials = derived.trialed(await every_subscription(info, customer))
    products = await info.context.loaders.products.load_many([t.product_id for t in trials])
    return [
        TrialedPlan(
            plan_id=str(trial.plan_id),
            plan_ref_id=trial.plan_ref_id,
            product_id=str(trial.product_id),
            product_ref_id=None if product is None else product.ref_id,
        )
        for trial, product in zip(trials, products, strict=True)
    ]


async def legacy_entitlements(
    info: Info, customer: Customer, subscription: Subscription | None
) -> "list[Entitlement]":
    from app.graphql.subscriptions.nested import legacy_entitlements as of_scope

    return await of_scope(
        info, customer.id, None if subscription is None else subscription.resource_id
    )


async def effective_entitlements(
    info: Info, customer: Customer, subscription: Subscription | None
) -> "list[CreditEntitlement | FeatureEntitlement]":
    from app.graphql.subscriptions.nested import effective_entitlements as of_scope

    return await of_scope(
        info, customer.id, None if subscription is None else subscription.resource_id
    )


async def subscriptions(
    info: Info,
    customer_id: CustomerId,
    resource_id: ResourceId | None,
    filter: object,
    sorting: Sequence[Any] | None,
) -> "list[CustomerSubscription]":
    """Those of a customer, or of one of its resources, that the nested list asks for."""
    from app.graphql.subscriptions.mapping import subscription_to_graphql

    # Null stands for the contract's default: the live ones.
    wanted = DEFAULT_CUSTOMER_SUBSCRIPTION_FILTER if filter is None else filter
    predicate, orders = predicate_of(wanted), orders_of(sorting)
    loaders = info.context.loaders
    if resource_id is None:
        found = await loaders.subscriptions_listed("customer", predicate, orders).load(customer_id)
    else:
        found = await loaders.subscriptions_listed("resource", predicate, orders).load(resource_id)
    return [subscription_to_graphql(subscription) for subscription in found or ()]


def subscription(source: Subscription | None) -> "CustomerSubscription | None":
    from app.graphql.subscriptions.mapping import subscription_to_graphql

    return None if source is None else subscription_to_graphql(source)


async def promotional_entitlements(
    info: Info, customer: Customer, filter: object, sorting: Sequence[Any] | None
) -> "list[types.PromotionalEntitlement]":
    """The customer's promotional grants that the nested list asks for."""
    from app.graphql.customers.promotional import promotional_to_graphql

    loader = info.context.loaders.promotional_listed(predicate_of(filter), orders_of(sorting))
    return [promotional_to_graphql(g, info) for g in await loader.load(customer.id) or ()]


async def total_active_promotional_entitlements(info: Info, customer: Customer) -> float:
    """How many promotional grants hold now; none while the customer is archived."""
    if customer.deleted_at is not None:
        return 0.0
    loader = info.context.loaders.promotional_listed(EVERYTHING, NEWEST_FIRST)
    now = info.context.runtime.clock()
    return float(sum(is_active(grant, now) for grant in await loader.load(customer.id) or ()))
