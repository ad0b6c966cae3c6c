"""Operations on features. Source: spec, catalog §2."""

from __future__ import annotations

from app.ports import Runtime, UnitOfWork
from app.usecases.catalog.events import feature_event
from domain.catalog.features import (
    FeatureChanges,
    NewFeature,
    archive_feature,
    change_feature,
    create_feature,
    feature_not_found,
    require_deletable,
    unarchive_feature,
)
from domain.catalog.model import Feature
from domain.catalog.usage import FeatureUsers, published_ref_ids
from domain.ids import FeatureId


async def create(new: NewFeature, *, runtime: Runtime) -> Feature:
    """Make a feature; a taken refId raises DuplicatedEntityNotAllowed."""
    feature = create_feature(
        new,
        id=FeatureId(runtime.ids.new_uuid()),
        meter_id=runtime.ids.new_uuid(),
        now=runtime.clock(),
    )
    async with runtime.new_unit_of_work() as work:
        await work.features.add(feature)
        work.publish(feature_event("CREATED", feature))
        await work.commit()
    return feature


async def update(identifier: str, changes: FeatureChanges, *, runtime: Runtime) -> Feature:
    """Change a feature; raises FeatureNotFound and what `change_feature` raises."""
    async with runtime.new_unit_of_work() as work:
        feature = await _get(identifier, work=work)
        changed = change_feature(
            feature,
            changes,
            has_live_subscription=await work.catalog_usage.feature_is_subscribed(feature.id),
            meter_id=runtime.ids.new_uuid(),
            now=runtime.clock(),
        )
        await work.features.save(changed)
        await work.snapshots.invalidate_all()
        if changed.meter != feature.meter:
            await work.usage.forget_counters(changed.id)
        work.publish(feature_event("UPDATED", changed, feature))
        await work.commit()
    return changed


async def archive(identifier: str, *, runtime: Runtime) -> Feature:
    """Suspend a feature that no latest published package uses."""
    async with runtime.new_unit_of_work() as work:
        feature = await _get(identifier, work=work)
        users = await work.catalog_usage.latest_packages_with_feature(feature.id)
        archived = archive_feature(feature, used_by=published_ref_ids(users), now=runtime.clock())
        if archived is not feature:
            await work.features.save(archived)
            await work.snapshots.invalidate_all()
            work.publish(feature_event("ARCHIVED", archived, feature))
            await work.commit()
    return archived


async def unarchive(identifier: str, *, runtime: Runtime) -> Feature:
    """Make a suspended feature active again."""
    async with runtime.new_unit_of_work() as work:
        feature = await _get(identifier, work=work)
        live = unarchive_feature(feature, now=runtime.clock())
        if live is not feature:
            await work.features.save(live)
            await work.snapshots.invalidate_all()
            work.publish(feature_event("UPDATED", live, feature))
            await work.commit()
    return live


async def delete(identifier: str, *, runtime: Runtime) -> Feature:
    """Remove a feature that nothing refers to; returns what it was."""
    async with runtime.new_unit_of_work() as work:
        feature = await _get(identifier, work=work)
        require_deletable(
            feature, is_referenced=await work.catalog_usage.feature_is_referenced(feature.id)
        )
        await work.features.delete(feature)
        work.publish(feature_event("DELETED", feature))
        await work.commit()
    return feature


async def associated_latest(identifier: str, *, runtime: Runtime) -> FeatureUsers:
    """The latest packages and latest live groups that use the feature, drafts included."""
    readers = runtime.readers
    feature = await readers.features.by_any_id(identifier)
    if feature is None:
        raise feature_not_found(identifier)
    users = await readers.catalog_usage.latest_packages_with_feature(feature.id)
    packages = await readers.packages.by_ids(user.id for user in users)
    versions = {
        group_id
        for package in packages.values()
        for entitlement in package.feature_entitlements
        if entitlement.feature_id == feature.id
        for group_id in entitlement.feature_group_ids
    }
    return FeatureUsers(
        feature=feature,
        packages=tuple(packages[user.id] for user in users),
        groups=await readers.feature_groups.with_feature(feature.id),
        linked=await readers.feature_groups.by_ids(versions),
    )


async def _get(identifier: str, *, work: UnitOfWork) -> Feature:
    feature = await work.features.lock(identifier)
    if feature is None:
        raise feature_not_found(identifier)
    return feature
