"""GraphQL enums of scheduled updates: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import PlanChangeType
from domain.subscriptions.enums import (
    ScheduleStrategy,
    SubscriptionScheduleStatus,
    SubscriptionScheduleType,
)

__all__ = [
    "PlanChangeType",
    "ScheduleStrategy",
    "SubscriptionScheduleStatus",
    "SubscriptionScheduleType",
]

for _enum in (
    PlanChangeType,
    ScheduleStrategy,
    SubscriptionScheduleStatus,
    SubscriptionScheduleType,
):
    strawberry.enum(_enum)
