"""What checks read: a scope in one statement. Source: spec, entitlements §13."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    bindparam,
    case,
    exists,
    or_,
    select,
    text,
)

from domain.catalog.enums import FeatureGroupStatus
from domain.catalog.model import FeatureGroup
from domain.customers.enums import PromotionalEntitlementStatus
from domain.customers.model import PromotionalEntitlement
from domain.entitlements.enums import EntitlementsStateAccessDeniedReason
from domain.entitlements.model import EntitlementRow, Scope, ScopeRead, Snapshot, Usage
from domain.ids import CustomerId, as_uuid
from domain.listing import ListQuery, Order, Page, Predicate
from persistence.listing import Listing, columns, read_all, read_page
from persistence.mapping.copy import from_row
from persistence.mapping.entitlements import (
    currency_from_json,
    feature_from_json,
    held_from_json,
    rows_from_json,
    terms_from_json,
)
from persistence.readers.pages import grouped, mapped
from persistence.repositories.base import Connected, Reader
from persistence.rows.base import Instant
from persistence.rows.catalog import FeatureGroupRow
from persistence.rows.customers import CustomerRow
from persistence.rows.entitlements import (
    EVERYBODY,
    EntitlementSnapshotRow,
    PromotionalEntitlementRow,
)

# The snapshot by its key with the counters of its rows' windows, and the wallets: all of the
# scope, the one that pays for the feature's row, or the currency's. The customer, the resource and
# (where no row answers) the feature or the currency are looked up beside it, each by its unique
# key, so that every denial is told by the same one statement.
_SCOPE = (
    text(
        """
