"""The worked examples of spec, subscriptions §18 that concern states and dates."""

from __future__ import annotations

from typing import Any

import pytest

from app.ports import Runtime
from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    PricingType,
    SubscriptionEndSetup,
    TrialPeriodUnits,
)
from domain.catalog.model import Package, ProductSettings, TrialConfig
from tests.app.subscriptions.shop import CANCEL, PROVISION, Story, open_shop
from tests.builders import a_feature, a_plan, a_price, a_product, utc
from tests.conftest import Execute
from tests.support import MovableClock

MONTHLY, ANNUALLY = BillingPeriod.MONTHLY, BillingPeriod.ANNUALLY
FORTNIGHT = TrialConfig(duration=14, units=TrialPeriodUnits.DAY)


@pytest.fixture
def story(runtime: Runtime, clock: MovableClock, execute: Execute) -> Story:
    return Story(runtime, clock, execute)


def seats_plan(ref_id: str = "plan-seats", amount: int = 10) -> Package:
    price = a_price(amount, model=BillingModel.PER_UNIT, feature="feature-seats")
    return a_plan(ref_id, price)


def seats(quantity: int) -> dict[str, Any]:
    return {"charges": [{"id": "feature-seats", "quantity": quantity, "type": "FEATURE"}]}


async def test_10_periods_keep_the_anchors_day(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    story.clock.set(utc("2024-01-31T10:00"))
    made = (await story.provision("plan-pro"))["subscription"]
    ends = [made["currentBillingPeriodEnd"]]
    for moment in ("2024-02-29T10:00", "2024-03-31T10:00"):
        await story.advance(moment)
        ends.append((await story.get(made["subscriptionId"]))["currentBillingPeriodEnd"])
    assert ends == [
        "2024-02-29T10:00:00.000Z",
        "2024-03-31T10:00:00.000Z",
        "2024-04-30T10:00:00.000Z",
    ]


@pytest.mark.parametrize(
    ("config", "start", "end"),
    [
        (FORTNIGHT, "2024-03-01T12:00", "2024-03-15T12:00:00.000Z"),
        (
            TrialConfig(duration=1, units=TrialPeriodUnits.MONTH),
            "2024-01-31T00:00",
            "2024-02-29T00:00:00.000Z",
        ),
    ],
)
async def test_11_a_trial_lasts_days_of_24_hours_or_clamped_months(
    story: Story, config: TrialConfig, start: str, end: str
) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50), default_trial_config=config))
    story.clock.set(utc(start))
    trial = (await story.provision("plan-pro"))["subscription"]
    assert (trial["status"], trial["trialEndDate"]) == ("IN_TRIAL", end)
    assert trial["currentBillingPeriodEnd"] == end


async def test_12_the_same_plan_bought_in_its_trial_starts_at_the_trials_end(
    story: Story,
) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50), default_trial_config=FORTNIGHT))
    story.clock.set(utc("2024-03-01T12:00"))
    trial = (await story.provision("plan-pro"))["subscription"]
    assert trial["status"] == "IN_TRIAL"
    assert trial["trialEndDate"] == "2024-03-15T12:00:00.000Z"
    await story.advance("2024-03-05T00:00")
    bought = await story.provision("plan-pro")
    assert bought["status"] == "SUCCESS"
    assert bought["isScheduled"] is True
    paid = bought["subscription"]
    assert paid["status"] == "NOT_STARTED"
    assert paid["startDate"] == "2024-03-15T12:00:00.000Z"
    await story.advance("2024-03-15T12:00")
    trial = await story.get(trial["subscriptionId"])
    assert (trial["status"], trial["cancelReason"]) == ("CANCELED", "TrialConverted")
    paid = await story.get(paid["subscriptionId"])
    assert paid["status"] == "ACTIVE"
    assert paid["currentBillingPeriodEnd"] == "2024-04-15T12:00:00.000Z"


async def test_a_discount_lasts_whole_months(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    discount = {"name": "Half", "percentOff": 50, "durationInMonths": 1.5}
    codes = await story.refused(
        PROVISION,
        customerId=story.customer,
        planId="plan-pro",
        appliedCoupon={"discount": discount},
    )
    assert codes == ["InvalidArgumentError"]


async def test_12_skip_trial_converts_at_once(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50), default_trial_config=FORTNIGHT))
    story.clock.set(utc("2024-03-01T12:00"))
    trial = (await story.provision("plan-pro"))["subscription"]
    await story.advance("2024-03-05T00:00")
    paid = (await story.provision("plan-pro", skipTrial=True))["subscription"]
    assert paid["status"] == "ACTIVE"
    assert paid["currentBillingPeriodEnd"] == "2024-04-05T00:00:00.000Z"
    trial = await story.get(trial["subscriptionId"])
    assert (trial["status"], trial["cancelReason"]) == ("CANCELED", "TrialConverted")


