"""Snapshots of entitlements and promotional grants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from domain.catalog.model import (
    FeatureGroup,
)
from domain.customers.model import (
    PromotionalEntitlement,
)
from domain.entitlements.model import EntitlementRow, Scope, ScopeRead, Snapshot
from domain.ids import (
    CustomerId,
)
from domain.listing import ListQuery, Order, Page, Predicate


class EntitlementSource(Protocol):
    """What checks and their recomputation read."""

    async def scope(
        self,
        scope: Scope,
        feature_ref_id: str | None = None,
        *,
        currency_id: str | None = None,
    ) -> ScopeRead:
        """All that is kept of `scope`, in one statement; with a feature its row alone.

        With a currency, by the caller's id, its wallet and no rows.
        """

    async def credit_rows(self, scopes: Iterable[Scope]) -> dict[Scope, ScopeRead]:
        """As `scope`, of known customers' many scopes at once: the rows that credits pay for."""

    async def all_rows(
        self, customer_id: CustomerId, resource_key: str
    ) -> dict[str, EntitlementRow]:
        """The snapshot's rows, current or not: what stamps continue from."""

    async def promotional_of(self, customer_id: CustomerId) -> tuple[PromotionalEntitlement, ...]:
        """The customer's promotional grants of any status, oldest first."""

    async def promotional_of_many(
        self,
        customer_ids: Iterable[CustomerId],
        predicate: Predicate,
        orders: tuple[Order, ...],
        *,
        now: datetime,
    ) -> dict[CustomerId, tuple[PromotionalEntitlement, ...]]:
        """Each customer's grants that a nested list asks for; their status is that at `now`."""

    async def promotional_page(
        self, query: ListQuery, *, now: datetime
    ) -> Page[PromotionalEntitlement]:
        """The grants that a list asks for; their status is that at `now`."""

    async def feature_group_versions(self, identifier: str) -> tuple[FeatureGroup, ...]:
        """All versions of the unarchived group that a UUID of a version or its id names."""


class EntitlementSnapshots(Protocol):
    """Invalidation, in the transaction of the change (spec, entitlements §13)."""

    async def invalidate(
        self, customer_id: CustomerId, resource_id: str | None = None, *, tells: bool = True
    ) -> None:
        """Forget the scope's snapshot, without a resource all of the customer's, and tell of it."""

    def tell_of(self, customer_id: CustomerId, resource_id: str | None = None) -> None:
        """Tell subscribers of the scope, without a resource of all its scopes, at the commit."""

    async def customers_from(self, skip: int, *, limit: int) -> dict[CustomerId, bool]:
        """Customers, oldest first, after `skip` of them: whether anybody asked for theirs."""

    async def invalidate_all(self) -> None:
        """Forget every snapshot of the environment: a feature or a reset rule changed."""

    async def save(self, snapshot: Snapshot) -> None:
        """Keep `snapshot`, unless one of a later version is there already."""

    async def log_check(
        self,
        *,
        id: UUID,
        customer_id: str,
        resource_id: str | None,
        feature_id: str,
        requested_usage: Decimal | None,
        result: Mapping[str, object],
        created_at: datetime,
    ) -> None:
        """Keep a check that a client made on its own cache."""


class PromotionalRepository(EntitlementSource, Protocol):
    """Promotional grants; at most one a customer and feature."""

    async def by_id(self, id: str) -> PromotionalEntitlement | None:
        """The grant of this UUID."""

    async def save(self, grants: Iterable[PromotionalEntitlement]) -> None: ...

    async def due(self, until: datetime, *, limit: int) -> list[PromotionalEntitlement]:
        """Grants of whose end, or end within a week, nobody was told yet; locked, soonest first."""

    async def mark_told(self, ids: Iterable[UUID], *, until: datetime) -> None:
        """Remember that `due` was told as it stood at `until`."""

    async def delete(self, ids: Iterable[UUID]) -> None: ...
