"""Operations on package groups: every edit is a new version. Source: spec, catalog §4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.ports import Runtime, UnitOfWork
from app.usecases.catalog.events import package_group_event
from domain.catalog.groups import (
    NewPackageGroup,
    archive_package_group,
    create_package_group,
    package_group_not_found,
    rename_package_group,
    require_group_addons,
    set_group_addons,
)
from domain.catalog.model import PackageGroup, PackageType
from domain.catalog.products import product_not_found
from domain.errors import duplicate
from domain.patch import ABSENT, Maybe


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePackageGroup:
    """A package group; the product by UUID or refId."""

    package_group_id: str
    product_id: str
    display_name: str
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamePackageGroup:
    """Another name and, unless absent, another description for a group."""

    package_group_id: str
    display_name: str
    description: Maybe[str | None] = ABSENT


async def create(command: CreatePackageGroup, *, runtime: Runtime) -> PackageGroup:
    """Make a group, published at once and empty.

    Raises ProductNotFoundError, DuplicatedEntityNotAllowed.
    """
    async with runtime.new_unit_of_work() as work:
        product = await work.products.by_any_id(command.product_id)
        if product is None:
            raise product_not_found(command.product_id)
        group = create_package_group(
            NewPackageGroup(
                package_group_id=command.package_group_id,
                product_id=product.id,
                display_name=command.display_name,
                description=command.description,
            ),
            id=runtime.ids.new_uuid(),
            now=runtime.clock(),
        )
        if await work.package_groups.latest([group.package_group_id]):
            raise duplicate("PackageGroup", group.package_group_id)
        await work.package_groups.add(group)
        work.publish(package_group_event("CREATED", group))
        await work.commit()
    return group


async def rename(command: RenamePackageGroup, *, runtime: Runtime) -> PackageGroup:
    """Make the next version, with another name and description."""
    async with runtime.new_unit_of_work() as work:
        group = await _get(command.package_group_id, work=work)
        renamed = rename_package_group(
            group,
            display_name=command.display_name,
            description=command.description,
            id=runtime.ids.new_uuid(),
            now=runtime.clock(),
        )
        await work.package_groups.add(renamed)
        work.publish(package_group_event("UPDATED", renamed, group))
        await work.commit()
    return renamed


async def set_addons(identifier: str, addons: Sequence[str], *, runtime: Runtime) -> PackageGroup:
    """Make the next version, with exactly these add-ons.

    Raises AddonsNotFound, BadUserInput (another product), EntityIsArchivedError.
    """
    async with runtime.new_unit_of_work() as work:
        group = await _get(identifier, work=work)
        found = await work.packages.latest_by_any_ids(PackageType.Addon, addons)
        changed = set_group_addons(
            group,
            require_group_addons(group, addons, found),
            id=runtime.ids.new_uuid(),
            now=runtime.clock(),
        )
        await work.package_groups.add(changed)
        work.publish(package_group_event("UPDATED", changed, group))
        await work.commit()
    return changed


async def archive(identifier: str, *, runtime: Runtime) -> PackageGroup:
    """Archive the latest version."""
    async with runtime.new_unit_of_work() as work:
        group = await _get(identifier, work=work)
        archived = archive_package_group(group, now=runtime.clock())
        if archived is not group:
            await work.package_groups.save(archived)
            work.publish(package_group_event("UPDATED", archived, group))
            await work.commit()
    return archived


async def find(identifier: str, *, version_number: int | None, runtime: Runtime) -> PackageGroup:
    """The latest or the given version of a group, or PackageGroupNotFound."""
    readers = runtime.readers
    group = (await readers.package_groups.latest([identifier])).get(identifier)
    if group is not None and version_number is not None:
        group = await readers.package_groups.version(group.package_group_id, version_number)
    if group is None:
        raise package_group_not_found(identifier)
    return group


async def _get(identifier: str, *, work: UnitOfWork) -> PackageGroup:
    group = await work.package_groups.lock(identifier)
    if group is None:
        raise package_group_not_found(identifier)
    return group
