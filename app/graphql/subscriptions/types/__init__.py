"""Output types of subscriptions. Those of mutations stand in `results`."""

from app.graphql.subscriptions.types.core import CustomerSubscription, SubscriptionQuery
from app.graphql.subscriptions.types.parts import (
    CustomerSubscriptionTotalPrice,
    SubscriptionAddon,
    SubscriptionCoupon,
    SubscriptionCreditEntitlement,
    SubscriptionEntitlement,
    SubscriptionEntitlementUnion,
    SubscriptionFeatureEntitlement,
    SubscriptionMinimumSpend,
    SubscriptionPrice,
    TrialConfiguration,
)

__all__ = [
    "CustomerSubscription",
    "CustomerSubscriptionTotalPrice",
    "SubscriptionAddon",
    "SubscriptionCoupon",
    "SubscriptionCreditEntitlement",
    "SubscriptionEntitlement",
    "SubscriptionEntitlementUnion",
    "SubscriptionFeatureEntitlement",
    "SubscriptionMinimumSpend",
    "SubscriptionPrice",
    "SubscriptionQuery",
    "TrialConfiguration",
]
