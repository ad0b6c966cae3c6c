"""Consuming credits directly, without a feature: one consumption, or up to a thousand.

Source: spec, entitlements §9.5, §9.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from app.ports import Runtime
from app.usecases.credits.burning import open_burner
from app.usecases.credits.scope import wallet_of
from domain.credits.grants import require_credits
from domain.credits.model import ZERO, Consumed, Usage, Wallet, WalletKey
from domain.entitlements.model import Scope
from domain.errors import DomainError, at_index, invalid_argument
from domain.metering.events import (
    ID_LENGTH_MAX,
    canonical_dimensions,
    dimensions_fault,
    is_storable,
)

AHEAD_MAX = timedelta(minutes=5)
BATCH_MAX = 1_000
# A lock each: so many of them are held at once.
WALLETS_MAX = 100


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
        burner = await open_burner(work, [key], runtime=runtime, now=now)
        named = (key, command.idempotency_key)
        first = (await work.credits.repeats([named], now=now)).get(named)
        amount = ZERO if first else consumed.amount
        after = burner.burn(key, amount, usage, timestamp=consumed.timestamp)
        if first is None:
            await work.credits.remember({named: consumed}, now=now)
        await burner.close(work)
        await work.commit()
    return WalletAfter(
        consumed=first or consumed, wallet=after.wallet, usage_period_end=after.usage_period_end
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A consumption of a batch, well-formed and of a wallet that may be."""

    wallet: WalletKey
    key: str
    consumed: Consumed
    usage: Usage


async def consume_many(commands: Sequence[ConsumeCredits], *, runtime: Runtime) -> None:
    """Burn up to 1000 consumptions, each wallet's in input order; unknown ids are dropped.

    They are applied before this returns, a hundred wallets a transaction: a batch that broke off
    may be sent again, for what was consumed is a repeat. Raises InvalidArgumentError for a
    structural fault anywhere, with its `index`; then nothing is consumed.
    """
    now = runtime.clock()
    if not 1 <= len(commands) <= BATCH_MAX:
        raise invalid_argument(f"consumptions must hold 1-{BATCH_MAX} items")
    wanted = []
    for index, command in enumerate(commands):
        try:
            wanted.append((command, *require_consumption(command, now=now)))
        except DomainError as error:
            raise at_index(index, error) from None
    wallets = await _wallets(commands, runtime)
    due = [
        _Due(wallet=wallets[named], key=command.idempotency_key, consumed=consumed, usage=usage)
        for command, consumed, usage in wanted
        if (named := (command.scope, command.currency_id)) in wallets
    ]
    keys = sorted({one.wallet for one in due})
    for start in range(0, len(keys), WALLETS_MAX):
        some = set(keys[start : start + WALLETS_MAX])
        await _consume([one for one in due if one.wallet in some], runtime, now)


async def _wallets(
    commands: Sequence[ConsumeCredits], runtime: Runtime
) -> Mapping[tuple[Scope, str], WalletKey]:
    """The wallets that the commands name by known ids, in three statements at most."""
    asked = {(command.scope, command.currency_id) for command in commands}
    readers = runtime.readers
    found = await readers.customers.by_ref_ids({scope.customer_ref_id for scope, _ in asked})
    currencies = await readers.currencies.by_ref_ids({currency for _, currency in asked})
    customers = {ref_id: c.id for ref_id, c in found.items() if c.deleted_at is None}
    resources = await readers.customers.known_resources(
        (customers[scope.customer_ref_id], scope.resource_id)
        for scope, _ in asked
        if scope.resource_id is not None and scope.customer_ref_id in customers
    )
    return {
        (scope, currency): WalletKey(id, scope.resource_key, currencies[currency].id)
        for scope, currency in asked
        if (id := customers.get(scope.customer_ref_id)) is not None
        and currency in currencies
        and (scope.resource_id is None or (id, scope.resource_id) in resources)
    }


async def _consume(due: Sequence[_Due], runtime: Runtime, now: datetime) -> None:
    """Burn these in one transaction; of a key that is repeated the first."""
    async with runtime.new_unit_of_work() as work:
        wallets = {one.wallet for one in due}
        burner = await open_burner(work, wallets, runtime=runtime, now=now)
        repeats = await work.credits.repeats({(one.wallet, one.key) for one in due}, now=now)
        made: dict[tuple[WalletKey, str], Consumed] = {}
        for one in due:
            named = (one.wallet, one.key)
            if named not in repeats and named not in made:
                made[named] = one.consumed
                burner.burn(
                    one.wallet, one.consumed.amount, one.usage, timestamp=one.consumed.timestamp
                )
        await work.credits.remember(made, now=now)
        await burner.close(work)
        await work.commit()


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
