"""The windows in which resettable usage is counted.

A window is [start, end) in UTC. Without a reset rule there is one window, `FOREVER`, whose bounds
are presented as null. Source: spec, entitlements §4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.catalog.enums import EntitlementResetPeriod
from domain.catalog.model import AccordingTo, ResetRule
from domain.periods import Period, monthly_period

# The bounds of usage that never resets; they are keys, never presented. Nothing is counted before.
BEGINNING = datetime(1000, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)
FOREVER = Period(BEGINNING, END)

_DAY = timedelta(days=1)
_WEEKDAYS = {
    AccordingTo.EveryMonday: 0,
    AccordingTo.EveryTuesday: 1,
    AccordingTo.EveryWednesday: 2,
    AccordingTo.EveryThursday: 3,
    AccordingTo.EveryFriday: 4,
    AccordingTo.EverySaturday: 5,
    AccordingTo.EverySunday: 6,
}

# From the shortest to the longest, for the order of generosity (spec, entitlements §2.4).
PERIOD_RANK = {
    EntitlementResetPeriod.HOUR: 0,
    EntitlementResetPeriod.DAY: 1,
    EntitlementResetPeriod.WEEK: 2,
    EntitlementResetPeriod.MONTH: 3,
    EntitlementResetPeriod.YEAR: 4,
}
NO_RESET_RANK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRule:
    """How a bucket's time is cut: the reset rule, what it counts from, and where it was cut off.

    `anchor` matters for SubscriptionStart only. `cutoffs` are the instants at which a transition
    set usage back; without a reset rule nothing is ever cut.
    """

    reset_rule: ResetRule | None
    anchor: datetime
    cutoffs: tuple[datetime, ...] = ()


def boundary_window(rule: ResetRule, *, anchor: datetime, at: datetime) -> Period:
    """The window between two boundaries of `rule` that holds `at`, cut-offs aside.

    MONTH from 31 Jan 10:00: windows end 29 Feb 10:00, 31 Mar 10:00, 30 Apr 10:00.
    """
    match rule.period:
        case EntitlementResetPeriod.YEAR:
            return monthly_period(anchor, at, step=12)
        case EntitlementResetPeriod.MONTH:
            if rule.according_to is AccordingTo.StartOfTheMonth:
                return monthly_period(_midnight(at).replace(day=1), at)
            return monthly_period(anchor, at)
        case EntitlementResetPeriod.WEEK:
            return _week(rule.according_to, anchor, at)
        case EntitlementResetPeriod.DAY:
            start = _midnight(at)
            return Period(start, start + _DAY)
        case EntitlementResetPeriod.HOUR:
            start = at.replace(minute=0, second=0, microsecond=0)
            return Period(start, start + timedelta(hours=1))


def _week(according_to: AccordingTo | None, anchor: datetime, at: datetime) -> Period:
    weekday = _WEEKDAYS.get(according_to) if according_to else None
    if weekday is None:
        start = anchor + (at - anchor) // (7 * _DAY) * (7 * _DAY)
    else:
        midnight = _midnight(at)
        start = midnight - (midnight.weekday() - weekday) % 7 * _DAY
    return Period(start, start + 7 * _DAY)


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def window_at(rule: UsageRule, at: datetime) -> Period:
    """The window of usage that holds `at`: between boundaries, split at cut-offs.

    StartOfTheMonth cut off on 15 Jan 12:00: 10 Jan lies in [1 Jan, 15 Jan 12:00).
    """
    if rule.reset_rule is None:
        return FOREVER
    window = boundary_window(rule.reset_rule, anchor=rule.anchor, at=at)
    before = [cutoff for cutoff in rule.cutoffs if cutoff <= at]
    after = [cutoff for cutoff in rule.cutoffs if cutoff > at]
    return Period(max([window.start, *before]), min([window.end, *after]))


def windows_between(rule: UsageRule, start: datetime, end: datetime) -> Iterator[Period]:
    """The windows that touch [start, end), in order; the first may begin before `start`."""
    at = start
    while at < end:
        window = window_at(rule, at)
        yield window
        at = window.end


def usage_anchor(rule: UsageRule, window: Period) -> datetime | None:
    """What is presented as `usagePeriodAnchor`: the anchor, or the window's own start."""
    if rule.reset_rule is None:
        return None
    if rule.reset_rule.according_to is AccordingTo.SubscriptionStart:
        return rule.anchor
    return window.start


def is_forever(window: Period) -> bool:
    """Whether the window is that of usage without reset."""
    return window.start == BEGINNING


def presented(window: Period) -> tuple[datetime | None, datetime | None]:
    """Start and end as callers see them: both None without a reset."""
    return (None, None) if is_forever(window) else (window.start, window.end)


def earliest(instants: Iterable[datetime | None], *, after: datetime) -> datetime | None:
    """The first instant later than `after`; None when there is none."""
    return min((i for i in instants if i is not None and after < i < END), default=None)
