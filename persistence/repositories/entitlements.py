"""Snapshots, their versions, and promotional grants inside a unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.model import PromotionalEntitlement
from domain.customers.promotions import ENDS_SOON
from domain.entitlements.model import Snapshot
from domain.ids import CustomerId, EnvironmentId
from persistence.mapping.copy import from_row, to_columns
from persistence.mapping.entitlements import rows_to_json, terms_to_json
from persistence.readers.entitlements import EntitlementQueries
from persistence.repositories.base import Repository
from persistence.rows.customers import CustomerRow
from persistence.rows.entitlements import (
    EVERYBODY,
    EntitlementCheckRow,
    EntitlementSnapshotRow,
    EntitlementVersionRow,
    PromotionalEntitlementRow,
)


class SqlEntitlementSnapshots(Repository):
    """Fits `app.ports.EntitlementSnapshots`."""

    def __init__(self, connection: AsyncConnection, environment_id: EnvironmentId) -> None:
        super().__init__(connection, environment_id)
        # What is to be told of as ENTITLEMENTS_UPDATED when the unit commits, once each.
        self._changed: dict[tuple[CustomerId, str | None], None] = {}

    async def invalidate(
        self, customer_id: CustomerId, resource_id: str | None = None, *, tells: bool = True
    ) -> None:
        """Count a change of the scope's configuration; without a resource of all its scopes."""
        if tells:
            self.tell_of(customer_id, resource_id)
        await self._count(customer_id, resource_id or "")

    def tell_of(self, customer_id: CustomerId, resource_id: str | None = None) -> None:
        """Tell subscribers of the scope, without a resource of all its scopes, at the commit."""
        self._changed[customer_id, resource_id] = None

    async def customers_from(self, skip: int, *, limit: int) -> dict[CustomerId, bool]:
        """Customers, oldest first, after `skip` of them: whether there is a snapshot of theirs."""
        customer, snapshot = CustomerRow, EntitlementSnapshotRow
        asked_for = exists().where(
            snapshot.environment_id == self.environment_id, snapshot.customer_id == customer.id
        )
        rows = await self.fetch(
            select(customer.id, asked_for.label("asked_for"))
            .where(customer.environment_id == self.environment_id)
            .order_by(customer.created_at, customer.id)
            .offset(skip)
            .limit(limit)
        )
        return {row.id: row.asked_for for row in rows}

    async def take_changed(self) -> list[tuple[CustomerId, str | None]]:
        """The scopes that changed since the last call.

        Where all of a customer's did: the one without a resource, then those of the resources that
        somebody has asked for.
        """
        changed = dict.fromkeys(self._changed)
        self._changed.clear()
        table = EntitlementSnapshotRow
        whole = [customer_id for customer_id, resource_id in changed if resource_id is None]
        if whole:
            found = await self.fetch(
                select(table.customer_id, table.resource_id)
                .where(
                    table.environment_id == self.environment_id,
                    table.customer_id.in_(whole),
                    table.resource_id != "",
                )
                .order_by(table.customer_id, table.resource_id)
            )
            changed |= {(CustomerId(row.customer_id), row.resource_id): None for row in found}
        return list(changed)

    async def invalidate_all(self) -> None:
        """Count a change that may concern everybody: a feature's, a reset rule's."""
        await self._count(EVERYBODY, "")

    async def _count(self, customer_id: UUID, resource_id: str) -> None:
        table = EntitlementVersionRow
        statement = insert(table).values(
            environment_id=self.environment_id,
            customer_id=customer_id,
            resource_id=resource_id,
            version=1,
        )
        await self.execute(
            statement.on_conflict_do_update(
                index_elements=["environment_id", "customer_id", "resource_id"],
                set_={"version": table.version + 1},
            )
        )

    async def save(self, snapshot: Snapshot) -> None:
        """Keep `snapshot`, unless one of a later version is there already."""
        table = EntitlementSnapshotRow
        columns: dict[str, Any] = {
            "reason": snapshot.reason,
            "rows": rows_to_json(snapshot.rows),
            "credit_terms": terms_to_json(snapshot.credit_terms),
            "valid_until": snapshot.valid_until,
            "version": snapshot.version,
            "computed_at": snapshot.computed_at,
        }
        statement = insert(table).values(
            environment_id=self.environment_id,
            customer_id=snapshot.customer_id,
            resource_id=snapshot.resource_id,
            **columns,
        )
        await self.execute(
            statement.on_conflict_do_update(
                index_elements=["environment_id", "customer_id", "resource_id"],
                set_={name: statement.excluded[name] for name in columns},
                where=table.version <= statement.excluded.version,
            )
        )

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
        row = {
            "id": id,
            "customer_id": customer_id,
            "resource_id": resource_id,
            "feature_id": feature_id,
            "requested_usage": requested_usage,
            "result": dict(result),
            "created_at": created_at,
        }
        await self.insert(EntitlementCheckRow, [row])


class SqlPromotionalRepository(Repository, EntitlementQueries):
    """Fits `app.ports.PromotionalRepository`."""

    async def save(self, grants: Iterable[PromotionalEntitlement]) -> None:
        """Insert or overwrite by id, all in one statement; another end is told anew."""
        table = PromotionalEntitlementRow
        rows = [
            {"environment_id": self.environment_id, **to_columns(grant, table)} for grant in grants
        ]
        if not rows:
            return
        statement = insert(table).values(rows)
        changed: dict[str, Any] = {n: statement.excluded[n] for n in rows[0] if n != "id"}
        is_other_end = table.end_date.is_distinct_from(statement.excluded.end_date)
        for told in (table.ends_soon_told_at, table.end_told_at):
            changed[told.key] = case((is_other_end, None), else_=told)
        await self.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))

    async def due(self, until: datetime, *, limit: int) -> list[PromotionalEntitlement]:
        """Grants of whose end, or end within a week, nobody was told yet; locked, soonest first."""
        table = PromotionalEntitlementRow
        is_soon = and_(
            table.ends_soon_told_at.is_(None),
            table.end_date > until,
            table.end_date <= until + ENDS_SOON,
        )
        found = await self.fetch(
            select(*table.__table__.c)
            .where(
                table.environment_id == self.environment_id,
                table.end_told_at.is_(None),
                or_(table.end_date <= until, is_soon),
            )
            .order_by(table.end_date, table.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [from_row(PromotionalEntitlement, row) for row in found]

    async def mark_told(self, ids: Iterable[UUID], *, until: datetime) -> None:
        """Remember that `due` was told as it stood at `until`."""
        table = PromotionalEntitlementRow
        await self.execute(
            update(table)
            .where(table.environment_id == self.environment_id, table.id.in_(list(ids)))
            .values(
                ends_soon_told_at=until,
                end_told_at=case((table.end_date <= until, until), else_=None),
            )
        )

    async def delete(self, ids: Iterable[UUID]) -> None:
        await self.delete_where(
            PromotionalEntitlementRow, PromotionalEntitlementRow.id.in_(list(ids))
        )
