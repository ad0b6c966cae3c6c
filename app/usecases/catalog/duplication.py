"""Copying a product with all it sells. Source: spec, catalog §3."""

from __future__ import annotations

from dataclasses import dataclass

from app.ports import Runtime, UnitOfWork
from app.usecases.catalog.events import package_group_event, product_event
from domain.catalog.duplication import (
    DuplicateProduct,
    ProductContent,
    duplicate_product,
    require_free,
)
from domain.catalog.model import PackageType, Product
from domain.catalog.products import product_not_found


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyProduct:
    """The product to copy, by UUID or refId, and what the copy is called."""

    source_id: str
    copy: DuplicateProduct


async def copy_product(command: CopyProduct, *, runtime: Runtime) -> Product:
    """Copy the product, its unarchived packages as DRAFT v1, and its package groups.

    Raises ProductNotFoundError; DuplicateProductValidationError for any taken refId.
    """
    async with runtime.new_unit_of_work() as work:
        content = await _content(command.source_id, work=work)
        copy = duplicate_product(
            content, command.copy, new_id=runtime.ids.new_uuid, now=runtime.clock()
        )
        require_free(await _taken(copy, work=work))
        await work.products.add(copy.product)
        await work.packages.save(*copy.packages)
        for group in copy.groups:
            await work.package_groups.add(group)
            work.publish(package_group_event("CREATED", group))
        work.publish(product_event("CREATED", copy.product))
        await work.commit()
    return copy.product


async def _content(identifier: str, *, work: UnitOfWork) -> ProductContent:
    product = await work.products.by_any_id(identifier)
    if product is None:
        raise product_not_found(identifier)
    plans = await work.packages.latest_of_products(PackageType.Plan, [product.id])
    addons = await work.packages.latest_of_products(PackageType.Addon, [product.id])
    parents = {plan.parent_plan_id for plan in plans if plan.parent_plan_id is not None}
    return ProductContent(
        product=product,
        packages=(*plans, *addons),
        groups=await work.package_groups.of_product(product.id),
        parents=await work.packages.by_ids(parents),
    )


async def _taken(copy: ProductContent, *, work: UnitOfWork) -> list[str]:
    taken = list(await work.products.by_ref_ids([copy.product.ref_id]))
    for type_ in PackageType:
        wanted = [package.ref_id for package in copy.packages if package.type is type_]
        taken += await work.packages.latest(type_, wanted)
    taken += await work.package_groups.latest([group.package_group_id for group in copy.groups])
    return taken
