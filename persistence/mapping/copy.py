"""Rows and values that share attribute names, copied by name.

What a row adds (environment_id) or a value holds elsewhere (child tuples) is passed as extra or
left out; a missing attribute is a bug and raises, so a renamed column cannot go unnoticed.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import inspect

if TYPE_CHECKING:
    from persistence.rows.base import Base

T = TypeVar("T")


@cache
def _field_names(cls: Hashable) -> frozenset[str]:
    return frozenset(f.name for f in fields(cast("Any", cls)))


@cache
def _column_names(row_class: Hashable) -> frozenset[str]:
    return frozenset(a.key for a in inspect(cast("type[Base]", row_class)).column_attrs)


def from_row(cls: type[T], row: Any, **extra: Any) -> T:
    """Build `cls` from the row's like-named attributes; `extra` wins."""
    # Thousands of rows a request: which column goes where is looked up once per statement's shape.
    plan = _copying(cast("Hashable", cls), row._fields, frozenset(extra))
    return cls(**{name: row[index] for name, index in plan}, **extra)


@cache
def _copying(
    cls: Hashable, columns: tuple[str, ...], extra: frozenset[str]
) -> tuple[tuple[str, int], ...]:
    """The fields that the row has, each with its column's place."""
    wanted = _field_names(cls) - extra
    return tuple((name, i) for i, name in enumerate(columns) if name in wanted)


def to_columns(value: Any, row_class: type[Base], **extra: Any) -> dict[str, Any]:
    """The columns of `row_class` that `value` has attributes for, plus `extra`."""
    names = (
        _column_names(cast("Hashable", row_class)) & _field_names(cast("Hashable", type(value)))
    ) - extra.keys()
    return {name: getattr(value, name) for name in names} | extra
