"""reportUsage over the whole path: examples 4, 9, 11-13 of spec, entitlements §15."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.catalog.enums import FeatureType, MeterType
from domain.catalog.model import UnitTransformation
from domain.subscriptions.enums import SubscriptionStatus
from tests.builders import utc
from tests.conftest import Execute, Recorder
from tests.support import MovableClock
from tests.world import CALENDAR_MONTH, MONTHLY, World

REPORT = """
mutation Report($input: ReportUsageInput!) {
  reportUsage(input: $input) {
    id value currentUsage usagePeriodStart usagePeriodEnd nextResetDate timestamp createdAt
    customerId featureId resourceId
  }
}
"""
BULK = """
mutation Bulk($input: ReportUsageBulkInput!) {
  reportUsageBulk(input: $input) { id currentUsage }
}
"""
CHECK = """
query Check($query: FetchEntitlementQuery!) {
  entitlement(query: $query) {
    isGranted accessDeniedReason currentUsage usageLimit usagePeriodStart usagePeriodEnd
    validUntil requestedUsage hasSoftLimit feature { refId }
  }
}
"""


class Customer:
    """A customer's product: reports and checks."""

    def __init__(self, execute: Execute, **ids: Any) -> None:
        self.execute = execute
        self.ids = {"customerId": "customer-1", "featureId": "feature-f"} | ids

    async def report(self, value: float, behavior: str = "DELTA", **given: Any) -> Any:
        variables = {"value": value, "updateBehavior": behavior} | self.ids | given
        return (await self.execute(REPORT, {"input": variables})).ok["reportUsage"]

    async def refused(self, value: float, behavior: str = "DELTA", **given: Any) -> Any:
        variables = {"value": value, "updateBehavior": behavior} | self.ids | given
        answer = await self.execute(REPORT, {"input": variables})
        return answer.errors[0]["extensions"]

    async def check(self, requested: float | None = None, **given: Any) -> Any:
        options = {} if requested is None else {"options": {"requestedUsage": requested}}
        query = self.ids | options | given
        return (await self.execute(CHECK, {"query": query})).ok["entitlement"]


@pytest.fixture
def customer(execute: Execute) -> Customer:
    return Customer(execute)


async def subscribed(world: World, limit: int | None = None, **given: Any) -> None:
    await world.feature()
    await world.plan("plan-basic", world.gives(limit=limit, **given))
    await world.customer()
    await world.subscribe("plan-basic")


async def test_11_deltas_sets_refusals_and_repeats(world: World, customer: Customer) -> None:
    await subscribed(world)
    await customer.report(3)
    assert (await customer.report(2))["currentUsage"] == 5
    assert (await customer.report(4, "SET"))["currentUsage"] == 4
    refusal = await customer.refused(-5)
    assert refusal["code"] == "UsageMeasurementDiffOutOfRangeError"
    assert (await customer.check())["currentUsage"] == 4
    first = await customer.report(2, idempotencyKey="k")
    repeat = await customer.report(9, idempotencyKey="k")
    assert (first["currentUsage"], repeat["currentUsage"]) == (6, 6)
    assert first["id"] == repeat["id"]


async def test_12_backdated_reports_count_in_their_own_period(
    world: World, customer: Customer
) -> None:
    await subscribed(world, reset_rule=CALENDAR_MONTH)
    assert (await customer.report(5))["currentUsage"] == 5
    backdated = await customer.report(3, createdAt="2024-02-20T00:00:00Z")
    assert backdated["currentUsage"] == 3
    assert backdated["usagePeriodStart"] == "2024-02-01T00:00:00.000Z"
    assert backdated["usagePeriodEnd"] == "2024-03-01T00:00:00.000Z"
    assert backdated["nextResetDate"] == "2024-04-01T00:00:00.000Z"
    assert backdated["timestamp"] == "2024-02-20T00:00:00.000Z"
    assert (await customer.check())["currentUsage"] == 5
    again = await customer.report(2, "SET", createdAt="2024-03-05T00:00:00Z")
    assert again["currentUsage"] == 7
    assert (await customer.check())["currentUsage"] == 7


async def test_a_report_may_be_of_any_past_that_windows_reach(
    world: World, customer: Customer
) -> None:
    await subscribed(world, reset_rule=MONTHLY)
    oldest = await customer.report(3, createdAt="1000-01-01T00:00:00Z")
    assert (oldest["currentUsage"], oldest["usagePeriodStart"]) == (3, "0999-12-10T12:00:00.000Z")
    for created_at in ("0999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"):
        refusal = await customer.refused(1, createdAt=created_at)
        assert refusal["code"] == "InvalidArgumentError"


