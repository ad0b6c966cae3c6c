"""Automatic recharge: credits bought by themselves once a wallet has fallen too low.

The settings are a customer's for one currency, and serve its wallet without a resource. Pure: the
wallet, the price and the month's spend come in, what to buy comes out. Source: spec, entitlements
§9.14.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import NewType
from uuid import UUID

from domain.catalog.model import Price
from domain.credits.enums import CreditGrantType, GrantExpirationPeriod, ThresholdType
from domain.credits.grants import AMOUNT_MAX
from domain.credits.model import ZERO, CreditGrant, CreditGrantId, WalletKey, credits_of
from domain.entitlements.resolution import is_counted
from domain.errors import invalid_argument
from domain.ids import CurrencyId, CustomerId
from domain.money import Money
from domain.patch import ABSENT, Maybe, kept, kept_unless_given
from domain.periods import Period, add_months, monthly_period
from domain.subscriptions.enums import PaymentCollection
from domain.subscriptions.model import Subscription

RechargeId = NewType("RechargeId", UUID)
GRANT_NAME = "Automatic recharge"
_MONTHS = {GrantExpirationPeriod.OneMonth: 1, GrantExpirationPeriod.OneYear: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class RechargeSettings:
    """When a wallet is recharged, and how far; `id` None: nobody has saved any.

    `threshold_value` is in credits, or in money for DollarAmount; `target_balance` in credits;
    `max_spend_limit` in money a calendar month (UTC), None = no limit. `held_until`: the limit
    holds a recharge back until the month ends then.
    """

    id: RechargeId | None = None
    customer_id: CustomerId
    currency_id: CurrencyId
    is_enabled: bool = False
    threshold_type: ThresholdType = ThresholdType.CreditAmount
    threshold_value: Decimal = ZERO
    target_balance: Decimal = ZERO
    grant_expiration_period: GrantExpirationPeriod = GrantExpirationPeriod.OneYear
    max_spend_limit: Decimal | None = None
    held_until: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def key(self) -> WalletKey:
        """The wallet that is recharged."""
        return WalletKey(self.customer_id, "", self.currency_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RechargeChanges:
    """What is saved; what is absent, or null where it may not be, stays."""

    is_enabled: bool
    threshold_type: ThresholdType | None = None
    threshold_value: Decimal | None = None
    target_balance: Decimal | None = None
    grant_expiration_period: GrantExpirationPeriod | None = None
    max_spend_limit: Maybe[Decimal | None] = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Recharge:
    """Credits to buy now, to last until `expire_at`; `cost` is rounded."""

    amount: Decimal
    cost: Money
    expire_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A recharge of this cost would take the month's spend over its limit."""

    cost: Money


def changed_settings(
    known: RechargeSettings, changes: RechargeChanges, *, new_id: RechargeId, now: datetime
) -> RechargeSettings:
    """The settings as saved. Raises InvalidArgumentError.

    Nothing is negative; to be enabled the target must lie above the threshold.
    """
    changed = replace(
        known,
        id=known.id or new_id,
        is_enabled=changes.is_enabled,
        threshold_type=kept_unless_given(changes.threshold_type, known.threshold_type),
        threshold_value=kept_unless_given(changes.threshold_value, known.threshold_value),
        target_balance=kept_unless_given(changes.target_balance, known.target_balance),
        grant_expiration_period=kept_unless_given(
            changes.grant_expiration_period, known.grant_expiration_period
        ),
        max_spend_limit=kept(changes.max_spend_limit, known.max_spend_limit),
        held_until=None,
        created_at=known.created_at or now,
        updated_at=now,
    )
    for field, value in (
        ("thresholdValue", changed.threshold_value),
        ("targetBalance", changed.target_balance),
        ("maxSpendLimit", changed.max_spend_limit or ZERO),
    ):
        if not value.is_finite() or not 0 <= value <= AMOUNT_MAX:
            raise invalid_argument(f"{field} must be from 0 to 2^53 - 1")
    if changed.is_enabled and changed.target_balance <= changed.threshold_value:
        raise invalid_argument("targetBalance must be above thresholdValue")
    return replace(
        changed,
        threshold_value=credits_of(changed.threshold_value),
        target_balance=credits_of(changed.target_balance),
    )


