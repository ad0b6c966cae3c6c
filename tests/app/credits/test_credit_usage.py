"""creditUsage and creditEventsFields (entitlements §9.13)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.periods import wire_time
from tests.app.credits.backed import Product, backed
from tests.app.credits.conftest import Credits, make_currency
from tests.conftest import Execute, Recorder
from tests.support import MovableClock
from tests.world import World

USAGE = """query ($input: CreditUsageInput!) { creditUsage(input: $input) {
  currency { currencyId displayName }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  series { featureId featureName totalCredits tags { key value } points { timestamp value } }
} }"""
FIELDS = "query ($input: CreditEventsFieldsInput!) { creditEventsFields(input: $input) { fields } }"


@pytest.fixture
def product(execute: Execute) -> Product:
    return Product(execute)


async def usage(execute: Execute, **given: Any) -> Any:
    input = {"customerId": "customer-1", "currencyId": "tokens"} | given
    return (await execute(USAGE, {"input": input})).ok["creditUsage"]


def totals(found: Any) -> list[tuple[str | None, float]]:
    return [(series["featureId"], series["totalCredits"]) for series in found["series"]]


def burned(series: Any) -> list[tuple[str, float]]:
    return [(point["timestamp"], point["value"]) for point in series["points"] if point["value"]]


async def test_what_burned_when_and_for_what(
    world: World, credits: Credits, product: Product, execute: Execute, clock: MovableClock
) -> None:
    await backed(world, amount=2, display_name="Calls")
    await credits.grant(5)  # the rest becomes a deficit: two entries of one report
    await product.report(10)
    await credits.consume(3)
    clock.move(days=2, hours=3)
    await product.report(1)
    found = await usage(execute)
    assert found["currency"] == {"currencyId": "tokens", "displayName": "Tokens"}
    assert totals(found) == [("feature-f", 22), (None, 3)]
    first, direct = found["series"]
    assert (first["featureName"], direct["featureName"], first["tags"]) == ("Calls", None, [])
    assert len(first["points"]) == len(direct["points"]) == 30
    assert burned(first) == [
        (wire_time(clock.now.replace(day=31, month=12, year=2024)), 20),
        (wire_time(clock.now.replace(day=2)), 2),
    ]
    assert totals(await usage(execute, timeRange="LAST_DAY")) == [("feature-f", 2)]
    day = await usage(execute, timeRange="LAST_DAY")
    assert len(day["series"][0]["points"]) == 24
    assert burned(day["series"][0])[0][0] == wire_time(clock.now.replace(hour=2))
    since = await usage(execute, startDate=wire_time(clock()), endDate="2025-02-01")
    assert totals(since) == [("feature-f", 2)]


async def test_series_by_dimensions(
    world: World, credits: Credits, product: Product, execute: Execute
) -> None:
    await backed(world, amount=1)
    await product.report(4, dimensions={"model": "big", "n": 1.0, "flag": True})
    await product.report(2, dimensions={"model": "small"})
    await product.report(1)
    await credits.consume(3, dimensions={"model": "big"})
    found = await usage(execute, groupBy=["model", "n", "flag"])
    assert [
        (series["featureId"], [(tag["key"], tag["value"]) for tag in series["tags"]])
        for series in found["series"]
    ] == [
        ("feature-f", [("model", "big"), ("n", "1"), ("flag", "true")]),
        (None, [("model", "big"), ("n", ""), ("flag", "")]),
        ("feature-f", [("model", "small"), ("n", ""), ("flag", "")]),
        ("feature-f", [("model", ""), ("n", ""), ("flag", "")]),
    ]


async def test_pages_of_series(
    world: World, credits: Credits, product: Product, execute: Execute
) -> None:
    await backed(world, amount=1)
    for n in range(1, 6):
        await product.report(n, dimensions={"n": n})
    seen: list[float] = []
    paging: dict[str, Any] = {"first": 2}
    while True:
        found = await usage(execute, groupBy=["n"], paging=paging)
        seen += [series["totalCredits"] for series in found["series"]]
        if not found["pageInfo"]["hasNextPage"]:
            break
        paging = {"first": 2, "after": found["pageInfo"]["endCursor"]}
    assert seen == [5, 4, 3, 2, 1]
    everything = await usage(execute, groupBy=["n"])
    assert len(everything["series"]) == 5
    assert everything["pageInfo"]["hasNextPage"] is False


async def test_currencies_never_add_up(
    world: World, credits: Credits, product: Product, execute: Execute
) -> None:
    assert await usage(execute, currencyId=None) == {
        "currency": None,
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
        "series": [],
    }
    await credits.consume(2, "a")
    assert (await usage(execute, currencyId=None))["currency"]["currencyId"] == "tokens"
    await make_currency(execute, "gems")
    await credits.consume(3, "b", currencyId="gems")
    mixed = await usage(execute, currencyId=None)
    assert mixed["currency"] is None
    assert totals(mixed) == [(None, 3), (None, 2)]


async def test_wallets_of_resources_are_apart(
    world: World, credits: Credits, execute: Execute
) -> None:
    await world.resource("r1")
    await credits.consume(2, resourceId="r1")
    assert totals(await usage(execute)) == []
    assert totals(await usage(execute, resourceId="r1")) == [(None, 2)]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"groupBy": ["a", "b", "c", "d"]}, "InvalidArgumentError"),
        ({"groupBy": ["a b"]}, "InvalidArgumentError"),
        ({"startDate": "2024-02-01", "endDate": "2024-02-01"}, "InvalidArgumentError"),
        ({"startDate": "2999-01-01"}, "InvalidArgumentError"),
        ({"customerId": "nobody"}, "CustomerNotFound"),
        ({"currencyId": "nothing"}, "CustomCurrencyNotFound"),
        ({"resourceId": "nowhere"}, "CustomerResourceNotFound"),
        ({"paging": {"first": 1, "after": "bm8="}}, "BadUserInput"),
    ],
)
async def test_what_is_refused(
    credits: Credits, execute: Execute, given: dict[str, Any], code: str
) -> None:
    input = {"customerId": "customer-1", "currencyId": "tokens"} | given
    assert (await execute(USAGE, {"input": input})).codes == [code]


async def test_usage_is_read_in_a_fixed_number_of_statements(
    world: World,
    credits: Credits,
    product: Product,
    execute: Execute,
    count_statements: Recorder,
) -> None:
    await backed(world, "feature-f")
    await backed(world, "feature-g")
    await product.report(1, dimensions={"n": 0})
    with count_statements() as few:
        await usage(execute, groupBy=["n"])
    await product.bulk(*({"featureId": "feature-g", "dimensions": {"n": n}} for n in range(20)))
    with count_statements() as many:
        assert len((await usage(execute, groupBy=["n"]))["series"]) == 21
    assert len(many) == len(few)


async def test_names_of_dimensions(
    world: World, credits: Credits, product: Product, execute: Execute
) -> None:
    async def fields(**given: Any) -> Any:
        input = {"customerId": "customer-1"} | given
        return (await execute(FIELDS, {"input": input})).ok["creditEventsFields"]["fields"]

    assert await fields() == []
    await make_currency(execute, "gems")
    await backed(world)
    await product.report(1, dimensions={"model": "big", "inTokens": 1})
    await credits.consume(1, currencyId="gems", dimensions={"reason": "test"})
    assert await fields() == ["inTokens", "model", "reason"]
    assert await fields(currencyId="tokens") == ["inTokens", "model"]
    assert await fields(search="TOKEN") == ["inTokens"]
    answer = await execute(FIELDS, {"input": {"customerId": "nobody"}})
    assert answer.codes == ["CustomerNotFound"]
