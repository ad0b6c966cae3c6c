"""GraphQL enums of products and their settings: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import (
    ProductStatus,
    SubscriptionCancellationTime,
    SubscriptionEndSetup,
    SubscriptionStartSetup,
    SubscriptionUpdateUsageCutoffBehavior,
)

__all__ = [
    "ProductStatus",
    "SubscriptionCancellationTime",
    "SubscriptionEndSetup",
    "SubscriptionStartSetup",
    "SubscriptionUpdateUsageCutoffBehavior",
]

for _enum in (
    ProductStatus,
    SubscriptionCancellationTime,
    SubscriptionEndSetup,
    SubscriptionStartSetup,
    SubscriptionUpdateUsageCutoffBehavior,
):
    strawberry.enum(_enum)
