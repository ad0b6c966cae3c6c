"""Operations on feature groups. Source: spec, catalog §2."""

from __future__ import annotations

from dataclasses import dataclass

from app.ports import Runtime, UnitOfWork
from app.usecases.catalog.events import feature_group_event
from domain.catalog.features import features_by_any_id
from domain.catalog.groups import (
    NewFeatureGroup,
    archive_feature_group,
    feature_group_not_found,
    next_feature_group,
    unarchive_feature_group,
)
from domain.catalog.model import FeatureGroup, Package
from domain.ids import FeatureGroupId


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateFeatureGroup:
    """A version of a feature group; `features` by UUID or refId."""

    feature_group_id: str
    display_name: str
    description: str | None
    features: tuple[str, ...]


async def create(command: CreateFeatureGroup, *, runtime: Runtime) -> FeatureGroup:
    """Make a feature group, or the next version of an existing one.

    Raises FeatureNotFound, and EntityIsArchivedError for an archived group.
    """
    async with runtime.new_unit_of_work() as work:
        known = await work.features.by_any_ids(command.features)
        features = features_by_any_id(command.features, known)
        lineage = command.feature_group_id
        latest = await work.feature_groups.lock(lineage)
        group = next_feature_group(
            NewFeatureGroup(
                feature_group_id=latest.feature_group_id if latest else lineage,
                display_name=command.display_name,
                description=command.description,
                feature_ids=tuple(feature.id for feature in features),
            ),
            latest=latest,
            id=FeatureGroupId(runtime.ids.new_uuid()),
            now=runtime.clock(),
        )
        await work.feature_groups.add(group)
        work.publish(feature_group_event("UPDATED" if latest else "CREATED", group, latest))
        await work.commit()
    return group


async def archive(identifier: str, *, runtime: Runtime) -> FeatureGroup:
    """Archive a group that no latest package links, else CannotArchiveFeatureGroupError."""
    async with runtime.new_unit_of_work() as work:
        group = await _get(identifier, work=work)
        users = await work.catalog_usage.latest_packages_with_feature_group(group.feature_group_id)
        archived = archive_feature_group(
            group, linked_by=[package.ref_id for package in users], now=runtime.clock()
        )
        if archived is not group:
            await work.feature_groups.save(archived)
            work.publish(feature_group_event("ARCHIVED", archived, group))
            await work.commit()
    return archived


async def unarchive(identifier: str, *, runtime: Runtime) -> FeatureGroup:
    """Make an archived group usable again."""
    async with runtime.new_unit_of_work() as work:
        group = await _get(identifier, work=work)
        live = unarchive_feature_group(group, now=runtime.clock())
        if live is not group:
            await work.feature_groups.save(live)
            work.publish(feature_group_event("UN_ARCHIVED", live, group))
            await work.commit()
    return live


async def linking_packages(identifier: str, *, runtime: Runtime) -> tuple[Package, ...]:
    """The latest packages that link any version of the group, drafts included."""
    readers = runtime.readers
    group = (await readers.feature_groups.latest([identifier])).get(identifier)
    if group is None:
        raise feature_group_not_found(identifier)
    users = await readers.catalog_usage.latest_packages_with_feature_group(group.feature_group_id)
    packages = await readers.packages.by_ids(user.id for user in users)
    return tuple(packages[user.id] for user in users)


async def _get(identifier: str, *, work: UnitOfWork) -> FeatureGroup:
    group = await work.feature_groups.lock(identifier)
    if group is None:
        raise feature_group_not_found(identifier)
    return group
