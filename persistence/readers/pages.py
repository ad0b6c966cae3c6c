"""Rows of pages and of many parents, turned into values."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Row

from domain.listing import Page

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def mapped(page: Page[Row[Any]], to_value: Callable[[Row[Any]], T]) -> Page[T]:
    """The page with values in place of rows."""
    return Page(
        items=tuple(to_value(row) for row in page.items),
        cursors=page.cursors,
        has_next=page.has_next,
        has_previous=page.has_previous,
        total=page.total,
    )


def grouped(
    keys: Iterable[K], rows: Iterable[Row[Any]], key: str, to_value: Callable[[Row[Any]], T]
) -> dict[K, tuple[T, ...]]:
    """Each key's values in the rows' order; a key without rows has none."""
    found: dict[K, list[T]] = {k: [] for k in keys}
    for row in rows:
        found[getattr(row, key)].append(to_value(row))
    return {k: tuple(values) for k, values in found.items()}
