"""Buckets and series of what credits were burned for (entitlements §9.13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.credits.enums import CreditUsageTimeRange as Range
from domain.credits.history import BurnedIn, buckets_of, series_of
from domain.errors import DomainError
from domain.ids import CurrencyId
from tests.builders import feature_id, uid, utc

NOW = utc("2024-08-20T12:30")


@pytest.mark.parametrize(
    ("time_range", "count", "first", "last"),
    [
        (Range.LAST_DAY, 24, "2024-08-19T12:30", "2024-08-20T11:30"),
        (Range.LAST_WEEK, 7, "2024-08-13T12:30", "2024-08-19T12:30"),
        (Range.LAST_MONTH, 30, "2024-07-21T12:30", "2024-08-19T12:30"),
        (None, 30, "2024-07-21T12:30", "2024-08-19T12:30"),
        (Range.LAST_YEAR, 12, "2023-08-20T12:30", "2024-07-20T12:30"),
    ],
)
def test_ranges_have_their_number_of_buckets(
    time_range: Range | None, count: int, first: str, last: str
) -> None:
    buckets = buckets_of(time_range, None, None, now=NOW)
    assert len(buckets.starts) == count
    assert (buckets.starts[0], buckets.starts[-1]) == (utc(first), utc(last))
    assert buckets.until > NOW, "what was burned just now counts"


@pytest.mark.parametrize(
    ("start", "end", "count", "second"),
    [
        ("2024-08-20T10:10", None, 3, "2024-08-20T11:10"),
        ("2024-08-01T10:00", "2024-08-03T10:00", 48, "2024-08-01T11:00"),
        ("2024-08-01T10:00", "2024-08-03T10:01", 3, "2024-08-02T10:00"),
        ("2023-01-31", "2024-02-10", 13, "2023-02-28"),
        ("2024-08-20T12:00", "2024-08-20T14:00", 1, None),
    ],
)
def test_a_start_prevails(start: str, end: str | None, count: int, second: str | None) -> None:
    until = None if end is None else utc(end)
    buckets = buckets_of(Range.LAST_YEAR, utc(start), until, now=NOW)
    assert buckets.starts[0] == utc(start)
    assert len(buckets.starts) == count
    assert second is None or buckets.starts[1] == utc(second)


def test_a_range_may_end_earlier() -> None:
    buckets = buckets_of(Range.LAST_DAY, None, utc("2024-02-01"), now=NOW)
    assert (buckets.starts[0], buckets.until) == (utc("2024-01-31"), utc("2024-02-01"))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-08-21", None),
        ("2024-08-01", "2024-08-01"),
        ("1600-01-01", None),
        (None, "0001-01-02"),
    ],
)
def test_ranges_that_cannot_be(start: str | None, end: str | None) -> None:
    with pytest.raises(DomainError, match="Date"):
        buckets_of(None, start and utc(start), end and utc(end), now=NOW)  # type: ignore[arg-type]  # str or None


INSTANTS = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)
)  # zoned by `timezones`


@given(st.sampled_from(Range), INSTANTS)
def test_buckets_rise_and_end_with_the_range(time_range: Range, now: datetime) -> None:
    starts = buckets_of(time_range, None, None, now=now).starts
    assert list(starts) == sorted(set(starts))
    assert now - timedelta(days=31) <= starts[-1] < now


def test_series_are_ordered_and_zero_filled() -> None:
    currency = CurrencyId(uid("currency"))
    a, b = feature_id("a"), feature_id("b")

    def burned(feature: object, bucket: int, amount: int, tag: str = "") -> BurnedIn:
        return BurnedIn(
            currency_id=currency,
            feature_id=feature,  # type: ignore[arg-type]  # any of three
            tags=(("k", tag),),
            bucket=bucket,
            amount=Decimal(amount),
        )

    buckets = buckets_of(None, utc("2024-08-20T10:30"), None, now=NOW)
    series = series_of(
        [
            burned(None, 0, 5),
            burned(b, 1, 5),
            burned(a, 1, 2),
            burned(a, 0, 3),
            burned(a, 0, 9, "x"),
        ],
        {a: "a", b: "b"},
    )
    assert [(s.feature_id, s.tags[0][1], int(s.total)) for s in series] == [
        (a, "x", 9),
        (a, "", 5),
        (b, "", 5),
        (None, "", 5),
    ]
    assert [value for _, value in series[0].points(buckets)] == [9, 0]
