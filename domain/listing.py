"""What a list request means, apart from GraphQL and SQL: predicate, order, page.

Field and relation names are the contract's (camelCase), as filters and sort enums spell them.
Source: spec, platform §6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar
from uuid import UUID

PAGE_SIZE_DEFAULT = 10
PAGE_SIZE_MAX = 100

Scalar: TypeAlias = str | int | float | bool | Decimal | datetime | UUID
Operand: TypeAlias = Scalar | tuple[Scalar, ...] | None


class SortDirection(StrEnum):
    ASC = "ASC"
    DESC = "DESC"


class SortNulls(StrEnum):
    NULLS_FIRST = "NULLS_FIRST"
    NULLS_LAST = "NULLS_LAST"


class Operator(StrEnum):
    """The comparisons of every filter; member value = the contract's field name."""

    EQ = "eq"
    NEQ = "neq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    LIKE = "like"
    NOT_LIKE = "notLike"
    I_LIKE = "iLike"
    NOT_I_LIKE = "notILike"
    IN = "in"
    NOT_IN = "notIn"
    BETWEEN = "between"
    NOT_BETWEEN = "notBetween"
    IS = "is"
    IS_NOT = "isNot"


@dataclass(frozen=True, slots=True)
class Compare:
    """One field against one operand: a tuple for `in` and `between` (lower, upper)."""

    field: str
    operator: Operator
    value: Operand


@dataclass(frozen=True, slots=True)
class And:
    """All of them; without parts: everything."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them; without parts: nothing."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Some related row matches."""

    relation: str
    predicate: Predicate


Predicate: TypeAlias = And | Or | Compare | Related
EVERYTHING = And(())


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key; `nulls` None means the default: ASC last, DESC first."""

    field: str
    direction: SortDirection
    nulls: SortNulls | None = None

    @property
    def nulls_first(self) -> bool:
        if self.nulls is None:
            return self.direction is SortDirection.DESC
        return self.nulls is SortNulls.NULLS_FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """`size` rows after (forward) or before (backward) the cursor; validated by its maker."""

    size: int = PAGE_SIZE_DEFAULT
    cursor: str | None = None
    backward: bool = False

    def __post_init__(self) -> None:
        assert 1 <= self.size <= PAGE_SIZE_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """A whole list request."""

    predicate: Predicate = EVERYTHING
    orders: tuple[Order, ...] = ()
    page: PageRequest = PageRequest()
    wants_total: bool = False

    def narrowed(self, *conditions: Predicate) -> ListQuery:
        """This query, restricted by the server's own conditions."""
        return ListQuery(
            predicate=And((self.predicate, *conditions)),
            orders=self.orders,
            page=self.page,
            wants_total=self.wants_total,
        )


T = TypeVar("T")
S = TypeVar("S")

NEWEST_FIRST: tuple[Order, ...] = (Order("createdAt", SortDirection.DESC),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page: items and their cursors in the sorting's order; `total` when it was asked for."""

    items: tuple[T, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool
    total: int | None = None

    def __post_init__(self) -> None:
        assert len(self.items) == len(self.cursors)

    def map(self, function: Callable[[T], S]) -> Page[S]:
        """The same page of other items: `page.map(feature_from_row)`."""
        return self.with_items(tuple(function(item) for item in self.items))

    def with_items(self, items: Iterable[S]) -> Page[S]:
        """The same page holding `items`, one for each of its own."""
        return Page(
            items=tuple(items),
            cursors=self.cursors,
            has_next=self.has_next,
            has_previous=self.has_previous,
            total=self.total,
        )


def equals(field: str, value: Scalar) -> Compare:
    """`field = value`, the commonest condition that servers add."""
    return Compare(field, Operator.EQ, value)


def compared(predicate: Predicate, field: str) -> Iterator[Compare]:
    """What the caller's filter itself says about `field`, however nested; relations aside."""
    match predicate:
        case Compare(name, _, _):
            if name == field:
                yield predicate
        case And(parts) | Or(parts):
            for part in parts:
                yield from compared(part, field)
        case Related(_, _):
            return


def mentions(predicate: Predicate, field: str) -> bool:
    """Whether the caller's filter itself says something about `field`; relations aside."""
    return any(True for _ in compared(predicate, field))
