"""The relations of subscriptions, through the request's loaders.

Areas know each other's types both ways, so another area's mapping is imported where it is used.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from app.graphql.context import Info
from app.graphql.filtering import predicate_of
from app.graphql.paging import orders_of
from app.graphql.resolvers import environment, environment_id_text
from app.graphql.subscriptions import parts_mapping
from app.graphql.subscriptions.listing import (
    ANY_SUBSCRIPTION_ADDON,
    ANY_SUBSCRIPTION_ENTITLEMENT,
    DEFAULT_SUBSCRIPTION_PRICE_FILTER,
    NEWEST_SUBSCRIPTION_ADDON,
    NEWEST_SUBSCRIPTION_ENTITLEMENT,
    NEWEST_SUBSCRIPTION_PRICE,
)
from app.graphql.subscriptions.types.parts import (
    CustomerSubscriptionTotalPrice,
    SubscriptionAddon,
    SubscriptionEntitlement,
    SubscriptionPrice,
)
from domain.catalog.enums import BillingModel, PricingType
from domain.catalog.model import Package, ResetRule
from domain.catalog.pricing.charge import price_sort_key
from domain.entitlements.model import Scope, ScopeAnswers
from domain.ids import CurrencyId, CustomerId, FeatureId, PackageId, ResourceId
from domain.subscriptions import model
from domain.subscriptions.enums import SubscriptionScheduleStatus
from domain.subscriptions.facts import ContentFacts
from domain.subscriptions.migration import outdated_packages
from domain.subscriptions.model import Subscription

if TYPE_CHECKING:
    from app.graphql.accounts.types import Environment
    from app.graphql.catalog.addons.types import Addon
    from app.graphql.catalog.currencies.types import CustomCurrency
    from app.graphql.catalog.entitlements.types import ResetPeriodConfiguration
    from app.graphql.catalog.features.types import Feature, Meter
    from app.graphql.catalog.packages.types import PackageDTO
    from app.graphql.catalog.plans.types import Plan
    from app.graphql.catalog.prices.types import CreditRate, Price
    from app.graphql.customers.types import Customer, CustomerResource
    from app.graphql.entitlements.types import CreditEntitlement, Entitlement, FeatureEntitlement
    from app.graphql.integrations.types import SyncState
    from app.graphql.subscriptions.schedules.types import (
        SubscriptionFutureUpdate,
        SubscriptionScheduledUpdate,
    )
    from app.graphql.subscriptions.types import CustomerSubscription

P = TypeVar("P", SubscriptionAddon, SubscriptionPrice, SubscriptionEntitlement)


async def customer(info: Info, customer_id: CustomerId) -> "Customer":
    from app.graphql.customers.mapping import customer_to_graphql

    found = await info.context.loaders.customers.load(customer_id)
    assert found is not None, f"customer {customer_id} vanished"
    return customer_to_graphql(found)


async def total_price(
    info: Info, subscription: Subscription
) -> CustomerSubscriptionTotalPrice | None:
    """The price of a whole period, after the coupon in force."""
    coupon = None
    if subscription.coupon is None and subscription.pricing_type is PricingType.PAID:
        owner = await info.context.loaders.customers.load(subscription.customer_id)
        if owner is not None and owner.coupon_id is not None:
            coupon = await info.context.loaders.coupons.load(owner.coupon_id)
    return parts_mapping.total_price_to_graphql(subscription, coupon)


async def resource(info: Info, resource_id: ResourceId | None) -> "CustomerResource | None":
    from app.graphql.customers.mapping import resource_to_graphql

    if resource_id is None:
        return None
    found = await info.context.loaders.resources.load(resource_id)
    assert found is not None, f"resource {resource_id} vanished"
    return resource_to_graphql(found)


async def plan(info: Info, plan_id: PackageId) -> "Plan":
    """The version that was sold."""
    from app.graphql.catalog.plans.mapping import plan_to_graphql

    return plan_to_graphql(await _package(info, plan_id))


async def addon(info: Info, addon_id: PackageId) -> "Addon":
    """The version that was sold."""
    from app.graphql.catalog.addons.mapping import addon_to_graphql

    return addon_to_graphql(await _package(info, addon_id))


async def package(info: Info, package_id: PackageId | None) -> "PackageDTO | None":
    from app.graphql.catalog.packages.mapping import package_dto_to_graphql

    if package_id is None:
        return None
    return package_dto_to_graphql(await _package(info, package_id))


async def _package(info: Info, package_id: PackageId) -> Package:
    found = await info.context.loaders.packages.load(package_id)
    assert found is not None, f"package {package_id} vanished"
    return found


async def custom_currency(info: Info, currency_id: CurrencyId | None) -> "CustomCurrency":
    from app.graphql.catalog.currencies.mapping import currency_to_graphql

    assert currency_id is not None
    found = await info.context.loaders.currencies.load(currency_id)
    assert found is not None, f"currency {currency_id} vanished"
    return currency_to_graphql(found)


def price(sold: model.SubscriptionPrice) -> "Price":
    """The price as it was sold."""
    from app.graphql.catalog.prices.mapping import price_to_graphql

    return price_to_graphql(sold.price)


def first_price_of(subscription: Subscription, addon_ref_id: str) -> "Price | None":
    """An add-on's first charge, in model order (spec, subscriptions §10)."""
    sold = [one for one in subscription.prices if one.addon_ref_id == addon_ref_id]
    return price(min(sold, key=lambda one: price_sort_key(one.price))) if sold else None


