"""Webhooks, deliveries and live updates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, Self
from uuid import UUID

from domain.events import CommittedEvent
from domain.ids import (
    CustomerId,
    EnvironmentId,
)
from domain.listing import ListQuery, Page
from domain.webhooks.enums import EventLogType
from domain.webhooks.events import LoggedEvent, LoggedRequest
from domain.webhooks.model import Answer, Delivery, Hook


class HookRepository(Protocol):
    """Webhook addresses inside a unit of work."""

    async def for_update(self, hook_id: UUID) -> Hook | None: ...
    async def save(self, hook: Hook) -> None: ...

    async def thresholds(self, type_: EventLogType) -> frozenset[float]:
        """The percentages that some active hook wants to hear of, and the default ones."""

    async def delete(self, hook_id: UUID) -> None:
        """Forget the hook and what it was still to be told."""


class EventLogRepository(Protocol):
    """The event log inside a unit of work; its rows are written by `publish`."""

    async def answered(self, request_id: UUID, response: Mapping[str, Any]) -> None:
        """Keep the answer to a request that events came of."""


class HookReader(Protocol):
    """Hooks and the event log."""

    async def by_id(self, hook_id: UUID) -> Hook | None: ...
    async def page(self, query: ListQuery) -> Page[Hook]: ...

    async def event_page(self, query: ListQuery) -> Page[LoggedEvent]:
        """The event log, as a list asks for it."""

    async def requests(self, ids: Iterable[UUID]) -> Mapping[UUID, LoggedRequest]:
        """Requests that events came of, by `LoggedEvent.request_id`."""

    async def hooks_of_events(self, ids: Iterable[UUID]) -> Mapping[UUID, tuple[Hook, ...]]:
        """The hooks that each event was addressed to and that still exist."""


class DeliveryQueue(Protocol):
    """Deliveries of all environments that are due."""

    async def claim(self, *, now: datetime, most: int) -> list[tuple[Delivery, Hook, LoggedEvent]]:
        """Take due deliveries for this process; nobody else gets them for a minute."""

    async def record(self, delivery: Delivery) -> None:
        """Keep what came of an attempt."""

    async def forget_before(self, instant: datetime) -> int:
        """Drop events older than `instant` that no delivery waits for."""


class Post(Protocol):
    """Sends a webhook."""

    async def __call__(self, endpoint: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST `body`; whatever goes wrong is an answer without a code."""


class Listening(Protocol):
    """One listener's events, in commit order within a customer."""

    customer_id: CustomerId | None
    """Once set, only this customer's events are heard."""
    too_slow: bool
    """Set when the listener was dropped because it fell too far behind."""

    def __aiter__(self) -> AsyncIterator[CommittedEvent]: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...


class LiveUpdates(Protocol):
    """News of committed changes, from this process and all others."""

    @property
    def listeners(self) -> int:
        """How many listen in this process."""

    def listen(self, environment_id: EnvironmentId, types: Iterable[str]) -> Listening:
        """Hear the environment's events of these types from now on."""
