"""Usage over time. Source: spec, entitlements §7."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.enums import AggregationFunction
from domain.catalog.enums import EntitlementResetPeriod as Every
from domain.catalog.model import AccordingTo, Meter, ResetRule
from domain.errors import InvalidInput
from domain.metering.enums import UsageMarkerType
from domain.metering.enums import UsageUpdateBehavior as Behavior
from domain.metering.history import (
    RESETS_MAX,
    Frame,
    Point,
    Recorder,
    RunningTally,
    RunningTotal,
    Series,
    bucket_starts,
    ordered,
    presented,
    require_group_by,
    require_range,
    tags_of,
)
from domain.metering.model import Measurement, UsageEvent
from domain.metering.reset_periods import BEGINNING, UsageRule
from tests.builders import uid, utc

WEEKLY = ResetRule(Every.WEEK, AccordingTo.EveryMonday)
LATER = utc("2025-01-01")
NEVER = UsageRule(reset_rule=None, anchor=utc("2024-01-01"))


def m(at: str, value: int, behavior: Behavior = Behavior.DELTA) -> Measurement:
    return Measurement(id=uid(at), timestamp=utc(at), value=Decimal(value), behavior=behavior)


def recorded(rule: UsageRule, start: str, end: str, *log: Measurement) -> Series:
    frame = Frame.of(rule, utc(start), utc(end), now=LATER)
    running = RunningTotal()
    recorder = Recorder(frame=frame, running=running)
    for measurement in log:
        recorder.before(measurement.timestamp)
        running.apply(measurement)
        recorder.after(measurement.timestamp)
    return recorder.series()


def points(*expected: tuple[str, int]) -> tuple[Point, ...]:
    return tuple(Point(at=utc(at), value=Decimal(value)) for at, value in expected)


def test_a_point_at_the_start_one_an_active_day_one_at_the_end() -> None:
    series = recorded(
        NEVER,
        "2024-03-01",
        "2024-03-10",
        m("2024-02-20", 3),
        m("2024-03-02T10:00", 2),
        m("2024-03-02T11:00", 1),
        m("2024-03-05", 4, Behavior.SET),
    )
    assert series.points == points(
        ("2024-03-01", 3), ("2024-03-02", 6), ("2024-03-05", 4), ("2024-03-10", 4)
    )


def test_a_reset_is_a_point_of_its_own_and_cuts_its_bucket() -> None:
    cut = utc("2024-03-05T12:00")
    rule = UsageRule(reset_rule=WEEKLY, anchor=cut, cutoffs=(cut,))
    series = recorded(
        rule,
        "2024-03-01",
        "2024-03-08",
        m("2024-03-03", 5),
        m("2024-03-05T10:00", 2),
        m("2024-03-05T14:00", 7),
    )
    reset = Point(at=utc("2024-03-04"), value=Decimal(0), is_reset=True)
    assert series.points == (
        *points(("2024-03-01", 0), ("2024-03-03", 5)),
        reset,
        *points(("2024-03-05", 2)),
        Point(at=cut, value=Decimal(0), is_reset=True),
        *points(("2024-03-05T12:00", 7), ("2024-03-08", 7)),
    )
    frame = Frame.of(rule, utc("2024-03-01"), utc("2024-03-08"), now=LATER)
    assert [marker.type for marker in frame.markers] == [
        UsageMarkerType.PERIODIC_RESET,
        UsageMarkerType.SUBSCRIPTION_CHANGE_RESET,
    ]


@pytest.mark.parametrize(
    ("hours", "second"),
    [
        (48, "2024-03-01T11:00"),
        (49, "2024-03-02T00:00"),
        (366 * 24, "2024-03-02T00:00"),
        (366 * 24 + 1, "2024-04-01T00:00"),
    ],
)
def test_buckets_are_hours_days_or_months_by_the_range(hours: int, second: str) -> None:
    start = utc("2024-03-01T10:30")
    span = timedelta(hours=hours)
    starts = bucket_starts(start, start + span, span=span)
    assert starts[:2] == [start, utc(second)]


def test_the_range_sizes_the_buckets_even_where_it_ends_in_the_future() -> None:
    now = utc("2024-03-01T12:00")
    frame = Frame.of(NEVER, utc("2024-03-01"), utc("2024-03-08"), now=now)
    assert (frame.edges, frame.end) == ((utc("2024-03-01"),), now)


def test_a_reset_now_is_the_end_of_what_ends_now() -> None:
    rule = UsageRule(reset_rule=WEEKLY, anchor=LATER)
    monday = utc("2024-03-04")
    for now, resets in ((monday, [monday]), (LATER, [])):
        frame = Frame.of(rule, utc("2024-03-01"), monday, now=now)
        assert [marker.at for marker in frame.markers] == resets


def test_a_history_holds_a_bounded_number_of_resets() -> None:
    hourly = UsageRule(reset_rule=ResetRule(Every.HOUR, None), anchor=LATER)
    start = LATER - timedelta(hours=RESETS_MAX + 1)
    assert len(Frame.of(hourly, start, LATER, now=utc("2026-01-01")).markers) == RESETS_MAX
    with pytest.raises(InvalidInput):
        Frame.of(hourly, start, LATER, now=LATER)


def test_groups_are_ordered_by_total_then_tags() -> None:
    def group(value: str, total: int) -> Series:
        return Series(tags=(("k", value),), points=(), total=Decimal(total))

    series = ordered([group("b", 1), group("a", 1), group("c", 2)])
    assert [each.tags[0][1] for each in series] == ["c", "a", "b"]
    assert presented(group("a", 5), Decimal(2)).total == Decimal("2.5")
    assert tags_of({"a": 1}, ("a", "b")) == (("a", "1"), ("b", ""))


def test_ranges_and_groups_that_cannot_be_meant() -> None:
    now = utc("2024-03-10")
    assert require_range(utc("2024-03-01"), None, now) == now
    with pytest.raises(InvalidInput):
        require_range(now, None, now)
    with pytest.raises(InvalidInput):
        require_range(BEGINNING - timedelta(milliseconds=1), None, now)
    assert require_group_by(["a", "b_$-1"]) == ("a", "b_$-1")
    for keys in (["a b"], [""], ["a", "b", "c", "d"]):
        with pytest.raises(InvalidInput):
            require_group_by(keys)


@given(st.lists(st.tuples(st.integers(0, 40 * 24), st.integers(0, 9)), max_size=30))
def test_the_last_point_is_the_sum_since_the_last_reset(log: list[tuple[int, int]]) -> None:
    start = utc("2024-03-01")
    reports = [
        Measurement(
            id=uid(str(n)),
            timestamp=start + timedelta(hours=hour),
            value=Decimal(value),
            behavior=Behavior.DELTA,
        )
        for n, (hour, value) in enumerate(sorted(log))
    ]
    rule = UsageRule(reset_rule=WEEKLY, anchor=start)
    series = recorded(rule, "2024-03-01", "2024-04-12", *reports)
    last: datetime = max(p.at for p in series.points if p.is_reset)
    assert series.total == sum(r.value for r in reports if r.timestamp >= last)


def test_a_running_tally_counts_what_a_meter_counts_and_starts_again() -> None:
    meter = Meter(
        id=uid("meter"),
        filters=(),
        function=AggregationFunction.UNIQUE,
        field="user",
        created_at=utc("2024-01-01"),
        updated_at=utc("2024-01-01"),
    )
    running = RunningTally(meter)
    for user in ("a", "b", "a", None):
        dimensions = {} if user is None else {"user": user}
        running.apply(
            UsageEvent(
                id=uid("event"),
                customer_id="c",
                event_name="e",
                idempotency_key="k",
                timestamp=utc("2024-03-01"),
                dimensions=dimensions,
            )
        )
    assert running.value == 2
    running.reset()
    assert running.value == 0
