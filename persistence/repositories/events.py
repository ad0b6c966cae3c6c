"""Raw events inside a unit of work: stored once, counted as they arrive.

The log goes by the caller's ids, so an event of a customer who is not known yet counts later. The
counters of event meters are kept under the lock of (customer, resource), one of a bounded number
of stripes, since a batch may name a thousand customers. Source: spec, entitlements §6.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, LargeBinary, Text, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert

from domain.catalog.enums import AggregationFunction
from domain.catalog.model import Feature, Meter
from domain.entitlements.model import EntitlementRow, Usage
from domain.metering.aggregation import Tally, distinct_text, matches, tallied, value_of
from domain.metering.model import Bucket, UsageEvent
from domain.periods import Period
from persistence.mapping.entitlements import feature_from_json, row_from_json
from persistence.repositories.base import Repository
from persistence.repositories.usage import LOCK, bucket_from_row, lock_key
from persistence.rows.usage import UsageCounterRow, UsageDistinctRow, UsageEventRow

DEDUPLICATION_WINDOW = timedelta(days=30)
STRIPES = 256
CHUNK = 5_000

_KEYS = text(
    """
INSERT INTO usage_event_keys AS known (environment_id, digest, received_at)
SELECT :environment, digest, :now FROM unnest(:digests) digest
ON CONFLICT (environment_id, digest) DO UPDATE SET received_at = excluded.received_at
WHERE known.received_at <= :horizon
RETURNING digest
"""
).bindparams(
    bindparam("environment", type_=Uuid),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("horizon", type_=DateTime(timezone=True)),
    bindparam("digests", type_=ARRAY(LargeBinary)),
)

_EVENTS = text(
    """
INSERT INTO usage_events (environment_id, timestamp, id, customer_id, resource_id, event_name,
  idempotency_key, dimensions, received_at)
SELECT :environment, e.* , :now FROM unnest(:timestamps, :ids, :customers, :resources, :names,
  :keys, :dimensions) e
"""
).bindparams(
    bindparam("environment", type_=Uuid),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("timestamps", type_=ARRAY(DateTime(timezone=True))),
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("customers", type_=ARRAY(Text)),
    bindparam("resources", type_=ARRAY(Text)),
    bindparam("names", type_=ARRAY(Text)),
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("dimensions", type_=ARRAY(JSONB)),
)

_COUNTERS = text(
    """
SELECT k.*, c.ref_id AS customer_ref_id, to_jsonb(f) AS feature, s.rows -> f.ref_id AS row
FROM usage_counters k
JOIN customers c ON c.environment_id = :environment AND c.id = k.customer_id
JOIN features f ON f.environment_id = :environment AND f.id = k.feature_id
LEFT JOIN entitlement_snapshots s ON s.environment_id = :environment
  AND s.customer_id = k.customer_id AND s.resource_id = k.resource_id
WHERE k.environment_id = :environment AND c.ref_id = ANY(:customers) AND f.meter IS NOT NULL
  AND k.window_start <= :last AND k.window_end > :first
