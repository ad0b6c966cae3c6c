"""Mutation fields of plans."""

import strawberry

from app.graphql.catalog.plans.inputs import (
    AddCompatibleAddonsToPlanInput,
    ArchivePlanInput,
    PlanCreateInput,
    PlanUpdateInput,
    RemoveBasePlanFromPlanInput,
    RemoveCompatibleAddonsFromPlanInput,
    SetBasePlanOnPlanInput,
    SetCompatibleAddonsOnPlanInput,
    UnArchivePlanInput,
)
from app.graphql.catalog.plans.mapping import (
    create_plan_from_graphql,
    plan_to_graphql,
    update_plan_from_graphql,
)
from app.graphql.catalog.plans.types import Plan
from app.graphql.context import Info
from app.graphql.given import changing, given
from app.usecases.packages import authoring, versions
from domain.catalog.model import PackageType
from domain.errors import bad_input


@strawberry.type
class PlansMutation:
    @strawberry.mutation
    async def add_compatible_addons_to_plan(
        self, info: Info, input: AddCompatibleAddonsToPlanInput
    ) -> Plan:
        plan = await authoring.set_compatible_addons(
            input.id, added=tuple(input.relation_ids), runtime=changing(info)
        )
        return plan_to_graphql(plan)

    @strawberry.mutation
    async def archive_plan(self, info: Info, input: ArchivePlanInput) -> Plan:
        id = given(input.id) or given(input.ref_id)
        if id is None:
            raise bad_input("archivePlan needs id or refId")
        runtime = changing(info, input.environment_id)
        return plan_to_graphql(
            await versions.archive_package(PackageType.Plan, id, runtime=runtime)
        )

    @strawberry.mutation
    async def create_one_plan(self, info: Info, input: PlanCreateInput) -> Plan:
        runtime = changing(info, input.environment_id)
        command = create_plan_from_graphql(input)
        return plan_to_graphql(await authoring.create_package(command, runtime=runtime))

    @strawberry.mutation
    async def remove_base_plan_from_plan(
        self, info: Info, input: RemoveBasePlanFromPlanInput
    ) -> Plan:
        return plan_to_graphql(await authoring.remove_base_plan(input.id, runtime=changing(info)))

    @strawberry.mutation
    async def remove_compatible_addons_from_plan(
        self, info: Info, input: RemoveCompatibleAddonsFromPlanInput
    ) -> Plan:
        plan = await authoring.set_compatible_addons(
            input.id, removed=tuple(input.relation_ids), runtime=changing(info)
        )
        return plan_to_graphql(plan)

    @strawberry.mutation
    async def set_base_plan_on_plan(self, info: Info, input: SetBasePlanOnPlanInput) -> Plan:
        plan = await authoring.set_base_plan(input.id, input.relation_id, runtime=changing(info))
        return plan_to_graphql(plan)

    @strawberry.mutation
    async def set_compatible_addons_on_plan(
        self, info: Info, input: SetCompatibleAddonsOnPlanInput
    ) -> Plan:
        plan = await authoring.set_compatible_addons(
            input.id, exactly=tuple(input.relation_ids), runtime=changing(info)
        )
        return plan_to_graphql(plan)

    @strawberry.mutation
    async def unarchive_plan(self, info: Info, input: UnArchivePlanInput) -> Plan:
        runtime = changing(info, input.environment_id)
        plan = await versions.unarchive_package(PackageType.Plan, input.id, runtime=runtime)
        return plan_to_graphql(plan)

    @strawberry.mutation
    async def update_one_plan(self, info: Info, input: PlanUpdateInput) -> Plan:
        command = update_plan_from_graphql(input)
        return plan_to_graphql(await authoring.update_package(command, runtime=changing(info)))
