"""Worked examples 7, 8, 12 of spec, entitlements §15, and the laws of windows."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.enums import EntitlementResetPeriod as Every
from domain.catalog.model import AccordingTo, ResetRule
from domain.metering.reset_periods import (
    FOREVER,
    UsageRule,
    boundary_window,
    presented,
    usage_anchor,
    window_at,
    windows_between,
)
from domain.periods import Period
from tests.builders import utc

MONTHLY = ResetRule(Every.MONTH, AccordingTo.SubscriptionStart)
CALENDAR = ResetRule(Every.MONTH, AccordingTo.StartOfTheMonth)
instants = st.datetimes(datetime(2019, 1, 1), datetime(2032, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC, microsecond=0)
)
rules = st.sampled_from(
    [
        ResetRule(Every.YEAR, AccordingTo.SubscriptionStart),
        MONTHLY,
        CALENDAR,
        *(ResetRule(Every.WEEK, a) for a in AccordingTo if a is not AccordingTo.StartOfTheMonth),
        ResetRule(Every.DAY),
        ResetRule(Every.HOUR),
    ]
)


def ends(rule: ResetRule, anchor: str, *at: str) -> list[datetime]:
    return [boundary_window(rule, anchor=utc(anchor), at=utc(t)).end for t in at]


def test_months_from_the_31st_end_on_the_clamped_day() -> None:
    assert ends(
        MONTHLY, "2024-01-31T10:00", "2024-01-31T10:00", "2024-02-29T10:00", "2024-03-31T10:00"
    ) == [utc("2024-02-29T10:00"), utc("2024-03-31T10:00"), utc("2024-04-30T10:00")]


def test_a_week_begins_on_its_weekday_at_midnight() -> None:
    rule = ResetRule(Every.WEEK, AccordingTo.EveryMonday)
    window = boundary_window(rule, anchor=utc("2020-01-01"), at=utc("2024-03-06T15:30"))
    assert window == Period(utc("2024-03-04"), utc("2024-03-11"))


def test_a_week_from_the_subscription_start_steps_by_seven_days() -> None:
    rule = ResetRule(Every.WEEK, AccordingTo.SubscriptionStart)
    window = boundary_window(rule, anchor=utc("2024-03-01T08:00"), at=utc("2024-03-20T07:00"))
    assert window == Period(utc("2024-03-15T08:00"), utc("2024-03-22T08:00"))


def test_an_hour_begins_at_its_top() -> None:
    window = boundary_window(
        ResetRule(Every.HOUR), anchor=utc("2020-01-01"), at=utc("2024-03-06T15:30:10")
    )
    assert window == Period(utc("2024-03-06T15:00"), utc("2024-03-06T16:00"))


def test_years_from_29_february_end_on_the_28th_but_in_leap_years() -> None:
    rule = ResetRule(Every.YEAR, AccordingTo.SubscriptionStart)
    assert ends(rule, "2024-02-29", "2024-03-01", "2025-03-01", "2026-03-01", "2027-03-01") == [
        utc("2025-02-28"),
        utc("2026-02-28"),
        utc("2027-02-28"),
        utc("2028-02-29"),
    ]


def test_the_calendar_month_of_a_backdated_report() -> None:
    rule = UsageRule(reset_rule=CALENDAR, anchor=utc("2024-03-10"))
    assert window_at(rule, utc("2024-02-20")) == Period(utc("2024-02-01"), utc("2024-03-01"))
    assert window_at(rule, utc("2024-03-10")).end == utc("2024-04-01")


def test_a_cut_off_splits_the_window() -> None:
    cut = utc("2024-01-15T12:00")
    rule = UsageRule(reset_rule=CALENDAR, anchor=cut, cutoffs=(cut,))
    assert window_at(rule, utc("2024-01-10")) == Period(utc("2024-01-01"), cut)
    assert window_at(rule, cut) == Period(cut, utc("2024-02-01"))


def test_without_a_reset_there_is_one_window_without_bounds() -> None:
    rule = UsageRule(reset_rule=None, anchor=utc("2024-03-10"), cutoffs=(utc("2024-03-10"),))
    assert window_at(rule, utc("2024-02-20")) == FOREVER
    assert presented(FOREVER) == (None, None)
    assert usage_anchor(rule, FOREVER) is None


@given(rules, instants, st.lists(instants, max_size=3), instants)
def test_windows_partition_time(
    rule: ResetRule, anchor: datetime, cutoffs: list[datetime], at: datetime
) -> None:
    usage_rule = UsageRule(reset_rule=rule, anchor=anchor, cutoffs=tuple(cutoffs))
    window = window_at(usage_rule, at)
    assert at in window
    assert window_at(usage_rule, window.start) == window
    assert window_at(usage_rule, window.end).start == window.end
    assert window_at(usage_rule, window.end - timedelta(milliseconds=1)) == window


@given(instants, instants)
def test_windows_between_touch_without_gaps(anchor: datetime, start: datetime) -> None:
    rule = UsageRule(reset_rule=MONTHLY, anchor=anchor)
    windows = list(windows_between(rule, start, start + timedelta(days=100)))
    assert start in windows[0]
    assert windows[-1].end >= start + timedelta(days=100)
    assert all(a.end == b.start for a, b in itertools.pairwise(windows))


def test_the_presented_anchor_is_the_rules_or_the_windows_start() -> None:
    anchor, at = utc("2024-01-31T10:00"), utc("2024-03-10")
    own = UsageRule(reset_rule=MONTHLY, anchor=anchor)
    assert usage_anchor(own, window_at(own, at)) == anchor
    calendar = UsageRule(reset_rule=CALENDAR, anchor=anchor)
    assert usage_anchor(calendar, window_at(calendar, at)) == utc("2024-03-01")
