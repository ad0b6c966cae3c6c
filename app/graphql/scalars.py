"""The contract's custom scalars: what they accept and what they print.

Source: spec, platform §0 and §6.
"""

import json
import re
import sys
from datetime import UTC, date, datetime, time
from typing import Any, NewType
from uuid import UUID

import strawberry
from graphql import GraphQLError, Undefined, ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from domain.periods import wire_time

JSON = NewType("JSON", object)
ConnectionCursor = NewType("ConnectionCursor", str)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?"
)


def truncate_to_ms(moment: datetime) -> datetime:
    """`moment` in UTC, cut to milliseconds: what is stored equals what is printed."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def date_time_to_wire(moment: datetime) -> str:
    """`2025-01-01T00:00:00.000Z`: UTC, milliseconds."""
    assert moment.tzinfo is not None, "naive time inside the server"
    return wire_time(truncate_to_ms(moment))


def date_time_from_wire(text: Any) -> datetime:
    """Read RFC 3339; a date alone is midnight UTC, a missing offset is UTC.

    `2025-01-01T00:00:00+02:00` is 2024-12-31T22:00:00.000Z. Raises GraphQLError.
    """
    if isinstance(text, str):
        try:
            if _DATE.fullmatch(text):
                return datetime.combine(date.fromisoformat(text), time(), UTC)
            if _DATE_TIME.fullmatch(text):
                moment = datetime.fromisoformat(text.upper().replace(",", "."))
                return truncate_to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            pass
    raise GraphQLError(f"DateTime cannot represent {json.dumps(text, default=str)}.")


def uuid_from_wire(text: Any) -> UUID:
    """Read a UUID. Raises GraphQLError."""
    if isinstance(text, str):
        try:
            return UUID(text)
        except ValueError:
            pass
    raise GraphQLError(f"UUID cannot represent {json.dumps(text, default=str)}.")


def cursor_from_wire(text: Any) -> ConnectionCursor:
    """Any string; what is in it is checked when the list is read."""
    if not isinstance(text, str):
        raise GraphQLError("ConnectionCursor must be a string.")
    return ConnectionCursor(text)


def json_from_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> object:
    """A JSON value written in the document itself, as if it had come in a variable."""
    return _as_json(value_from_ast_untyped(node, variables))


def _as_json(value: Any) -> Any:
    """What JSON can hold of it: absent variables leave no trace, endless integers are floats."""
    match value:
        case dict():
            return {k: _as_json(inner) for k, inner in value.items() if inner is not Undefined}
        case list():
            return [None if inner is Undefined else _as_json(inner) for inner in value]
        case int() if not -(2**63) <= value < 2**64 and abs(value) <= sys.float_info.max:
            return float(value)
        case _:
            return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime", serialize=date_time_to_wire, parse_value=date_time_from_wire
    ),
    UUID: strawberry.scalar(name="UUID", serialize=str, parse_value=uuid_from_wire),
    JSON: strawberry.scalar(
        name="JSON",
        serialize=lambda value: value,
        parse_value=lambda value: value,
        parse_literal=json_from_literal,
    ),
    ConnectionCursor: strawberry.scalar(
        name="ConnectionCursor", serialize=str, parse_value=cursor_from_wire
    ),
}
