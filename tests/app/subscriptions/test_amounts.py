"""The worked examples of spec, subscriptions §18 that concern money, as previews show them.

Amounts hold with any provider; here it is `manual`.
"""

from __future__ import annotations

from typing import Any

import pytest

from app.ports import Runtime
from domain.catalog.enums import BillingModel, BillingPeriod, Currency
from tests.app.subscriptions.shop import Story, open_shop
from tests.builders import a_feature, a_plan, a_price, utc
from tests.conftest import Execute
from tests.support import MovableClock

INVOICE = "subTotal { amount } total { amount } tax { amount } discount { amount }"
PREVIEW = (
    "mutation($input: PreviewSubscriptionInput!) { previewSubscription(input: $input) {"
    " isPlanDowngrade hasScheduledUpdates billingPeriodRange { start end }"
    " immediateInvoice {" + INVOICE + " proration {"
    " hasProrations credit { amount } debit { amount } netAmount { amount } } }"
    " recurringInvoice {" + INVOICE + "} } }"
)
ESTIMATE = (
    "mutation($input: EstimateSubscriptionUpdateInput!) {"
    " estimateSubscriptionUpdate(input: $input) { hasScheduledUpdates"
    " subTotal { amount } total { amount } proration {"
    " credit { amount } debit { amount } netAmount { amount } } } }"
)


@pytest.fixture
def story(runtime: Runtime, clock: MovableClock, execute: Execute) -> Story:
    return Story(runtime, clock, execute)


async def preview(story: Story, plan: str, **given: Any) -> dict[str, Any]:
    asked = {"customerId": story.customer, "planId": plan} | given
    return dict((await story.execute(PREVIEW, {"input": asked})).ok["previewSubscription"])


def due(shown: dict[str, Any]) -> float:
    return float(shown["immediateInvoice"]["total"]["amount"])


def prorated(shown: dict[str, Any]) -> tuple[float, float, float]:
    proration = shown["immediateInvoice"]["proration"]
    return tuple(proration[name]["amount"] for name in ("credit", "debit", "netAmount"))


def discount(percent: int) -> dict[str, Any]:
    return {"appliedCoupon": {"discount": {"percentOff": percent, "name": "Less"}}}


async def two_plans(story: Story, old: int, new: int) -> None:
    await open_shop(
        story.runtime, a_plan("plan-old", a_price(old)), a_plan("plan-new", a_price(new))
    )


async def test_2_an_upgrade_in_the_middle_costs_half_the_difference(story: Story) -> None:
    await two_plans(story, 20, 50)
    story.clock.set(utc("2024-04-01"))
    await story.provision("plan-old")
    await story.advance("2024-04-16T00:00")
    shown = await preview(story, "plan-new")
    assert prorated(shown) == (-10, 25, 15)
    assert due(shown) == 15
    assert shown["recurringInvoice"]["total"]["amount"] == 50
    new = (await story.provision("plan-new"))["subscription"]
    assert new["billingCycleAnchor"] == "2024-04-01T00:00:00.000Z"
    assert new["currentBillingPeriodEnd"] == "2024-05-01T00:00:00.000Z"


async def test_3_the_share_is_counted_in_milliseconds(story: Story) -> None:
    await two_plans(story, 49, 99)
    story.clock.set(utc("2024-02-01"))
    await story.provision("plan-old")
    await story.advance("2024-02-10T06:00")
    assert prorated(await preview(story, "plan-new")) == (-33.37, 67.42, 34.05)


async def test_4_a_new_anchor_costs_the_full_new_price(story: Story) -> None:
    await two_plans(story, 20, 50)
    story.clock.set(utc("2024-04-01"))
    await story.provision("plan-old")
    await story.advance("2024-04-16T00:00")
    shown = await preview(story, "plan-new", billingCycleAnchor="NOW")
    assert prorated(shown) == (-10, 50, 40)
    assert shown["billingPeriodRange"]["end"] == "2024-05-16T00:00:00.000Z"


@pytest.mark.parametrize("behavior", ["CREATE_PRORATIONS", "NONE"])
async def test_4_other_behaviours_charge_nothing_now(story: Story, behavior: str) -> None:
    await two_plans(story, 20, 50)
    story.clock.set(utc("2024-04-01"))
    await story.provision("plan-old")
    await story.advance("2024-04-16T00:00")
    shown = await preview(story, "plan-new", billingInformation={"prorationBehavior": behavior})
    assert due(shown) == 0
    assert shown["recurringInvoice"]["total"]["amount"] == 50


