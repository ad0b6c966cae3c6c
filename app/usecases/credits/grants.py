"""Operations on grants: create, update, void. Source: spec, entitlements §9.3, §9.11."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.ports import Runtime, UnitOfWork
from app.usecases.credits.scope import wallet_of
from app.usecases.credits.wallets import close_wallets, open_wallets
from domain.catalog.currencies import require_live_currency
from domain.credits.grants import (
    GrantChanges,
    NewGrant,
    change_grant,
    create_grant,
    grant_not_found,
)
from domain.credits.model import CreditGrant, CreditGrantId
from domain.credits.wallet import OpenWallet, granted, updated, voided
from domain.entitlements.model import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGrant:
    """A grant to the wallet of `scope` and the currency, by the caller's ids."""

    scope: Scope
    currency_id: str
    new: NewGrant


async def create(command: CreateGrant, *, runtime: Runtime) -> CreditGrant:
    """Put a grant into a wallet; once active it settles a deficit.

    Raises CustomerNotFound, CustomerResourceNotFound, CustomCurrencyNotFound, EntityIsArchivedError
    (of the currency) and what `create_grant` raises.
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        key, currency = await wallet_of(work, command.scope, command.currency_id)
        require_live_currency(currency)
        id = CreditGrantId(runtime.ids.new_uuid())
        grant = create_grant(command.new, key, id=id, now=now)
        opened = await open_wallets(work, [key], now=now)
        after = granted(opened[key], grant, now)
        await close_wallets(work, [after], runtime=runtime, now=now)
        await work.commit()
    return after.grants[id]


async def update(identifier: str, changes: GrantChanges, *, runtime: Runtime) -> CreditGrant:
    """Change a grant's terms. Raises CreditGrantNotFound and what `change_grant` raises."""

    def changed(wallet: OpenWallet, grant: CreditGrant, now: datetime) -> OpenWallet:
        return updated(wallet, grant, change_grant(grant, changes, now=now), now)

    return await _change(identifier, changed, runtime=runtime)


async def void(identifier: str, *, runtime: Runtime) -> CreditGrant:
    """End a grant at once; what is left of it leaves the wallet.

    Raises CreditGrantNotFound, CreditGrantAlreadyVoided, CreditGrantCannotBeVoided.
    """
    return await _change(identifier, voided, runtime=runtime)


async def _change(
    identifier: str,
    change: Callable[[OpenWallet, CreditGrant, datetime], OpenWallet],
    *,
    runtime: Runtime,
) -> CreditGrant:
    """Change a grant, by UUID or grantId, under its wallet's lock."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        key = (await _find(work, identifier)).key
        wallet = (await open_wallets(work, [key], now=now))[key]
        found = await _find(work, identifier)
        grant = wallet.grants.get(found.id, found)
        after = change(wallet, grant, now)
        await close_wallets(work, [after], runtime=runtime, now=now)
        await work.commit()
    return after.grants[grant.id]


async def _find(work: UnitOfWork, identifier: str) -> CreditGrant:
    found = await work.credits.grant(identifier)
    if found is None:
        raise grant_not_found(identifier)
    return found
