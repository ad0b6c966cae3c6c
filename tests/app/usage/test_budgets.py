"""A budget that usage spends: example 29 over the whole path. Source: subscriptions §10."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.catalog.enums import BillingModel, FeatureType, MeterType
from domain.catalog.model import Budget
from domain.ids import PriceId
from domain.subscriptions.model import SubscriptionPrice
from tests.app.usage.test_reporting import Customer
from tests.builders import a_price
from tests.conftest import Execute
from tests.world import World


@pytest.fixture
def customer(execute: Execute) -> Customer:
    return Customer(execute)


async def budgeted(world: World, *, is_soft: bool = False) -> None:
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
