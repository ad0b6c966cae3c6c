"""Instants and periods, in UTC: calendar arithmetic from an anchor.

Period k of anchor A is [A + k, A + k + 1), months and years added to the anchor itself with the
day clamped, never chained: 31 Jan, 29 Feb, 31 Mar. Source: spec, subscriptions §9.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import overload

from domain.catalog.enums import BillingPeriod

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of time [start, end), aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        assert self.start < self.end, "a period has a length"

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def remaining_ratio(self, at: datetime) -> Decimal:
        """(end - at) / (end - start) in milliseconds, for `at` within [start, end].

        2024-02-01..03-01 at 02-10T06:00Z -> 19.75/29.
        """
        assert self.start <= at <= self.end
        return Decimal(milliseconds(self.end - at)) / Decimal(milliseconds(self.end - self.start))


@overload
def wire_time(instant: datetime) -> str: ...
@overload
def wire_time(instant: datetime | None) -> str | None: ...
def wire_time(instant: datetime | None) -> str | None:
    """`2025-01-01T00:00:00.000Z`: how an aware UTC instant is spelled wherever it leaves us."""
    if instant is None:
        return None
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_or_none(text: str | None) -> datetime | None:
    """The instant that `wire_time` spelled."""
    return None if text is None else datetime.fromisoformat(text)


def milliseconds(span: timedelta) -> int:
    """Whole milliseconds of `span`."""
    return span // _MILLISECOND


def add_months(instant: datetime, months: int) -> datetime:
    """`instant` plus calendar months, the day clamped to the month's last: 31 Jan + 1 -> 29 Feb.

    The time of day stays. Negative months go back.
    """
    assert instant.tzinfo is not None
    index = instant.year * 12 + instant.month - 1 + months
    year, month = divmod(index, 12)
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)


def months_of(period: BillingPeriod) -> int:
    """1 for MONTHLY, 12 for ANNUALLY."""
    return 1 if period is BillingPeriod.MONTHLY else 12


def months_between(anchor: datetime, instant: datetime, *, step: int) -> int:
    """The k for which [anchor + k*step months, anchor + (k+1)*step months) holds `instant`."""
    k = ((instant.year - anchor.year) * 12 + instant.month - anchor.month) // step
    while add_months(anchor, k * step) > instant:
        k -= 1
    while add_months(anchor, (k + 1) * step) <= instant:
        k += 1
    return k


def monthly_period(anchor: datetime, at: datetime, *, step: int = 1) -> Period:
    """The period of `step` months counted from `anchor` that holds `at` (also before it)."""
    k = months_between(anchor, at, step=step)
    return Period(add_months(anchor, k * step), add_months(anchor, (k + 1) * step))


def billing_period_at(anchor: datetime, period: BillingPeriod, at: datetime) -> Period:
    """The billing period of `anchor` that holds `at`; a boundary belongs to the later period."""
    return monthly_period(anchor, at, step=months_of(period))


def start_of_next_month(instant: datetime) -> datetime:
    """The next first of a month, 00:00 UTC; an instant exactly there is its own next.

    For the START_OF_THE_MONTH anchor (spec, subscriptions §9).
    """
    first = instant.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first if first == instant else add_months(first, 1)
