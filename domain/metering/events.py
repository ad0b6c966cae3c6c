"""Which raw events are accepted, and when two are the same. Source: spec, entitlements §6."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain.errors import bad_input
from domain.metering.model import Dimensions, Scalar, UsageEvent
from domain.metering.reset_periods import BEGINNING

BATCH_MAX = 1_000
EVENT_BYTES_MAX = 1_000_000
ID_LENGTH_MAX = 255
AHEAD_MAX = timedelta(hours=1)
NUMBER_MAX = 1e308
INTEGER_MAX = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReport:
    """One event as it was sent; `timestamp` None = when the server got it.

    `dimensions` may be any JSON until `require_batch` has seen them.
    """

    customer_id: str
    event_name: str
    idempotency_key: str
    resource_id: str | None = None
    timestamp: datetime | None = None
    dimensions: object = field(default_factory=dict)


def require_batch(reports: Sequence[EventReport], now: datetime) -> None:
    """Raise BadUserInput for a structural fault anywhere; `index` tells which event."""
    if not 1 <= len(reports) <= BATCH_MAX:
        raise bad_input(f"usageEvents must hold 1-{BATCH_MAX} events")
    for index, report in enumerate(reports):
        fault = _fault(report, now)
        if fault is not None:
            raise bad_input(f"usageEvents[{index}]: {fault}", index=index)


def _fault(report: EventReport, now: datetime) -> str | None:
    required = {
        "customerId": report.customer_id,
        "eventName": report.event_name,
        "idempotencyKey": report.idempotency_key,
    }
    if report.resource_id is not None:
        required["resourceId"] = report.resource_id
    for name, value in required.items():
        if not 1 <= len(value) <= ID_LENGTH_MAX:
            return f"{name} must have 1-{ID_LENGTH_MAX} characters"
        if not is_storable(value):
            return f"{name} must be plain text"
    fault = dimensions_fault(report.dimensions)
    if fault is not None:
        return fault
    if report.timestamp is not None and report.timestamp > now + AHEAD_MAX:
        return "timestamp is more than an hour ahead"
    if report.timestamp is not None and report.timestamp < BEGINNING:
        return f"timestamp must not lie before {BEGINNING:%Y-%m-%d}"
    text = json.dumps(report.dimensions, ensure_ascii=False)
    if len(text.encode()) > EVENT_BYTES_MAX:
        return "an event may have 1 MB at most"
    return None


def accepted(report: EventReport, *, id: UUID, now: datetime) -> UsageEvent:
    """The event to store: its dimensions canonical, its time the caller's or `now`."""
    return UsageEvent(
        id=id,
        customer_id=report.customer_id,
        resource_id=report.resource_id,
        event_name=report.event_name,
        idempotency_key=report.idempotency_key,
        timestamp=report.timestamp or now,
        dimensions=canonical_dimensions(report.dimensions),
    )


def is_storable(text: str) -> bool:
    """Whether the database can hold `text`: no null character, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def dimensions_fault(dimensions: object) -> str | None:
    """What is wrong with dimensions: an object of strings, numbers, booleans; None = nothing."""
    if not isinstance(dimensions, dict):
        return "dimensions must be an object"
    for name, value in dimensions.items():
        if not is_storable(name):
            return "names of dimensions must be plain text"
        match value:
            case bool():
                continue
            case str() if not is_storable(value):
                return f"dimension {name} must be plain text"
            case int() | float() if not abs(value) <= NUMBER_MAX:
                return f"dimension {name} is too large"
            case str() | int() | float():
                continue
        return f"dimension {name} must be a string, number or boolean"
    return None


def canonical_dimensions(dimensions: object) -> Dimensions:
    """Whole floats as integers, so that 1.0 and 1 are the same text everywhere.

    Integers beyond 64 bits are floats: JSON's readers hold no others.
    """
    assert isinstance(dimensions, dict), "validated before"
    result: dict[str, Scalar] = {}
    for name, value in dimensions.items():
        assert isinstance(value, str | bool | int | float), "validated before"
        if isinstance(value, float) and value.is_integer() and abs(value) < INTEGER_MAX:
            result[name] = int(value)
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= INTEGER_MAX:
            result[name] = float(value)
        else:
            result[name] = value
    return result


def digest_of(report: EventReport) -> bytes:
    """What makes two reports the same event, as SHA-256.

    (timestamp, customerId, resourceId, eventName, idempotencyKey); without a timestamp from the
    caller the rest, so that a retry is a repeat.
    """
    parts = [
        report.timestamp.isoformat() if report.timestamp else "",
        report.customer_id,
        report.resource_id or "",
        report.event_name,
        report.idempotency_key,
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).digest()
