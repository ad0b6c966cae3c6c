"""Query fields of customers."""

import strawberry

from app.graphql.context import Info
from app.graphql.customers.inputs import GetCustomerByRefIdInput
from app.graphql.customers.listing import (
    ANY_CUSTOMER,
    ANY_CUSTOMER_RESOURCE,
    ANY_PROMOTIONAL_ENTITLEMENT,
    NEWEST_CUSTOMER,
    NEWEST_CUSTOMER_RESOURCE,
    NEWEST_PROMOTIONAL_ENTITLEMENT,
    CustomerConnection,
    CustomerFilter,
    CustomerResourceConnection,
    CustomerResourceFilter,
    CustomerResourceSort,
    CustomerSort,
    PromotionalEntitlementConnection,
    PromotionalEntitlementFilter,
    PromotionalEntitlementSort,
)
from app.graphql.customers.mapping import customer_to_graphql, resource_to_graphql
from app.graphql.customers.promotional import promotional_to_graphql
from app.graphql.customers.types import Customer
from app.graphql.given import runtime_for
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection
from app.usecases import customers as usecases


@strawberry.type
class CustomersQuery:
    @strawberry.field
    async def customer_resources(
        self,
        info: Info,
        filter: CustomerResourceFilter | None = ANY_CUSTOMER_RESOURCE,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[CustomerResourceSort] | None = NEWEST_CUSTOMER_RESOURCE,
    ) -> CustomerResourceConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.customers.resource_page(query)
        return to_connection(CustomerResourceConnection, page, resource_to_graphql)

    @strawberry.field
    async def customers(
        self,
        info: Info,
        filter: CustomerFilter | None = ANY_CUSTOMER,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[CustomerSort] | None = NEWEST_CUSTOMER,
    ) -> CustomerConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        runtime = info.context.runtime
        page = await runtime.readers.customers.page(query, now=runtime.clock())
        return to_connection(CustomerConnection, page, customer_to_graphql)

    @strawberry.field
    async def get_customer_by_ref_id(
        self, info: Info, input: GetCustomerByRefIdInput
    ) -> Customer | None:
        runtime = runtime_for(info, input.environment_id)
        found = await usecases.find_customer(input.customer_id, runtime=runtime)
        return None if found is None else customer_to_graphql(found)

    @strawberry.field
    async def promotional_entitlements(
        self,
        info: Info,
        filter: PromotionalEntitlementFilter | None = ANY_PROMOTIONAL_ENTITLEMENT,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[PromotionalEntitlementSort] | None = NEWEST_PROMOTIONAL_ENTITLEMENT,
    ) -> PromotionalEntitlementConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        runtime = info.context.runtime
        page = await runtime.readers.entitlements.promotional_page(query, now=runtime.clock())
        return to_connection(
            PromotionalEntitlementConnection,
            page,
            lambda grant: promotional_to_graphql(grant, info),
        )
