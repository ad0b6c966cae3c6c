"""Command inputs of scheduled updates."""

import strawberry

from app.graphql.subscriptions.schedules.enums import SubscriptionScheduleStatus


@strawberry.input
class SubscriptionUpdateScheduleCancellationInput:
    environment_id: str | None = strawberry.UNSET
    status: SubscriptionScheduleStatus | None = SubscriptionScheduleStatus.Scheduled
    subscription_id: str
