"""Wallets inside a unit of work.

Every writer of a wallet holds its lock (advisory, until the end of the transaction) from before
it reads it, so burning is exact however many burn at once. Locks are taken in key order, after
those of usage. Source: spec, entitlements §9, §13.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from domain.credits.model import Consumed, CreditGrant, GrantStage, Wallet, WalletKey
from domain.credits.opened import OpenWallet
from persistence.mapping.copy import from_row, to_columns
from persistence.readers.credits import CreditQueries, key_from_row, wallet_from_row
from persistence.repositories.base import Repository
from persistence.repositories.usage import IDEMPOTENCY_WINDOW, LOCK, lock_key
from persistence.rows.credits import (
    CreditConsumptionKeyRow,
    CreditGrantRow,
    CreditLedgerRow,
    CreditWalletRow,
)

_WALLET = ("environment_id", "customer_id", "resource_id", "currency_id")


class SqlCreditRepository(Repository, CreditQueries):
    """Fits `app.ports.CreditRepository`."""

    async def lock(self, keys: Iterable[WalletKey]) -> None:
        """Keep other writers of these wallets out until the transaction ends."""
        wanted = {
            lock_key("wallet", self.environment_id, k.customer_id, k.resource_id, k.currency_id)
            for k in keys
        }
        await self.fetch(LOCK, {"keys": sorted(wanted)})

    async def by_keys(self, keys: Iterable[WalletKey]) -> dict[WalletKey, Wallet]:
        """The wallets that there are."""
        table = CreditWalletRow
        wanted = [(key.customer_id, key.resource_id, key.currency_id) for key in keys]
        rows = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id,
                tuple_(table.customer_id, table.resource_id, table.currency_id).in_(wanted),
            )
        )
        return {key_from_row(row): wallet_from_row(row) for row in rows}

    async def save(self, opened: Iterable[OpenWallet], *, new_uuid: Callable[[], UUID]) -> None:
        """Write the totals, the grants that were touched, and the new entries."""
        wallets, grants, entries = [], [], []
        for open_ in opened:
            wallet = open_.wallet
            wallets.append(to_columns(wallet, CreditWalletRow, **_key_columns(wallet.key)))
            grants += [_grant_columns(open_.grants[id]) for id in sorted(open_.touched)]
            entries += [
                {
                    **_key_columns(wallet.key),
                    **to_columns(entry, CreditLedgerRow, id=new_uuid()),
                    "feature_id": entry.usage.feature_id,
                    "event_id": entry.usage.event_id,
                    "dimensions": dict(entry.usage.dimensions),
                }
                for entry in open_.entries
            ]
        await self.upsert(CreditWalletRow, wallets, key=_WALLET)
        await self.upsert(CreditGrantRow, grants, key=["id"])
        await self.insert(CreditLedgerRow, entries)

    async def due(self, until: datetime, *, limit: int) -> list[WalletKey]:
        """Wallets that the clock changes by `until`, soonest first."""
        table = CreditWalletRow
        rows = await self.fetch(
            select(*table.__table__.c)
            .where(table.environment_id == self.environment_id, table.next_change <= until)
            .order_by(table.next_change, table.customer_id, table.resource_id, table.currency_id)
            .limit(limit)
        )
        return [key_from_row(row) for row in rows]

    # --- repeats ------------------------------------------------------------------------------

    async def repeats(
        self, keys: Iterable[tuple[WalletKey, str]], *, now: datetime
    ) -> dict[tuple[WalletKey, str], Consumed]:
        """What was consumed under these keys within the last 30 days."""
        table = CreditConsumptionKeyRow
        wanted = [(w.customer_id, w.resource_id, w.currency_id, key) for w, key in keys]
        if not wanted:
            return {}
        columns = (table.customer_id, table.resource_id, table.currency_id, table.idempotency_key)
        rows = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id,
                tuple_(*columns).in_(wanted),
                table.reported_at > now - IDEMPOTENCY_WINDOW,
            )
        )
        return {(key_from_row(row), row.idempotency_key): from_row(Consumed, row) for row in rows}

    async def remember(
        self, keys: Mapping[tuple[WalletKey, str], Consumed], *, now: datetime
    ) -> None:
        """Keep what these keys consumed; an older use of a key is forgotten."""
        rows = [
            {
                **_key_columns(wallet),
                "idempotency_key": key,
                "amount": consumed.amount,
                "timestamp": consumed.timestamp,
                "reported_at": now,
            }
            for (wallet, key), consumed in keys.items()
        ]
        await self.upsert(CreditConsumptionKeyRow, rows, key=(*_WALLET, "idempotency_key"))

    async def forget_keys(self, *, now: datetime) -> None:
        """Drop the keys that no repeat can name any more."""
        table = CreditConsumptionKeyRow
        await self.delete_where(table, table.reported_at <= now - IDEMPOTENCY_WINDOW)


def _key_columns(key: WalletKey) -> dict[str, Any]:
    return {
        "customer_id": key.customer_id,
        "resource_id": key.resource_id,
        "currency_id": key.currency_id,
    }


def _grant_columns(grant: CreditGrant) -> dict[str, Any]:
    return to_columns(grant, CreditGrantRow, is_open=_is_open(grant))


def _is_open(grant: CreditGrant) -> bool:
    """Whether anything can still change it in its wallet, or burn it."""
    if grant.stage is not GrantStage.ACTIVE:
        return grant.stage is GrantStage.WAITING
    return grant.is_overdraft or grant.remaining > 0 or grant.expire_at is not None
