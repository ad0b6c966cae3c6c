"""The usage log, its counters, and repeats, inside a unit of work.

Every writer of a bucket holds the bucket's lock (advisory, until the end of the transaction) from
before it reads a counter, so counts are exact however many report at once. Locks are taken in key
order. Source: spec, entitlements §5, §13.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert

from domain.entitlements.model import Usage
from domain.ids import CustomerId, FeatureId
from domain.metering.counter import Counter
from domain.metering.enums import UsageUpdateBehavior
from domain.metering.model import ZERO, Bucket, LoggedMeasurement, Measurement, Repeat
from domain.periods import Period
from persistence.repositories.base import Repository
from persistence.rows.usage import (
    UsageCounterRow,
    UsageDistinctRow,
    UsageEventKeyRow,
    UsageIdempotencyRow,
    UsageMeasurementRow,
    UsageResetRow,
)

IDEMPOTENCY_WINDOW = timedelta(days=30)
CHUNK = 5_000
_BUCKET = ("environment_id", "customer_id", "resource_id", "feature_id")
_COUNTER = (*_BUCKET, "window_start", "window_end")

LOCK = text(
    "SELECT pg_advisory_xact_lock(k) FROM (SELECT k FROM unnest(:keys) k ORDER BY k) ordered"
).bindparams(bindparam("keys", type_=ARRAY(BigInteger)))

_WANTED = (
    func.unnest(
        bindparam("customers", type_=ARRAY(Uuid)),
        bindparam("resources", type_=ARRAY(Text)),
        bindparam("features", type_=ARRAY(Uuid)),
    )
    .table_valued("customer_id", "resource_id", "feature_id", name="wanted")
    .render_derived()
)
# Made once and given parameters, as every report runs it.
_COUNTERS = select(*UsageCounterRow.__table__.c).where(
    UsageCounterRow.environment_id == bindparam("environment"),
    UsageCounterRow.customer_id == _WANTED.c.customer_id,
    UsageCounterRow.resource_id == _WANTED.c.resource_id,
    UsageCounterRow.feature_id == _WANTED.c.feature_id,
    UsageCounterRow.window_start <= bindparam("last"),
    UsageCounterRow.window_end > bindparam("first"),
)


def lock_key(*parts: object) -> int:
    """A 64-bit advisory lock key of a name."""
    digest = hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class SqlUsageRepository(Repository):
    """Fits `app.ports.UsageRepository`."""

    async def lock(self, buckets: Iterable[Bucket]) -> None:
        """Keep other writers of these buckets out until the transaction ends."""
        keys = {
            lock_key("usage", self.environment_id, b.customer_id, b.resource_id, b.feature_id)
            for b in buckets
        }
        await self.fetch(LOCK, {"keys": sorted(keys)})

    # --- counters ---------------------------------------------------------------------------

    async def counters(
        self, buckets: Iterable[Bucket], *, first: datetime, last: datetime
    ) -> dict[tuple[Bucket, Period], Counter]:
        """The buckets' counters whose windows reach into [first, last]."""
        wanted = list(set(buckets))
        rows = await self.fetch(
            _COUNTERS,
            {
                "environment": self.environment_id,
                "customers": [bucket.customer_id for bucket in wanted],
                "resources": [bucket.resource_id for bucket in wanted],
                "features": [bucket.feature_id for bucket in wanted],
                "first": first,
                "last": last,
            },
        )
        return {(bucket_from_row(row), _window(row)): _counter(row) for row in rows}

    async def usages(
        self, windows: Iterable[tuple[Bucket, Period]]
    ) -> dict[tuple[Bucket, Period], Usage]:
        """The usage of exactly these windows, where a counter is kept."""
        table = UsageCounterRow
        wanted = [(b.customer_id, b.resource_id, b.feature_id, w.start, w.end) for b, w in windows]
        if not wanted:
            return {}
        key = tuple_(
            table.customer_id,
            table.resource_id,
            table.feature_id,
            table.window_start,
            table.window_end,
        )
        rows = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id, key.in_(wanted)
            )
        )
        return {
            (bucket_from_row(row), _window(row)): Usage(raw=row.value, updated_at=row.updated_at)
            for row in rows
        }

    async def save_counters(
        self, counters: Mapping[tuple[Bucket, Period], Counter], *, now: datetime | None
    ) -> None:
        """Insert or overwrite; `now` = when usage changed, None = only folded, not changed."""
        rows = [
            {
                **_bucket_columns(bucket),
                "window_start": window.start,
                "window_end": window.end,
                "value": counter.total,
                "last_at": counter.last_at,
                "last_set_at": counter.last_set_at,
                "updated_at": now or counter.last_at,
            }
            for (bucket, window), counter in counters.items()
        ]
        await self.upsert(UsageCounterRow, rows, key=_COUNTER)

    async def forget_counters(self, feature_id: FeatureId) -> None:
        """Drop every counter of the feature: its meter was defined anew."""
        await self.delete_where(UsageDistinctRow, UsageDistinctRow.feature_id == feature_id)
        await self.delete_where(UsageCounterRow, UsageCounterRow.feature_id == feature_id)

    # --- the log ------------------------------------------------------------------------------

    async def append(self, logged: Sequence[LoggedMeasurement]) -> None:
        """Write to the log in the order of arrival, in one statement."""
        await self.insert(
            UsageMeasurementRow,
            [
                {
                    **_bucket_columns(entry.bucket),
                    "id": entry.measurement.id,
                    "created_at": entry.measurement.timestamp,
                    "value": entry.measurement.value,
                    "behavior": entry.measurement.behavior,
                    "dimensions": dict(entry.measurement.dimensions),
                    "reported_at": entry.reported_at,
                }
                for entry in logged
            ],
        )

    async def folded(self, bucket: Bucket, window: Period) -> Counter:
        """The window's counter from the log: the latest SET, and the deltas after it."""
        table = UsageMeasurementRow
        inside = and_(*self._within(bucket, window))
        latest = (
            select(table.created_at, table.arrival, table.value)
            .where(inside, table.behavior == UsageUpdateBehavior.SET)
            .order_by(table.created_at.desc(), table.arrival.desc())
            .limit(1)
            .cte("latest")
        )
        after = or_(
            ~select(latest.c.arrival).exists(),
            tuple_(table.created_at, table.arrival)
            > tuple_(
                select(latest.c.created_at).scalar_subquery(),
                select(latest.c.arrival).scalar_subquery(),
            ),
        )
        row = await self.fetch_one(
            select(
                func.coalesce(
                    func.sum(table.value).filter(
                        table.behavior == UsageUpdateBehavior.DELTA, after
                    ),
                    0,
                ).label("deltas"),
                func.max(table.created_at).label("last_at"),
                select(latest.c.value).scalar_subquery().label("base"),
                select(latest.c.created_at).scalar_subquery().label("last_set_at"),
            ).where(inside)
        )
        assert row is not None
        return Counter(
            total=(row.base or ZERO) + row.deltas,
            last_at=row.last_at,
            last_set_at=row.last_set_at,
        )

    async def chunks(self, bucket: Bucket, window: Period) -> AsyncIterator[list[Measurement]]:
        """The window's log in the order in which it folds, some thousands at a time."""
        table = UsageMeasurementRow
        statement: Select[Any] = (
            select(*table.__table__.c)
            .where(*self._within(bucket, window))
            .order_by(table.created_at, table.arrival)
        )
        result = await self.connection.stream(statement)
        async for rows in result.partitions(CHUNK):
            yield [measurement_from_row(row) for row in rows]

    def _within(self, bucket: Bucket, window: Period) -> list[Any]:
        table = UsageMeasurementRow
        return [
            table.environment_id == self.environment_id,
            table.customer_id == bucket.customer_id,
            table.resource_id == bucket.resource_id,
            table.feature_id == bucket.feature_id,
            table.created_at >= window.start,
            table.created_at < window.end,
        ]

    # --- repeats ------------------------------------------------------------------------------

    async def repeats(
        self, keys: Iterable[tuple[Bucket, str]], *, now: datetime
    ) -> dict[tuple[Bucket, str], Repeat]:
        """What was reported under these keys within the last 30 days."""
        table = UsageIdempotencyRow
        wanted = [(b.customer_id, b.resource_id, b.feature_id, key) for b, key in keys]
        if not wanted:
            return {}
        columns = tuple_(
            table.customer_id, table.resource_id, table.feature_id, table.idempotency_key
        )
        rows = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id,
                columns.in_(wanted),
                table.reported_at > now - IDEMPOTENCY_WINDOW,
            )
        )
        return {
            (bucket_from_row(row), row.idempotency_key): Repeat(
                measurement_id=row.measurement_id, timestamp=row.created_at, value=row.value
            )
            for row in rows
        }

    async def remember(self, keys: Mapping[tuple[Bucket, str], Repeat], *, now: datetime) -> None:
        """Keep what these keys made; an older use of a key is forgotten."""
        rows = [
            {
                **_bucket_columns(bucket),
                "idempotency_key": key,
                "measurement_id": repeat.measurement_id,
                "created_at": repeat.timestamp,
                "value": repeat.value,
                "reported_at": now,
            }
            for (bucket, key), repeat in keys.items()
        ]
        await self.upsert(UsageIdempotencyRow, rows, key=(*_BUCKET, "idempotency_key"))

    async def expect_resets(self, resets: Iterable[tuple[Bucket, datetime]]) -> None:
        """Remember to look at these buckets when their windows end; none = no statement."""
        rows = [
            {**_bucket_columns(bucket), "environment_id": self.environment_id, "due_at": due_at}
            for bucket, due_at in resets
        ]
        rows.sort(key=lambda row: [str(row[name]) for name in (*_BUCKET, "due_at")])
        if rows:
            await self.connection.execute(pg_insert(UsageResetRow).on_conflict_do_nothing(), rows)

    async def resets_due(self, until: datetime, *, limit: int) -> list[tuple[Bucket, datetime]]:
        """Buckets whose windows ended by `until`, soonest first."""
        table = UsageResetRow
        rows = await self.fetch(
            select(*table.__table__.c)
            .where(table.environment_id == self.environment_id, table.due_at <= until)
            .order_by(table.due_at, *(getattr(table, name) for name in _BUCKET))
            .limit(limit)
        )
        return [(bucket_from_row(row), row.due_at) for row in rows]

    async def forget_reset(self, bucket: Bucket, due_at: datetime) -> bool:
        """Drop a reset that was looked at; False if another process was faster."""
        table = UsageResetRow
        key = [getattr(table, name) == given for name, given in _bucket_columns(bucket).items()]
        return bool(await self.delete_where(table, table.due_at == due_at, *key))

    async def next_reset(self) -> datetime | None:
        """When the first of them ends."""
        table = UsageResetRow
        row = await self.fetch_one(
            select(func.min(table.due_at)).where(table.environment_id == self.environment_id)
        )
        assert row is not None, "an aggregate has a row"
        found: datetime | None = row[0]
        return found

    async def forget_keys(self, *, now: datetime) -> None:
        """Drop the keys of reports and events that no repeat can name any more."""
        before = now - IDEMPOTENCY_WINDOW
        await self.delete_where(UsageIdempotencyRow, UsageIdempotencyRow.reported_at <= before)
        await self.delete_where(UsageEventKeyRow, UsageEventKeyRow.received_at <= before)


def bucket_from_row(row: Any) -> Bucket:
    """The bucket that a row of any usage table belongs to."""
    return Bucket(
        customer_id=CustomerId(row.customer_id),
        resource_id=row.resource_id,
        feature_id=FeatureId(row.feature_id),
    )


def _bucket_columns(bucket: Bucket) -> dict[str, Any]:
    return {
        "customer_id": bucket.customer_id,
        "resource_id": bucket.resource_id,
        "feature_id": bucket.feature_id,
    }


def _window(row: Any) -> Period:
    return Period(row.window_start, row.window_end)


def _counter(row: Any) -> Counter:
    return Counter(total=row.value, last_at=row.last_at, last_set_at=row.last_set_at)


def measurement_from_row(row: Any) -> Measurement:
    """A log row as the domain's value."""
    return Measurement(
        id=row.id,
        timestamp=row.created_at,
        value=row.value,
        behavior=row.behavior,
        sequence=row.arrival,
        dimensions=row.dimensions,
    )
