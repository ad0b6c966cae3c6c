"""Automatic recharge at work: what closing a wallet that has fallen brings with it.

The decision is made, and the grant written, under the wallet's lock, in the transaction of what
lowered it: however many burn at once, there is one recharge. Without a provider the credits are
there at once. With one the grant is pending, its charge is kept in the provider's backlog, and it
is made as soon as the transaction has let go of its locks. Source: spec, entitlements §9.14.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from app.ports import Runtime, UnitOfWork
from app.usecases.credits.recharge_events import (
    ChangedBy,
    tell_attempted,
    tell_changed,
    tell_spend,
)
from domain.billing.syncs import Backlog, SyncedEntity
from domain.credits.model import CreditGrant, CreditGrantId
from domain.credits.opened import OpenWallet
from domain.credits.payments import awaiting_payment
from domain.credits.recharge import (
    HeldBack,
    Recharge,
    RechargeSettings,
    decide,
    has_failed,
    is_in_flight,
    may_be_due,
    price_per_credit,
    recharge_grant,
    spend_month,
)
from domain.credits.wallet import granted
from domain.subscriptions.model import LIVE


async def recharge_fallen(
    work: UnitOfWork, opened: Iterable[OpenWallet], *, runtime: Runtime, now: datetime
) -> list[OpenWallet]:
    """The wallets, with a recharge in each that has fallen too low since it was opened."""
    wallets = list(opened)
    fallen = [one.wallet.key for one in wallets if _has_fallen(one, now)]
    if not fallen:
        return wallets
    settings = await work.recharges.of(fallen)
    return [
        await recharged(work, one, settings[one.wallet.key], runtime=runtime, now=now)
        if _has_fallen(one, now) and one.wallet.key in settings
        else one
        for one in wallets
    ]


def _has_fallen(one: OpenWallet, now: datetime) -> bool:
    """Only what customers have without a resource is recharged.

    Not while a subscription's due change is about to grant: nobody is to pay for these 10 s.
    """
    if one.wallet.key.resource_id or one.wallet.awaits(now):
        return False
    return one.is_changed and one.wallet.balance < one.was.balance


async def recharged(
    work: UnitOfWork,
    one: OpenWallet,
    settings: RechargeSettings,
    *,
    runtime: Runtime,
    now: datetime,
) -> OpenWallet:
    """The wallet with a recharge, if it needs one; what the month's limit holds back is noted."""
    balance = one.wallet.balance
    if not may_be_due(settings, balance) or is_in_flight(one.grants.values()):
        return one
    assert settings.id is not None
    customer_id, month = settings.customer_id, spend_month(now)
    found = await work.subscriptions.of_customers([customer_id], statuses=LIVE)
    price = price_per_credit(found.get(customer_id, ()), settings.currency_id, now=now)
    spent = await work.recharges.spent(settings.id, month)
    match decide(settings, balance, price=price, spent=spent, now=now):
        case HeldBack():
            if settings.held_until != month.end:
                await work.recharges.save(replace(settings, held_until=month.end))
                await tell_spend(work, settings, before=spent, after=None, at=now)
            return one
        case Recharge() as recharge:
            after = spent + recharge.cost.amount
            await tell_spend(work, settings, before=spent, after=after, at=now)
            return await _bought(work, one, settings, recharge, runtime=runtime, now=now)
    return one


async def _bought(
    work: UnitOfWork,
    one: OpenWallet,
    settings: RechargeSettings,
    recharge: Recharge,
    *,
    runtime: Runtime,
    now: datetime,
) -> OpenWallet:
    if settings.held_until is not None:
        settings = replace(settings, held_until=None)
        await work.recharges.save(settings)
    id = CreditGrantId(runtime.ids.new_uuid())
    grant = recharge_grant(settings, recharge, id=id, now=now)
    if work.billing is None or not grant.cost.amount:
        await tell_attempted(work, settings, grant, at=now)
        return granted(one, grant, now)
    due = Backlog(
        entity_type=SyncedEntity.CREDIT_GRANT, entity_id=id, calls=(), next_attempt_at=now
    )
    await work.backlogs.save(due)
    work.afterwards(partial(_collect, runtime, id, at=now))
    return granted(one, awaiting_payment(grant), now)


async def _collect(runtime: Runtime, id: CreditGrantId, *, at: datetime) -> None:
    """Have a recharge paid; what prevents it leaves it to the worker."""
    from app.usecases.credits.payments import tell_of_grant

    async with runtime.new_unit_of_work() as work:
        await tell_of_grant(work, runtime, id, at=at)
        await work.commit()


async def recharge_answered(
    work: UnitOfWork, before: CreditGrant, after: CreditGrant, *, now: datetime
) -> None:
    """Tell how the attempt went; one that failed puts the settings out of force."""
    settings = (await work.recharges.of([after.key])).get(after.key)
    if settings is None or settings.id != after.recharge_id:
        return
    if before.invoice_id is None:
        await tell_attempted(work, settings, after, at=now)
    if has_failed(after) and settings.is_enabled:
        disabled = replace(settings, is_enabled=False, held_until=None, updated_at=now)
        await work.recharges.save(disabled)
        await tell_changed(work, settings, disabled, ChangedBy.PAYMENT_FAILURE, at=now)
