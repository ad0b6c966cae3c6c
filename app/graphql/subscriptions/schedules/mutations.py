"""Mutation fields of scheduled updates."""

import strawberry

from app.graphql.context import Info
from app.graphql.given import changing, given
from app.graphql.subscriptions.schedules.inputs import SubscriptionUpdateScheduleCancellationInput
from app.usecases.subscriptions import change
from domain.subscriptions.enums import SubscriptionScheduleStatus


@strawberry.type
class SchedulesMutation:
    @strawberry.mutation
    async def cancel_schedule(
        self, info: Info, input: SubscriptionUpdateScheduleCancellationInput
    ) -> str:
        changed = await change.cancel_schedule(
            input.subscription_id,
            status=given(input.status) or SubscriptionScheduleStatus.Scheduled,
            runtime=changing(info, input.environment_id),
        )
        return changed.ref_id
