"""Mutation fields of package groups."""

import strawberry

from app.graphql.catalog.groups.inputs import (
    ArchivePackageGroup,
    CreatePackageGroup,
    EditPackageGroupDetailsInput,
    SetPackageGroupAddons,
    SetPlanCompatiblePackageGroups,
)
from app.graphql.catalog.groups.mapping import (
    offered_group_from_graphql,
    package_group_to_graphql,
)
from app.graphql.catalog.groups.types import PackageGroup
from app.graphql.catalog.plans.mapping import plan_to_graphql
from app.graphql.catalog.plans.types import Plan
from app.graphql.context import Info
from app.graphql.given import changing, given, maybe
from app.usecases.catalog import package_groups
from app.usecases.packages import group_links


@strawberry.type
class GroupsMutation:
    @strawberry.mutation
    async def archive_package_group(self, info: Info, input: ArchivePackageGroup) -> PackageGroup:
        runtime = changing(info, input.environment_id)
        group = await package_groups.archive(input.package_group_id, runtime=runtime)
        return package_group_to_graphql(group)

    @strawberry.mutation
    async def create_package_group(self, info: Info, input: CreatePackageGroup) -> PackageGroup:
        command = package_groups.CreatePackageGroup(
            package_group_id=input.package_group_id,
            product_id=input.product_id,
            display_name=input.display_name,
            description=given(input.description),
        )
        runtime = changing(info, input.environment_id)
        return package_group_to_graphql(await package_groups.create(command, runtime=runtime))

    @strawberry.mutation
    async def edit_package_group(
        self, info: Info, input: EditPackageGroupDetailsInput
    ) -> PackageGroup:
        command = package_groups.RenamePackageGroup(
            package_group_id=input.package_group_id,
            display_name=input.display_name,
            description=maybe(input.description),
        )
        runtime = changing(info, input.environment_id)
        return package_group_to_graphql(await package_groups.rename(command, runtime=runtime))

    @strawberry.mutation
    async def set_compatible_package_groups(
        self, info: Info, input: SetPlanCompatiblePackageGroups
    ) -> Plan:
        groups = tuple(offered_group_from_graphql(group) for group in input.package_groups)
        runtime = changing(info, input.environment_id)
        return plan_to_graphql(
            await group_links.set_package_groups(input.id, groups, runtime=runtime)
        )

    @strawberry.mutation
    async def set_package_group_addons(
        self, info: Info, input: SetPackageGroupAddons
    ) -> PackageGroup:
        runtime = changing(info, input.environment_id)
        group = await package_groups.set_addons(
            input.package_group_id, input.addons, runtime=runtime
        )
        return package_group_to_graphql(group)
