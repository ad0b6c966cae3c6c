"""Credit-backed raw events (entitlements §6, §9.1, §9.9)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.catalog.enums import AggregationFunction as F
from domain.catalog.enums import ConditionOperation as Op
from domain.catalog.model import Meter, MeterCondition, MeterFilter
from domain.periods import wire_time
from tests.app.credits.backed import Product, backed
from tests.app.credits.conftest import Credits, make_currency
from tests.conftest import Execute, Recorder
from tests.support import MovableClock, execute_document, new_environment
from tests.world import MONTHLY, World

API = MeterFilter(conditions=(MeterCondition(field="eventName", operation=Op.EQUALS, value="api"),))


@pytest.fixture
def product(execute: Execute) -> Product:
    return Product(execute)


def a_meter(world: World, function: F, field: str | None = None) -> Meter:
    return Meter(
        id=world.runtime.ids.new_uuid(),
        filters=(API,),
        function=function,
        field=field,
        created_at=world.now,
        updated_at=world.now,
    )


async def metered(world: World, function: F, field: str | None = None, **given: Any) -> None:
    """The customer's `feature-f` counts `api` events, 2 credits a unit unless told otherwise."""
    await backed(world, meter=a_meter(world, function, field), **given)


def events(*values: Any, **given: Any) -> list[dict[str, Any]]:
    return [
        {"idempotencyKey": f"{given.get('key', '')}{n}", "dimensions": {"n": value}}
        | {name: value for name, value in given.items() if name != "key"}
        for n, value in enumerate(values)
    ]


async def costs(credits: Credits) -> list[float]:
    """What each consumption burned, oldest first."""
    entries = await credits.entries(paging={"first": 100})
    return [-amount for type_, amount in entries if type_ == "CREDITS_CONSUMED"]


@pytest.mark.parametrize(
    ("function", "field", "values", "expected"),
    [
        (F.COUNT, None, [5, "x", 1], [2, 2, 2]),
        (F.SUM, "n", [5, "2.5", -3, "x", 1], [10, 5, 2]),
        (F.UNIQUE, "n", ["a", "b", "a", 1, 1.0, "c"], [2, 2, 2, 2]),
        (F.MAX, "n", [5, 3, 8, 8], [10, 6]),
        (F.MIN, "n", [5, 3, 8], [10]),
        (F.AVG, "n", [4, 8, 0], [8, 4]),
    ],
)
@pytest.mark.parametrize("is_one_batch", [True, False])
async def test_events_burn_the_positive_change(
    world: World,
    credits: Credits,
    product: Product,
    function: F,
    field: str | None,
    values: list[Any],
    expected: list[float],
    is_one_batch: bool,  # a parameter of the test
) -> None:
    await metered(world, function, field)
    await credits.grant(100)
    batches = [events(*values)] if is_one_batch else [[event] for event in events(*values)]
    for batch in batches:
        await product.send(*batch)
    assert await costs(credits) == expected
    assert await credits.balance() == 100 - sum(expected)


async def test_21_events_by_formula(world: World, credits: Credits, product: Product) -> None:
    await metered(world, F.MAX, "in", formula="1.1*in + 5*out")
    await product.send(
        {"idempotencyKey": "a", "dimensions": {"in": 1000, "out": 200}},
        {"idempotencyKey": "b", "dimensions": {"in": 1000}},
        {"idempotencyKey": "c", "dimensions": {"in": "x"}},
    )
    assert await costs(credits) == [2100, 1100]


async def test_the_ledger_tells_of_the_event(
    world: World, credits: Credits, product: Product, clock: MovableClock
) -> None:
    await metered(world, F.COUNT)
    await credits.grant(10)
    await product.send({"idempotencyKey": "a", "dimensions": {"model": "big"}})
    newest = (await credits.ledger())[0]
    assert (newest["featureId"], newest["amount"]) == ("feature-f", -2)
    assert newest["eventId"]
    assert newest["timestamp"] == wire_time(clock())


async def test_a_repeated_event_burns_once(
    world: World, credits: Credits, product: Product
) -> None:
    await metered(world, F.COUNT)
    await product.send(*events("a"), *events("a"))
    await product.send(*events("a", "b"))
    assert await credits.balance() == -4


async def test_late_events_burn_now_and_each_window_tells_for_itself(
    world: World, credits: Credits, product: Product, clock: MovableClock
) -> None:
    await metered(world, F.UNIQUE, "n", gives={"reset_rule": MONTHLY})
    await product.send(*events("a"))
    past = wire_time(clock())
    clock.move(days=40)
    await product.send(*events("a", key="live"))
    await product.send(*events("a", "b", key="late", timestamp=past))
    assert await costs(credits) == [2, 2, 2], "only b is new to the first month"
    assert (await credits.ledger())[0]["timestamp"] == wire_time(clock())


async def test_what_does_not_match_or_is_not_paid_for_burns_nothing(
    world: World, credits: Credits, product: Product
) -> None:
    await world.resource("r1")
    await metered(world, F.COUNT)
    await world.customer("other")
    await product.send(
        {"idempotencyKey": "a", "eventName": "other"},
        {"idempotencyKey": "b", "customerId": "nobody"},
        {"idempotencyKey": "c", "customerId": "other"},
        {"idempotencyKey": "d", "resourceId": "nowhere"},
    )
    assert await credits.balances() == []
    await product.send({"idempotencyKey": "e", "resourceId": "r1"})
    assert await credits.balance(resourceId="r1") == -2
    assert await credits.balances() == []


