"""Raw events inside a unit of work: stored once, counted as they arrive.

The log goes by the caller's ids, so an event of a customer who is not known yet counts later. The
counters of event meters are kept under the lock of (customer, resource), one of a bounded number
of stripes, since a batch may name a thousand customers. Source: spec, entitlements §6.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, LargeBinary, Text, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert

from domain.catalog.enums import AggregationFunction
from domain.catalog.model import Meter
from domain.entitlements.model import Usage
from domain.metering.aggregation import Tally, distinct_text, matches, tallied, value_of
from domain.metering.model import Bucket, UsageEvent
from domain.periods import Period
from persistence.repositories.base import Repository
from persistence.repositories.event_counters import SqlEventCounting, event_counting
from persistence.repositories.usage import LOCK, lock_key
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

_COUNTER = (
    "environment_id",
    "customer_id",
    "resource_id",
    "feature_id",
    "window_start",
    "window_end",
)


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

    async def counting(self, events: Sequence[UsageEvent]) -> SqlEventCounting:
        """The counters that these newly stored events may change, in one statement."""
        return await event_counting(self, events)

    async def fold(
        self, customer_ref_id: str, bucket: Bucket, window: Period, meter: Meter
    ) -> Usage:
        """The window's usage from the log, now kept as a counter; memory stays bounded."""
        tally = await self.folded(customer_ref_id, bucket, window, meter)
        usage = Usage(raw=value_of(tally, meter.function), updated_at=tally.last_at)
        await self.keep([(bucket, window, usage, tally)])
        return usage

    async def folded(
        self,
        customer_ref_id: str,
        bucket: Bucket,
        window: Period,
        meter: Meter,
        *,
        without: Collection[UUID] = (),
    ) -> Tally:
        """The window's tally from the log, leaving some events out; its texts are kept."""
        await self.delete_where(UsageDistinctRow, *_of(UsageDistinctRow, bucket, window))
        tally = Tally()
        async for chunk in self.chunks(customer_ref_id, bucket.resource_id, window):
            inside = [e for e in chunk if e.id not in without and matches(meter.filters, e)]
            if inside:
                tally = (await self.tallied(bucket, window, meter, tally, inside))[-1]
        return tally

    async def has_text(self, bucket: Bucket, window: Period, text: str) -> bool:
        """Whether UNIQUE has counted the text in a window that has a counter."""
        table = UsageDistinctRow
        found = await self.fetch(
            select(table.digest).where(
                table.environment_id == self.environment_id,
                *_of(table, bucket, window),
                table.digest == _digest(text),
            )
        )
        return bool(found)

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

    async def tallied(
        self,
        bucket: Bucket,
        window: Period,
        meter: Meter,
        tally: Tally,
        events: Sequence[UsageEvent],
    ) -> list[Tally]:
        """The tally after each one of `events`, all of which match; their texts are kept."""
        new = await self._new_texts(bucket, window, meter, events)
        tallies: list[Tally] = []
        for event in events:
            text = distinct_text(meter.field, event) if new else None
            tally = tallied(tally, meter.field, event, new_distinct=text in new)
            new.discard(text)
            tallies.append(tally)
        return tallies

    async def _new_texts(
        self, bucket: Bucket, window: Period, meter: Meter, events: Iterable[UsageEvent]
    ) -> set[str | None]:
        """The texts that UNIQUE sees for the first time in this window."""
        if meter.function is not AggregationFunction.UNIQUE:
            return set()
        texts = {distinct_text(meter.field, event) for event in events}
        digests = {_digest(text): text for text in texts if text is not None}
        if not digests:
            return set()
        table = UsageDistinctRow
        rows = [
            {**_columns(bucket, window), "environment_id": self.environment_id, "digest": digest}
            for digest in sorted(digests)
        ]
        added = await self.fetch(
            insert(table).values(rows).on_conflict_do_nothing().returning(table.digest)
        )
        return {digests[bytes(row.digest)] for row in added}

    async def keep(self, tallies: Iterable[tuple[Bucket, Period, Usage, Tally]]) -> None:
        """Write these counters."""
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


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


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