async def test_13_storage_is_raw_and_answers_are_in_presented_units(
    world: World, customer: Customer
) -> None:
    from decimal import Decimal

    await world.feature(unit_transformation=UnitTransformation(divide=Decimal(10) ** 9))
    await world.plan("plan-basic", world.gives(limit=3))
    await world.customer()
    await world.subscribe("plan-basic")
    assert (await customer.report(2.4e9))["currentUsage"] == 2.4
    assert (await customer.check())["isGranted"] is True
    assert (await customer.check(6e8))["isGranted"] is True
    assert (await customer.check(7e8))["isGranted"] is False
    assert (await customer.report(3e9, "SET"))["currentUsage"] == 3
    denied = await customer.check()
    assert denied["accessDeniedReason"] == "RequestedUsageExceedingLimit"


async def test_09_a_report_is_never_refused_over_a_limit(world: World, customer: Customer) -> None:
    await subscribed(world, 10)
    await customer.report(12)
    denied = await customer.check(0)
    assert denied["accessDeniedReason"] == "RequestedUsageExceedingLimit"
    assert (denied["currentUsage"], denied["requestedUsage"]) == (12, 0)


async def test_04_usage_follows_the_winner_from_a_trial_back_to_the_paid_plan(
    world: World, customer: Customer, clock: MovableClock
) -> None:
    clock.set(utc("2024-01-01"))
    await world.feature()
    await world.plan("plan-basic", world.gives(limit=100, reset_rule=MONTHLY))
    await world.plan("plan-pro", world.gives(limit=1000, reset_rule=MONTHLY))
    await world.customer()
    await world.subscribe("plan-basic")
    assert (await customer.check())["usageLimit"] == 100
    clock.set(utc("2024-01-10"))
    end = utc("2024-01-24")
    await world.subscribe(
        "plan-pro",
        status=SubscriptionStatus.IN_TRIAL,
        trial_end_date=end,
        effective_end_date=end,
    )
    clock.set(utc("2024-01-12"))
    await customer.report(250)
    clock.set(utc("2024-01-13"))
    during = await customer.check()
    assert (during["usageLimit"], during["currentUsage"]) == (1000, 250)
    assert during["validUntil"] == end.timestamp() * 1000
    clock.set(utc("2024-01-25"))
    after = await customer.check()
    assert (after["usageLimit"], after["currentUsage"]) == (100, 250)
    assert after["usagePeriodStart"] == "2024-01-01T00:00:00.000Z"
    assert after["usagePeriodEnd"] == "2024-02-01T00:00:00.000Z"
    assert after["accessDeniedReason"] == "RequestedUsageExceedingLimit"


async def test_a_window_boundary_needs_no_job(
    world: World, customer: Customer, clock: MovableClock
) -> None:
    await subscribed(world, 10, reset_rule=CALENDAR_MONTH)
    await customer.report(10)
    assert (await customer.check())["isGranted"] is False
    clock.set(utc("2024-04-01"))
    reset = await customer.check()
    assert (reset["isGranted"], reset["currentUsage"]) == (True, 0)


async def test_16_usage_is_cut_off_or_carried_over_and_seats_never_reset(
    world: World, customer: Customer, clock: MovableClock
) -> None:
    clock.set(utc("2024-01-01"))
    await world.feature()
    await world.feature("feature-seats")
    for plan, limit in (("plan-basic", 100), ("plan-pro", 1000)):
        await world.plan(
            plan, world.gives(limit=limit, reset_rule=MONTHLY), world.gives("feature-seats", 9)
        )
    await world.customer()
    basic = await world.subscribe("plan-basic")
    await customer.report(80)
    await customer.report(5, featureId="feature-seats")
    at = utc("2024-01-15T12:00")
    clock.set(at)
    await world.save(basic, status=SubscriptionStatus.CANCELED, effective_end_date=at)
    reset = await world.subscribe("plan-pro", usage_cutoff=at)
    always = await customer.check()
    assert (always["usageLimit"], always["currentUsage"]) == (1000, 0)
    assert always["usagePeriodStart"] == "2024-01-15T12:00:00.000Z"
    assert always["usagePeriodEnd"] == "2024-02-15T12:00:00.000Z"
    await world.save(reset, usage_anchor=utc("2024-01-01"), usage_cutoff=None)
    never = await customer.check()
    assert (never["usageLimit"], never["currentUsage"]) == (1000, 80)
    assert never["usagePeriodEnd"] == "2024-02-01T00:00:00.000Z"
    assert (await customer.check(featureId="feature-seats"))["currentUsage"] == 5


