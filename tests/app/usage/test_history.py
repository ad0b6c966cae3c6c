"""Usage history over the whole path. Source: spec, entitlements §7."""

from __future__ import annotations

from typing import Any

import pytest

from domain.catalog.enums import AggregationFunction as F
from domain.subscriptions.enums import SubscriptionStatus
from tests.app.usage.test_events import Sender, an_event, metered
from tests.app.usage.test_reporting import Customer, subscribed
from tests.builders import utc
from tests.conftest import Execute
from tests.world import CALENDAR_MONTH, MONTHLY, World

V2 = """
query History($input: UsageHistoryV2Input!) {
  usageHistoryV2(input: $input) {
    markers { timestamp type } pageInfo { hasNextPage endCursor }
    series { tags { key value } points { timestamp value isResetPoint } }
  }
}
"""
V1 = """
query History($input: UsageHistoryInput!) {
  usageHistory(usageHistoryInput: $input) {
    startDate endDate markers { type } usageMeasurements { date value isResetPoint }
    groups { groupInfo { key value } usageMeasurements { date value } }
  }
}
"""


class Historian:
    """Reads the history of customer-1's feature-f since 20 Feb."""

    def __init__(self, execute: Execute) -> None:
        self.execute = execute

    async def v2(self, **given: Any) -> Any:
        base = {
            "customerId": "customer-1",
            "featureId": "feature-f",
            "startDate": "2024-02-20T00:00:00Z",
        }
        return (await self.execute(V2, {"input": base | given})).ok["usageHistoryV2"]

    async def v1(self, **given: Any) -> Any:
        base = {
            "customerRefId": "customer-1",
            "featureRefId": "feature-f",
            "startDate": "2024-02-20T00:00:00Z",
        }
        return (await self.execute(V1, {"input": base | given})).ok["usageHistory"]


@pytest.fixture
def historian(execute: Execute) -> Historian:
    return Historian(execute)


@pytest.fixture
def customer(execute: Execute) -> Customer:
    return Customer(execute)


async def test_v2_shows_the_windows_of_the_effective_entitlement(
    world: World, historian: Historian, customer: Customer
) -> None:
    await subscribed(world, reset_rule=CALENDAR_MONTH)
    await customer.report(3, createdAt="2024-02-10T00:00:00Z")
    await customer.report(2, createdAt="2024-02-25T10:00:00Z")
    await customer.report(4, createdAt="2024-03-05T00:00:00Z")
    history = await historian.v2()
    (series,) = history["series"]
    assert [(p["timestamp"][:13], p["value"], p["isResetPoint"]) for p in series["points"]] == [
        ("2024-02-20T00", 3, False),
        ("2024-02-25T00", 5, False),
        ("2024-03-01T00", 0, True),
        ("2024-03-05T00", 4, False),
        ("2024-03-10T12", 4, False),
    ]
    assert (series["tags"], history["pageInfo"]) == ([], None)
    assert [marker["type"] for marker in history["markers"]] == ["PERIODIC_RESET"]


async def test_v2_groups_by_dimensions_the_greatest_first_and_pages(
    world: World, historian: Historian, customer: Customer
) -> None:
    await subscribed(world)
    await customer.report(1, dimensions={"region": "us"})
    await customer.report(5, dimensions={"region": "eu"})
    await customer.report(2)
    history = await historian.v2(groupBy=["region"])
    assert [series["tags"] for series in history["series"]] == [
        [{"key": "region", "value": value}] for value in ("eu", "", "us")
    ]
    page = await historian.v2(groupBy=["region"], paging={"first": 2})
    assert (len(page["series"]), page["pageInfo"]["hasNextPage"]) == (2, True)
    rest = await historian.v2(
        groupBy=["region"], paging={"first": 2, "after": page["pageInfo"]["endCursor"]}
    )
    assert [series["tags"][0]["value"] for series in rest["series"]] == ["us"]


async def test_v2_is_empty_without_a_subscription_unless_asked(
    world: World, historian: Historian, customer: Customer
) -> None:
    await subscribed(world)
    await customer.report(1)
    (subscription,) = world.subscriptions.values()
    await world.save(subscription, status=SubscriptionStatus.CANCELED, effective_end_date=world.now)
    assert (await historian.v2())["series"] == []
    inactive = await historian.v2(includeInactiveSubscriptions=True)
    assert inactive["series"][0]["points"][-1]["value"] == 1
    assert inactive["markers"] == []


