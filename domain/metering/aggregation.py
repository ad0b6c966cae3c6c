"""What an event meter counts: which raw events match, and the aggregation over them.

`Tally` is what is kept of a window; it is updated event by event, and `value` reads the
aggregation off it. UNIQUE keeps the number of distinct texts, which the store counts exactly.
Source: spec, entitlements §6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from domain.catalog.enums import AggregationFunction, ConditionOperation
from domain.catalog.model import MeterCondition, MeterFilter
from domain.metering.model import USAGE_UNIT, ZERO, Scalar, UsageEvent

_PREFIX = "dimensions."
# As JSON writes them, with a sign or a bare point besides: nothing else is meant as a number.
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
NUMBER_MAX = Decimal(10) ** 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The running aggregates of a window: of matching events, and of the field's numbers."""

    events: int = 0
    numbers: int = 0
    total: Decimal = ZERO
    least: Decimal | None = None
    greatest: Decimal | None = None
    distinct: int = 0
    last_at: datetime | None = None


def field_value(event: UsageEvent, name: str) -> Scalar | None:
    """The named dimension (it wins on a clash, `dimensions.` optional), else the event's own."""
    dimensions: Mapping[str, Scalar] = event.dimensions
    if name in dimensions:
        return dimensions[name]
    if name.startswith(_PREFIX):
        return dimensions.get(name.removeprefix(_PREFIX))
    match name:
        case "eventName":
            return event.event_name
        case "customerId":
            return event.customer_id
        case "resourceId":
            return event.resource_id
        case _:
            return None


def canonical_text(value: Scalar) -> str:
    """How values compare as text: `true`, `false`, the shortest decimal (1.0 -> `1`)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f")
    return value


def as_number(value: Scalar | None) -> Decimal | None:
    """The number that a number or numeric string says; None for anything else."""
    if value is None or isinstance(value, bool):
        return None
    text = repr(value) if isinstance(value, float) else str(value).strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def usage_number(value: Scalar | None) -> Decimal | None:
    """The number as usage is kept, in NUMERIC(38,10); None for what could not add up there."""
    number = as_number(value)
    if number is None or abs(number) >= NUMBER_MAX:
        return None
    return number.quantize(USAGE_UNIT, rounding=ROUND_HALF_UP)


def matches(filters: Iterable[MeterFilter], event: UsageEvent) -> bool:
    """Whether any filter's conditions all hold; no filters match every event."""
    alternatives = tuple(filters)
    return not alternatives or any(
        all(_holds(condition, event) for condition in alternative.conditions)
        for alternative in alternatives
    )


def _holds(condition: MeterCondition, event: UsageEvent) -> bool:
    value = field_value(event, condition.field)
    match condition.operation:
        case ConditionOperation.IS_NULL:
            return value is None
        case ConditionOperation.IS_NOT_NULL:
            return value is not None
        case ConditionOperation.NOT_EQUALS:
            return value is None or canonical_text(value) != condition.value
    return value is not None and _compares(condition, value)


def _compares(condition: MeterCondition, value: Scalar) -> bool:
    text, operand = canonical_text(value), condition.value or ""
    match condition.operation:
        case ConditionOperation.EQUALS:
            return text == operand
        case ConditionOperation.IN:
            return text in condition.values
        case ConditionOperation.CONTAINS:
            return operand in text
        case ConditionOperation.STARTS_WITH:
            return text.startswith(operand)
        case ConditionOperation.ENDS_WITH:
            return text.endswith(operand)
    left, right = as_number(value), as_number(operand)
    if left is None or right is None:
        return False
    match condition.operation:
        case ConditionOperation.GREATER_THAN:
            return left > right
        case ConditionOperation.GREATER_THAN_OR_EQUAL:
            return left >= right
        case ConditionOperation.LESS_THAN:
            return left < right
        case _:
            return left <= right


def distinct_text(field: str | None, event: UsageEvent) -> str | None:
    """The text that UNIQUE counts; None where the field is missing."""
    value = field_value(event, field) if field else None
    return None if value is None else canonical_text(value)


def tallied(tally: Tally, field: str | None, event: UsageEvent, *, new_distinct: bool) -> Tally:
    """The tally after one more matching event; `new_distinct` = its text was not yet seen."""
    number = usage_number(field_value(event, field)) if field else None
    numbers = [number] if number is not None else []
    return Tally(
        events=tally.events + 1,
        numbers=tally.numbers + len(numbers),
        total=tally.total + sum(numbers, ZERO),
        least=min([*numbers, *([] if tally.least is None else [tally.least])], default=None),
        greatest=max(
            [*numbers, *([] if tally.greatest is None else [tally.greatest])], default=None
        ),
        distinct=tally.distinct + new_distinct,
        last_at=event.timestamp if tally.last_at is None else max(tally.last_at, event.timestamp),
    )


def tally_of(
    filters: Iterable[MeterFilter], field: str | None, events: Iterable[UsageEvent]
) -> Tally:
    """The tally of those of `events` that match: the definition of a meter's window."""
    alternatives = tuple(filters)
    seen: set[str] = set()
    tally = Tally()
    for event in events:
        if not matches(alternatives, event):
            continue
        text = distinct_text(field, event)
        tally = tallied(tally, field, event, new_distinct=text is not None and text not in seen)
        if text is not None:
            seen.add(text)
    return tally


def value_of(tally: Tally, function: AggregationFunction) -> Decimal:
    """The aggregation; an empty window is 0."""
    match function:
        case AggregationFunction.COUNT:
            return Decimal(tally.events)
        case AggregationFunction.SUM:
            return tally.total
        case AggregationFunction.MIN:
            return tally.least if tally.least is not None else ZERO
        case AggregationFunction.MAX:
            return tally.greatest if tally.greatest is not None else ZERO
        case AggregationFunction.AVG:
            return tally.total / tally.numbers if tally.numbers else ZERO
        case AggregationFunction.UNIQUE:
            return Decimal(tally.distinct)
