"""Estimates and the units of events, as pure decisions (entitlements §9.9, §9.12)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import AggregationFunction as F
from domain.catalog.model import CreditRate, Meter
from domain.credits.cost import units_of_event
from domain.credits.enums import EstimationWarningCode
from domain.credits.estimates import Item, by_currency, is_unsupported
from domain.ids import CurrencyId
from domain.metering.model import UsageEvent
from tests.builders import NOW, uid


def a_meter(function: F, field: str | None = None) -> Meter:
    return Meter(
        id=uid("meter"), filters=(), function=function, field=field, created_at=NOW, updated_at=NOW
    )


def an_event(**dimensions: Any) -> UsageEvent:
    return UsageEvent(
        id=uid("event"),
        customer_id="customer-1",
        event_name="api",
        idempotency_key="k",
        timestamp=NOW,
        dimensions=dimensions,
    )


@pytest.mark.parametrize(
    ("function", "field", "value", "units"),
    [
        (F.COUNT, None, "x", 1),
        (F.SUM, "n", 2.5, Decimal("2.5")),
        (F.SUM, "n", "3", 3),
        (F.SUM, "n", -3, 0),
        (F.SUM, "n", "x", 0),
        (F.SUM, "other", 3, 0),
        (F.SUM, None, 3, 0),
        (F.UNIQUE, "n", 3, None),
        (F.MAX, "n", 3, None),
        (F.MIN, "n", 3, None),
        (F.AVG, "n", 3, None),
    ],
)
def test_what_an_event_alone_tells(
    function: F, field: str | None, value: object, units: Decimal | int | None
) -> None:
    assert units_of_event(a_meter(function, field), an_event(n=value)) == units


@pytest.mark.parametrize("function", F)
def test_what_cannot_be_told_before_it_happens(function: F) -> None:
    rate = CreditRate(amount=Decimal(1), currency_id=CurrencyId(uid("tokens")))
    formula = CreditRate(
        amount=Decimal(1), currency_id=CurrencyId(uid("tokens")), cost_formula="2*n"
    )
    assert is_unsupported(rate, a_meter(function, "n")) is (function in {F.MAX, F.MIN, F.AVG})
    assert not is_unsupported(formula, a_meter(function, "n"))
    assert not is_unsupported(rate, None)


def test_23_estimates_by_currency() -> None:
    def item(feature: str, currency: str, cost: int, **given: Any) -> Item:
        return Item(feature_ref_id=feature, currency_id=currency, cost=Decimal(cost), **given)

    unknown = item("b", "gems", 0, warning=EstimationWarningCode.UNSUPPORTED_AGGREGATION)
    items = [item("c", "tokens", 50), unknown, item("a", "gems", 3)]
    gems, tokens = by_currency(items, {"tokens": Decimal(40)})
    assert [each.feature_ref_id for each in gems.breakdown] == ["a", "b"]
    assert [gems.cost, gems.balance, gems.balance_after] == [3, 0, -3]
    assert [tokens.cost, tokens.balance_after] == [50, -10]
    assert tokens.would_overdraft
    (exact,) = by_currency([item("c", "tokens", 40)], {"tokens": Decimal(40)})
    assert not exact.would_overdraft
