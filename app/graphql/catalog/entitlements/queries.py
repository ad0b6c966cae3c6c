"""Query fields of package entitlements."""

import strawberry

from app.graphql.catalog.entitlements.listing import (
    ANY_PACKAGE_ENTITLEMENT,
    NEWEST_PACKAGE_ENTITLEMENT,
    PackageEntitlementConnection,
    PackageEntitlementFilter,
    PackageEntitlementSort,
)
from app.graphql.catalog.entitlements.mapping import feature_entitlement_to_graphql
from app.graphql.context import Info
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection


@strawberry.type
class PackageEntitlementsQuery:
    @strawberry.field
    async def package_entitlements(
        self,
        info: Info,
        filter: PackageEntitlementFilter | None = ANY_PACKAGE_ENTITLEMENT,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[PackageEntitlementSort] | None = NEWEST_PACKAGE_ENTITLEMENT,
    ) -> PackageEntitlementConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.packages.entitlements_page(query)
        return to_connection(
            PackageEntitlementConnection,
            page,
            lambda one: feature_entitlement_to_graphql(one[1], one[0]),
        )
