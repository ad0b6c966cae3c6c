"""Calendar arithmetic: the spec's dates and the laws of periods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.enums import BillingPeriod
from domain.periods import (
    Period,
    add_months,
    billing_period_at,
    monthly_period,
    start_of_next_month,
)
from tests.builders import utc

instants = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2080, 1, 1), timezones=st.just(UTC)
)


def test_months_step_from_the_anchor_itself() -> None:  # subscriptions §18.10
    anchor = utc("2024-01-31T10:00")
    ends = [monthly_period(anchor, add_months(anchor, k)).end for k in range(3)]
    assert ends == [utc("2024-02-29T10:00"), utc("2024-03-31T10:00"), utc("2024-04-30T10:00")]


def test_an_annual_anchor_on_29_february_returns_to_it() -> None:
    anchor = utc("2024-02-29T00:00")
    at = utc("2025-02-28T00:00")
    period = billing_period_at(anchor, BillingPeriod.ANNUALLY, at)
    assert (period.start, period.end) == (at, utc("2026-02-28T00:00"))
    assert add_months(anchor, 48) == utc("2028-02-29T00:00")


def test_a_past_anchor_gives_the_period_containing_now() -> None:  # §18.19
    period = monthly_period(utc("2024-01-15T00:00"), utc("2024-03-20T00:00"))
    assert period == Period(utc("2024-03-15T00:00"), utc("2024-04-15T00:00"))


def test_a_boundary_belongs_to_the_later_period() -> None:
    anchor = utc("2024-04-01T00:00")
    assert monthly_period(anchor, utc("2024-05-01T00:00")).start == utc("2024-05-01T00:00")


def test_the_remaining_ratio_is_exact_in_milliseconds() -> None:  # §18.3
    period = Period(utc("2024-02-01T00:00"), utc("2024-03-01T00:00"))
    assert period.remaining_ratio(utc("2024-02-10T06:00")) == Decimal("19.75") / Decimal(29)


def test_the_next_month_starts_on_its_first() -> None:
    assert start_of_next_month(utc("2024-04-11T00:00")) == utc("2024-05-01T00:00")
    assert start_of_next_month(utc("2024-05-01T00:00")) == utc("2024-05-01T00:00")
    assert start_of_next_month(utc("2024-12-31T23:59")) == utc("2025-01-01T00:00")


@given(instants, instants, st.sampled_from(BillingPeriod))
def test_exactly_one_period_of_an_anchor_holds_an_instant(
    anchor: datetime, at: datetime, length: BillingPeriod
) -> None:
    period = billing_period_at(anchor, length, at)
    assert at in period
    assert billing_period_at(anchor, length, period.end).start == period.end
    before = period.start - timedelta(milliseconds=1)
    assert billing_period_at(anchor, length, before).end == period.start


@given(instants, st.integers(-100, 100))
def test_adding_months_keeps_the_day_unless_the_month_is_shorter(
    instant: datetime, months: int
) -> None:
    moved = add_months(instant, months)
    assert moved.day <= instant.day
    assert moved.time() == instant.time()
    if moved.day < instant.day:
        assert add_months(moved.replace(day=1), 1) - timedelta(days=1) == moved.replace(
            day=moved.day
        )
