"""Tables of these tests' own, their listings, and one tenant of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Enum, Integer, MetaData, Numeric, Text, insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.ids import RandomIds
from domain.ids import EnvironmentId
from domain.listing import (
    EVERYTHING,
    NEWEST_FIRST,
    Compare,
    ListQuery,
    Operand,
    Operator,
    Order,
    Page,
    PageRequest,
    Predicate,
    SortDirection,
    SortNulls,
)
from persistence.listing import (
    AnyOf,
    Field,
    Listing,
    Relation,
    column,
    columns,
    read_all,
    read_page,
)
from persistence.repositories.base import Reader
from persistence.rows.base import Instant

ASC, DESC = SortDirection.ASC, SortDirection.DESC
START = datetime(2025, 1, 1, tzinfo=UTC)


class Color(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


class OwnBase(DeclarativeBase):
    metadata = MetaData()


class ThingRow(OwnBase):
    __tablename__ = "listed_things"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    ref_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    color: Mapped[Color | None] = mapped_column(Enum(Color, native_enum=False))
    size: Mapped[Decimal | None] = mapped_column(Numeric)
    version: Mapped[int] = mapped_column(Integer)
    is_latest: Mapped[bool | None]
    created_at: Mapped[datetime] = mapped_column(Instant())
    deleted: Mapped[bool]


class PartRow(OwnBase):
    __tablename__ = "listed_parts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    thing_id: Mapped[UUID]
    label: Mapped[str] = mapped_column(Text)


PARTS: Listing = Listing(
    row=PartRow,
    fields=columns(PartRow, "id", "label"),
    relations={
        "thing": Relation(lambda: THINGS, lambda part, thing: thing.c.id == part.c.thing_id)
    },
)
THING_FIELDS: dict[str, Field] = columns(
    ThingRow, "id", "refId", "name", "email", "color", "size", "version", "isLatest", "createdAt"
)
THINGS: Listing = Listing(
    row=ThingRow,
    fields=THING_FIELDS | {"searchQuery": AnyOf((column("name"), column("email")))},
    relations={
        "parts": Relation(lambda: PARTS, lambda thing, part: part.c.thing_id == thing.c.id),
        "sameName": Relation(lambda: THINGS, lambda thing, other: other.c.name == thing.c.name),
    },
    where=lambda things: ~things.c.deleted,
)


class Store:
    """One tenant of the test's tables."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.ids = RandomIds()
        self.reader = Reader(engine, EnvironmentId(self.ids.new_uuid()))
        self.count = 0

    async def add(self, *rows: dict[str, Any]) -> list[UUID]:
        """Insert things, each a second newer than the one before."""
        values: list[dict[str, Any]] = []
        for row in rows:
            self.count += 1
            defaults: dict[str, Any] = {
                "id": self.ids.new_uuid(),
                "environment_id": self.reader.environment_id,
                "ref_id": f"thing-{self.count:02}",
                "name": None,
                "email": None,
                "color": None,
                "size": None,
                "version": self.count,
                "is_latest": None,
                "created_at": START + timedelta(seconds=self.count),
                "deleted": False,
            }
            values.append(defaults | row)
        async with self.engine.begin() as connection:
            await connection.execute(insert(ThingRow), values)
        return [value["id"] for value in values]

    async def add_part(self, thing_id: UUID, label: str) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(
                insert(PartRow).values(
                    id=self.ids.new_uuid(),
                    environment_id=self.reader.environment_id,
                    thing_id=thing_id,
                    label=label,
                )
            )

    async def page(self, query: ListQuery) -> Page[Any]:
        return await read_page(self.reader, THINGS, query)

    async def names(self, predicate: Predicate) -> list[str | None]:
        rows = await read_all(self.reader, THINGS, predicate=predicate, orders=(by("version"),))
        return [row.name for row in rows]

    async def refs(self, predicate: Predicate) -> list[str]:
        rows = await read_all(self.reader, THINGS, predicate=predicate, orders=(by("version"),))
        return [row.ref_id for row in rows]


def by(field: str, direction: SortDirection = ASC, nulls: SortNulls | None = None) -> Order:
    return Order(field, direction, nulls)


def asked(
    orders: tuple[Order, ...] = NEWEST_FIRST,
    *,
    first: int | None = None,
    last: int | None = None,
    cursor: str | None = None,
    total: bool = False,
    predicate: Predicate = EVERYTHING,
) -> ListQuery:
    page = PageRequest(size=last or first or 10, cursor=cursor, backward=last is not None)
    return ListQuery(predicate=predicate, orders=orders, page=page, wants_total=total)


def compare(field: str, operator: Operator, value: Operand) -> Compare:
    return Compare(field, operator, value)
