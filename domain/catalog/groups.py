"""Decisions on feature groups and package groups: lineages whose every edit is a new version.

Source: spec, catalog §2 (feature groups) and §4 (package groups).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.catalog.enums import FeatureGroupStatus, PackageGroupStatus, PackageStatus
from domain.catalog.model import FeatureGroup, Package, PackageGroup
from domain.catalog.text import require_description, require_display_name
from domain.errors import Conflict, ErrorCode, NotFound, bad_input, not_found
from domain.ids import FeatureGroupId, FeatureId, ProductId, require_ref_id
from domain.patch import Maybe, kept


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeatureGroup:
    """A version of a feature group as the caller describes it; features already resolved."""

    feature_group_id: str
    display_name: str
    description: str | None = None
    feature_ids: tuple[FeatureId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPackageGroup:
    """A package group as the caller describes it."""

    package_group_id: str
    product_id: ProductId
    display_name: str
    description: str | None = None


def feature_group_not_found(identifier: str) -> NotFound:
    return not_found(ErrorCode.FeatureGroupNotFoundError, "FeatureGroup", identifier)


def package_group_not_found(identifier: str) -> NotFound:
    return not_found(ErrorCode.PackageGroupNotFound, "PackageGroup", identifier)


def next_feature_group(
    new: NewFeatureGroup, *, latest: FeatureGroup | None, id: FeatureGroupId, now: datetime
) -> FeatureGroup:
    """Return version 1 of a new lineage, or the version after `latest`.

    At least one feature, repetitions count once. An archived lineage raises
    EntityIsArchivedError.
    """
    if latest is not None and latest.status is FeatureGroupStatus.ARCHIVED:
        raise Conflict(
            ErrorCode.EntityIsArchivedError, f"FeatureGroup {new.feature_group_id} is archived"
        )
    if not new.feature_ids:
        raise bad_input("A feature group must have at least one feature")
    return FeatureGroup(
        id=id,
        feature_group_id=require_ref_id(new.feature_group_id, field="featureGroupId"),
        display_name=require_display_name(new.display_name),
        description=require_description(new.description),
        feature_ids=tuple(dict.fromkeys(new.feature_ids)),
        status=FeatureGroupStatus.PUBLISHED,
        is_latest=True,
        version_number=1 if latest is None else latest.version_number + 1,
        created_at=now,
        updated_at=now,
    )


def archive_feature_group(
    group: FeatureGroup, *, linked_by: Collection[str], now: datetime
) -> FeatureGroup:
    """Return the latest version archived; twice changes nothing.

    `linked_by` names the latest packages that link any version: while there are any,
    CannotArchiveFeatureGroupError.
    """
    if group.status is FeatureGroupStatus.ARCHIVED:
        return group
    if linked_by:
        raise Conflict(
            ErrorCode.CannotArchiveFeatureGroupError,
            f"FeatureGroup {group.feature_group_id} is linked by {', '.join(sorted(linked_by))}",
        )
    return replace(group, status=FeatureGroupStatus.ARCHIVED, updated_at=now)


def unarchive_feature_group(group: FeatureGroup, *, now: datetime) -> FeatureGroup:
    """Return the latest version published again; a live one stays as it is."""
    if group.status is FeatureGroupStatus.PUBLISHED:
        return group
    return replace(group, status=FeatureGroupStatus.PUBLISHED, updated_at=now)


def create_package_group(new: NewPackageGroup, *, id: UUID, now: datetime) -> PackageGroup:
    """Return version 1 of the group: published at once, without add-ons."""
    return PackageGroup(
        id=id,
        package_group_id=require_ref_id(new.package_group_id, field="packageGroupId"),
        product_id=new.product_id,
        display_name=require_display_name(new.display_name),
        description=require_description(new.description),
        status=PackageGroupStatus.PUBLISHED,
        is_latest=True,
        version_number=1,
        created_at=now,
        updated_at=now,
    )


def rename_package_group(
    group: PackageGroup,
    *,
    display_name: str,
    description: Maybe[str | None],
    id: UUID,
    now: datetime,
) -> PackageGroup:
    """Return the next version with another name and, unless absent, another description."""
    return replace(
        _next(group, id=id, now=now),
        display_name=require_display_name(display_name),
        description=require_description(kept(description, group.description)),
    )


def set_group_addons(
    group: PackageGroup, addon_ref_ids: Sequence[str], *, id: UUID, now: datetime
) -> PackageGroup:
    """Return the next version with exactly these add-ons; repetitions count once."""
    return replace(_next(group, id=id, now=now), addon_ref_ids=tuple(dict.fromkeys(addon_ref_ids)))


def require_group_addons(
    group: PackageGroup, identifiers: Sequence[str], found: Mapping[str, Package]
) -> tuple[str, ...]:
    """The refIds of the add-ons that `identifiers` name, `found` being their latest versions.

    Raises AddonsNotFound, BadUserInput (another product), EntityIsArchivedError.
    """
    unknown = [identifier for identifier in identifiers if identifier not in found]
    if unknown:
        raise NotFound(ErrorCode.AddonsNotFound, f"Addons {', '.join(unknown)} not found")
    for identifier in identifiers:
        addon = found[identifier]
        if addon.product_id != group.product_id:
            raise bad_input(f"Addon {addon.ref_id} belongs to another product")
        if addon.status is PackageStatus.ARCHIVED:
            raise Conflict(ErrorCode.EntityIsArchivedError, f"Addon {addon.ref_id} is archived")
    return tuple(found[identifier].ref_id for identifier in identifiers)


def archive_package_group(group: PackageGroup, *, now: datetime) -> PackageGroup:
    """Return the latest version archived; twice changes nothing."""
    if group.status is PackageGroupStatus.ARCHIVED:
        return group
    return replace(group, status=PackageGroupStatus.ARCHIVED, updated_at=now)


def require_live_package_group(group: PackageGroup) -> PackageGroup:
    """Return the group, or raise EntityIsArchivedError."""
    if group.status is PackageGroupStatus.ARCHIVED:
        raise Conflict(
            ErrorCode.EntityIsArchivedError, f"PackageGroup {group.package_group_id} is archived"
        )
    return group


def _next(group: PackageGroup, *, id: UUID, now: datetime) -> PackageGroup:
    return replace(
        require_live_package_group(group),
        id=id,
        version_number=group.version_number + 1,
        is_latest=True,
        status=PackageGroupStatus.PUBLISHED,
        created_at=now,
        updated_at=now,
    )
