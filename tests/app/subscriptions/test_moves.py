"""Transfer, delegation, migration and import (spec, subscriptions §14)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid5

import pytest

from app.ports import Runtime
from domain.catalog.enums import BillingModel
from domain.catalog.model import Package, PackageType
from domain.ids import PackageId, PriceId
from tests.app.subscriptions.shop import FIELDS, Story, open_shop
from tests.builders import a_customer, a_feature, a_plan, a_price, a_product, utc
from tests.conftest import Execute
from tests.support import MovableClock

DELEGATE = (
    "mutation($input: DelegateSubscriptionToCustomerInput!) {"
    " delegateSubscriptionToCustomer(input: $input) {" + FIELDS + "} }"
)
TO_RESOURCE = (
    "mutation($input: TransferSubscriptionToResourceInput!) {"
    " transferSubscriptionToResource(input: $input) {" + FIELDS + "} }"
)
MIGRATE = (
    "mutation($input: SubscriptionMigrationInput!) {"
    " migrateSubscriptionToLatest(input: $input) {"
    + FIELDS
    + " totalPrice { total { amount } } } }"
)
IMPORT = (
    "mutation($input: ImportSubscriptionsBulkInput!) { importSubscriptionsBulk(input: $input) }"
)


@pytest.fixture
def story(runtime: Runtime, clock: MovableClock, execute: Execute) -> Story:
    return Story(runtime, clock, execute)


async def new_version(runtime: Runtime, ref_id: str, amount: int) -> PackageId:
    """Publish the plan's next version at another price."""
    async with runtime.new_unit_of_work() as work:
        old = (await work.packages.latest(PackageType.Plan, [ref_id]))[ref_id]
        new_id = PackageId(uuid5(old.id, "next"))
        prices = tuple(
            replace(p, id=PriceId(uuid5(p.id, "next")), package_id=new_id, amount=Decimal(amount))
            for p in old.prices
        )
        version = old.version_number + 1
        new: Package = replace(old, id=new_id, version_number=version, prices=prices)
        await work.packages.save_headers(replace(old, is_latest=False))
        await work.packages.add(new)
        await work.commit()
    return new_id


async def test_23_delegated_and_given_back(story: Story) -> None:
    await open_shop(
        story.runtime,
        a_plan("plan-pro", a_price(50)),
        customers=(a_customer("customer-demo-01"), a_customer("customer-b")),
    )
    made = (await story.provision("plan-pro"))["subscription"]
    asked: dict[str, Any] = {"subscriptionId": made["subscriptionId"]}
    to_b = asked | {"destinationCustomerId": "customer-b"}
    moved = (await story.execute(DELEGATE, {"input": to_b})).ok["delegateSubscriptionToCustomer"]
    assert moved["customer"] == {"customerId": "customer-b"}
    assert moved["payingCustomer"] == {"customerId": "customer-demo-01"}
    back = (await story.execute(DELEGATE, {"input": asked})).ok["delegateSubscriptionToCustomer"]
    assert back["customer"] == {"customerId": "customer-demo-01"}
    assert back["payingCustomer"] is None
    again = await story.execute(DELEGATE, {"input": asked})
    assert again.codes == ["InvalidArgumentError"]


async def test_an_occupied_scope_takes_no_delegation(story: Story) -> None:
    await open_shop(
        story.runtime,
        a_plan("plan-pro", a_price(50)),
        customers=(a_customer("customer-demo-01"), a_customer("customer-b")),
    )
    made = (await story.provision("plan-pro"))["subscription"]
    await story.provision("plan-pro", customerId="customer-b")
    asked = {"subscriptionId": made["subscriptionId"], "destinationCustomerId": "customer-b"}
    answer = await story.execute(DELEGATE, {"input": asked})
    assert answer.codes == ["DuplicatedEntityNotAllowed"]


