"""Mutation fields of entitlements."""

import strawberry

from app.graphql.context import Info
from app.graphql.entitlements.inputs import EntitlementCheckRequested, RecalculateEntitlementsInput
from app.graphql.entitlements.mapping import check_made_from_graphql
from app.graphql.entitlements.types import RecalculateEntitlementsResult
from app.graphql.given import given, runtime_for
from app.usecases import entitlements as usecases
from app.usecases.recalculation import recalculate


@strawberry.type
class EntitlementsMutation:
    @strawberry.mutation
    async def recalculate_entitlements(
        self, info: Info, input: RecalculateEntitlementsInput
    ) -> RecalculateEntitlementsResult:
        options = given(input.side_effects_options)
        task_id = await recalculate(
            given(input.customer_ids) or (),
            for_all=bool(input.for_all_customers),
            is_silent=options is not None and bool(options.skip_publish_to_subscribers),
            runtime=runtime_for(info, input.environment_id),
        )
        return RecalculateEntitlementsResult(task_id=str(task_id))

    @strawberry.mutation
    async def report_entitlement_check_requested(
        self, info: Info, entitlement_check_requested: EntitlementCheckRequested
    ) -> bool:
        runtime = runtime_for(info, entitlement_check_requested.environment_id)
        await usecases.log_check(
            check_made_from_graphql(entitlement_check_requested), runtime=runtime
        )
        return True
