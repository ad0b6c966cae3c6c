"""Lists of reports, previews of events, their fields, and aggregates by customer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.usage.test_events import EXAMPLE, METERS, Sender, an_event, metered
from tests.app.usage.test_reporting import Customer, subscribed
from tests.conftest import Execute, Recorder
from tests.world import World

API_IN_US = [
    {
        "conditions": [
            {"field": "eventName", "operation": "EQUALS", "value": "api"},
            {"field": "region", "operation": "EQUALS", "value": "us"},
        ]
    }
]
MEASUREMENTS = """
query M($filter: UsageMeasurementFilter, $paging: CursorPaging) {
  usageMeasurements(filter: $filter, paging: $paging) {
    totalCount
    edges { node {
      id value createdAt customerId featureId environmentId
      customer { refId } feature { refId } environment { id }
    } }
  }
}
"""
EVENTS = """
query E($input: UsageEventsInput!) {
  usageEvents(input: $input) {
    events { id eventName timestamp customerId dimensions customer { refId } }
  }
}
"""
FIELDS = "query F($input: EventsFieldsInput!) { eventsFields(input: $input) { fields } }"
AGGREGATE = """
query A($input: AggregatedEventsByCustomerInput!) {
  aggregatedEventsByCustomer(input: $input) { aggregatedUsage { customerId usage } }
}
"""


@pytest.fixture
def environment_id(world: World) -> str:
    return str(world.runtime.environment.environment_id)


async def test_reports_are_listed_newest_first_by_customer_and_feature(
    world: World, execute: Execute, count_statements: Recorder
) -> None:
    await subscribed(world)
    await world.customer("customer-2")
    customer = Customer(execute)
    for value in (1, 2, 3):
        await customer.report(value)
    await customer.report(9, createdAt="2024-03-01T00:00:00Z")

    async def values(**given: Any) -> list[float]:
        found = (await execute(MEASUREMENTS, given)).ok["usageMeasurements"]
        return [edge["node"]["value"] for edge in found["edges"]]

    assert sorted((await values())[:3]) == [1, 2, 3]
    assert (await values())[3] == 9
    assert len(await values(filter={"feature": {"refId": {"eq": "feature-f"}}})) == 4
    assert await values(filter={"customer": {"refId": {"eq": "customer-2"}}}) == []
    assert await values(filter={"createdAt": {"lt": "2024-03-02T00:00:00Z"}}) == [9]
    with count_statements() as one:
        await values(paging={"first": 1})
    with count_statements() as all_:
        await values()
    assert len(one) == len(all_)


async def test_events_are_previewed_with_their_customer_if_known(
    world: World, execute: Execute, environment_id: str
) -> None:
    await world.customer()
    await Sender(execute).send(*EXAMPLE, an_event("x") | {"customerId": "stranger"})
    given = {"environmentId": environment_id, "filters": API_IN_US}
    events = (await execute(EVENTS, {"input": given})).ok["usageEvents"]["events"]
    assert len(events) == 4
    assert {event["customer"]["refId"] for event in events} == {"customer-1"}
    strangers = {"environmentId": environment_id, "customerId": "stranger"}
    (event,) = (await execute(EVENTS, {"input": strangers})).ok["usageEvents"]["events"]
    assert (event["customer"], event["timestamp"]) == (None, "2024-03-10T12:00:00.000Z")


async def test_fields_are_the_events_own_and_their_dimensions(
    world: World, execute: Execute, environment_id: str
) -> None:
    await metered(world, *((function, field) for function, field, _ in METERS[:1]))
    await Sender(execute).send(*EXAMPLE, an_event("x", "other", odd=1))

    async def fields(**given: Any) -> Any:
        given = {"environmentId": environment_id} | given
        return (await execute(FIELDS, {"input": given})).ok["eventsFields"]["fields"]

    own = ["customerId", "eventName", "n", "odd", "region", "resourceId", "user"]
    assert await fields() == own
    assert "odd" not in await fields(featureId="feature-count")
    assert await fields(search="REG") == ["region"]
    assert await fields(limit=2) == own[:2]


async def test_aggregates_by_customer_the_most_first(
    world: World, execute: Execute, environment_id: str
) -> None:
    other = [event | {"customerId": "customer-2"} for event in EXAMPLE[:1]]
    await Sender(execute).send(*EXAMPLE, *other)
    for function, field, expected in METERS:
        given = {
            "environmentId": environment_id,
            "filters": API_IN_US,
            "aggregation": {"function": function.value, "field": field},
            "customerId": "customer-1",
        }
        found = (await execute(AGGREGATE, {"input": given})).ok["aggregatedEventsByCustomer"]
        assert found["aggregatedUsage"] == [{"customerId": "customer-1", "usage": expected}]
    given = {
        "environmentId": environment_id,
        "filters": [],
        "aggregation": {"function": "SUM", "field": "n"},
    }
    found = (await execute(AGGREGATE, {"input": given})).ok["aggregatedEventsByCustomer"]
    assert [each["customerId"] for each in found["aggregatedUsage"]] == [
        "customer-1",
        "customer-2",
    ]
    fieldless = given | {"aggregation": {"function": "SUM"}}
    assert (await execute(AGGREGATE, {"input": fieldless})).codes == ["InvalidArgumentError"]
