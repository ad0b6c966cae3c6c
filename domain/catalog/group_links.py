"""Feature groups linked to a draft: which entitlements they supply.

A link is the group version's id on the entitlements of its features. Packages stay on the linked
version until they are migrated. Source: spec, catalog §2 (feature groups).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from domain.catalog.entitlement_rules import require_entitlements_editable, without
from domain.catalog.enums import FeatureGroupStatus
from domain.catalog.model import (
    Feature,
    FeatureEntitlement,
    FeatureGroup,
    Package,
    PackageEntitlement,
)
from domain.errors import Conflict, ErrorCode, InvalidInput
from domain.ids import FeatureGroupId, FeatureId


def linked_group_ids(package: Package) -> frozenset[FeatureGroupId]:
    """The group versions that the package's entitlements name."""
    return frozenset(id for e in package.feature_entitlements for id in e.feature_group_ids)


def require_in_group(group: FeatureGroup, features: Collection[Feature]) -> None:
    """Raise FeatureNotBelongToFeatureGroupError for the first feature that is not the group's."""
    for feature in features:
        if feature.id not in group.feature_ids:
            raise InvalidInput(
                ErrorCode.FeatureNotBelongToFeatureGroupError,
                f"Feature {feature.ref_id} does not belong to {group.feature_group_id}",
            )


def require_live_group(group: FeatureGroup) -> FeatureGroup:
    """Return the group, or raise EntityIsArchivedError."""
    if group.status is FeatureGroupStatus.ARCHIVED:
        raise Conflict(
            ErrorCode.EntityIsArchivedError, f"FeatureGroup {group.feature_group_id} is archived"
        )
    return group


def link_group(
    package: Package,
    group: FeatureGroup,
    *,
    versions: Mapping[FeatureGroupId, FeatureGroup],
    now: datetime,
) -> Package:
    """The draft with the group linked, instead of any other version of it.

    `versions` holds the group versions that the package links. Raises
    EditAllowedOnDraftPackageOnlyError, EntityIsArchivedError, and
    FeatureGroupMissingFeaturesError unless the draft has an entitlement for each feature.
    """
    require_entitlements_editable(package)
    require_live_group(group)
    entitled = {e.feature_id for e in package.feature_entitlements}
    if missing := [id for id in group.feature_ids if id not in entitled]:
        raise InvalidInput(
            ErrorCode.FeatureGroupMissingFeaturesError,
            f"Package {package.ref_id} has no entitlement for {len(missing)} features "
            f"of {group.feature_group_id}",
        )
    unlinked = _without_lineage(package, group.feature_group_id, versions=versions, now=now)
    return _with_links(unlinked, group, now=now)


def unlink_group(
    package: Package,
    feature_group_id: str,
    *,
    versions: Mapping[FeatureGroupId, FeatureGroup],
    now: datetime,
) -> Package:
    """The draft without the group; its entitlements stay, ungrouped."""
    require_entitlements_editable(package)
    return _without_lineage(package, feature_group_id, versions=versions, now=now)


def remove_group(
    package: Package,
    feature_group_id: str,
    *,
    versions: Mapping[FeatureGroupId, FeatureGroup],
    now: datetime,
) -> Package:
    """The draft without the group and without the entitlements that no other group supplies.

    Raises BadUserInput for one whose overage is charged.
    """
    unlinked = unlink_group(package, feature_group_id, versions=versions, now=now)
    supplied = {
        e.id
        for e in package.feature_entitlements
        if any(_is_of(id, feature_group_id, versions) for id in e.feature_group_ids)
    }
    for entitlement in unlinked.feature_entitlements:
        if entitlement.id in supplied and not entitlement.feature_group_ids:
            unlinked = without(unlinked, entitlement.id, now=now)
    return unlinked


def features_to_add(
    package: Package,
    *,
    versions: Mapping[FeatureGroupId, FeatureGroup],
    latest: Mapping[str, FeatureGroup],
) -> frozenset[FeatureId]:
    """The features that the latest versions of the linked groups bring and the draft lacks."""
    entitled = {e.feature_id for e in package.feature_entitlements}
    return frozenset(
        feature_id
        for lineage in {group.feature_group_id for group in versions.values()}
        for feature_id in latest[lineage].feature_ids
        if feature_id not in entitled
    )


def migrate_groups(
    package: Package,
    *,
    versions: Mapping[FeatureGroupId, FeatureGroup],
    latest: Mapping[str, FeatureGroup],
    now: datetime,
) -> Package:
    """The draft with each linked group in its latest version; dropped features stay, ungrouped.

    The added features' entitlements are there already, else FeatureGroupMissingFeaturesError.
    """
    for lineage in dict.fromkeys(group.feature_group_id for group in versions.values()):
        package = link_group(package, latest[lineage], versions=versions, now=now)
    return package


def require_supplied(
    supplied: Sequence[Feature], wanted: Collection[FeatureId], package: Package
) -> None:
    """The entitlements given with a migration are for added features only.

    Raises FeatureNotBelongToFeatureGroupError.
    """
    for feature in supplied:
        if feature.id not in wanted:
            raise InvalidInput(
                ErrorCode.FeatureNotBelongToFeatureGroupError,
                f"Feature {feature.ref_id} is not added by a feature group of {package.ref_id}",
            )


def _is_of(
    id: FeatureGroupId, lineage: str, versions: Mapping[FeatureGroupId, FeatureGroup]
) -> bool:
    group = versions.get(id)
    return group is not None and group.feature_group_id == lineage


def _without_lineage(
    package: Package,
    lineage: str,
    *,
    versions: Mapping[FeatureGroupId, FeatureGroup],
    now: datetime,
) -> Package:
    def unlinked(entitlement: PackageEntitlement) -> PackageEntitlement:
        if not isinstance(entitlement, FeatureEntitlement):
            return entitlement
        kept = tuple(
            id for id in entitlement.feature_group_ids if not _is_of(id, lineage, versions)
        )
        if kept == entitlement.feature_group_ids:
            return entitlement
        return replace(entitlement, feature_group_ids=kept, updated_at=now)

    entitlements = tuple(unlinked(e) for e in package.entitlements)
    return replace(package, entitlements=entitlements, updated_at=now)


def _with_links(package: Package, group: FeatureGroup, *, now: datetime) -> Package:
    def linked(entitlement: PackageEntitlement) -> PackageEntitlement:
        if (
            not isinstance(entitlement, FeatureEntitlement)
            or entitlement.feature_id not in group.feature_ids
        ):
            return entitlement
        ids = (*entitlement.feature_group_ids, group.id)
        return replace(entitlement, feature_group_ids=ids, updated_at=now)

    return replace(
        package, entitlements=tuple(linked(e) for e in package.entitlements), updated_at=now
    )
