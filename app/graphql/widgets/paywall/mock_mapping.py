"""The paywall of no customer: the same plans as self-contained values.

Entitlements are shown as of nobody: without usage. Credits are in `packageEntitlements` only.
"""

import asyncio
from collections.abc import Iterable, Mapping

from app.graphql.catalog.entitlements.mapping import (
    entitlement_to_graphql,
    reset_configuration_to_graphql,
)
from app.graphql.catalog.packages.mapping import trial_config_to_graphql
from app.graphql.catalog.packages.shared import entitlements_to_graphql, inherited_of
from app.graphql.catalog.prices.mapping import (
    minimum_spend_to_graphql,
    price_to_graphql,
)
from app.graphql.context import Info
from app.graphql.entitlements.mapping import feature_to_graphql
from app.graphql.entitlements.types import Entitlement
from app.graphql.numbers import float_or_none
from app.graphql.scalars import JSON
from app.graphql.widgets.paywall.types import (
    MockPaywall,
    PaywallAddon,
    PaywallBasePlan,
    PaywallPlan,
    PaywallPlanCompatiblePackageGroup,
    PaywallPlanCompatiblePackageGroupOptions,
    PaywallPrice,
    PaywallProduct,
)
from app.usecases.widgets.paywall import PaywallPlanView, PaywallRead
from domain.catalog.enums import PackageStatus
from domain.catalog.model import (
    CompatiblePackageGroup,
    Feature,
    FeatureEntitlement,
    MetaData,
    Package,
    PackageGroup,
    Price,
    Product,
)
from domain.catalog.paywall import PriceView, with_prices_for
from domain.ids import FeatureId
from domain.listing import EVERYTHING, NEWEST_FIRST

Features = Mapping[FeatureId, Feature]


async def mock_paywall_to_graphql(info: Info, read: PaywallRead) -> MockPaywall:
    plans = await asyncio.gather(*(_plan(info, shown, read.product) for shown in read.plans))
    return MockPaywall(plans=list(plans))


async def _plan(info: Info, shown: PaywallPlanView, product: Product) -> PaywallPlan:
    plan = shown.plan
    inherited, addons = await asyncio.gather(
        inherited_of(info, plan), _addons_named(info, plan.compatible_addon_ref_ids, shown.view)
    )
    features = await _features(info, [*plan.entitlements, *(e for _, e in inherited)])
    base = None
    if plan.parent_plan_id is not None:
        base = await info.context.loaders.packages.load(plan.parent_plan_id)
    return PaywallPlan(
        additional_meta_data=_json(plan.additional_meta_data),
        base_plan=PaywallBasePlan(display_name=base.display_name, ref_id=base.ref_id)
        if base
        else None,
        billing_id=plan.billing_id,
        compatible_addons=list(
            await asyncio.gather(*(_addon(info, addon, shown.view) for addon in addons))
        ),
        compatible_package_groups=await _groups(info, shown),
        default_trial_config=trial_config_to_graphql(plan.default_trial_config),
        description=plan.description,
        display_name=plan.display_name,
        entitlements=_entitlements(plan.feature_entitlements, features),
        inherited_entitlements=_entitlements(
            (e for _, e in inherited if isinstance(e, FeatureEntitlement)), features
        ),
        inherited_package_entitlements=entitlements_to_graphql((p.id, e) for p, e in inherited),
        minimum_spend=[minimum_spend_to_graphql(s) for s in plan.minimum_spend],
        package_entitlements=[entitlement_to_graphql(e, plan.id) for e in plan.entitlements],
        prices=[_price(p) for p in plan.charges],
        pricing_type=plan.pricing_type,
        product=PaywallProduct(
            additional_meta_data=_json(product.additional_meta_data),
            description=product.description,
            display_name=product.display_name,
            ref_id=product.ref_id,
        ),
        ref_id=plan.ref_id,
    )


async def _groups(info: Info, shown: PaywallPlanView) -> list[PaywallPlanCompatiblePackageGroup]:
    offered = shown.plan.compatible_package_groups
    loaded = await info.context.loaders.package_groups.load_many(
        [one.package_group_id for one in offered]
    )
    return list(
        await asyncio.gather(
            *(
                _group(info, one, group, shown.view)
                for one, group in zip(offered, loaded, strict=True)
                if group is not None
            )
        )
    )


