"""Output types of package groups."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog.addons.listing import ANY_ADDON, NEWEST_ADDON, AddonFilter, AddonSort
from app.graphql.catalog.groups.enums import PackageGroupStatus
from app.graphql.context import Info
from app.graphql.resolvers import environment_id
from domain.catalog import model
from domain.catalog.paywall import PriceView

if TYPE_CHECKING:
    from app.graphql.catalog.addons.types import Addon
    from app.graphql.catalog.products.types import Product

AddonRef = Annotated["Addon", strawberry.lazy("app.graphql.catalog.addons.types")]
ProductRef = Annotated["Product", strawberry.lazy("app.graphql.catalog.products.types")]


@strawberry.type
class AddonAssociatedPackageGroup:
    display_name: str
    package_group_id: str


@strawberry.type
class PackageGroup:
    source: strawberry.Private[model.PackageGroup]
    created_at: datetime
    description: str | None
    display_name: str
    environment_id: UUID = strawberry.field(resolver=environment_id)
    is_latest: bool
    package_group_id: str
    product_id: str | None
    status: PackageGroupStatus
    updated_at: datetime
    version_number: int

    @strawberry.field
    async def product(self, info: Info) -> ProductRef:
        from app.graphql.catalog.products.nested import product

        return await product(info, self.source.product_id)

    @strawberry.field
    async def addons(
        self,
        info: Info,
        filter: AddonFilter | None = ANY_ADDON,
        sorting: list[AddonSort] | None = NEWEST_ADDON,
    ) -> list[AddonRef] | None:
        from app.graphql.catalog.addons.mapping import addons_named

        return await addons_named(info, self.source.addon_ref_ids, filter=filter, sorting=sorting)


@strawberry.type
class PlanCompatiblePackageGroupOptions:
    free_items: float | None
    min_items: float | None


@strawberry.type
class PlanCompatiblePackageGroups:
    source: strawberry.Private[model.PackageGroup]
    view: strawberry.Private[PriceView | None] = None  # set on a paywall
    created_at: datetime
    description: str | None
    display_name: str
    environment_id: str
    is_latest: bool
    options: PlanCompatiblePackageGroupOptions
    package_group_id: str
    product_id: str | None
    status: PackageGroupStatus
    updated_at: datetime
    version_number: int

    @strawberry.field
    async def addons(self, info: Info) -> list[AddonRef] | None:
        from app.graphql.catalog.addons.mapping import addons_named

        return await addons_named(info, self.source.addon_ref_ids, view=self.view)

    @strawberry.field
    async def product(self, info: Info) -> ProductRef:
        from app.graphql.catalog.products.nested import product

        return await product(info, self.source.product_id)
