"""Waiting checkouts, heard webhooks and what a provider missed, inside a unit of work."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from domain.billing.model import PendingCheckout
from domain.billing.syncs import Backlog
from persistence.mapping.copy import from_row, to_columns
from persistence.repositories.base import Repository
from persistence.rows.billing import BacklogRow, CheckoutRow, HeardWebhookRow


class SqlCheckoutRepository(Repository):
    """Fits `app.ports.CheckoutRepository`."""

    async def add(self, checkout: PendingCheckout) -> None:
        """Keep the request until its session ends, without billing information."""
        billing = checkout.request.billing.to_keep()
        kept = replace(checkout, request=replace(checkout.request, billing=billing))
        await self.insert(CheckoutRow, [to_columns(kept, CheckoutRow)])

    async def take(self, checkout_id: str) -> PendingCheckout | None:
        """The waiting request, forgotten: a session provisions once."""
        row = await self.fetch_one(
            delete(CheckoutRow)
            .where(CheckoutRow.environment_id == self.environment_id, CheckoutRow.id == checkout_id)
            .returning(*CheckoutRow.__table__.c)
        )
        return None if row is None else from_row(PendingCheckout, row)

    async def first_hearing(self, webhook_id: str, *, at: datetime) -> bool:
        """Note the webhook; False if it was noted before.

        A second delivery at the same moment waits here until the first is done.
        """
        noted = await self.execute(
            insert(HeardWebhookRow)
            .values(environment_id=self.environment_id, id=webhook_id, at=at)
            .on_conflict_do_nothing()
        )
        return noted == 1


class SqlBacklogRepository(Repository):
    """Fits `app.ports.BacklogRepository`."""

    async def of(self, entity_ids: Iterable[UUID]) -> dict[UUID, Backlog]:
        """Those of the entities that have one, by entity."""
        rows = await self.fetch(
            select(*BacklogRow.__table__.c).where(
                BacklogRow.environment_id == self.environment_id,
                BacklogRow.entity_id.in_(list(entity_ids)),
            )
        )
        return {row.entity_id: from_row(Backlog, row) for row in rows}

    async def save(self, *backlogs: Backlog) -> None:
        rows = [to_columns(one, BacklogRow) for one in backlogs]
        await self.upsert(BacklogRow, rows, key=("environment_id", "entity_id"))

    async def delete(self, entity_id: UUID) -> None:
        await self.delete_where(BacklogRow, BacklogRow.entity_id == entity_id)

    async def due(
        self, until: datetime, *, limit: int, excluding: Collection[UUID]
    ) -> list[Backlog]:
        """Those to be tried again by `until`, the longest overdue first."""
        rows = await self.fetch(
            select(*BacklogRow.__table__.c)
            .where(
                BacklogRow.environment_id == self.environment_id,
                BacklogRow.next_attempt_at <= until,
                BacklogRow.entity_id.not_in(list(excluding)),
            )
            .order_by(BacklogRow.next_attempt_at, BacklogRow.entity_id)
            .limit(limit)
        )
        return [from_row(Backlog, row) for row in rows]

    async def next_due(self) -> datetime | None:
        """When one is to be tried again next."""
        row = await self.fetch_one(
            select(func.min(BacklogRow.next_attempt_at).label("at")).where(
                BacklogRow.environment_id == self.environment_id
            )
        )
        return None if row is None else row.at
