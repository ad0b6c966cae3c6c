"""Query fields of drafts, publishing and their differences."""

import strawberry

from app.graphql.catalog.addons.listing import AddonVersionsConnection
from app.graphql.catalog.addons.mapping import addon_to_graphql
from app.graphql.catalog.packages.inputs import GetPackageByRefIdInput
from app.graphql.catalog.plans.listing import PlanVersionsConnection
from app.graphql.catalog.plans.mapping import plan_to_graphql
from app.graphql.context import Info
from app.graphql.given import runtime_for
from app.graphql.paging import CursorPaging, is_selected, page_request, to_connection
from domain.catalog.model import Package, PackageType
from domain.listing import EVERYTHING, ListQuery, Order, Page, SortDirection

_NEWEST_VERSION_FIRST = (Order(field="versionNumber", direction=SortDirection.DESC),)


@strawberry.type
class DraftsQuery:
    @strawberry.field
    async def addon_versions(
        self,
        info: Info,
        input: GetPackageByRefIdInput,
        paging: CursorPaging | None = strawberry.UNSET,
    ) -> AddonVersionsConnection:
        page = await _versions(info, PackageType.Addon, input, paging)
        return to_connection(AddonVersionsConnection, page, addon_to_graphql)

    @strawberry.field
    async def plan_versions(
        self,
        info: Info,
        input: GetPackageByRefIdInput,
        paging: CursorPaging | None = strawberry.UNSET,
    ) -> PlanVersionsConnection:
        page = await _versions(info, PackageType.Plan, input, paging)
        return to_connection(PlanVersionsConnection, page, plan_to_graphql)


async def _versions(
    info: Info, type_: PackageType, input: GetPackageByRefIdInput, paging: CursorPaging | None
) -> Page[Package]:
    """The lineage's versions, newest first, an open draft among them (no implicit filter)."""
    runtime = runtime_for(info, input.environment_id)
    query = ListQuery(
        predicate=EVERYTHING,
        orders=_NEWEST_VERSION_FIRST,
        page=page_request(paging),
        wants_total=is_selected(info, "totalCount"),
    )
    return await runtime.readers.packages.versions_page(type_, input.ref_id, query)
