"""How usage ran over time: running totals by bucket, and where they were set back.

Source: spec, entitlements §7. Values are in raw units; the presenter divides.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from domain.catalog.model import Meter
from domain.errors import invalid_argument
from domain.metering.aggregation import Tally, canonical_text, distinct_text, tallied, value_of
from domain.metering.enums import UsageMarkerType, UsageUpdateBehavior
from domain.metering.model import ZERO, Dimensions, Measurement, UsageEvent
from domain.metering.reset_periods import BEGINNING, UsageRule, windows_between
from domain.periods import add_months

HOURLY_MAX = timedelta(hours=48)
DAILY_MAX = timedelta(days=366)
GROUP_KEYS_MAX = 3
# Two years of hours, half a century of days: each reset is a point and a marker.
RESETS_MAX = 20_000
# What happened at the very end of a range that ends now still counts.
RESOLUTION = timedelta(milliseconds=1)
_GROUP_KEY = re.compile(r"[a-zA-Z0-9_$-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The running total since the last reset, at the end of the bucket that begins at `at`."""

    at: datetime
    value: Decimal
    is_reset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """An instant at which a history's running total was set back, and why."""

    at: datetime
    type: UsageMarkerType


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One group's points; `tags` = the values of the keys grouped by, in their order."""

    tags: tuple[tuple[str, str], ...]
    points: tuple[Point, ...]
    total: Decimal


def require_range(start: datetime, end: datetime | None, now: datetime) -> datetime:
    """The end of the range, default `now`; InvalidArgumentError unless `start` is before it."""
    end = end or now
    if start >= end:
        raise invalid_argument("startDate must lie before endDate")
    if start < BEGINNING:
        raise invalid_argument(f"startDate must not lie before {BEGINNING:%Y-%m-%d}")
    return end


def require_group_by(keys: Sequence[str]) -> tuple[str, ...]:
    """At most three names of dimensions, else InvalidArgumentError."""
    if len(keys) > GROUP_KEYS_MAX or any(not _GROUP_KEY.fullmatch(key) for key in keys):
        raise invalid_argument(
            f"groupBy takes up to {GROUP_KEYS_MAX} names of letters, digits, _, $ and -"
        )
    return tuple(keys)