"""
).bindparams(
    bindparam("environment", type_=Uuid),
    bindparam("customers", type_=ARRAY(Text)),
    bindparam("first", type_=DateTime(timezone=True)),
    bindparam("last", type_=DateTime(timezone=True)),
)

_COUNTER = (
    "environment_id",
    "customer_id",
    "resource_id",
    "feature_id",
    "window_start",
    "window_end",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """Fits `app.ports.CountedUsage`."""

    bucket: Bucket
    window: Period
    usage: Usage
    before: Decimal
    row: EntitlementRow | None
    feature: Feature
    customer_ref_id: str
    tally: Tally


class SqlEventRepository(Repository):
    """Fits `app.ports.EventRepository`."""

    async def lock(self, scopes: Iterable[tuple[str, str]]) -> None:
        """Keep other writers of these (customer, resource) out until the transaction ends."""
        keys = {
            lock_key("events", self.environment_id, hash_stripe(customer, resource))
            for customer, resource in scopes
        }
        await self.fetch(LOCK, {"keys": sorted(keys)})

    async def store(self, events: Mapping[bytes, UsageEvent], *, now: datetime) -> list[UsageEvent]:
        """Store those whose de-duplication digest was not seen for 30 days; return them."""
        fresh = await self.fetch(
            _KEYS,
            {
                "environment": self.environment_id,
                "now": now,
                "horizon": now - DEDUPLICATION_WINDOW,
                "digests": list(events),
            },
        )
        new = {bytes(row.digest) for row in fresh}
        stored = [event for digest, event in events.items() if digest in new]
        if stored:
            await self.execute(
                _EVENTS,
                {
                    "environment": self.environment_id,
                    "now": now,
                    "timestamps": [event.timestamp for event in stored],
                    "ids": [event.id for event in stored],
                    "customers": [event.customer_id for event in stored],
                    "resources": [event.resource_id or "" for event in stored],
                    "names": [event.event_name for event in stored],
                    "keys": [event.idempotency_key for event in stored],
                    "dimensions": [dict(event.dimensions) for event in stored],
                },
            )
        return stored

    async def count(self, events: Sequence[UsageEvent], *, now: datetime) -> list[Any]:
        """Add newly stored events to every counter whose window holds them."""
        if not events:
            return []
        rows = await self.fetch(
            _COUNTERS,
            {
                "environment": self.environment_id,
                "customers": sorted({event.customer_id for event in events}),
                "first": min(event.timestamp for event in events),
                "last": max(event.timestamp for event in events),
            },
        )
        by_scope: dict[tuple[str, str], list[UsageEvent]] = {}
        for event in events:
            by_scope.setdefault((event.customer_id, event.resource_id or ""), []).append(event)
        features = _features(rows)
        changed: list[_Counted] = []
        for row in rows:
            feature, window = features[row.feature_id], _window(row)
            assert feature.meter is not None
            inside = [
                event
                for event in by_scope.get((row.customer_ref_id, row.resource_id), ())
                if event.timestamp in window and matches(feature.meter.filters, event)
            ]
            if inside:
                bucket = bucket_from_row(row)
                tally = await self._tallied(bucket, window, feature.meter, _tally(row), inside)
                changed.append(
                    _Counted(
                        bucket=bucket,
                        window=window,
                        usage=Usage(raw=value_of(tally, feature.meter.function), updated_at=now),
                        before=row.value,
                        row=row_from_json(row.row) if row.row else None,
                        feature=feature,
                        customer_ref_id=row.customer_ref_id,
                        tally=tally,
                    )
                )
        await self._save([(c.bucket, c.window, c.usage, c.tally) for c in changed])
        return changed

    async def fold(
        self, customer_ref_id: str, bucket: Bucket, window: Period, meter: Meter
    ) -> Usage:
        """The window's usage from the log, now kept as a counter; memory stays bounded."""
        await self.delete_where(UsageDistinctRow, *_of(UsageDistinctRow, bucket, window))
        tally = Tally()
        async for chunk in self.chunks(customer_ref_id, bucket.resource_id, window):
            inside = [event for event in chunk if matches(meter.filters, event)]
            tally = await self._tallied(bucket, window, meter, tally, inside)
        usage = Usage(raw=value_of(tally, meter.function), updated_at=tally.last_at)
        await self._save([(bucket, window, usage, tally)])
        return usage

    async def chunks(
        self, customer_id: str, resource_id: str, window: Period
    ) -> AsyncIterator[list[UsageEvent]]:
        """The events of a scope in a window, oldest first, some thousands at a time."""
        table = UsageEventRow
        statement = (
            select(*table.__table__.c)
            .where(
                table.environment_id == self.environment_id,
                table.customer_id == customer_id,
                table.resource_id == resource_id,
                table.timestamp >= window.start,
                table.timestamp < window.end,
            )
            .order_by(table.timestamp)
        )
        result = await self.connection.stream(statement)
        async for rows in result.partitions(CHUNK):
            yield [event_from_row(row) for row in rows]

    async def scan(
        self,
        *,
        customer_id: str | None = None,
        resource_id: str | None = None,
        newest_first: bool = False,
    ) -> AsyncIterator[list[UsageEvent]]:
        """The environment's events, or a customer's, some thousands at a time."""
        table = UsageEventRow
        statement = select(*table.__table__.c).where(table.environment_id == self.environment_id)
        if customer_id is not None:
            statement = statement.where(table.customer_id == customer_id)
        if resource_id is not None:
            statement = statement.where(table.resource_id == resource_id)
        orders = (table.timestamp, table.id)
        statement = statement.order_by(*((o.desc() for o in orders) if newest_first else orders))
        result = await self.connection.stream(statement)
        async for rows in result.partitions(CHUNK):
            yield [event_from_row(row) for row in rows]

    async def _tallied(
        self,
        bucket: Bucket,
        window: Period,
        meter: Meter,
        tally: Tally,
        events: Collection[UsageEvent],
    ) -> Tally:
        for event in events:
            tally = tallied(tally, meter.field, event, new_distinct=False)
        texts = {distinct_text(meter.field, event) for event in events} - {None}
        if not texts or meter.function is not AggregationFunction.UNIQUE:
            return tally
        table = UsageDistinctRow
        digests = sorted(hashlib.sha256(str(t).encode()).digest() for t in texts)
        rows = [
            {**_columns(bucket, window), "environment_id": self.environment_id, "digest": digest}
            for digest in digests
        ]
        added = await self.fetch(
            insert(table).values(rows).on_conflict_do_nothing().returning(table.digest)
        )
        return replace(tally, distinct=tally.distinct + len(added))

    async def _save(self, tallies: Iterable[tuple[Bucket, Period, Usage, Tally]]) -> None:
        rows = [
            {
                **_columns(bucket, window),
                "value": usage.raw,
                "last_at": tally.last_at,
                "last_set_at": None,
                "events": tally.events,
                "numbers": tally.numbers,
                "total": tally.total,
                "least": tally.least,
                "greatest": tally.greatest,
                "distinct_texts": tally.distinct,
                "updated_at": usage.updated_at,
            }
            for bucket, window, usage, tally in tallies
        ]
        await self.upsert(UsageCounterRow, rows, key=_COUNTER)


