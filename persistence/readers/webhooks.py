"""Reads of hooks and of the event log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Text, cast, select

from domain.listing import ListQuery, Page
from domain.webhooks.events import LoggedEvent, LoggedRequest
from domain.webhooks.model import Hook
from persistence.listing import Listing, columns, read_page
from persistence.mapping.copy import from_row
from persistence.readers.pages import grouped, mapped
from persistence.repositories.base import Reader
from persistence.repositories.webhooks import hook_from_row
from persistence.rows.outbox import EventRequestRow, EventRow
from persistence.rows.webhooks import HookRow, WebhookDeliveryRow


def _text(name: str) -> Any:
    """A UUID column that the contract filters as a string."""

    def expression(rows: FromClause) -> ColumnElement[Any]:
        return cast(rows.c[name], Text)

    return expression


HOOKS = Listing(
    row=HookRow,
    fields=columns(HookRow, "createdAt", "endpoint", "environmentId", "id", "status"),
)
EVENT_LOGS = Listing(
    row=EventRow,
    fields={
        **columns(EventRow, "createdAt", "entityType", "traceId"),
        "eventLogType": lambda rows: rows.c.type,
        "id": _text("id"),
        "entityId": _text("entity_id"),
        "environmentId": _text("environment_id"),
        "parentEntityId": _text("customer_id"),
    },
)


class SqlHookReader(Reader):
    """Implements `app.ports.HookReader`."""

    async def by_id(self, hook_id: UUID) -> Hook | None:
        row = await self.fetch_one(
            select(*HookRow.__table__.c).where(
                HookRow.environment_id == self.environment_id, HookRow.id == hook_id
            )
        )
        return None if row is None else hook_from_row(row)

    async def page(self, query: ListQuery) -> Page[Hook]:
        return mapped(await read_page(self, HOOKS, query), hook_from_row)

    async def event_page(self, query: ListQuery) -> Page[LoggedEvent]:
        """The event log, as a list asks for it."""
        page = await read_page(self, EVENT_LOGS, query)
        return mapped(page, lambda row: from_row(LoggedEvent, row))

    async def requests(self, ids: Iterable[UUID]) -> dict[UUID, LoggedRequest]:
        """Requests that events came of."""
        row = EventRequestRow
        found = await self.fetch(
            select(*row.__table__.c).where(
                row.environment_id == self.environment_id, row.id.in_(set(ids))
            )
        )
        return {one.id: from_row(LoggedRequest, one) for one in found}

    async def hooks_of_events(self, ids: Iterable[UUID]) -> dict[UUID, tuple[Hook, ...]]:
        """The hooks that each event was addressed to and that still exist."""
        wanted = list(ids)
        rows = await self.fetch(
            select(WebhookDeliveryRow.event_id, *HookRow.__table__.c)
            .join(HookRow, HookRow.id == WebhookDeliveryRow.hook_id)
            .where(
                WebhookDeliveryRow.environment_id == self.environment_id,
                WebhookDeliveryRow.event_id.in_(wanted),
            )
            .order_by(HookRow.created_at)
        )
        return grouped(wanted, rows, "event_id", hook_from_row)
