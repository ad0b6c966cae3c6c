"""The coming invoice (spec, subscriptions §11; §18.16)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.ports import Runtime
from domain.catalog.enums import BillingModel, BillingPeriod, Currency, TiersMode
from domain.catalog.model import MinimumSpend
from domain.money import Money
from tests.app.subscriptions.shop import Story, open_shop
from tests.builders import a_feature, a_plan, a_price, an_addon
from tests.conftest import Execute
from tests.support import MovableClock

NEXT = (
    "mutation($input: PreviewNextInvoiceInput!) { previewNextInvoice(input: $input) {"
    " subTotal { amount } total { amount } amountDue { amount } minimumSpendAdjustment { amount }"
    " lines { type amount { amount } quantity lines { type amount { amount } quantity } } } }"
)
MAXIMUM = (
    "mutation($input: PreviewNextInvoiceInput!) { subscriptionMaximumSpend(input: $input) {"
    " maximumSpend { amount } total { amount } } }"
)
REPORT = (
    "mutation($input: UsageMeasurementCreateInput!) { createUsageMeasurement("
    " usageMeasurement: $input) { id } }"
)


@pytest.fixture
def story(runtime: Runtime, clock: MovableClock, execute: Execute) -> Story:
    return Story(runtime, clock, execute)


async def next_invoice(story: Story, name: str) -> dict[str, Any]:
    asked = {"input": {"subscriptionId": name}}
    return dict((await story.execute(NEXT, asked)).ok["previewNextInvoice"])


async def test_in_advance_lines_by_kind(story: Story) -> None:
    tiered = a_price(
        model=BillingModel.PER_UNIT,
        feature="feature-seats",
        tiers=((5, 20, None), (None, 10, None)),
        mode=TiersMode.GRADUATED,
    )
    await open_shop(
        story.runtime,
        a_plan("plan-pro", a_price(50), tiered, compatible_addon_ref_ids=("addon-a",)),
        an_addon("addon-a", a_price(5)),
        features=(a_feature("feature-seats"),),
    )
    made = await story.provision(
        "plan-pro",
        charges=[{"id": "feature-seats", "quantity": 7, "type": "FEATURE"}],
        addons=[{"addonId": "addon-a", "quantity": 2}],
    )
    coming = await next_invoice(story, made["subscription"]["subscriptionId"])
    assert coming["total"]["amount"] == 50 + 120 + 10
    assert [(line["type"], line["amount"]["amount"]) for line in coming["lines"]] == [
        ("BaseCharge", 50),
        ("InAdvanceCommitmentCharge", 120),
        ("AddonCharge", 10),
    ]
    tiers = coming["lines"][1]["lines"]
    assert [(tier["type"], tier["amount"]["amount"]) for tier in tiers] == [
        ("TierCharge", 100),
        ("TierCharge", 20),
    ]


async def test_nothing_in_advance_once_it_ends(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    made = (await story.provision("plan-pro"))["subscription"]
    when = {"subscriptionCancellationTime": "END_OF_BILLING_PERIOD"}
    await story.cancel(made["subscriptionId"], **when)
    coming = await next_invoice(story, made["subscriptionId"])
    assert (coming["total"]["amount"], coming["lines"]) == (0, [])


async def test_a_free_plan_has_no_lines(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-free"))
    made = (await story.provision("plan-free"))["subscription"]
    coming = await next_invoice(story, made["subscriptionId"])
    assert (coming["total"]["amount"], coming["lines"]) == (0, [])


@pytest.mark.parametrize(("usage", "total"), [(70, 100), (130, 130)])
async def test_16_usage_is_deducted_from_the_minimum_spend(
    story: Story, usage: int, total: int
) -> None:
    metered = a_price(1, model=BillingModel.USAGE_BASED, feature="feature-calls")
    minimum = MinimumSpend(
        billing_period=BillingPeriod.MONTHLY, minimum=Money(Decimal(100), Currency.USD)
    )
    await open_shop(
        story.runtime,
        a_plan("plan-usage", metered, minimum_spend=(minimum,)),
        features=(a_feature("feature-calls"),),
    )
    made = (await story.provision("plan-usage"))["subscription"]
    story.clock.move(days=2)
    reported = {"customerId": story.customer, "featureId": "feature-calls", "value": usage}
    assert (await story.execute(REPORT, {"input": reported})).ok
    story.clock.move(days=2)
    coming = await next_invoice(story, made["subscriptionId"])
    assert coming["total"]["amount"] == total


async def test_the_maximum_is_the_invoice_with_the_budget_spent(story: Story) -> None:
    metered = a_price(1, model=BillingModel.USAGE_BASED, feature="feature-calls")
    await open_shop(
        story.runtime,
        a_plan("plan-usage", a_price(50), metered),
        features=(a_feature("feature-calls"),),
    )
    made = (await story.provision("plan-usage"))["subscription"]
    asked = {"input": {"subscriptionId": made["subscriptionId"]}}
    assert (await story.execute(MAXIMUM, asked)).ok["subscriptionMaximumSpend"] is None
    await story.update(made["subscriptionId"], budget={"limit": 200, "hasSoftLimit": False})
    shown = (await story.execute(MAXIMUM, asked)).ok["subscriptionMaximumSpend"]
    assert shown["maximumSpend"]["amount"] == 250


async def test_what_is_scheduled_for_the_period_end_is_in_the_next_invoice(story: Story) -> None:
    seats = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats")
    await open_shop(
        story.runtime, a_plan("plan-seats", seats), features=(a_feature("feature-seats"),)
    )
    made = (await story.provision("plan-seats", unitQuantity=5))["subscription"]
    name = made["subscriptionId"]
    await story.update(name, unitQuantity=3, scheduleStrategy="END_OF_BILLING_PERIOD")
    assert (await next_invoice(story, name))["total"]["amount"] == 30


async def test_a_plan_scheduled_for_the_period_end_prices_the_next_invoice(story: Story) -> None:
    await open_shop(
        story.runtime, a_plan("plan-pro", a_price(50)), a_plan("plan-basic", a_price(20))
    )
    name = (await story.provision("plan-pro"))["subscription"]["subscriptionId"]
    await story.provision("plan-basic", scheduleStrategy="END_OF_BILLING_PERIOD")
    assert (await next_invoice(story, name))["total"]["amount"] == 20


async def test_a_missing_schedule_names_the_subscription_and_the_status(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    name = (await story.provision("plan-pro"))["subscription"]["subscriptionId"]
    answer = await story.execute(
        "mutation($input: SubscriptionUpdateScheduleCancellationInput!)"
        " { cancelSchedule(input: $input) }",
        {"input": {"subscriptionId": name}},
    )
    extensions = answer.errors[0]["extensions"]
    assert extensions["code"] == "FutureUpdateNotFound"
    assert (extensions["externalId"], extensions["status"]) == (name, "Scheduled")
