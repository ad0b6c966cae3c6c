"""Linking feature groups and package groups to drafts. Source: spec, catalog §2 and §4."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from app.ports import Runtime, UnitOfWork
from app.usecases.packages.entitlements import GivenFeature, add_entitlements
from app.usecases.packages.resolving import require_features, require_lineage
from domain.catalog.group_links import (
    features_to_add,
    link_group,
    linked_group_ids,
    migrate_groups,
    remove_group,
    require_supplied,
    unlink_group,
)
from domain.catalog.groups import (
    feature_group_not_found,
    package_group_not_found,
    require_live_package_group,
)
from domain.catalog.model import FeatureGroup, Package, PackageGroup, PackageType
from domain.catalog.packages import with_package_groups
from domain.ids import FeatureGroupId

Versions = Mapping[FeatureGroupId, FeatureGroup]


async def link(group_id: str, package_id: str, *, runtime: Runtime) -> Package:
    """The draft with the latest version of the group linked."""

    def decide(package: Package, group: FeatureGroup, versions: Versions) -> Package:
        return link_group(package, group, versions=versions, now=runtime.clock())

    return await _edited(group_id, package_id, decide, runtime=runtime)


async def unlink(group_id: str, package_id: str, *, runtime: Runtime) -> Package:
    """The draft without the group, all its entitlements kept."""

    def decide(package: Package, group: FeatureGroup, versions: Versions) -> Package:
        return unlink_group(package, group.feature_group_id, versions=versions, now=runtime.clock())

    return await _edited(group_id, package_id, decide, runtime=runtime)


async def remove(group_id: str, package_id: str, *, runtime: Runtime) -> Package:
    """The draft without the group and the entitlements that no other group supplies."""

    def decide(package: Package, group: FeatureGroup, versions: Versions) -> Package:
        return remove_group(package, group.feature_group_id, versions=versions, now=runtime.clock())

    return await _edited(group_id, package_id, decide, runtime=runtime)


async def migrate(package_id: str, given: tuple[GivenFeature, ...], *, runtime: Runtime) -> Package:
    """The draft with every linked group in its latest version; `given` supply what is added.

    Raises FeatureGroupMissingFeaturesError, FeatureNotBelongToFeatureGroupError.
    """
    async with runtime.new_unit_of_work() as work:
        package, _ = await require_lineage(work, None, package_id)
        versions = await work.feature_groups.by_ids(linked_group_ids(package))
        latest = await work.feature_groups.latest({g.feature_group_id for g in versions.values()})
        added = features_to_add(package, versions=versions, latest=latest)
        supplied = await require_features(work, [g.feature_id for g in given])
        require_supplied(tuple(supplied.values()), added, package)
        ungrouped = tuple(replace(one, feature_group_id=None) for one in given)
        package, _ = await add_entitlements(work, package, ungrouped, runtime=runtime)
        package = migrate_groups(package, versions=versions, latest=latest, now=runtime.clock())
        await work.packages.save(package)
        await work.commit()
    return package


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPackageGroup:
    """A package group offered on a plan; whole numbers of units."""

    package_group_id: str
    min_items: Decimal | None = None
    free_items: Decimal | None = None


async def set_package_groups(
    plan_id: str, given: tuple[GivenPackageGroup, ...], *, runtime: Runtime
) -> Package:
    """The draft offering exactly these package groups; raises PackageGroupNotFound."""
    async with runtime.new_unit_of_work() as work:
        plan, _ = await require_lineage(work, PackageType.Plan, plan_id)
        known = await work.package_groups.latest({one.package_group_id for one in given})
        groups = [(_known(one, known), one.min_items, one.free_items) for one in given]
        plan = with_package_groups(plan, groups, now=runtime.clock())
        await work.packages.save(plan)
        await work.commit()
    return plan


def _known(one: GivenPackageGroup, known: Mapping[str, PackageGroup]) -> PackageGroup:
    if one.package_group_id not in known:
        raise package_group_not_found(one.package_group_id)
    return require_live_package_group(known[one.package_group_id])


async def _edited(
    group_id: str,
    package_id: str,
    decide: Callable[[Package, FeatureGroup, Versions], Package],
    *,
    runtime: Runtime,
) -> Package:
    async with runtime.new_unit_of_work() as work:
        package, _ = await require_lineage(work, None, package_id)
        group = await require_feature_group(work, group_id)
        versions = await work.feature_groups.by_ids(linked_group_ids(package))
        package = decide(package, group, versions)
        await work.packages.save(package)
        await work.commit()
    return package


async def require_feature_group(work: UnitOfWork, identifier: str) -> FeatureGroup:
    """The latest version of the group, or FeatureGroupNotFoundError."""
    group = (await work.feature_groups.latest([identifier])).get(identifier)
    if group is None:
        raise feature_group_not_found(identifier)
    return group
