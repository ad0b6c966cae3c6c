"""GraphQL enums of usage: the domain's own, made known to Strawberry."""

import strawberry

from domain.metering.enums import UsageMarkerType, UsageUpdateBehavior

__all__ = [
    "UsageMarkerType",
    "UsageUpdateBehavior",
]

for _enum in (
    UsageMarkerType,
    UsageUpdateBehavior,
):
    strawberry.enum(_enum)