async def test_13_one_trial_and_one_non_trial_live_side_by_side(story: Story) -> None:
    await open_shop(
        story.runtime,
        a_plan("plan-basic", a_price(10)),
        a_plan("plan-pro", a_price(50), default_trial_config=FORTNIGHT),
        a_plan("plan-growth", a_price(90), default_trial_config=FORTNIGHT),
    )
    basic = (await story.provision("plan-basic"))["subscription"]
    override = {"isTrial": True}
    pro = (await story.provision("plan-pro", trialOverrideConfiguration=override))["subscription"]
    assert pro["status"] == "IN_TRIAL"
    assert set(await story.active()) == {basic["subscriptionId"], pro["subscriptionId"]}
    growth = (await story.provision("plan-growth"))["subscription"]
    assert growth["status"] == "ACTIVE"
    basic = await story.get(basic["subscriptionId"])
    assert (basic["status"], basic["cancelReason"]) == ("CANCELED", "UpgradeOrDowngrade")
    assert set(await story.active()) == {pro["subscriptionId"], growth["subscriptionId"]}


async def test_a_trial_that_nobody_converts_expires(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50), default_trial_config=FORTNIGHT))
    trial = (await story.provision("plan-pro"))["subscription"]
    await story.advance("2025-01-15T00:00")
    trial = await story.get(trial["subscriptionId"])
    assert (trial["status"], trial["cancelReason"]) == ("EXPIRED", "TrialEnded")
    assert trial["effectiveEndDate"] == "2025-01-15T00:00:00.000Z"


async def test_17_downgrades_wait_and_the_last_word_counts(story: Story) -> None:
    settings = ProductSettings(prorate_at_end_of_billing_period=True)
    await open_shop(
        story.runtime,
        seats_plan(),
        product=a_product(settings=settings),
        features=(a_feature("feature-seats"),),
    )
    story.clock.set(utc("2024-04-01"))
    made = (await story.provision("plan-seats", **seats(5)))["subscription"]
    name = made["subscriptionId"]
    for quantity in (3, 4):
        story.clock.move(days=1)
        updated = await story.update(name, **seats(quantity))
        assert updated["prices"] == [{"usageLimit": 5}]
        assert [one["subscriptionScheduleType"] for one in updated["futureUpdates"]] == [
            "UnitAmount"
        ]
        assert updated["futureUpdates"][0]["scheduledExecutionTime"] == "2024-05-01T00:00:00.000Z"
    updated = await story.update(name, **seats(5))
    assert updated["futureUpdates"] == []
    assert updated["prices"] == [{"usageLimit": 5}]
    await story.update(name, **seats(3))
    updated = await story.update(name, **seats(7))
    assert updated["futureUpdates"] == []
    assert updated["prices"] == [{"usageLimit": 7}]
    await story.update(name, **seats(2))
    await story.advance("2024-05-01T00:00")
    assert (await story.get(name))["prices"] == [{"usageLimit": 2}]


async def test_18_the_end_of_the_billing_month_is_counted_from_the_anchor(story: Story) -> None:
    annual = a_price(500, period=ANNUALLY)
    await open_shop(
        story.runtime, a_plan("plan-pro", annual), a_plan("plan-max", a_price(900, period=ANNUALLY))
    )
    story.clock.set(utc("2024-01-31"))
    old = (await story.provision("plan-pro"))["subscription"]
    await story.advance("2024-03-10T00:00")
    answer = await story.provision("plan-max", scheduleStrategy="END_OF_BILLING_MONTH")
    assert answer["isScheduled"] is True
    assert answer["subscription"]["subscriptionId"] == old["subscriptionId"]
    (update,) = answer["subscription"]["futureUpdates"]
    assert update["subscriptionScheduleType"] == "Plan"
    assert update["scheduledExecutionTime"] == "2024-03-31T00:00:00.000Z"
    await story.advance("2024-04-01T00:00")
    old = await story.get(old["subscriptionId"])
    assert (old["status"], old["cancelReason"]) == ("CANCELED", "UpgradeOrDowngrade")
    (new,) = await story.active()
    assert new.startswith("subscription-plan-max-")
    assert (await story.get(new))["startDate"] == "2024-03-31T00:00:00.000Z"


