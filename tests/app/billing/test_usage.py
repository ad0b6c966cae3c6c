"""Usage billed in arrears: at the renewal, at an end, at a change, on request (§10, §16)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.catalog.enums import BillingModel, BillingPeriod, MeterType, OverageBillingPeriod
from domain.catalog.model import Package
from tests.app.billing.shop import Shop, amounts, due
from tests.builders import a_feature, a_plan, a_price, utc

CALLS = a_feature("feature-calls", meter_type=MeterType.Incremental)
CHARGE = """mutation($input: ChargeSubscriptionUsageInput!) {
  chargeSubscriptionUsage(input: $input) {
    invoiceBillingId periodStart periodEnd subscriptionId
    usageCharged { featureId usageAmount } } }"""


def a_metered_plan(ref_id: str = "plan-metered", base: int = 0, unit: str = "1") -> Package:
    usage = a_price(unit, model=BillingModel.USAGE_BASED, feature="feature-calls")
    return a_plan(ref_id, a_price(base), usage)


async def a_metered_start(shop: Shop, **given: Any) -> dict[str, Any]:
    await shop.open(a_metered_plan(), a_metered_plan("plan-bigger", 50, "2"), features=(CALLS,))
    await shop.attach("pm_ok")
    return await shop.buy("plan-metered", **given)


async def test_usage_is_billed_an_hour_after_the_renewal(shop: Shop) -> None:
    first = await a_metered_start(shop)
    await shop.use("feature-calls", 30)
    await shop.move("2024-04-20T00:00")
    await shop.use("feature-calls", 40)
    await shop.move("2024-05-01T00:00")
    assert (await shop.get(first))["latestInvoice"]["status"] == "OPEN"
    await shop.use("feature-calls", 5)
    await shop.move("2024-05-01T01:00")
    renewed = await shop.get(first)
    assert renewed["latestInvoice"]["status"] == "PAID"
    assert due(renewed) == 70
    await shop.move("2024-06-01T01:00")
    assert due(await shop.get(first)) == 5


@pytest.mark.parametrize(("usage", "total"), [(70, 100), (130, 130)])
async def test_a_minimum_spend_covers_usage(shop: Shop, usage: int, total: int) -> None:  # §18.16
    minimum = {"minimum": {"amount": 100, "currency": "USD"}}
    first = await a_metered_start(shop, minimumSpend=minimum)
    assert due(first) == 100
    await shop.use("feature-calls", usage)
    await shop.move("2024-05-01T01:00")
    renewed = await shop.get(first)
    assert due(renewed) == total
    assert sorted(amounts(renewed)) == sorted([0, 100, usage, -min(usage, 100)])


async def test_a_coupon_discounts_usage_too(shop: Shop) -> None:
    first = await a_metered_start(shop, appliedCoupon={"discount": {"percentOff": 20}})
    await shop.use("feature-calls", 70)
    await shop.move("2024-05-01T01:00")
    assert due(await shop.get(first)) == 56


async def test_an_end_bills_what_was_used(shop: Shop) -> None:
    first = await a_metered_start(shop)
    await shop.use("feature-calls", 30)
    await shop.move("2024-04-10T00:00")
    await shop.cancel(first, subscriptionCancellationTime="IMMEDIATE")
    (ended,) = await shop.subscriptions()
    assert ended.latest_invoice is not None
    assert ended.latest_invoice.amount_due == 30


async def test_a_change_bills_usage_at_the_old_price(shop: Shop) -> None:
    await a_metered_start(shop)
    await shop.use("feature-calls", 30)
    await shop.move("2024-04-16T00:00")
    second = await shop.buy("plan-bigger")
    assert due(second) == 25 + 30
    await shop.use("feature-calls", 10)
    await shop.move("2024-05-01T01:00")
    assert due(await shop.get(second)) == 50 + 20


async def test_usage_can_be_charged_before_the_period_ends(shop: Shop) -> None:
    first = await a_metered_start(shop)
    await shop.use("feature-calls", 30)
    await shop.move("2024-04-10T00:00")
    wanted = {"input": {"subscriptionId": first["subscriptionId"]}}
    charged = (await shop.execute(CHARGE, wanted)).ok["chargeSubscriptionUsage"]
    assert charged["usageCharged"] == [{"featureId": "feature-calls", "usageAmount": 30}]
    assert charged["periodStart"] == "2024-04-01T00:00:00.000Z"
    assert charged["periodEnd"] == "2024-04-10T00:00:00.000Z"
    assert charged["subscriptionId"] == first["subscriptionId"]
    again = (await shop.execute(CHARGE, wanted)).ok["chargeSubscriptionUsage"]
    assert again["invoiceBillingId"] is None
    await shop.use("feature-calls", 12)
    await shop.move("2024-05-01T01:00")
    assert due(await shop.get(first)) == 12


async def test_usage_ahead_cannot_be_charged(shop: Shop) -> None:
    first = await a_metered_start(shop)
    ahead = {"subscriptionId": first["subscriptionId"], "untilDate": "2024-04-02T00:00:00Z"}
    answer = await shop.execute(CHARGE, {"input": ahead})
    assert answer.codes == ["InvalidArgumentError"]


async def test_a_sync_writes_nothing_twice(shop: Shop) -> None:
    first = await a_metered_start(shop)
    await shop.use("feature-calls", 30)
    await shop.move("2024-05-01T00:00")
    for _ in range(2):
        answer = await shop.execute(
            "mutation($id: String!) { triggerSubscriptionUsageSync(input: {customerId: $id}) }",
            {"id": "customer-demo-01"},
        )
        assert answer.ok["triggerSubscriptionUsageSync"] is True
    await shop.move("2024-05-01T01:00")
    assert due(await shop.get(first)) == 30


async def test_seats_beyond_those_bought_are_billed_at_the_renewal(shop: Shop) -> None:
    plan = a_plan(
        "plan-seats",
        a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats"),
        a_price(15, model=BillingModel.USAGE_BASED, feature="feature-seats", is_overage=True),
    )
    await shop.open(plan, features=(a_feature(),))
    await shop.attach("pm_ok")
    charge = {"id": "feature-seats", "quantity": 5, "type": "FEATURE"}
    first = await shop.buy("plan-seats", charges=[charge])
    assert due(first) == 50
    await shop.use("feature-seats", 7)
    await shop.move("2024-05-01T01:00")
    assert due(await shop.get(first)) == 50 + 2 * 15


@pytest.mark.parametrize("monthly", [True, False])
async def test_overage_of_a_year_is_billed_by_the_month_or_with_the_renewal(
    shop: Shop, monthly: bool
) -> None:
    year = BillingPeriod.ANNUALLY
    plan = a_plan(
        "plan-yearly",
        a_price(100, model=BillingModel.PER_UNIT, feature="feature-seats", period=year),
        a_price(
            5,
            model=BillingModel.USAGE_BASED,
            feature="feature-seats",
            period=year,
            is_overage=True,
        ),
        overage_billing_period=OverageBillingPeriod.MONTHLY if monthly else None,
    )
    await shop.open(plan, features=(a_feature(),))
    await shop.attach("pm_ok")
    charge = {"id": "feature-seats", "quantity": 5, "type": "FEATURE"}
    first = await shop.buy("plan-yearly", charges=[charge])
    await shop.use("feature-seats", 7)
    await shop.move("2024-07-15T00:00")
    (kept,) = await shop.subscriptions()
    invoice = kept.last_usage_invoice
    assert (invoice is not None) == monthly
    if invoice is not None:
        assert invoice.amount_due == 10
        assert invoice.created_at == utc("2024-07-01T00:00")
    await shop.move("2025-04-01T01:00")
    assert due(await shop.get(first)) == 500 + 10


async def test_a_resources_usage_is_its_own_subscriptions(shop: Shop) -> None:
    await shop.open(a_metered_plan(), features=(CALLS,))
    await shop.attach("pm_ok")
    first = await shop.buy("plan-metered", resourceId="resource-01")
    await shop.use("feature-calls", 30, resourceId="resource-01")
    await shop.move("2024-05-01T01:00")
    assert due(await shop.get(first)) == 30