SELECT c.id AS customer_id, c.deleted_at IS NOT NULL AS is_archived, r.id AS resource_uuid,
  s.reason, s.valid_until, s.version AS snapshot_version, s.computed_at, s.credit_terms, p.rows,
  (SELECT coalesce(sum(v.version), 0)::bigint FROM entitlement_versions v
    WHERE v.environment_id = :environment AND v.customer_id IN (c.id, :everybody)
    AND v.resource_id IN ('', :resource)) AS version,
  (SELECT jsonb_object_agg(x.key, jsonb_build_array(k.value::text, k.updated_at))
    FROM jsonb_each(p.rows) x JOIN usage_counters k ON k.environment_id = :environment
    AND k.customer_id = c.id AND k.resource_id = :resource
    AND k.feature_id = (x.value->'feature'->>'id')::uuid
    AND k.window_start = (x.value->'window'->>'start')::timestamptz
    AND k.window_end = (x.value->'window'->>'end')::timestamptz) AS usages,
  (SELECT jsonb_agg(jsonb_build_object(
      'wallet', jsonb_build_object('key', jsonb_build_object('customer_id', w.customer_id,
          'resource_id', w.resource_id, 'currency_id', w.currency_id),
        'granted', w.granted::text, 'consumed', w.consumed::text,
        'next_change', w.next_change, 'updated_at', w.updated_at),
      'currency', to_jsonb(m),
      'recurring_end', CASE WHEN :feature IS NULL THEN (SELECT min(g.expire_at)
        FROM credit_grants g WHERE g.environment_id = :environment AND g.customer_id = c.id
        AND g.resource_id = :resource AND g.currency_id = w.currency_id
        AND g.is_open AND g.stage = 'ACTIVE' AND g.grant_type = 'RECURRING') END
    ) ORDER BY m.currency_id COLLATE "C")
    FROM credit_wallets w JOIN custom_currencies m ON m.id = w.currency_id
    WHERE w.environment_id = :environment AND w.customer_id = c.id AND w.resource_id = :resource
    AND (:feature IS NULL OR w.currency_id =
      CAST(p.rows #>> ARRAY[:feature, 'credit_rate', 'currency_id'] AS uuid))
    AND (:currency IS NULL OR m.currency_id = :currency)) AS credits,
  CASE WHEN p.rows IS NULL OR p.rows = '{}' OR c.deleted_at IS NOT NULL THEN to_jsonb(f) END
    AS feature,
  to_jsonb(y) AS currency
FROM (VALUES (1)) AS one
LEFT JOIN customers c ON c.environment_id = :environment AND c.ref_id = :customer
LEFT JOIN customer_resources r ON r.environment_id = :environment
  AND r.customer_id = c.id AND r.resource_id = :resource
LEFT JOIN entitlement_snapshots s ON s.environment_id = :environment
  AND s.customer_id = c.id AND s.resource_id = :resource
LEFT JOIN LATERAL (SELECT CASE WHEN :currency IS NOT NULL AND s.rows IS NOT NULL THEN '{}'::jsonb
  WHEN :feature IS NULL THEN s.rows
  WHEN s.rows ? :feature THEN jsonb_build_object(:feature, s.rows -> :feature)
  WHEN s.rows IS NOT NULL THEN '{}'::jsonb END AS rows) p ON true
LEFT JOIN features f ON f.environment_id = :environment AND f.ref_id = :feature
LEFT JOIN custom_currencies y ON y.environment_id = :environment AND y.currency_id = :currency
"""
    )
    .bindparams(
        bindparam("environment", type_=Uuid),
        bindparam("everybody", type_=Uuid),
        bindparam("customer", type_=Text),
        bindparam("resource", type_=Text),
        bindparam("feature", type_=Text),
        bindparam("currency", type_=Text),
    )
    .columns(valid_until=Instant(), computed_at=Instant())
)

# Of many scopes at once the rows that credits pay for. Each is looked up by its keys, whatever
# the planner believes of their number: hence the OFFSETs.
_CREDIT_ROWS = (
    text(
        """
SELECT a.customer AS customer_ref_id, a.resource, c.id AS customer_id,
  c.deleted_at IS NOT NULL AS is_archived, r.id AS resource_uuid,
  s.reason, s.valid_until, s.version AS snapshot_version, s.computed_at, s.credit_terms,
  (SELECT coalesce(jsonb_object_agg(x.key, x.value), '{}') FROM jsonb_each(s.rows) x
    WHERE x.value ->> 'credit_rate' IS NOT NULL) AS rows,
  (SELECT coalesce(sum(v.version), 0)::bigint FROM entitlement_versions v
    WHERE v.environment_id = :environment AND v.customer_id IN (c.id, :everybody)
    AND v.resource_id IN ('', a.resource)) AS version
FROM unnest(:customers, :resources) a (customer, resource)
CROSS JOIN LATERAL (SELECT c.id, c.deleted_at FROM customers c
  WHERE c.environment_id = :environment AND c.ref_id = a.customer OFFSET 0) c
LEFT JOIN LATERAL (SELECT r.id FROM customer_resources r WHERE r.environment_id = :environment
  AND r.customer_id = c.id AND r.resource_id = a.resource OFFSET 0) r ON true
LEFT JOIN LATERAL (SELECT s.* FROM entitlement_snapshots s WHERE s.environment_id = :environment
  AND s.customer_id = c.id AND s.resource_id = a.resource OFFSET 0) s ON true
"""
    )
    .bindparams(
        bindparam("environment", type_=Uuid),
        bindparam("everybody", type_=Uuid),
        bindparam("customers", type_=ARRAY(Text)),
        bindparam("resources", type_=ARRAY(Text)),
    )
    .columns(valid_until=Instant(), computed_at=Instant())
)


class EntitlementQueries(Connected):
    """Fits `app.ports.EntitlementSource`."""

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
        row = (
            await self.fetch(
                _SCOPE,
                {
                    "environment": self.environment_id,
                    "everybody": EVERYBODY,
                    "customer": scope.customer_ref_id,
                    "resource": scope.resource_key,
                    "feature": feature_ref_id,
                    "currency": currency_id,
                },
            )
        )[0]
        usages = row.usages or {}
        return ScopeRead(
            customer_id=row.customer_id,
            is_archived=row.is_archived,
            resource_uuid=row.resource_uuid,
            version=row.version,
            snapshot=_snapshot(row, scope) if row.snapshot_version is not None else None,
            usages={key: _usage(*value) for key, value in usages.items()},
            credits=held_from_json(row.credits) if row.credits else (),
            feature=feature_from_json(row.feature) if row.feature else None,
            currency=currency_from_json(row.currency) if row.currency else None,
        )

    async def credit_rows(self, scopes: Iterable[Scope]) -> dict[Scope, ScopeRead]:
        """As `scope`, of known customers' many scopes at once: the rows that credits pay for."""
        wanted = {(scope.customer_ref_id, scope.resource_key): scope for scope in scopes}
        rows = await self.fetch(
            _CREDIT_ROWS,
            {
                "environment": self.environment_id,
                "everybody": EVERYBODY,
                "customers": [customer for customer, _ in wanted],
                "resources": [resource for _, resource in wanted],
            },
        )
        found = {}
        for row in rows:
            scope = wanted[row.customer_ref_id, row.resource]
            found[scope] = ScopeRead(
                customer_id=row.customer_id,
                is_archived=row.is_archived,
                resource_uuid=row.resource_uuid,
                version=row.version,
                snapshot=_snapshot(row, scope) if row.snapshot_version is not None else None,
                usages={},
                credits=(),
                feature=None,
                currency=None,
            )
        return found

    async def all_rows(
        self, customer_id: CustomerId, resource_key: str
    ) -> dict[str, EntitlementRow]:
        """The snapshot's rows, current or not: what stamps continue from."""
        table = EntitlementSnapshotRow
        found = await self.fetch(
            select(table.rows).where(
                table.environment_id == self.environment_id,
                table.customer_id == customer_id,
                table.resource_id == resource_key,
            )
        )
        return rows_from_json(found[0].rows) if found else {}

    async def promotional_of(self, customer_id: CustomerId) -> tuple[PromotionalEntitlement, ...]:
        """The customer's promotional grants of any status, oldest first."""
        table = PromotionalEntitlementRow
        found = await self.fetch(
            select(*table.__table__.c)
            .where(
                table.environment_id == self.environment_id,
                table.customer_id == customer_id,
            )
            .order_by(table.created_at, table.id)
        )
        return tuple(from_row(PromotionalEntitlement, row) for row in found)

    async def promotional_of_many(
        self,
        customer_ids: Iterable[CustomerId],
        predicate: Predicate,
        orders: tuple[Order, ...],
        *,
        now: datetime,
    ) -> dict[CustomerId, tuple[PromotionalEntitlement, ...]]:
        """Each customer's grants that a nested list asks for; their status is that at `now`."""
        ids = list(customer_ids)
        found = await read_all(
            self,
            promotional_listing(now),
            PromotionalEntitlementRow.customer_id.in_(ids),
            predicate=predicate,
            orders=orders,
        )
        return grouped(ids, found, "customer_id", lambda row: from_row(PromotionalEntitlement, row))

    async def promotional_page(
        self, query: ListQuery, *, now: datetime
    ) -> Page[PromotionalEntitlement]:
        """The grants that a list asks for; their status is that at `now`."""
        page = await read_page(self, promotional_listing(now), query)
        return mapped(page, lambda row: from_row(PromotionalEntitlement, row))

    async def by_id(self, id: str) -> PromotionalEntitlement | None:
        """The grant of this UUID."""
        uuid = as_uuid(id)
        if uuid is None:
            return None
        table = PromotionalEntitlementRow
        found = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id, table.id == uuid
            )
        )
        return from_row(PromotionalEntitlement, found[0]) if found else None

    async def feature_group_versions(self, identifier: str) -> tuple[FeatureGroup, ...]:
        """All versions of the unarchived group that a UUID of a version or its id names."""
        table = FeatureGroupRow
        named = (
            select(table.feature_group_id)
            .where(
                table.environment_id == self.environment_id,
                or_(table.feature_group_id == identifier, table.id == as_uuid(identifier)),
            )
            .limit(1)
            .scalar_subquery()
        )
        found = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id, table.feature_group_id == named
            )
        )
        groups = tuple(from_row(FeatureGroup, row) for row in found)
        latest = [group for group in groups if group.is_latest]
        is_archived = any(g.status is FeatureGroupStatus.ARCHIVED for g in latest)
        return () if is_archived else groups


