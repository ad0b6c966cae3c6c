"""estimateUsageCost and estimateEventCost (entitlements §9.12)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.catalog.enums import AggregationFunction as F
from domain.periods import wire_time
from tests.app.credits.backed import Product, backed
from tests.app.credits.conftest import Credits, make_currency
from tests.app.credits.test_events_burn import a_meter, events, metered
from tests.conftest import Execute, Recorder
from tests.support import MovableClock
from tests.world import World

ANSWER = """{ warnings estimates {
  currencyId estimatedCost currentBalance balanceAfterEstimate wouldOverdraft
  breakdown { featureId cost warningCode }
} }"""
USAGE = f"query ($input: EstimateUsageCostInput!) {{ estimateUsageCost(input: $input) {ANSWER} }}"
EVENT = f"query ($input: EstimateEventCostInput!) {{ estimateEventCost(input: $input) {ANSWER} }}"


class Estimates:
    """What a customer's product asks before it does something."""

    def __init__(self, execute: Execute) -> None:
        self.execute = execute

    async def usage(self, value: float = 1, **given: Any) -> Any:
        input = {"customerId": "customer-1", "featureId": "feature-f", "value": value} | given
        return (await self.execute(USAGE, {"input": input})).ok["estimateUsageCost"]

    async def event(self, name: str = "api", **given: Any) -> Any:
        input = {"customerId": "customer-1", "eventName": name} | given
        return (await self.execute(EVENT, {"input": input})).ok["estimateEventCost"]


@pytest.fixture
def estimates(execute: Execute) -> Estimates:
    return Estimates(execute)


@pytest.fixture
def product(execute: Execute) -> Product:
    return Product(execute)


def cost(answer: Any) -> float:
    (estimate,) = answer["estimates"]
    found: float = estimate["estimatedCost"]
    return found


async def test_23(
    world: World, credits: Credits, estimates: Estimates, count_statements: Recorder
) -> None:
    await backed(world, amount=2)
    await credits.grant(40)
    assert await estimates.usage(25) == {
        "warnings": [],
        "estimates": [
            {
                "currencyId": "tokens",
                "estimatedCost": 50,
                "currentBalance": 40,
                "balanceAfterEstimate": -10,
                "wouldOverdraft": True,
                "breakdown": [{"featureId": "feature-f", "cost": 50, "warningCode": None}],
            }
        ],
    }
    with count_statements() as executed:
        (exact,) = (await estimates.usage(20))["estimates"]
    assert (exact["balanceAfterEstimate"], exact["wouldOverdraft"]) == (0, False)
    assert not [s for s in executed if s.lstrip().upper().startswith(("INSERT", "UPDATE"))]
    assert await credits.balance() == 40


async def test_an_estimate_is_what_the_report_then_burns(
    world: World, credits: Credits, estimates: Estimates, product: Product
) -> None:
    await backed(world, amount=2)
    await credits.grant(100)
    for value, behavior in [(5, "DELTA"), (-2, "DELTA"), (9, "SET"), (4, "SET"), (4, "SET")]:
        expected = cost(await estimates.usage(value, updateBehavior=behavior))
        assert (await product.report(value, behavior))["credit"]["consumed"] == expected


async def test_21_by_formula(world: World, credits: Credits, estimates: Estimates) -> None:
    await backed(world, formula="1.1*in + 5*out")
    assert cost(await estimates.usage(1, dimensions={"in": 1000, "out": 200})) == 2100
    assert cost(await estimates.usage(1, dimensions={"in": 1000})) == 1100
    assert cost(await estimates.usage(0, dimensions={"in": 1000})) == 0


async def test_balances_are_those_of_now_and_of_the_resource(
    world: World, credits: Credits, estimates: Estimates, clock: MovableClock
) -> None:
    await world.resource("r1")
    await backed(world)
    await credits.grant(40, expireAt=wire_time(clock().replace(day=5)))
    await credits.grant(7, resourceId="r1")
    clock.move(days=10)
    (estimate,) = (await estimates.usage(1))["estimates"]
    assert (estimate["currentBalance"], estimate["wouldOverdraft"]) == (0, True)
    (estimate,) = (await estimates.usage(1, resourceId="r1"))["estimates"]
    assert (estimate["currentBalance"], estimate["wouldOverdraft"]) == (7, False)