async def _group(
    info: Info, offered: CompatiblePackageGroup, group: PackageGroup, view: PriceView
) -> PaywallPlanCompatiblePackageGroup:
    addons = await _addons_named(info, group.addon_ref_ids, view)
    return PaywallPlanCompatiblePackageGroup(
        addons=list(await asyncio.gather(*(_addon(info, addon, view) for addon in addons))),
        description=group.description,
        display_name=group.display_name,
        options=PaywallPlanCompatiblePackageGroupOptions(
            free_items=float_or_none(offered.free_items),
            min_items=float_or_none(offered.min_items),
        ),
        package_group_id=group.package_group_id,
    )


async def _addons_named(info: Info, ref_ids: tuple[str, ...], view: PriceView) -> list[Package]:
    """Published add-ons by displayName, then refId, with the prices that the plan shows."""
    if not ref_ids:
        return []
    loader = info.context.loaders.offered_addons(EVERYTHING, NEWEST_FIRST)
    found = await loader.load(tuple(ref_ids))
    shown = [with_prices_for(a, view) for a in found if a.status is PackageStatus.PUBLISHED]
    return sorted(shown, key=lambda a: (a.display_name, a.ref_id))


async def _addon(info: Info, addon: Package, view: PriceView) -> PaywallAddon:
    needed, features = await asyncio.gather(
        _addons_named(info, addon.dependency_ref_ids, view), _features(info, addon.entitlements)
    )
    return PaywallAddon(
        additional_meta_data=_json(addon.additional_meta_data),
        billing_id=addon.billing_id,
        dependencies=list(await asyncio.gather(*(_addon(info, a, view) for a in needed))),
        description=addon.description,
        display_name=addon.display_name,
        entitlements=_entitlements(addon.feature_entitlements, features),
        hidden_from_widgets=list(addon.hidden_from_widgets),
        max_quantity=float_or_none(addon.max_quantity),
        package_entitlements=[entitlement_to_graphql(e, addon.id) for e in addon.entitlements],
        prices=[_price(p) for p in addon.charges],
        pricing_type=addon.pricing_type,
        ref_id=addon.ref_id,
    )


async def _features(info: Info, entitlements: Iterable[object]) -> Features:
    ids = [e.feature_id for e in entitlements if isinstance(e, FeatureEntitlement)]
    found = await info.context.loaders.features.load_many(ids)
    return {feature.id: feature for feature in found if feature is not None}


def _entitlements(
    entitlements: Iterable[FeatureEntitlement], features: Features
) -> list[Entitlement]:
    return [_entitlement(e, features[e.feature_id]) for e in entitlements]


def _entitlement(entitlement: FeatureEntitlement, feature: Feature) -> Entitlement:
    """What the package gives of the feature, of nobody: no usage, no period, no validity."""
    rule = entitlement.reset_rule
    return Entitlement(
        access_denied_reason=None,
        credit_rate=None,
        current_usage=None,
        customer_id=None,
        display_name_override=entitlement.display_name_override,
        entitlement_updated_at=entitlement.updated_at,
        enum_values=list(entitlement.enum_values),
        feature=feature_to_graphql(feature),
        has_soft_limit=entitlement.has_soft_limit,
        has_unlimited_usage=entitlement.has_unlimited_usage,
        hidden_from_widgets=list(entitlement.hidden_from_widgets),
        is_granted=entitlement.is_granted,
        meter_id=None,
        next_reset_date=None,
        requested_usage=None,
        requested_values=None,
        reset_period=rule.period if rule else None,
        reset_period_configuration=reset_configuration_to_graphql(rule),
        resource_id=None,
        usage_limit=float_or_none(entitlement.usage_limit),
        usage_period_anchor=None,
        usage_period_end=None,
        usage_period_start=None,
        usage_updated_at=None,
        valid_until=None,
    )


def _price(price: Price) -> PaywallPrice:
    shown = price_to_graphql(price)
    return PaywallPrice(
        source=price,
        billing_cadence=shown.billing_cadence,
        billing_country_code=shown.billing_country_code,
        billing_id=shown.billing_id,
        billing_model=shown.billing_model,
        billing_period=shown.billing_period,
        block_size=shown.block_size,
        credit_rate=shown.credit_rate,
        feature_id=shown.feature_id,
        max_unit_quantity=shown.max_unit_quantity,
        min_unit_quantity=shown.min_unit_quantity,
        price=shown.price,
        tiers=shown.tiers,
        tiers_mode=shown.tiers_mode,
        top_up_custom_currency_id=shown.top_up_custom_currency_id,
    )


def _json(meta_data: MetaData | None) -> JSON | None:
    return None if meta_data is None else JSON(dict(meta_data))
