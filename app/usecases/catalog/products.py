"""Operations on products. Source: spec, catalog §3."""

from __future__ import annotations

from collections.abc import Iterable

from app.ports import PackageSource, Runtime, UnitOfWork
from app.usecases.catalog.events import product_event
from domain.catalog.enums import PackageStatus
from domain.catalog.model import Package, PackageType, Product
from domain.catalog.products import (
    NewProduct,
    ProductChanges,
    archive_product,
    change_product,
    create_product,
    default_product,
    product_not_found,
    require_deletable_product,
    unarchive_product,
)
from domain.errors import Conflict, ErrorCode, not_found
from domain.ids import ProductId


async def create(new: NewProduct, *, runtime: Runtime) -> Product:
    """Make a product; a taken refId raises DuplicatedEntityNotAllowed."""
    product = create_product(new, id=ProductId(runtime.ids.new_uuid()), now=runtime.clock())
    async with runtime.new_unit_of_work() as work:
        await work.products.add(product)
        work.publish(product_event("CREATED", product))
        await work.commit()
    return product


async def make_default(runtime: Runtime, account_name: str) -> None:
    """Give a new environment its default product, named after the account, unless it has one."""
    async with runtime.new_unit_of_work() as work:
        if await work.products.default() is not None:
            return
        product = default_product(
            account_name, id=ProductId(runtime.ids.new_uuid()), now=runtime.clock()
        )
        if product.ref_id in await work.products.by_ref_ids([product.ref_id]):
            return
        try:
            await work.products.add(product)
        except Conflict:
            return  # another process starts at the same time and was first
        work.publish(product_event("CREATED", product))
        await work.commit()


async def update(identifier: str, changes: ProductChanges, *, runtime: Runtime) -> Product:
    """Change a product and its settings.

    Raises ProductNotFoundError, what `published_plans` raises of the plans that the settings
    name, and what `change_product` raises.
    """
    async with runtime.new_unit_of_work() as work:
        product = await _get(identifier, work=work)
        plans = await published_plans(changes.plan_ids, packages=work.packages)
        use = (await work.catalog_usage.products([product.id]))[product.id]
        changed = change_product(
            product,
            changes,
            plans=plans,
            products=await work.products.by_ids({plan.product_id for plan in plans.values()}),
            had_subscriptions=use.has_subscriptions,
            now=runtime.clock(),
        )
        await work.products.save(changed)
        work.publish(product_event("UPDATED", changed, product))
        await work.commit()
    return changed


async def archive(identifier: str, *, runtime: Runtime) -> Product:
    """Archive a product without live subscriptions."""
    async with runtime.new_unit_of_work() as work:
        product = await _get(identifier, work=work)
        use = (await work.catalog_usage.products([product.id]))[product.id]
        archived = archive_product(
            product, has_live_subscriptions=use.has_live_subscriptions, now=runtime.clock()
        )
        if archived is not product:
            await work.products.save(archived)
            work.publish(product_event("UPDATED", archived, product))
            await work.commit()
    return archived


async def unarchive(identifier: str, *, runtime: Runtime) -> Product:
    """Publish an archived product again; a live one raises CannotUnarchiveProductError."""
    async with runtime.new_unit_of_work() as work:
        product = await _get(identifier, work=work)
        live = unarchive_product(product, now=runtime.clock())
        await work.products.save(live)
        work.publish(product_event("UNARCHIVED", live, product))
        await work.commit()
    return live


async def delete(identifier: str, *, runtime: Runtime) -> Product:
    """Remove an empty product, else IntegrityViolation; returns what it was."""
    async with runtime.new_unit_of_work() as work:
        product = await _get(identifier, work=work)
        use = (await work.catalog_usage.products([product.id]))[product.id]
        require_deletable_product(product, is_referenced=use.is_referenced)
        await work.products.delete(product)
        work.publish(product_event("DELETED", product))
        await work.commit()
    return product


async def published_plans(
    identifiers: Iterable[str], *, packages: PackageSource
) -> dict[str, Package]:
    """The latest published version of each plan, named by any version's UUID or by refId.

    Raises PlanNotFound, UnPublishedPackage (only a draft so far), EntityIsArchivedError.
    """
    wanted = tuple(dict.fromkeys(identifiers))
    found = await packages.latest_by_any_ids(PackageType.Plan, wanted)
    return {identifier: _published(identifier, found.get(identifier)) for identifier in wanted}


def _published(identifier: str, latest: Package | None) -> Package:
    if latest is None:
        raise not_found(ErrorCode.PlanNotFound, "Plan", identifier, refId=identifier)
    if latest.status is PackageStatus.ARCHIVED:
        raise Conflict(ErrorCode.EntityIsArchivedError, f"Plan {latest.ref_id} is archived")
    if latest.status is not PackageStatus.PUBLISHED:
        raise Conflict(
            ErrorCode.UnPublishedPackage,
            f"Plan {latest.ref_id} is not published",
            nonPublishedPackageIds=[latest.ref_id],
            packageType=PackageType.Plan.value,
        )
    return latest


async def _get(identifier: str, *, work: UnitOfWork) -> Product:
    product = await work.products.lock(identifier)
    if product is None:
        raise product_not_found(identifier)
    return product
