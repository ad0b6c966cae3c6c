"""What the clock brings although the catalogue has changed meanwhile."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

import pytest

from app.ports import Runtime
from domain.catalog.enums import BillingPeriod, PackageStatus
from domain.catalog.model import PackageType, ProductSettings
from domain.ids import PackageId, PriceId, SubscriptionId
from tests.app.subscriptions.shop import Story, open_shop
from tests.builders import a_customer, a_plan, a_price, a_product, an_addon, utc
from tests.conftest import Execute
from tests.support import MovableClock


@pytest.fixture
def story(runtime: Runtime, clock: MovableClock, execute: Execute) -> Story:
    return Story(runtime, clock, execute)


async def change(runtime: Runtime, type_: PackageType, ref_id: str, **given: object) -> None:
    async with runtime.new_unit_of_work() as work:
        package = (await work.packages.latest(type_, [ref_id]))[ref_id]
        await work.packages.save_headers(replace(package, **given))  # type: ignore[arg-type]
        await work.commit()


WAITS = ProductSettings(prorate_at_end_of_billing_period=True)


async def deferred_downgrade(story: Story) -> str:
    await open_shop(
        story.runtime,
        a_plan("plan-small", a_price(10), compatible_addon_ref_ids=("addon-a",)),
        a_plan("plan-big", a_price(50)),
        an_addon("addon-a", a_price(5)),
        product=a_product(settings=WAITS),
    )
    story.clock.set(utc("2024-04-01"))
    made = (await story.provision("plan-big"))["subscription"]["subscriptionId"]
    answer = await story.provision("plan-small", addons=[{"addonId": "addon-a"}])
    assert answer["isScheduled"] is True
    return str(made)


async def test_an_archived_plan_still_takes_a_deferred_change(story: Story) -> None:
    await deferred_downgrade(story)
    archived = PackageStatus.ARCHIVED
    await change(story.runtime, PackageType.Plan, "plan-small", status=archived)
    await story.advance("2024-05-02T00:00")
    (live,) = await story.active()
    assert live.startswith("subscription-plan-small-")


async def test_a_deferred_change_that_cannot_be_fails_once(story: Story) -> None:
    made = await deferred_downgrade(story)
    await change(story.runtime, PackageType.Plan, "plan-small", compatible_addon_ref_ids=())
    await story.advance("2024-05-02T00:00")
    assert await story.active() == [made]
    after = await story.get(made)
    assert after["futureUpdates"] == []
    assert after["currentBillingPeriodEnd"] == "2024-06-01T00:00:00.000Z"


async def test_a_start_that_the_latest_version_refuses_takes_the_announced_one(
    story: Story,
) -> None:
    await open_shop(
        story.runtime,
        a_plan("plan-pro", a_price(50), compatible_addon_ref_ids=("addon-a",)),
        an_addon("addon-a", a_price(5)),
    )
    story.clock.set(utc("2024-04-01"))
    made = await story.provision(
        "plan-pro", startDate="2024-04-20T00:00:00.000Z", addons=[{"addonId": "addon-a"}]
    )
    async with story.runtime.new_unit_of_work() as work:
        old = (await work.packages.latest(PackageType.Addon, ["addon-a"]))["addon-a"]
        new_id = PackageId(uuid5(old.id, "next"))
        annual = tuple(
            replace(
                p,
                id=PriceId(uuid5(p.id, "next")),
                package_id=new_id,
                billing_period=BillingPeriod.ANNUALLY,
            )
            for p in old.prices
        )
        await work.packages.save_headers(replace(old, is_latest=False))
        await work.packages.add(replace(old, id=new_id, version_number=2, prices=annual))
        await work.commit()
    await story.advance("2024-04-21T00:00")
    assert await story.active() == [made["subscription"]["subscriptionId"]]


async def test_one_customer_that_fails_holds_up_nobody_else(story: Story) -> None:
    customers = (a_customer("customer-demo-01"), a_customer("customer-b"))
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)), customers=customers)
    story.clock.set(utc("2024-04-01"))
    broken = await story.provision("plan-pro", startDate="2024-04-10T00:00:00.000Z")
    asked = {"customerId": "customer-b", "startDate": "2024-04-20T00:00:00.000Z"}
    later = (await story.provision("plan-pro", **asked))["subscription"]["subscriptionId"]
    async with story.runtime.new_unit_of_work() as work:
        id = SubscriptionId(UUID(broken["subscription"]["id"]))
        found = (await work.subscriptions.by_ids([id]))[id]
        unknown = PackageId(uuid5(found.plan_id, "gone"))
        await work.subscriptions.save(replace(found, plan_id=unknown))
        await work.commit()
    with pytest.raises(KeyError):
        await story.advance("2024-05-03T00:00")
    assert (await story.get(later))["status"] == "ACTIVE"
