"""Waiting checkouts and heard webhooks inside a unit of work."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from domain.billing.model import PendingCheckout
from persistence.mapping.copy import from_row, to_columns
from persistence.repositories.base import Repository
from persistence.rows.billing import CheckoutRow, HeardWebhookRow


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
