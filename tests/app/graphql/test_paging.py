"""List arguments → query, page → connection (spec, platform §6)."""

from dataclasses import dataclass

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.graphql.catalog.plans.listing import NEWEST_PLAN, PlanSort, PlanSortFields
from app.graphql.paging import (
    FIRST_PAGE,
    CursorPaging,
    PageInfo,
    list_query,
    orders_of,
    page_request,
    to_connection,
)
from app.graphql.scalars import SCALARS, ConnectionCursor
from domain.errors import ErrorCode, InvalidInput
from domain.listing import (
    NEWEST_FIRST,
    ListQuery,
    Order,
    Page,
    PageRequest,
    SortDirection,
    SortNulls,
)


def cursor(text: str) -> ConnectionCursor:
    return ConnectionCursor(text)


@pytest.mark.parametrize(
    "paging", [None, strawberry.UNSET, CursorPaging(), FIRST_PAGE, CursorPaging(first=None)]
)
def test_ten_rows_are_the_default(paging: CursorPaging | None) -> None:
    assert page_request(paging) == PageRequest(size=10)


def test_empty_cursors_are_absent() -> None:
    # a published client sends `after: ""`
    assert page_request(CursorPaging(first=10, after=cursor(""))) == PageRequest(size=10)
    assert page_request(CursorPaging(after=cursor(""), before=cursor(""))) == PageRequest(size=10)


def test_forward_and_backward() -> None:
    assert page_request(CursorPaging(first=5, after=cursor("x"))) == PageRequest(size=5, cursor="x")
    assert page_request(CursorPaging(last=5, before=cursor("x"))) == PageRequest(
        size=5, cursor="x", backward=True
    )
    assert page_request(CursorPaging(last=100)) == PageRequest(size=100, backward=True)


@pytest.mark.parametrize(
    ("paging", "message"),
    [
        (CursorPaging(first=101), "Field paging.first max allowed value is `100`."),
        (CursorPaging(last=101), "Field paging.last max allowed value is `100`."),
        (CursorPaging(first=0), "Field paging.first min allowed value is `1`."),
        (CursorPaging(last=-1), "Field paging.last min allowed value is `1`."),
        (CursorPaging(after=cursor("x")), "Cannot be used without `first`."),
        (CursorPaging(before=cursor("x")), "Cannot be used without `last`."),
        (CursorPaging(first=5, before=cursor("x")), "Cannot be used without `last`."),
        (CursorPaging(last=5, after=cursor("x")), "Cannot be used without `first`."),
        (CursorPaging(first=5, last=5), "Cannot be used with `last` or `before`."),
        (
            CursorPaging(first=5, last=5, before=cursor("x")),
            "Cannot be used with `last` or `before`.",
        ),
    ],
)
def test_impossible_pages_are_refused(paging: CursorPaging, message: str) -> None:
    # worked example 11
    with pytest.raises(InvalidInput) as raised:
        page_request(paging)
    assert raised.value.code is ErrorCode.BadUserInput
    assert raised.value.message == message


def test_sorting_keeps_its_order() -> None:
    sorting = [
        PlanSort(
            direction=SortDirection.ASC,
            field=PlanSortFields.displayName,
            nulls=SortNulls.NULLS_FIRST,
        ),
        PlanSort(direction=SortDirection.DESC, field=PlanSortFields.createdAt),
    ]

    assert orders_of(sorting) == (
        Order("displayName", SortDirection.ASC, SortNulls.NULLS_FIRST),
        Order("createdAt", SortDirection.DESC),
    )


def test_null_sorting_is_the_default_and_none_stays_none() -> None:
    assert orders_of(None) == orders_of(NEWEST_PLAN) == NEWEST_FIRST
    assert orders_of(None, default=()) == ()
    assert orders_of([]) == ()


@dataclass
class Asked:
    query: ListQuery | None = None


asked = Asked()


@strawberry.type
class Thing:
    name: str


@strawberry.type
class ThingEdge:
    cursor: ConnectionCursor
    node: Thing


@strawberry.type
class ThingConnection:
    edges: list[ThingEdge]
    page_info: PageInfo
    total_count: int


@strawberry.type
class UncountedConnection:
    edges: list[ThingEdge]
    page_info: PageInfo


PAGE = Page(items=("a", "b"), cursors=("1", "2"), has_next=True, has_previous=False, total=7)


@strawberry.type
class Query:
    @strawberry.field
    def things(
        self, info: strawberry.Info[None, None], paging: CursorPaging | None = FIRST_PAGE
    ) -> ThingConnection:
        asked.query = list_query(info, paging=paging)
        return to_connection(ThingConnection, PAGE, lambda name: Thing(name=name))

    @strawberry.field
    def uncounted(self) -> UncountedConnection:
        return to_connection(UncountedConnection, PAGE, lambda name: Thing(name=name))


schema = strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))


async def data(document: str) -> object:
    result = await schema.execute(document)
    assert result.errors is None
    return result.data


async def test_a_page_becomes_a_connection() -> None:
    fields = "edges { cursor node { name } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }"
    connection = {
        "edges": [
            {"cursor": "1", "node": {"name": "a"}},
            {"cursor": "2", "node": {"name": "b"}},
        ],
        "pageInfo": {
            "startCursor": "1",
            "endCursor": "2",
            "hasNextPage": True,
            "hasPreviousPage": False,
        },
    }

    assert await data(f"{{ things {{ {fields} totalCount }} uncounted {{ {fields} }} }}") == {
        "things": connection | {"totalCount": 7},
        "uncounted": connection,
    }


def test_an_empty_page_has_null_cursors() -> None:
    empty: Page[str] = Page(items=(), cursors=(), has_next=False, has_previous=False)

    connection = to_connection(ThingConnection, empty, lambda name: Thing(name=name))

    assert connection.edges == []
    assert connection.page_info == PageInfo(
        start_cursor=None, end_cursor=None, has_next_page=False, has_previous_page=False
    )


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ("{ things { edges { cursor } } }", False),
        ("{ things { pageInfo { hasNextPage } } }", False),
        ("{ things { totalCount } }", True),
        ("{ things { n: totalCount } }", True),
        ("{ things { ... { totalCount } } }", True),
        (
            "{ things { ...F } } fragment F on ThingConnection { ...G } fragment G on ThingConnection { totalCount }",
            True,
        ),
    ],
)
async def test_the_total_is_wanted_only_when_selected(document: str, wanted: bool) -> None:
    await data(document)

    assert asked.query == ListQuery(orders=NEWEST_FIRST, wants_total=wanted)


async def test_a_null_argument_is_the_default() -> None:
    await data("{ things(paging: null) { edges { cursor } } }")

    assert asked.query is not None
    assert asked.query.page == PageRequest()
