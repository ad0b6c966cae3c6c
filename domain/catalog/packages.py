"""Plans and add-ons as a pricing team edits them: drafts only, whole or not at all.

Source: spec, catalog §1, §4 (plans, add-ons, package groups) and §6 (setPackagePricing).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.catalog.entitlement_rules import (
    archived,
    first_repeated,
    require_overage_target,
    require_unique,
)
from domain.catalog.enums import (
    BillingModel,
    PackageStatus,
    PricingType,
    WidgetType,
)
from domain.catalog.features import is_metered
from domain.catalog.model import (
    CompatiblePackageGroup,
    Feature,
    Package,
    PackageGroup,
    PackageType,
    Product,
)
from domain.catalog.price_input import Pricing
from domain.catalog.price_rules import price_rows, require_amount, require_minimum_spend
from domain.catalog.products import require_live_product
from domain.catalog.publishing import require_no_cycle, require_package_editable
from domain.catalog.text import require_description, require_display_name, require_meta_data
from domain.errors import Conflict, ErrorCode, bad_input
from domain.ids import CurrencyId, FeatureId, PackageId, PriceId, require_ref_id

MAX_QUANTITY_MAX = 999_999
TRIAL_DURATION_MAX = 9_999


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPackage:
    """A package to be: what `createOnePlan` and `createOneAddon` say, ids resolved."""

    type: PackageType
    ref_id: str | None
    display_name: str
    description: str | None = None
    pricing_type: PricingType | None = None
    hidden_from_widgets: tuple[WidgetType, ...] = ()
    additional_meta_data: object = None
    billing_id: str | None = None
    aws_marketplace_plan_dimension: str | None = None
    max_quantity: Decimal | None = None


def new_package(given: NewPackage, *, product: Product, id: PackageId, now: datetime) -> Package:
    """A DRAFT, latest, version 1.

    Raises BadUserInput, InvalidMetadataError, ProductNotPublishedError (archived product).
    """
    require_live_product(product)
    return Package(
        id=id,
        type=given.type,
        ref_id=require_ref_id(given.ref_id or ""),
        version_number=1,
        is_latest=True,
        status=PackageStatus.DRAFT,
        product_id=product.id,
        display_name=require_display_name(given.display_name),
        description=require_description(given.description),
        pricing_type=given.pricing_type,
        hidden_from_widgets=tuple(dict.fromkeys(given.hidden_from_widgets)),
        additional_meta_data=require_meta_data(given.additional_meta_data),
        billing_id=given.billing_id,
        aws_marketplace_plan_dimension=given.aws_marketplace_plan_dimension,
        max_quantity=require_max_quantity(given.max_quantity),
        created_at=now,
        updated_at=now,
        lineage_created_at=now,
    )


def require_draft_status(status: PackageStatus | None) -> None:
    """Versions are published, archived by their own mutations: only DRAFT may be named."""
    if status is not None and status is not PackageStatus.DRAFT:
        raise bad_input("status can only be DRAFT: publish or archive by their own mutations")


def require_max_quantity(quantity: Decimal | None) -> int | None:
    """A whole number of at least 1, or None = unlimited."""
    if quantity is None:
        return None
    if quantity != int(quantity) or not 1 <= quantity <= MAX_QUANTITY_MAX:
        raise bad_input(f"maxQuantity must be a whole number from 1 to {MAX_QUANTITY_MAX}")
    return int(quantity)


def edited(package: Package, changes: Mapping[str, object], *, now: datetime) -> Package:
    """The draft with `changes` (attribute name → new value; what is absent stays).

    Known: display_name, description, hidden_from_widgets, additional_meta_data, billing_id,
    default_trial_config, minimum_spend, max_quantity. Raises CannotEditPackageInNonDraftMode,
    BadUserInput, InvalidMetadataError.
    """
    require_package_editable(package)
    new = dict(changes)
    if "display_name" in new:
        new["display_name"] = require_display_name(str(new["display_name"]))
    if "description" in new:
        description = new["description"]
        new["description"] = require_description(None if description is None else str(description))
    if "additional_meta_data" in new:
        new["additional_meta_data"] = require_meta_data(new["additional_meta_data"])
    draft = _replaced(package, new, now)
    if "default_trial_config" in new:
        require_trial_config(draft)
    if "minimum_spend" in new:
        _require_minimum_spend_fits(draft)
    return draft


def _replaced(package: Package, changes: Mapping[str, object], now: datetime) -> Package:
    return replace(package, **changes, updated_at=now)  # type: ignore[arg-type] # names are ours


def require_trial_config(package: Package) -> None:
    """Raises BadUserInput unless the plan can have the trial that it says.

    Trials are of PAID and CUSTOM plans (or of undecided drafts); a trial budget caps on-demand
    spend, so it needs a PAID plan with a USAGE_BASED charge.
    """
    trial = package.default_trial_config
    if trial is None:
        return
    if package.pricing_type is PricingType.FREE:
        raise bad_input(f"plan {package.ref_id} is FREE: it has no trial")
    if not 1 <= trial.duration <= TRIAL_DURATION_MAX:
        raise bad_input(
            f"defaultTrialConfig.duration must be a whole number from 1 to {TRIAL_DURATION_MAX}"
        )
    if trial.budget is None:
        return
    require_amount(trial.budget.limit)
    measured = any(p.billing_model is BillingModel.USAGE_BASED for p in package.charges)
    if package.pricing_type is not PricingType.PAID or not measured:
        raise bad_input("a trial budget needs a PAID plan with a USAGE_BASED charge")


def _require_minimum_spend_fits(package: Package) -> None:
    if not package.minimum_spend:
        return
    if package.pricing_type is not PricingType.PAID:
        raise bad_input("minimum spend is for PAID packages")
    require_minimum_spend(package.minimum_spend)
    used = {s.minimum.currency for s in package.minimum_spend}
    used |= {
        p.currency
        for p in package.prices
        if p.billing_country_code is None and p.billing_model is not BillingModel.CREDIT_BASED
    }
    if len(used) > 1:
        raise bad_input("minimum spend and default prices must share one currency")


# --- relations ----------------------------------------------------------------------------------


def with_base_plan(
    plan: Package,
    base: Package | None,
    *,
    ancestors: Mapping[PackageId, Package],
    now: datetime,
) -> Package:
    """The draft extending `base` (None = no longer any); `ancestors` are those of `base`.

    Raises CannotEditPackageInNonDraftMode, BadUserInput (other product), EntityIsArchivedError,
    PlansCircularDependencyError.
    """
    require_package_editable(plan)
    if base is not None:
        _require_same_product(plan, base)
        if base.status is PackageStatus.ARCHIVED:
            raise archived("Plan", base.ref_id)
        require_no_cycle(plan, base, plans=ancestors)
    return replace(plan, parent_plan_id=base.id if base else None, updated_at=now)


def with_compatible_addons(plan: Package, addons: Iterable[Package], *, now: datetime) -> Package:
    """The draft offering exactly these add-ons (latest rows of their lineages).

    Raises CannotEditPackageInNonDraftMode, BadUserInput (other product), EntityIsArchivedError.
    """
    require_package_editable(plan)
    listed = tuple(addons)
    for addon in listed:
        _require_same_product(plan, addon)
        if addon.status is PackageStatus.ARCHIVED and (
            addon.ref_id not in plan.compatible_addon_ref_ids
        ):
            raise archived("Addon", addon.ref_id)
    ref_ids = tuple(dict.fromkeys(a.ref_id for a in listed))
    return replace(plan, compatible_addon_ref_ids=ref_ids, updated_at=now)


def with_dependencies(
    addon: Package,
    dependencies: Iterable[Package],
    *,
    known: Mapping[str, Package],
    now: datetime,
) -> Package:
    """The draft needing these add-ons; `known` are the product's add-ons by ref_id.

    Raises CannotEditPackageInNonDraftMode, EntityIsArchivedError, BadUserInput (other product,
    itself, a circle).
    """
    require_package_editable(addon)
    listed = tuple(dependencies)
    for dependency in listed:
        _require_same_product(addon, dependency)
        if dependency.status is PackageStatus.ARCHIVED:
            raise archived("Addon", dependency.ref_id)
        if addon.ref_id in _needed_by(dependency, known):
            raise bad_input(f"{addon.ref_id} and {dependency.ref_id} would need each other")
    ref_ids = tuple(dict.fromkeys(d.ref_id for d in listed))
    return replace(addon, dependency_ref_ids=ref_ids, updated_at=now)


def _needed_by(addon: Package, known: Mapping[str, Package]) -> frozenset[str]:
    """`addon` and everything that it needs, at any distance."""
    found: set[str] = set()
    todo = [addon.ref_id]
    while todo:
        ref_id = todo.pop()
        if ref_id in found:
            continue
        found.add(ref_id)
        needed = addon if ref_id == addon.ref_id else known.get(ref_id)
        todo += needed.dependency_ref_ids if needed else ()
    return frozenset(found)


def with_package_groups(
    plan: Package,
    groups: Iterable[tuple[PackageGroup, Decimal | None, Decimal | None]],
    *,
    now: datetime,
) -> Package:
    """The draft offering these groups, each with `min_items` and `free_items`.

    Raises CannotEditPackageInNonDraftMode, FreePlanCantHaveCompatiblePackageGroupError,
    BadUserInput.
    """
    require_package_editable(plan)
    offered = tuple(groups)
    listed = tuple(
        CompatiblePackageGroup(
            package_group_id=group.package_group_id,
            min_items=_require_items(minimum, "minItems"),
            free_items=_require_items(free, "freeItems"),
        )
        for group, minimum, free in offered
    )
    for group, _, _ in offered:
        if group.product_id != plan.product_id:
            raise bad_input(f"{group.package_group_id} belongs to another product")
    if first_repeated(g.package_group_id for g in listed) is not None:
        raise bad_input("a package group can be listed once")
    changed = replace(plan, compatible_package_groups=listed, updated_at=now)
    _require_groups_fit(changed)
    return changed


def _require_groups_fit(plan: Package) -> None:
    if plan.compatible_package_groups and plan.pricing_type is PricingType.FREE:
        raise Conflict(
            ErrorCode.FreePlanCantHaveCompatiblePackageGroupError,
            f"plan {plan.ref_id} is FREE: it cannot offer package groups",
        )


def _require_items(number: Decimal | None, field: str) -> int | None:
    if number is None:
        return None
    if not 0 <= number <= MAX_QUANTITY_MAX or number != int(number):
        raise bad_input(f"{field} must be a whole number from 0 to {MAX_QUANTITY_MAX}")
    return int(number)


def _require_same_product(package: Package, other: Package) -> None:
    if package.product_id != other.product_id:
        raise bad_input(f"{other.ref_id} belongs to another product than {package.ref_id}")


# --- pricing ------------------------------------------------------------------------------------


def with_pricing(
    package: Package,
    pricing: Pricing,
    *,
    features: Mapping[FeatureId, Feature],
    new_id: Callable[[], UUID],
    now: datetime,
) -> Package:
    """The draft with its pricing replaced, as `price_rules.require_pricing` found it valid.

    `features` are those of the package's charges and entitlements. Entitlements whose overage is
    charged become soft. Raises DuplicatedEntityNotAllowed and BadUserInput where pricing and
    entitlements contradict each other.
    """
    require_package_editable(package)
    softened = frozenset(m.feature.id for m in pricing.overages if m.feature)
    priced = replace(
        package,
        pricing_type=pricing.pricing_type,
        prices=price_rows(pricing, package_id=package.id, new_id=new_id, now=now),
        overage_billing_period=pricing.overage_billing_period,
        minimum_spend=pricing.minimum_spend,
        entitlements=tuple(
            replace(e, has_soft_limit=True) if getattr(e, "feature_id", None) in softened else e
            for e in package.entitlements
        ),
        updated_at=now,
    )
    require_consistent(priced, features=features, currencies={})
    return priced


def require_consistent(
    package: Package,
    *,
    features: Mapping[FeatureId, Feature],
    currencies: Mapping[CurrencyId, str],
) -> None:
    """Raises where a draft's pricing, entitlements, trial and relations contradict each other."""
    require_unique(package, features=features, currencies=currencies)
    _require_overage_targets(package, features)
    if package.pricing_type is not PricingType.CUSTOM and any(
        e.is_custom for e in package.entitlements
    ):
        raise bad_input(f"{package.ref_id} has custom entitlements: it must be CUSTOM")
    require_trial_config(package)
    _require_groups_fit(package)


def _require_overage_targets(package: Package, features: Mapping[FeatureId, Feature]) -> None:
    committed = {p.feature_id for p in package.charges if p.billing_model is BillingModel.PER_UNIT}
    own = {e.feature_id: e for e in package.feature_entitlements}
    for feature_id in dict.fromkeys(p.feature_id for p in package.overage_prices):
        assert feature_id is not None
        feature = features[feature_id]
        if feature_id in committed:
            if not is_metered(feature):
                raise bad_input(f"overage needs a metered feature, not {feature.ref_id}")
            continue
        entitlement = own.get(feature_id)
        if entitlement is None:
            raise bad_input(f"overage of {feature.ref_id} needs a limited metered entitlement")
        require_overage_target(entitlement, feature)


def without_price(package: Package, price_id: PriceId, *, now: datetime) -> Package:
    """The draft without one price row. Raises CannotEditPackageInNonDraftMode."""
    require_package_editable(package)
    assert any(p.id == price_id for p in package.prices)
    remaining = tuple(p for p in package.prices if p.id != price_id)
    return replace(package, prices=remaining, updated_at=now)
