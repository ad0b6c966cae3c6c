"""GraphQL enums of prices and charges: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import (
    BillingCadence,
    BillingModel,
    BillingPeriod,
    OverageBillingPeriod,
    TiersMode,
)
from domain.subscriptions.enums import ChargeType

__all__ = [
    "BillingCadence",
    "BillingModel",
    "BillingPeriod",
    "ChargeType",
    "OverageBillingPeriod",
    "TiersMode",
]

for _enum in (
    BillingCadence,
    BillingModel,
    BillingPeriod,
    ChargeType,
    OverageBillingPeriod,
    TiersMode,
):
    strawberry.enum(_enum)
