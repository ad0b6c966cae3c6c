"""Raw events over the whole path: examples 14 and 15 of spec, entitlements §15."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.usecases.usage import forget_keys
from domain.catalog.enums import AggregationFunction as F
from domain.catalog.enums import ConditionOperation as Op
from domain.catalog.model import Meter, MeterCondition, MeterFilter
from tests.app.usage.test_reporting import CHECK, REPORT
from tests.builders import utc
from tests.conftest import Execute, Recorder
from tests.support import MovableClock
from tests.world import CALENDAR_MONTH, World

SEND = "mutation Send($events: UsageEventsReportInput!) { reportEvent(events: $events) }"
API_IN_US = MeterFilter(
    conditions=(
        MeterCondition(field="eventName", operation=Op.EQUALS, value="api"),
        MeterCondition(field="region", operation=Op.EQUALS, value="us"),
    )
)


def an_event(key: str, name: str = "api", **dimensions: Any) -> dict[str, Any]:
    return {
        "customerId": "customer-1",
        "eventName": name,
        "idempotencyKey": key,
        "dimensions": dimensions,
    }


EXAMPLE = [
    an_event("1", region="us", n=100, user="a"),
    an_event("2", region="us", n=250, user="b"),
    an_event("3", region="eu", n=50, user="a"),
    an_event("4", region="us", n="40", user="a"),
    an_event("5", region="us", user="c"),
    an_event("6", "other", region="us", n=1, user="d"),
]
METERS = [
    (F.COUNT, None, 4),
    (F.SUM, "n", 390),
    (F.MAX, "n", 250),
    (F.MIN, "n", 40),
    (F.AVG, "n", 130),
    (F.UNIQUE, "user", 3),
]


class Sender:
    """A customer's product that sends events and checks."""

    def __init__(self, execute: Execute) -> None:
        self.execute = execute

    async def send(self, *events: dict[str, Any]) -> Any:
        return await self.execute(SEND, {"events": {"usageEvents": list(events)}})

    async def usage(self, feature: str, **given: Any) -> float:
        query = {"customerId": "customer-1", "featureId": feature} | given
        answer = (await self.execute(CHECK, {"query": query})).ok["entitlement"]
        value: float = answer["currentUsage"]
        return value


@pytest.fixture
def sender(execute: Execute) -> Sender:
    return Sender(execute)


async def metered(world: World, *meters: tuple[F, str | None], **given: Any) -> None:
    """A subscription with one event meter a function, named after it."""
    for function, field in meters:
        meter = Meter(
            id=world.runtime.ids.new_uuid(),
            filters=(API_IN_US,),
            function=function,
            field=field,
            created_at=world.now,
            updated_at=world.now,
        )
        await world.feature(f"feature-{function.value.lower()}", meter=meter)
    await world.plan("plan-basic", *(world.gives(ref_id, **given) for ref_id in world.features))
    await world.customer()
    await world.subscribe("plan-basic")


async def stored(engine: AsyncEngine, world: World) -> int:
    async with engine.connect() as connection:
        statement = text("SELECT count(*) FROM usage_events WHERE environment_id = :id")
        id = world.runtime.environment.environment_id
        return int((await connection.execute(statement, {"id": id})).scalar_one())


async def test_14_all_aggregations_counted_as_events_arrive(world: World, sender: Sender) -> None:
    await metered(world, *((function, field) for function, field, _ in METERS))
    for ref_id in world.features:
        assert await sender.usage(ref_id) == 0
    for event in EXAMPLE:
        assert (await sender.send(event)).ok == {"reportEvent": "ok"}
    for function, _, expected in METERS:
        assert await sender.usage(f"feature-{function.value.lower()}") == expected


async def test_14_the_same_folded_from_the_log(world: World, sender: Sender) -> None:
    await sender.send(*EXAMPLE)
    await metered(world, *((function, field) for function, field, _ in METERS))
    for function, _, expected in METERS:
        assert await sender.usage(f"feature-{function.value.lower()}") == expected


async def test_15_a_bad_event_rejects_the_whole_batch(
    world: World, sender: Sender, engine: AsyncEngine
) -> None:
    batch = [an_event("a"), an_event("", user="x"), an_event("c")]
    answer = await sender.send(*batch)
    extensions = answer.errors[0]["extensions"]
    assert (extensions["code"], extensions["index"]) == ("BadUserInput", 1)
    assert await stored(engine, world) == 0


async def test_15_a_batch_sent_twice_is_stored_once(
    world: World, sender: Sender, engine: AsyncEngine
) -> None:
    await sender.send(*EXAMPLE)
    await sender.send(*EXAMPLE)
    assert await stored(engine, world) == 6


async def test_15_a_batch_holds_a_thousand_at_most(world: World, sender: Sender) -> None:
    assert (await sender.send(*(an_event(str(n)) for n in range(1001)))).codes == ["BadUserInput"]
    assert (await sender.send()).codes == ["BadUserInput"]
    assert (await sender.send(*(an_event(str(n)) for n in range(1000)))).ok


