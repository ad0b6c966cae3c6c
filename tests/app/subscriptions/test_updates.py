"""Updates, the administrative form and the upsert (spec, subscriptions §3, §5, §7, §8)."""

from __future__ import annotations

from typing import Any

import pytest

from app.ports import Runtime
from domain.catalog.enums import BillingModel, TrialPeriodUnits
from domain.catalog.model import AutoCancellationRule, ProductSettings, TrialConfig
from tests.app.subscriptions.shop import FIELDS, PROVISION, UPDATE, Story, open_shop
from tests.builders import a_feature, a_plan, a_price, a_product, utc
from tests.conftest import Execute
from tests.support import MovableClock

CREATE = (
    "mutation($input: SubscriptionInput!) { createSubscription(subscription: $input) {"
    + FIELDS
    + "} }"
)
APPLY = (
    "mutation($input: ApplySubscriptionInput!) { applySubscription(input: $input) {"
    " subscription {" + FIELDS + "} } }"
)
CANCEL_SCHEDULE = (
    "mutation($input: SubscriptionUpdateScheduleCancellationInput!) {"
    " cancelSchedule(input: $input) }"
)
FORTNIGHT = TrialConfig(duration=14, units=TrialPeriodUnits.DAY)
PRO = a_plan("plan-pro", a_price(50), default_trial_config=FORTNIGHT)
WAITS = a_product(settings=ProductSettings(prorate_at_end_of_billing_period=True))


@pytest.fixture
def story(runtime: Runtime, clock: MovableClock, execute: Execute) -> Story:
    return Story(runtime, clock, execute)


async def test_a_trial_is_extended_and_then_ended_at_once(story: Story) -> None:
    await open_shop(story.runtime, PRO)
    story.clock.set(utc("2024-03-01"))
    name = (await story.provision("plan-pro"))["subscription"]["subscriptionId"]
    longer = await story.update(name, trialEndDate="2024-04-01T00:00:00.000Z")
    assert longer["status"] == "IN_TRIAL"
    assert longer["currentBillingPeriodEnd"] == "2024-04-01T00:00:00.000Z"
    await story.advance("2024-03-20T00:00")
    ended = await story.update(name, trialEndDate="2024-03-10T00:00:00.000Z")
    assert (ended["status"], ended["cancelReason"]) == ("EXPIRED", "TrialEnded")
    assert ended["effectiveEndDate"] == "2024-03-20T00:00:00.000Z"
    codes = await story.refused(UPDATE, subscriptionId=name, trialEndDate="2024-05-01")
    assert codes == ["SubscriptionAlreadyCanceledOrExpired"]


async def test_only_a_running_trial_has_an_end_to_change(story: Story) -> None:
    await open_shop(story.runtime, PRO)
    made = await story.provision("plan-pro", skipTrial=True)
    name = made["subscription"]["subscriptionId"]
    codes = await story.refused(UPDATE, subscriptionId=name, trialEndDate="2025-05-01")
    assert codes == ["InvalidSubscriptionStatus"]


async def test_null_removes_a_cancellation(story: Story) -> None:
    await open_shop(story.runtime, PRO)
    made = await story.provision("plan-pro", skipTrial=True)
    name = made["subscription"]["subscriptionId"]
    dated = await story.update(name, cancellationDate="2025-01-20T00:00:00.000Z")
    assert dated["effectiveEndDate"] == "2025-01-20T00:00:00.000Z"
    free = await story.update(name, cancellationDate=None)
    assert (free["cancellationDate"], free["effectiveEndDate"]) == (None, None)
    codes = await story.refused(UPDATE, subscriptionId=name, cancellationDate="2024-12-01")
    assert codes == ["InvalidCancellationDate"]


async def test_more_seats_under_a_waiting_downgrade_leave_it(story: Story) -> None:
    price = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats")
    small = a_price(2, model=BillingModel.PER_UNIT, feature="feature-seats")
    await open_shop(
        story.runtime,
        a_plan("plan-big", price),
        a_plan("plan-small", small),
        product=WAITS,
        features=(a_feature("feature-seats"),),
    )
    story.clock.set(utc("2024-04-01"))
    charge = {"id": "feature-seats", "type": "FEATURE"}
    name = (await story.provision("plan-big", charges=[charge | {"quantity": 5}]))["subscription"][
        "subscriptionId"
    ]
    waiting = await story.provision("plan-small", charges=[charge | {"quantity": 5}])
    assert waiting["isScheduled"] is True
    updated = await story.update(name, charges=[charge | {"quantity": 8}])
    assert updated["prices"] == [{"usageLimit": 8}]
    assert [one["subscriptionScheduleType"] for one in updated["futureUpdates"]] == ["Downgrade"]
    await story.advance("2024-05-01T00:00")
    (live,) = await story.active()
    assert (await story.get(live))["prices"] == [{"usageLimit": 8}]