async def test_changes_of_what_pays_are_seen_at_once(
    world: World, credits: Credits, product: Product
) -> None:
    await product.send(*events("a"))
    await metered(world, F.COUNT)
    await product.send(*events("a", key="b"))
    (subscription,) = world.subscriptions.values()
    await world.save(subscription, effective_end_date=world.now)
    await product.send(*events("a", key="c"))
    assert await costs(credits) == [2]


async def test_several_meters_burn_of_one_event(
    world: World, credits: Credits, product: Product, execute: Execute
) -> None:
    await make_currency(execute, "gems")
    await metered(world, F.COUNT)
    await backed(world, "feature-g", 1, currency="gems", meter=a_meter(world, F.MAX, "n"))
    await product.send(*events(3, 5))
    assert await credits.balance(currencyId="tokens") == -4
    assert await credits.balance(currencyId="gems") == -5


# --- cost of burning ------------------------------------------------------------------------


async def test_a_batch_of_which_nothing_burns_asks_nothing_of_credits(
    world: World, credits: Credits, product: Product, count_statements: Recorder
) -> None:
    await credits.grant(10)
    await world.feature(meter=a_meter(world, F.COUNT))
    await world.plan("plan-basic", world.gives())
    await world.subscribe("plan-basic")
    await product.send(*events("a"))
    with count_statements() as executed:
        await product.send(*events("a", key="b"))
    assert not [s for s in executed if "credit_" in s.replace("has_credit_prices", "")]
    # The lock, the keys, the events and the counters; nothing counts here, so nothing is written.
    assert len(executed) == 4


async def test_a_batch_burns_in_as_many_statements_as_one_event(
    world: World, credits: Credits, product: Product, count_statements: Recorder
) -> None:
    await metered(world, F.UNIQUE, "n")
    await credits.grant(1000)
    await product.send(*events("a"))
    counts = []
    for size in (10, 300):
        with count_statements() as executed:
            await product.send(*events(*(f"{size}-{n}" for n in range(size)), key=f"{size}."))
        counts.append(len(executed))
    assert counts[0] == counts[1]
    assert await credits.balance() == 1000 - 2 * 311


# --- laws -----------------------------------------------------------------------------------


async def test_races_burn_exactly(world: World, credits: Credits, product: Product) -> None:
    await metered(world, F.SUM, "n")
    await world.feature("feature-r")
    await backed(world, "feature-r", 1)
    await credits.grant(50)
    batches = [product.send(*events(1, 2, key=f"{n % 10}.")) for n in range(20)]
    reports = [product.report(1, featureId="feature-r") for _ in range(10)]
    await asyncio.gather(*batches, *reports)
    assert await credits.balance() == 50 - 10 * 6 - 10
    entries = await credits.entries(paging={"first": 100})
    assert sum(amount for _, amount in entries) == -20


EVENTS = st.lists(
    st.lists(
        st.tuples(st.integers(-3, 9) | st.sampled_from(["a", "b", True]), st.integers(0, 70)),
        min_size=1,
        max_size=4,
    ),
    max_size=5,
)


@settings(max_examples=20)
@given(st.sampled_from(F), EVENTS)
async def test_what_is_burned_is_the_cost_of_what_grew(
    engine: AsyncEngine, function: F, batches: list[list[tuple[Any, int]]]
) -> None:
    environment = await new_environment(engine)
    world = World(environment.runtime)

    async def execute(document: str, variables: Any = None) -> Any:
        return await execute_document(environment.runtime, document, variables)

    await world.customer()
    await make_currency(execute)
    await metered(world, function, "n", amount=3, gives={"reset_rule": MONTHLY})
    credits, product = Credits(execute), Product(execute)
    environment.clock.move(days=65)
    await credits.grant(50)
    model: dict[int, list[Any]] = {}
    burned, key = 0.0, 0
    for batch in batches:
        sent = []
        for value, days_ago in batch:
            at = environment.clock() - timedelta(days=days_ago)
            window = model.setdefault((at.year * 12 + at.month), [])
            before = valued(function, window)
            window.append(value)
            burned += max(0, round(3 * (valued(function, window) - before), 9))
            key += 1
            sent.append(
                {
                    "idempotencyKey": str(key),
                    "dimensions": {"n": value},
                    "timestamp": wire_time(at),
                }
            )
        await product.send(*sent)
    assert await credits.balance() == pytest.approx(50 - burned, abs=1e-7)
    entries = await credits.entries(paging={"first": 100})
    assert sum(amount for _, amount in entries) == pytest.approx(50 - burned, abs=1e-7)


def valued(function: F, values: list[Any]) -> float:
    """The plain definition of each aggregation."""
    numbers = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    match function:
        case F.COUNT:
            return len(values)
        case F.SUM:
            return sum(numbers)
        case F.UNIQUE:
            return len({str(v) for v in values})
        case F.MAX:
            return max(numbers, default=0)
        case F.MIN:
            return min(numbers, default=0)
        case _:
            return sum(numbers) / len(numbers) if numbers else 0
