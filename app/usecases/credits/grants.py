"""Operations on grants: create, update, void. Source: spec, entitlements §9.3, §9.11."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.ports import Runtime, UnitOfWork
from app.usecases.credits.payments import Collecting, charge, void_invoice
from app.usecases.credits.scope import wallet_of
from app.usecases.credits.wallets import (
    close_wallets,
    find_grant,
    open_grant,
    open_wallets,
)
from domain.catalog.currencies import require_live_currency
from domain.credits.grants import (
    GrantChanges,
    NewGrant,
    change_grant,
    create_grant,
)
from domain.credits.model import CreditGrant, CreditGrantId
from domain.credits.payments import collected, is_billed
from domain.credits.wallet import granted, updated, voided
from domain.entitlements.model import Scope
from domain.subscriptions.model import Invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGrant:
    """A grant to the wallet of `scope` and the currency, by the caller's ids.

    `collecting` None: its cost is not the server's to collect.
    """

    scope: Scope
    currency_id: str
    new: NewGrant
    collecting: Collecting | None = None


async def create(command: CreateGrant, *, runtime: Runtime) -> CreditGrant:
    """Put a grant into a wallet; once active it settles a deficit.

    The cost of a paid one is collected where there is a provider: until a charge is paid, the
    grant is pending. Raises CustomerNotFound, CustomerResourceNotFound, CustomCurrencyNotFound,
    EntityIsArchivedError (of the currency), what `create_grant` and `charge` raise.
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        key, currency = await wallet_of(work, command.scope, command.currency_id)
        require_live_currency(currency)
        id = CreditGrantId(runtime.ids.new_uuid())
        grant = create_grant(command.new, key, id=id, now=now)
        how = command.collecting
        if work.billing is not None and how is not None and is_billed(grant, how.method):
            customer = await work.customers.lock(key.customer_id)
            assert customer is not None, "customers are never deleted"
            grant = collected(grant, await charge(work, customer, grant, how, now=now), now=now)
        opened = await open_wallets(work, [key], now=now)
        after = granted(opened[key], grant, now)
        await close_wallets(work, [after], runtime=runtime, now=now)
        await work.commit()
    return after.grants[id]


async def update(identifier: str, changes: GrantChanges, *, runtime: Runtime) -> CreditGrant:
    """Change a grant's terms. Raises CreditGrantNotFound and what `change_grant` raises."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        wallet, grant = await open_grant(work, identifier, now=now)
        after = updated(wallet, grant, change_grant(grant, changes, now=now), now)
        await close_wallets(work, [after], runtime=runtime, now=now)
        await work.commit()
    return after.grants[grant.id]


async def void(identifier: str, *, runtime: Runtime) -> CreditGrant:
    """End a grant at once; what is left of it leaves the wallet, and nobody pays for it any more.

    Raises CreditGrantNotFound, CreditGrantAlreadyVoided, CreditGrantCannotBeVoided, and
    BillingInvoiceStatusError for a pending one that was paid just now.
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        invoice = await _given_up(work, identifier, now=now)
        wallet, grant = await open_grant(work, identifier, now=now)
        known = grant if invoice is None else replace(grant, latest_invoice=invoice)
        after = voided(wallet, known, now)
        await close_wallets(work, [after], runtime=runtime, now=now)
        await work.commit()
    return after.grants[grant.id]


async def _given_up(work: UnitOfWork, identifier: str, *, now: datetime) -> Invoice | None:
    """The voided invoice of a pending grant, before its wallet is locked."""
    found = await find_grant(work, identifier)
    if not found.is_payment_pending or found.voided_at is not None:
        return None
    await work.customers.lock(found.customer_id)
    found = await find_grant(work, identifier)
    if not found.is_payment_pending or found.voided_at is not None:
        return None
    return await void_invoice(work, found, now=now)
