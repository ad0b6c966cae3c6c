"""Wallets, grants and the ledger as they were last written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    bindparam,
    or_,
    select,
    text,
    true,
    tuple_,
)

from domain.credits.enums import CreditLedgerEventType
from domain.credits.history import Buckets, BurnedIn
from domain.credits.model import (
    CreditGrant,
    CreditGrantId,
    GrantStage,
    LedgerEntry,
    ListedEntry,
    Usage,
    Wallet,
    WalletKey,
)
from domain.ids import CurrencyId, CustomerId, FeatureId, as_uuid
from domain.listing import ListQuery, Page
from persistence.listing import Listing, columns, read_page
from persistence.mapping.copy import from_row
from persistence.readers.pages import mapped
from persistence.repositories.base import Connected, Reader
from persistence.rows.credits import CreditGrantRow, CreditLedgerRow, CreditWalletRow

GRANTS = Listing(row=CreditGrantRow, fields=columns(CreditGrantRow, "createdAt", "id"))
LEDGER = Listing(row=CreditLedgerRow, fields=columns(CreditLedgerRow, "position", "id"))

NAMES_SCAN_MAX = 20_000

_CONSUMED = """environment_id = :environment AND customer_id = :customer
  AND resource_id = :resource AND (:currency IS NULL OR currency_id = :currency)
  AND type = 'CREDITS_CONSUMED'"""
_SCOPE = (
    bindparam("environment", type_=Uuid),
    bindparam("customer", type_=Uuid),
    bindparam("resource", type_=Text),
    bindparam("currency", type_=Uuid),
)

_BURNED = text(
    f"""
SELECT currency_id, feature_id, tags, bucket, sum(amount) AS amount FROM (
  SELECT currency_id, feature_id, -amount AS amount, width_bucket(timestamp, :starts) AS bucket,
    ARRAY(SELECT coalesce(dimensions ->> key, '') FROM unnest(:keys) WITH ORDINALITY k (key, n)
      ORDER BY n) AS tags
  FROM credit_ledger
  WHERE {_CONSUMED} AND timestamp >= (:starts)[1] AND timestamp < :until
) burned GROUP BY currency_id, feature_id, tags, bucket
"""  # noqa: S608  # of constants
).bindparams(
    *_SCOPE,
    bindparam("starts", type_=ARRAY(DateTime(timezone=True))),
    bindparam("until", type_=DateTime(timezone=True)),
    bindparam("keys", type_=ARRAY(Text)),
)

_DIMENSIONS = text(
    f"""
