"""Query fields of add-ons."""

import strawberry

from app.graphql.catalog.addons.inputs import AddonAssociatedEntitiesInput
from app.graphql.catalog.addons.listing import (
    ANY_ADDON,
    NEWEST_ADDON,
    AddonConnection,
    AddonFilter,
    AddonSort,
)
from app.graphql.catalog.addons.mapping import addon_to_graphql, associated_entities_of
from app.graphql.catalog.addons.types import Addon, AddonAssociatedEntities
from app.graphql.catalog.packages.inputs import (
    GetPackageByRefIdInput,
    SubscribedCustomersCountInput,
)
from app.graphql.catalog.packages.mapping import package_by_ref_id, subscribed_customers_count
from app.graphql.catalog.packages.types import SubscribedCustomersCountResult
from app.graphql.context import Info
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection
from domain.catalog.model import PackageType


@strawberry.type
class AddonsQuery:
    @strawberry.field
    async def addon_associated_entities(
        self, info: Info, input: AddonAssociatedEntitiesInput
    ) -> AddonAssociatedEntities:
        return await associated_entities_of(info, input)

    @strawberry.field
    async def addon_subscriptions_count(
        self, info: Info, input: SubscribedCustomersCountInput
    ) -> SubscribedCustomersCountResult:
        return await subscribed_customers_count(info, PackageType.Addon, input)

    @strawberry.field
    async def addons(
        self,
        info: Info,
        filter: AddonFilter | None = ANY_ADDON,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[AddonSort] | None = NEWEST_ADDON,
    ) -> AddonConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.packages.page(PackageType.Addon, query)
        return to_connection(AddonConnection, page, addon_to_graphql)

    @strawberry.field
    async def get_addon_by_ref_id(self, info: Info, input: GetPackageByRefIdInput) -> Addon | None:
        addon = await package_by_ref_id(info, PackageType.Addon, input)
        return None if addon is None else addon_to_graphql(addon)