def credit_rate(sold: model.SubscriptionPrice) -> "CreditRate | None":
    from app.graphql.catalog.prices.mapping import credit_rate_to_graphql

    return credit_rate_to_graphql(sold.price.credit_rate)


async def outdated_price_packages(info: Info, subscription: Subscription) -> list[str]:
    """Slugs of packages whose sold prices differ from their latest version's."""
    loaders = info.context.loaders
    latest = await loaders.published_plans.load(subscription.plan_ref_id)
    if latest is None:
        return []
    names = [one.addon_ref_id for one in subscription.addons]
    found = await loaders.published_addons.load_many(names)
    addons = {one.ref_id: one for one in found if one is not None}
    return list(outdated_packages(subscription, ContentFacts(plan=latest, addons=addons)))


async def required_environment(info: Info) -> "Environment":
    found = await environment(info)
    assert found is not None, "a request is bound to an environment"
    return found


async def feature(info: Info, feature_id: FeatureId | None) -> "Feature":
    from app.graphql.catalog.features.mapping import feature_to_graphql

    assert feature_id is not None
    found = await info.context.loaders.features.load(feature_id)
    assert found is not None, f"feature {feature_id} vanished"
    return feature_to_graphql(found)


async def meter(info: Info, feature_id: FeatureId | None) -> "Meter | None":
    from app.graphql.catalog.features.mapping import meter_to_graphql

    assert feature_id is not None
    found = await info.context.loaders.features.load(feature_id)
    if found is None or found.meter is None:
        return None
    return meter_to_graphql(found.meter, environment_id=environment_id_text(info))


def reset_configuration(rule: ResetRule | None) -> "ResetPeriodConfiguration | None":
    from app.graphql.catalog.entitlements.mapping import reset_configuration_to_graphql

    return reset_configuration_to_graphql(rule)


def whole(subscription: Subscription) -> "CustomerSubscription":
    """The way back from a part to its subscription."""
    from app.graphql.subscriptions.mapping import subscription_to_graphql

    return subscription_to_graphql(subscription)


async def entitlement_answers(
    info: Info, customer_id: CustomerId, resource_id: ResourceId | None
) -> ScopeAnswers:
    """What the customer, with the resource, may do now (spec, subscriptions §3)."""
    loaders = info.context.loaders
    owner = await loaders.customers.load(customer_id)
    assert owner is not None, f"customer {customer_id} vanished"
    named = None if resource_id is None else await loaders.resources.load(resource_id)
    scope = Scope(
        customer_ref_id=owner.ref_id, resource_id=None if named is None else named.resource_id
    )
    return await loaders.entitlements.load(scope)


