"""Who gives way to a scheduled one, and what was said of it beforehand (spec, subscriptions §5-§7)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from domain.catalog.enums import BillingModel, BillingPeriod, TrialEndBehavior, TrialPeriodUnits
from domain.catalog.model import AutoCancellationRule, ProductSettings, TrialConfig
from tests.app.subscriptions.shop import PROVISION, UPDATE, Story, open_shop
from tests.builders import a_customer, a_feature, a_plan, a_price, a_product, utc
from tests.conftest import Execute
from tests.support import MovableClock

BASIC, PRO = a_plan("plan-basic", a_price(10)), a_plan("plan-pro", a_price(50))
FORTNIGHT = TrialConfig(duration=14, units=TrialPeriodUnits.DAY)
CONVERTS = TrialConfig(
    duration=14,
    units=TrialPeriodUnits.DAY,
    trial_end_behavior=TrialEndBehavior.CONVERT_TO_PAID,
)
MANY = a_product(multiple_subscriptions=True)
DAY_20, DAY_25 = "2024-04-20T00:00:00.000Z", "2024-04-25T00:00:00.000Z"
TO_RESOURCE = (
    "mutation($input: TransferSubscriptionToResourceInput!) {"
    " transferSubscriptionToResource(input: $input) { cancellationDate } }"
)
DELEGATE = (
    "mutation($input: DelegateSubscriptionToCustomerInput!) {"
    " delegateSubscriptionToCustomer(input: $input) { customer { customerId } } }"
)
ARCHIVE = 'mutation { archiveCustomer(input: {customerId: "customer-demo-01"}) { id } }'


@pytest.fixture
def story(runtime: Runtime, clock: MovableClock, execute: Execute) -> Story:
    return Story(runtime, clock, execute)


async def bought(story: Story, plan: str, **given: Any) -> str:
    return str((await story.provision(plan, **given))["subscription"]["subscriptionId"])


async def told(story: Story, engine: AsyncEngine) -> list[tuple[str, str, dict[str, Any]]]:
    """Type, instant and body of the events of subscriptions, in their order."""
    query = text(
        "SELECT type, created_at, data FROM events WHERE environment_id = :id"
        " AND entity_type = 'SUBSCRIPTION' ORDER BY sequence"
    )
    async with engine.connect() as connection:
        rows = await connection.execute(query, {"id": story.runtime.environment.environment_id})
        return [(row.type, f"{row.created_at:%m-%d}", row.data) for row in rows]


async def test_the_scope_of_a_single_product_is_the_customer_whatever_the_resource(
    story: Story,
) -> None:
    await open_shop(story.runtime, BASIC, PRO)
    story.clock.set(utc("2024-04-01"))
    basic = await bought(story, "plan-basic", resourceId="site-1")
    pro = await bought(story, "plan-pro", startDate=DAY_20)
    assert (await story.get(basic))["cancellationDate"] == DAY_20
    await story.cancel(pro)
    assert (await story.get(basic))["cancellationDate"] is None
    pro = await bought(story, "plan-pro", startDate=DAY_20)
    other = await bought(story, "plan-basic", resourceId="site-2")
    assert (await story.get(other))["cancellationDate"] == DAY_20
    await story.advance("2024-04-21T00:00")
    ended = await story.get(other)
    assert (ended["cancelReason"], ended["effectiveEndDate"]) == ("UpgradeOrDowngrade", DAY_20)
    assert await story.active() == [pro]


async def test_a_later_end_is_put_aside_for_what_is_scheduled_before_it(story: Story) -> None:
    await open_shop(story.runtime, BASIC, PRO)
    story.clock.set(utc("2024-04-01"))
    pro = await bought(story, "plan-pro", startDate=DAY_20)
    basic = await bought(story, "plan-basic", cancellationDate=DAY_25)
    assert (await story.get(basic))["cancellationDate"] == DAY_20
    await story.cancel(pro)
    assert (await story.get(basic))["cancellationDate"] == DAY_25


async def test_what_a_scheduled_one_ends_stays_so_without_a_cancellation_of_its_own(
    story: Story,
) -> None:
    await open_shop(story.runtime, BASIC, PRO)
    story.clock.set(utc("2024-04-01"))
    basic = await bought(story, "plan-basic")
    await bought(story, "plan-pro", startDate=DAY_20)
    updated = await story.update(basic, cancellationDate=None)
    assert updated["cancellationDate"] == DAY_20


@pytest.mark.parametrize(
    ("end", "ends"),
    [("2024-04-30T00:00:00.000Z", "2024-04-15"), ("2024-04-08T00:00:00.000Z", "2024-04-08")],
)
async def test_a_bought_trial_ends_with_its_own_end_or_at_the_start_of_what_was_bought(
    story: Story, end: str, ends: str
) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50), default_trial_config=CONVERTS))
    story.clock.set(utc("2024-04-01"))
    trial = await bought(story, "plan-pro")
    paid = await bought(story, "plan-pro")
    updated = await story.update(trial, trialEndDate=end)
    assert updated["effectiveEndDate"] == f"{ends}T00:00:00.000Z"
    await story.advance("2024-04-20T00:00")
    ended = await story.get(trial)
    assert (ended["status"], ended["cancelReason"]) == ("CANCELED", "TrialConverted")
    assert ended["effectiveEndDate"] == f"{ends}T00:00:00.000Z"
    assert await story.active() == [paid]


async def test_a_bought_trial_that_ends_before_the_start_is_told_as_converted(
    story: Story, engine: AsyncEngine
) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50), default_trial_config=CONVERTS))
    story.clock.set(utc("2024-04-01"))
    await bought(story, "plan-pro")
    await bought(story, "plan-pro", startDate=DAY_25)
    await story.advance("2024-04-26T00:00")
    events = [(type_, day) for type_, day, _ in await told(story, engine)]
    assert events[-3:] == [
        ("SUBSCRIPTION_TRIAL_CONVERTED", "04-15"),
        ("SUBSCRIPTION_CANCELED", "04-15"),
        ("SUBSCRIPTION_UPDATED", "04-25"),
    ]


async def test_a_trial_brought_near_its_end_is_told_so_at_once(
    story: Story, engine: AsyncEngine
) -> None:
    month = TrialConfig(duration=30, units=TrialPeriodUnits.DAY)
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50), default_trial_config=month))
    story.clock.set(utc("2024-04-01"))
    trial = await bought(story, "plan-pro")
    await story.advance("2024-04-02T00:00")
    await story.update(trial, trialEndDate="2024-04-05T00:00:00Z")
    await story.update(trial, trialEndDate="2024-04-06T00:00:00Z")
    events = [(type_, day) for type_, day, _ in await told(story, engine)]
    assert events[2:] == [
        ("SUBSCRIPTION_UPDATED", "04-02"),
        ("SUBSCRIPTION_TRIAL_ENDS_SOON", "04-02"),
        ("SUBSCRIPTION_UPDATED", "04-02"),
    ]


@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        ({"cancellationDate": "2024-03-20T00:00:00Z"}, "CANCELED", "ScheduledCancellation"),
        ({"trialOverrideConfiguration": {"isTrial": True}}, "EXPIRED", "TrialEnded"),
    ],
)
async def test_what_began_in_the_past_may_be_over_already(
    story: Story, given: dict[str, Any], status: str, reason: str
) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50), default_trial_config=FORTNIGHT))
    story.clock.set(utc("2024-04-01"))
    made = await story.provision("plan-pro", startDate="2024-03-10T00:00:00Z", **given)
    one = made["subscription"]
    assert (one["status"], one["cancelReason"]) == (status, reason)


async def test_in_another_scope_nobody_waits_for_it(story: Story) -> None:
    await open_shop(story.runtime, BASIC, PRO, product=MANY)
    story.clock.set(utc("2024-04-01"))
    basic = await bought(story, "plan-basic", resourceId="site-1")
    pro = await bought(story, "plan-pro", resourceId="site-1", startDate=DAY_20)
    asked = {"subscriptionId": basic, "destinationResourceId": "site-1"}
    there = (await story.execute(TO_RESOURCE, {"input": asked})).ok
    assert there["transferSubscriptionToResource"]["cancellationDate"] == DAY_20
    asked["destinationResourceId"] = "site-2"
    moved = (await story.execute(TO_RESOURCE, {"input": asked})).ok
    assert moved["transferSubscriptionToResource"]["cancellationDate"] is None
    await story.advance("2024-04-21T00:00")
    assert set(await story.active()) == set()  # without a resource: none
    assert (await story.get(basic))["status"] == "ACTIVE"
    assert (await story.get(pro))["status"] == "ACTIVE"


async def test_what_is_scheduled_leaves_the_current_one_alone_when_moved_away(
    story: Story,
) -> None:
    customers = (a_customer("customer-demo-01"), a_customer("customer-b"))
    await open_shop(story.runtime, BASIC, PRO, customers=customers)
    story.clock.set(utc("2024-04-01"))
    basic = await bought(story, "plan-basic")
    pro = await bought(story, "plan-pro", startDate=DAY_20)
    assert (await story.get(basic))["cancellationDate"] == DAY_20
    asked = {"subscriptionId": pro, "destinationCustomerId": "customer-b"}
    assert (await story.execute(DELEGATE, {"input": asked})).ok
    assert (await story.get(basic))["cancellationDate"] is None


async def test_delegated_to_whom_it_is_it_stays_and_is_told_of_the_new_customer(
    story: Story, engine: AsyncEngine
) -> None:
    customers = (a_customer("customer-demo-01"), a_customer("customer-b"))
    await open_shop(story.runtime, BASIC, PRO, customers=customers)
    story.clock.set(utc("2024-04-01"))
    basic = await bought(story, "plan-basic", resourceId="site-1")
    await bought(story, "plan-pro", startDate=DAY_20)
    for customer in ("customer-demo-01", "customer-b", "customer-b"):
        asked = {"subscriptionId": basic, "destinationCustomerId": customer}
        moved = (await story.execute(DELEGATE, {"input": asked})).ok
        assert moved["delegateSubscriptionToCustomer"]["customer"] == {"customerId": customer}
    _, _, body = (await told(story, engine))[-1]
    assert body["customer"]["id"] == "customer-b"
    assert body["payingCustomer"]["id"] == "customer-demo-01"
    assert body["resource"] == {"id": "site-1"}
    assert body["plan"]["name"] == "plan-basic"


async def test_an_event_names_what_the_operation_had_no_need_of(
    story: Story, engine: AsyncEngine
) -> None:
    await open_shop(story.runtime, PRO)
    pro = await bought(story, "plan-pro", resourceId="site-1")
    await story.cancel(pro, subscriptionCancellationTime="IMMEDIATE")
    type_, _, body = (await told(story, engine))[-1]
    assert type_ == "SUBSCRIPTION_CANCELED"
    assert (body["plan"]["name"], body["resource"]) == ("plan-pro", {"id": "site-1"})


async def test_an_archived_customers_end_is_no_rules_doing(story: Story) -> None:
    rule = AutoCancellationRule(source_plan_ref_id="plan-basic", target_plan_ref_id="plan-pro")
    product = a_product(multiple_subscriptions=True, auto_cancellation_rules=(rule,))
    await open_shop(story.runtime, BASIC, PRO, product=product)
    await bought(story, "plan-basic", resourceId="site-1")
    story.clock.move(days=1)
    target = await bought(story, "plan-pro", resourceId="site-2")
    assert (await story.execute(ARCHIVE)).ok
    assert (await story.get(target))["cancelReason"] == "CustomerArchived"


async def test_a_deferred_plan_change_takes_the_slug_that_was_asked_for(story: Story) -> None:
    settings = ProductSettings(prorate_at_end_of_billing_period=True)
    await open_shop(story.runtime, BASIC, PRO, product=a_product(settings=settings))
    story.clock.set(utc("2024-04-01"))
    await bought(story, "plan-pro")
    answer = await story.provision("plan-basic", subscriptionId="my-basic")
    assert answer["isScheduled"] is True
    await story.advance("2024-05-01T00:00")
    assert await story.active() == ["my-basic"]


async def test_a_deferred_plan_change_happens_though_its_slug_is_taken(story: Story) -> None:
    settings = ProductSettings(prorate_at_end_of_billing_period=True)
    customers = (a_customer("customer-demo-01"), a_customer("customer-b"))
    product = a_product(settings=settings)
    await open_shop(story.runtime, BASIC, PRO, product=product, customers=customers)
    story.clock.set(utc("2024-04-01"))
    await bought(story, "plan-pro")
    await story.provision("plan-basic", subscriptionId="my-basic")
    await bought(story, "plan-pro", customerId="customer-b", subscriptionId="my-basic")
    await story.advance("2024-05-01T00:00")
    (live,) = await story.active()
    assert live.startswith("subscription-plan-basic-")


async def test_fewer_units_go_on_waiting_where_fewer_units_wait(story: Story) -> None:
    seats = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats")
    features = (a_feature("feature-seats"),)
    await open_shop(story.runtime, a_plan("plan-seats", seats), features=features)
    story.clock.set(utc("2024-04-01"))
    one = await bought(story, "plan-seats", unitQuantity=5)
    await story.update(one, unitQuantity=3, scheduleStrategy="END_OF_BILLING_PERIOD")
    updated = await story.update(one, unitQuantity=4)
    assert updated["prices"] == [{"usageLimit": 5}]
    (waiting,) = updated["futureUpdates"]
    assert waiting["scheduledExecutionTime"] == "2024-05-01T00:00:00.000Z"
    await story.advance("2024-05-01T00:00")
    assert (await story.get(one))["prices"] == [{"usageLimit": 4}]
    again = await story.update(one, unitQuantity=2)  # nothing waits any more
    assert again["prices"] == [{"usageLimit": 2}]


async def test_a_future_start_with_a_new_period_shows_its_first_one(story: Story) -> None:
    annual = a_price(100, period=BillingPeriod.ANNUALLY)
    await open_shop(story.runtime, a_plan("plan-pro", a_price(10), annual))
    story.clock.set(utc("2024-04-01"))
    one = await bought(story, "plan-pro", billingPeriod="MONTHLY", startDate=DAY_20)
    updated = await story.update(one, billingPeriod="ANNUALLY")
    assert updated["currentBillingPeriodEnd"] == "2025-04-20T00:00:00.000Z"


@pytest.mark.parametrize(("anchor", "day"), [("NOW", "05-20"), ("UNCHANGED", "05-01")])
async def test_a_future_start_begins_its_own_cycle_only_if_asked(
    story: Story, anchor: str, day: str
) -> None:
    await open_shop(story.runtime, BASIC, PRO)
    story.clock.set(utc("2024-04-01"))
    await bought(story, "plan-basic")
    pro = await bought(story, "plan-pro", startDate=DAY_20, billingCycleAnchor=anchor)
    await story.advance("2024-04-20T00:00")
    started = await story.get(pro)
    assert started["currentBillingPeriodEnd"] == f"2024-{day}T00:00:00.000Z"


async def test_a_purchase_that_was_to_follow_the_trial_goes_when_the_trial_converts_now(
    story: Story,
) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50), default_trial_config=FORTNIGHT))
    await bought(story, "plan-pro")
    follows = await bought(story, "plan-pro")
    now = await bought(story, "plan-pro", skipTrial=True)
    assert (await story.get(follows))["cancelReason"] == "UpgradeOrDowngrade"
    assert (await story.get(now))["cancellationDate"] is None


async def test_a_budget_is_an_amount(story: Story) -> None:
    await open_shop(story.runtime, PRO)
    budget = {"limit": -1, "hasSoftLimit": False}
    asked = {"customerId": story.customer, "planId": "plan-pro"}
    assert await story.refused(PROVISION, **asked, budget=budget) == ["BadUserInput"]
    pro = await bought(story, "plan-pro")
    assert await story.refused(UPDATE, subscriptionId=pro, budget=budget) == ["BadUserInput"]


async def test_a_trial_that_converts_ends_the_other_at_its_own_end(story: Story) -> None:
    await open_shop(
        story.runtime, BASIC, a_plan("plan-pro", a_price(50), default_trial_config=CONVERTS)
    )
    story.clock.set(utc("2024-03-20"))
    basic = await bought(story, "plan-basic")
    await story.advance("2024-04-01T00:00")
    override = {"isTrial": True}
    trial = await bought(story, "plan-pro", trialOverrideConfiguration=override)
    await story.advance("2024-04-16T00:00")
    ended = await story.get(basic)
    assert ended["cancelReason"] == "UpgradeOrDowngrade"
    assert ended["effectiveEndDate"] == "2024-04-15T00:00:00.000Z"
    assert await story.active() == [trial]
