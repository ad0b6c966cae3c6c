"""What the custom scalars accept and print (spec, platform §6)."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
from graphql import GraphQLError, parse_value
from hypothesis import given
from hypothesis import strategies as st

from app.graphql.scalars import (
    cursor_from_wire,
    date_time_from_wire,
    date_time_to_wire,
    json_from_literal,
    uuid_from_wire,
)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("2025-01-01", "2025-01-01T00:00:00.000Z"),
        ("2025-01-01T00:00:00", "2025-01-01T00:00:00.000Z"),
        ("2025-01-01T00:00:00+02:00", "2024-12-31T22:00:00.000Z"),  # worked example 16
        ("2025-01-01T00:00:00.1239Z", "2025-01-01T00:00:00.123Z"),
        ("2025-01-01t10:00z", "2025-01-01T10:00:00.000Z"),
    ],
)
def test_times_are_read_as_utc_and_cut_to_milliseconds(text: str, printed: str) -> None:
    assert date_time_to_wire(date_time_from_wire(text)) == printed


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2025-13-01", "20250101", 5, None, "2025-01-01T25:00Z"]
)
def test_other_text_is_no_time(text: object) -> None:
    with pytest.raises(GraphQLError):
        date_time_from_wire(text)


@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)),
    st.integers(-14, 14),
)
def test_what_is_printed_reads_as_the_same_instant(moment: datetime, hours: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))

    read = date_time_from_wire(date_time_to_wire(aware))

    assert read.tzinfo is UTC
    assert timedelta() <= aware - read < timedelta(milliseconds=1)


def test_uuids_are_checked() -> None:
    assert uuid_from_wire("0e57a3bd-63f4-4fa3-b62f-8b32b0f4b9a0") == UUID(
        "0e57a3bd-63f4-4fa3-b62f-8b32b0f4b9a0"
    )
    for wrong in ("nobody", 7):
        with pytest.raises(GraphQLError):
            uuid_from_wire(wrong)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("{a: [1, 2.5, true, null, TEXT]}", {"a": [1, 2.5, True, None, "TEXT"]}),
        ("{a: 18446744073709551615, b: -9223372036854775808}", {"a": 2**64 - 1, "b": -(2**63)}),
        ("{a: 18446744073709551616}", {"a": 2.0**64}),
        ("{a: $given, b: $absent, c: [$absent]}", {"a": {"x": 1}, "c": [None]}),
    ],
)
def test_json_in_the_document_is_what_json_can_hold(literal: str, value: object) -> None:
    read = json_from_literal(parse_value(literal), {"given": {"x": 1}})

    assert orjson.loads(orjson.dumps(read)) == value


def test_a_cursor_is_a_string() -> None:
    assert cursor_from_wire("") == ""
    with pytest.raises(GraphQLError):
        cursor_from_wire(3)
