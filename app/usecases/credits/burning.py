"""Burning the credits of usage: wallets that are opened once, and burned one usage after another.

Whoever counts usage opens the wallets after its own locks, burns as it counts, and closes them
before it commits, so that usage and credits are one transaction. A usage report, a batch of events
and a batch of consumptions take the same number of statements however much they burn.
Source: spec, entitlements §5 (credit-backed), §9.1, §9.5, §9.9.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.ports import Runtime, UnitOfWork
from app.usecases.credits.wallets import close_wallets, open_wallets
from domain.catalog.model import CreditRate
from domain.credits.cost import cost_of
from domain.credits.model import ZERO, CreditGrantId, Usage, Wallet, WalletKey
from domain.credits.opened import OpenWallet
from domain.credits.wallet import burned, recurring_end, versioned
from domain.errors import InvalidInput

log = logging.getLogger("plangate.credits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Burned:
    """What one usage burned, and the wallet as it left it."""

    consumed: Decimal
    wallet: Wallet
    usage_period_end: datetime | None


class Burner:
    """Wallets under their locks until the transaction ends."""

    def __init__(
        self, opened: Mapping[WalletKey, OpenWallet], *, runtime: Runtime, now: datetime
    ) -> None:
        self._opened = {
            key: versioned(wallet, now) if wallet.is_changed else wallet
            for key, wallet in opened.items()
        }
        self._runtime = runtime
        self._now = now

    def burn(
        self, key: WalletKey, amount: Decimal, usage: Usage, *, timestamp: datetime | None = None
    ) -> Burned:
        """Take `amount` (0 = nothing) out of the wallet; each burn has a version of its own.

        The ledger's entries are dated `timestamp`, None = now: credits burn when usage is told of,
        also usage of the past.
        """
        if amount:
            after = burned(
                self._opened[key],
                amount,
                now=self._now,
                overdraft_id=CreditGrantId(self._runtime.ids.new_uuid()),
                usage=usage,
                timestamp=timestamp,
            )
            self._opened[key] = versioned(after, self._now)
        wallet = self._opened[key]
        return Burned(
            consumed=amount,
            wallet=wallet.wallet,
            usage_period_end=recurring_end(wallet.grants.values()),
        )

    async def close(self, work: UnitOfWork) -> None:
        """Write the wallets and tell of them; no wallets = no statement."""
        if self._opened:
            await close_wallets(work, self._opened.values(), runtime=self._runtime, now=self._now)


async def open_burner(
    work: UnitOfWork, keys: Iterable[WalletKey], *, runtime: Runtime, now: datetime
) -> Burner:
    """Lock and settle the wallets, after all locks of usage; no wallets = no statement."""
    wanted = set(keys)
    opened = await open_wallets(work, wanted, now=now) if wanted else {}
    return Burner(opened, runtime=runtime, now=now)


def cost_of_usage(rate: CreditRate, *, units: Decimal, dimensions: Mapping[str, object]) -> Decimal:
    """What usage costs (`cost_of`).

    Usage that happened is never refused for its price: a formula that cannot be parsed, saved
    before formulas were validated, costs nothing, and the log tells.
    """
    try:
        return cost_of(rate, units=units, dimensions=dimensions)
    except InvalidInput as error:
        log.warning("usage burned no credits: %s (%r)", error.message, rate.cost_formula)
        return ZERO
