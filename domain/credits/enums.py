"""The words of credits, spelled as the contract spells them (member = value)."""

from __future__ import annotations

from enum import StrEnum


class CreditGrantInvoiceBillingReason(StrEnum):
    MANUAL = "MANUAL"
    OTHER = "OTHER"


class CreditGrantInvoiceStatus(StrEnum):
    CANCELED = "CANCELED"
    OPEN = "OPEN"
    PAID = "PAID"


class CreditGrantSourceType(StrEnum):
    ADDON_ENTITLEMENT = "ADDON_ENTITLEMENT"
    PLAN_ENTITLEMENT = "PLAN_ENTITLEMENT"
    PRICE = "PRICE"


class CreditGrantStatus(StrEnum):
    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    SCHEDULED = "SCHEDULED"
    VOIDED = "VOIDED"


class CreditGrantType(StrEnum):
    OVERDRAFT = "OVERDRAFT"
    PAID = "PAID"
    PROMOTIONAL = "PROMOTIONAL"
    RECURRING = "RECURRING"


class CreditLedgerEventType(StrEnum):
    CREDITS_CONSUMED = "CREDITS_CONSUMED"
    CREDITS_CONSUMPTION_TRANSFER_SOURCE = "CREDITS_CONSUMPTION_TRANSFER_SOURCE"
    CREDITS_CONSUMPTION_TRANSFER_TARGET = "CREDITS_CONSUMPTION_TRANSFER_TARGET"
    CREDITS_EXPIRED = "CREDITS_EXPIRED"
    CREDITS_GRANTED = "CREDITS_GRANTED"
    CREDITS_UPDATED = "CREDITS_UPDATED"
    CREDITS_VOIDED = "CREDITS_VOIDED"


class CreditUsageTimeRange(StrEnum):
    LAST_DAY = "LAST_DAY"
    LAST_MONTH = "LAST_MONTH"
    LAST_WEEK = "LAST_WEEK"
    LAST_YEAR = "LAST_YEAR"


class CreditGrantTypeInput(StrEnum):
    PAID = "PAID"
    PROMOTIONAL = "PROMOTIONAL"


class EstimationRequestWarning(StrEnum):
    FEATURE_NOT_CREDIT_BASED = "FEATURE_NOT_CREDIT_BASED"
    FEATURE_NOT_FOUND = "FEATURE_NOT_FOUND"
    RESOURCE_SCOPED_SUBSCRIPTION_EXISTS = "RESOURCE_SCOPED_SUBSCRIPTION_EXISTS"


class EstimationWarningCode(StrEnum):
    UNSUPPORTED_AGGREGATION = "UNSUPPORTED_AGGREGATION"


class GrantExpirationPeriod(StrEnum):
    OneMonth = "OneMonth"
    OneYear = "OneYear"


class ThresholdType(StrEnum):
    CreditAmount = "CreditAmount"
    DollarAmount = "DollarAmount"
