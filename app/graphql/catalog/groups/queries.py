"""Query fields of package groups."""

import strawberry

from app.graphql.catalog.groups.inputs import GetPackageGroup
from app.graphql.catalog.groups.listing import (
    ANY_PACKAGE_GROUP,
    NEWEST_PACKAGE_GROUP,
    PackageGroupConnection,
    PackageGroupFilter,
    PackageGroupSort,
)
from app.graphql.catalog.groups.mapping import package_group_to_graphql
from app.graphql.catalog.groups.types import PackageGroup
from app.graphql.context import Info
from app.graphql.given import given, runtime_for
from app.graphql.numbers import version_number
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection
from app.usecases.catalog import package_groups


@strawberry.type
class GroupsQuery:
    @strawberry.field
    async def get_package_group(self, info: Info, input: GetPackageGroup) -> PackageGroup:
        number = given(input.version_number)
        group = await package_groups.find(
            input.package_group_id,
            version_number=None if number is None else version_number(number),
            runtime=runtime_for(info, input.environment_id),
        )
        return package_group_to_graphql(group)

    @strawberry.field
    async def package_group(self, info: Info, id: strawberry.ID) -> PackageGroup | None:
        found = await info.context.loaders.package_groups.load(str(id))
        return None if found is None else package_group_to_graphql(found)

    @strawberry.field
    async def package_groups(
        self,
        info: Info,
        filter: PackageGroupFilter | None = ANY_PACKAGE_GROUP,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[PackageGroupSort] | None = NEWEST_PACKAGE_GROUP,
    ) -> PackageGroupConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.package_groups.page(query)
        return to_connection(PackageGroupConnection, page, package_group_to_graphql)
