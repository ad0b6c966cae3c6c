"""Subscriptions inside a unit of work."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from domain.errors import duplicate
from domain.subscriptions.model import Subscription
from persistence.mapping.subscriptions import subscription_to_row
from persistence.readers.subscriptions import SubscriptionQueries
from persistence.repositories.base import Repository
from persistence.rows.subscriptions import SubscriptionRow


class SqlSubscriptionRepository(Repository, SubscriptionQueries):
    """Fits `app.ports.SubscriptionRepository`."""

    async def save(self, *subscriptions: Subscription) -> None:
        """Insert or update all, with everything that hangs on them, in one statement.

        A ref_id that another subscription has (ended ones too) raises
        DuplicatedEntityNotAllowed.
        """
        try:
            await self.upsert(
                SubscriptionRow, [subscription_to_row(s) for s in subscriptions], key=["id"]
            )
        except IntegrityError as error:
            raise duplicate("Subscription", subscriptions[0].ref_id) from error