def promotional_listing(now: datetime) -> Listing:
    """How grants are listed; `status` is told by the clock and the customer's archiving."""

    def status(rows: FromClause) -> ColumnElement[Any]:
        is_archived = exists().where(
            CustomerRow.id == rows.c.customer_id, CustomerRow.deleted_at.is_not(None)
        )
        return case(
            (rows.c.end_date <= now, PromotionalEntitlementStatus.Expired.value),
            (is_archived, PromotionalEntitlementStatus.Paused.value),
            else_=PromotionalEntitlementStatus.Active.value,
        )

    return Listing(
        row=PromotionalEntitlementRow,
        fields={
            **columns(PromotionalEntitlementRow, "createdAt", "id", "updatedAt"),
            "status": status,
        },
    )


def _snapshot(row: Any, scope: Scope) -> Snapshot:
    return Snapshot(
        customer_id=CustomerId(row.customer_id),
        resource_id=scope.resource_key,
        reason=EntitlementsStateAccessDeniedReason(row.reason) if row.reason else None,
        rows=rows_from_json(row.rows),
        credit_terms=terms_from_json(row.credit_terms),
        valid_until=row.valid_until,
        version=row.snapshot_version,
        computed_at=row.computed_at,
    )


def _usage(raw: str, updated_at: str | None) -> Usage:
    return Usage(
        raw=Decimal(raw),
        updated_at=None if updated_at is None else datetime.fromisoformat(updated_at),
    )


class SqlEntitlementReader(Reader, EntitlementQueries):
    """Outside transactions."""
