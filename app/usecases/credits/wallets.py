"""Wallets opened for a change: locked, settled, written once, and told of.

Every operation on credits goes through here, inside its own transaction: `open_wallets` takes the
locks in key order (after those of usage buckets), applies what the clock brought, and
`close_wallets` writes what changed with the news of it. Source: spec, entitlements §9; platform
§7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from app.ports import Runtime, UnitOfWork
from app.usecases.credits.events import wallet_events
from app.usecases.credits.recharging import recharge_fallen
from domain.credits.grants import grant_not_found
from domain.credits.model import CreditGrant, Wallet, WalletKey
from domain.credits.opened import OpenWallet
from domain.credits.wallet import closed, settled
from domain.ids import CurrencyId, CustomerId

DUE_BATCH = 100


async def open_wallets(
    work: UnitOfWork, keys: Iterable[WalletKey], *, now: datetime
) -> dict[WalletKey, OpenWallet]:
    """Lock the wallets, read them, and settle each up to `now`; one not yet there is empty."""
    unsettled = await open_unsettled(work, keys, now=now)
    return {key: settled(one, now) for key, one in unsettled.items()}


async def open_unsettled(
    work: UnitOfWork, keys: Iterable[WalletKey], *, now: datetime
) -> dict[WalletKey, OpenWallet]:
    """As `open_wallets`, for who settles them bit by bit: as they were when last looked at."""
    wanted = sorted(set(keys))
    await work.credits.lock(wanted)
    wallets = await work.credits.by_keys(wanted)
    grants = await work.credits.open_grants(wanted)
    opened = {}
    for key in wanted:
        wallet = wallets.get(key) or Wallet(key=key, updated_at=now)
        held = {grant.id: grant for grant in grants[key]}
        opened[key] = OpenWallet(was=wallet, wallet=wallet, grants=held)
    return opened


async def open_grant(
    work: UnitOfWork, identifier: str, *, now: datetime
) -> tuple[OpenWallet, CreditGrant]:
    """A grant, by UUID or grantId, in its wallet, opened. Raises CreditGrantNotFound."""
    key = (await find_grant(work, identifier)).key
    wallet = (await open_wallets(work, [key], now=now))[key]
    found = await find_grant(work, identifier)
    return wallet, wallet.grants.get(found.id, found)


async def find_grant(work: UnitOfWork, identifier: str) -> CreditGrant:
    """A grant as it was last written, without any lock. Raises CreditGrantNotFound."""
    found = await work.credits.grant(identifier)
    if found is None:
        raise grant_not_found(identifier)
    return found


async def close_wallets(
    work: UnitOfWork, opened: Iterable[OpenWallet], *, runtime: Runtime, now: datetime
) -> dict[WalletKey, Wallet]:
    """Write the wallets that changed and tell of them; all of them as they stand now.

    One that fell too low is recharged with it, where its customer has asked for that.
    """
    opened = await recharge_fallen(work, opened, runtime=runtime, now=now)
    changed = [closed(one, now) for one in opened if one.is_changed]
    await work.credits.save(changed, new_uuid=runtime.ids.new_uuid)
    for event in await wallet_events(work, changed, now=now):
        work.publish(event)
    return {one.wallet.key: one.wallet for one in [*opened, *changed]}


async def current_wallets(
    customer_id: CustomerId,
    resource_id: str,
    currency_id: CurrencyId | None = None,
    *,
    runtime: Runtime,
) -> list[Wallet]:
    """The scope's wallets as they stand now: a grant ends at its instant, sweeper or not."""
    now = runtime.clock()
    found = await runtime.readers.credits.wallets(customer_id, resource_id, currency_id)
    stale = [wallet.key for wallet in found if not wallet.is_current(now)]
    if not stale:
        return found
    settled_now = await settle_wallets(stale, runtime=runtime)
    return [settled_now.get(wallet.key, wallet) for wallet in found]


async def settle_wallets(
    keys: Iterable[WalletKey], *, runtime: Runtime, is_swept: bool = False
) -> Mapping[WalletKey, Wallet]:
    """Apply to the wallets what the clock brought.

    If one awaits a change of a subscription that is due by now, that happens first, unless the
    caller has seen to it (`is_swept`): whoever looks sees what is granted then.
    """
    keys, now = list(keys), runtime.clock()
    async with runtime.new_unit_of_work() as work:
        opened = await open_wallets(work, keys, now=now)
        awaiting = {key.customer_id for key, one in opened.items() if one.wallet.awaits(now)}
        if is_swept or not awaiting:
            wallets = await close_wallets(work, opened.values(), runtime=runtime, now=now)
            await work.commit()
            return wallets
    from app.usecases.transitions import catch_up

    await catch_up(runtime, awaiting)
    return await settle_wallets(keys, runtime=runtime, is_swept=True)


async def run_due_credits(runtime: Runtime, until: datetime) -> int:
    """Let grants begin and expire that are due by `until`; how many wallets changed.

    Each wallet is a transaction: another process may be at the next one. Each is looked at once:
    one that awaits a subscription's change stays due until that has happened.
    """
    at = replace(runtime, clock=lambda: until)
    seen: set[WalletKey] = set()
    while True:
        async with runtime.new_unit_of_work() as work:
            due = await work.credits.due(until, limit=DUE_BATCH + len(seen))
        unseen = [key for key in due if key not in seen]
        for key in unseen:
            await settle_wallets([key], runtime=at, is_swept=True)
        seen.update(unseen)
        if len(unseen) < DUE_BATCH:
            return len(seen)
