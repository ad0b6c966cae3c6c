"""Output types of add-ons."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog import relations
from app.graphql.catalog.packages.enums import PackageStatus, PricingType, WidgetType
from app.graphql.catalog.packages.shared import EntitledRelations
from app.graphql.catalog.prices.enums import OverageBillingPeriod
from app.graphql.catalog.prices.listing import ANY_PRICE, NEWEST_PRICE, PriceFilter, PriceSort
from app.graphql.catalog.prices.types import Price
from app.graphql.context import Info
from app.graphql.resolvers import environment_id, required_environment
from app.graphql.scalars import JSON

if TYPE_CHECKING:
    from app.graphql.accounts.types import Environment
    from app.graphql.catalog.groups.types import AddonAssociatedPackageGroup
    from app.graphql.catalog.products.types import Product
    from app.graphql.integrations.types import SyncState

AddonAssociatedPackageGroupRef = Annotated[
    "AddonAssociatedPackageGroup", strawberry.lazy("app.graphql.catalog.groups.types")
]
EnvironmentRef = Annotated["Environment", strawberry.lazy("app.graphql.accounts.types")]
ProductRef = Annotated["Product", strawberry.lazy("app.graphql.catalog.products.types")]
SyncStateRef = Annotated["SyncState", strawberry.lazy("app.graphql.integrations.types")]


@strawberry.type
class Addon(EntitledRelations):
    additional_meta_data: JSON | None
    billing_id: str | None
    billing_link_url: str | None
    created_at: datetime | None
    description: str | None
    display_name: str
    environment: EnvironmentRef = strawberry.field(resolver=required_environment)
    environment_id: UUID = strawberry.field(resolver=environment_id)
    hidden_from_widgets: list[WidgetType] | None
    id: UUID
    is_latest: bool | None
    max_quantity: float | None
    overage_billing_period: OverageBillingPeriod | None
    pricing_type: PricingType | None
    product_id: str | None
    ref_id: str
    status: PackageStatus
    sync_states: list[SyncStateRef] | None
    type: str
    updated_at: datetime | None
    version_number: int

    @strawberry.field
    async def dependencies(self, info: Info) -> "list[Addon] | None":
        from app.graphql.catalog.addons.mapping import addons_named

        return await addons_named(info, self.source.dependency_ref_ids)

    @strawberry.field
    async def has_subscriptions(self, info: Info) -> bool:
        return bool(await info.context.loaders.subscribed_addons.load(self.source.ref_id))

    @strawberry.field
    async def prices(
        self,
        info: Info,
        filter: PriceFilter | None = ANY_PRICE,
        sorting: list[PriceSort] | None = NEWEST_PRICE,
    ) -> list[Price] | None:
        from app.graphql.catalog.addons.mapping import prices_of_addon

        return await prices_of_addon(info, self.source, filter=filter, sorting=sorting)

    @strawberry.field
    async def product(self, info: Info) -> ProductRef | None:
        return await relations.product_of(info, self.source.product_id)


@strawberry.type
class AddonAssociatedPlan:
    display_name: str
    ref_id: str
    status: PackageStatus
    version_number: float


@strawberry.type
class AddonAssociatedEntities:
    package_groups: list[AddonAssociatedPackageGroupRef]
    plans: list[AddonAssociatedPlan]
