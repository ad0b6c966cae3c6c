"""Query fields of plans."""

import strawberry

from app.graphql.catalog.packages.inputs import (
    GetPackageByRefIdInput,
    SubscribedCustomersCountInput,
)
from app.graphql.catalog.packages.mapping import package_by_ref_id, subscribed_customers_count
from app.graphql.catalog.packages.types import SubscribedCustomersCountResult
from app.graphql.catalog.plans.listing import (
    ANY_PLAN,
    NEWEST_PLAN,
    PlanConnection,
    PlanFilter,
    PlanSort,
)
from app.graphql.catalog.plans.mapping import plan_to_graphql
from app.graphql.catalog.plans.types import Plan
from app.graphql.context import Info
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection
from domain.catalog.model import PackageType


@strawberry.type
class PlansQuery:
    @strawberry.field
    async def get_plan_by_ref_id(self, info: Info, input: GetPackageByRefIdInput) -> Plan | None:
        plan = await package_by_ref_id(info, PackageType.Plan, input)
        return None if plan is None else plan_to_graphql(plan)

    @strawberry.field
    async def plan_subscriptions_count(
        self, info: Info, input: SubscribedCustomersCountInput
    ) -> SubscribedCustomersCountResult:
        return await subscribed_customers_count(info, PackageType.Plan, input)

    @strawberry.field
    async def plans(
        self,
        info: Info,
        filter: PlanFilter | None = ANY_PLAN,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[PlanSort] | None = NEWEST_PLAN,
    ) -> PlanConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.packages.page(PackageType.Plan, query)
        return to_connection(PlanConnection, page, plan_to_graphql)
