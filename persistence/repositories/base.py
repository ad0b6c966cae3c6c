"""What every repository and reader is: SQL bound to one environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Executable, Insert, Row, delete, insert
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.ids import EnvironmentId
from persistence.engine import autocommitting
from persistence.rows.base import Base


class Connected(Protocol):
    """What a repository and a reader have in common: a tenant and a way to run a statement."""

    environment_id: EnvironmentId

    async def fetch(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]: ...


class Repository:
    """Statements inside a unit of work's transaction, bound to its environment.

    Rows are read with Core (`select(*FeatureRow.__table__.c)`): plain tuples, no identity map.
    """

    def __init__(self, connection: AsyncConnection, environment_id: EnvironmentId) -> None:
        self.connection = connection
        self.environment_id = environment_id

    async def fetch(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        """All rows. A statement made once, with `parameters`, costs less than one made anew."""
        return (await self.connection.execute(statement, parameters)).all()

    async def fetch_one(self, statement: Executable) -> Row[Any] | None:
        return (await self.connection.execute(statement)).one_or_none()

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> int:
        """Run and return the number of rows touched."""
        return int((await self.connection.execute(statement, parameters)).rowcount)

    async def insert(self, row_class: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert all `rows` in one round trip; none = no statement.

        The rows are parameters, not text: whatever their number, the statement is compiled once.
        """
        values = [{"environment_id": self.environment_id, **row} for row in rows]
        if values:
            await self.connection.execute(_insert(row_class), values)

    async def upsert(
        self, row_class: type[Base], rows: Iterable[Mapping[str, Any]], *, key: Sequence[str]
    ) -> None:
        """Insert or overwrite by the unique `key` columns, in one statement."""
        values = [{"environment_id": self.environment_id, **row} for row in rows]
        if not values:
            return
        statement = _upsert(row_class, tuple(values[0]), tuple(key))
        await self.connection.execute(statement, values)

    async def delete_where(self, row_class: type[Base], *criteria: Any) -> int:
        table: Any = row_class.__table__
        return await self.execute(
            delete(row_class).where(table.c.environment_id == self.environment_id, *criteria)
        )


@cache
def _insert(row_class: type[Base]) -> Insert:
    """Made once a table: building a statement costs as much as running it."""
    return insert(row_class)


@cache
def _upsert(row_class: type[Base], columns: tuple[str, ...], key: tuple[str, ...]) -> Insert:
    statement = pg_insert(row_class)
    changed = {name: statement.excluded[name] for name in columns if name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=changed)


class Reader:
    """Statements outside transactions (autocommit), each on a pooled connection."""

    def __init__(self, engine: AsyncEngine, environment_id: EnvironmentId) -> None:
        self.engine = autocommitting(engine)
        self.environment_id = environment_id

    async def fetch(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        """All rows. A statement made once, with `parameters`, costs less than one made anew."""
        async with self.engine.connect() as connection:
            return (await connection.execute(statement, parameters)).all()

    async def fetch_one(self, statement: Executable) -> Row[Any] | None:
        async with self.engine.connect() as connection:
            return (await connection.execute(statement)).one_or_none()
