"""Credit-backed reports (entitlements §5, §9.1, §9.9)."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.catalog.model import UnitTransformation
from domain.periods import wire_time
from tests.app.credits.backed import BULK, REPORT, Product, backed
from tests.app.credits.conftest import Credits, make_currency
from tests.conftest import Execute, Recorder
from tests.support import MovableClock, execute_document, new_environment
from tests.world import MONTHLY, World

DAY = timedelta(days=1)


@pytest.fixture
def product(execute: Execute) -> Product:
    return Product(execute)


async def test_a_report_burns_and_tells_the_wallet(
    world: World, credits: Credits, product: Product, clock: MovableClock
) -> None:
    await backed(world, amount=2)
    await credits.grant(100)
    answer = await product.report(5)
    assert answer["currentUsage"] == 5
    credit = answer["credit"]
    assert (credit["consumed"], credit["currencyId"]) == (10, "tokens")
    assert (credit["currentUsage"], credit["usageLimit"]) == (10, 100)
    assert credit["usagePeriodEnd"] is None
    assert await credits.balance() == 90
    newest = (await credits.ledger())[0]
    assert (newest["eventType"], newest["amount"]) == ("CREDITS_CONSUMED", -10)
    assert (newest["featureId"], newest["eventId"]) == ("feature-f", answer["id"])
    assert newest["timestamp"] == wire_time(clock())


async def test_usage_that_credits_do_not_pay_for_has_no_credit(
    world: World, credits: Credits, product: Product
) -> None:
    await credits.grant(100)
    await world.feature()
    await world.plan("plan-basic", world.gives())
    await world.subscribe("plan-basic")
    assert (await product.report(5))["credit"] is None
    assert await credits.balance() == 100


async def test_what_shrinks_gives_nothing_back(
    world: World, credits: Credits, product: Product
) -> None:
    await backed(world)
    await credits.grant(100)
    steps = [(3, "DELTA"), (-2, "DELTA"), (4, "SET"), (4, "SET"), (1, "SET"), (2, "SET")]
    burned = [(await product.report(*step))["credit"]["consumed"] for step in steps]
    assert burned == [6, 0, 6, 0, 0, 2]
    assert await credits.balance() == 100 - 14


async def test_a_repeat_burns_nothing_and_shows_the_wallet_as_it_stands(
    world: World, credits: Credits, product: Product
) -> None:
    await backed(world)
    await credits.grant(100)
    first = await product.report(5, idempotencyKey="k")
    await credits.consume(1)
    repeat = await product.report(50, idempotencyKey="k")
    assert repeat["id"] == first["id"]
    assert (repeat["credit"]["consumed"], repeat["credit"]["currentUsage"]) == (0, 11)
    assert repeat["credit"]["timestamp"] > first["credit"]["timestamp"]
    assert await credits.balance() == 89


async def test_an_unknown_wallet_runs_into_a_deficit(
    world: World, credits: Credits, product: Product
) -> None:
    await backed(world)
    credit = (await product.report(5))["credit"]
    assert (credit["currentUsage"], credit["usageLimit"]) == (10, 0)
    assert await credits.balance() == -10


async def test_reported_units_burn_whatever_they_are_shown_in(
    world: World, credits: Credits, product: Product
) -> None:

    await backed(world, amount="0.01", unit_transformation=UnitTransformation(divide=Decimal(1000)))
    await credits.grant(100)
    answer = await product.report(2000)
    assert (answer["currentUsage"], answer["credit"]["consumed"]) == (2, 20)


async def test_21_a_formula_over_the_dimensions(
    world: World, credits: Credits, product: Product
) -> None:
    await backed(world, formula="1.1*in + 5*out")
    costs = [
        (await product.report(1, dimensions=dimensions))["credit"]["consumed"]
        for dimensions in ({"in": 1000, "out": 200}, {"in": 1000}, {"in": "x", "out": 200})
    ]
    assert costs == [2100, 1100, 1000]
    assert (await product.report(-1, dimensions={"in": 1000}))["credit"]["consumed"] == 0


async def test_24_what_burns_before_anything_recharges(
    world: World, credits: Credits, product: Product
) -> None:
    await backed(world, amount=1)
    await credits.grant(25)
    balances = []
    for value in (5, 1):
        credit = (await product.report(value))["credit"]
        balances.append(credit["usageLimit"] - credit["currentUsage"])
    assert balances == [20, 19]
    assert await credits.balance() == 19


async def test_a_formula_from_before_they_were_checked_burns_nothing(
    world: World, credits: Credits, product: Product, caplog: pytest.LogCaptureFixture
) -> None:
    await backed(world, formula="1 +")
    with caplog.at_level(logging.WARNING):
        answer = await product.report(1)
    assert (answer["currentUsage"], answer["credit"]["consumed"]) == (1, 0)
    assert "burned no credits" in caplog.text


async def test_the_wallet_is_that_of_the_reports_resource(
    world: World, credits: Credits, product: Product
) -> None:
    await world.resource("r1")
    await backed(world)
    await credits.grant(100)
    await credits.grant(50, resourceId="r1")
    assert (await product.report(5, resourceId="r1"))["credit"]["usageLimit"] == 50
    assert await credits.balance() == 100
    assert await credits.balance(resourceId="r1") == 40


async def test_usage_of_the_past_burns_now(
    world: World, credits: Credits, product: Product, clock: MovableClock
) -> None:
    await backed(world, gives={"reset_rule": MONTHLY})
    clock.move(days=70)
    await credits.grant(100)
    past = wire_time(clock() - 60 * DAY)
    assert (await product.report(5, createdAt=past))["credit"]["consumed"] == 10
    assert (await credits.ledger())[0]["timestamp"] == wire_time(clock())
    late = await product.report(3, createdAt=past)
    assert late["credit"]["currentUsage"] == 16


async def test_a_delta_that_a_later_set_covers_burns_nothing(
    world: World, credits: Credits, product: Product, clock: MovableClock
) -> None:
    await backed(world)
    before = wire_time(clock())
    clock.move(hours=1)
    assert (await product.report(5, "SET"))["credit"]["consumed"] == 10
    assert (await product.report(5, createdAt=before))["credit"]["consumed"] == 0


async def test_a_subscription_that_ended_pays_for_nothing_any_more(
    world: World, credits: Credits, product: Product
) -> None:
    subscription = await backed(world)
    assert (await product.report(1))["credit"]["consumed"] == 2
    await world.save(subscription, effective_end_date=world.now)
    await world.promote()
    assert (await product.report(1))["credit"] is None, "a promotion costs nothing"


# --- bulk -----------------------------------------------------------------------------------


async def test_each_item_of_a_bulk_shows_the_wallet_after_it(
    world: World, credits: Credits, product: Product, execute: Execute
) -> None:
    await make_currency(execute, "gems")
    await backed(world, "feature-f", 2)
    await backed(world, "feature-g", 3, currency="gems")
    await world.feature("feature-h")
    await world.plan("plan-h", world.gives("feature-h"))
    await world.subscribe("plan-h")
    await credits.grant(10)
    answers = await product.bulk(
        {"value": 1, "idempotencyKey": "k"},
        {"featureId": "feature-g"},
        {"value": 9, "idempotencyKey": "k"},
        {"featureId": "feature-h"},
        {"value": 5},
    )
    credits_of = [answer["credit"] for answer in answers]
    assert credits_of[3] is None
    shown = [c and (c["currencyId"], c["consumed"], c["currentUsage"]) for c in credits_of]
    assert shown == [("tokens", 2, 2), ("gems", 3, 3), ("tokens", 0, 2), None, ("tokens", 10, 12)]
    assert credits_of[0]["timestamp"] == credits_of[2]["timestamp"] < credits_of[4]["timestamp"]
    assert (await product.report(1))["credit"]["timestamp"] > credits_of[4]["timestamp"]
    assert await credits.balance(currencyId="tokens") == 10 - 14
    assert await credits.balance(currencyId="gems") == -3


async def test_a_bulk_that_fails_burns_nothing(
    world: World, credits: Credits, product: Product, execute: Execute
) -> None:
    await backed(world)
    await credits.grant(10)
    usages = [product.ids | {"value": 1}, product.ids | {"value": -9}]
    answer = await execute(BULK, {"input": {"usages": usages}})
    assert answer.errors[0]["extensions"]["index"] == 1
    assert await credits.balance() == 10


async def test_a_bulk_burns_in_as_many_statements_as_one_report(
    world: World, credits: Credits, product: Product, count_statements: Recorder
) -> None:
    await backed(world)
    await credits.grant(200)  # so that a single report already is a percent of it
    await product.bulk({})
    counts = []
    for size in (1, 50):
        with count_statements() as executed:
            await product.bulk(*({"dimensions": {"n": n}} for n in range(size)))
        counts.append(len(executed))
    assert counts[0] == counts[1]


async def test_reports_that_burn_nothing_ask_nothing_of_wallets(
    world: World, credits: Credits, product: Product, count_statements: Recorder
) -> None:
    await credits.grant(10)
    await world.feature()
    await world.plan("plan-basic", world.gives())
    await world.subscribe("plan-basic")
    await product.report(1)
    with count_statements() as executed:
        await product.report(1)
    # The check's own statement knows of wallets, and finds none to ask.
    others = [statement for statement in executed if "entitlement_snapshots" not in statement]
    assert not [statement for statement in others if "credit_" in statement]


# --- laws -----------------------------------------------------------------------------------


async def test_races_burn_exactly(world: World, credits: Credits, product: Product) -> None:
    await backed(world)
    await credits.grant(30)
    calls = [product.report(1, idempotencyKey=f"k{n % 15}") for n in range(20)]
    bulks = [product.bulk({"value": 2}, {"value": 1}) for _ in range(4)]
    direct = [credits.consume(1, f"c{n}") for n in range(4)]
    answers = await asyncio.gather(*calls, *bulks, *direct)
    assert sum(answer["credit"]["consumed"] for answer in answers[:20]) == 15 * 2
    assert await credits.balance() == 30 - 30 - 4 * 6 - 4
    entries = await credits.entries(paging={"first": 100})
    assert sum(amount for _, amount in entries) == -28


REPORTS = st.lists(
    st.tuples(st.sampled_from(["DELTA", "SET"]), st.integers(-5, 20), st.integers(0, 48)),
    max_size=12,
)


@settings(max_examples=20)
@given(REPORTS)
async def test_what_is_burned_is_the_cost_of_what_was_added(
    engine: AsyncEngine, reports: list[tuple[str, int, int]]
) -> None:
    environment = await new_environment(engine)
    world = World(environment.runtime)

    async def execute(document: str, variables: Any = None) -> Any:
        return await execute_document(environment.runtime, document, variables)

    await world.customer()
    await make_currency(execute)
    await backed(world, amount=3)
    credits, product = Credits(execute), Product(execute)
    environment.clock.move(days=3)
    await credits.grant(50)
    total, added = 0.0, 0.0
    for behavior, value, hours_ago in reports:
        at = wire_time(environment.clock() - timedelta(hours=hours_ago))
        input = product.ids | {"value": value, "updateBehavior": behavior, "createdAt": at}
        answer = await execute(REPORT, {"input": input})
        if answer.errors:
            continue
        report = answer.data["reportUsage"]
        grown = max(0, report["currentUsage"] - total)
        total, added = report["currentUsage"], added + grown
        assert report["credit"]["consumed"] == 3 * grown
        assert report["credit"]["currentUsage"] == 3 * added
    assert await credits.balance() == 50 - 3 * added
    entries = await credits.entries(paging={"first": 100})
    assert sum(amount for _, amount in entries) == 50 - 3 * added
