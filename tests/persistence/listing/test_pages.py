"""Orders, cursors and walks on real PostgreSQL (spec, platform §6)."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import ErrorCode, InvalidInput
from domain.listing import (
    NEWEST_FIRST,
    ListQuery,
    Order,
    Page,
    PageRequest,
    SortDirection,
    SortNulls,
    equals,
)
from tests.persistence.listing.store import (
    ASC,
    DESC,
    START,
    Color,
    Store,
    asked,
    by,
)


async def test_forward_pages_of_23_rows(store: Store) -> None:
    # worked example 9
    await store.add(*[{} for _ in range(23)])

    first = await store.page(asked(first=10, total=True))
    second = await store.page(asked(first=10, cursor=first.cursors[-1]))
    third = await store.page(asked(first=10, cursor=second.cursors[-1]))

    pages = [first, second, third]
    assert [len(page.items) for page in pages] == [10, 10, 3]
    assert [page.has_next for page in pages] == [True, True, False]
    assert [page.has_previous for page in pages] == [False, True, True]
    assert [page.total for page in pages] == [23, None, None]
    walked = [row.version for page in pages for row in page.items]
    assert walked == list(range(23, 0, -1))


async def test_last_5_before_row_11_are_rows_6_to_10(store: Store) -> None:
    # worked example 10
    await store.add(*[{} for _ in range(23)])
    first = await store.page(asked((by("createdAt"),), first=20))

    page = await store.page(asked((by("createdAt"),), last=5, cursor=first.cursors[10]))

    assert [row.version for row in page.items] == [6, 7, 8, 9, 10]
    assert (page.has_previous, page.has_next) == (True, True)


async def test_last_alone_is_the_last_page(store: Store) -> None:
    await store.add(*[{} for _ in range(7)])

    page = await store.page(asked((by("version"),), last=3))

    assert [row.version for row in page.items] == [5, 6, 7]
    assert (page.has_previous, page.has_next) == (True, False)


async def test_an_empty_list_has_neither_neighbours_nor_cursors(store: Store) -> None:
    page = await store.page(asked(total=True))

    assert page == Page(items=(), cursors=(), has_next=False, has_previous=False, total=0)


async def test_the_total_ignores_the_page_and_is_one_statement_more(
    store: Store, count_statements: Callable[[], Any]
) -> None:
    await store.add(*[{"name": "x"} for _ in range(5)], {"name": "y"})
    predicate = equals("name", "x")

    with count_statements() as plain:
        page = await store.page(asked(first=2, predicate=predicate))
    with count_statements() as counted:
        total = await store.page(
            asked(first=2, predicate=predicate, cursor=page.cursors[-1], total=True)
        )

    assert (len(plain), len(counted)) == (1, 2)
    assert total.total == 5


@pytest.mark.parametrize(
    "cursor", ["x", "%%%", "WzFd", "bnVsbA", "é", "a" * 5000, base64.b64encode(b"[[[[").decode()]
)
async def test_a_broken_cursor_is_refused(store: Store, cursor: str) -> None:
    await assert_invalid(store, asked(cursor=cursor))


async def test_a_cursor_of_another_order_is_refused(store: Store) -> None:
    await store.add({}, {})
    page = await store.page(asked((by("version"),), first=1))

    await assert_invalid(store, asked((by("refId"),), cursor=page.cursors[0]))


@pytest.mark.parametrize(
    ("orders", "values"),
    [
        ((by("version"),), [None, "ID"]),
        ((by("version"),), ["1", "ID"]),
        ((by("version"),), [2**40, "ID"]),
        ((by("version"),), [True, "ID"]),
        ((by("version"),), [1, "nobody"]),
        ((by("version"),), [1, 2]),
        ((by("version"),), [1]),
        ((by("refId"),), ["\0", "ID"]),
        ((by("createdAt"),), ["2025-01-01T00:00:00", "ID"]),
        ((by("createdAt"),), ["soon", "ID"]),
        ((by("size"),), ["NaN", "ID"]),
        ((by("size"),), ["1e99999", "ID"]),
        ((by("size"),), [[], "ID"]),
    ],
)
async def test_a_forged_cursor_is_refused(
    store: Store, orders: tuple[Order, ...], values: list[Any]
) -> None:
    ids = await store.add({"size": Decimal(1)})
    genuine = (await store.page(asked(orders, first=1))).cursors[0]
    fingerprint = orjson.loads(base64.urlsafe_b64decode(genuine + "=="))[0]
    forged = [str(ids[0]) if value == "ID" else value for value in values]
    cursor = base64.urlsafe_b64encode(orjson.dumps([fingerprint, *forged])).rstrip(b"=").decode()

    await assert_invalid(store, asked(orders, cursor=cursor))


async def assert_invalid(store: Store, query: ListQuery) -> None:
    with pytest.raises(InvalidInput) as raised:
        await store.page(query)
    assert raised.value.code is ErrorCode.BadUserInput
    assert raised.value.message == "Invalid cursor"


# Sorting


@pytest.mark.parametrize(
    ("order", "names"),
    [
        # worked example 15
        (by("name", ASC, SortNulls.NULLS_FIRST), [None, "A", "B"]),
        (by("name", ASC), ["A", "B", None]),
        (by("name", DESC), [None, "B", "A"]),
        (by("name", DESC, SortNulls.NULLS_LAST), ["B", "A", None]),
    ],
)
async def test_nulls_stand_where_they_are_wanted(
    store: Store, order: Order, names: list[str | None]
) -> None:
    await store.add({"name": "B"}, {"name": None}, {"name": "A"})

    page = await store.page(asked((order,)))

    assert [row.name for row in page.items] == names


async def test_ties_are_broken_by_the_id_in_the_first_sorts_direction(store: Store) -> None:
    ids = await store.add(*[{"name": "same"} for _ in range(4)])

    up = await store.page(asked((by("name", ASC), by("color", DESC))))
    down = await store.page(asked((by("name", DESC),)))

    assert [row.id for row in up.items] == sorted(ids)
    assert [row.id for row in down.items] == sorted(ids, reverse=True)


async def test_without_any_order_ids_fall(store: Store) -> None:
    ids = await store.add({}, {}, {})

    page = await store.page(asked(()))

    assert [row.id for row in page.items] == sorted(ids, reverse=True)


ORDERS = st.lists(
    st.builds(
        Order,
        st.sampled_from(["name", "size", "color", "isLatest", "version", "createdAt"]),
        st.sampled_from(SortDirection),
        st.none() | st.sampled_from(SortNulls),
    ),
    max_size=3,
    unique_by=lambda order: order.field,
).map(tuple)
THINGS_TO_WALK = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.none() | st.sampled_from(["a", "B", "ä", ""]),
            "size": st.none() | st.sampled_from([Decimal("0.1"), Decimal(2), Decimal(10)]),
            "color": st.none() | st.sampled_from(Color),
            "is_latest": st.none() | st.booleans(),
            "version": st.integers(0, 2),
            "created_at": st.sampled_from([START, START + timedelta(milliseconds=1)]),
        }
    ),
    max_size=12,
)


@given(things=THINGS_TO_WALK, orders=ORDERS, size=st.integers(1, 5), backward=st.booleans())
@settings(max_examples=40)
async def test_a_walk_visits_each_row_once_in_order(
    tables: AsyncEngine,
    things: list[dict[str, Any]],
    orders: tuple[Order, ...],
    size: int,
    backward: bool,
) -> None:
    store = Store(tables)
    if things:
        await store.add(*things)

    pages = [page async for page in walk(store, orders, size=size, backward=backward)]

    parts = [[row.id for row in page.items] for page in pages]
    walked = [id_ for part in (reversed(parts) if backward else parts) for id_ in part]
    whole = await store.page(asked(orders, first=100))
    assert walked == [row.id for row in whole.items]
    assert len(set(walked)) == len(things)


async def walk(
    store: Store, orders: tuple[Order, ...], *, size: int, backward: bool = False
) -> AsyncIterator[Page[Any]]:
    """Pages until there is no more, each from the cursor at the end of the one before."""
    cursor: str | None = None
    while True:
        request = PageRequest(size=size, cursor=cursor, backward=backward)
        page = await store.page(ListQuery(orders=orders, page=request))
        yield page
        if not (page.has_previous if backward else page.has_next):
            return
        cursor = page.cursors[0 if backward else -1]


@pytest.mark.parametrize("orders", [NEWEST_FIRST, (by("name"), by("createdAt", DESC)), ()])
async def test_a_walk_under_concurrent_inserts_visits_each_old_row_exactly_once(
    store: Store, orders: tuple[Order, ...]
) -> None:
    names = ["a", "b", None]
    old = await store.add(*[{"name": names[i % 3]} for i in range(40)])
    walked: list[UUID] = []

    async def insert_more() -> None:
        for i in range(30):
            await store.add({"name": names[i % 3], "created_at": START + timedelta(seconds=i)})

    writer = asyncio.create_task(insert_more())
    async for page in walk(store, orders, size=3):
        walked += [row.id for row in page.items]
    await writer

    assert len(walked) == len(set(walked))
    assert set(old) <= set(walked)


def test_pages_keep_their_bounds_when_items_are_mapped() -> None:
    page = Page(items=(1, 2), cursors=("a", "b"), has_next=True, has_previous=False, total=9)

    assert page.map(str) == page.with_items(("1", "2"))
    assert page.map(str).total == 9
