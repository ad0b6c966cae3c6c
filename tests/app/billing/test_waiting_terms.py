"""Coupons, overrides and minimum spends that wait: for the period's end, or for a payment (§7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.usecases.billing.sandbox import pay_invoice
from domain.catalog.enums import BillingModel, MeterType
from domain.catalog.model import CreditRate
from domain.ids import CurrencyId
from domain.subscriptions.enums import SubscriptionStatus
from tests.app.billing.shop import UPDATE, Shop, amounts, due
from tests.builders import a_feature, a_plan, a_price, uid

CALLS = a_feature("feature-calls", meter_type=MeterType.Incremental)
USAGE = BillingModel.USAGE_BASED
PLAN = a_plan("plan-pro", a_price(50), a_price(2, model=USAGE, feature="feature-calls"))
AT_END = {"scheduleStrategy": "END_OF_BILLING_PERIOD"}
WAITING = """query($id: String!) { getSubscription(input: {subscriptionId: $id}) {
  coupon { percentOff } billingCycleAnchor
  futureUpdates { scheduleStatus subscriptionScheduleType scheduleVariables {
    ... on CouponChangeVariables { couponId }
    ... on PlanPriceOverrideChangeVariables { planRefId featureId } } } } }"""


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


async def bought(shop: Shop) -> dict[str, Any]:
    await shop.open(PLAN, features=(CALLS,))
    coupon = '{refId: "coupon-20", name: "20", percentOff: 20}'
    await shop.execute(f"mutation {{ createOneCoupon(input: {coupon}) {{ id }} }}", {})
    await shop.attach("pm_ok")
    return await shop.buy("plan-pro")


async def seen(shop: Shop, subscription: dict[str, Any]) -> dict[str, Any]:
    answer = await shop.execute(WAITING, {"id": subscription["subscriptionId"]})
    return dict(answer.ok["getSubscription"])


@pytest.mark.parametrize(
    ("coupon", "name"),
    [
        ({"couponId": "coupon-20"}, "coupon-20"),
        ({"billingCouponId": "coupon_20"}, "coupon_20"),
        ({"promotionCode": "SANDBOX20"}, "SANDBOX20"),
        ({"discount": {"percentOff": 20, "name": "Summer"}}, "Summer"),
    ],
)
async def test_a_coupon_of_any_source_waits_and_applies(
    shop: Shop, coupon: dict[str, Any], name: str
) -> None:
    first = await bought(shop)
    await shop.update(first, appliedCoupon=coupon, **AT_END)
    waiting = await seen(shop, first)
    (update,) = waiting["futureUpdates"]
    assert (waiting["coupon"], update["scheduleVariables"]) == (None, {"couponId": name})
    await shop.move("2024-05-01T01:00")
    after = await seen(shop, first)
    assert (after["coupon"], after["futureUpdates"]) == ({"percentOff": 20}, [])
    assert due(await shop.get(first)) == 40


async def test_overrides_and_the_minimum_spend_wait_one_by_one(shop: Shop) -> None:
    first = await bought(shop)
    overrides = [
        {"baseCharge": True, "price": usd(40)},
        {"featureId": "feature-calls", "price": usd(3)},
    ]
    minimum = {"minimum": usd(5)}
    await shop.update(first, priceOverrides=overrides, minimumSpend=minimum, **AT_END)
    updates = (await seen(shop, first))["futureUpdates"]
    assert {one["subscriptionScheduleType"] for one in updates} == {"PriceOverride"}
    assert [one["scheduleVariables"]["featureId"] for one in updates] == [
        None,
        "feature-calls",
        None,
    ]
    await shop.move("2024-05-01T01:00")
    assert amounts(await shop.get(first)) == [40, 5, 0]
    await shop.use("feature-calls", 10)
    await shop.move("2024-06-01T01:00")
    assert due(await shop.get(first)) == 40 + 5 + 30 - 5


async def test_all_that_was_asked_awaits_the_payment(shop: Shop) -> None:
    first = await bought(shop)
    await shop.move("2024-04-16T00:00")
    await shop.attach("pm_fail")
    coupon = {"couponId": "coupon-20"}
    failed = await shop.update(first, appliedCoupon=coupon, billingCycleAnchor="NOW")
    waiting = await seen(shop, first)
    assert (waiting["coupon"], waiting["billingCycleAnchor"]) == (None, "2024-04-01T00:00:00.000Z")
    types = [one["subscriptionScheduleType"] for one in waiting["futureUpdates"]]
    assert types == ["Coupon", "BillingPeriod"]
    await pay_invoice(failed["latestInvoice"]["billingId"], "pm_ok", runtime=shop.runtime)
    after = await seen(shop, first)
    assert (after["coupon"], after["futureUpdates"]) == ({"percentOff": 20}, [])
    assert after["billingCycleAnchor"] == "2024-04-16T00:00:00.000Z"


async def test_usage_up_to_an_update_is_on_its_invoice_alone_however_late_it_is_paid(
    shop: Shop,
) -> None:
    first = await bought(shop)
    await shop.use("feature-calls", 30)
    await shop.move("2024-04-16T00:00")
    await shop.attach("pm_fail")
    failed = await shop.update(first, billingCycleAnchor="NOW")
    assert due(failed) == 25 + 60
    await shop.use("feature-calls", 4)
    await shop.move("2024-04-16T20:00")
    await pay_invoice(failed["latestInvoice"]["billingId"], "pm_ok", runtime=shop.runtime)
    await shop.attach("pm_ok")
    await shop.use("feature-calls", 1)
    await shop.move("2024-05-16T21:00")
    assert due(await shop.get(first)) == 50 + 10


@pytest.mark.parametrize("when", [{}, AT_END])
async def test_a_rate_is_overridden_by_a_formula_that_can_be_parsed(
    shop: Shop, when: dict[str, Any]
) -> None:
    rate = CreditRate(amount=Decimal(1), currency_id=CurrencyId(uid("currency:tokens")))
    rated = a_price(model=BillingModel.CREDIT_BASED, feature="feature-calls", credit_rate=rate)
    await shop.open(a_plan("plan-rated", a_price(50), rated), features=(CALLS,))
    await shop.attach("pm_ok")
    first = await shop.buy("plan-rated")

    def rated_by(formula: str) -> dict[str, Any]:
        given = {"amount": 1, "currencyId": "tokens", "costFormula": formula}
        return {"priceOverrides": [{"featureId": "feature-calls", "creditRate": given}], **when}

    wanted = {"subscriptionId": first["subscriptionId"]} | rated_by("2*")
    assert (await shop.execute(UPDATE, {"input": wanted})).codes == ["InvalidArgumentError"]
    assert await formulas(shop) == [None]
    await shop.update(first, **rated_by("2*in"))
    await shop.move("2024-05-01T01:00")
    assert await formulas(shop) == ["2*in"]


async def formulas(shop: Shop) -> list[str | None]:
    """The formulas of the rates that the subscription in force burns credits at."""
    (one,) = [s for s in await shop.subscriptions() if s.status is SubscriptionStatus.ACTIVE]
    return [p.price.credit_rate.cost_formula for p in one.prices if p.price.credit_rate]


@pytest.mark.parametrize(
    "terms",
    [
        {"priceOverrides": [{"baseCharge": True, "price": usd(-1)}]},
        {"minimumSpend": {"minimum": usd(-1)}},
    ],
)
async def test_terms_that_cannot_be_meant_do_not_wait(shop: Shop, terms: dict[str, Any]) -> None:
    first = await bought(shop)
    wanted = {"subscriptionId": first["subscriptionId"]} | terms | AT_END
    assert (await shop.execute(UPDATE, {"input": wanted})).codes == ["BadUserInput"]
