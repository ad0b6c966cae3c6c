"""Strategies for domain values: any value of a frozen dataclass, from its annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
WHOLE = st.integers(-(2**31), 2**31)
JSON_OBJECTS = st.dictionaries(
    TEXT,
    st.recursive(st.none() | st.booleans() | WHOLE | TEXT, st.lists, max_leaves=3),
    max_size=3,
)
INSTANTS = st.datetimes(
    datetime(2000, 1, 1),
    datetime(2100, 1, 1),
    timezones=st.just(UTC),
).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))
AMOUNTS = st.decimals(-(10**12), 10**12, places=6, allow_nan=False, allow_infinity=False)

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: WHOLE,
    bool: st.booleans(),
    Decimal: AMOUNTS,
    datetime: INSTANTS,
    UUID: st.uuids(),
    object: st.booleans() | TEXT,
    NoneType: st.none(),
}


@cache
def values_of(type_: Any) -> st.SearchStrategy[Any]:  # noqa: C901 - a case each kind
    """Any value of `type_`: aware instants in ms, finite amounts, printable text."""
    while hasattr(type_, "__supertype__"):  # a NewType
        type_ = type_.__supertype__
    if type_ in _PLAIN:
        return _PLAIN[type_]
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in {Union, UnionType}:
        return st.one_of(*(values_of(argument) for argument in arguments))
    if origin is tuple:
        if arguments[-1] is not Ellipsis:
            return st.tuples(*(values_of(argument) for argument in arguments))
        return st.lists(values_of(arguments[0]), max_size=2).map(tuple)
    if origin is frozenset:
        return st.frozensets(values_of(arguments[0]), max_size=2)
    if origin is Mapping:
        if arguments[1] is object:
            return JSON_OBJECTS
        return st.dictionaries(values_of(arguments[0]), values_of(arguments[1]), max_size=2)
    if isinstance(type_, type) and issubclass(type_, Enum):
        return st.sampled_from(list(type_))
    assert is_dataclass(type_), f"no strategy for {type_}"
    hints = get_type_hints(type_)
    names = [field.name for field in fields(type_) if field.init]
    made: Any = type_
    return st.deferred(lambda: st.builds(made, **{name: values_of(hints[name]) for name in names}))
