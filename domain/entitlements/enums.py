"""The words of entitlement checks, spelled as the contract spells them (member = value)."""

from __future__ import annotations

from enum import StrEnum


class AccessDeniedReason(StrEnum):
    BudgetExceeded = "BudgetExceeded"
    CustomerIsArchived = "CustomerIsArchived"
    CustomerNotFound = "CustomerNotFound"
    CustomerResourceNotFound = "CustomerResourceNotFound"
    EntitlementNotFound = "EntitlementNotFound"
    FeatureNotFound = "FeatureNotFound"
    FeatureTypeMismatch = "FeatureTypeMismatch"
    InsufficientCredits = "InsufficientCredits"
    NoActiveSubscription = "NoActiveSubscription"
    NoFeatureEntitlementInSubscription = "NoFeatureEntitlementInSubscription"
    RequestedUsageExceedingLimit = "RequestedUsageExceedingLimit"
    RequestedValuesMismatch = "RequestedValuesMismatch"
    Revoked = "Revoked"
    Unknown = "Unknown"


class EntitlementType(StrEnum):
    CREDIT = "CREDIT"
    FEATURE = "FEATURE"


class EntitlementsStateAccessDeniedReason(StrEnum):
    CustomerIsArchived = "CustomerIsArchived"
    CustomerNotFound = "CustomerNotFound"
    NoActiveSubscription = "NoActiveSubscription"
