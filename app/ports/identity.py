"""What every operation is bound to: ids, the tenant, entities found by id or refId."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from domain.accounts.enums import EnvironmentType
from domain.ids import (
    AccountId,
    EnvironmentId,
)
from domain.listing import ListQuery, Page


class Ids(Protocol):
    """The injected source of identifiers."""

    def new_uuid(self) -> UUID: ...
    def new_hex(self, digits: int) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentScope:
    """The tenant of a request and its clock: `frozen_time` is set while a test clock is."""

    account_id: AccountId
    environment_id: EnvironmentId
    environment_type: EnvironmentType
    frozen_time: datetime | None = None


Key = TypeVar("Key", bound=UUID)


Entity = TypeVar("Entity")


class Identified(Protocol[Key, Entity]):
    """Entities with a UUID and a caller's id; each call is one statement."""

    async def by_ids(self, ids: Iterable[Key]) -> dict[Key, Entity]:
        """The known ones among `ids`."""

    async def by_ref_ids(self, ref_ids: Iterable[str]) -> dict[str, Entity]:
        """The known ones by the caller's id, archived ones included."""

    async def by_any_ids(self, identifiers: Iterable[str]) -> dict[str, Entity]:
        """By UUID, else by the caller's id; keyed as asked; unknown ones are left out."""

    async def by_any_id(self, identifier: str) -> Entity | None:
        """As `by_any_ids`, of one."""


class Listed(Protocol[Entity]):
    """Entities that lists show."""

    async def page(self, query: ListQuery) -> Page[Entity]:
        """The page asked for; one statement, and one more when the total is wanted."""


class Stored(Identified[Key, Entity], Protocol):
    """Identified entities inside a unit of work."""

    async def lock(self, identifier: str) -> Entity | None:
        """As `by_any_id`; nobody else changes it until the unit ends."""

    async def add(self, entity: Entity) -> None:
        """Insert; a taken ref_id (archived included) raises DuplicatedEntityNotAllowed."""

    async def save(self, entity: Entity) -> None: ...

    async def delete(self, entity: Entity) -> None: ...


class Versioned(Listed[Entity], Protocol[Key, Entity]):
    """Lineages of versions; each call is one statement."""

    async def by_ids(self, ids: Iterable[Key]) -> dict[Key, Entity]:
        """Version rows by UUID; unknown ids are left out."""

    async def latest(self, identifiers: Iterable[str]) -> dict[str, Entity]:
        """The latest version of each lineage, named by any version's UUID or the caller's id.

        Keyed as asked; unknown ones are left out.
        """

    async def version(self, lineage: str, version_number: int) -> Entity | None:
        """One version of a lineage."""
