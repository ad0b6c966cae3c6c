"""Mutation fields of packages (plan or add-on)."""

import strawberry

from app.graphql.catalog.entitlements.mapping import (
    feature_entitlement_to_graphql,
    given_feature_from_graphql,
)
from app.graphql.catalog.entitlements.types import PackageEntitlement
from app.graphql.catalog.packages.inputs import (
    LinkFeatureGroupToPackageInput,
    MigratePackageFeatureGroupsToLatestInput,
    RemoveFeatureGroupFromPackageInput,
    UnlinkFeatureGroupFromPackageInput,
)
from app.graphql.context import Info
from app.graphql.given import changing
from app.usecases.packages import group_links
from domain.catalog.model import Package


def _entitlements(package: Package) -> list[PackageEntitlement]:
    return [feature_entitlement_to_graphql(e, package.id) for e in package.feature_entitlements]


@strawberry.type
class PackagesMutation:
    @strawberry.mutation
    async def link_feature_group_to_package(
        self, info: Info, input: LinkFeatureGroupToPackageInput
    ) -> list[PackageEntitlement]:
        runtime = changing(info, input.environment_id)
        return _entitlements(
            await group_links.link(input.feature_group_id, input.package_id, runtime=runtime)
        )

    @strawberry.mutation
    async def migrate_package_feature_groups_to_latest(
        self, info: Info, input: MigratePackageFeatureGroupsToLatestInput
    ) -> bool:
        runtime = changing(info, input.environment_id)
        given = tuple(given_feature_from_graphql(one) for one in input.entitlements)
        await group_links.migrate(input.package_id, given, runtime=runtime)
        return True

    @strawberry.mutation
    async def remove_feature_group_from_package(
        self, info: Info, input: RemoveFeatureGroupFromPackageInput
    ) -> list[PackageEntitlement]:
        runtime = changing(info, input.environment_id)
        return _entitlements(
            await group_links.remove(input.feature_group_id, input.package_id, runtime=runtime)
        )

    @strawberry.mutation
    async def unlink_feature_group_from_package(
        self, info: Info, input: UnlinkFeatureGroupFromPackageInput
    ) -> list[PackageEntitlement]:
        runtime = changing(info, input.environment_id)
        return _entitlements(
            await group_links.unlink(input.feature_group_id, input.package_id, runtime=runtime)
        )
