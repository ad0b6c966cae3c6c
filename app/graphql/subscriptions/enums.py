"""GraphQL enums of subscriptions: the domain's own, made known to Strawberry."""

import strawberry

from domain.subscriptions.enums import (
    ProvisionSubscriptionStatus,
    SubscriptionBillingCycleAnchor,
    SubscriptionCancellationAction,
    SubscriptionCancelReason,
    SubscriptionCouponStatus,
    SubscriptionDecisionStrategy,
    SubscriptionProrationBehavior,
    SubscriptionStatus,
)

__all__ = [
    "ProvisionSubscriptionStatus",
    "SubscriptionBillingCycleAnchor",
    "SubscriptionCancelReason",
    "SubscriptionCancellationAction",
    "SubscriptionCouponStatus",
    "SubscriptionDecisionStrategy",
    "SubscriptionProrationBehavior",
    "SubscriptionStatus",
]

for _enum in (
    ProvisionSubscriptionStatus,
    SubscriptionBillingCycleAnchor,
    SubscriptionCancelReason,
    SubscriptionCancellationAction,
    SubscriptionCouponStatus,
    SubscriptionDecisionStrategy,
    SubscriptionProrationBehavior,
    SubscriptionStatus,
):
    strawberry.enum(_enum)
