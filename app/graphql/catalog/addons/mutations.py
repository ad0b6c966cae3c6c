"""Mutation fields of add-ons."""

import strawberry

from app.graphql.catalog.addons.inputs import (
    AddonArchiveInput,
    AddonCreateInput,
    AddonUnArchiveInput,
    AddonUpdateInput,
)
from app.graphql.catalog.addons.mapping import (
    addon_to_graphql,
    create_addon_from_graphql,
    update_addon_from_graphql,
)
from app.graphql.catalog.addons.types import Addon
from app.graphql.context import Info
from app.graphql.given import changing
from app.usecases.packages import authoring, versions
from domain.catalog.model import PackageType


@strawberry.type
class AddonsMutation:
    @strawberry.mutation
    async def archive_addon(self, info: Info, input: AddonArchiveInput) -> Addon:
        runtime = changing(info, input.environment_id)
        addon = await versions.archive_package(PackageType.Addon, input.ref_id, runtime=runtime)
        return addon_to_graphql(addon)

    @strawberry.mutation
    async def create_one_addon(self, info: Info, input: AddonCreateInput) -> Addon:
        runtime = changing(info, input.environment_id)
        command = create_addon_from_graphql(input)
        return addon_to_graphql(await authoring.create_package(command, runtime=runtime))

    @strawberry.mutation
    async def unarchive_addon(self, info: Info, input: AddonUnArchiveInput) -> Addon:
        runtime = changing(info, input.environment_id)
        addon = await versions.unarchive_package(PackageType.Addon, input.id, runtime=runtime)
        return addon_to_graphql(addon)

    @strawberry.mutation
    async def update_one_addon(self, info: Info, input: AddonUpdateInput) -> Addon:
        command = update_addon_from_graphql(input)
        return addon_to_graphql(await authoring.update_package(command, runtime=changing(info)))
