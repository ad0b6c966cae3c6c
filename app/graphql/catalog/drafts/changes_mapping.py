"""The differences between a draft and the published version, as the contract shows them."""

from collections.abc import Callable
from typing import Any, TypeVar

from app.graphql.catalog.addons.mapping import addon_to_graphql
from app.graphql.catalog.addons.types import Addon
from app.graphql.catalog.drafts.types import (
    AdditionalMetaDataChange,
    AddonDependencyChange,
    BasePlanChange,
    DefaultTrialConfigChange,
    HiddenFromWidgetsChange,
    MinimumSpendChange,
    NumberChange,
    OverageBillingPeriodChange,
    PackageChanges,
    PackagePriceChange,
    PlanCompatibleAddonChange,
    PlanCompatiblePackageGroupChange,
    PricingTypeChange,
    StringChangeDTO,
)
from app.graphql.catalog.entitlements.mapping import (
    entitlement_to_graphql,
    feature_entitlement_to_graphql,
)
from app.graphql.catalog.entitlements.types import (
    PackageCreditEntitlementChange,
    PackageEntitlementChange,
    PackageEntitlementChangeUnion,
    PackageFeatureEntitlementChange,
)
from app.graphql.catalog.groups.mapping import package_group_to_graphql
from app.graphql.catalog.groups.types import PackageGroup
from app.graphql.catalog.packages.mapping import trial_config_to_graphql
from app.graphql.catalog.prices.mapping import minimum_spend_to_graphql, price_to_graphql
from app.graphql.context import Info
from app.graphql.scalars import JSON
from domain.catalog import changes, model
from domain.catalog.changes import Change

T = TypeVar("T")
C = TypeVar("C")


def _same(value: Any) -> Any:
    return value


def _sides(change: Change[Any], to_graphql: Callable[[Any], Any]) -> dict[str, Any]:
    return {
        "before": None if change.before is None else to_graphql(change.before),
        "after": None if change.after is None else to_graphql(change.after),
        "change_type": change.type,
    }


def _one(
    kind: Callable[..., C], change: Change[T] | None, to_graphql: Callable[[T], Any] = _same
) -> C | None:
    return None if change is None else kind(**_sides(change, to_graphql))


def _many(
    kind: Callable[..., C],
    found: tuple[Change[T], ...],
    to_graphql: Callable[[T], Any] = _same,
) -> list[C]:
    return [kind(**_sides(change, to_graphql)) for change in found]


async def changes_to_graphql(
    info: Info, found: changes.PackageChanges, latest: model.Package, draft: model.Package
) -> PackageChanges:
    """`found` between `latest` and `draft`, with the packages that are named looked up."""
    addons = await _addons(info, found)
    groups = await _groups(info, found)
    bases = await _bases(info, found)
    return PackageChanges(
        additional_meta_data=_one(
            AdditionalMetaDataChange, found.additional_meta_data, lambda m: JSON(dict(m))
        ),
        base_plan=_one(BasePlanChange, found.base_plan_id, bases.get),
        compatible_addons=_many(PlanCompatibleAddonChange, found.compatible_addons, addons.get),
        compatible_package_groups=_many(
            PlanCompatiblePackageGroupChange,
            found.compatible_package_groups,
            lambda one: groups.get(one.package_group_id),
        ),
        default_trial_config=_one(
            DefaultTrialConfigChange, found.default_trial_config, trial_config_to_graphql
        ),
        dependencies=_many(AddonDependencyChange, found.dependencies, addons.get),
        description=_one(StringChangeDTO, found.description),
        display_name=_one(StringChangeDTO, found.display_name),
        entitlements=[
            PackageEntitlementChange(**_entitlement(change, latest, draft, legacy=True))
            for change in found.entitlements
            if _is_feature(change)
        ],
        hidden_from_widgets=_one(HiddenFromWidgetsChange, found.hidden_from_widgets, list),
        max_quantity=_one(NumberChange, found.max_quantity, float),
        minimum_spend=_many(MinimumSpendChange, found.minimum_spend, minimum_spend_to_graphql),
        overage_billing_period=_one(OverageBillingPeriodChange, found.overage_billing_period),
        overage_prices=_many(PackagePriceChange, found.overage_prices, price_to_graphql),
        package_entitlements=[_union(change, latest, draft) for change in found.entitlements],
        prices=_many(PackagePriceChange, found.prices, price_to_graphql),
        pricing_type=_one(PricingTypeChange, found.pricing_type),
        total_changes=found.total,
    )


def _is_feature(change: Change[model.PackageEntitlement]) -> bool:
    return isinstance(change.after or change.before, model.FeatureEntitlement)


def _entitlement(
    change: Change[model.PackageEntitlement],
    latest: model.Package,
    draft: model.Package,
    *,
    legacy: bool,
) -> dict[str, Any]:
    """Each side belongs to its own version."""
    mapping: Any = feature_entitlement_to_graphql if legacy else entitlement_to_graphql
    return {
        "before": None if change.before is None else mapping(change.before, latest.id),
        "after": None if change.after is None else mapping(change.after, draft.id),
        "change_type": change.type,
    }


def _union(
    change: Change[model.PackageEntitlement], latest: model.Package, draft: model.Package
) -> PackageEntitlementChangeUnion:
    sides = _entitlement(change, latest, draft, legacy=False)
    if _is_feature(change):
        return PackageFeatureEntitlementChange(**sides)
    return PackageCreditEntitlementChange(**sides)


async def _addons(info: Info, found: changes.PackageChanges) -> dict[str, Addon]:
    """The add-ons named on either side, in their latest versions."""
    named = (*found.compatible_addons, *found.dependencies)
    ref_ids = list(dict.fromkeys(c.after or c.before or "" for c in named))
    loaded = await info.context.loaders.latest_addons.load_many(ref_ids)
    return {addon.ref_id: addon_to_graphql(addon) for addon in loaded if addon is not None}


async def _groups(info: Info, found: changes.PackageChanges) -> dict[str, PackageGroup]:
    named = [c.after or c.before for c in found.compatible_package_groups]
    ids = [one.package_group_id for one in named if one is not None]
    loaded = await info.context.loaders.package_groups.load_many(ids)
    return {g.package_group_id: package_group_to_graphql(g) for g in loaded if g is not None}


async def _bases(info: Info, found: changes.PackageChanges) -> dict[Any, Addon]:
    """The contract shows base plans in the shape of add-ons."""
    change = found.base_plan_id
    if change is None:
        return {}
    ids = [id for id in (change.before, change.after) if id is not None]
    loaded = await info.context.loaders.packages.load_many(ids)
    return {plan.id: addon_to_graphql(plan) for plan in loaded if plan is not None}
