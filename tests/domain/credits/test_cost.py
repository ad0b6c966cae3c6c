"""Costs in credits, and the formulas that say them. Source: spec, entitlements §9.9."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.catalog.enums import AggregationFunction
from domain.catalog.model import CreditRate
from domain.credits.cost import (
    COST_MAX,
    FORMULA_LENGTH_MAX,
    NESTING_MAX,
    cost_of,
    parsed_formula,
    units_of_change,
)
from domain.errors import ErrorCode, InvalidInput
from domain.ids import CurrencyId
from domain.metering.aggregation import tally_of, value_of
from domain.metering.model import Scalar, UsageEvent
from tests.builders import NOW, uid
from tests.strategies import AMOUNTS

TOKENS = CurrencyId(uid("currency:tokens"))
SPEC = "1.1*in + 5*out"


def a_rate(amount: str | Decimal = "1", formula: str | None = None) -> CreditRate:
    return CreditRate(amount=Decimal(amount), currency_id=TOKENS, cost_formula=formula)


def cost(formula: str, **dimensions: object) -> Decimal:
    """Of one unit at a rate of 1, which a formula ignores."""
    return cost_of(a_rate(formula=formula), units=Decimal(1), dimensions=dimensions)


def code_of(formula: str) -> ErrorCode | None:
    """What refuses the formula; None for one that can be parsed."""
    try:
        parsed_formula(formula)
    except InvalidInput as refused:
        return refused.code
    return None


class TestRate:
    def test_23_amount_times_units(self) -> None:
        assert cost_of(a_rate("2"), units=Decimal(25), dimensions={}) == 50

    def test_dimensions_do_not_matter_without_a_formula(self) -> None:
        assert cost_of(a_rate("0.5"), units=Decimal(3), dimensions={"in": 9}) == Decimal("1.5")

    def test_negative_units_give_nothing_back(self) -> None:
        assert cost_of(a_rate("2"), units=Decimal(-3), dimensions={}) == 0

    def test_half_up_at_the_tenth_place(self) -> None:
        assert cost_of(a_rate("0.5"), units=Decimal("1e-10"), dimensions={}) == Decimal("1e-10")
        assert cost_of(a_rate("0.4"), units=Decimal("1e-10"), dimensions={}) == 0

    def test_what_a_wallet_could_not_add_up_is_cut(self) -> None:
        assert cost_of(a_rate("999999999"), units=Decimal(2**53), dimensions={}) == COST_MAX

    @given(amount=AMOUNTS, units=AMOUNTS)
    def test_never_negative_and_kept_as_credits_are(self, amount: Decimal, units: Decimal) -> None:
        found = cost_of(a_rate(amount), units=units, dimensions={})
        assert 0 <= found <= COST_MAX
        assert found == found.quantize(Decimal("1e-10"))


class TestFormula:
    def test_21_tokens(self) -> None:
        assert cost(SPEC, **{"in": 1000, "out": 200}) == 2100
        assert cost(SPEC, **{"in": 1000}) == 1100
        assert cost(SPEC, **{"in": "x", "out": 200}) == 1000

    @pytest.mark.parametrize(
        ("formula", "expected"),
        [
            ("2 + 3 * 4", "14"),
            ("(2 + 3) * 4", "20"),
            ("10 - 4 - 3", "3"),
            ("16 / 4 / 2", "2"),
            ("7--2", "9"),
            ("2*-3 + 10", "4"),
            ("-(2 - 5)", "3"),
            (".5 + 0.25", "0.75"),
            ("1/3", "0.3333333333"),
            ("2/3", "0.6666666667"),
            ("floor(10/3*3)", "10"),
            ("min(3, 1, 2)", "1"),
            ("max(3, 1, 2)", "3"),
            ("max(4)", "4"),
            ("ceil(1.2)", "2"),
            ("floor(1.8)", "1"),
            ("round(2.5)", "3"),
            ("round(2.4)", "2"),
            ("5 + round(-2.5)", "2"),
            ("max(-1, floor(-1.5)) + 2", "1"),
            ("1 / 0 + 3", "3"),
            ("1 - 2", "0"),
            ("99999999999999999999", str(COST_MAX)),
            (" \t\r\n 1 ", "1"),
        ],
    )
    def test_arithmetic(self, formula: str, expected: str) -> None:
        assert cost(formula) == Decimal(expected)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (40, "40"),
            (0.1, "0.1"),
            ("40", "40"),
            (" 2.5e1 ", "25"),
            ("forty", "0"),
            ("", "0"),
            (True, "0"),
            (None, "0"),
            ([40], "0"),
            ({"a": 1}, "0"),
            (math.inf, "0"),
            (math.nan, "0"),
            ("1e9999", "0"),
            (10**17, "0"),
        ],
    )
    def test_what_counts_as_a_number(self, value: object, expected: str) -> None:
        assert cost("a", a=value) == Decimal(expected)

    def test_a_formula_alone_decides(self) -> None:
        rate = a_rate("7", "2*in")
        assert cost_of(rate, units=Decimal(100), dimensions={"in": 3}) == 6
        assert cost_of(rate, units=Decimal(0), dimensions={"in": 3}) == 6

    def test_names(self) -> None:
        assert cost("$tokens_1.out", **{"$tokens_1.out": 4}) == 4
        assert cost("a-b", **{"a": 5, "b": 2, "a-b": 9}) == 3
        assert cost("min + max(min, 1)", min=4) == 8

    @pytest.mark.parametrize(
        ("formula", "said"),
        [
            ("", "expected a number, a dimension or a function, found the end, at character 1"),
            ("1 +", "expected a number, a dimension or a function, found the end, at character 4"),
            ("a b", 'expected an operator, found "b", at character 3'),
            ("1e3", 'expected an operator, found "e3", at character 2'),
            ("1.2.3", 'expected an operator, found ".3", at character 4'),
            ("(a", 'expected ")", found the end, at character 3'),
            ("a)", 'expected an operator, found ")", at character 2'),
            ("a % b", "unexpected '%', at character 3"),
            ("+a", 'expected a number, a dimension or a function, found "+", at character 1'),
            ("a ** 2", 'expected a number, a dimension or a function, found "*", at character 4'),
            ("1 + sqrt(a)", "sqrt is no function, at character 5"),
            ("min()", 'expected a number, a dimension or a function, found ")", at character 5'),
            ("min(1,)", 'expected a number, a dimension or a function, found ")", at character 7'),
            ("round(1, 2)", 'expected ")", found ",", at character 8'),
        ],
    )
    def test_a_refusal_says_where(self, formula: str, said: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            parsed_formula(formula)
        assert refused.value.code is ErrorCode.InvalidArgumentError
        assert refused.value.message == f"costFormula: {said}"

    def test_length_and_depth_are_bounded(self) -> None:
        longest = "a" + "+a" * ((FORMULA_LENGTH_MAX - 1) // 2)
        assert cost(longest, a=1) == (FORMULA_LENGTH_MAX + 1) // 2
        deepest = "(" * NESTING_MAX + "a" + ")" * NESTING_MAX
        assert cost(deepest, a=1) == 1
        for refused in (longest + "+a", f"({deepest})", f"-{deepest}", f"min({deepest})"):
            assert code_of(refused) is ErrorCode.InvalidArgumentError


# --- laws -----------------------------------------------------------------------------------

NAMES = ("a", "b", "tokens_out")
NUMBERS = st.decimals(0, 10**6, places=3).map(str)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.decimals(-(10**6), 10**6, places=4).map(str)
)


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions of `inner` ones, of which some keep their parentheses."""
    return st.one_of(
        st.tuples(inner, st.sampled_from((" + ", " - ", "*", " / ")), inner).map("".join),
        inner.map("({})".format),
        inner.map("-({})".format),
        st.tuples(st.sampled_from(("ceil", "floor", "round")), inner).map(
            lambda one: f"{one[0]}({one[1]})"
        ),
        st.tuples(st.sampled_from(("min", "max")), inner, inner).map(
            lambda one: f"{one[0]}({one[1]}, {one[2]})"
        ),
    )


