"""The counters that newly stored events fall into: read once, opened where missing, counted once.

The events' scopes are locked meanwhile. Source: spec, entitlements §6, §9.9, §13.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, bindparam, text

from domain.catalog.model import Feature
from domain.entitlements.model import EntitlementRow, Usage
from domain.metering.aggregation import Tally, matches, value_of
from domain.metering.model import Bucket, UsageEvent
from domain.periods import Period
from persistence.mapping.entitlements import feature_from_json, row_from_json
from persistence.repositories.usage import bucket_from_row

if TYPE_CHECKING:
    from persistence.repositories.events import SqlEventRepository

# A customer has at least one row, which tells whether credits ever paid for anything of it. Each
# customer's counters are looked up by key, whatever the planner believes of their number: hence
# the OFFSET.
_COUNTERS = text(
    """
SELECT counters.*, c.ref_id AS customer_ref_id, credit.has_credit_prices
FROM customers c
CROSS JOIN LATERAL (
  SELECT c.deleted_at IS NULL AND EXISTS (SELECT FROM subscriptions s
    WHERE s.environment_id = :environment AND s.customer_id = c.id
    AND s.prices @> '[{"price": {"billing_model": "CREDIT_BASED"}}]') AS has_credit_prices
  OFFSET 0
) credit
LEFT JOIN LATERAL (
  SELECT k.*, to_jsonb(f) AS feature, s.rows -> f.ref_id AS row
  FROM usage_counters k
  JOIN features f ON f.environment_id = :environment AND f.id = k.feature_id
    AND f.meter IS NOT NULL
  LEFT JOIN entitlement_snapshots s ON s.environment_id = :environment
    AND s.customer_id = k.customer_id AND s.resource_id = k.resource_id
  WHERE k.environment_id = :environment AND k.customer_id = c.id
    AND k.window_start <= :last AND k.window_end > :first
  OFFSET 0
) counters ON true
WHERE c.environment_id = :environment AND c.ref_id = ANY(:customers)
"""
).bindparams(
    bindparam("environment", type_=Uuid),
    bindparam("customers", type_=ARRAY(Text)),
    bindparam("first", type_=DateTime(timezone=True)),
    bindparam("last", type_=DateTime(timezone=True)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Fits `app.ports.CountedUsage`."""

    bucket: Bucket
    window: Period
    usage: Usage
    before: Decimal
    row: EntitlementRow | None
    feature: Feature
    customer_ref_id: str
    values: tuple[tuple[UsageEvent, Decimal], ...]
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counter:
    """A counter as it was before the new events; `row` is the snapshot's, as JSON."""

    bucket: Bucket
    window: Period
    tally: Tally
    before: Decimal
    row: Any
    feature: Feature
    customer_ref_id: str


class SqlEventCounting:
    """Fits `app.ports.EventCounting`."""

    def __init__(
        self,
        repository: SqlEventRepository,
        events: Sequence[UsageEvent],
        counters: Iterable[_Counter],
        credit_customers: Iterable[str],
    ) -> None:
        self._repository = repository
        self._events = events
        self._counters = {(c.bucket, c.window): c for c in counters}
        self.credit_customers = frozenset(credit_customers)

    def has(self, bucket: Bucket, window: Period) -> bool:
        """Whether the window's usage before the new events is known."""
        return (bucket, window) in self._counters

    async def open(
        self, customer_ref_id: str, bucket: Bucket, window: Period, row: EntitlementRow
    ) -> None:
        """Fold a window that has no counter from the log, without the new events."""
        meter = row.feature.meter
        assert meter is not None
        tally = await self._repository.folded(
            customer_ref_id, bucket, window, meter, without={event.id for event in self._events}
        )
        self._counters[bucket, window] = _Counter(
            bucket=bucket,
            window=window,
            tally=tally,
            before=value_of(tally, meter.function),
            row=None,
            feature=row.feature,
            customer_ref_id=customer_ref_id,
        )

    async def count(self, *, now: datetime) -> list[Any]:
        """Add the new events to every counter whose window holds them."""
        by_scope: dict[tuple[str, str], list[UsageEvent]] = {}
        for event in self._events:
            by_scope.setdefault((event.customer_id, event.resource_id or ""), []).append(event)
        changed: list[Counted] = []
        for counter in self._counters.values():
            meter = counter.feature.meter
            assert meter is not None
            inside = [
                event
                for event in by_scope.get((counter.customer_ref_id, counter.bucket.resource_id), ())
                if event.timestamp in counter.window and matches(meter.filters, event)
            ]
            if inside:
                changed.append(await self._counted(counter, inside, now))
        await self._repository.keep((c.bucket, c.window, c.usage, c.tally) for c in changed)
        return changed

    async def _counted(
        self, counter: _Counter, inside: Sequence[UsageEvent], now: datetime
    ) -> Counted:
        meter = counter.feature.meter
        assert meter is not None
        tallies = await self._repository.tallied(
            counter.bucket, counter.window, meter, counter.tally, inside
        )
        values = [value_of(tally, meter.function) for tally in tallies]
        return Counted(
            bucket=counter.bucket,
            window=counter.window,
            usage=Usage(raw=values[-1], updated_at=now),
            before=counter.before,
            row=row_from_json(counter.row) if counter.row else None,
            feature=counter.feature,
            customer_ref_id=counter.customer_ref_id,
            values=tuple(zip(inside, values, strict=True)),
            tally=tallies[-1],
        )


async def event_counting(
    repository: SqlEventRepository, events: Sequence[UsageEvent]
) -> SqlEventCounting:
    """The counters that these newly stored events may change, in one statement; none of none."""
    if not events:
        return SqlEventCounting(repository, (), (), ())
    rows = await repository.fetch(
        _COUNTERS,
        {
            "environment": repository.environment_id,
            "customers": sorted({event.customer_id for event in events}),
            "first": min(event.timestamp for event in events),
            "last": max(event.timestamp for event in events),
        },
    )
    kept = [row for row in rows if row.feature_id is not None]
    features = _features(kept)
    return SqlEventCounting(
        repository,
        events,
        [_counter(row, features[row.feature_id]) for row in kept],
        {row.customer_ref_id for row in rows if row.has_credit_prices},
    )


def _counter(row: Any, feature: Feature) -> _Counter:
    assert feature.meter is not None
    tally = Tally(
        events=row.events,
        numbers=row.numbers,
        total=row.total,
        least=row.least,
        greatest=row.greatest,
        distinct=row.distinct_texts,
        last_at=row.last_at,
    )
    return _Counter(
        bucket=bucket_from_row(row),
        window=Period(row.window_start.astimezone(UTC), row.window_end.astimezone(UTC)),
        tally=tally,
        before=value_of(tally, feature.meter.function),
        row=row.row,
        feature=feature,
        customer_ref_id=row.customer_ref_id,
    )


def _features(rows: Iterable[Any]) -> dict[UUID, Feature]:
    found: dict[UUID, Feature] = {}
    for row in rows:
        if row.feature_id not in found:
            found[row.feature_id] = feature_from_json(row.feature)
    return found
