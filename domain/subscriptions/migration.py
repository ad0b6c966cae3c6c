"""Binding a subscription to other versions of its plan and add-ons.

Starting, migrating and executing deferred changes bind the latest versions. Source: spec,
subscriptions §6, §7, §14.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from domain.catalog.enums import BillingModel, BillingPeriod, PricingType
from domain.catalog.model import Package, PackageGroup, Price
from domain.catalog.pricing.charge import localized, priced_periods
from domain.errors import Conflict, ErrorCode, invalid_argument
from domain.subscriptions.addons import compatible_ref_ids
from domain.subscriptions.content import Selection, rows_to_sell, selection_of, sell, with_content
from domain.subscriptions.enums import SubscriptionScheduleStatus
from domain.subscriptions.facts import ContentFacts
from domain.subscriptions.model import (
    ScheduledUpdate,
    Subscription,
    SubscriptionPrice,
)
from domain.subscriptions.overrides import Seller
from domain.subscriptions.pricing import (
    UNIT_QUANTITY_MAX,
    ChargeKey,
    PriceRows,
    charge_key,
    sold_prices,
)
from domain.subscriptions.request import ContentRequest


def rebound(subscription: Subscription, facts: ContentFacts, *, seller: Seller) -> Subscription:
    """The subscription on `facts.plan` and its add-ons' versions, at their prices.

    Quantities stay, clamped to min..max; new per-unit charges take the minimum; overrides and
    per-subscription entitlements survive.
    """
    chosen = selection_of(subscription)
    chosen = replace(
        chosen,
        addons={r: q for r, q in chosen.addons.items() if r in facts.addons},
        billing_period=_period(chosen, facts.plan),
    )
    rows = rows_to_sell(chosen, facts, held=None)
    chosen = replace(chosen, quantities=_clamped(rows, chosen.quantities))
    content = sell(chosen, facts, ContentRequest(), seller=seller, held=None)
    prices = tuple(_overridden(sold, subscription.prices) for sold in content.prices)
    spend = subscription.minimum_spend
    content = replace(
        content,
        prices=prices,
        entitlements=subscription.entitlements,
        minimum_spend=spend if spend is not None and spend.is_override else content.minimum_spend,
    )
    pricing_type = facts.plan.pricing_type
    assert pricing_type is not None
    return replace(
        with_content(subscription, content),
        plan_id=facts.plan.id,
        pricing_type=pricing_type,
        updated_at=seller.now,
    )


def _period(chosen: Selection, plan: Package) -> BillingPeriod | None:
    if plan.pricing_type is not PricingType.PAID:
        return chosen.billing_period
    priced = priced_periods(localized(plan.charges, chosen.billing_country_code))
    if chosen.billing_period in priced or not priced:
        return chosen.billing_period
    return priced[0]


def _clamped(rows: PriceRows, held: Mapping[ChargeKey, Decimal]) -> dict[ChargeKey, Decimal]:
    quantities: dict[ChargeKey, Decimal] = {}
    for _, price in rows:
        key = charge_key(price)
        if price.billing_model is not BillingModel.PER_UNIT or key is None:
            continue
        least = Decimal(price.min_unit_quantity or 1)
        most = Decimal(price.max_unit_quantity or UNIT_QUANTITY_MAX)
        quantities[key] = min(max(held.get(key, least), least), most)
    return quantities


def _overridden(
    sold: SubscriptionPrice, old_prices: Iterable[SubscriptionPrice]
) -> SubscriptionPrice:
    for old in old_prices:
        if not old.price.is_override or _place(old) != _place(sold):
            continue
        if old.price.currency is sold.price.currency:
            return replace(sold, price=replace(old.price, billing_period=sold.price.billing_period))
    return sold


def _place(sold: SubscriptionPrice) -> tuple[object, ...]:
    price = sold.price
    return sold.addon_ref_id, price.billing_model, charge_key(price), price.is_overage


def require_migratable(subscription: Subscription, facts: ContentFacts) -> None:
    """Raise unless the latest versions differ and can take the subscription.

    SubscriptionAlreadyOnLatestPlanError, ScheduledMigrationAlreadyExistsError,
    InvalidArgumentError for FREE to PAID/CUSTOM or CUSTOM to PAID, IncompatibleSubscriptionAddon.
    """
    if scheduled_migration(subscription) is not None:
        raise Conflict(
            ErrorCode.ScheduledMigrationAlreadyExistsError,
            f"Subscription {subscription.ref_id} is already to be migrated",
            refId=subscription.ref_id,
        )
    latest = {facts.plan.id, *(addon.id for addon in facts.addons.values())}
    current = {subscription.plan_id, *(addon.addon_id for addon in subscription.addons)}
    if current <= latest and not outdated_packages(subscription, facts):
        raise Conflict(
            ErrorCode.SubscriptionAlreadyOnLatestPlanError,
            f"Subscription {subscription.ref_id} is on the latest versions",
            refId=subscription.ref_id,
        )
    before, after = subscription.pricing_type, facts.plan.pricing_type
    bought = {PricingType.PAID, PricingType.CUSTOM}
    if (before is PricingType.FREE and after in bought) or (
        before is PricingType.CUSTOM and after is PricingType.PAID
    ):
        raise invalid_argument(
            f"A {before} subscription does not migrate to a {after} plan: provision it"
        )
    _require_compatible(subscription, facts, facts.groups)


def _require_compatible(
    subscription: Subscription, facts: ContentFacts, groups: Mapping[str, PackageGroup]
) -> None:
    allowed = compatible_ref_ids(facts.plan, groups=groups)
    refused = sorted(
        addon.addon_ref_id for addon in subscription.addons if addon.addon_ref_id not in allowed
    )
    if refused:
        raise Conflict(
            ErrorCode.IncompatibleSubscriptionAddon,
            f"Add-ons {', '.join(refused)} are not compatible with {facts.plan.display_name}",
            planDisplayName=facts.plan.display_name,
            nonCompatibleAddons=refused,
        )


def scheduled_migration(subscription: Subscription) -> ScheduledUpdate | None:
    """The migration that waits for the period's end, if one does."""
    for update in subscription.scheduled_updates:
        if update.status is SubscriptionScheduleStatus.Scheduled and (
            update.change is not None and update.change.migrates
        ):
            return update
    return None


