"""Predicates → SQL on real PostgreSQL (spec, platform §6)."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.errors import ErrorCode, InvalidInput
from domain.listing import (
    EVERYTHING,
    And,
    ListQuery,
    Operator,
    Or,
    Predicate,
    Related,
    equals,
)
from persistence.listing import (
    read_all,
)
from tests.persistence.listing.store import PARTS, Color, Store, asked, by, compare


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        # worked example 12
        (compare("name", Operator.LIKE, "Acme%"), 1),
        (compare("name", Operator.I_LIKE, "acme%"), 2),
        (compare("name", Operator.NEQ, "Acme"), 1),
        (compare("name", Operator.IS, None), 1),
        (compare("name", Operator.IS_NOT, None), 2),
        (compare("name", Operator.NOT_LIKE, "Acme%"), 1),
        (compare("name", Operator.NOT_I_LIKE, "acme%"), 0),
        (compare("name", Operator.IN, ("Acme", "nobody")), 1),
        (compare("name", Operator.NOT_IN, ("Acme", "nobody")), 1),
        (compare("name", Operator.LIKE, "Acm_"), 1),
        (compare("name", Operator.LIKE, "Acm\\_"), 0),
    ],
)
async def test_text_operators(store: Store, predicate: Predicate, expected: int) -> None:
    await store.add({"name": "Acme"}, {"name": "acme inc"}, {"name": None})

    assert len(await store.names(predicate)) == expected


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-{text}T00:00:00+00:00")


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        # worked example 13
        (
            And(
                (
                    compare("createdAt", Operator.GTE, day("01-01")),
                    compare("createdAt", Operator.LT, day("02-01")),
                )
            ),
            ["thing-01", "thing-02"],
        ),
        (
            compare("createdAt", Operator.BETWEEN, (day("01-01"), day("02-01"))),
            ["thing-01", "thing-02", "thing-03"],
        ),
        (
            compare("createdAt", Operator.NOT_BETWEEN, (day("01-02"), day("01-31"))),
            ["thing-01", "thing-03"],
        ),
        (compare("createdAt", Operator.EQ, day("01-15")), ["thing-02"]),
        (compare("createdAt", Operator.GT, day("01-15")), ["thing-03"]),
        (compare("createdAt", Operator.LTE, day("01-15")), ["thing-01", "thing-02"]),
    ],
)
async def test_time_operators(store: Store, predicate: Predicate, expected: list[str]) -> None:
    await store.add(*[{"created_at": day(text)} for text in ("01-01", "01-15", "02-01")])

    assert await store.refs(predicate) == expected


async def test_and_with_a_bracketed_or(store: Store) -> None:
    # worked example 14
    await store.add(
        {"name": "A", "email": "x@a.io"},
        {"name": "B", "email": "y@A.IO"},
        {"name": "C", "email": "z@a.io"},
        {"name": "A", "email": "x@b.io"},
    )
    predicate = And(
        (
            compare("email", Operator.I_LIKE, "%@a.io"),
            Or((equals("name", "A"), equals("name", "B"))),
        )
    )

    assert await store.names(predicate) == ["A", "B"]


async def test_enum_operands_compare_as_text(store: Store) -> None:
    await store.add({"color": Color.RED}, {"color": Color.BLUE}, {"color": None})

    assert await store.refs(compare("color", Operator.EQ, "RED")) == ["thing-01"]
    assert await store.refs(compare("color", Operator.IN, ("RED", "BLUE"))) == [
        "thing-01",
        "thing-02",
    ]
    assert await store.refs(compare("color", Operator.LT, "RED")) == ["thing-02"]
    assert await store.refs(compare("color", Operator.IS, None)) == ["thing-03"]


async def test_booleans(store: Store) -> None:
    await store.add({"is_latest": True}, {"is_latest": False}, {"is_latest": None})

    assert await store.refs(compare("isLatest", Operator.IS, True)) == ["thing-01"]
    assert await store.refs(compare("isLatest", Operator.IS_NOT, True)) == ["thing-02", "thing-03"]
    assert await store.refs(compare("isLatest", Operator.IS_NOT, None)) == ["thing-01", "thing-02"]


async def test_numbers_compare_exactly(store: Store) -> None:
    await store.add({"size": Decimal("0.1")}, {"size": Decimal("0.10000000001")})

    assert await store.refs(compare("size", Operator.EQ, Decimal("0.1"))) == ["thing-01"]
    assert await store.refs(compare("version", Operator.GT, Decimal("1.5"))) == ["thing-02"]
    assert await store.refs(compare("version", Operator.BETWEEN, (1, 1))) == ["thing-01"]


async def test_text_compares_with_uuid_columns_and_uuids_with_text_columns(store: Store) -> None:
    [id_, _] = await store.add({}, {})
    await store.add({"name": str(id_)})

    assert await store.refs(compare("id", Operator.EQ, str(id_).upper())) == ["thing-01"]
    assert await store.refs(compare("id", Operator.IN, (str(id_), "nobody"))) == ["thing-01"]
    assert await store.refs(compare("id", Operator.EQ, "nobody")) == []
    assert await store.refs(compare("id", Operator.LIKE, f"{str(id_)[:-1]}_")) == ["thing-01"]
    assert await store.refs(compare("name", Operator.EQ, id_)) == ["thing-03"]
    assert await store.refs(compare("name", Operator.IN, (id_,))) == ["thing-03"]


async def test_a_search_matches_any_of_its_columns(store: Store) -> None:
    await store.add({"name": "Acme"}, {"email": "x@acme.io"}, {"name": "other"})

    assert await store.refs(compare("searchQuery", Operator.I_LIKE, "%acme%")) == [
        "thing-01",
        "thing-02",
    ]


async def test_a_relation_filter_wants_some_related_row_and_yields_no_duplicates(
    store: Store,
) -> None:
    [first, second, _] = await store.add({}, {}, {})
    for label in ("a", "b"):
        await store.add_part(first, label)
    await store.add_part(second, "b")

    some = Related("parts", compare("label", Operator.IN, ("a", "b")))

    assert await store.refs(some) == ["thing-01", "thing-02"]
    assert await store.refs(Related("parts", equals("label", "a"))) == ["thing-01"]
    back = Related("parts", Related("thing", equals("refId", "thing-02")))
    assert await store.refs(back) == ["thing-02"]


async def test_a_relation_to_the_same_table_is_told_apart(store: Store) -> None:
    await store.add({"name": "x"}, {"name": "x"}, {"name": "y"})

    assert await store.refs(Related("sameName", equals("refId", "thing-02"))) == [
        "thing-01",
        "thing-02",
    ]


async def test_tenants_and_the_listings_own_condition_always_hold(
    store: Store, tables: AsyncEngine
) -> None:
    other = Store(tables)
    [foreign] = await other.add({"name": "x"})
    [_, gone] = await store.add({"name": "x"}, {"name": "x", "deleted": True})
    await store.add_part(foreign, "mine, of a foreign thing")
    await store.add_part(gone, "of a deleted thing")

    assert await store.refs(equals("name", "x")) == ["thing-01"]
    assert (await store.page(asked(total=True))).total == 1
    parts = await read_all(store.reader, PARTS, predicate=Related("thing", EVERYTHING))
    assert parts == []


async def test_an_empty_or_matches_nothing_and_an_empty_and_everything(store: Store) -> None:
    await store.add({})

    assert await store.refs(Or(())) == []
    assert await store.refs(And(())) == ["thing-01"]


@pytest.mark.parametrize(
    "query",
    [
        asked(predicate=equals("weight", 1)),
        asked(predicate=Related("owner", EVERYTHING)),
        asked((by("weight"),)),
        asked((by("searchQuery"),)),
    ],
)
async def test_what_a_listing_does_not_know_is_unsupported(store: Store, query: ListQuery) -> None:
    with pytest.raises(InvalidInput) as raised:
        await store.page(query)

    assert raised.value.code is ErrorCode.UnsupportedParameter


async def test_children_of_many_parents_are_one_statement(
    store: Store, count_statements: Callable[[], Any]
) -> None:
    ids = await store.add(*[{} for _ in range(5)])
    for id_ in ids:
        await store.add_part(id_, "x")

    with count_statements() as executed:
        rows = await read_all(
            store.reader, PARTS, PARTS.table.c.thing_id.in_(ids), orders=(by("label"),)
        )

    assert len(executed) == 1
    assert {row.thing_id for row in rows} == set(ids)
