"""Reported usage and raw events, frozen; quantities are raw (reported) units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.ids import CustomerId, FeatureId
from domain.metering.enums import UsageUpdateBehavior

ZERO = Decimal(0)
# Usage is kept to ten digits (spec, entitlements §0).
USAGE_UNIT = Decimal("1e-10")
Scalar = str | bool | int | float
Dimensions = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where usage is counted: (customer, exact resource or "" for none, feature)."""

    customer_id: CustomerId
    resource_id: str
    feature_id: FeatureId


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One report. `timestamp` is what windows go by; `sequence` the arrival, once it is logged."""

    id: UUID
    timestamp: datetime
    value: Decimal
    behavior: UsageUpdateBehavior
    sequence: int = 0
    dimensions: Dimensions = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """One raw event as reported; `customer_id` and `resource_id` are the caller's ids."""

    id: UUID
    customer_id: str
    resource_id: str | None = None
    event_name: str
    idempotency_key: str
    timestamp: datetime
    dimensions: Dimensions = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMeasurement:
    """A report in the log, with its bucket and when it came in."""

    bucket: Bucket
    measurement: Measurement
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """What the first report under an idempotency key made."""

    measurement_id: UUID
    timestamp: datetime
    value: Decimal
