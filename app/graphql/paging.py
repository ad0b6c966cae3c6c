"""Cursor paging at the wire: list arguments → `ListQuery`, `Page` → connection.

A list root is these lines; the entity's columns are in its reader's `Listing`
(persistence/listing.py), which `read_page` turns into one statement:

    query = list_query(info, filter=filter, paging=paging, sorting=sorting)
    page = await info.context.runtime.readers.plans.page(query)
    return to_connection(PlanConnection, page, plan_to_graphql)

Source: spec, platform §6.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, get_args

import strawberry
from strawberry.types.base import get_object_definition
from strawberry.types.nodes import SelectedField, Selection

from app.graphql.filtering import predicate_of
from app.graphql.given import given
from app.graphql.scalars import ConnectionCursor
from domain.errors import ErrorCode, Forbidden, InvalidInput, bad_input
from domain.ids import as_uuid
from domain.listing import (
    NEWEST_FIRST,
    PAGE_SIZE_DEFAULT,
    PAGE_SIZE_MAX,
    ListQuery,
    Operator,
    Order,
    Page,
    PageRequest,
    Predicate,
    SortDirection,
    SortNulls,
    compared,
)

__all__ = [
    "FIRST_PAGE",
    "CursorPaging",
    "PageInfo",
    "SortDirection",
    "SortNulls",
    "is_selected",
    "list_query",
    "orders_of",
    "page_request",
    "paged",
    "to_connection",
]

strawberry.enum(SortDirection)
strawberry.enum(SortNulls)


@strawberry.input
class CursorPaging:
    after: ConnectionCursor | None = strawberry.UNSET
    before: ConnectionCursor | None = strawberry.UNSET
    first: int | None = strawberry.UNSET
    last: int | None = strawberry.UNSET


@strawberry.type
class PageInfo:
    end_cursor: ConnectionCursor | None
    has_next_page: bool | None
    has_previous_page: bool | None
    start_cursor: ConnectionCursor | None


FIRST_PAGE = CursorPaging(first=PAGE_SIZE_DEFAULT)

T = TypeVar("T")
C = TypeVar("C")


def list_query(
    info: strawberry.Info[Any, Any],
    *,
    filter: object = None,
    paging: CursorPaging | None = None,
    sorting: Iterable[Any] | None = None,
    default_orders: tuple[Order, ...] = NEWEST_FIRST,
) -> ListQuery:
    """What a list root was asked for; the total is wanted only when it is selected.

    Null arguments mean the defaults. Raises BadUserInput, and AccessDeniedError for a filter that
    asks for another environment.
    """
    predicate = predicate_of(filter)
    _require_own_environment(info, predicate)
    return ListQuery(
        predicate=predicate,
        orders=orders_of(sorting, default=default_orders),
        page=page_request(paging),
        wants_total=is_selected(info, "totalCount"),
    )


def _require_own_environment(info: strawberry.Info[Any, Any], predicate: Predicate) -> None:
    """Source: spec, catalog §1 (lists): only the key's environment is visible."""
    for asked in compared(predicate, "environmentId"):
        if asked.operator in {Operator.EQ, Operator.IN}:
            values = asked.value if isinstance(asked.value, tuple) else (asked.value,)
            own = info.context.runtime.environment.environment_id
            if any(as_uuid(str(value)) != own for value in values):
                raise Forbidden(
                    ErrorCode.AccessDeniedError, "environmentId is not the environment of the key"
                )