def outdated_packages(subscription: Subscription, latest: ContentFacts) -> tuple[str, ...]:
    """Slugs of the packages whose sold prices differ from their latest version's.

    Overrides aside. `latest` holds the latest published plan and add-ons.
    """
    addons = {
        addon.addon_ref_id: latest.addons[addon.addon_ref_id]
        for addon in subscription.addons
        if addon.addon_ref_id in latest.addons
    }
    now_sold = sold_prices(
        latest.plan,
        {},
        period=subscription.billing_period,
        country=subscription.billing_country_code,
    )
    outdated = []
    if _differ(subscription, None, [price for _, price in now_sold]):
        outdated.append(subscription.plan_ref_id)
    for ref_id, addon in sorted(addons.items()):
        rows = [
            price
            for price in localized(addon.prices, subscription.billing_country_code)
            if price.billing_period is subscription.billing_period
        ]
        if _differ(subscription, ref_id, rows):
            outdated.append(ref_id)
    return tuple(outdated)


def _differ(subscription: Subscription, addon_ref_id: str | None, latest: list[Price]) -> bool:
    sold = [one for one in subscription.prices if one.addon_ref_id == addon_ref_id]
    overridden = {_place(one) for one in sold if one.price.is_override}
    before = {_place(one): _terms(one.price) for one in sold if not one.price.is_override}
    after = {}
    for price in latest:
        place = (addon_ref_id, price.billing_model, charge_key(price), price.is_overage)
        if place not in overridden:
            after[place] = _terms(price)
    return before != after


def _terms(price: Price) -> tuple[object, ...]:
    return (
        price.amount,
        price.tiers,
        price.tiers_mode,
        price.block_size,
        price.currency,
        price.credit_rate,
        price.billing_cadence,
    )
