"""Usage logs, counters and raw events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.catalog.model import (
    Feature,
    Meter,
)
from domain.entitlements.model import EntitlementRow, Usage
from domain.ids import (
    FeatureId,
)
from domain.listing import ListQuery, Page
from domain.metering.counter import Counter
from domain.metering.model import Bucket, LoggedMeasurement, Measurement, Repeat, UsageEvent
from domain.periods import Period


class UsageSource(Protocol):
    """Lists of reported usage."""

    async def measurement_page(self, query: ListQuery) -> Page[LoggedMeasurement]:
        """The reports that a list asks for."""


class UsageRepository(Protocol):
    """The usage log and its counters; see `persistence/rows/usage.py` for what a counter is."""

    async def lock(self, buckets: Iterable[Bucket]) -> None:
        """Keep other writers of these buckets out until the transaction ends."""

    async def counters(
        self, buckets: Iterable[Bucket], *, first: datetime, last: datetime
    ) -> dict[tuple[Bucket, Period], Counter]:
        """The buckets' counters whose windows reach into [first, last]."""

    async def usages(
        self, windows: Iterable[tuple[Bucket, Period]]
    ) -> dict[tuple[Bucket, Period], Usage]:
        """The usage of exactly these windows, where a counter is kept."""

    async def save_counters(
        self, counters: Mapping[tuple[Bucket, Period], Counter], *, now: datetime | None
    ) -> None:
        """Insert or overwrite; `now` = when usage changed, None = only folded, not changed."""

    async def forget_counters(self, feature_id: FeatureId) -> None:
        """Drop every counter of the feature: its meter was defined anew."""

    async def append(self, logged: Sequence[LoggedMeasurement]) -> None:
        """Write to the log in the order of arrival, in one statement."""

    async def folded(self, bucket: Bucket, window: Period) -> Counter:
        """The window's counter from the log."""

    def chunks(self, bucket: Bucket, window: Period) -> AsyncIterator[list[Measurement]]:
        """The window's log in the order in which it folds, some thousands at a time."""

    async def repeats(
        self, keys: Iterable[tuple[Bucket, str]], *, now: datetime
    ) -> dict[tuple[Bucket, str], Repeat]:
        """What was reported under these keys within the last 30 days."""

    async def remember(self, keys: Mapping[tuple[Bucket, str], Repeat], *, now: datetime) -> None:
        """Keep what these keys made; an older use of a key is forgotten."""

    async def expect_resets(self, resets: Iterable[tuple[Bucket, datetime]]) -> None:
        """Remember to look at these buckets when their windows end; none = no statement."""

    async def resets_due(self, until: datetime, *, limit: int) -> list[tuple[Bucket, datetime]]:
        """Buckets whose windows ended by `until`, soonest first."""

    async def forget_reset(self, bucket: Bucket, due_at: datetime) -> bool:
        """Drop a reset that was looked at; False if another process was faster."""

    async def next_reset(self) -> datetime | None:
        """When the first of them ends."""

    async def forget_keys(self, *, now: datetime) -> None:
        """Drop the keys of reports and events that no repeat can name any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedUsage:
    """A window of an event meter after new events were counted.

    `row` is the scope's as it was last resolved, None where it never was. `values` are the
    window's after each of the events that it holds, in the order in which they came.
    """

    bucket: Bucket
    window: Period
    usage: Usage
    before: Decimal
    row: EntitlementRow | None
    feature: Feature
    customer_ref_id: str
    values: tuple[tuple[UsageEvent, Decimal], ...]


class EventCounting(Protocol):
    """Newly stored events, and the counters that they may change, as those were before them."""

    @property
    def credit_customers(self) -> frozenset[str]:
        """The events' customers of whom credits may pay for something, by the caller's ids."""

    def has(self, bucket: Bucket, window: Period) -> bool:
        """Whether the window's usage before the new events is known."""

    async def open(
        self, customer_ref_id: str, bucket: Bucket, window: Period, row: EntitlementRow
    ) -> None:
        """Fold a window that has no counter from the log, without the new events."""

    async def count(self, *, now: datetime) -> list[CountedUsage]:
        """Add the new events to every counter whose window holds them."""


class EventRepository(Protocol):
    """Raw events: the log, and the counters of event meters."""

    async def lock(self, scopes: Iterable[tuple[str, str]]) -> None:
        """Keep other writers of these (customer, resource) out until the transaction ends."""

    async def store(self, events: Mapping[bytes, UsageEvent], *, now: datetime) -> list[UsageEvent]:
        """Store those whose de-duplication digest was not seen for 30 days; return them."""

    async def counting(self, events: Sequence[UsageEvent]) -> EventCounting:
        """The counters that these newly stored events may change, in one statement."""

    async def fold(
        self, customer_ref_id: str, bucket: Bucket, window: Period, meter: Meter
    ) -> Usage:
        """The window's usage from the log, now kept as a counter."""

    async def has_text(self, bucket: Bucket, window: Period, text: str) -> bool:
        """Whether UNIQUE has counted the text in a window that has a counter."""

    def chunks(
        self, customer_id: str, resource_id: str, window: Period
    ) -> AsyncIterator[list[UsageEvent]]:
        """The events of a scope in a window, oldest first, some thousands at a time."""

    def scan(
        self,
        *,
        customer_id: str | None = None,
        resource_id: str | None = None,
        newest_first: bool = False,
    ) -> AsyncIterator[list[UsageEvent]]:
        """The environment's events, or a customer's, some thousands at a time."""
