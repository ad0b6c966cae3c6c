"""Automatic recharge: settings, the price of a credit, and what to buy (entitlements §9.14)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.enums import BillingModel, Currency, TiersMode
from domain.credits.enums import GrantExpirationPeriod, ThresholdType
from domain.credits.model import ZERO, CreditGrantId
from domain.credits.recharge import (
    HeldBack,
    Recharge,
    RechargeChanges,
    RechargeId,
    RechargeSettings,
    changed_settings,
    decide,
    has_failed,
    is_in_flight,
    price_per_credit,
    recharge_grant,
    spend_month,
    spend_percentage,
)
from domain.errors import ErrorCode, InvalidInput
from domain.ids import ResourceId
from domain.money import Money
from domain.subscriptions.enums import PaymentCollection, SubscriptionStatus
from domain.subscriptions.model import SubscriptionPrice
from tests.builders import a_customer, a_plan, a_price, a_subscription, uid, utc
from tests.domain.credits.wallets import KEY, NOW, a_grant

ID = RechargeId(uid("settings"))
UNSET = RechargeSettings(customer_id=KEY.customer_id, currency_id=KEY.currency_id)
BY_CREDITS = replace(
    UNSET, id=ID, is_enabled=True, threshold_value=Decimal(20), target_balance=Decimal(50)
)
DIME = Money(Decimal("0.10"), Currency.USD)


def decided(
    settings: RechargeSettings, balance: int | str | Decimal, **given: Any
) -> Recharge | HeldBack | None:
    facts: dict[str, Any] = {"price": DIME, "spent": ZERO, "now": NOW}
    return decide(settings, Decimal(balance), **facts | given)


def test_example_24() -> None:
    assert decided(BY_CREDITS, 20) is None
    recharge = decided(BY_CREDITS, 19)
    assert isinstance(recharge, Recharge)
    assert recharge.amount == 31
    assert recharge.cost == Money(Decimal("3.10"), Currency.USD)
    assert recharge.expire_at == utc("2025-08-20")
    limited = replace(BY_CREDITS, max_spend_limit=Decimal(3))
    assert decided(limited, 19) == HeldBack(cost=recharge.cost)
    exact = replace(BY_CREDITS, max_spend_limit=Decimal("3.10"))
    assert decided(exact, 19) == recharge
    assert isinstance(decided(exact, 19, spent=Decimal("0.01")), HeldBack)


def test_a_threshold_in_money_is_of_what_the_balance_is_worth() -> None:
    settings = replace(
        BY_CREDITS, threshold_type=ThresholdType.DollarAmount, threshold_value=Decimal(2)
    )
    assert decided(settings, 20) is None
    recharge = decided(settings, 19)
    assert isinstance(recharge, Recharge)
    assert recharge.amount == 31
    high = replace(settings, threshold_value=Decimal(40))
    assert decided(high, 50) is None, "the target is reached, whatever it is worth"


def test_nothing_recharges_that_is_disabled_or_sold_by_nobody() -> None:
    assert decided(replace(BY_CREDITS, is_enabled=False), 0) is None
    assert decided(BY_CREDITS, 0, price=None) is None


def test_a_month_is_clamped_and_costs_are_rounded_once() -> None:
    settings = replace(BY_CREDITS, grant_expiration_period=GrantExpirationPeriod.OneMonth)
    third = Money(Decimal("0.333333"), Currency.USD)
    recharge = decided(settings, 19, price=third, now=utc("2024-01-31T10:00"))
    assert isinstance(recharge, Recharge)
    assert recharge.expire_at == utc("2024-02-29T10:00")
    assert recharge.cost.amount == Decimal("10.33")


MONEY = st.decimals("0", "5", places=4)
BURNS = st.lists(st.decimals("0.0000000001", "200", places=10), max_size=20)


@given(
    threshold=st.decimals("0", "100", places=2),
    above=st.decimals("0.01", "100", places=2),
    price=MONEY,
    limit=st.none() | st.decimals("0", "300", places=2),
    type_=st.sampled_from(ThresholdType),
    burns=BURNS,
)
def test_laws(
    threshold: Decimal,
    above: Decimal,
    price: Decimal,
    limit: Decimal | None,
    type_: ThresholdType,
    burns: list[Decimal],
) -> None:
    settings = replace(
        BY_CREDITS,
        threshold_type=type_,
        threshold_value=threshold,
        target_balance=threshold + above,
        max_spend_limit=limit,
    )
    facts: dict[str, Any] = {"price": Money(price, Currency.USD)}
    balance = spent = ZERO
    for burn in burns:
        balance -= burn
        recharge = decided(settings, balance, spent=spent, **facts)
        if isinstance(recharge, Recharge):
            balance += recharge.amount
            spent += recharge.cost.amount
            assert balance == settings.target_balance
            again = decided(settings, balance, spent=spent, **facts)
            assert again is None, "one recharge is enough"
        assert limit is None or spent <= limit
        if recharge is None and type_ is ThresholdType.CreditAmount:
            assert balance >= threshold


# --- settings -------------------------------------------------------------------------------


def saved(known: RechargeSettings = UNSET, **changes: Any) -> RechargeSettings:
    given: dict[str, Any] = {"is_enabled": False} | changes
    return changed_settings(known, RechargeChanges(**given), new_id=ID, now=NOW)


def test_what_is_not_said_stays() -> None:
    first = saved(
        is_enabled=True,
        threshold_value=Decimal(20),
        target_balance=Decimal(50),
        max_spend_limit=Decimal(9),
    )
    assert (first.id, first.created_at, first.updated_at) == (ID, NOW, NOW)
    later = changed_settings(
        first,
        RechargeChanges(is_enabled=False),
        new_id=RechargeId(uid("other")),
        now=utc("2025-01-01"),
    )
    assert later == replace(first, is_enabled=False, updated_at=utc("2025-01-01"))
    assert saved(first, max_spend_limit=None).max_spend_limit is None


@pytest.mark.parametrize(
    "changes",
    [
        {"is_enabled": True},
        {"is_enabled": True, "threshold_value": Decimal(5), "target_balance": Decimal(5)},
        {"threshold_value": Decimal(-1)},
        {"target_balance": Decimal(-1)},
        {"max_spend_limit": Decimal(-1)},
        {"target_balance": Decimal("NaN")},
        {"target_balance": Decimal(2**53)},
    ],
)
def test_what_cannot_be_saved(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        saved(**changes)
    assert refused.value.code is ErrorCode.InvalidArgumentError


# --- prices ---------------------------------------------------------------------------------


def sold(price: Any) -> SubscriptionPrice:
    return SubscriptionPrice(id=uid("sold"), price=price, created_at=NOW, updated_at=NOW)


def top_up(amount: str | None = "0.10", **given: Any) -> Any:
    model = BillingModel.PER_UNIT
    return a_price(amount, model=model, top_up_currency_id=KEY.currency_id, **given)


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (top_up(), "0.10"),
        (top_up("5", block_size=100), "0.05"),
        (
            top_up(None, tiers=((10, "0.3", None), (None, "0.2", None)), mode=TiersMode.VOLUME),
            "0.3",
        ),
        (top_up(None, tiers=((None, None, 10),), mode=TiersMode.VOLUME), None),
        (a_price("0.10", model=BillingModel.PER_UNIT), None),
    ],
)
def test_the_price_of_a_credit(price: Any, expected: str | None) -> None:
    one = a_subscription(a_customer(), a_plan(), prices=(sold(price),))
    found = price_per_credit([one], KEY.currency_id, now=utc("2024-01-15"))
    assert (found and found.amount) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": SubscriptionStatus.CANCELED},
        {"resource_id": ResourceId(uid("resource"))},
        {"start_date": utc("2024-02-01")},
    ],
)
def test_only_counted_subscriptions_without_a_resource_sell(changes: dict[str, Any]) -> None:
    one = a_subscription(a_customer(), a_plan(), prices=(sold(top_up()),), **changes)
    assert price_per_credit([one], KEY.currency_id, now=utc("2024-01-15")) is None


# --- grants and spend -----------------------------------------------------------------------


def test_a_recharge_waits_for_its_payment_alone() -> None:
    recharge = decided(BY_CREDITS, 19)
    assert isinstance(recharge, Recharge)
    grant = recharge_grant(BY_CREDITS, recharge, id=CreditGrantId(uid("grant")), now=NOW)
    assert (grant.key, grant.recharge_id) == (KEY, ID)
    assert grant.amount == 31
    pending = replace(grant, is_payment_pending=True)
    assert not is_in_flight([grant, a_grant("other", 1, is_payment_pending=True)])
    assert is_in_flight([grant, pending])
    assert not is_in_flight([replace(pending, voided_at=NOW)])
    failed = replace(pending, payment_collection=PaymentCollection.FAILED)
    assert [has_failed(one) for one in (grant, pending, failed)] == [False, False, True]


def test_the_month_of_the_spend() -> None:
    month = spend_month(utc("2024-02-29T23:59:59.999"))
    assert (month.start, month.end) == (utc("2024-02-01"), utc("2024-03-01"))
    assert spend_month(month.end).start == month.end


@pytest.mark.parametrize(
    ("spent", "limit", "expected"), [("8.39", 10, 83), ("10", 10, 100), ("0", 0, 0), ("1", 0, 100)]
)
def test_percent_of_the_limit(spent: str, limit: int, expected: int) -> None:
    assert spend_percentage(Decimal(spent), Decimal(limit)) == expected
