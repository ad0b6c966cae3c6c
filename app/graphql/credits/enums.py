"""GraphQL enums of credits: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import CreditGrantCadence
from domain.credits.enums import (
    CreditGrantInvoiceBillingReason,
    CreditGrantInvoiceStatus,
    CreditGrantSourceType,
    CreditGrantStatus,
    CreditGrantType,
    CreditGrantTypeInput,
    CreditLedgerEventType,
    CreditUsageTimeRange,
    EstimationRequestWarning,
    EstimationWarningCode,
    GrantExpirationPeriod,
    ThresholdType,
)

__all__ = [
    "CreditGrantCadence",
    "CreditGrantInvoiceBillingReason",
    "CreditGrantInvoiceStatus",
    "CreditGrantSourceType",
    "CreditGrantStatus",
    "CreditGrantType",
    "CreditGrantTypeInput",
    "CreditLedgerEventType",
    "CreditUsageTimeRange",
    "EstimationRequestWarning",
    "EstimationWarningCode",
    "GrantExpirationPeriod",
    "ThresholdType",
]

for _enum in (
    CreditGrantCadence,
    CreditGrantInvoiceBillingReason,
    CreditGrantInvoiceStatus,
    CreditGrantSourceType,
    CreditGrantStatus,
    CreditGrantType,
    CreditGrantTypeInput,
    CreditLedgerEventType,
    CreditUsageTimeRange,
    EstimationRequestWarning,
    EstimationWarningCode,
    GrantExpirationPeriod,
    ThresholdType,
):
    strawberry.enum(_enum)
