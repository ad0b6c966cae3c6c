"""Consuming credits directly, without a feature. Source: spec, entitlements §9.5, §9.10."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from app.ports import Runtime
from app.usecases.credits.scope import wallet_of
from app.usecases.credits.wallets import close_wallets, open_wallets
from domain.credits.grants import require_credits
from domain.credits.model import Consumed, CreditGrantId, Usage, Wallet
from domain.credits.wallet import burned, recurring_end
from domain.entitlements.model import Scope
from domain.errors import invalid_argument
from domain.metering.events import (
    ID_LENGTH_MAX,
    canonical_dimensions,
    dimensions_fault,
    is_storable,
)

AHEAD_MAX = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumeCredits:
    """One consumption by the caller's ids; `created_at` None = now.

    `dimensions` may be any JSON until they are validated.
    """

    scope: Scope
    currency_id: str
    amount: Decimal
    idempotency_key: str
    created_at: datetime | None = None
    dimensions: object = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletAfter:
    """A consumption and the wallet as it stands after it; of a repeat the first one's."""

    consumed: Consumed
    wallet: Wallet
    usage_period_end: datetime | None


async def consume(command: ConsumeCredits, *, runtime: Runtime) -> WalletAfter:
    """Burn credits; what is missing becomes a deficit. A repeated key burns nothing (30 days).

    Raises InvalidArgumentError, CustomerNotFound, CustomerResourceNotFound,
    CustomCurrencyNotFound.
    """
    now = runtime.clock()
    consumed, usage = require_consumption(command, now=now)
    async with runtime.new_unit_of_work() as work:
        key, _ = await wallet_of(work, command.scope, command.currency_id)
        wallet = (await open_wallets(work, [key], now=now))[key]
        named = (key, command.idempotency_key)
        first = (await work.credits.repeats([named], now=now)).get(named)
        if first is None:
            wallet = burned(
                wallet,
                consumed.amount,
                now=now,
                overdraft_id=CreditGrantId(runtime.ids.new_uuid()),
                usage=usage,
                timestamp=consumed.timestamp,
            )
            await work.credits.remember({named: consumed}, now=now)
        wallets = await close_wallets(work, [wallet], runtime=runtime, now=now)
        await work.commit()
    return WalletAfter(
        consumed=first or consumed,
        wallet=wallets[key],
        usage_period_end=recurring_end(wallet.grants.values()),
    )


def require_consumption(command: ConsumeCredits, *, now: datetime) -> tuple[Consumed, Usage]:
    """What a well-formed consumption burns, and for what. Raises InvalidArgumentError."""
    amount = require_credits(command.amount)
    key = command.idempotency_key
    if not 1 <= len(key) <= ID_LENGTH_MAX or not is_storable(key):
        raise invalid_argument(f"idempotencyKey must be 1-{ID_LENGTH_MAX} characters long")
    if command.created_at is not None and command.created_at > now + AHEAD_MAX:
        raise invalid_argument("createdAt lies more than 5 minutes ahead")
    fault = dimensions_fault(command.dimensions)
    if fault is not None:
        raise invalid_argument(fault)
    usage = Usage(dimensions=canonical_dimensions(command.dimensions))
    return Consumed(amount=amount, timestamp=command.created_at or now), usage
