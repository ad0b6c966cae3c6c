"""Usage at a transition: invoiced with the change at the old prices, or carried on (§10)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    Currency,
    MeterType,
    SubscriptionUpdateUsageCutoffBehavior,
)
from domain.catalog.model import MinimumSpend, Package
from domain.money import Money
from tests.app.billing.shop import Shop, amounts, due
from tests.builders import a_feature, a_plan, a_price, a_product

Rule = SubscriptionUpdateUsageCutoffBehavior
ALWAYS, NEVER, BY_PERIOD = Rule.ALWAYS_RESET, Rule.NEVER_RESET, Rule.BILLING_PERIOD_CHANGE
CALLS = a_feature("feature-calls", meter_type=MeterType.Incremental)
YEAR = BillingPeriod.ANNUALLY
HALF_OFF = {"discount": {"percentOff": 50}}


def metered(ref_id: str, base: int, unit: str, *, minimum: int | None = None) -> Package:
    usage = BillingModel.USAGE_BASED
    spend: tuple[MinimumSpend, ...] = ()
    if minimum is not None:
        amount = Money(Decimal(minimum), Currency.USD)
        spend = (MinimumSpend(billing_period=BillingPeriod.MONTHLY, minimum=amount),)
    return a_plan(
        ref_id,
        a_price(base),
        a_price(unit, model=usage, feature="feature-calls"),
        a_price(base * 10, period=YEAR),
        a_price(unit, model=usage, feature="feature-calls", period=YEAR),
        minimum_spend=spend,
    )


SMALL, BIG = metered("plan-small", 0, "1"), metered("plan-big", 50, "2")


async def a_start(shop: Shop, rule: Rule = ALWAYS, *plans: Package, **given: Any) -> dict[str, Any]:
    """One on the small plan since 1 April, with 30 calls."""
    await shop.open(
        *(plans or (SMALL, BIG)), features=(CALLS,), product=a_product(usage_reset_cutoff=rule)
    )
    await shop.attach("pm_ok")
    first = await shop.buy("plan-small", billingPeriod="MONTHLY", **given)
    await shop.use("feature-calls", 30)
    return first


@pytest.mark.parametrize(
    ("rule", "anchor", "at_once", "renewal"),
    [
        (ALWAYS, "UNCHANGED", 25 + 30, 50 + 20),
        (BY_PERIOD, "UNCHANGED", 25, 50 + 80),
        (NEVER, "UNCHANGED", 25, 50 + 80),
        (ALWAYS, "NOW", 50 + 30, 50 + 20),
        (BY_PERIOD, "NOW", 50 + 30, 50 + 20),
        (NEVER, "NOW", 50, 50 + 80),
    ],
)
async def test_a_plan_change(
    shop: Shop, rule: Rule, anchor: str, at_once: float, renewal: float
) -> None:
    await a_start(shop, rule)
    await shop.move("2024-04-16T00:00")
    wanted = {"billingPeriod": "MONTHLY", "billingCycleAnchor": anchor}
    second = await shop.buy("plan-big", **wanted)
    assert due(second) == at_once
    await shop.use("feature-calls", 10)
    await shop.move("2024-05-16T01:00")
    assert due(await shop.get(second)) == renewal


@pytest.mark.parametrize(
    ("rule", "at_once", "renewal"), [(ALWAYS, 30, 10), (BY_PERIOD, 30, 10), (NEVER, 0, 40)]
)
async def test_a_new_anchor(shop: Shop, rule: Rule, at_once: float, renewal: float) -> None:
    first = await a_start(shop, rule)
    await shop.move("2024-04-16T00:00")
    assert due(await shop.update(first, billingCycleAnchor="NOW")) == at_once
    await shop.use("feature-calls", 10)
    await shop.move("2024-05-16T01:00")
    assert due(await shop.get(first)) == renewal


@pytest.mark.parametrize("rule", list(Rule))
async def test_what_waits_for_the_periods_end_bills_that_period_once(
    shop: Shop, rule: Rule
) -> None:
    first = await a_start(shop, rule)
    await shop.move("2024-05-10T00:00")
    assert due(await shop.get(first)) == 30
    await shop.use("feature-calls", 7)
    wanted = {"billingPeriod": "ANNUALLY", "scheduleStrategy": "END_OF_BILLING_PERIOD"}
    await shop.update(first, **wanted)
    await shop.move("2024-06-01T01:00")
    assert amounts(await shop.get(first)) == [0, 7]
    await shop.use("feature-calls", 5)
    await shop.move("2025-06-01T01:00")
    assert due(await shop.get(first)) == 5


@pytest.mark.parametrize("rule", list(Rule))
async def test_a_plan_that_waits_leaves_the_period_to_the_old_prices(
    shop: Shop, rule: Rule
) -> None:
    await a_start(shop, rule)
    await shop.move("2024-04-16T00:00")
    wanted = {"billingPeriod": "MONTHLY", "scheduleStrategy": "END_OF_BILLING_PERIOD"}
    await shop.provision("plan-big", **wanted)
    await shop.move("2024-05-01T01:00")
    _, second = await shop.subscriptions()
    assert second.latest_invoice is not None
    assert [line.amount for line in second.latest_invoice.lines] == [50, 30]
    assert second.latest_invoice.amount_due == 80


@pytest.mark.parametrize("behavior", ["CREATE_PRORATIONS", "NONE"])
async def test_without_an_invoice_of_its_own_it_waits_for_the_next(
    shop: Shop, behavior: str
) -> None:
    await a_start(shop)
    await shop.move("2024-04-16T00:00")
    wanted = {"billingPeriod": "MONTHLY", "subscriptionProrationBehavior": behavior}
    second = await shop.buy("plan-big", appliedCoupon=HALF_OFF, **wanted)
    assert second["latestInvoice"] is None
    await shop.use("feature-calls", 10)
    await shop.move("2024-05-01T01:00")
    prorated = 12.5 if behavior == "CREATE_PRORATIONS" else 0
    assert due(await shop.get(second)) == (50 + 20) / 2 + 30 / 2 + prorated


async def test_a_percent_coupon_discounts_it_too(shop: Shop) -> None:
    await a_start(shop)
    await shop.move("2024-04-16T00:00")
    second = await shop.buy("plan-big", billingPeriod="MONTHLY", appliedCoupon=HALF_OFF)
    assert due(second) == (25 + 30) / 2


async def test_a_percent_coupon_discounts_what_an_end_bills(shop: Shop) -> None:
    first = await a_start(shop, appliedCoupon=HALF_OFF)
    await shop.move("2024-04-16T00:00")
    ended = await shop.cancel(first, subscriptionCancellationTime="IMMEDIATE")
    assert due(ended) == 15


# --- the minimum spend ------------------------------------------------------------------------


async def test_a_minimum_covers_a_periods_usage_once_across_a_change(shop: Shop) -> None:
    small = metered("plan-small", 0, "1", minimum=100)
    await a_start(shop, ALWAYS, small, metered("plan-big", 50, "2", minimum=100))
    await shop.move("2024-04-16T00:00")
    second = await shop.buy("plan-big", billingPeriod="MONTHLY")
    assert due(second) == 25
    await shop.use("feature-calls", 60)
    await shop.move("2024-05-01T01:00")
    assert due(await shop.get(second)) == 50 + 100 + (120 - 70)


async def test_a_minimum_not_charged_yet_covers_nothing(shop: Shop) -> None:
    await a_start(shop, ALWAYS, SMALL, metered("plan-big", 50, "2", minimum=100))
    await shop.move("2024-04-16T00:00")
    second = await shop.buy("plan-big", billingPeriod="MONTHLY")
    await shop.use("feature-calls", 10)
    await shop.move("2024-05-01T01:00")
    assert due(await shop.get(second)) == 50 + 100 + 20


async def test_a_changed_minimum_counts_from_the_next_period(shop: Shop) -> None:
    first = await a_start(shop, minimumSpend={"minimum": {"amount": 20, "currency": "USD"}})
    await shop.update(first, minimumSpend={"minimum": {"amount": 100, "currency": "USD"}})
    await shop.move("2024-05-01T01:00")
    assert due(await shop.get(first)) == 100 + (30 - 20)
    await shop.use("feature-calls", 30)
    await shop.move("2024-06-01T01:00")
    assert due(await shop.get(first)) == 100


async def test_carried_usage_takes_its_minimum_along(shop: Shop) -> None:
    minimum = {"minimum": {"amount": 20, "currency": "USD"}}
    first = await a_start(shop, NEVER, minimumSpend=minimum)
    await shop.move("2024-04-16T00:00")
    assert due(await shop.update(first, billingCycleAnchor="NOW")) == 20
    await shop.use("feature-calls", 30)
    await shop.move("2024-05-16T01:00")
    assert due(await shop.get(first)) == 20 + (60 - 20 - 20)


async def test_a_new_cycles_minimum_is_discounted_with_it(shop: Shop) -> None:
    minimum = {"minimum": {"amount": 100, "currency": "USD"}}
    first = await a_start(shop, appliedCoupon=HALF_OFF, minimumSpend=minimum)
    assert due(first) == 50
    await shop.move("2024-04-16T00:00")
    assert due(await shop.update(first, billingCycleAnchor="NOW")) == 50
