"""Subscriptions as whole aggregates, the same statements inside and outside a unit of work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from domain.ids import CustomerId, ResourceId, SubscriptionId
from domain.listing import ListQuery, Order, Page, Predicate
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import Subscription
from persistence.listing import read_all, read_page
from persistence.mapping.subscriptions import subscription_from_row
from persistence.readers.pages import grouped, mapped
from persistence.readers.subscription_listings import (
    ADDONS,
    ENTITLEMENTS,
    PRICES,
    SUBSCRIPTIONS,
)
from persistence.repositories.base import Connected, Reader
from persistence.rows.subscriptions import SubscriptionRow


class SubscriptionQueries(Connected):
    """Fits `app.ports.SubscriptionSource`."""

    def _subscriptions(self) -> Select[Any]:
        return select(*SubscriptionRow.__table__.c).where(
            SubscriptionRow.environment_id == self.environment_id
        )

    async def by_ids(self, ids: Iterable[SubscriptionId]) -> dict[SubscriptionId, Subscription]:
        statement = self._subscriptions().where(SubscriptionRow.id.in_(list(ids)))
        return {row.id: subscription_from_row(row) for row in await self.fetch(statement)}

    async def by_ref_ids(self, ref_ids: Iterable[str]) -> dict[str, Subscription]:
        statement = self._subscriptions().where(SubscriptionRow.ref_id.in_(list(ref_ids)))
        return {row.ref_id: subscription_from_row(row) for row in await self.fetch(statement)}

    async def of_customers(
        self, customer_ids: Iterable[CustomerId], *, statuses: Iterable[SubscriptionStatus] | None
    ) -> dict[CustomerId, tuple[Subscription, ...]]:
        """Each customer's subscriptions, oldest first; None = every status."""
        return await self._grouped(SubscriptionRow.customer_id, customer_ids, statuses)

    async def paid_by(
        self, customer_ids: Iterable[CustomerId], *, statuses: Iterable[SubscriptionStatus] | None
    ) -> dict[CustomerId, tuple[Subscription, ...]]:
        """As `of_customers`, those that the customer pays for others."""
        return await self._grouped(SubscriptionRow.paying_customer_id, customer_ids, statuses)

    async def by_billing_id(self, billing_id: str) -> tuple[Subscription, ...]:
        """The records of a provider's subscription, oldest first, ended ones included."""
        statement = (
            self._subscriptions()
            .where(SubscriptionRow.billing_id == billing_id)
            .order_by(SubscriptionRow.created_at, SubscriptionRow.id)
        )
        return tuple(subscription_from_row(row) for row in await self.fetch(statement))

    async def next_due(self) -> datetime | None:
        """When the clock has work with any subscription next."""
        rows = await self.fetch(
            select(func.min(SubscriptionRow.next_due_at).label("at")).where(
                SubscriptionRow.environment_id == self.environment_id
            )
        )
        first: datetime | None = rows[0].at
        return first

    async def customers_due(
        self, until: datetime, *, limit: int, excluding: Iterable[CustomerId] = ()
    ) -> list[CustomerId]:
        """Customers for whom the clock has work by `until`, the longest due first."""
        first = func.min(SubscriptionRow.next_due_at)
        statement = (
            select(SubscriptionRow.customer_id)
            .where(
                SubscriptionRow.environment_id == self.environment_id,
                SubscriptionRow.next_due_at <= until,
                SubscriptionRow.customer_id.not_in(list(excluding)),
            )
            .group_by(SubscriptionRow.customer_id)
            .order_by(first, SubscriptionRow.customer_id)
            .limit(limit)
        )
        return [row.customer_id for row in await self.fetch(statement)]

    async def _grouped(
        self,
        column: InstrumentedAttribute[Any],
        customer_ids: Iterable[CustomerId],
        statuses: Iterable[SubscriptionStatus] | None,
    ) -> dict[CustomerId, tuple[Subscription, ...]]:
        wanted = list(customer_ids)
        statement = (
            self._subscriptions()
            .where(column.in_(wanted))
            .order_by(SubscriptionRow.created_at, SubscriptionRow.id)
        )
        if statuses is not None:
            statement = statement.where(SubscriptionRow.status.in_(list(statuses)))
        rows = await self.fetch(statement)
        return grouped(wanted, rows, column.key, subscription_from_row)

    async def page(self, query: ListQuery) -> Page[Subscription]:
        """The subscriptions that a list asks for, whatever their status."""
        return mapped(await read_page(self, SUBSCRIPTIONS, query), subscription_from_row)

    async def entitlement_page(self, query: ListQuery) -> Page[tuple[SubscriptionId, UUID]]:
        """Feature values given per subscription, as (subscription, entitlement)."""
        page = await read_page(self, ENTITLEMENTS, query)
        return mapped(page, lambda row: (row.subscription_id, row.id))

    async def listed_of_customers(
        self, ids: Iterable[CustomerId], predicate: Predicate, orders: tuple[Order, ...]
    ) -> dict[CustomerId, tuple[Subscription, ...]]:
        """The matching subscriptions of each customer, in order: one statement."""
        return await self._listed(SubscriptionRow.customer_id, ids, predicate, orders)

    async def listed_of_resources(
        self, ids: Iterable[ResourceId], predicate: Predicate, orders: tuple[Order, ...]
    ) -> dict[ResourceId, tuple[Subscription, ...]]:
        """The matching subscriptions of each resource, in order: one statement."""
        return await self._listed(SubscriptionRow.resource_id, ids, predicate, orders)

    async def _listed(
        self,
        key: InstrumentedAttribute[Any],
        ids: Iterable[Any],
        predicate: Predicate,
        orders: tuple[Order, ...],
    ) -> dict[Any, tuple[Subscription, ...]]:
        wanted = list(ids)
        rows = await read_all(
            self, SUBSCRIPTIONS, key.in_(wanted), predicate=predicate, orders=orders
        )
        return grouped(wanted, rows, key.key, subscription_from_row)

    async def part_ids(
        self,
        part: Literal["addons", "prices", "entitlements"],
        ids: Iterable[SubscriptionId],
        predicate: Predicate,
        orders: tuple[Order, ...],
    ) -> dict[SubscriptionId, tuple[UUID, ...]]:
        """The ids of the matching add-ons, prices or entitlements of each, in order."""
        listing = {"addons": ADDONS, "prices": PRICES, "entitlements": ENTITLEMENTS}[part]
        wanted = list(ids)
        rows = await read_all(
            self,
            listing,
            listing.table.c.subscription_id.in_(wanted),
            predicate=predicate,
            orders=orders,
        )
        return grouped(wanted, rows, "subscription_id", lambda row: row.id)


class SqlSubscriptionReader(Reader, SubscriptionQueries):
    """Outside transactions."""
