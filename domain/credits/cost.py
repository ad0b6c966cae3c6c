"""What usage costs in credits: a rate's amount times units, or its formula over dimensions.

A formula (`1.1*in + 5*out`) is made of decimals, names of dimensions and functions:

    sum      = product { ("+" | "-") product }
    product  = factor { ("*" | "/") factor }
    factor   = "-" factor | "(" sum ")" | number | dimension | function "(" sum { "," sum } ")"

Functions are `min`, `max` (of one value or more), `ceil`, `floor` and `round` (of one value, to
whole numbers, half away from zero). A hyphen is always a minus, so a dimension whose name has one
cannot be named. There is no exponent: `1e3` is refused.

Everything between the dimensions and the cost is an exact fraction, because a quotient that was
cut off would turn `floor(a / 3 * 3)` into one unit less. The bounds on a formula's length and on
a dimension's size bound the fraction.

Source: spec, entitlements §9.9.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from domain.catalog.enums import AggregationFunction
from domain.catalog.model import CreditRate, Meter
from domain.errors import InvalidInput, invalid_argument
from domain.metering.aggregation import NUMBER_MAX, field_value, usage_number
from domain.metering.model import USAGE_UNIT, ZERO, UsageEvent

FORMULA_LENGTH_MAX = 1_000
NESTING_MAX = 32
# As much as one event may count: a wallet, NUMERIC(38,10), can add up many of them.
COST_MAX = NUMBER_MAX

_NOTHING = Fraction(0)
_HALF = Fraction(1, 2)


# --- costs ----------------------------------------------------------------------------------


def cost_of(rate: CreditRate, *, units: Decimal, dimensions: Mapping[str, object]) -> Decimal:
    """The credits that `units` reported with `dimensions` burn: 0 to COST_MAX, half up to 1e-10.

    Rate 2, 25 units -> 50. With a formula it alone decides, whatever the units: `1.1*in + 5*out`
    of in 1000, out 200 -> 2100. A dimension counts if it is a number or a numeric string ("40"),
    as in aggregations; any other, a missing one, and one of 1e17 or more count 0. A quotient by
    zero is 0, and so is a negative cost.

    InvalidArgumentError for an unparsable formula; saved prices have none.
    """
    if rate.cost_formula is not None:
        return _kept(parsed_formula(rate.cost_formula).value(dimensions))
    return _kept(Fraction(rate.amount) * Fraction(units))


def units_of_change(before: Decimal, after: Decimal) -> Decimal:
    """The units that one event burns, given its meter's value of its window without and with it.

    They are the positive change, whatever the aggregation: COUNT grows by 1, SUM by the field,
    UNIQUE by 1 on first sight, and MAX, MIN and AVG by what they grow. What shrinks burns
    nothing and gives nothing back. An empty window's value is 0.
    """
    return _kept(Fraction(after) - Fraction(before))


def units_of_event(meter: Meter, event: UsageEvent) -> Decimal | None:
    """The units that a matching event burns, where it alone tells; None = its window does.

    COUNT 1; SUM the field, which gives nothing back where it is negative. As `units_of_change` of
    any window.
    """
    match meter.function:
        case AggregationFunction.COUNT:
            return Decimal(1)
        case AggregationFunction.SUM:
            value = field_value(event, meter.field) if meter.field else None
            return units_of_change(ZERO, usage_number(value) or ZERO)
        case _:
            return None


def _kept(exact: Fraction) -> Decimal:
    """As credits are kept, within 28 digits."""
    bounded = min(max(exact, _NOTHING), Fraction(COST_MAX))
    return _rounded(bounded / Fraction(USAGE_UNIT)) * USAGE_UNIT


def _rounded(exact: Fraction) -> int:
    """To the nearest whole number, halves away from zero."""
    nearest = math.floor(abs(exact) + _HALF)
    return nearest if exact >= 0 else -nearest


# --- formulas -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Operation:
    """Takes the last `arity` values, and leaves one."""

    apply: Callable[..., Fraction]
    arity: int


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula, in postfix order: `a + 2` is a, 2, plus. Names are strings."""

    steps: tuple[Fraction | str | _Operation, ...]

    def value(self, dimensions: Mapping[str, object]) -> Fraction:
        """The exact value, which may be negative."""
        values: list[Fraction] = []
        for step in self.steps:
            match step:
                case str():
                    values.append(_dimension(dimensions.get(step)))
                case Fraction():
                    values.append(step)
                case _:
                    operands = values[-step.arity :]
                    values[-step.arity :] = [step.apply(*operands)]
        (only,) = values
        return only


