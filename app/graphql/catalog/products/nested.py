"""The relations of products, through the request's loaders.

Areas know each other's types both ways, so mappings are imported where they are used.
"""

from typing import TYPE_CHECKING

from app.graphql.context import Info
from domain.catalog.model import PackageType, Product
from domain.ids import ProductId

if TYPE_CHECKING:
    from app.graphql.catalog.addons.types import Addon
    from app.graphql.catalog.packages.types import AutoCancellationRule
    from app.graphql.catalog.plans.types import Plan
    from app.graphql.catalog.products import types


async def product(info: Info, product_id: ProductId) -> "types.Product":
    """The product that a catalogue object belongs to."""
    from app.graphql.catalog.products.mapping import product_to_graphql

    found = await info.context.loaders.products.load(product_id)
    assert found is not None, f"product {product_id} vanished"
    return product_to_graphql(found)


async def plan(info: Info, ref_id: str | None) -> "Plan | None":
    """The latest published version of the plan that a setting names."""
    from app.graphql.catalog.plans.mapping import plan_to_graphql

    if ref_id is None:
        return None
    found = await info.context.loaders.published_plans.load(ref_id)
    return None if found is None else plan_to_graphql(found)


async def plan_id(info: Info, ref_id: str | None) -> str | None:
    """Its UUID."""
    if ref_id is None:
        return None
    found = await info.context.loaders.published_plans.load(ref_id)
    return None if found is None else str(found.id)


async def plans(info: Info, product: Product) -> "list[Plan]":
    """The latest version of each plan that is not archived, oldest lineage first."""
    from app.graphql.catalog.plans.mapping import plan_to_graphql

    found = await info.context.loaders.product_packages.load((PackageType.Plan, product.id))
    return [plan_to_graphql(plan) for plan in found]


async def addons(info: Info, product: Product) -> "list[Addon]":
    """The latest version of each add-on that is not archived, oldest lineage first."""
    from app.graphql.catalog.addons.mapping import addon_to_graphql

    found = await info.context.loaders.product_packages.load((PackageType.Addon, product.id))
    return [addon_to_graphql(addon) for addon in found]


async def auto_cancellation_rules(info: Info, product: Product) -> "list[AutoCancellationRule]":
    """The rules whose plans still exist, each plan in its latest version."""
    from app.graphql.catalog.packages.types import AutoCancellationRule
    from app.graphql.catalog.plans.mapping import plan_to_graphql

    rules = product.auto_cancellation_rules
    sources = await info.context.loaders.latest_plans.load_many(
        [rule.source_plan_ref_id for rule in rules]
    )
    targets = await info.context.loaders.latest_plans.load_many(
        [rule.target_plan_ref_id for rule in rules]
    )
    return [
        AutoCancellationRule(
            source_plan=plan_to_graphql(source), target_plan=plan_to_graphql(target)
        )
        for source, target in zip(sources, targets, strict=True)
        if source is not None and target is not None
    ]