async def test_5_a_downgrade_at_once_owes_nothing_now(story: Story) -> None:
    await two_plans(story, 50, 20)
    story.clock.set(utc("2024-04-01"))
    await story.provision("plan-old")
    await story.advance("2024-04-16T00:00")
    shown = await preview(story, "plan-new")
    assert shown["isPlanDowngrade"] is True
    assert prorated(shown) == (-25, 10, -15)
    assert due(shown) == 0


async def test_6_more_seats(story: Story) -> None:
    price = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats")
    await open_shop(
        story.runtime, a_plan("plan-seats", price), features=(a_feature("feature-seats"),)
    )
    story.clock.set(utc("2024-04-01"))
    charge = {"id": "feature-seats", "type": "FEATURE"}
    made = await story.provision("plan-seats", charges=[charge | {"quantity": 5}])
    await story.advance("2024-04-21T00:00")
    asked = {
        "subscriptionId": made["subscription"]["subscriptionId"],
        "charges": [charge | {"quantity": 8}],
    }
    shown = (await story.execute(ESTIMATE, {"input": asked})).ok["estimateSubscriptionUpdate"]
    assert shown["proration"]["credit"]["amount"] == -16.67
    assert shown["proration"]["debit"]["amount"] == 26.67
    assert shown["total"]["amount"] == 10


async def test_7_yen_have_no_minor_unit(story: Story) -> None:
    await open_shop(
        story.runtime,
        a_plan("plan-old", a_price(1000, currency=Currency.JPY)),
        a_plan("plan-new", a_price(2500, currency=Currency.JPY)),
    )
    story.clock.set(utc("2024-04-01"))
    await story.provision("plan-old")
    await story.advance("2024-04-10T08:30")
    assert prorated(await preview(story, "plan-new")) == (-688, 1720, 1032)


async def test_8_from_monthly_to_annual(story: Story) -> None:
    await open_shop(
        story.runtime,
        a_plan("plan-pro", a_price(20), a_price(200, period=BillingPeriod.ANNUALLY)),
    )
    story.clock.set(utc("2024-04-01"))
    await story.provision("plan-pro", billingPeriod="MONTHLY")
    await story.advance("2024-04-16T00:00")
    shown = await preview(story, "plan-pro", billingPeriod="ANNUALLY")
    assert prorated(shown) == (-10, 200, 190)
    assert shown["billingPeriodRange"]["end"] == "2025-04-16T00:00:00.000Z"


async def test_14_coupons_come_off_the_subtotal(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    invoice = (await preview(story, "plan-pro", **discount(20)))["immediateInvoice"]
    assert invoice["subTotal"]["amount"] == 50
    assert invoice["discount"]["amount"] == 10
    assert invoice["total"]["amount"] == 40
    fixed = {"appliedCoupon": {"discount": {"amountsOff": [{"amount": 60}]}}}
    assert due(await preview(story, "plan-pro", **fixed)) == 0


async def test_15_tax_comes_on_what_is_left(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    tax = {"billingInformation": {"taxPercentage": 17}}
    invoice = (await preview(story, "plan-pro", **tax))["immediateInvoice"]
    assert (invoice["tax"]["amount"], invoice["total"]["amount"]) == (8.5, 58.5)
    invoice = (await preview(story, "plan-pro", **tax, **discount(20)))["immediateInvoice"]
    assert (invoice["tax"]["amount"], invoice["total"]["amount"]) == (6.8, 46.8)


async def test_19_a_backdated_start_charges_nothing_now(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    story.clock.set(utc("2024-03-20"))
    shown = await preview(story, "plan-pro", startDate="2024-01-15T00:00:00.000Z")
    assert due(shown) == 0
    assert shown["recurringInvoice"]["total"]["amount"] == 50


async def test_27_a_percentage_takes_its_part_of_credit_and_debit(story: Story) -> None:
    await two_plans(story, 20, 50)
    story.clock.set(utc("2024-04-01"))
    await story.provision("plan-old", **discount(20))
    await story.advance("2024-04-16T00:00")
    shown = await preview(story, "plan-new", **discount(20))
    assert prorated(shown) == (-8, 25, 12)
    assert due(shown) == 12


async def test_a_preview_writes_nothing(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    await preview(story, "plan-pro", resourceId="resource-99")
    assert await story.active() == []
