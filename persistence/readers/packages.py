"""Plans and add-ons as whole aggregates: the same statements inside and outside a unit of work.

Any number of packages costs three statements: version rows, prices, entitlements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import Executable, Row, Select, and_, or_, select, tuple_

from domain.catalog.enums import PackageStatus
from domain.catalog.model import (
    CreditEntitlement,
    FeatureEntitlement,
    Package,
    PackageEntitlement,
    PackageType,
    Price,
)
from domain.ids import EnvironmentId, PackageId, ProductId, as_uuid
from persistence.mapping.copy import from_row
from persistence.rows.packages import PackageEntitlementRow, PackageRow, PriceRow

_PACKAGE = PackageRow.__table__.c
_PRICE = PriceRow.__table__.c
_ENTITLEMENT = PackageEntitlementRow.__table__.c


class Connected(Protocol):
    """What a repository and a reader have in common: a tenant and a way to run a statement."""

    environment_id: EnvironmentId

    async def fetch(self, statement: Executable) -> Sequence[Row[Any]]: ...


class PackageQueries(Connected):
    """Fits `app.ports.PackageSource`."""

    def _packages(self, *criteria: Any) -> Select[Any]:
        return select(*_PACKAGE).where(_PACKAGE.environment_id == self.environment_id, *criteria)

    async def load(self, statement: Executable) -> list[Package]:
        """The packages whose version rows `statement` selects, in its order, with children."""
        return await self.with_children(await self.fetch(statement))

    async def with_children(self, rows: Sequence[Row[Any]]) -> list[Package]:
        """The packages of these version rows: two statements more, none for no rows."""
        if not rows:
            return []
        ids = [row.id for row in rows]
        prices = await self._prices(ids)
        entitlements = await self._entitlements(ids)
        return [
            from_row(
                Package,
                row,
                prices=tuple(prices[row.id]),
                entitlements=tuple(entitlements[row.id]),
            )
            for row in rows
        ]

    async def _prices(self, package_ids: list[Any]) -> dict[Any, list[Price]]:
        statement = (
            select(*_PRICE)
            .where(_PRICE.environment_id == self.environment_id, _PRICE.package_id.in_(package_ids))
            .order_by(_PRICE.position, _PRICE.id)
        )
        found: dict[Any, list[Price]] = defaultdict(list)
        for row in await self.fetch(statement):
            found[row.package_id].append(from_row(Price, row))
        return found

    async def _entitlements(self, package_ids: list[Any]) -> dict[Any, list[PackageEntitlement]]:
        statement = (
            select(*_ENTITLEMENT)
            .where(
                _ENTITLEMENT.environment_id == self.environment_id,
                _ENTITLEMENT.package_id.in_(package_ids),
            )
            .order_by(
                _ENTITLEMENT.order.asc().nulls_last(), _ENTITLEMENT.created_at, _ENTITLEMENT.id
            )
        )
        found: dict[Any, list[PackageEntitlement]] = defaultdict(list)
        for row in await self.fetch(statement):
            found[row.package_id].append(entitlement_from_row(row))
        return found

    async def by_ids(self, ids: Iterable[PackageId]) -> dict[PackageId, Package]:
        """Version rows by id, with prices and own entitlements; unknown ids are left out."""
        wanted = list(ids)
        if not wanted:
            return {}
        return {p.id: p for p in await self.load(self._packages(_PACKAGE.id.in_(wanted)))}

    async def latest(self, type_: PackageType, ref_ids: Iterable[str]) -> dict[str, Package]:
        """The `is_latest` row of each lineage, whatever its status."""
        return await self._by_ref_ids(type_, ref_ids, _PACKAGE.is_latest)

    async def latest_published(
        self, type_: PackageType, ref_ids: Iterable[str]
    ) -> dict[str, Package]:
        """The version to sell, by ref_id: the latest row of each lineage if it is PUBLISHED."""
        return await self._by_ref_ids(
            type_, ref_ids, _PACKAGE.is_latest, _PACKAGE.status == PackageStatus.PUBLISHED
        )

    async def latest_and_held(
        self, lineages: Iterable[tuple[PackageType, str]], ids: Iterable[PackageId]
    ) -> list[Package]:
        """The `is_latest` rows of these lineages and the version rows of these ids, at once."""
        wanted, held = list(lineages), list(ids)
        if not wanted and not held:
            return []
        latest = and_(_PACKAGE.is_latest, tuple_(_PACKAGE.type, _PACKAGE.ref_id).in_(wanted))
        return await self.load(self._packages(or_(latest, _PACKAGE.id.in_(held))))

    async def drafts(self, type_: PackageType, ref_ids: Iterable[str]) -> dict[str, Package]:
        """The open draft of each lineage."""
        return await self._by_ref_ids(type_, ref_ids, _PACKAGE.status == PackageStatus.DRAFT)

    async def _by_ref_ids(
        self, type_: PackageType, ref_ids: Iterable[str], *criteria: Any
    ) -> dict[str, Package]:
        wanted = list(ref_ids)
        if not wanted:
            return {}
        statement = self._packages(_PACKAGE.type == type_, _PACKAGE.ref_id.in_(wanted), *criteria)
        return {p.ref_id: p for p in await self.load(statement)}

    async def latest_by_any_ids(
        self, type_: PackageType, identifiers: Iterable[str]
    ) -> dict[str, Package]:
        """The latest row of the lineage that a version's UUID or a refId names; keyed as asked."""
        wanted = list(dict.fromkeys(identifiers))
        if not wanted:
            return {}
        uuids = [u for u in map(as_uuid, wanted) if u is not None]
        other = PackageRow.__table__.alias().c
        named = select(other.ref_id).where(
            other.environment_id == self.environment_id, other.type == type_, other.id.in_(uuids)
        )
        statement = self._packages(
            _PACKAGE.type == type_,
            or_(_PACKAGE.id.in_(uuids), _PACKAGE.ref_id.in_(wanted), _PACKAGE.ref_id.in_(named)),
        )
        rows = await self.fetch(statement)
        refs = {str(row.id): row.ref_id for row in rows}
        latest = {p.ref_id: p for p in await self.with_children([r for r in rows if r.is_latest])}
        found = {
            identifier: latest.get(refs.get(_canonical(identifier), identifier))
            for identifier in wanted
        }
        return {identifier: package for identifier, package in found.items() if package}

    async def version(
        self, type_: PackageType, ref_id: str, version_number: int | None
    ) -> Package | None:
        """One version of a lineage; without a number its latest row of any status."""
        which = (
            _PACKAGE.is_latest
            if version_number is None
            else _PACKAGE.version_number == version_number
        )
        found = await self.load(
            self._packages(_PACKAGE.type == type_, _PACKAGE.ref_id == ref_id, which)
        )
        return found[0] if found else None

    async def of_product(self, type_: PackageType, product_id: ProductId) -> list[Package]:
        """The product's latest rows and open drafts, oldest lineage first."""
        statement = self._packages(
            _PACKAGE.type == type_,
            _PACKAGE.product_id == product_id,
            or_(_PACKAGE.is_latest, _PACKAGE.status == PackageStatus.DRAFT),
        ).order_by(_PACKAGE.lineage_created_at, _PACKAGE.ref_id)
        return await self.load(statement)

    async def latest_of_products(
        self, type_: PackageType, product_ids: Iterable[ProductId]
    ) -> list[Package]:
        """The products' latest rows that are not archived, oldest lineage first."""
        statement = self._packages(
            _PACKAGE.type == type_,
            _PACKAGE.product_id.in_(list(product_ids)),
            _PACKAGE.is_latest,
            _PACKAGE.status != PackageStatus.ARCHIVED,
        ).order_by(_PACKAGE.lineage_created_at, _PACKAGE.ref_id)
        return await self.load(statement)

    async def published_of_products(
        self, type_: PackageType, product_ids: Iterable[ProductId]
    ) -> list[Package]:
        """The versions to sell of these products, oldest lineage first."""
        statement = self._packages(
            _PACKAGE.type == type_,
            _PACKAGE.product_id.in_(list(product_ids)),
            _PACKAGE.is_latest,
            _PACKAGE.status == PackageStatus.PUBLISHED,
        ).order_by(_PACKAGE.lineage_created_at, _PACKAGE.ref_id)
        return await self.load(statement)

    async def with_ancestors(self, plan_ids: Iterable[PackageId]) -> dict[PackageId, Package]:
        """Plans and all their base plans by id, in one statement's worth of rows."""
        wanted = list(plan_ids)
        if not wanted:
            return {}
        chain = (
            select(_PACKAGE.id, _PACKAGE.parent_plan_id)
            .where(_PACKAGE.environment_id == self.environment_id, _PACKAGE.id.in_(wanted))
            .cte("chain", recursive=True)
        )
        base = PackageRow.__table__.alias("base").c
        # UNION, not UNION ALL: a circle (a bug elsewhere) must not loop here.
        chain = chain.union(
            select(base.id, base.parent_plan_id).where(
                and_(base.environment_id == self.environment_id, base.id == chain.c.parent_plan_id)
            )
        )
        statement = self._packages(_PACKAGE.id.in_(select(chain.c.id)))
        return {p.id: p for p in await self.load(statement)}


def entitlement_from_row(row: Row[Any]) -> PackageEntitlement:
    """The entitlement of the row's kind."""
    if row.kind == "CREDIT":
        return from_row(CreditEntitlement, row)
    return from_row(FeatureEntitlement, row)


def _canonical(identifier: str) -> str:
    """A UUID's usual spelling, anything else as it is."""
    uuid = as_uuid(identifier)
    return str(uuid) if uuid else identifier
