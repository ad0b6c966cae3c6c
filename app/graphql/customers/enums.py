"""GraphQL enums of customers: the domain's own, made known to Strawberry."""

import strawberry

from domain.customers.enums import PromotionalEntitlementPeriod, PromotionalEntitlementStatus

__all__ = [
    "PromotionalEntitlementPeriod",
    "PromotionalEntitlementStatus",
]

for _enum in (
    PromotionalEntitlementPeriod,
    PromotionalEntitlementStatus,
):
    strawberry.enum(_enum)
