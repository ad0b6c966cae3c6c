"""The fold of reported usage: a window's total from its measurements.

`fold` is the definition; `applied` does the same one report at a time. Both give the same
counter after any mix of DELTA, SET and backdating. Source: spec, entitlements §5.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from domain.errors import ErrorCode, InvalidInput
from domain.metering.enums import UsageUpdateBehavior
from domain.metering.model import USAGE_UNIT, ZERO, Measurement

# The greatest whole number that a JSON number carries exactly.
VALUE_MAX = Decimal(2**53 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A window's total. `last_set_at` = the latest SET, `last_at` = the latest measurement."""

    total: Decimal = ZERO
    last_at: datetime | None = None
    last_set_at: datetime | None = None


def fold(measurements: Iterable[Measurement]) -> Counter:
    """The counter of a window: by (timestamp, arrival) a SET replaces and a DELTA adds.

    DELTA 5 on 10 Mar, then SET 2 for 5 Mar -> 7.
    """
    counter = Counter()
    for measurement in sorted(measurements, key=lambda m: (m.timestamp, m.sequence)):
        counter = _next(counter, measurement)
    return counter


def applied(counter: Counter, measurement: Measurement) -> Counter | None:
    """The counter after one more report; None = only the log can tell (a backdated SET).

    A DELTA before the latest SET counts for nothing; a SET before it neither.
    """
    at, last = measurement.timestamp, counter.last_at
    if last is None or at >= last:
        return _next(counter, measurement)
    if counter.last_set_at is not None and at < counter.last_set_at:
        return counter
    if measurement.behavior is UsageUpdateBehavior.DELTA:
        return replace(counter, total=counter.total + measurement.value)
    return None


def _next(counter: Counter, measurement: Measurement) -> Counter:
    at = measurement.timestamp
    if measurement.behavior is UsageUpdateBehavior.SET:
        return Counter(total=measurement.value, last_at=at, last_set_at=at)
    return replace(counter, total=counter.total + measurement.value, last_at=at)


def require_value(value: Decimal, behavior: UsageUpdateBehavior) -> Decimal:
    """`value` to ten digits, half up.

    Raises UsageMeasurementDiffOutOfRangeError beyond 2^53-1 or for a negative SET.
    """
    if not value.is_finite() or abs(value) > VALUE_MAX:
        raise _out_of_range()
    if behavior is UsageUpdateBehavior.SET and value < 0:
        raise _out_of_range()
    return value.quantize(USAGE_UNIT, rounding=ROUND_HALF_UP)


def require_total(counter: Counter) -> Counter:
    """`counter`, or UsageMeasurementDiffOutOfRangeError when its total fell below zero."""
    if counter.total < 0:
        raise _out_of_range()
    return counter


def _out_of_range() -> InvalidInput:
    return InvalidInput(
        ErrorCode.UsageMeasurementDiffOutOfRangeError, "The usage would be out of range"
    )
