"""GraphQL enums of package entitlements: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import (
    CreditCadence,
    EntitlementBehavior,
    EntitlementResetPeriod,
    MonthlyAccordingTo,
    WeeklyAccordingTo,
    YearlyAccordingTo,
)

__all__ = [
    "CreditCadence",
    "EntitlementBehavior",
    "EntitlementResetPeriod",
    "MonthlyAccordingTo",
    "WeeklyAccordingTo",
    "YearlyAccordingTo",
]

for _enum in (
    CreditCadence,
    EntitlementBehavior,
    EntitlementResetPeriod,
    MonthlyAccordingTo,
    WeeklyAccordingTo,
    YearlyAccordingTo,
):
    strawberry.enum(_enum)
