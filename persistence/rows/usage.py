"""Tables of usage: the append-only logs, partitioned by time, and what is folded from them.

A counter is the materialised fold of one window of one bucket. Whoever writes to the log updates
every counter whose window holds the instant, under the bucket's lock; a counter that is missing
is folded from the log when it is first asked for. Source: spec, entitlements §4-§6, §13.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Connection, Index, LargeBinary, Numeric, Sequence, Table, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.metering.enums import UsageUpdateBehavior
from persistence.rows.base import Base, Quantity

PARTITION_YEARS = range(2022, 2036)

ARRIVAL = Sequence("usage_measurement_arrival", metadata=Base.metadata)


class UsageMeasurementRow(Base):
    """The log of reports; `created_at` is what windows go by, `arrival` settles ties."""

    __tablename__ = "usage_measurements"
    __table_args__ = (
        Index(None, "environment_id", "created_at", "id"),
        Index(None, "environment_id", "id"),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(primary_key=True)
    feature_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(primary_key=True)
    arrival: Mapped[int] = mapped_column(
        BigInteger, ARRIVAL, server_default=ARRIVAL.next_value(), primary_key=True
    )
    id: Mapped[uuid.UUID]
    value: Mapped[Quantity]
    behavior: Mapped[UsageUpdateBehavior]
    dimensions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reported_at: Mapped[datetime]


class UsageIdempotencyRow(Base):
    """The keys of reports: a repeat within 30 days finds what the first one made."""

    __tablename__ = "usage_idempotency_keys"
    # Rows come in the order of time, so that a few kilobytes find the old ones.
    __table_args__ = (Index(None, "reported_at", postgresql_using="brin"),)

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(primary_key=True)
    feature_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    measurement_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime]
    value: Mapped[Quantity]
    reported_at: Mapped[datetime]


class UsageCounterRow(Base):
    """A window's fold, in raw units: `value` is what checks compare.

    Of reports: `value` = the total, `last_at` and `last_set_at` say which later report can be
    added without the log. Of raw events: the tally that `value` is read off.
    """

    __tablename__ = "usage_counters"

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(primary_key=True)
    feature_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    window_end: Mapped[datetime] = mapped_column(primary_key=True)
    value: Mapped[Quantity]
    last_at: Mapped[datetime | None]
    last_set_at: Mapped[datetime | None]
    events: Mapped[int] = mapped_column(BigInteger, server_default="0")
    numbers: Mapped[int] = mapped_column(BigInteger, server_default="0")
    total: Mapped[Decimal] = mapped_column(Numeric(), server_default="0")
    least: Mapped[Decimal | None] = mapped_column(Numeric())
    greatest: Mapped[Decimal | None] = mapped_column(Numeric())
    distinct_texts: Mapped[int] = mapped_column(BigInteger, server_default="0")
    updated_at: Mapped[datetime | None]


class UsageDistinctRow(Base):
    """The texts that a UNIQUE meter has seen in a window, as SHA-256: exact counts."""

    __tablename__ = "usage_distinct_texts"

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(primary_key=True)
    feature_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    window_end: Mapped[datetime] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class UsageResetRow(Base):
    """A window whose end may grant again what its usage denies: due when it ends."""

    __tablename__ = "usage_resets"
    __table_args__ = (Index(None, "environment_id", "due_at"),)

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(primary_key=True)
    feature_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)


class UsageEventRow(Base):
    """The log of raw events, by the caller's ids: a customer may become known later."""

    __tablename__ = "usage_events"
    __table_args__ = (
        Index(None, "environment_id", "customer_id", "resource_id", "timestamp"),
        {"postgresql_partition_by": "RANGE (timestamp)"},
    )

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    timestamp: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    resource_id: Mapped[str]
    event_name: Mapped[str]
    idempotency_key: Mapped[str]
    dimensions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    received_at: Mapped[datetime]


class UsageEventKeyRow(Base):
    """The de-duplication keys of raw events, as SHA-256, kept for 30 days from receipt."""

    __tablename__ = "usage_event_keys"
    __table_args__ = (Index(None, "received_at", postgresql_using="brin"),)

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    received_at: Mapped[datetime]


def make_partitions(table: Table, connection: Connection, **_options: Any) -> None:
    """One partition a year, and one for whatever lies outside."""
    translated = connection.get_execution_options().get("schema_translate_map") or {}
    schema = f'"{translated[None]}".' if None in translated else ""
    parent = f"{schema}{table.name}"
    for year in PARTITION_YEARS:
        connection.exec_driver_sql(
            f"CREATE TABLE {parent}_{year} PARTITION OF {parent} "
            f"FOR VALUES FROM ('{year}-01-01 00:00:00+00') TO ('{year + 1}-01-01 00:00:00+00')"
        )
    connection.exec_driver_sql(f"CREATE TABLE {parent}_other PARTITION OF {parent} DEFAULT")


for _row in (UsageMeasurementRow, UsageEventRow):
    event.listen(_row.__table__, "after_create", make_partitions)