async def test_warnings(world: World, credits: Credits, estimates: Estimates) -> None:
    resource = await world.resource("r1")
    assert await estimates.usage() == {"warnings": ["FEATURE_NOT_FOUND"], "estimates": []}
    await world.feature()
    not_based = {"warnings": ["FEATURE_NOT_CREDIT_BASED"], "estimates": []}
    assert await estimates.usage() == not_based
    await backed(world, subscription={"resource_id": resource.id})
    both = ["FEATURE_NOT_CREDIT_BASED", "RESOURCE_SCOPED_SUBSCRIPTION_EXISTS"]
    assert await estimates.usage() == {"warnings": both, "estimates": []}
    assert (await estimates.usage(resourceId="r1"))["warnings"] == []
    await backed(world)
    answer = await estimates.usage()
    assert answer["warnings"] == ["RESOURCE_SCOPED_SUBSCRIPTION_EXISTS"]
    assert cost(answer) == 2


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"customerId": "nobody"}, "CustomerNotFound"),
        ({"resourceId": "nowhere"}, "CustomerResourceNotFound"),
        ({"dimensions": {"a": [1]}}, "InvalidArgumentError"),
    ],
)
async def test_what_cannot_be_estimated(
    credits: Credits, execute: Execute, given: dict[str, Any], code: str
) -> None:
    usage = {"customerId": "customer-1", "featureId": "feature-f", "value": 1} | given
    assert (await execute(USAGE, {"input": usage})).codes == [code]
    event = {"customerId": "customer-1", "eventName": "api"} | given
    assert (await execute(EVENT, {"input": event})).codes == [code]


async def test_a_value_out_of_range(credits: Credits, execute: Execute) -> None:
    input = {"customerId": "customer-1", "featureId": "feature-f", "value": 1e300}
    answer = await execute(USAGE, {"input": input})
    assert answer.codes == ["UsageMeasurementDiffOutOfRangeError"]


# --- events ---------------------------------------------------------------------------------


async def test_an_event_costs_of_each_feature_that_counts_it(
    world: World, credits: Credits, estimates: Estimates, execute: Execute
) -> None:
    await make_currency(execute, "gems")
    await metered(world, F.COUNT)
    await backed(world, "feature-g", 3, meter=a_meter(world, F.SUM, "n"))
    await backed(world, "feature-h", 5, currency="gems", meter=a_meter(world, F.MAX, "n"))
    await backed(
        world, "feature-i", formula="n + 1", currency="gems", meter=a_meter(world, F.MAX, "n")
    )
    await credits.grant(10)
    answer = await estimates.event(dimensions={"n": 4})
    assert answer["warnings"] == []
    gems, tokens = answer["estimates"]
    assert (gems["currencyId"], gems["estimatedCost"], gems["wouldOverdraft"]) == ("gems", 5, True)
    assert gems["breakdown"] == [
        {"featureId": "feature-h", "cost": 0, "warningCode": "UNSUPPORTED_AGGREGATION"},
        {"featureId": "feature-i", "cost": 5, "warningCode": None},
    ]
    assert (tokens["estimatedCost"], tokens["balanceAfterEstimate"]) == (2 + 12, -4)
    assert [item["cost"] for item in tokens["breakdown"]] == [2, 12]
    assert await credits.balance() == 10


async def test_a_unique_event_costs_on_first_sight(
    world: World, credits: Credits, estimates: Estimates, product: Product
) -> None:
    await metered(world, F.UNIQUE, "n")
    assert cost(await estimates.event(dimensions={"n": "a"})) == 2
    assert cost(await estimates.event(dimensions={"n": "a"})) == 2, "nothing was counted"
    await product.send(*events("a"))
    assert cost(await estimates.event(dimensions={"n": "a"})) == 0
    assert cost(await estimates.event(dimensions={"n": "b"})) == 2
    assert cost(await estimates.event()) == 0


async def test_warnings_of_events(world: World, credits: Credits, estimates: Estimates) -> None:
    resource = await world.resource("r1")
    assert (await estimates.event()) == {"warnings": ["FEATURE_NOT_FOUND"], "estimates": []}
    await world.feature(meter=a_meter(world, F.COUNT))
    assert (await estimates.event())["warnings"] == ["FEATURE_NOT_CREDIT_BASED"]
    await backed(world, subscription={"resource_id": resource.id})
    both = ["FEATURE_NOT_CREDIT_BASED", "RESOURCE_SCOPED_SUBSCRIPTION_EXISTS"]
    assert (await estimates.event())["warnings"] == both
    assert (await estimates.event("other"))["warnings"] == ["FEATURE_NOT_FOUND"]
    assert cost(await estimates.event(resourceId="r1")) == 2


async def test_a_report_of_an_event_meter_costs_its_units(
    world: World, credits: Credits, estimates: Estimates
) -> None:
    await metered(world, F.SUM, "n")
    assert cost(await estimates.usage(4)) == 8