def hash_stripe(customer_id: str, resource_id: str) -> int:
    """Which of the lock stripes a scope belongs to."""
    return lock_key(customer_id, resource_id) % STRIPES


def event_from_row(row: Any) -> UsageEvent:
    """A log row as the domain's value."""
    return UsageEvent(
        id=row.id,
        customer_id=row.customer_id,
        resource_id=row.resource_id or None,
        event_name=row.event_name,
        idempotency_key=row.idempotency_key,
        timestamp=row.timestamp,
        dimensions=row.dimensions,
    )


def _features(rows: Iterable[Any]) -> dict[UUID, Feature]:
    found: dict[UUID, Feature] = {}
    for row in rows:
        if row.feature_id not in found:
            found[row.feature_id] = feature_from_json(row.feature)
    return found


def _window(row: Any) -> Period:
    return Period(row.window_start.astimezone(UTC), row.window_end.astimezone(UTC))


def _tally(row: Any) -> Tally:
    return Tally(
        events=row.events,
        numbers=row.numbers,
        total=row.total,
        least=row.least,
        greatest=row.greatest,
        distinct=row.distinct_texts,
        last_at=row.last_at,
    )


def _columns(bucket: Bucket, window: Period) -> dict[str, Any]:
    return {
        "customer_id": bucket.customer_id,
        "resource_id": bucket.resource_id,
        "feature_id": bucket.feature_id,
        "window_start": window.start,
        "window_end": window.end,
    }


def _of(table: Any, bucket: Bucket, window: Period) -> list[Any]:
    return [getattr(table, name) == value for name, value in _columns(bucket, window).items()]
