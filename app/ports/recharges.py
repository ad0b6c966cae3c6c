"""Automatic recharge settings, and what they have spent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from domain.credits.model import WalletKey
from domain.credits.recharge import RechargeId, RechargeSettings
from domain.periods import Period


class RechargeSource(Protocol):
    """Settings by the wallet that they recharge."""

    async def of(self, keys: Iterable[WalletKey]) -> dict[WalletKey, RechargeSettings]:
        """Those that were ever saved."""

    async def spent(self, id: RechargeId, month: Period) -> Decimal:
        """What recharges of the month cost, also those that are not paid yet; failed ones not."""

    async def next_due(self, *, after: datetime | None) -> datetime | None:
        """When, after an instant, a wallet may next need a recharge because of the clock alone."""


class RechargeRepository(RechargeSource, Protocol):
    """Settings inside a unit of work, under their wallet's lock."""

    async def save(self, settings: RechargeSettings) -> None: ...

    async def held(self, until: datetime, *, limit: int) -> list[WalletKey]:
        """Wallets whose recharge was held back until `until` at the latest."""
