"""What credits were burned for over time: buckets of a range, and what each series holds of them.

Source: spec, entitlements §9.13.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.credits.enums import CreditUsageTimeRange
from domain.credits.model import ZERO
from domain.errors import invalid_argument
from domain.ids import CurrencyId, FeatureId
from domain.metering.history import DAILY_MAX, HOURLY_MAX, RESOLUTION, require_range
from domain.metering.reset_periods import BEGINNING
from domain.periods import add_months

BUCKETS_MAX = 1_200
# There is a year before it.
_EARLIEST_END = BEGINNING + timedelta(days=366)

Tags = tuple[tuple[str, str], ...]
Step = Callable[[datetime, int], datetime]


def _hours(start: datetime, count: int) -> datetime:
    return start + timedelta(hours=count)


def _days(start: datetime, count: int) -> datetime:
    return start + timedelta(days=count)


# How long a range is, in buckets of which length.
_RANGES: Mapping[CreditUsageTimeRange, tuple[int, Step]] = {
    CreditUsageTimeRange.LAST_DAY: (24, _hours),
    CreditUsageTimeRange.LAST_WEEK: (7, _days),
    CreditUsageTimeRange.LAST_MONTH: (30, _days),
    CreditUsageTimeRange.LAST_YEAR: (12, add_months),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """Where buckets begin, oldest first; the last one ends before `until`."""

    starts: tuple[datetime, ...]
    until: datetime


def buckets_of(
    time_range: CreditUsageTimeRange | None,
    start: datetime | None,
    end: datetime | None,
    *,
    now: datetime,
) -> Buckets:
    """The buckets of a range that ends at `end` (default and at most `now`).

    They are counted back from the range's end, so that a day always is 24 of them: LAST_DAY hours,
    LAST_WEEK and LAST_MONTH (the default) days, LAST_YEAR calendar months. With a `start` they are
    counted from there, and its distance to `end` decides: hours up to 48 h, days up to 366 days,
    else months. What was burned at `now` itself counts.

    InvalidArgumentError unless `start` lies before the end, by a century at most.
    """
    if end is not None and end < _EARLIEST_END:
        raise invalid_argument(f"endDate must not lie before {_EARLIEST_END:%Y-%m-%d}")
    until = now + RESOLUTION if end is None or end >= now else end
    if start is None:
        count, step = _RANGES[time_range or CreditUsageTimeRange.LAST_MONTH]
        ahead = [step(end or now, number - count) for number in range(count)]
        return Buckets(starts=tuple(at for at in ahead if at < until), until=until)
    span = require_range(start, end, now) - start
    step = _hours if span <= HOURLY_MAX else _days if span <= DAILY_MAX else add_months
    starts: list[datetime] = []
    while (at := step(start, len(starts))) < min(until, start + span):
        if len(starts) == BUCKETS_MAX:
            raise invalid_argument(f"startDate lies more than {BUCKETS_MAX} months before endDate")
        starts.append(at)
    return Buckets(starts=tuple(starts), until=until)


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnedIn:
    """What one feature (None = direct consumption) burned in the bucket of that number."""

    currency_id: CurrencyId
    feature_id: FeatureId | None
    tags: Tags
    bucket: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The amounts of one feature, and of one group of it, by the number of their bucket.

    What was burned in no bucket's time is 0. Currencies never add up (§9.15), so a series is of
    one of them.
    """

    currency_id: CurrencyId
    feature_id: FeatureId | None
    tags: Tags
    amounts: Mapping[int, Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.amounts.values(), ZERO)

    def points(self, buckets: Buckets) -> Sequence[tuple[datetime, Decimal]]:
        """Every bucket's beginning and amount."""
        return [
            (start, self.amounts.get(number, ZERO)) for number, start in enumerate(buckets.starts)
        ]


def series_of(burned: Iterable[BurnedIn], names: Mapping[FeatureId, str]) -> tuple[Series, ...]:
    """One series a feature, group and currency: most credits first, then by `names`, tags.

    Direct consumption comes after the features that burned as much.
    """
    found: dict[tuple[CurrencyId, FeatureId | None, Tags], dict[int, Decimal]] = {}
    for one in burned:
        amounts = found.setdefault((one.currency_id, one.feature_id, one.tags), {})
        amounts[one.bucket] = amounts.get(one.bucket, ZERO) + one.amount
    series = [
        Series(currency_id=currency, feature_id=feature, tags=tags, amounts=amounts)
        for (currency, feature, tags), amounts in found.items()
    ]
    return tuple(sorted(series, key=lambda each: _order(each, names)))


def _order(series: Series, names: Mapping[FeatureId, str]) -> tuple[object, ...]:
    id = series.feature_id
    name = "" if id is None else names.get(id, "")
    return (-series.total, id is None, name, series.tags, series.currency_id)