EXPRESSIONS = st.recursive(NUMBERS | st.sampled_from(NAMES), _wider, max_leaves=12).filter(
    lambda text: len(text) <= FORMULA_LENGTH_MAX
)
_REFERENCE_FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "ceil": lambda value: Fraction(math.ceil(value)),
    "floor": lambda value: Fraction(math.floor(value)),
    "round": lambda value: Fraction((abs(value) * 2 + 1) // 2 * (1 if value > 0 else -1)),
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
}


def reference(text: str, dimensions: dict[str, Fraction]) -> Fraction:
    """The value by Python's own grammar, in fractions."""

    def of(node: ast.expr) -> Fraction:
        match node:
            case ast.Constant():
                return Fraction(ast.get_source_segment(text, node) or "")
            case ast.Name(id=name):
                return dimensions.get(name, Fraction(0))
            case ast.UnaryOp(operand=operand):
                return -of(operand)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return _REFERENCE_FUNCTIONS[name](*map(of, arguments))
            case ast.BinOp(left=first, op=operator, right=second):
                left, right = of(first), of(second)
                match operator:
                    case ast.Add():
                        return left + right
                    case ast.Sub():
                        return left - right
                    case ast.Mult():
                        return left * right
                return left / right if right else Fraction(0)
        raise AssertionError(ast.dump(node))

    return of(ast.parse(text, mode="eval").body)