async def legacy_entitlements(
    info: Info, customer_id: CustomerId, resource_id: ResourceId | None
) -> "list[Entitlement]":
    from app.graphql.entitlements.mapping import entitlement_to_graphql

    found = await entitlement_answers(info, customer_id, resource_id)
    return [entitlement_to_graphql(answer, found.view.scope) for answer in found.features]


async def effective_entitlements(
    info: Info, customer_id: CustomerId, resource_id: ResourceId | None
) -> "list[CreditEntitlement | FeatureEntitlement]":
    """Features, then credits."""
    from app.graphql.entitlements.mapping import answers_to_graphql

    return answers_to_graphql(await entitlement_answers(info, customer_id, resource_id))


async def sync_states(info: Info, subscription: Subscription) -> "list[SyncState]":
    from app.graphql.integrations.mapping import billing_sync_states

    return await billing_sync_states(
        info,
        subscription.billing_id,
        subscription.billing_link_url,
        error=subscription.billing_sync_error,
    )


async def scheduled_updates(
    info: Info, subscription: Subscription
) -> "list[SubscriptionScheduledUpdate]":
    """Those still Scheduled."""
    del info
    from app.graphql.subscriptions.schedules.mapping import scheduled_update_to_graphql

    return [
        scheduled_update_to_graphql(update)
        for update in subscription.scheduled_updates
        if update.status is SubscriptionScheduleStatus.Scheduled
    ]


async def future_updates(
    info: Info, subscription: Subscription
) -> "list[SubscriptionFutureUpdate]":
    """Those Scheduled and those waiting for their payment."""
    del info
    from app.graphql.subscriptions.schedules.mapping import future_update_to_graphql

    ahead = {SubscriptionScheduleStatus.Scheduled, SubscriptionScheduleStatus.PendingPayment}
    return [
        future_update_to_graphql(update)
        for update in subscription.scheduled_updates
        if update.status in ahead
    ]


async def addons(
    info: Info, subscription: Subscription, filter: object, sorting: Sequence[Any] | None
) -> list[SubscriptionAddon]:
    every = parts_mapping.addons_to_graphql(subscription)
    if filter in (None, ANY_SUBSCRIPTION_ADDON) and sorting in (None, NEWEST_SUBSCRIPTION_ADDON):
        return every
    return await _selected(info, "addons", subscription, every, filter, sorting)


async def prices(
    info: Info, subscription: Subscription, filter: object, sorting: Sequence[Any] | None
) -> list[SubscriptionPrice]:
    every = parts_mapping.prices_to_graphql(subscription)
    if filter in (None, DEFAULT_SUBSCRIPTION_PRICE_FILTER) and sorting in (
        None,
        NEWEST_SUBSCRIPTION_PRICE,
    ):
        return [price for price in every if price.billing_model is not BillingModel.MINIMUM_SPEND]
    return await _selected(info, "prices", subscription, every, filter, sorting)


async def entitlements(
    info: Info, subscription: Subscription, filter: object, sorting: Sequence[Any] | None
) -> list[SubscriptionEntitlement]:
    every = parts_mapping.legacy_entitlements_to_graphql(subscription)
    if filter in (None, ANY_SUBSCRIPTION_ENTITLEMENT) and sorting in (
        None,
        NEWEST_SUBSCRIPTION_ENTITLEMENT,
    ):
        return every
    return await _selected(info, "entitlements", subscription, every, filter, sorting)


async def _selected(
    info: Info,
    part: Literal["addons", "prices", "entitlements"],
    subscription: Subscription,
    every: list[P],
    filter: object,
    sorting: Sequence[Any] | None,
) -> list[P]:
    """Those of `every` that the filter matches, in the order asked for; the database decides."""
    loader = info.context.loaders.part_ids(part, predicate_of(filter), orders_of(sorting))
    by_id = {one.id: one for one in every}
    return [by_id[id_] for id_ in await loader.load(subscription.id) or () if id_ in by_id]
