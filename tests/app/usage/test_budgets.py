"""A budget that usage spends: example 29 over the whole path. Source: subscriptions §10."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.clock import system_now
from app.usecases.due import run_due
from app.usecases.subscriptions.change import update_subscription
from domain.catalog.enums import BillingModel, BillingPeriod, FeatureType, MeterType, PricingType
from domain.catalog.model import Budget
from domain.ids import PriceId
from domain.subscriptions.model import SubscriptionPrice
from domain.subscriptions.request import UpdateRequest
from tests.app.events.test_webhooks import Receiver, hook, send_all
from tests.app.usage.test_reporting import Customer
from tests.builders import a_price, a_product
from tests.conftest import Execute
from tests.support import MovableClock, TestEnvironment
from tests.world import World


@pytest.fixture
def customer(execute: Execute) -> Customer:
    return Customer(execute)


async def budgeted(world: World, *, is_soft: bool = False, **given: Any) -> None:
    """Two dollars a unit, ten dollars at most."""
    feature = await world.feature()
    await world.feature(
        "feature-flag", feature_type=FeatureType.BOOLEAN, meter_type=MeterType.NoMeter
    )
    await world.plan("plan-payg", world.gives("feature-flag"))
    await world.customer()
    price = a_price(
        2,
        id=PriceId(world.runtime.ids.new_uuid()),
        model=BillingModel.USAGE_BASED,
        feature_id=feature.id,
    )
    sold = SubscriptionPrice(
        id=world.runtime.ids.new_uuid(), price=price, created_at=world.now, updated_at=world.now
    )
    await world.subscribe(
        "plan-payg",
        prices=(sold,),
        budget=Budget(limit=Decimal(10), has_soft_limit=is_soft),
        current_billing_period_start=world.now,
        current_billing_period_end=world.now.replace(month=4),
        **given,
    )


async def test_29_a_spent_hard_budget_denies_until_usage_falls_below(
    world: World, customer: Customer
) -> None:
    await budgeted(world)
    await customer.report(4)
    assert (await customer.check())["isGranted"] is True
    await customer.report(1)
    assert (await customer.check())["accessDeniedReason"] == "BudgetExceeded"
    assert (await customer.check(featureId="feature-flag"))["isGranted"] is True
    await customer.report(1, "SET")
    assert (await customer.check())["isGranted"] is True


async def test_a_soft_budget_denies_nothing(world: World, customer: Customer) -> None:
    await budgeted(world, is_soft=True)
    await customer.report(50)
    assert (await customer.check())["isGranted"] is True


# --- thresholds: ten dollars at most, two dollars a unit -----------------------------------------

TYPE = "SUBSCRIPTION_SPENT_LIMIT_EXCEEDED"
TOLD = """{ eventLogs(filter: {eventLogType: {eq: SUBSCRIPTION_SPENT_LIMIT_EXCEEDED}}) {
  edges { node { payload } } } }"""


async def told(execute: Execute) -> list[tuple[int, int]]:
    """(percentage, threshold) of each event, oldest first."""
    edges = (await execute(TOLD)).ok["eventLogs"]["edges"]
    payloads = [edge["node"]["payload"] for edge in edges]
    return sorted((p["currentSpendPercentage"], p["thresholdPercentage"]) for p in payloads)


async def test_each_threshold_is_told_once_when_it_is_crossed(
    world: World, customer: Customer, execute: Execute
) -> None:
    await budgeted(world)
    await customer.report(3)
    assert await told(execute) == []
    await customer.report(1)
    assert await told(execute) == [(80, 80)]
    await customer.report(0.5)
    assert await told(execute) == [(80, 80)]
    await customer.report(0.5)
    assert await told(execute) == [(80, 80), (100, 100)]
    await customer.report(5)
    assert await told(execute) == [(80, 80), (100, 100)]


async def test_one_report_over_several_thresholds_tells_the_most_severe(
    world: World, customer: Customer, execute: Execute
) -> None:
    await budgeted(world)
    await customer.report(6)
    assert await told(execute) == [(120, 100)]


async def test_falling_below_lets_a_threshold_be_crossed_again(
    world: World, customer: Customer, execute: Execute
) -> None:
    await budgeted(world)
    await customer.report(4)
    await customer.report(3, "SET")
    await customer.report(4, "SET")
    assert await told(execute) == [(80, 80), (80, 80)]


async def test_a_new_period_lets_a_threshold_be_crossed_again(
    world: World, customer: Customer, execute: Execute, clock: MovableClock
) -> None:
    await budgeted(world, pricing_type=PricingType.PAID, billing_period=BillingPeriod.MONTHLY)
    await customer.report(4)
    clock.set(world.now.replace(month=4) + timedelta(days=1))
    await run_due(world.runtime, clock())
    await customer.report(4)
    assert await told(execute) == [(80, 80), (80, 80)]


async def test_another_limit_is_compared_at_once(
    world: World, customer: Customer, execute: Execute
) -> None:
    """Eight dollars: 80 % of 10, 40 % of 20, 100 % of 8."""
    await budgeted(world)
    await a_product_of(world)
    await customer.report(4)
    (subscription,) = world.subscriptions.values()
    for limit, expected in ((20, [(80, 80)]), (8, [(80, 80), (100, 100)])):
        budget = Budget(limit=Decimal(limit), has_soft_limit=False)
        request = UpdateRequest(subscription_ref_id=subscription.ref_id, budget=budget)
        updated = await update_subscription(request, runtime=world.runtime)
        assert updated.budget_exceeded is (limit == 8)
        assert await told(execute) == expected


async def a_product_of(world: World) -> None:
    assert world.product_id is not None
    async with world.runtime.new_unit_of_work() as work:
        await work.products.add(a_product(id=world.product_id))
        await work.commit()


async def test_hooks_have_thresholds_of_their_own(
    world: World, customer: Customer, execute: Execute, environment: TestEnvironment
) -> None:
    await budgeted(world)
    receiver = Receiver(f"https://receiver.test/{environment.environment.id}")
    await hook(execute, receiver, TYPE)
    for value in (1, 1, 1, 1, 1):
        await customer.report(value)
    assert await sent(environment, receiver) == [(80, 80), (100, 100)]
    await customer.report(0, "SET")
    configure = """mutation ($id: String!, $configuration: JSON) {
      updateOneHook(input: {id: $id, update: {configuration: $configuration}}) { id } }"""
    (made,) = (await execute("{ hooks { edges { node { id } } } }")).ok["hooks"]["edges"]
    configuration = {TYPE: {"thresholds": [30, 50, 70]}}
    variables = {"id": made["node"]["id"], "configuration": configuration}
    assert (await execute(configure, variables)).ok
    for value in (1, 2, 2):
        await customer.report(value)
    assert await sent(environment, receiver) == [(60, 50), (100, 70)]


async def sent(environment: TestEnvironment, receiver: Receiver) -> list[tuple[Any, Any]]:
    """What the receiver is sent now."""
    receiver.received.clear()
    await send_all(environment, receiver, MovableClock(system_now() + timedelta(days=1)))
    assert all("previousSpendPercentage" not in message for message in receiver.messages)
    return sorted(
        (m["currentSpendPercentage"], m["thresholdPercentage"]) for m in receiver.messages
    )