async def test_ten_clients_sending_the_same_batch_count_once(world: World, sender: Sender) -> None:
    await metered(world, (F.SUM, "n"), (F.UNIQUE, "user"))
    batch = [an_event(str(n), region="us", n=n, user=f"u{n % 7}") for n in range(50)]
    assert await sender.usage("feature-sum") == 0
    await asyncio.gather(*(sender.send(*batch) for _ in range(10)))
    assert await sender.usage("feature-sum") == sum(range(50))
    assert await sender.usage("feature-unique") == 7


async def test_a_retry_after_thirty_days_is_a_new_event(
    world: World, sender: Sender, engine: AsyncEngine, clock: MovableClock
) -> None:
    await sender.send(an_event("a"))
    clock.move(days=29)
    await sender.send(an_event("a"))
    assert await stored(engine, world) == 1
    clock.move(days=2)
    await sender.send(an_event("a"))
    assert await stored(engine, world) == 2


async def test_late_events_count_in_the_period_of_their_timestamp(
    world: World, sender: Sender, clock: MovableClock
) -> None:
    await metered(world, (F.COUNT, None), reset_rule=CALENDAR_MONTH)
    assert await sender.usage("feature-count") == 0
    late = an_event("a", region="us") | {"timestamp": "2022-02-01T00:00:00Z"}
    await sender.send(late, an_event("b", region="us"))
    assert await sender.usage("feature-count") == 1
    clock.set(utc("2024-04-01"))
    assert await sender.usage("feature-count") == 0


async def test_events_too_far_ahead_or_with_odd_dimensions_are_refused(
    world: World, sender: Sender
) -> None:
    ahead = world.now + timedelta(minutes=61)
    for change in (
        {"timestamp": ahead.isoformat()},
        {"dimensions": {"list": [1]}},
        {"dimensions": "text"},
        {"customerId": "x" * 256},
        {"resourceId": ""},
        {"dimensions": {"big": "x" * 1_000_001}},
    ):
        answer = await sender.send(an_event("ok"), an_event("bad") | change)
        assert answer.codes == ["BadUserInput"]
        assert answer.errors[0]["extensions"]["index"] == 1


async def test_usage_of_an_event_meter_cannot_be_reported(world: World, execute: Execute) -> None:
    await metered(world, (F.COUNT, None))
    report = {"customerId": "customer-1", "featureId": "feature-count", "value": 1}
    answer = await execute(REPORT, {"input": report})
    assert answer.codes == ["CannotReportUsageForEntitlementWithMeterError"]


async def test_a_batch_costs_the_same_whatever_its_size(
    world: World, sender: Sender, count_statements: Recorder
) -> None:
    await metered(world, (F.COUNT, None))
    await sender.usage("feature-count")
    with count_statements() as one:
        await sender.send(an_event("a", region="us"))
    with count_statements() as many:
        await sender.send(*(an_event(f"b{n}", region="us") for n in range(200)))
    assert len(many) == len(one)


async def test_a_counted_event_tells_how_much_of_the_limit_is_used(
    world: World, sender: Sender, engine: AsyncEngine
) -> None:
    await metered(world, (F.COUNT, None), limit=10)
    assert await sender.usage("feature-count") == 0
    await sender.send(*(an_event(str(n), region="us") for n in range(9)))
    async with engine.connect() as connection:
        found = await connection.execute(
            text("SELECT data FROM events WHERE environment_id = :id AND type = :type"),
            {
                "id": world.runtime.environment.environment_id,
                "type": "MEASUREMENT_REPORTED",
            },
        )
        (data,) = found.scalars()
    assert (data["previousUsageUsedPercentage"], data["usageUsedPercentage"]) == (0, 90)
    assert (data["usageLimit"], data["feature"]["id"]) == (10, "feature-count")


async def test_what_no_database_holds_is_refused_and_what_adds_not_up_is_skipped(
    world: World, sender: Sender
) -> None:
    await metered(world, (F.SUM, "n"))
    assert await sender.usage("feature-sum") == 0
    for bad in ("a\x00b", "\ud800", 10**400):
        assert (await sender.send(an_event("bad", n=bad))).codes == ["BadUserInput"]
    numbers = (10**30, 1e30, "1e300", "1e-300", 0.1, 2.0, True, "abc")
    await sender.send(*(an_event(str(i), region="us", n=n) for i, n in enumerate(numbers)))
    assert await sender.usage("feature-sum") == 2.1


async def test_keys_are_forgotten_when_no_repeat_can_name_them(
    world: World, sender: Sender, engine: AsyncEngine, clock: MovableClock
) -> None:
    await sender.send(an_event("a"))
    clock.move(days=20)
    await sender.send(an_event("b"))
    clock.move(days=11)
    await forget_keys(world.runtime)
    async with engine.connect() as connection:
        statement = text("SELECT count(*) FROM usage_event_keys WHERE environment_id = :id")
        id = world.runtime.environment.environment_id
        assert (await connection.execute(statement, {"id": id})).scalar_one() == 1


async def test_15_an_event_without_its_key_is_named_over_http_too(
    client: httpx.AsyncClient,
) -> None:
    keyless = {"customerId": "c", "eventName": "e"}
    events = [an_event("a"), keyless, an_event("c")]
    variables = {"events": {"usageEvents": events}}
    answer = await client.post("/graphql", json={"query": SEND, "variables": variables})
    extensions = answer.json()["errors"][0]["extensions"]
    assert (extensions["code"], extensions["index"]) == ("BadUserInput", 1)
