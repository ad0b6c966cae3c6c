"""A package's versions: drafts, publishing, rollback, archiving. Source: spec, catalog §4."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from app.ports import Runtime, UnitOfWork
from app.usecases.packages.events import tell, tell_published
from app.usecases.packages.migration import add_migration, migrate
from app.usecases.packages.resolving import currencies_of, features_of, require_lineage
from domain.catalog.enums import PublishMigrationType
from domain.catalog.features import activate_feature
from domain.catalog.model import Package, PackageType
from domain.catalog.publishing import (
    Published,
    PublishFacts,
    archive,
    cascade,
    open_draft,
    open_empty_draft,
    package_not_found,
    publish,
    require_discardable,
    require_publishable,
    unarchive,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPackage:
    type: PackageType
    id: str
    migration: PublishMigrationType


async def create_draft(
    type_: PackageType, id: str, *, runtime: Runtime, empty: bool = False
) -> Package:
    """A draft of the lineage's next version, with or without the latest version's content."""
    now = runtime.clock()
    new_id = runtime.ids.new_uuid
    async with runtime.new_unit_of_work() as work:
        _, lineage = await require_lineage(work, type_, id)
        if empty:
            draft = open_empty_draft(lineage, new_id=new_id, now=now)
        else:
            draft = open_draft(lineage, new_id=new_id, now=now)
            draft = await _on_latest_base(work, draft)
        await work.packages.save(draft)
        await work.commit()
    return draft


async def rollback(
    type_: PackageType, ref_id: str, version_number: int, *, runtime: Runtime
) -> Package:
    """A draft of the next version with an old version's content; nothing is published."""
    async with runtime.new_unit_of_work() as work:
        _, lineage = await require_lineage(work, type_, ref_id)
        content = await work.packages.version(type_, lineage.latest.ref_id, version_number)
        if content is None:
            raise package_not_found(type_, f"{ref_id} v{version_number}")
        draft = open_draft(
            lineage, content=content, new_id=runtime.ids.new_uuid, now=runtime.clock()
        )
        draft = await _on_latest_base(work, draft)
        await work.packages.save(draft)
        await work.commit()
    return draft


async def _on_latest_base(work: UnitOfWork, draft: Package) -> Package:
    """The draft extending the latest version of its base: old content names an old one."""
    if draft.parent_plan_id is None:
        return draft
    id = str(draft.parent_plan_id)
    latest = await work.packages.latest_by_any_ids(PackageType.Plan, [id])
    return replace(draft, parent_plan_id=latest[id].id)


async def remove_draft(type_: PackageType, ref_id: str, *, runtime: Runtime) -> str:
    """Delete the open draft, a v1 with its lineage; drafts that named it forget it.

    Returns the refId.
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        _, lineage = await require_lineage(work, type_, ref_id)
        draft = require_discardable(lineage)
        if draft.id == lineage.latest.id:
            naming = await work.packages.drafts_naming(draft)
            forgetful = [_forgetting(other, draft) for other in naming]
            await work.packages.save_headers(*(replace(p, updated_at=now) for p in forgetful))
        await work.packages.delete(draft)
        await work.commit()
    return draft.ref_id


def _forgetting(other: Package, gone: Package) -> Package:
    return replace(
        other,
        parent_plan_id=None if other.parent_plan_id == gone.id else other.parent_plan_id,
        compatible_addon_ref_ids=tuple(
            r for r in other.compatible_addon_ref_ids if r != gone.ref_id
        ),
        dependency_ref_ids=tuple(r for r in other.dependency_ref_ids if r != gone.ref_id),
    )


async def publish_package(command: PublishPackage, *, runtime: Runtime) -> UUID | None:
    """Publish the draft and, for a base plan, new versions of its descendants.

    Returns the migration task's id for ALL_CUSTOMERS. A failed check leaves everything as it was.
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        await work.packages.lock_product_of(command.type, command.id)
        package, lineage = await require_lineage(work, command.type, command.id)
        facts = await _facts(work, package)
        require_publishable(package, facts)
        published = publish(package, latest=lineage.latest, now=now)
        versions = await _apply(work, published, runtime=runtime)
        for feature in facts.features.values():
            active = activate_feature(feature, now=now)
            if active != feature:
                await work.features.save(active)
        for version, before in versions:
            tell_published(work, version, command.migration, before, runtime=runtime)
        queued_task = None
        if command.migration is PublishMigrationType.ALL_CUSTOMERS:
            queued_task = await add_migration(
                work, tuple(one for one, _ in versions), runtime=runtime
            )
        await work.commit()
    return None if queued_task is None else await migrate(queued_task, runtime=runtime)


async def _facts(work: UnitOfWork, package: Package) -> PublishFacts:
    products = await work.products.by_ids([package.product_id])
    plans = await work.packages.with_ancestors([package.id]) if package.parent_plan_id else {}
    published = await work.packages.latest_published(
        PackageType.Addon, package.compatible_addon_ref_ids
    )
    others = [r for r in package.compatible_addon_ref_ids if r not in published]
    return PublishFacts(
        product=products[package.product_id],
        features=await features_of(work, package),
        currencies=await currencies_of(work, package),
        base_plan=plans.get(package.parent_plan_id) if package.parent_plan_id else None,
        ancestors=plans,
        compatible_addons=published | await work.packages.latest(PackageType.Addon, others),
    )


async def _apply(
    work: UnitOfWork, published: Published, *, runtime: Runtime
) -> list[tuple[Package, Package | None]]:
    """Save the published version and what follows; all new versions, each with the one before."""
    package, superseded = published.package, published.superseded
    if superseded is None:
        await work.packages.save_headers(package)
        return [(package, None)]
    if package.type is not PackageType.Plan:
        await work.packages.save_headers(package, superseded)
        return [(package, superseded)]
    plans = await work.packages.locked_of_product(PackageType.Plan, package.product_id)
    follow = cascade(published, plans=plans, new_id=runtime.ids.new_uuid, now=runtime.clock())
    await work.packages.save_headers(package, superseded, *follow.superseded, *follow.drafts)
    if follow.versions:
        await work.packages.save(*follow.versions)
    old = {one.ref_id: one for one in follow.superseded}
    return [(package, superseded), *((one, old.get(one.ref_id)) for one in follow.versions)]


async def archive_package(type_: PackageType, id: str, *, runtime: Runtime) -> Package:
    """The lineage's latest row as ARCHIVED; twice changes nothing."""
    async with runtime.new_unit_of_work() as work:
        _, lineage = await require_lineage(work, type_, id)
        users = await work.packages.users_of(lineage.latest)
        archived = archive(lineage, users, now=runtime.clock())
        if archived != lineage.latest:
            await work.packages.save_headers(archived)
            tell(work, archived, "DELETED", lineage.latest)
        await work.commit()
    return archived


async def unarchive_package(type_: PackageType, id: str, *, runtime: Runtime) -> Package:
    """The lineage's latest row as PUBLISHED again; a live one stays as it is."""
    async with runtime.new_unit_of_work() as work:
        _, lineage = await require_lineage(work, type_, id)
        live = unarchive(lineage.latest, now=runtime.clock())
        if live != lineage.latest:
            await work.packages.save_headers(live)
        await work.commit()
    return live
