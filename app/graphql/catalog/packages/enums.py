"""GraphQL enums of packages (plan or add-on): the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import (
    PackageStatus,
    PricingType,
    TrialEndBehavior,
    TrialPeriodUnits,
    WidgetType,
)

__all__ = [
    "PackageStatus",
    "PricingType",
    "TrialEndBehavior",
    "TrialPeriodUnits",
    "WidgetType",
]

for _enum in (
    PackageStatus,
    PricingType,
    TrialEndBehavior,
    TrialPeriodUnits,
    WidgetType,
):
    strawberry.enum(_enum)
