"""Add-ons between the wire and the domain, and lists of them inside other objects."""

from collections.abc import Sequence
from dataclasses import replace

import strawberry

from app.graphql.catalog.addons.inputs import (
    AddonAssociatedEntitiesInput,
    AddonCreateInput,
    AddonUpdateInput,
)
from app.graphql.catalog.addons.listing import AddonFilter, AddonSort
from app.graphql.catalog.addons.types import Addon, AddonAssociatedEntities, AddonAssociatedPlan
from app.graphql.catalog.groups.types import AddonAssociatedPackageGroup
from app.graphql.catalog.packages.mapping import (
    new_package_from_graphql,
    package_changes_from_graphql,
    package_fields,
)
from app.graphql.catalog.prices.listing import PriceFilter, PriceSort
from app.graphql.catalog.prices.mapping import price_to_graphql
from app.graphql.catalog.prices.types import Price
from app.graphql.context import Info
from app.graphql.filtering import predicate_of
from app.graphql.given import given, runtime_for
from app.graphql.numbers import exact_or_none, float_or_none
from app.graphql.paging import orders_of
from app.usecases.packages.authoring import CreatePackage, UpdatePackage
from domain.catalog import model
from domain.catalog.enums import PackageStatus
from domain.catalog.packages import require_max_quantity
from domain.catalog.paywall import PriceView, with_prices_for
from domain.catalog.pricing.charge import price_sort_key
from domain.listing import EVERYTHING, NEWEST_FIRST


def addon_to_graphql(addon: model.Package) -> Addon:
    return Addon(**package_fields(addon), max_quantity=float_or_none(addon.max_quantity))


async def addons_named(
    info: Info,
    ref_ids: Sequence[str],
    *,
    filter: AddonFilter | None = None,
    sorting: list[AddonSort] | None = None,
    view: PriceView | None = None,
) -> list[Addon]:
    """The add-ons of a plan, group or add-on, as offered: latest, not archived.

    On a paywall (`view`) published ones only, with the prices that the plan shows, by
    displayName then refId unless sorted otherwise.
    """
    if not ref_ids:
        return []
    predicate = predicate_of(filter)
    orders = orders_of(sorting)
    loader = info.context.loaders.offered_addons(predicate, orders)
    found: Sequence[model.Package] = await loader.load(tuple(ref_ids))
    if view is not None:
        found = [with_prices_for(a, view) for a in found if a.status is PackageStatus.PUBLISHED]
        if orders == NEWEST_FIRST:
            found = sorted(found, key=lambda a: (a.display_name, a.ref_id))
    return [addon_to_graphql(addon) for addon in found]


async def prices_of_addon(
    info: Info,
    addon: model.Package,
    *,
    filter: PriceFilter | None = None,
    sorting: list[PriceSort] | None = None,
) -> list[Price]:
    """The add-on's charges: newest first, then in the documented order of prices."""
    predicate = predicate_of(filter)
    orders = orders_of(sorting)
    if predicate == EVERYTHING and orders == NEWEST_FIRST:
        own = sorted(addon.charges, key=price_sort_key)
        return [price_to_graphql(p) for p in sorted(own, key=lambda p: p.created_at, reverse=True)]
    found = await info.context.loaders.prices_of(predicate, orders).load((addon.id,))
    return [price_to_graphql(price) for price in found]


def create_addon_from_graphql(input: AddonCreateInput) -> CreatePackage:
    new = new_package_from_graphql(model.PackageType.Addon, input)
    return CreatePackage(
        new=replace(new, max_quantity=exact_or_none(input.max_quantity)),
        product_id=input.product_id,
        dependencies=tuple(given(input.dependencies) or ()),
    )


def update_addon_from_graphql(input: AddonUpdateInput) -> UpdatePackage:
    changes = package_changes_from_graphql(input)
    if input.max_quantity is not strawberry.UNSET:
        changes["max_quantity"] = require_max_quantity(exact_or_none(input.max_quantity))
    dependencies = input.dependencies
    return UpdatePackage(
        type=model.PackageType.Addon,
        id=input.id,
        changes=changes,
        dependencies=None if given(dependencies) is None else tuple(dependencies or ()),
    )


async def associated_entities_of(
    info: Info, input: AddonAssociatedEntitiesInput
) -> AddonAssociatedEntities:
    """The latest plans and package groups that offer the add-on."""
    readers = runtime_for(info, input.environment_id).readers
    plans = await readers.packages.plans_offering(input.ref_id)
    groups = await readers.packages.groups_offering(input.ref_id)
    return AddonAssociatedEntities(
        package_groups=[
            AddonAssociatedPackageGroup(
                display_name=g.display_name, package_group_id=g.package_group_id
            )
            for g in groups
        ],
        plans=[
            AddonAssociatedPlan(
                display_name=plan.display_name,
                ref_id=plan.ref_id,
                status=plan.status,
                version_number=float(plan.version_number),
            )
            for plan in plans
        ],
    )