async def test_a_subscription_moves_between_resources(story: Story) -> None:
    await open_shop(
        story.runtime,
        a_plan("plan-pro", a_price(50)),
        product=a_product(multiple_subscriptions=True),
    )
    one = (await story.provision("plan-pro", resourceId="site-1"))["subscription"]
    await story.provision("plan-pro", resourceId="site-2")
    asked = {"subscriptionId": one["subscriptionId"], "destinationResourceId": "site-2"}
    answer = await story.execute(TO_RESOURCE, {"input": asked})
    assert answer.codes == ["DuplicatedEntityNotAllowed"]
    answer = await story.execute(
        TO_RESOURCE, {"input": asked | {"destinationResourceId": "site-3"}}
    )
    moved = answer.ok["transferSubscriptionToResource"]
    assert moved["resource"] == {"resourceId": "site-3"}
    assert await story.refused(TO_RESOURCE, **asked | {"destinationResourceId": "site 4"}) == [
        "BadUserInput"
    ]
    assert moved["currentBillingPeriodEnd"] == one["currentBillingPeriodEnd"]


async def test_a_migration_reprices_and_happens_once(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    made = (await story.provision("plan-pro"))["subscription"]
    asked = {"subscriptionId": made["subscriptionId"]}
    answer = await story.execute(MIGRATE, {"input": asked})
    assert answer.codes == ["SubscriptionAlreadyOnLatestPlanError"]
    await new_version(story.runtime, "plan-pro", 60)
    migrated = (await story.execute(MIGRATE, {"input": asked})).ok["migrateSubscriptionToLatest"]
    assert migrated["id"] == made["id"]
    assert migrated["totalPrice"] == {"total": {"amount": 60}}
    answer = await story.execute(MIGRATE, {"input": asked})
    assert answer.codes == ["SubscriptionAlreadyOnLatestPlanError"]


async def test_a_migration_waits_for_the_periods_end(story: Story) -> None:
    await open_shop(story.runtime, a_plan("plan-pro", a_price(50)))
    story.clock.set(utc("2024-04-01"))
    made = (await story.provision("plan-pro"))["subscription"]
    await new_version(story.runtime, "plan-pro", 60)
    when = {"subscriptionMigrationTime": "END_OF_BILLING_PERIOD"}
    asked = {"subscriptionId": made["subscriptionId"]} | when
    waiting = (await story.execute(MIGRATE, {"input": asked})).ok["migrateSubscriptionToLatest"]
    assert waiting["totalPrice"] == {"total": {"amount": 50}}
    assert waiting["futureUpdates"][0]["subscriptionScheduleType"] == "MigrateToLatest"
    answer = await story.execute(MIGRATE, {"input": asked})
    assert answer.codes == ["ScheduledMigrationAlreadyExistsError"]
    await story.advance("2024-05-01T00:00")
    answer = await story.execute(MIGRATE, {"input": asked})
    assert answer.codes == ["SubscriptionAlreadyOnLatestPlanError"]


async def test_an_import_skips_what_it_cannot_take(story: Story) -> None:
    price = a_price(1, model=BillingModel.PER_UNIT, feature="feature-seats")
    await open_shop(
        story.runtime,
        a_plan("plan-pro", a_price(50)),
        a_plan("plan-seats", price),
        features=(a_feature("feature-seats"),),
    )
    item = {"customerId": "customer-demo-01", "planId": "plan-pro", "subscriptionId": "imported-1"}
    unknown = {"customerId": "nobody", "planId": "plan-pro"}
    asked = {"subscriptions": [item | {"startDate": "2024-03-15T00:00:00Z"}, unknown]}
    answer = await story.execute(IMPORT, {"input": asked})
    assert answer.ok["importSubscriptionsBulk"]
    imported = await story.get("imported-1")
    assert imported["status"] == "ACTIVE"
    assert imported["currentBillingPeriodEnd"] == "2025-01-15T00:00:00.000Z"
    assert await story.active() == ["imported-1"]
