"""GraphQL enums of subscription migrations, tasks and imports: the domain's own, made known to Strawberry."""

import strawberry

from domain.subscriptions.enums import SubscriptionMigrationTime, TaskStatus, TaskType

__all__ = [
    "SubscriptionMigrationTime",
    "TaskStatus",
    "TaskType",
]

for _enum in (
    SubscriptionMigrationTime,
    TaskStatus,
    TaskType,
):
    strawberry.enum(_enum)