@given(
    text=EXPRESSIONS,
    dimensions=st.dictionaries(st.sampled_from(NAMES), st.integers(-1000, 1000)),
)
def test_formulas_mean_what_arithmetic_means(text: str, dimensions: dict[str, int]) -> None:
    expected = reference(text, {name: Fraction(value) for name, value in dimensions.items()})
    assert parsed_formula(text).value(dimensions) == expected


@given(text=EXPRESSIONS, dimensions=st.dictionaries(st.sampled_from(NAMES), SCALARS))
def test_whatever_the_dimensions_there_is_a_cost(text: str, dimensions: dict[str, object]) -> None:
    found = cost(text, **dimensions)
    assert 0 <= found <= COST_MAX
    assert found == found.quantize(Decimal("1e-10"))


@given(st.text(max_size=40) | st.text("ab1.+-*/(), min", max_size=40))
@example("(" * 900)
@example("-" * 900 + "1")
@example("min(" * 200)
@example("1" * 5000)
@example("\ud800")
def test_what_is_no_formula_is_refused_as_such(text: str) -> None:
    """Anything is parsed, or refused with the one code; nothing else is raised."""
    assert code_of(text) in {None, ErrorCode.InvalidArgumentError}


# --- events ---------------------------------------------------------------------------------


def units_of_each(function: AggregationFunction, values: Sequence[Scalar]) -> list[Decimal]:
    """The units that events with these values of `v` burn, one after another in one window."""
    events = [
        UsageEvent(
            id=uid(f"event:{number}"),
            customer_id="customer-a",
            event_name="call",
            idempotency_key=str(number),
            timestamp=NOW,
            dimensions={"v": value},
        )
        for number, value in enumerate(values)
    ]
    totals = [value_of(tally_of((), "v", events[:n]), function) for n in range(len(events) + 1)]
    return [units_of_change(before, after) for before, after in pairwise(totals)]


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (AggregationFunction.COUNT, [5, "x", 5], [1, 1, 1]),
        (AggregationFunction.SUM, [5, "40", "x", -10], [5, 40, 0, 0]),
        (AggregationFunction.UNIQUE, ["a", "b", "a"], [1, 1, 0]),
        (AggregationFunction.MAX, [5, 3, 9], [5, 0, 4]),
        (AggregationFunction.MIN, [5, 9, 3], [5, 0, 0]),
        (AggregationFunction.AVG, [4, 8, 0], [4, 2, 0]),
    ],
)
def test_an_event_burns_the_positive_change(
    function: AggregationFunction, values: list[Scalar], expected: list[int]
) -> None:
    assert units_of_each(function, values) == expected


@given(
    function=st.sampled_from(
        (
            AggregationFunction.COUNT,
            AggregationFunction.SUM,
            AggregationFunction.UNIQUE,
            AggregationFunction.MAX,
        )
    ),
    values=st.lists(st.integers(0, 1000), max_size=6),
)
def test_what_only_grows_burns_its_windows_value(
    function: AggregationFunction, values: list[int]
) -> None:
    assert (
        sum(units_of_each(function, values))
        == {
            AggregationFunction.COUNT: len(values),
            AggregationFunction.SUM: sum(values),
            AggregationFunction.UNIQUE: len(set(values)),
            AggregationFunction.MAX: max(values, default=0),
        }[function]
    )
