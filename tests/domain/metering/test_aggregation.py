"""Example 14 of spec, entitlements §15: filters and aggregations of raw events."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import AggregationFunction as F
from domain.catalog.enums import ConditionOperation as Op
from domain.catalog.model import MeterCondition, MeterFilter
from domain.metering.aggregation import as_number, canonical_text, matches, tally_of, value_of
from domain.metering.model import UsageEvent
from tests.builders import uid, utc


def event(name: str = "api", **dimensions: Any) -> UsageEvent:
    return UsageEvent(
        id=uid("event"),
        customer_id="customer-demo-01",
        event_name=name,
        idempotency_key="k",
        timestamp=utc("2024-03-01"),
        dimensions=dimensions,
    )


def on(field: str, operation: Op, value: str | None = None, *values: str) -> MeterFilter:
    return MeterFilter(
        conditions=(MeterCondition(field=field, operation=operation, value=value, values=values),)
    )


FILTERS = (
    MeterFilter(
        conditions=(
            MeterCondition(field="eventName", operation=Op.EQUALS, value="api"),
            MeterCondition(field="region", operation=Op.EQUALS, value="us"),
        )
    ),
)
EVENTS = [
    event(region="us", n=100, user="a"),
    event(region="us", n=250, user="b"),
    event(region="eu", n=50, user="a"),
    event(region="us", n="40", user="a"),
    event(region="us", user="c"),
    event("other", region="us", n=1, user="d"),
]


@pytest.mark.parametrize(
    ("function", "field", "expected"),
    [
        (F.COUNT, None, 4),
        (F.SUM, "n", 390),
        (F.MAX, "n", 250),
        (F.MIN, "n", 40),
        (F.AVG, "n", 130),
        (F.UNIQUE, "user", 3),
    ],
)
def test_the_aggregations_of_the_example(function: F, field: str | None, expected: int) -> None:
    assert value_of(tally_of(FILTERS, field, EVENTS), function) == expected


def test_an_empty_window_is_zero() -> None:
    for function in F:
        assert value_of(tally_of(FILTERS, "n", []), function) == 0


def test_filters_are_alternatives_and_none_matches_all() -> None:
    assert matches((), event())
    assert matches((on("eventName", Op.EQUALS, "x"), on("eventName", Op.IN, None, "api")), event())


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (on("n", Op.EQUALS, "1"), True),
        (on("n", Op.EQUALS, "1.0"), False),
        (on("dimensions.n", Op.GREATER_THAN, "0.5"), True),
        (on("n", Op.GREATER_THAN_OR_EQUAL, "1.0"), True),
        (on("n", Op.LESS_THAN, "1"), False),
        (on("n", Op.LESS_THAN_OR_EQUAL, "abc"), False),
        (on("flag", Op.EQUALS, "true"), True),
        (on("text", Op.CONTAINS, "ell"), True),
        (on("text", Op.CONTAINS, "ELL"), False),
        (on("text", Op.STARTS_WITH, "he"), True),
        (on("text", Op.ENDS_WITH, "lo"), True),
        (on("missing", Op.NOT_EQUALS, "x"), True),
        (on("missing", Op.IS_NULL), True),
        (on("missing", Op.IS_NOT_NULL), False),
        (on("missing", Op.LESS_THAN, "5"), False),
        (on("customerId", Op.NOT_EQUALS, "customer-demo-01"), False),
        (on("resourceId", Op.IS_NULL), True),
    ],
)
def test_a_condition_compares_canonical_texts(condition: MeterFilter, expected: bool) -> None:
    assert matches((condition,), event(n=1.0, flag=True, text="hello")) is expected


@pytest.mark.parametrize(
    ("value", "number"),
    [("1.5", "1.5"), (" -2 ", "-2"), ("1e3", "1000"), (".5", "0.5"), (2**70, str(2**70))],
)
def test_a_numeric_string_says_a_number(value: Any, number: str) -> None:
    assert as_number(value) == Decimal(number)


@pytest.mark.parametrize("value", ["", "1_000", "٣", "0x10", "NaN", "Infinity", "1,5", True, None])
def test_nothing_else_says_one(value: Any) -> None:
    assert as_number(value) is None


def test_texts_are_the_shortest_decimal() -> None:
    assert [canonical_text(v) for v in (1.0, 0.1, 1e21, 100, True, "x")] == [
        "1",
        "0.1",
        "1000000000000000000000",
        "100",
        "true",
        "x",
    ]
    assert Decimal(canonical_text(250.50)) == Decimal("250.5")
