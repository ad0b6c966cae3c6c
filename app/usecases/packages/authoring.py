"""Creating and editing drafts of plans and add-ons: fields and relations.

Source: spec, catalog §4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.ports import Runtime, UnitOfWork
from app.usecases.packages.resolving import require_latest, require_lineage, require_product
from domain.catalog.model import Package, PackageType
from domain.catalog.packages import (
    NewPackage,
    edited,
    new_package,
    with_base_plan,
    with_compatible_addons,
    with_dependencies,
)
from domain.catalog.text import free_ref_id
from domain.ids import PackageId


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePackage:
    """A new lineage; `new.ref_id` None = to be made from the display name."""

    new: NewPackage
    product_id: str
    parent_plan_id: str | None = None
    dependencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePackage:
    """Changes of a draft's fields (see `domain.catalog.packages.edited`) and relations."""

    type: PackageType
    id: str
    changes: Mapping[str, object] = field(default_factory=dict)
    sets_parent: bool = False
    parent_plan_id: str | None = None
    dependencies: tuple[str, ...] | None = None


async def create_package(command: CreatePackage, *, runtime: Runtime) -> Package:
    """A DRAFT v1. A taken refId raises DuplicatedEntityNotAllowed."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        product = await require_product(work, command.product_id)
        given = command.new
        if given.ref_id is None:
            given = await _with_ref_id(work, given)
        package = new_package(given, product=product, id=PackageId(runtime.ids.new_uuid()), now=now)
        if command.parent_plan_id is not None:
            package = await _on_base(work, package, command.parent_plan_id, runtime=runtime)
        if command.dependencies:
            package = await _needing(work, package, command.dependencies, runtime=runtime)
        await work.packages.add(package)
        await work.commit()
    return package


async def _with_ref_id(work: UnitOfWork, given: NewPackage) -> NewPackage:
    prefix = given.type.value.lower()
    taken = await work.packages.taken_ref_ids(given.type, f"{prefix}-")
    ref_id = free_ref_id(prefix, given.display_name, taken=taken)
    return replace(given, ref_id=ref_id)


async def update_package(command: UpdatePackage, *, runtime: Runtime) -> Package:
    """The draft with the changes. Raises CannotEditPackageInNonDraftMode."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        package, _ = await require_lineage(work, command.type, command.id)
        package = edited(package, command.changes, now=now)
        if command.sets_parent:
            package = await _on_base(work, package, command.parent_plan_id, runtime=runtime)
        if command.dependencies is not None:
            package = await _needing(work, package, command.dependencies, runtime=runtime)
        await work.packages.save(package)
        await work.commit()
    return package


async def _on_base(
    work: UnitOfWork, plan: Package, base_id: str | None, *, runtime: Runtime
) -> Package:
    now = runtime.clock()
    if base_id is None:
        return with_base_plan(plan, None, ancestors={}, now=now)
    [base] = await require_latest(work, PackageType.Plan, [base_id])
    ancestors = await work.packages.with_ancestors([base.id])
    return with_base_plan(plan, base, ancestors=ancestors, now=now)


async def _needing(
    work: UnitOfWork, addon: Package, ids: tuple[str, ...], *, runtime: Runtime
) -> Package:
    dependencies = await require_latest(work, PackageType.Addon, ids)
    others = await work.packages.of_product(PackageType.Addon, addon.product_id)
    # A draft's dependencies count before the published ones: they are what will be published.
    known = {p.ref_id: p for p in sorted(others, key=lambda p: p.version_number)}
    return with_dependencies(addon, dependencies, known=known, now=runtime.clock())


async def set_base_plan(plan_id: str, base_id: str, *, runtime: Runtime) -> Package:
    """The draft extending another plan of its product."""
    return await update_package(
        UpdatePackage(type=PackageType.Plan, id=plan_id, sets_parent=True, parent_plan_id=base_id),
        runtime=runtime,
    )


async def remove_base_plan(plan_id: str, *, runtime: Runtime) -> Package:
    """The draft extending nothing."""
    return await update_package(
        UpdatePackage(type=PackageType.Plan, id=plan_id, sets_parent=True), runtime=runtime
    )


async def set_compatible_addons(
    plan_id: str,
    *,
    runtime: Runtime,
    exactly: tuple[str, ...] | None = None,
    added: tuple[str, ...] = (),
    removed: tuple[str, ...] = (),
) -> Package:
    """The draft offering `exactly` these add-ons, or its own with some added or removed."""
    async with runtime.new_unit_of_work() as work:
        plan, _ = await require_lineage(work, PackageType.Plan, plan_id)
        own = plan.compatible_addon_ref_ids if exactly is None else ()
        named = await require_latest(work, PackageType.Addon, (exactly or ()) + added)
        leaving = await _ref_ids(work, removed)
        kept = await work.packages.latest(PackageType.Addon, own)
        addons = [kept[r] for r in own if r in kept and r not in leaving]
        plan = with_compatible_addons(plan, [*addons, *named], now=runtime.clock())
        await work.packages.save(plan)
        await work.commit()
    return plan


async def _ref_ids(work: UnitOfWork, identifiers: tuple[str, ...]) -> frozenset[str]:
    """What may leave a list: refIds as given, and those of known versions."""
    known = await work.packages.latest_by_any_ids(PackageType.Addon, identifiers)
    return frozenset(identifiers) | {p.ref_id for p in known.values()}