async def test_19_a_start_in_the_past_is_live_in_the_period_of_now(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    story.clock.set(utc("2024-03-20"))
    made = await story.provision("plan-pro", startDate="2024-01-15T00:00:00.000Z")
    subscription = made["subscription"]
    assert subscription["status"] == "ACTIVE"
    assert subscription["currentBillingPeriodStart"] == "2024-03-15T00:00:00.000Z"
    assert subscription["currentBillingPeriodEnd"] == "2024-04-15T00:00:00.000Z"


async def test_22_the_end_of_a_paid_plan_gives_way_to_the_free_one(story: Story) -> None:
    settings = ProductSettings(
        subscription_end_setup=SubscriptionEndSetup.DOWNGRADE_TO_FREE,
        downgrade_plan_ref_id="plan-free",
    )
    await open_shop(
        story.runtime,
        a_plan("plan-free"),
        a_plan("plan-pro", a_price(50)),
        product=a_product(settings=settings),
    )
    story.clock.set(utc("2024-04-01"))
    made = (await story.provision("plan-pro"))["subscription"]
    await story.advance("2024-04-10T00:00")
    when = {"subscriptionCancellationTime": "END_OF_BILLING_PERIOD"}
    canceled = await story.cancel(made["subscriptionId"], **when)
    assert canceled["status"] == "ACTIVE"
    assert canceled["cancellationDate"] == "2024-05-01T00:00:00.000Z"
    await story.advance("2024-05-03T00:00")
    ended = await story.get(made["subscriptionId"])
    assert (ended["status"], ended["cancelReason"]) == ("CANCELED", "ScheduledCancellation")
    (free,) = await story.active()
    assert free.startswith("subscription-plan-free-")
    assert (await story.get(free))["startDate"] == "2024-05-01T00:00:00.000Z"


async def test_22_revoking_entitlements_gives_nothing(story: Story) -> None:
    settings = ProductSettings(
        subscription_end_setup=SubscriptionEndSetup.DOWNGRADE_TO_FREE,
        downgrade_plan_ref_id="plan-free",
    )
    await open_shop(
        story.runtime,
        a_plan("plan-free"),
        a_plan("plan-pro", a_price(50)),
        product=a_product(settings=settings),
    )
    made = (await story.provision("plan-pro"))["subscription"]
    await story.cancel(
        made["subscriptionId"],
        subscriptionCancellationTime="END_OF_BILLING_PERIOD",
        subscriptionCancellationAction="REVOKE_ENTITLEMENTS",
    )
    await story.advance("2025-02-03T00:00")
    assert await story.active() == []


async def test_a_future_start_replaces_when_its_day_comes(story: Story) -> None:
    await open_shop(
        story.runtime, a_plan("plan-basic", a_price(10)), a_plan("plan-pro", a_price(50))
    )
    story.clock.set(utc("2024-04-01"))
    old = (await story.provision("plan-basic"))["subscription"]
    start = "2024-04-20T00:00:00.000Z"
    future = await story.provision("plan-pro", startDate=start)
    assert future["subscription"]["status"] == "NOT_STARTED"
    assert (await story.get(old["subscriptionId"]))["cancellationDate"] == start
    await story.cancel(future["subscription"]["subscriptionId"])
    assert (await story.get(old["subscriptionId"]))["cancellationDate"] is None
    again = (await story.provision("plan-pro", startDate=start))["subscription"]
    await story.advance("2024-04-25T00:00")
    old = await story.get(old["subscriptionId"])
    assert (old["status"], old["cancelReason"]) == ("CANCELED", "UpgradeOrDowngrade")
    assert old["effectiveEndDate"] == start
    assert (await story.get(again["subscriptionId"]))["status"] == "ACTIVE"


async def test_a_custom_plan_has_no_period_to_wait_for(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-custom", pricing_type=PricingType.CUSTOM))
    made = (await story.provision("plan-custom"))["subscription"]
    assert made["currentBillingPeriodEnd"] == "2026-01-01T00:00:00.000Z"
    codes = await story.refused(
        CANCEL,
        subscriptionRefId=made["subscriptionId"],
        subscriptionCancellationTime="END_OF_BILLING_PERIOD",
    )
    assert codes == ["SubscriptionDoesNotHaveBillingPeriod"]
