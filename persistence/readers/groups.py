"""Feature groups and package groups: lineages of versions, read by any id.

Source: spec, catalog §1 (accepting ids), §2 and §4.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import Select, or_, select

from domain.catalog.enums import FeatureGroupStatus, PackageGroupStatus
from domain.catalog.model import FeatureGroup, PackageGroup
from domain.ids import FeatureGroupId, FeatureId, ProductId, as_uuid
from domain.listing import ListQuery, Page
from persistence.listing import Listing, Relation, columns, read_page
from persistence.mapping.copy import from_row
from persistence.readers.catalog import ProductQueries
from persistence.readers.identified import Connected
from persistence.repositories.base import Reader
from persistence.rows.base import Base
from persistence.rows.catalog import FeatureGroupRow, PackageGroupRow

T = TypeVar("T", FeatureGroup, PackageGroup)
I = TypeVar("I", bound=UUID)  # noqa: E741 - the id's type


class VersionedQueries(Connected, Generic[I, T]):
    """One statement each; the lineage is named by `lineage_column`."""

    row: ClassVar[type[Base]]
    entity: ClassVar[type[Any]]
    lineage_column: ClassVar[str]
    listing: ClassVar[Listing]

    def _select(self, *criteria: Any) -> Select[Any]:
        columns = self.row.__table__.c
        return select(*columns).where(columns.environment_id == self.environment_id, *criteria)

    async def _load(self, statement: Select[Any]) -> list[T]:
        return [from_row(self.entity, row) for row in await self.fetch(statement)]

    async def by_ids(self, ids: Iterable[I]) -> dict[I, T]:
        """Version rows by UUID; unknown ids are left out."""
        wanted = list(ids)
        if not wanted:
            return {}
        found = await self._load(self._select(self.row.__table__.c.id.in_(wanted)))
        return {group.id: group for group in found}  # type: ignore[misc] # I is the id of T

    async def latest(self, identifiers: Iterable[str]) -> dict[str, T]:
        """The latest version of each lineage, named by any version's UUID or the caller's id.

        Keyed as asked; unknown ones are left out.
        """
        wanted = set(identifiers)
        return self._named(wanted, await self._load(self._any_of(wanted))) if wanted else {}

    def _any_of(self, wanted: set[str]) -> Select[Any]:
        """Every version of the lineages named."""
        columns = self.row.__table__.c
        lineage = columns[self.lineage_column]
        uuids = [u for u in map(as_uuid, wanted) if u is not None]
        other = self.row.__table__.alias().c
        named = select(other[self.lineage_column]).where(
            other.environment_id == self.environment_id, other.id.in_(uuids)
        )
        return self._select(or_(lineage.in_(wanted), lineage.in_(named)))

    def _named(self, wanted: set[str], rows: list[T]) -> dict[str, T]:
        lineages = {str(group.id): getattr(group, self.lineage_column) for group in rows}
        newest = {getattr(g, self.lineage_column): g for g in rows if g.is_latest}
        found: dict[str, T] = {}
        for identifier in wanted:
            uuid = as_uuid(identifier)
            group = newest.get(lineages.get(str(uuid), identifier))
            if group is not None:
                found[identifier] = group
        return found

    async def version(self, lineage: str, version_number: int) -> T | None:
        """One version of a lineage."""
        columns = self.row.__table__.c
        found = await self._load(
            self._select(
                columns[self.lineage_column] == lineage, columns.version_number == version_number
            )
        )
        return found[0] if found else None

    async def page(self, query: ListQuery) -> Page[T]:
        """The page asked for, every version a row of its own."""
        page = await read_page(self, self.listing, query)
        return page.map(lambda row: cast("T", from_row(self.entity, row)))


class FeatureGroupQueries(VersionedQueries[FeatureGroupId, FeatureGroup]):
    """Fits `app.ports.FeatureGroupSource`."""

    row: ClassVar[type[Base]] = FeatureGroupRow
    entity = FeatureGroup
    lineage_column = "feature_group_id"
    listing: ClassVar[Listing] = Listing(
        row=FeatureGroupRow,
        fields=columns(
            FeatureGroupRow,
            "createdAt",
            "displayName",
            "featureGroupId",
            "id",
            "isLatest",
            "status",
            "updatedAt",
            "versionNumber",
        ),
    )

    async def with_feature(self, id: FeatureId) -> tuple[FeatureGroup, ...]:
        """The latest, unarchived groups that have the feature."""
        statement = self._select(
            FeatureGroupRow.is_latest,
            FeatureGroupRow.status != FeatureGroupStatus.ARCHIVED,
            FeatureGroupRow.feature_ids.contains([id]),
        ).order_by(FeatureGroupRow.feature_group_id)
        return tuple(await self._load(statement))


class PackageGroupQueries(VersionedQueries[UUID, PackageGroup]):
    """Fits `app.ports.PackageGroupSource`."""

    row: ClassVar[type[Base]] = PackageGroupRow
    entity = PackageGroup
    lineage_column = "package_group_id"
    listing: ClassVar[Listing] = Listing(
        row=PackageGroupRow,
        fields=columns(
            PackageGroupRow,
            "createdAt",
            "displayName",
            "isLatest",
            "packageGroupId",
            "productId",
            "status",
            "updatedAt",
            "versionNumber",
        ),
        relations={
            "product": Relation(
                target=lambda: ProductQueries.listing,
                on=lambda groups, products: products.c.id == groups.c.product_id,
            )
        },
    )

    async def of_product(self, product_id: ProductId) -> tuple[PackageGroup, ...]:
        """The product's latest, unarchived groups, oldest first."""
        statement = self._select(
            PackageGroupRow.is_latest,
            PackageGroupRow.status != PackageGroupStatus.ARCHIVED,
            PackageGroupRow.product_id == product_id,
        ).order_by(PackageGroupRow.created_at, PackageGroupRow.package_group_id)
        return tuple(await self._load(statement))


class SqlFeatureGroupReader(Reader, FeatureGroupQueries):
    """Outside transactions."""


class SqlPackageGroupReader(Reader, PackageGroupQueries):
    """Outside transactions."""
