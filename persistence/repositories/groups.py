"""Feature groups and package groups inside a unit of work."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from domain.catalog.model import FeatureGroup, PackageGroup
from domain.errors import duplicate
from domain.ids import FeatureGroupId
from persistence.mapping.copy import to_columns
from persistence.readers.groups import (
    FeatureGroupQueries,
    PackageGroupQueries,
    VersionedQueries,
)
from persistence.repositories.base import Repository

T = TypeVar("T", FeatureGroup, PackageGroup)
I = TypeVar("I", FeatureGroupId, UUID)  # noqa: E741 - the id's type


class GroupRepository(Repository, VersionedQueries[I, T], Generic[I, T]):
    """One row a version; the newest is the lineage's only latest one."""

    name: ClassVar[str]

    async def lock(self, identifier: str) -> T | None:
        """As `latest`, of one; nobody else changes the lineage until the transaction ends.

        The oldest version is locked first: whoever waits knows of it, while newer ones may have
        come since. In any other order two could wait for each other.
        """
        oldest_first = self.row.__table__.c.version_number
        await self.fetch(self._any_of({identifier}).order_by(oldest_first).with_for_update())
        # Read again: whoever held the lock may have added a version meanwhile.
        return (await self.latest([identifier])).get(identifier)

    async def add(self, group: T) -> None:
        """Insert a version as the latest; the one before it no longer is.

        Two requests that make the same version: the second raises DuplicatedEntityNotAllowed.
        """
        lineage = getattr(group, self.lineage_column)
        columns = self.row.__table__.c
        if group.version_number > 1:
            await self.execute(
                update(self.row)
                .where(
                    columns.environment_id == self.environment_id,
                    columns[self.lineage_column] == lineage,
                    columns.is_latest,
                )
                .values(is_latest=False)
            )
        try:
            await self.insert(self.row, [to_columns(group, self.row)])
        except IntegrityError as error:
            raise duplicate(self.name, lineage) from error

    async def save(self, group: T) -> None:
        """Overwrite the row of a version that was loaded before."""
        columns = self.row.__table__.c
        touched = await self.execute(
            update(self.row)
            .where(columns.environment_id == self.environment_id, columns.id == group.id)
            .values(**to_columns(group, self.row))
        )
        assert touched == 1, f"{self.name} {group.id} vanished"


class SqlFeatureGroupRepository(FeatureGroupQueries, GroupRepository[FeatureGroupId, FeatureGroup]):
    """Fits `app.ports.FeatureGroupRepository`."""

    name = "FeatureGroup"


class SqlPackageGroupRepository(PackageGroupQueries, GroupRepository[UUID, PackageGroup]):
    """Fits `app.ports.PackageGroupRepository`."""

    name = "PackageGroup"
