"""Subscriptions as whole aggregates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from domain.ids import (
    CustomerId,
    ResourceId,
    SubscriptionId,
)
from domain.listing import ListQuery, Order, Page, Predicate
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import Subscription


class SubscriptionSource(Protocol):
    """Subscriptions as whole aggregates (prices, add-ons, coupons, updates, overrides)."""

    async def by_ids(self, ids: Iterable[SubscriptionId]) -> dict[SubscriptionId, Subscription]: ...

    async def by_ref_ids(self, ref_ids: Iterable[str]) -> dict[str, Subscription]: ...

    async def of_customers(
        self, customer_ids: Iterable[CustomerId], *, statuses: Iterable[SubscriptionStatus] | None
    ) -> dict[CustomerId, tuple[Subscription, ...]]:
        """Each customer's subscriptions, oldest first; None = every status."""

    async def paid_by(
        self, customer_ids: Iterable[CustomerId], *, statuses: Iterable[SubscriptionStatus] | None
    ) -> dict[CustomerId, tuple[Subscription, ...]]:
        """As `of_customers`, those that the customer pays for others."""

    async def page(self, query: ListQuery) -> Page[Subscription]:
        """The subscriptions that a list asks for, whatever their status."""

    async def entitlement_page(self, query: ListQuery) -> Page[tuple[SubscriptionId, UUID]]:
        """Feature values given per subscription, as (subscription, entitlement)."""

    async def listed_of_customers(
        self, ids: Iterable[CustomerId], predicate: Predicate, orders: tuple[Order, ...]
    ) -> dict[CustomerId, tuple[Subscription, ...]]:
        """The matching subscriptions of each customer, in order: one statement."""

    async def listed_of_resources(
        self, ids: Iterable[ResourceId], predicate: Predicate, orders: tuple[Order, ...]
    ) -> dict[ResourceId, tuple[Subscription, ...]]:
        """The matching subscriptions of each resource, in order: one statement."""

    async def part_ids(
        self,
        part: Literal["addons", "prices", "entitlements"],
        ids: Iterable[SubscriptionId],
        predicate: Predicate,
        orders: tuple[Order, ...],
    ) -> dict[SubscriptionId, tuple[UUID, ...]]:
        """The ids of the matching add-ons, prices or entitlements of each, in order."""

    async def by_billing_id(self, billing_id: str) -> tuple[Subscription, ...]:
        """The records of a provider's subscription, oldest first, ended ones included."""

    async def next_due(self) -> datetime | None:
        """When the clock has work with any subscription next."""

    async def customers_due(
        self, until: datetime, *, limit: int, excluding: Iterable[CustomerId] = ()
    ) -> list[CustomerId]:
        """Customers for whom the clock has work by `until`, the longest due first."""


class SubscriptionRepository(SubscriptionSource, Protocol):
    async def save(self, *subscriptions: Subscription) -> None:
        """Insert or update with all children, in a fixed number of statements."""