def tags_of(dimensions: Dimensions, keys: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The group that dimensions belong to; a missing one is ""."""
    return tuple(
        (key, canonical_text(dimensions[key]) if key in dimensions else "") for key in keys
    )


def bucket_starts(start: datetime, end: datetime, *, span: timedelta) -> list[datetime]:
    """Where buckets begin: hours up to 48 h, days up to 366 days, else months; UTC.

    The first begins at `start` itself. `span` is the length of the range that was asked for; it
    may end after `end`, in the future.
    """
    starts = [start]
    if span <= HOURLY_MAX:
        at, step = start.replace(minute=0, second=0, microsecond=0), timedelta(hours=1)
    else:
        at, step = start.replace(hour=0, minute=0, second=0, microsecond=0), timedelta(days=1)
    if span > DAILY_MAX:
        at = at.replace(day=1)
        while (at := add_months(at, 1)) < end:
            starts.append(at)
        return starts
    while (at := at + step) < end:
        starts.append(at)
    return starts


def resets_between(rule: UsageRule, start: datetime, end: datetime) -> tuple[Marker, ...]:
    """The resets within (start, end): at a cut-off by the subscription, else by the period.

    Raises InvalidArgumentError beyond `RESETS_MAX`.
    """
    cutoffs = set(rule.cutoffs) if rule.reset_rule else set()
    markers: list[Marker] = []
    for window in windows_between(rule, start, end):
        if window.start <= start:
            continue
        if len(markers) == RESETS_MAX:
            raise invalid_argument(f"the range must not hold more than {RESETS_MAX} resets")
        type_ = UsageMarkerType.PERIODIC_RESET
        if window.start in cutoffs:
            type_ = UsageMarkerType.SUBSCRIPTION_CHANGE_RESET
        markers.append(Marker(at=window.start, type=type_))
    return tuple(markers)


class Running(Protocol):
    """A total that changes apply to and resets set back."""

    @property
    def value(self) -> Decimal: ...
    def reset(self) -> None: ...


@dataclass(slots=True)
class RunningTotal:
    """Of reports: SET replaces, DELTA adds."""

    value: Decimal = ZERO

    def reset(self) -> None:
        self.value = ZERO

    def apply(self, measurement: Measurement) -> None:
        if measurement.behavior is UsageUpdateBehavior.SET:
            self.value = measurement.value
        else:
            self.value += measurement.value


@dataclass(slots=True)
class RunningTally:
    """Of raw events: the meter's aggregation of those that match."""

    meter: Meter
    tally: Tally = field(default_factory=Tally)
    seen: set[str] = field(default_factory=set)

    @property
    def value(self) -> Decimal:
        return value_of(self.tally, self.meter.function)

    def reset(self) -> None:
        self.tally, self.seen = Tally(), set()

    def apply(self, event: UsageEvent) -> None:
        """Count an event that matches the meter."""
        text = distinct_text(self.meter.field, event)
        is_new = text is not None and text not in self.seen
        if text is not None:
            self.seen.add(text)
        self.tally = tallied(self.tally, self.meter.field, event, new_distinct=is_new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The time a history covers: [start, end), cut where buckets and windows begin.

    One that ends now holds that instant too, with what was reported or set back at it: the last
    point is what a check answers.
    """

    start: datetime
    end: datetime
    until: datetime
    markers: tuple[Marker, ...]
    edges: tuple[datetime, ...]

    @classmethod
    def of(cls, rule: UsageRule, start: datetime, end: datetime, *, now: datetime) -> Frame:
        """The frame of a range under a rule; a bucket in which usage resets is cut there.

        It ends by `now`, however far the range reaches; the range alone sizes the buckets.
        """
        stop = max(min(end, now), start)
        until = stop if stop < now else stop + RESOLUTION
        markers = resets_between(rule, start, until)
        starts = bucket_starts(start, until, span=end - start)
        edges = sorted({*starts, *(marker.at for marker in markers)})
        return cls(start=start, end=stop, until=until, markers=markers, edges=tuple(edges))


@dataclass(slots=True, kw_only=True)
class Recorder:
    """Builds one series from changes in the order of time; feed `before` each change."""

    frame: Frame
    running: Running
    carried: Decimal | None = None
    values: dict[datetime, Decimal] = field(default_factory=dict)
    passed: int = 0

    def before(self, at: datetime) -> None:
        """Bring the running total to `at`: carry it into the frame, pass its resets."""
        if self.carried is None and at >= self.frame.start:
            self.carried = self.running.value
        markers = self.frame.markers
        while self.passed < len(markers) and markers[self.passed].at <= at:
            self.running.reset()
            self.passed += 1

    def after(self, at: datetime) -> None:
        """Keep the running total as that of the bucket that holds `at`."""
        edges = self.frame.edges
        if at >= self.frame.start:
            self.values[edges[bisect_right(edges, at) - 1]] = self.running.value

    def series(self, tags: tuple[tuple[str, str], ...] = ()) -> Series:
        """One point at the start, one a reset, one an active bucket, one at the end."""
        self.before(self.frame.end)
        resets = {marker.at for marker in self.frame.markers}
        points = [Point(at=self.frame.start, value=self.carried or ZERO)]
        for edge in self.frame.edges:
            if edge in resets:
                points.append(Point(at=edge, value=ZERO, is_reset=True))
            if edge in self.values:
                points.append(Point(at=edge, value=self.values[edge]))
        points.append(Point(at=self.frame.end, value=self.running.value))
        return Series(tags=tags, points=tuple(points), total=self.running.value)


def ordered(series: Sequence[Series]) -> tuple[Series, ...]:
    """The groups by total, the greatest first, then by tags."""
    return tuple(sorted(series, key=lambda each: (-each.total, each.tags)))


def presented(series: Series, divisor: Decimal) -> Series:
    """The series in presented units."""
    return replace(
        series,
        total=series.total / divisor,
        points=tuple(replace(point, value=point.value / divisor) for point in series.points),
    )
