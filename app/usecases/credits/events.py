"""What is told of grants and wallets: the bodies of the credit webhooks.

`CREDIT_BALANCE_UPDATED` comes of every change and feeds live updates. Those that tell of little
being left are published when a threshold of some hook was crossed; each hook is told of its own.
Source: spec, platform §7; entitlements §10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.ports import UnitOfWork
from domain.catalog.model import CustomCurrency
from domain.changes import change_of
from domain.credits.model import CreditGrant, Wallet
from domain.credits.opened import GrantNews, GrantVerb, OpenWallet
from domain.credits.wallet import recurring_end
from domain.customers.events import customer_body
from domain.customers.model import Customer
from domain.events import Event
from domain.periods import wire_time
from domain.webhooks.enums import EventLogType
from domain.webhooks.model import crossed_downwards

BALANCE_UPDATED = EventLogType.CREDIT_BALANCE_UPDATED
WAS_LEFT = "previousRemainingBalancePercentage"
IS_LEFT = "remainingBalancePercentage"


async def wallet_events(
    work: UnitOfWork, changed: Sequence[OpenWallet], *, now: datetime
) -> list[Event]:
    """All that is told of wallets that were opened, changed and closed, in its order."""
    if not changed:
        return []
    customers = await work.customers.by_ids({one.wallet.key.customer_id for one in changed})
    currencies = await work.currencies.by_ids({one.wallet.key.currency_id for one in changed})
    thresholds = _Thresholds(work)
    events: list[Event] = []
    for one in changed:
        key = one.wallet.key
        about = _About(customers[key.customer_id], currencies[key.currency_id], key.resource_id)
        for news in one.news:
            events += await _of_grant(thresholds, about, news)
        events += await _of_wallet(thresholds, about, one, now)
    return events


@dataclass(frozen=True, slots=True)
class _About:
    """Whose wallet it is."""

    customer: Customer
    currency: CustomCurrency
    resource_id: str

    @property
    def body(self) -> Mapping[str, object]:
        return {
            "customer": customer_body(self.customer),
            "creditCurrency": currency_body(self.currency),
        }

    def event(
        self, type_: EventLogType, of: CreditGrant | Customer, data: Mapping[str, object]
    ) -> Event:
        is_grant = isinstance(of, CreditGrant)
        return Event(
            type=type_.value,
            entity_type="CREDIT_GRANT" if is_grant else "CREDIT_BALANCE",
            entity_id=of.id,
            customer_id=self.customer.id,
            resource_id=self.resource_id or None,
            data=data,
        )


def currency_body(currency: CustomCurrency) -> Mapping[str, object]:
    """The `creditCurrency` object of webhooks."""
    return {
        "id": currency.currency_id,
        "name": currency.display_name,
        "description": currency.description,
        "unitLabel": currency.unit_plural or currency.unit_singular,
    }


def grant_body(grant: CreditGrant) -> Mapping[str, object]:
    """The `grant` object of webhooks: `id` is the grantId, `entityId` the UUID."""
    return {
        "id": grant.grant_id,
        "entityId": str(grant.id),
        "displayName": grant.display_name,
        "grantType": grant.grant_type.value,
        "priority": float(grant.priority),
        "effectiveAt": wire_time(grant.effective_at),
        "expireAt": wire_time(grant.expire_at),
        "amount": float(grant.amount),
        "remainingBalance": float(grant.remaining),
        "cost": {
            "amount": float(grant.cost.amount),
            "currency": grant.cost.currency.value,
        },
    }


async def _of_grant(thresholds: _Thresholds, about: _About, news: GrantNews) -> list[Event]:
    if news.verb is GrantVerb.CONSUMED:
        assert news.before is not None
        type_ = EventLogType.CREDIT_GRANT_BALANCE_LOW
        low = await thresholds.crossed(type_, _share(news.before), _share(news.after))
        if low is None:
            return []  # A body costs as much as all the rest of a burn.
        return [about.event(type_, news.after, _grant(about, news) | low)]
    type_ = EventLogType[f"CREDIT_GRANT_{news.verb}"]
    return [_dated(about.event(type_, news.after, _grant(about, news)), news)]


def _grant(about: _About, news: GrantNews) -> dict[str, object]:
    return {**about.body, "grant": grant_body(news.after)}


def _dated(event: Event, news: GrantNews) -> Event:
    """At its own instant: of what the clock brought the due one; with what was altered."""
    return Event(
        type=event.type,
        entity_type=event.entity_type,
        entity_id=event.entity_id,
        customer_id=event.customer_id,
        resource_id=event.resource_id,
        data=event.data,
        occurred_at=news.at,
        change=change_of(news.before, news.after),
    )


async def _of_wallet(
    thresholds: _Thresholds, about: _About, one: OpenWallet, now: datetime
) -> list[Event]:
    was, wallet = one.was, one.wallet
    if (was.granted, was.consumed, was.next_change) == (
        wallet.granted,
        wallet.consumed,
        wallet.next_change,
    ):
        return []
    events = [about.event(BALANCE_UPDATED, about.customer, _balance(about, one, now))]
    body = {
        **about.body,
        "totalGranted": float(wallet.granted),
        "remainingBalance": float(wallet.balance),
    }
    shares = {"thresholdPercentage": None, **_shares(_used(was), _used(wallet))}
    type_ = EventLogType.CREDIT_BALANCE_LOW
    low = await thresholds.crossed(type_, _used(was), _used(wallet))
    if low:
        events.append(about.event(type_, about.customer, body | low))
    if was.balance > 0 >= wallet.balance:
        depleted = EventLogType.CREDIT_BALANCE_DEPLETED
        del shares[WAS_LEFT]
        events.append(about.event(depleted, about.customer, body | shares))
    return events


def _balance(about: _About, one: OpenWallet, now: datetime) -> Mapping[str, object]:
    """What live updates are made of: the totals, before and after."""
    wallet = one.wallet
    return {
        "customer": {"id": about.customer.ref_id},
        "resource": {"id": about.resource_id} if about.resource_id else None,
        "currency": {
            "id": about.currency.currency_id,
            "displayName": about.currency.display_name,
            "symbol": about.currency.symbol,
            "unitSingular": about.currency.unit_singular,
            "unitPlural": about.currency.unit_plural,
            "additionalMetaData": about.currency.additional_meta_data,
        },
        "totalGranted": float(wallet.granted),
        "totalConsumed": float(wallet.consumed),
        "currentBalance": float(wallet.balance),
        "previousBalance": float(one.was.balance),
        "validUntil": wire_time(wallet.next_change),
        "usagePeriodEnd": wire_time(recurring_end(one.grants.values())),
        "updatedAt": wire_time(wallet.updated_at),
        "reportedAt": wire_time(now),
    }


# --- little is left -------------------------------------------------------------------------


class _Thresholds:
    """The percentages that hooks want to hear of, read once an operation, and only if needed."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._wanted: dict[EventLogType, frozenset[float]] = {}

    async def crossed(
        self, type_: EventLogType, before: int, after: int
    ) -> dict[str, object] | None:
        """The shares, if what is left sank through a threshold; `before`, `after` = used."""
        if after <= before:
            return None
        if type_ not in self._wanted:
            self._wanted[type_] = await self._work.hooks.thresholds(type_)
        wanted = self._wanted[type_]
        if crossed_downwards(wanted, before=100 - before, after=100 - after) is None:
            return None
        return _shares(before, after)


def _shares(before: int, after: int) -> dict[str, object]:
    return {WAS_LEFT: 100 - before, IS_LEFT: 100 - after, "consumedPercentage": after}


def _share(grant: CreditGrant) -> int:
    return percent_consumed(grant.consumed_amount, grant.amount)


def _used(wallet: Wallet) -> int:
    return percent_consumed(wallet.consumed, wallet.granted)


def percent_consumed(consumed: Decimal, granted: Decimal) -> int:
    """Percent used, floored, 100 at most: 800 of 1000 → 80, so that 20 are left."""
    if granted <= 0:
        return 100 if consumed > 0 else 0
    return min(int(consumed * 100 // granted), 100)