def page_request(paging: CursorPaging | None) -> PageRequest:
    """The page asked for; null and `""` cursors are absent. Raises BadUserInput."""
    if paging is None or paging is strawberry.UNSET:
        return PageRequest()
    first, last = given(paging.first), given(paging.last)
    after, before = given(paging.after) or None, given(paging.before) or None
    if after is not None and first is None:
        raise _refusal("after", "Cannot be used without `first`.")
    if before is not None and last is None:
        raise _refusal("before", "Cannot be used without `last`.")
    if first is not None and (last is not None or before is not None):
        raise _refusal("first", "Cannot be used with `last` or `before`.")
    for name, size in (("first", first), ("last", last)):
        if size is not None and size < 1:
            raise _refusal(name, f"Field paging.{name} min allowed value is `1`.")
        if size is not None and size > PAGE_SIZE_MAX:
            raise _refusal(name, f"Field paging.{name} max allowed value is `{PAGE_SIZE_MAX}`.")
    if last is not None:
        return PageRequest(size=last, cursor=before, backward=True)
    return PageRequest(size=PAGE_SIZE_DEFAULT if first is None else first, cursor=after)


def orders_of(
    sorting: Iterable[Any] | None, *, default: tuple[Order, ...] = NEWEST_FIRST
) -> tuple[Order, ...]:
    """Generated sort inputs (`XSort`) in the given order; null means `default`.

    No order at all is `id DESC`.
    """
    if sorting is None or sorting is strawberry.UNSET:
        return default
    return tuple(Order(sort.field.value, sort.direction, given(sort.nulls)) for sort in sorting)


def to_connection(connection: type[C], page: Page[T], to_node: Callable[[T], Any]) -> C:
    """`page` as the generated `connection` type, its items turned into nodes by `to_node`.

    An unselected total is 0: nobody sees it.
    """
    definition = get_object_definition(connection, strict=True)
    edge = get_args(connection.__annotations__["edges"])[0]
    values: dict[str, Any] = {
        "edges": [
            edge(node=to_node(item), cursor=ConnectionCursor(cursor))
            for item, cursor in zip(page.items, page.cursors, strict=True)
        ],
        "page_info": PageInfo(
            start_cursor=ConnectionCursor(page.cursors[0]) if page.cursors else None,
            end_cursor=ConnectionCursor(page.cursors[-1]) if page.cursors else None,
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
        ),
    }
    if definition.get_field("total_count") is not None:
        values["total_count"] = page.total or 0
    return connection(**values)


def is_selected(info: strawberry.Info[Any, Any], *path: str) -> bool:
    """Whether the document asks for `path` below the current field, through fragments too.

    A selection that `@skip` or `@include` may drop counts: asking for too much does no harm.
    """
    return any(_selects(field.selections, path) for field in info.selected_fields)


def _selects(selections: Sequence[Selection], path: tuple[str, ...]) -> bool:
    if not path:
        return True
    for selection in selections:
        if isinstance(selection, SelectedField):
            if selection.name == path[0] and _selects(selection.selections, path[1:]):
                return True
        elif _selects(selection.selections, path):
            return True
    return False


def _refusal(field: str, message: str) -> InvalidInput:
    return bad_input(message, validationErrors=[{"field": f"paging.{field}", "message": message}])


def paged(items: list[T], request: PageRequest) -> tuple[list[T], PageInfo]:
    """A page of a list in memory; a cursor is an item's number, base64url.

    Raises BadUserInput "Invalid cursor".
    """
    at = None if request.cursor is None else _number(request.cursor)
    if request.backward:
        stop = len(items) if at is None else at
        first = max(0, stop - request.size)
    else:
        first = 0 if at is None else at + 1
        stop = min(len(items), first + request.size)
    page = items[first:stop]
    return page, PageInfo(
        start_cursor=_cursor(first) if page else None,
        end_cursor=_cursor(stop - 1) if page else None,
        has_next_page=at is not None if request.backward else stop < len(items),
        has_previous_page=first > 0 if request.backward else at is not None,
    )


def _cursor(number: int) -> ConnectionCursor:
    return ConnectionCursor(urlsafe_b64encode(str(number).encode()).decode())


def _number(cursor: str) -> int:
    try:
        return int(urlsafe_b64decode(cursor))
    except (ValueError, binascii.Error):
        raise bad_input("Invalid cursor") from None
