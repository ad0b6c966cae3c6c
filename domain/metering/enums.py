"""The words of metering, spelled as the contract spells them (member = value)."""

from __future__ import annotations

from enum import StrEnum


class UsageMarkerType(StrEnum):
    PERIODIC_RESET = "PERIODIC_RESET"
    SUBSCRIPTION_CHANGE_RESET = "SUBSCRIPTION_CHANGE_RESET"


class UsageUpdateBehavior(StrEnum):
    DELTA = "DELTA"
    SET = "SET"
