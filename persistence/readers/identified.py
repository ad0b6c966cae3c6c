"""Entities with a UUID and a caller's id, read by either: the UUID is tried first.

Source: spec, catalog §1 (accepting ids).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast
from uuid import UUID

from sqlalchemy import Executable, Row, Select, or_, select

from domain.ids import EnvironmentId, as_uuid
from domain.listing import ListQuery, Page
from persistence.listing import Listing, read_page
from persistence.mapping.copy import from_row
from persistence.rows.base import Base

T = TypeVar("T")
I = TypeVar("I", bound=UUID)  # noqa: E741 - the id's type


class Connected(Protocol):
    """What a repository and a reader have in common: a tenant and a way to run a statement."""

    environment_id: EnvironmentId

    async def fetch(self, statement: Executable) -> Sequence[Row[Any]]: ...


class IdentifiedQueries(Connected, Generic[I, T]):
    """One statement each; `row` and `entity` share attribute names."""

    row: ClassVar[type[Base]]
    entity: ClassVar[type[Any]]
    ref_column: ClassVar[str] = "ref_id"
    listing: ClassVar[Listing]

    def _select(self) -> Select[Any]:
        columns = self.row.__table__.c
        return select(*columns).where(columns.environment_id == self.environment_id)

    async def _load(self, statement: Executable) -> list[T]:
        return [from_row(self.entity, row) for row in await self.fetch(statement)]

    async def by_ids(self, ids: Iterable[I]) -> dict[I, T]:
        """The known ones among `ids`."""
        wanted = list(ids)
        if not wanted:
            return {}
        found = await self._load(self._select().where(self.row.__table__.c.id.in_(wanted)))
        return {entity.id: entity for entity in found}  # type: ignore[attr-defined] # every entity has one

    async def by_ref_ids(self, ref_ids: Iterable[str]) -> dict[str, T]:
        """The known ones by the caller's id."""
        wanted = list(ref_ids)
        if not wanted:
            return {}
        column = self.row.__table__.c[self.ref_column]
        found = await self._load(self._select().where(column.in_(wanted)))
        return {getattr(entity, self.ref_column): entity for entity in found}

    async def by_any_ids(self, identifiers: Iterable[str]) -> dict[str, T]:
        """By UUID, else by the caller's id; keyed as asked; unknown ones are left out."""
        wanted = set(identifiers)
        return self._named(wanted, await self._load(self._any_of(wanted))) if wanted else {}

    async def by_any_id(self, identifier: str) -> T | None:
        """As `by_any_ids`, of one."""
        return (await self.by_any_ids([identifier])).get(identifier)

    def _any_of(self, wanted: set[str]) -> Select[Any]:
        columns = self.row.__table__.c
        uuids = [u for u in map(as_uuid, wanted) if u is not None]
        return self._select().where(
            or_(columns.id.in_(uuids), columns[self.ref_column].in_(wanted))
        )

    def _named(self, wanted: set[str], found: list[T]) -> dict[str, T]:
        """The found ones by the identifiers that name them, UUIDs first."""
        by_id = {entity.id: entity for entity in found}  # type: ignore[attr-defined] # as above
        by_ref = {getattr(entity, self.ref_column): entity for entity in found}
        named: dict[str, T] = {}
        for identifier in wanted:
            uuid = as_uuid(identifier)
            entity = by_id.get(uuid) if uuid else None
            entity = by_ref.get(identifier) if entity is None else entity
            if entity is not None:
                named[identifier] = entity
        return named

    async def page(self, query: ListQuery) -> Page[T]:
        """The page asked for; one statement, and one more when the total is wanted."""
        page = await read_page(self, self.listing, query)
        return page.map(lambda row: cast("T", from_row(self.entity, row)))