def price_per_credit(
    subscriptions: Iterable[Subscription], currency_id: CurrencyId, *, now: datetime
) -> Money | None:
    """What a credit costs in the first counted subscription, without a resource, that sells them.

    None: nobody sells any, so nothing recharges.
    """
    for one in subscriptions:
        if one.resource_id is not None or not is_counted(one, now):
            continue
        for sold in one.prices:
            if sold.price.top_up_currency_id == currency_id:
                return _unit_price(sold.price)
    return None


def _unit_price(price: Price) -> Money | None:
    """A single unit's: a block's share, or what the first tier asks for each."""
    amount = None if price.amount is None else price.amount / price.block_size
    if amount is None and price.tiers:
        amount = price.tiers[0].unit_price
    return None if amount is None else Money(amount, price.currency)


def may_be_due(settings: RechargeSettings, balance: Decimal) -> bool:
    """Whether the price and the month's spend are worth looking up."""
    if not settings.is_enabled or balance >= settings.target_balance:
        return False
    by_credits = settings.threshold_type is ThresholdType.CreditAmount
    return not by_credits or balance < settings.threshold_value


def decide(
    settings: RechargeSettings,
    balance: Decimal,
    *,
    price: Money | None,
    spent: Decimal,
    now: datetime,
) -> Recharge | HeldBack | None:
    """What a wallet of `balance` needs; None = nothing.

    Below the threshold it is filled to the target: threshold 20, target 50 at 0.10: 20 → nothing,
    19 → 31 for 3.10. `spent`: on recharges this month.
    """
    if price is None or not may_be_due(settings, balance):
        return None
    in_money = settings.threshold_type is ThresholdType.DollarAmount
    if (balance * price.amount if in_money else balance) >= settings.threshold_value:
        return None
    amount = credits_of(settings.target_balance - balance)
    cost = (price * amount).rounded()
    limit = settings.max_spend_limit
    if limit is not None and spent + cost.amount > limit:
        return HeldBack(cost=cost)
    months = _MONTHS[settings.grant_expiration_period]
    return Recharge(amount=amount, cost=cost, expire_at=add_months(now, months))


def is_in_flight(grants: Iterable[CreditGrant]) -> bool:
    """Whether a recharge of the wallet waits for its payment: one at a time."""
    return any(
        grant.recharge_id is not None and grant.is_payment_pending and grant.voided_at is None
        for grant in grants
    )


def recharge_grant(
    settings: RechargeSettings, recharge: Recharge, *, id: CreditGrantId, now: datetime
) -> CreditGrant:
    """The paid grant of a recharge, waiting to begin."""
    return CreditGrant(
        id=id,
        grant_id=str(id),
        customer_id=settings.customer_id,
        resource_id="",
        currency_id=settings.currency_id,
        display_name=GRANT_NAME,
        grant_type=CreditGrantType.PAID,
        amount=recharge.amount,
        cost=recharge.cost,
        effective_at=now,
        expire_at=recharge.expire_at,
        recharge_id=settings.id,
        created_at=now,
        updated_at=now,
    )


def has_failed(grant: CreditGrant) -> bool:
    """Whether it is a recharge that could not be paid: it is given up, and no other follows."""
    is_failed = grant.payment_collection is PaymentCollection.FAILED
    return grant.recharge_id is not None and grant.is_payment_pending and is_failed


def spend_month(now: datetime) -> Period:
    """The calendar month, UTC, that limits the spend at `now`."""
    epoch = now.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return monthly_period(epoch, now)


def spend_percentage(spent: Decimal, limit: Decimal) -> int:
    """Percent of the limit that is spent, floored; of a limit of 0 any spend is all."""
    if limit <= 0:
        return 100 if spent > 0 else 0
    return int(spent * 100 // limit)
