"""The words of customers, spelled as the contract spells them (member = value)."""

from __future__ import annotations

from enum import StrEnum


class PaymentMethodType(StrEnum):
    BANK = "BANK"
    CARD = "CARD"
    CASH_APP = "CASH_APP"


class PromotionalEntitlementPeriod(StrEnum):
    CUSTOM = "CUSTOM"
    LIFETIME = "LIFETIME"
    ONE_MONTH = "ONE_MONTH"
    ONE_WEEK = "ONE_WEEK"
    ONE_YEAR = "ONE_YEAR"
    SIX_MONTH = "SIX_MONTH"


class PromotionalEntitlementStatus(StrEnum):
    Active = "Active"
    Expired = "Expired"
    Paused = "Paused"
