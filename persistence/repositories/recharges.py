"""Automatic recharge settings: read anywhere, written under their wallet's lock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Numeric, and_, cast, func, select, tuple_, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from domain.credits.model import WalletKey
from domain.credits.recharge import RechargeId, RechargeSettings
from domain.ids import CurrencyId, CustomerId
from domain.periods import Period
from persistence.mapping.copy import from_row, to_columns
from persistence.repositories.base import Connected, Reader, Repository
from persistence.rows.credits import CreditGrantRow, CreditWalletRow
from persistence.rows.recharges import RechargeSettingsRow

_KEY = ("environment_id", "customer_id", "currency_id")


class RechargeQueries(Connected):
    """Fits `app.ports.RechargeSource`."""

    async def of(self, keys: Iterable[WalletKey]) -> dict[WalletKey, RechargeSettings]:
        """Those that were ever saved."""
        table = RechargeSettingsRow
        wanted = [(key.customer_id, key.currency_id) for key in keys if not key.resource_id]
        rows = await self.fetch(
            select(*table.__table__.c).where(
                table.environment_id == self.environment_id,
                tuple_(table.customer_id, table.currency_id).in_(wanted),
            )
        )
        found = [from_row(RechargeSettings, row) for row in rows]
        return {settings.key: settings for settings in found}

    async def spent(self, id: RechargeId, month: Period) -> Decimal:
        """What recharges of the month cost; those given up before they were paid do not count."""
        table = CreditGrantRow
        cost = cast(type_coerce(table.cost, JSONB)["amount"].astext, Numeric)
        rows = await self.fetch(
            select(func.coalesce(func.sum(cost), 0).label("spent")).where(
                table.environment_id == self.environment_id,
                table.recharge_id == id,
                table.created_at >= month.start,
                table.created_at < month.end,
                ~and_(table.is_payment_pending, table.voided_at.is_not(None)),
            )
        )
        return Decimal(rows[0].spent)

    async def next_due(self, *, after: datetime | None) -> datetime | None:
        """When, after an instant, a wallet may next need a recharge because of the clock alone."""
        table, wallet = RechargeSettingsRow, CreditWalletRow

        def first(column: Any) -> Any:
            return func.min(column) if after is None else func.min(column).filter(column > after)

        of_it = and_(
            wallet.environment_id == table.environment_id,
            wallet.customer_id == table.customer_id,
            wallet.currency_id == table.currency_id,
            wallet.resource_id == "",
        )
        rows = await self.fetch(
            select(func.least(first(table.held_until), first(wallet.next_change)).label("at"))
            .select_from(table)
            .outerjoin(wallet, of_it)
            .where(table.environment_id == self.environment_id, table.is_enabled)
        )
        at: datetime | None = rows[0].at
        return at


class SqlRechargeReader(Reader, RechargeQueries):
    """Fits `app.ports.RechargeSource`, outside transactions."""


class SqlRechargeRepository(Repository, RechargeQueries):
    """Fits `app.ports.RechargeRepository`."""

    async def save(self, settings: RechargeSettings) -> None:
        await self.upsert(
            RechargeSettingsRow, [to_columns(settings, RechargeSettingsRow)], key=_KEY
        )

    async def held(self, until: datetime, *, limit: int) -> list[WalletKey]:
        """Wallets whose recharge was held back until `until` at the latest."""
        table = RechargeSettingsRow
        rows = await self.fetch(
            select(table.customer_id, table.currency_id)
            .where(
                table.environment_id == self.environment_id,
                table.is_enabled,
                table.held_until <= until,
            )
            .order_by(table.held_until, table.customer_id, table.currency_id)
            .limit(limit)
        )
        return [WalletKey(CustomerId(r.customer_id), "", CurrencyId(r.currency_id)) for r in rows]
