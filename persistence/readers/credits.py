"""Wallets, grants and the ledger as they were last written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true, tuple_

from domain.credits.enums import CreditLedgerEventType
from domain.credits.model import (
    CreditGrant,
    CreditGrantId,
    LedgerEntry,
    ListedEntry,
    Usage,
    Wallet,
    WalletKey,
)
from domain.ids import CurrencyId, CustomerId, as_uuid
from domain.listing import ListQuery, Page
from persistence.listing import Listing, columns, read_page
from persistence.mapping.copy import from_row
from persistence.readers.pages import mapped
from persistence.repositories.base import Connected, Reader
from persistence.rows.credits import CreditGrantRow, CreditLedgerRow, CreditWalletRow

GRANTS = Listing(row=CreditGrantRow, fields=columns(CreditGrantRow, "createdAt", "id"))
LEDGER = Listing(row=CreditLedgerRow, fields=columns(CreditLedgerRow, "position", "id"))


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

    async def next_change(self) -> datetime | None:
        rows = await self.fetch(
            select(func.min(CreditWalletRow.next_change).label("at")).where(
                CreditWalletRow.environment_id == self.environment_id
            )
        )
        first: datetime | None = rows[0].at
        return first


class SqlCreditReader(Reader, CreditQueries):
    """Fits `app.ports.CreditReader`, outside transactions."""

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