async def test_a_history_that_ends_at_a_reset_ends_with_what_a_check_answers(
    world: World, historian: Historian, customer: Customer
) -> None:
    await subscribed(world, reset_rule=MONTHLY)
    await customer.report(3, createdAt="2024-03-09T00:00:00Z")
    await customer.report(2)
    (series,) = (await historian.v2(startDate="2024-03-08T00:00:00Z"))["series"]
    assert [(p["timestamp"][:13], p["value"], p["isResetPoint"]) for p in series["points"]] == [
        ("2024-03-08T00", 0, False),
        ("2024-03-09T00", 3, False),
        ("2024-03-10T12", 0, True),
        ("2024-03-10T12", 2, False),
        ("2024-03-10T12", 2, False),
    ]
    assert (await customer.check())["currentUsage"] == 2


async def test_every_change_of_plan_stays_in_the_history(
    world: World, historian: Historian, customer: Customer
) -> None:
    await world.feature()
    await world.plan("plan-basic", world.gives(reset_rule=CALENDAR_MONTH))
    await world.customer()
    first, second = utc("2024-03-03T12:00"), utc("2024-03-06T12:00")
    await world.subscribe(
        "plan-basic", start_date=second, usage_cutoff=second, earlier_cutoffs=(first,)
    )
    for day, value in ((2, 4), (5, 2), (8, 1)):
        await customer.report(value, createdAt=f"2024-03-0{day}T00:00:00Z")
    history = await historian.v2(startDate="2024-03-02T00:00:00Z")
    (series,) = history["series"]
    assert [(p["timestamp"][8:13], p["value"]) for p in series["points"]] == [
        ("02T00", 0),
        ("02T00", 4),
        ("03T12", 0),
        ("05T00", 2),
        ("06T12", 0),
        ("08T00", 1),
        ("10T12", 1),
    ]
    assert [marker["type"] for marker in history["markers"]] == ["SUBSCRIPTION_CHANGE_RESET"] * 2
    late = await customer.report(1, createdAt="2024-03-04T00:00:00Z")
    assert (late["currentUsage"], late["usagePeriodStart"]) == (3, "2024-03-03T12:00:00.000Z")


async def test_v1_takes_its_resets_from_the_input(
    world: World, historian: Historian, customer: Customer
) -> None:
    await subscribed(world)
    await customer.report(3, createdAt="2024-02-25T00:00:00Z")
    await customer.report(4, dimensions={"region": "us"})
    plain = await historian.v1()
    assert plain["usageMeasurements"][-1]["value"] == 7
    assert plain["groups"] is None
    monthly = await historian.v1(
        resetPeriod="MONTH",
        monthlyResetPeriodConfiguration={"accordingTo": "StartOfTheMonth"},
    )
    assert monthly["usageMeasurements"][-1]["value"] == 4
    assert [marker["type"] for marker in monthly["markers"]] == ["PERIODIC_RESET"]
    grouped = await historian.v1(groupBy=["region"])
    assert [group["groupInfo"][0]["value"] for group in grouped["groups"]] == ["us", ""]
    assert grouped["usageMeasurements"] == plain["usageMeasurements"]


async def test_an_event_meter_has_a_history_too(
    world: World, historian: Historian, execute: Execute
) -> None:
    await metered(world, (F.UNIQUE, "user"))
    sender = Sender(execute)
    await sender.send(
        an_event("a", region="us", user="x") | {"timestamp": "2024-03-01T00:00:00Z"},
        an_event("b", region="us", user="x") | {"timestamp": "2024-03-02T00:00:00Z"},
        an_event("c", region="us", user="y") | {"timestamp": "2024-03-03T00:00:00Z"},
        an_event("d", region="eu", user="z"),
    )
    history = await historian.v2(featureId="feature-unique")
    values = [point["value"] for point in history["series"][0]["points"]]
    assert values == [0, 1, 1, 2, 2]


async def test_histories_that_cannot_be_read(
    world: World, execute: Execute, historian: Historian
) -> None:
    await subscribed(world)
    base = {
        "customerId": "customer-1",
        "featureId": "feature-f",
        "startDate": "2024-02-20T00:00:00Z",
    }
    for change, code in (
        ({"customerId": "nobody"}, "CustomerNotFound"),
        ({"featureId": "none"}, "FeatureNotFound"),
        ({"endDate": "2024-02-20T00:00:00Z"}, "InvalidArgumentError"),
        ({"groupBy": ["a", "b", "c", "d"]}, "InvalidArgumentError"),
    ):
        assert (await execute(V2, {"input": base | change})).codes == [code]
