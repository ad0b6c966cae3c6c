"""Which add-ons a plan takes, and which of their units are free.

Source: spec, subscriptions §4 (add-ons) and catalog §4 (add-ons, package groups).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from domain.catalog.enums import BillingModel, BillingPeriod, PackageGroupStatus, PricingType
from domain.catalog.model import Package, PackageGroup, Price
from domain.catalog.pricing.charge import charge_total, localized
from domain.catalog.pricing.starting_price import minimum_quantity
from domain.errors import Conflict, ErrorCode, InvalidInput, NotFound
from domain.subscriptions.model import FreeItem
from domain.subscriptions.request import AddonRequest


def chosen_addons(
    requested: Iterable[AddonRequest],
    *,
    plan: Package,
    addons: Mapping[str, Package],
    groups: Mapping[str, PackageGroup],
) -> dict[str, int]:
    """The quantities by ref_id of a valid choice, zeros left out.

    Raises DuplicateAddonProvisionedError, AddonsNotFound, InvalidQuantity,
    IncompatibleSubscriptionAddon, AddonQuantityExceedsLimitError, AddonDependencyMissingError,
    PackageGroupMinItemsError, in this order.
    """
    listed = tuple(requested)
    names = [addon.ref_id for addon in listed]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidInput(
            ErrorCode.DuplicateAddonProvisionedError,
            f"Add-on {repeated[0]} is given more than once",
            duplicateAddons=repeated,
        )
    for addon in listed:
        if addon.quantity < 0:
            raise InvalidInput(
                ErrorCode.InvalidQuantity, f"Quantity of {addon.ref_id} must not be negative"
            )
    quantities = {addon.ref_id: addon.quantity for addon in listed if addon.quantity > 0}
    missing = sorted(set(quantities) - set(addons))
    if missing:
        raise NotFound(
            ErrorCode.AddonsNotFound, f"Addons {', '.join(missing)} not found", refIds=missing
        )
    _require_compatible(quantities, plan=plan, addons=addons, groups=groups)
    _require_limits(quantities, addons=addons)
    _require_groups(quantities, plan=plan, groups=groups)
    return quantities


def _require_compatible(
    quantities: Mapping[str, int],
    *,
    plan: Package,
    addons: Mapping[str, Package],
    groups: Mapping[str, PackageGroup],
) -> None:
    allowed = compatible_ref_ids(plan, groups=groups)
    refused = sorted(
        ref_id
        for ref_id in quantities
        if ref_id not in allowed or not _fits_pricing(addons[ref_id], plan)
    )
    if refused:
        raise Conflict(
            ErrorCode.IncompatibleSubscriptionAddon,
            f"Add-ons {', '.join(refused)} are not compatible with plan {plan.display_name}",
            planDisplayName=plan.display_name,
            nonCompatibleAddons=refused,
        )


def compatible_ref_ids(plan: Package, *, groups: Mapping[str, PackageGroup]) -> frozenset[str]:
    """The add-ons that `plan` takes: its own list and its package groups' members."""
    members = (
        ref_id
        for group in plan.compatible_package_groups
        if group.package_group_id in groups
        for ref_id in groups[group.package_group_id].addon_ref_ids
    )
    return frozenset((*plan.compatible_addon_ref_ids, *members))


def _fits_pricing(addon: Package, plan: Package) -> bool:
    if addon.pricing_type is PricingType.CUSTOM:
        return plan.pricing_type is PricingType.CUSTOM
    if plan.pricing_type is PricingType.FREE:
        return not any(_costs(price) for price in addon.prices)
    return True


def _costs(price: Price) -> bool:
    if price.billing_model is BillingModel.CREDIT_BASED:
        return False
    tiers = any((t.unit_price or 0) > 0 or (t.flat_price or 0) > 0 for t in price.tiers)
    return (price.amount or 0) > 0 or tiers


def _require_limits(quantities: Mapping[str, int], *, addons: Mapping[str, Package]) -> None:
    for ref_id, quantity in quantities.items():
        maximum = addons[ref_id].max_quantity
        if maximum is not None and quantity > maximum:
            raise InvalidInput(
                ErrorCode.AddonQuantityExceedsLimitError,
                f"Add-on {ref_id} is limited to {maximum}",
                addonId=ref_id,
                maxQuantity=maximum,
                quantity=quantity,
            )
    for ref_id in quantities:
        absent = sorted(set(addons[ref_id].dependency_ref_ids) - set(quantities))
        if absent:
            raise InvalidInput(
                ErrorCode.AddonDependencyMissingError,
                f"Add-on {ref_id} needs {', '.join(absent)}",
                addonId=ref_id,
                missingDependencies=absent,
            )


def _require_groups(
    quantities: Mapping[str, int], *, plan: Package, groups: Mapping[str, PackageGroup]
) -> None:
    for compatible in plan.compatible_package_groups:
        group = groups.get(compatible.package_group_id)
        if group is None or group.status is PackageGroupStatus.ARCHIVED:
            continue
        chosen = sum(quantities.get(ref_id, 0) for ref_id in group.addon_ref_ids)
        if chosen < (compatible.min_items or 0):
            raise InvalidInput(
                ErrorCode.PackageGroupMinItemsError,
                f"At least {compatible.min_items} of {group.display_name} must be chosen",
                packageGroupId=group.package_group_id,
                minItems=compatible.min_items,
            )


def free_items(
    quantities: Mapping[str, int],
    *,
    plan: Package,
    addons: Mapping[str, Package],
    groups: Mapping[str, PackageGroup],
    period: BillingPeriod | None,
    country: str | None,
) -> tuple[FreeItem, ...]:
    """The units that groups give: of each group its `freeItems` cheapest, ties by ref_id.

    A unit that two groups would give is given once.
    """
    free: dict[str, int] = {}
    for compatible in plan.compatible_package_groups:
        group = groups.get(compatible.package_group_id)
        left = compatible.free_items or 0
        if group is None or left <= 0:
            continue
        members = sorted(
            (ref_id for ref_id in set(group.addon_ref_ids) if quantities.get(ref_id)),
            key=lambda ref_id: (unit_cost(addons[ref_id], period, country), ref_id),
        )
        for ref_id in members:
            given = min(left, quantities[ref_id] - free.get(ref_id, 0))
            if given > 0:
                free[ref_id] = free.get(ref_id, 0) + given
                left -= given
    return tuple(FreeItem(addon_ref_id=r, quantity=q) for r, q in sorted(free.items()))


def unit_cost(addon: Package, period: BillingPeriod | None, country: str | None) -> Decimal:
    """What one unit of an add-on costs in advance for the period, at minimum quantities."""
    return sum(
        (
            charge_total(price, minimum_quantity(price))
            for price in localized(addon.charges, country)
            if price.billing_model in {BillingModel.FLAT_FEE, BillingModel.PER_UNIT}
            and (period is None or price.billing_period is period)
        ),
        Decimal(0),
    )