def _dimension(value: object) -> Fraction:
    number = usage_number(value) if isinstance(value, str | int | float) else None
    return _NOTHING if number is None else Fraction(number)


def _quotient(dividend: Fraction, divisor: Fraction) -> Fraction:
    return dividend / divisor if divisor else _NOTHING


_SUMS = {"+": _Operation(Fraction.__add__, 2), "-": _Operation(Fraction.__sub__, 2)}
_PRODUCTS = {"*": _Operation(Fraction.__mul__, 2), "/": _Operation(_quotient, 2)}
_NEGATION = _Operation(Fraction.__neg__, 1)
_OF_MANY: dict[str, Callable[..., Fraction]] = {
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
}
_OF_ONE: dict[str, Callable[..., Fraction]] = {
    "ceil": lambda value: Fraction(math.ceil(value)),
    "floor": lambda value: Fraction(math.floor(value)),
    "round": lambda value: Fraction(_rounded(value)),
}


@lru_cache(maxsize=1_024)
def parsed_formula(text: str) -> Formula:
    """The formula, parsed once.

    InvalidArgumentError for what is none, for more than FORMULA_LENGTH_MAX characters, and for
    parentheses, functions and signs nested deeper than NESTING_MAX; the message says where.
    """
    if len(text) > FORMULA_LENGTH_MAX:
        raise invalid_argument(f"costFormula has at most {FORMULA_LENGTH_MAX} characters")
    return _Parser(text).formula()


# --- parsing --------------------------------------------------------------------------------

_Kind = Literal["number", "name", "mark", "end"]
_TOKEN = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"|(?P<name>[A-Za-z_$][A-Za-z0-9_$.]*)"
    r"|(?P<mark>[-+*/(),])",
)
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: _Kind
    text: str
    position: int  # of its first character, from 1


def _tokens(text: str) -> Iterator[_Token]:
    at = _end_of_space(text, 0)
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _unparsable(f"unexpected {text[at]!r}", at + 1)
        for kind in ("number", "name", "mark"):
            if found[kind] is not None:
                yield _Token(kind, found[kind], at + 1)
        at = _end_of_space(text, found.end())
    yield _Token("end", "", at + 1)


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _unparsable(problem: str, position: int) -> InvalidInput:
    return invalid_argument(f"costFormula: {problem}, at character {position}")


class _Parser:
    """Recursive descent, as the module's grammar; `depth` bounds the recursion."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._steps: list[Fraction | str | _Operation] = []

    def formula(self) -> Formula:
        self._sum(0)
        if self._next.kind != "end":
            raise self._expected("an operator")
        return Formula(tuple(self._steps))

    def _sum(self, depth: int) -> None:
        self._product(depth)
        while operation := _SUMS.get(self._next.text):
            self._take()
            self._product(depth)
            self._steps.append(operation)

    def _product(self, depth: int) -> None:
        self._factor(depth)
        while operation := _PRODUCTS.get(self._next.text):
            self._take()
            self._factor(depth)
            self._steps.append(operation)

    def _factor(self, depth: int) -> None:
        if depth > NESTING_MAX:
            raise _unparsable(f"nested deeper than {NESTING_MAX}", self._next.position)
        token = self._next
        if token.kind == "number":
            self._take()
            self._steps.append(Fraction(token.text))
        elif token.kind == "name":
            self._take()
            self._named(token, depth)
        elif token.text == "-":
            self._take()
            self._factor(depth + 1)
            self._steps.append(_NEGATION)
        elif token.text == "(":
            self._take()
            self._sum(depth + 1)
            self._close()
        else:
            raise self._expected("a number, a dimension or a function")

    def _named(self, name: _Token, depth: int) -> None:
        """A function if arguments follow, else a dimension, whatever it is called."""
        if self._next.text != "(":
            self._steps.append(name.text)
            return
        apply = _OF_MANY.get(name.text) or _OF_ONE.get(name.text)
        if apply is None:
            raise _unparsable(f"{name.text} is no function", name.position)
        self._take()
        self._sum(depth + 1)
        arity = 1
        while name.text in _OF_MANY and self._next.text == ",":
            self._take()
            self._sum(depth + 1)
            arity += 1
        self._close()
        self._steps.append(_Operation(apply, arity))

    def _close(self) -> None:
        if self._next.text != ")":
            raise self._expected('")"')
        self._take()

    def _take(self) -> None:
        self._next = next(self._tokens)

    def _expected(self, what: str) -> InvalidInput:
        found = f'"{self._next.text}"' if self._next.text else "the end"
        return _unparsable(f"expected {what}, found {found}", self._next.position)
