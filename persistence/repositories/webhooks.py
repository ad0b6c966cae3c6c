"""Hooks inside a transaction, and the queue of deliveries.

The queue is the table itself: deliveries are inserted by the statement that writes their event
(`persistence.outbox`), claimed with SKIP LOCKED by any number of processes, and kept as the record
of what was sent. A library queue would need a second table, a second connection and a step that
moves rows from the one to the other; and the documented times of attempts would still be ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Row,
    Uuid,
    any_,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.webhooks.enums import EventLogType, HookStatus
from domain.webhooks.events import LoggedEvent
from domain.webhooks.model import (
    THRESHOLDS_AS_OF,
    Delivery,
    DeliveryStatus,
    Hook,
    thresholds_of,
)
from persistence.mapping.copy import from_row, to_columns
from persistence.repositories.base import Repository
from persistence.rows.outbox import EventRequestRow, EventRow
from persistence.rows.webhooks import HookRow, WebhookDeliveryRow

CLAIMED_FOR_S = 60
"""Longer than an attempt can take: after a crash the attempt is made again."""


def hook_from_row(row: Row[Any]) -> Hook:
    types = tuple(EventLogType(name) for name in row.event_log_types)
    return from_row(Hook, row, event_log_types=types)


class SqlHookRepository(Repository):
    """Implements `app.ports.HookRepository`."""

    async def for_update(self, hook_id: UUID) -> Hook | None:
        row = await self.fetch_one(
            select(*HookRow.__table__.c)
            .where(HookRow.environment_id == self.environment_id, HookRow.id == hook_id)
            .with_for_update()
        )
        return None if row is None else hook_from_row(row)

    async def save(self, hook: Hook) -> None:
        types = [type_.value for type_ in hook.event_log_types]
        await self.upsert(HookRow, [to_columns(hook, HookRow, event_log_types=types)], key=["id"])

    async def thresholds(self, type_: EventLogType) -> frozenset[float]:
        """The percentages that some active hook wants to hear of, and the default ones."""
        configured = sorted({type_.value, str(THRESHOLDS_AS_OF.get(type_, type_))})
        rows = await self.fetch(
            select(HookRow.configuration).where(
                HookRow.environment_id == self.environment_id,
                HookRow.status == HookStatus.ACTIVE,
                literal(type_.value) == any_(HookRow.event_log_types),
                or_(*(HookRow.configuration.has_key(name) for name in configured)),
            )
        )
        wanted = [thresholds_of(type_, None)]
        wanted += [thresholds_of(type_, row.configuration) for row in rows]
        return frozenset(threshold for some in wanted for threshold in some)

    async def delete(self, hook_id: UUID) -> None:
        """Forget the hook and what it was still to be told."""
        pending = WebhookDeliveryRow
        await self.delete_where(
            pending, pending.hook_id == hook_id, pending.status == DeliveryStatus.PENDING
        )
        await self.delete_where(HookRow, HookRow.id == hook_id)


class SqlEventLogRepository(Repository):
    """Implements `app.ports.EventLogRepository`."""

    async def answered(self, request_id: UUID, response: Mapping[str, Any]) -> None:
        """Keep the answer to a request that events came of."""
        row = EventRequestRow
        await self.execute(
            update(row)
            .where(row.environment_id == self.environment_id, row.id == request_id)
            .values(response=response)
        )


class SqlDeliveryQueue:
    """Implements `app.ports.DeliveryQueue`, across environments."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def claim(self, *, now: datetime, most: int) -> list[tuple[Delivery, Hook, LoggedEvent]]:
        """Take due deliveries for this process; nobody else gets them for a minute."""
        row = WebhookDeliveryRow
        due = (
            select(row.id)
            .where(row.status == DeliveryStatus.PENDING, row.next_attempt_at <= now)
            .order_by(row.next_attempt_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        claiming = (
            update(row)
            .where(row.id.in_(due))
            .values(next_attempt_at=now + timedelta(seconds=CLAIMED_FOR_S))
            .returning(*row.__table__.c)
        )
        async with self._engine.begin() as connection:
            claimed = (await connection.execute(claiming)).all()
            hooks = await self._by_id(connection, HookRow, {r.hook_id for r in claimed})
            events = await self._by_id(connection, EventRow, {r.event_id for r in claimed})
            lost = [r.id for r in claimed if r.hook_id not in hooks or r.event_id not in events]
            if lost:  # the hook was deleted while the event was written
                await connection.execute(
                    update(row)
                    .where(row.id.in_(lost))
                    .values(status=DeliveryStatus.FAILED, next_attempt_at=None)
                )
        return [
            (
                from_row(Delivery, found),
                hook_from_row(hooks[found.hook_id]),
                from_row(LoggedEvent, events[found.event_id]),
            )
            for found in claimed
            if found.hook_id in hooks and found.event_id in events
        ]

    @staticmethod
    async def _by_id(connection: Any, row: Any, ids: set[UUID]) -> dict[UUID, Row[Any]]:
        if not ids:
            return {}
        found = await connection.execute(select(*row.__table__.c).where(row.id.in_(ids)))
        return {one.id: one for one in found}

    async def record(self, delivery: Delivery) -> None:
        """Keep what came of an attempt."""
        row = WebhookDeliveryRow
        statement = (
            update(row)
            .where(row.id == delivery.id)
            .values(to_columns(delivery, WebhookDeliveryRow))
        )
        async with self._engine.begin() as connection:
            await connection.execute(statement)

    async def forget_before(self, instant: datetime) -> int:
        """Drop events older than `instant` that no delivery waits for, and their deliveries."""
        row = WebhookDeliveryRow
        waiting = exists().where(
            row.environment_id == EventRow.environment_id,
            row.event_id == EventRow.id,
            row.status == DeliveryStatus.PENDING,
        )
        async with self._engine.begin() as connection:
            gone = (
                await connection.execute(
                    delete(EventRow)
                    .where(EventRow.created_at < instant, ~waiting)
                    .returning(EventRow.id, EventRow.request_id)
                )
            ).all()
            await connection.execute(
                delete(row).where(row.event_id == func.any(_uuids({one.id for one in gone})))
            )
            request = EventRequestRow
            await connection.execute(
                delete(request).where(
                    request.id == func.any(_uuids({one.request_id for one in gone} - {None})),
                    ~exists().where(EventRow.request_id == request.id),
                )
            )
        return len(gone)


def _uuids(ids: set[UUID]) -> Any:
    """One parameter, whatever their number."""
    return cast(sorted(ids), ARRAY(Uuid))
