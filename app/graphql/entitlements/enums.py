"""GraphQL enums of entitlements: the domain's own, made known to Strawberry."""

import strawberry

from domain.entitlements.enums import (
    AccessDeniedReason,
    EntitlementsStateAccessDeniedReason,
    EntitlementType,
)

__all__ = [
    "AccessDeniedReason",
    "EntitlementType",
    "EntitlementsStateAccessDeniedReason",
]

for _enum in (
    AccessDeniedReason,
    EntitlementType,
    EntitlementsStateAccessDeniedReason,
):
    strawberry.enum(_enum)
