"""Burning credits through the API (entitlements §9.4, §9.5, §9.10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from domain.periods import wire_time
from tests.app.credits.conftest import Credits, make_currency
from tests.conftest import Execute, Recorder
from tests.support import MovableClock
from tests.world import World

DAY = timedelta(days=1)


async def test_example_17(credits: Credits, clock: MovableClock) -> None:
    soon, later = wire_time(clock() + 10 * DAY), wire_time(clock() + 20 * DAY)
    await credits.grant(50, priority=1, expireAt=later, grantType="PAID", displayName="A")
    await credits.grant(20, priority=1, expireAt=later, displayName="B")
    await credits.grant(100, priority=2, expireAt=soon, displayName="C")
    await credits.consume(60)
    newest, before = (await credits.ledger())[:2]
    assert (before["grant"]["displayName"], before["amount"]) == ("B", -20)
    assert (newest["grant"]["displayName"], newest["amount"]) == ("A", -40)
    assert await credits.balance() == 110


async def test_example_18(credits: Credits) -> None:
    await credits.grant(10)
    await credits.consume(25)
    (owed,) = await credits.balances()
    assert (owed["totalGranted"], owed["totalConsumed"], owed["currentBalance"]) == (10, 25, -15)
    await credits.grant(50)
    (paid,) = await credits.balances()
    assert (paid["totalGranted"], paid["totalConsumed"], paid["currentBalance"]) == (60, 25, 35)
    entries = await credits.entries()
    assert entries[-2:] == [
        ("CREDITS_CONSUMPTION_TRANSFER_SOURCE", 15),
        ("CREDITS_CONSUMPTION_TRANSFER_TARGET", -15),
    ]
    assert sum(amount for _, amount in entries) == 35
    overdraft = next(g for g in await credits.grants() if g["grantType"] == "OVERDRAFT")
    assert (overdraft["displayName"], overdraft["status"]) == ("Overdraft", "VOIDED")


async def test_example_20(credits: Credits, clock: MovableClock) -> None:
    await credits.grant(100)
    first = await credits.consume(30)
    assert first["amount"] == 30
    assert (first["credit"]["currentUsage"], first["credit"]["usageLimit"]) == (30, 100)
    assert first["timestamp"] == wire_time(clock())
    clock.now += DAY
    repeat = await credits.consume(99)
    assert repeat == first
    clock.now += 29 * DAY
    assert (await credits.consume(1))["credit"]["currentUsage"] == 31, "30 days have passed"
    assert (await credits.try_consume(0, "zero")).codes == ["InvalidArgumentError"]


async def test_credit_versions_rise_though_the_clock_stands(credits: Credits) -> None:
    await credits.grant(100)
    stamps = [(await credits.consume(1, f"k{i}"))["credit"]["timestamp"] for i in range(3)]
    assert stamps == sorted(set(stamps))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"amount": -1}, "InvalidArgumentError"),
        ({"key": ""}, "InvalidArgumentError"),
        ({"key": "k" * 256}, "InvalidArgumentError"),
        ({"customerId": "nobody"}, "CustomerNotFound"),
        ({"currencyId": "nothing"}, "CustomCurrencyNotFound"),
        ({"resourceId": "nowhere"}, "CustomerResourceNotFound"),
        ({"dimensions": {"a": [1]}}, "InvalidArgumentError"),
        ({"createdAt": "2999-01-01"}, "InvalidArgumentError"),
    ],
)
async def test_what_is_not_consumed(credits: Credits, given: dict[str, Any], code: str) -> None:
    await credits.grant(100)
    answer = await credits.try_consume(**{"amount": 1, **given})
    assert answer.codes == [code]
    assert await credits.balance() == 100


async def test_races_burn_each_key_once_and_lose_nothing(credits: Credits) -> None:
    await credits.grant(20)
    await asyncio.gather(*(credits.consume(2, f"k{index % 10}") for index in range(20)))
    await asyncio.gather(credits.grant(5), *(credits.consume(1, f"j{i}") for i in range(8)))
    assert await credits.balance() == 20 + 5 - 20 - 8
    assert sum(amount for _, amount in await credits.entries(paging={"first": 100})) == -3


async def test_burning_costs_the_same_however_many_grants_there_were(
    credits: Credits, count_statements: Recorder
) -> None:
    await credits.grant(1)
    with count_statements() as few:
        await credits.consume(1, "first")
    for _ in range(10):
        await credits.grant(1)
    with count_statements() as many:
        await credits.consume(10, "second")
    assert len(many) == len(few)


# --- consumeCreditsAsync --------------------------------------------------------------------


async def test_a_batch_is_applied_once_and_in_its_order(
    credits: Credits, world: World, execute: Execute
) -> None:
    await make_currency(execute, "gems")
    await world.resource("r1")
    await credits.grant(100)
    await credits.consume(1, "a")
    answer = await credits.try_consume_many(
        {"amount": 10, "idempotencyKey": "a"},
        {"amount": 2, "idempotencyKey": "b", "createdAt": "2024-12-31T00:00:00.000Z"},
        {"amount": 3, "idempotencyKey": "b"},
        {"amount": 4, "currencyId": "gems"},
        {"amount": 5, "resourceId": "r1"},
    )
    assert answer.ok == {"consumeCreditsAsync": "ok"}
    assert (await credits.ledger())[0]["amount"] == -2
    assert (await credits.ledger())[0]["timestamp"] == "2024-12-31T00:00:00.000Z"
    assert await credits.balance(currencyId="tokens") == 97
    assert await credits.balance(currencyId="gems") == -4
    assert await credits.balance(resourceId="r1") == -5
    assert (await credits.consume(9, "b"))["amount"] == 2, "one key, whoever consumed with it"


async def test_unknown_ids_are_dropped_from_a_batch(credits: Credits, world: World) -> None:
    await world.customer("archived", deleted_at=world.now)
    answer = await credits.try_consume_many(
        {"customerId": "nobody"},
        {"customerId": "archived"},
        {"currencyId": "nothing"},
        {"resourceId": "nowhere"},
        {"amount": 5},
    )
    assert answer.ok
    assert await credits.balance() == -5


@pytest.mark.parametrize(
    "fault",
    [
        {"amount": 0},
        {"idempotencyKey": ""},
        {"dimensions": {"a": None}},
        {"createdAt": "2999-01-01"},
    ],
)
async def test_a_fault_rejects_the_batch(credits: Credits, fault: dict[str, Any]) -> None:
    await credits.grant(10)
    answer = await credits.try_consume_many({}, {"customerId": "nobody"} | fault)
    assert answer.codes == ["InvalidArgumentError"]
    assert answer.errors[0]["extensions"]["index"] == 1
    assert await credits.balance() == 10


@pytest.mark.parametrize("size", [0, 1001])
async def test_a_batch_has_1_to_1000_items(credits: Credits, size: int) -> None:
    answer = await credits.try_consume_many(*({"idempotencyKey": str(n)} for n in range(size)))
    assert answer.codes == ["InvalidArgumentError"]


async def test_a_batch_of_many_wallets_burns_each(
    credits: Credits, world: World, count_statements: Recorder
) -> None:
    for n in range(2, 121):
        await world.customer(f"customer-{n}")
    items = [
        {"customerId": f"customer-{1 + n % 120}", "idempotencyKey": str(n)} for n in range(360)
    ]
    with count_statements() as executed:
        assert (await credits.try_consume_many(*items)).ok
    assert len(executed) <= 3 + 2 * 14, "by the hundred wallets, not by the item"
    assert await credits.balance(customerId="customer-120") == -3


async def test_batches_race_and_lose_nothing(credits: Credits) -> None:
    await credits.grant(20)
    batches = [[{"idempotencyKey": f"k{n}"} for n in range(8)] for _ in range(5)]
    await asyncio.gather(*(credits.try_consume_many(*batch) for batch in batches))
    assert await credits.balance() == 12
