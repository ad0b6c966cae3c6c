"""Reading and saving automatic recharge settings, and recharges that a new month lets through.

Source: spec, entitlements §9.14.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from app.ports import Readers, Runtime, UnitOfWork
from app.usecases.credits.recharge_events import ChangedBy, tell_changed
from app.usecases.credits.recharging import recharged
from app.usecases.credits.scope import currency_named, customer_in, wallet_of
from app.usecases.credits.wallets import close_wallets, open_wallets
from domain.catalog.model import CustomCurrency
from domain.credits.model import ZERO, WalletKey
from domain.credits.recharge import (
    RechargeChanges,
    RechargeId,
    RechargeSettings,
    changed_settings,
    spend_month,
)
from domain.customers.model import Customer
from domain.entitlements.model import Scope

HELD_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsShown:
    """Settings, whose they are, and what their recharges have cost this month."""

    settings: RechargeSettings
    customer: Customer
    currency: CustomCurrency
    spent: Decimal


async def find(customer_ref_id: str, currency_id: str, *, runtime: Runtime) -> SettingsShown:
    """The settings; the documented defaults where nobody has saved any.

    Raises CustomerNotFound, CustomCurrencyNotFound.
    """
    return await _shown(runtime.readers, customer_ref_id, currency_id, now=runtime.clock())


async def save(
    customer_ref_id: str, currency_id: str, changes: RechargeChanges, *, runtime: Runtime
) -> SettingsShown:
    """Save settings. What the limit held back goes ahead if it may now.

    Otherwise only a wallet that falls is recharged: enabling buys nothing by itself. Raises
    CustomerNotFound, CustomCurrencyNotFound, InvalidArgumentError.
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        key, _ = await wallet_of(work, Scope(customer_ref_id=customer_ref_id), currency_id)
        wallet = (await open_wallets(work, [key], now=now))[key]
        before = await _settings(work, key)  # as they are under the lock
        new_id = RechargeId(runtime.ids.new_uuid())
        after = changed_settings(before, changes, new_id=new_id, now=now)
        await work.recharges.save(after)
        known = None if before.id is None else before
        await tell_changed(work, known, after, ChangedBy.REQUEST, at=now)
        if before.held_until is not None:
            wallet = await recharged(work, wallet, after, runtime=runtime, now=now)
        await close_wallets(work, [wallet], runtime=runtime, now=now)
        shown = await _shown(work, customer_ref_id, currency_id, now=now)
        await work.commit()
    return shown


async def next_recharge_due(runtime: Runtime, *, after: datetime | None) -> datetime | None:
    """When, after an instant, a wallet may next need a recharge because of the clock alone."""
    return await runtime.readers.recharges.next_due(after=after)


async def run_due_recharges(runtime: Runtime, until: datetime) -> None:
    """Look again at the wallets whose recharge the limit of a month that is over held back."""
    at = replace(runtime, clock=lambda: until)
    while True:
        async with runtime.new_unit_of_work() as work:
            held = await work.recharges.held(until, limit=HELD_BATCH)
        for key in held:
            await _look_again(key, at)
        if len(held) < HELD_BATCH:
            return


async def _look_again(key: WalletKey, runtime: Runtime) -> None:
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        wallet = (await open_wallets(work, [key], now=now))[key]
        settings = await _settings(work, key)
        if settings.held_until is None or settings.held_until > now:
            return  # somebody saved them, or looked, meanwhile
        free = replace(settings, held_until=None)
        await work.recharges.save(free)
        wallet = await recharged(work, wallet, free, runtime=runtime, now=now)
        await close_wallets(work, [wallet], runtime=runtime, now=now)
        await work.commit()


async def _settings(source: UnitOfWork | Readers, key: WalletKey) -> RechargeSettings:
    unset = RechargeSettings(customer_id=key.customer_id, currency_id=key.currency_id)
    return (await source.recharges.of([key])).get(key, unset)


async def _shown(
    source: UnitOfWork | Readers, customer_ref_id: str, currency_id: str, *, now: datetime
) -> SettingsShown:
    customer = await customer_in(source, Scope(customer_ref_id=customer_ref_id))
    currency = await currency_named(source, currency_id)
    settings = await _settings(source, WalletKey(customer.id, "", currency.id))
    spent = ZERO
    if settings.id is not None:
        spent = await source.recharges.spent(settings.id, spend_month(now))
    return SettingsShown(settings=settings, customer=customer, currency=currency, spent=spent)