async def test_the_refusals_of_a_report_in_their_order(world: World, customer: Customer) -> None:
    await subscribed(world)
    await world.feature("feature-b", feature_type=FeatureType.BOOLEAN, meter_type=MeterType.NoMeter)
    await world.feature("feature-other")
    await world.customer("customer-2")
    refusals = [
        ({"customerId": "nobody", "featureId": "none"}, "CustomerNotFound", {"refId": "nobody"}),
        ({"featureId": "none"}, "FeatureNotFound", {"refId": "none"}),
        (
            {"featureId": "feature-b", "resourceId": "r9"},
            "MeteringNotAvailableForFeatureType",
            {"featureType": "BOOLEAN"},
        ),
        ({"resourceId": "r9"}, "CustomerResourceNotFound", {}),
        (
            {"customerId": "customer-2"},
            "NoActiveSubscriptionForCustomer",
            {"customerRefId": "customer-2"},
        ),
        ({"featureId": "feature-other"}, "NoFeatureEntitlementInSubscription", {}),
    ]
    for given, code, extras in refusals:
        refusal = await customer.refused(1e300, **given)
        assert refusal["code"] == code
        assert {key: refusal[key] for key in extras} == extras
    assert (await customer.refused(2.0**53))["code"] == "UsageMeasurementDiffOutOfRangeError"
    ahead = await customer.refused(1, createdAt="2024-03-10T12:05:01Z")
    assert ahead["code"] == "InvalidArgumentError"
    odd = await customer.refused(1, dimensions={"list": []})
    assert odd["code"] == "InvalidArgumentError"


async def test_an_unparsable_created_at_is_an_invalid_argument(
    world: World, customer: Customer, execute: Execute
) -> None:
    await subscribed(world)
    refused = await customer.refused(1, createdAt="yesterday")
    assert refused["code"] == "InvalidArgumentError"
    usages = [customer.ids | {"value": 1}, customer.ids | {"value": 1, "createdAt": "yesterday"}]
    extensions = (await execute(BULK, {"input": {"usages": usages}})).errors[0]["extensions"]
    assert (extensions["code"], extensions["index"]) == ("InvalidArgumentError", 1)
    assert (await customer.check())["currentUsage"] == 0
    refused = await customer.refused("much")  # type: ignore[arg-type]  # as no client should
    assert refused["code"] == "BadUserInput"


async def test_a_hundred_parallel_deltas_give_a_hundred(world: World, customer: Customer) -> None:
    await subscribed(world)
    await asyncio.gather(*(customer.report(1) for _ in range(100)))
    assert (await customer.check())["currentUsage"] == 100


async def test_parallel_repeats_count_once(world: World, customer: Customer) -> None:
    await subscribed(world)
    answers = await asyncio.gather(*(customer.report(1, idempotencyKey="k") for _ in range(10)))
    assert len({answer["id"] for answer in answers}) == 1
    assert (await customer.check())["currentUsage"] == 1


async def test_a_bulk_counts_in_order_and_all_or_none(
    world: World, customer: Customer, execute: Execute
) -> None:
    await subscribed(world)
    item = customer.ids | {"value": 2}
    usages = [item, item | {"value": 7, "updateBehavior": "SET"}, item]
    data = (await execute(BULK, {"input": {"usages": usages}})).ok["reportUsageBulk"]
    assert [each["currentUsage"] for each in data] == [2, 7, 9]
    for fault, code in (
        ({"featureId": "none"}, "FeatureNotFound"),
        ({"featureId": "none", "dimensions": "x"}, "FeatureNotFound"),
        ({"dimensions": "x"}, "InvalidArgumentError"),
    ):
        bad = {"usages": [item, item | fault]}
        refusal = (await execute(BULK, {"input": bad})).errors[0]["extensions"]
        assert (refusal["code"], refusal["index"]) == (code, 1)
    assert (await customer.check())["currentUsage"] == 9
    for usages in ([], [item] * 101):
        answer = await execute(BULK, {"input": {"usages": usages}})
        assert answer.codes == ["InvalidArgumentError"]


async def test_a_warm_check_is_one_statement(
    world: World, customer: Customer, count_statements: Recorder
) -> None:
    await subscribed(world, 10)
    await customer.report(3)
    with count_statements() as executed:
        assert (await customer.check())["currentUsage"] == 3
    assert len(executed) == 1
    with count_statements() as executed:
        denied = await customer.check(customerId="nobody")
    assert denied["accessDeniedReason"] == "CustomerNotFound"
    assert len(executed) == 1


async def test_a_warm_list_is_one_statement_whatever_its_length(
    world: World, customer: Customer, execute: Execute, count_statements: Recorder
) -> None:
    for number in range(20):
        await world.feature(f"feature-{number}")
    await world.plan("plan-basic", *(world.gives(ref_id) for ref_id in world.features))
    await world.customer()
    await world.subscribe("plan-basic")
    document = '{ cachedEntitlements(query: {customerId: "customer-1"}) { currentUsage } }'
    await execute(document)
    with count_statements() as executed:
        rows = (await execute(document)).ok["cachedEntitlements"]
    assert [row["currentUsage"] for row in rows] == [0] * 20
    assert len(executed) == 1


async def test_a_bulk_of_one_bucket_costs_as_many_statements_as_one_report(
    world: World, customer: Customer, execute: Execute, count_statements: Recorder
) -> None:
    await subscribed(world)
    item = customer.ids | {"value": 1}
    await execute(BULK, {"input": {"usages": [item]}})
    counts = []
    for size in (1, 50):
        with count_statements() as executed:
            await execute(BULK, {"input": {"usages": [item] * size}})
        counts.append(len(executed))
    assert counts[0] == counts[1]