async def test_a_schedule_is_canceled_once(story: Story) -> None:
    await open_shop(
        story.runtime,
        a_plan("plan-big", a_price(50)),
        a_plan("plan-small", a_price(5)),
        product=WAITS,
    )
    name = (await story.provision("plan-big"))["subscription"]["subscriptionId"]
    await story.provision("plan-small")
    asked = {"subscriptionId": name}
    answer = await story.execute(CANCEL_SCHEDULE, {"input": asked})
    assert answer.ok["cancelSchedule"] == name
    assert (await story.get(name))["futureUpdates"] == []
    assert await story.refused(CANCEL_SCHEDULE, **asked) == ["FutureUpdateNotFound"]
    assert await story.refused(CANCEL_SCHEDULE, **asked, status="Done") == ["InvalidArgumentError"]


async def test_a_wait_where_nothing_can_be_waited_for_is_refused(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-free"))
    codes = await story.refused(
        PROVISION,
        customerId=story.customer,
        planId="plan-free",
        scheduleStrategy="END_OF_BILLING_PERIOD",
    )
    assert codes == ["SchedulingAtEndOfBillingPeriod"]


async def created(story: Story, **given: Any) -> dict[str, Any]:
    asked = {"customerId": story.customer, "planId": "plan-pro"} | given
    return dict((await story.execute(CREATE, {"input": asked})).ok["createSubscription"])


async def test_the_administrative_form_forces_or_skips_a_trial(story: Story) -> None:
    await open_shop(story.runtime, PRO)
    story.clock.set(utc("2024-03-01"))
    plain = await created(story, isTrial=False)
    assert plain["status"] == "ACTIVE"
    forced = await created(story, isTrial=True, endDate="2024-03-20T00:00:00.000Z")
    assert (forced["status"], forced["trialEndDate"]) == ("IN_TRIAL", "2024-03-20T00:00:00.000Z")
    once = await created(story, isOverridingTrialConfig=True, endDate="2024-06-01T00:00:00.000Z")
    assert once["status"] in {"ACTIVE", "NOT_STARTED"}
    assert once["endDate"] == "2024-06-01T00:00:00.000Z"


async def test_the_upsert_changes_what_is_there(story: Story) -> None:
    await open_shop(
        story.runtime, a_plan("plan-basic", a_price(10)), a_plan("plan-pro", a_price(50))
    )
    asked = {"customerId": story.customer, "planId": "plan-pro"}
    first = (await story.execute(APPLY, {"input": asked})).ok["applySubscription"]["subscription"]
    changed = asked | {"additionalMetaData": {"key": "value"}}
    again = (await story.execute(APPLY, {"input": changed})).ok["applySubscription"]["subscription"]
    assert again["id"] == first["id"]
    other = (await story.execute(APPLY, {"input": asked | {"planId": "plan-basic"}})).ok
    assert other["applySubscription"]["subscription"]["id"] != first["id"]


async def test_ending_the_source_ends_the_target(story: Story) -> None:
    rule = AutoCancellationRule(source_plan_ref_id="plan-a", target_plan_ref_id="plan-b")
    product = a_product(multiple_subscriptions=True, auto_cancellation_rules=(rule,))
    await open_shop(
        story.runtime, a_plan("plan-a", a_price(1)), a_plan("plan-b", a_price(2)), product=product
    )
    source = (await story.provision("plan-a", resourceId="site-1"))["subscription"]
    target = (await story.provision("plan-b", resourceId="site-2"))["subscription"]
    await story.cancel(source["subscriptionId"], subscriptionCancellationTime="IMMEDIATE")
    ended = await story.get(target["subscriptionId"])
    assert (ended["status"], ended["cancelReason"]) == ("CANCELED", "AutoCancellationRule")
