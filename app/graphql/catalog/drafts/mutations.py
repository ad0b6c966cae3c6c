"""Mutation fields of drafts, publishing and their differences."""

from uuid import UUID

import strawberry

from app.graphql.catalog.addons.mapping import addon_to_graphql
from app.graphql.catalog.addons.types import Addon
from app.graphql.catalog.drafts.inputs import (
    DiscardPackageDraftInput,
    PackagePublishInput,
    RollbackPackageInput,
)
from app.graphql.catalog.drafts.types import PublishPackageResult
from app.graphql.catalog.plans.mapping import plan_to_graphql
from app.graphql.catalog.plans.types import Plan
from app.graphql.context import Info
from app.graphql.given import changing
from app.usecases.packages import versions
from domain.catalog import model
from domain.catalog.model import PackageType


@strawberry.type
class DraftsMutation:
    @strawberry.mutation
    async def create_addon_draft(self, info: Info, id: UUID) -> Addon:
        return addon_to_graphql(await _draft(info, PackageType.Addon, id))

    @strawberry.mutation
    async def create_empty_addon_draft(self, info: Info, id: UUID) -> Addon:
        return addon_to_graphql(await _draft(info, PackageType.Addon, id, empty=True))

    @strawberry.mutation
    async def create_empty_plan_draft(self, info: Info, id: UUID) -> Plan:
        return plan_to_graphql(await _draft(info, PackageType.Plan, id, empty=True))

    @strawberry.mutation
    async def create_plan_draft(self, info: Info, id: UUID) -> Plan:
        return plan_to_graphql(await _draft(info, PackageType.Plan, id))

    @strawberry.mutation
    async def publish_addon(self, info: Info, input: PackagePublishInput) -> PublishPackageResult:
        return await _published(info, PackageType.Addon, input)

    @strawberry.mutation
    async def publish_plan(self, info: Info, input: PackagePublishInput) -> PublishPackageResult:
        return await _published(info, PackageType.Plan, input)

    @strawberry.mutation
    async def remove_addon_draft(self, info: Info, input: DiscardPackageDraftInput) -> str:
        runtime = changing(info, input.environment_id)
        return await versions.remove_draft(PackageType.Addon, input.ref_id, runtime=runtime)

    @strawberry.mutation
    async def remove_plan_draft(self, info: Info, input: DiscardPackageDraftInput) -> str:
        runtime = changing(info, input.environment_id)
        return await versions.remove_draft(PackageType.Plan, input.ref_id, runtime=runtime)

    @strawberry.mutation
    async def rollback_addon(self, info: Info, input: RollbackPackageInput) -> Addon:
        return addon_to_graphql(await _rolled_back(info, PackageType.Addon, input))

    @strawberry.mutation
    async def rollback_plan(self, info: Info, input: RollbackPackageInput) -> Plan:
        return plan_to_graphql(await _rolled_back(info, PackageType.Plan, input))


async def _draft(info: Info, type_: PackageType, id: UUID, *, empty: bool = False) -> model.Package:
    return await versions.create_draft(type_, str(id), empty=empty, runtime=changing(info))


async def _published(
    info: Info, type_: PackageType, input: PackagePublishInput
) -> PublishPackageResult:
    command = versions.PublishPackage(type=type_, id=str(input.id), migration=input.migration_type)
    task_id = await versions.publish_package(command, runtime=changing(info))
    return PublishPackageResult(task_id=None if task_id is None else str(task_id))


async def _rolled_back(
    info: Info, type_: PackageType, input: RollbackPackageInput
) -> model.Package:
    runtime = changing(info, input.environment_id)
    return await versions.rollback(type_, input.ref_id, input.version_number, runtime=runtime)
