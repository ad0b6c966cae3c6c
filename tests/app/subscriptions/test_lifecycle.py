"""Subscriptions over GraphQL, with a movable clock (spec, subscriptions §17, §18)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.ports import Runtime
from domain.catalog.enums import BillingModel
from tests.app.subscriptions.shop import CANCEL, PROVISION, Story, open_shop, wire
from tests.builders import a_feature, a_plan, a_price, an_addon, utc
from tests.conftest import Execute
from tests.support import MovableClock


async def test_a_free_plan_starts_at_once_and_runs_yearly(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    clock.set(utc("2022-08-24T21:00:13"))
    await open_shop(runtime, a_plan("plan-basic"))
    story = Story(runtime, clock, execute)
    made = await story.provision("plan-basic", billingPeriod="MONTHLY")
    assert made["status"] == "SUCCESS"
    assert made["isScheduled"] is False
    subscription = made["subscription"]
    assert subscription["status"] == "ACTIVE"
    assert subscription["currentBillingPeriodEnd"] == "2023-08-24T21:00:13.000Z"
    assert re.fullmatch(r"subscription-plan-basic-[0-9a-f]{6}", subscription["subscriptionId"])

    clock.set(utc("2022-08-24T21:23:36.622"))
    canceled = await story.cancel(subscription["subscriptionId"])
    assert canceled["status"] == "CANCELED"
    assert canceled["endDate"] is None
    assert canceled["cancellationDate"] == "2022-08-24T21:23:36.622Z"
    assert canceled["effectiveEndDate"] == "2022-08-24T21:23:36.622Z"
    codes = await story.refused(CANCEL, subscriptionRefId=subscription["subscriptionId"])
    assert codes == ["SubscriptionAlreadyCanceledOrExpired"]


async def test_a_new_plan_replaces_the_old_one(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    await open_shop(runtime, a_plan("plan-basic"), a_plan("plan-pro", a_price(20)))
    story = Story(runtime, clock, execute)
    old = (await story.provision("plan-basic"))["subscription"]
    clock.move(days=3)
    new = (await story.provision("plan-pro"))["subscription"]
    assert (await story.get(old["subscriptionId"]))["cancelReason"] == "UpgradeOrDowngrade"
    assert await story.active() == [new["subscriptionId"]]


async def test_an_update_takes_units_and_addons(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    per_unit = a_price(1, model=BillingModel.PER_UNIT, feature="feature-01-templates")
    await open_shop(
        runtime,
        a_plan("plan-growth", per_unit, compatible_addon_ref_ids=("addon-10-campaigns",)),
        an_addon("addon-10-campaigns", a_price(5)),
        features=(a_feature("feature-01-templates"),),
    )
    story = Story(runtime, clock, execute)
    charge = {"id": "feature-01-templates", "quantity": 1, "type": "FEATURE"}
    made = (await story.provision("plan-growth", charges=[charge]))["subscription"]
    updated = await story.update(
        made["subscriptionId"],
        charges=[charge | {"quantity": 2}],
        addons=[{"addonId": "addon-10-campaigns", "quantity": 3}],
    )
    assert updated["id"] == made["id"]
    assert updated["prices"] == [{"usageLimit": 2}]


async def test_a_second_scheduled_one_ends_the_current_one_at_its_own_start(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    story = Story(runtime, clock, execute)
    await open_shop(
        story.runtime,
        a_plan("plan-pro", a_price(50)),
        a_plan("plan-basic", a_price(20)),
        a_plan("plan-plus", a_price(30)),
    )
    current = (await story.provision("plan-pro"))["subscription"]["subscriptionId"]
    start = story.clock.now
    first = start + timedelta(days=10)
    second = start + timedelta(days=12)
    await story.provision("plan-basic", startDate=wire(first))
    await story.provision("plan-plus", startDate=wire(second))
    assert (await story.get(current))["cancellationDate"] == wire(second)


async def test_more_seats_under_a_scheduled_plan_change_go_over_to_it(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    per_unit = BillingModel.PER_UNIT
    await open_shop(
        runtime,
        a_plan("plan-pro", a_price(10, model=per_unit, feature="feature-seats")),
        a_plan("plan-basic", a_price(5, model=per_unit, feature="feature-seats")),
        features=(a_feature("feature-seats"),),
    )
    story = Story(runtime, clock, execute)
    clock.set(utc("2024-04-01T00:00"))
    current = (await story.provision("plan-pro", unitQuantity=5))["subscription"]["subscriptionId"]
    await story.provision("plan-basic", unitQuantity=5, scheduleStrategy="END_OF_BILLING_PERIOD")
    await story.update(current, unitQuantity=7)
    shown = await execute(
        "query($id: String!) { getSubscription(input: {subscriptionId: $id}) { scheduledUpdates {"
        " scheduleVariables { ... on DowngradeChangeVariables {"
        " billableFeatures { featureId quantity } } } } } }",
        {"id": current},
    )
    (update,) = shown.ok["getSubscription"]["scheduledUpdates"]
    assert update["scheduleVariables"] == {
        "billableFeatures": [{"featureId": "feature-seats", "quantity": 7}]
    }
    await story.advance("2024-05-01T00:00")
    (name,) = await story.active()
    successor = await story.get(name)
    assert name.startswith("subscription-plan-basic-")
    assert successor["prices"] == [{"usageLimit": 7}]


async def test_the_total_price_is_after_the_customers_coupon(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    await open_shop(runtime, a_plan("plan-pro", a_price(50)))
    create = (
        'mutation { createOneCoupon(input: {refId: "coupon-20", name: "20", percentOff: 20})'
        " { id } }"
    )
    assert (await execute(create)).ok
    attach = (
        'mutation { updateOneCustomer(input: {customerId: "customer-demo-01",'
        ' couponRefId: "coupon-20"}) { id } }'
    )
    assert (await execute(attach)).ok
    story = Story(runtime, clock, execute)
    made = (await story.provision("plan-pro"))["subscription"]["subscriptionId"]
    shown = await execute(
        "query($id: String!) { getSubscription(input: {subscriptionId: $id}) {"
        " totalPrice { subTotal { amount } total { amount } } } }",
        {"id": made},
    )
    assert shown.ok["getSubscription"]["totalPrice"] == {
        "subTotal": {"amount": 50},
        "total": {"amount": 40},
    }


async def test_a_catalogue_coupon_without_the_currency_is_bad_input(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    await open_shop(runtime, a_plan("plan-pro", a_price(50)))
    create = (
        'mutation { createOneCoupon(input: {refId: "coupon-dk", name: "5",'
        " amountsOff: [{amount: 5, currency: DKK}]}) { id } }"
    )
    assert (await execute(create)).ok
    story = Story(runtime, clock, execute)
    wanted = {"customerId": story.customer, "planId": "plan-pro"}
    codes = await story.refused(PROVISION, **wanted, appliedCoupon={"couponId": "coupon-dk"})
    assert codes == ["BadUserInput"]
    inline = {"discount": {"amountsOff": [{"amount": 5, "currency": "DKK"}]}}
    codes = await story.refused(PROVISION, **wanted, appliedCoupon=inline)
    assert codes == ["InvalidArgumentError"]


@pytest.mark.parametrize("bought_too", [(), ("addon-b",)])
async def test_buying_the_plan_again_without_an_addon_keeps_it_until_the_period_ends(
    runtime: Runtime,
    clock: MovableClock,
    execute: Execute,
    bought_too: tuple[str, ...],
) -> None:
    both = ("addon-a", "addon-b")
    addons = [an_addon(one, a_price(5)) for one in both]
    plan = a_plan("plan-basic", a_price(10), compatible_addon_ref_ids=both)
    await open_shop(runtime, plan, *addons)
    story = Story(runtime, clock, execute)
    clock.set(utc("2024-04-01"))
    await story.provision("plan-basic", addons=[{"addonId": "addon-a", "quantity": 2}])

    again = await story.provision(
        "plan-basic",
        addons=[{"addonId": one, "quantity": 3} for one in bought_too],
        scheduleStrategy="END_OF_BILLING_PERIOD",
    )

    kept = again["subscription"]
    assert {"quantity": 2} in kept["addons"]
    await story.advance("2024-05-02T00:00")
    later = await story.get(kept["subscriptionId"])
    assert later["addons"] == [{"quantity": 3} for _ in bought_too]