SELECT DISTINCT name FROM (
  SELECT dimensions FROM credit_ledger WHERE {_CONSUMED} ORDER BY timestamp DESC LIMIT :most
) newest, jsonb_object_keys(dimensions) name
"""  # noqa: S608  # of constants
).bindparams(*_SCOPE)


class CreditQueries(Connected):
    """Fits `app.ports.CreditSource`."""

    async def wallets(
        self, customer_id: CustomerId, resource_id: str, currency_id: CurrencyId | None = None
    ) -> list[Wallet]:
        table = CreditWalletRow
        rows = await self.fetch(
            select(*table.__table__.c)
            .where(
                table.environment_id == self.environment_id,
                table.customer_id == customer_id,
                table.resource_id == resource_id,
                true() if currency_id is None else table.currency_id == currency_id,
            )
            .order_by(table.currency_id)
        )
        return [wallet_from_row(row) for row in rows]

    async def grant(self, identifier: str) -> CreditGrant | None:
        table = CreditGrantRow
        rows = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id,
                or_(table.grant_id == identifier, table.id == as_uuid(identifier)),
            )
        )
        return from_row(CreditGrant, rows[0]) if rows else None

    async def grant_of_invoice(self, invoice_id: str) -> CreditGrant | None:
        table = CreditGrantRow
        rows = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id, table.invoice_id == invoice_id
            )
        )
        return from_row(CreditGrant, rows[0]) if rows else None

    async def grants_by_ids(self, ids: Iterable[CreditGrantId]) -> dict[CreditGrantId, CreditGrant]:
        table = CreditGrantRow
        rows = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id, table.id.in_(list(ids))
            )
        )
        return {row.id: from_row(CreditGrant, row) for row in rows}

    async def open_grants(self, keys: Iterable[WalletKey]) -> dict[WalletKey, list[CreditGrant]]:
        table = CreditGrantRow
        found: dict[WalletKey, list[CreditGrant]] = {key: [] for key in keys}
        rows = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id,
                _of(table, found),
                table.is_open,
            )
        )
        for row in rows:
            grant = from_row(CreditGrant, row)
            found[grant.key].append(grant)
        return found


class SqlCreditReader(Reader, CreditQueries):
    """Fits `app.ports.CreditReader`, outside transactions."""

    async def counted_grants(
        self, customer_id: CustomerId, resource_id: str
    ) -> tuple[CreditGrant, ...]:
        table = CreditGrantRow
        rows = await self.fetch(
            select(*table.__table__.c)
            .where(
                table.environment_id == self.environment_id,
                *_in_scope(table, customer_id, resource_id, None),
                table.stage == GrantStage.ACTIVE,
            )
            .order_by(table.created_at, table.id)
        )
        return tuple(from_row(CreditGrant, row) for row in rows)

    async def grant_page(
        self,
        query: ListQuery,
        customer_id: CustomerId,
        resource_id: str,
        currency_id: CurrencyId | None,
    ) -> Page[CreditGrant]:
        where = _in_scope(CreditGrantRow, customer_id, resource_id, currency_id)
        page = await read_page(self, GRANTS, query, *where)
        return mapped(page, lambda row: from_row(CreditGrant, row))

    async def ledger_page(
        self,
        query: ListQuery,
        customer_id: CustomerId,
        resource_id: str,
        currency_id: CurrencyId | None,
        types: Iterable[CreditLedgerEventType],
    ) -> Page[ListedEntry]:
        table = CreditLedgerRow
        where = _in_scope(table, customer_id, resource_id, currency_id)
        wanted = list(types)
        if wanted:
            where.append(table.type.in_(wanted))
        return mapped(await read_page(self, LEDGER, query, *where), entry_from_row)

    async def burned(
        self,
        customer_id: CustomerId,
        resource_id: str,
        currency_id: CurrencyId | None,
        buckets: Buckets,
        keys: Sequence[str],
    ) -> list[BurnedIn]:
        """What was consumed in each bucket, by feature and values of the dimensions `keys`."""
        if not buckets.starts:
            return []
        rows = await self.fetch(
            _BURNED,
            {
                "environment": self.environment_id,
                "customer": customer_id,
                "resource": resource_id,
                "currency": currency_id,
                "starts": list(buckets.starts),
                "until": buckets.until,
                "keys": list(keys),
            },
        )
        return [
            BurnedIn(
                currency_id=CurrencyId(row.currency_id),
                feature_id=None if row.feature_id is None else FeatureId(row.feature_id),
                tags=tuple(zip(keys, row.tags, strict=True)),
                bucket=row.bucket - 1,
                amount=row.amount,
            )
            for row in rows
        ]

    async def dimension_names(
        self, customer_id: CustomerId, resource_id: str, currency_id: CurrencyId | None
    ) -> set[str]:
        """The dimensions of the scope's newest 20,000 consumptions."""
        rows = await self.fetch(
            _DIMENSIONS,
            {
                "environment": self.environment_id,
                "customer": customer_id,
                "resource": resource_id,
                "currency": currency_id,
                "most": NAMES_SCAN_MAX,
            },
        )
        return {row.name for row in rows}


def _in_scope(
    table: Any, customer_id: CustomerId, resource_id: str, currency_id: CurrencyId | None
) -> list[ColumnElement[bool]]:
    where = [table.customer_id == customer_id, table.resource_id == resource_id]
    return where if currency_id is None else [*where, table.currency_id == currency_id]


def _of(table: Any, keys: Iterable[WalletKey]) -> ColumnElement[bool]:
    wanted = [(key.customer_id, key.resource_id, key.currency_id) for key in keys]
    return tuple_(table.customer_id, table.resource_id, table.currency_id).in_(wanted)


def key_from_row(row: Any) -> WalletKey:
    """The wallet that a row of any of these tables belongs to."""
    return WalletKey(CustomerId(row.customer_id), row.resource_id, CurrencyId(row.currency_id))


def wallet_from_row(row: Any) -> Wallet:
    return from_row(Wallet, row, key=key_from_row(row))


def entry_from_row(row: Any) -> ListedEntry:
    return ListedEntry(
        id=row.id,
        key=key_from_row(row),
        entry=from_row(LedgerEntry, row, usage=from_row(Usage, row)),
    )
