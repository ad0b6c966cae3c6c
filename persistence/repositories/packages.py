"""Plans and add-ons inside a unit of work: lineages under lock, saves of whole aggregates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, any_, func, literal, or_, select, tuple_, union_all
from sqlalchemy.exc import IntegrityError

from domain.catalog.enums import PackageGroupStatus, PackageStatus
from domain.catalog.model import Package, PackageType
from domain.catalog.publishing import ArchiveFacts, Lineage
from domain.errors import Conflict, ErrorCode, duplicate
from domain.ids import CustomerId, PackageId, PriceId, ProductId, as_uuid
from domain.subscriptions.model import OPEN
from persistence.mapping.copy import to_columns
from persistence.readers.packages import PackageQueries
from persistence.repositories.base import Repository
from persistence.rows.base import Base
from persistence.rows.catalog import PackageGroupRow, ProductRow
from persistence.rows.packages import PackageEntitlementRow, PackageRow, PriceRow
from persistence.rows.subscriptions import SubscriptionRow

_PACKAGE = PackageRow.__table__.c
_PRICE = PriceRow.__table__.c
_ENTITLEMENT = PackageEntitlementRow.__table__.c

# A statement has at most 32 767 parameters; a child row has about 25.
_ROWS_PER_STATEMENT = 1_000


class SqlPackageRepository(Repository, PackageQueries):
    """Fits `app.ports.PackageRepository`."""

    async def lineage(
        self, type_: PackageType | None, identifier: str
    ) -> tuple[Package, Lineage] | None:
        """The row that `identifier` names for editing, and its lineage, locked until commit.

        A UUID names its row; a refId the open draft, else the latest row. Without a type a plan
        is preferred to an add-on of the same refId.
        """
        uuid = as_uuid(identifier)
        named = PackageRow.__table__.alias("named").c
        of_uuid = select(named.type, named.ref_id).where(
            named.environment_id == self.environment_id, named.id == uuid
        )
        lineages = [
            or_(
                _PACKAGE.ref_id == identifier,
                tuple_(_PACKAGE.type, _PACKAGE.ref_id).in_(of_uuid),
            )
        ]
        if type_ is not None:
            lineages.append(_PACKAGE.type == type_)
        # Every version is locked, and what they are is asked then: a version that was published
        # meanwhile is not seen by the statement that waited for it.
        await self.fetch(
            self._packages(*lineages)
            .with_only_columns(_PACKAGE.id)
            .order_by(_PACKAGE.id)
            .with_for_update()
        )
        is_meant = or_(
            _PACKAGE.is_latest, _PACKAGE.status == PackageStatus.DRAFT, _PACKAGE.id == uuid
        )
        statement = self._packages(*lineages, is_meant).order_by(_PACKAGE.id)
        return _named(await self.load(statement), identifier, uuid)

    async def lock_product_of(self, type_: PackageType, identifier: str) -> None:
        """Keep others from publishing in the product of what `identifier` names.

        To be taken before any lineage: a publication changes other lineages of its product.
        """
        product = ProductRow.__table__.c
        products = select(_PACKAGE.product_id).where(
            _PACKAGE.environment_id == self.environment_id,
            _PACKAGE.type == type_,
            or_(_PACKAGE.ref_id == identifier, _PACKAGE.id == as_uuid(identifier)),
        )
        await self.fetch(
            select(product.id)
            .where(product.environment_id == self.environment_id, product.id.in_(products))
            .order_by(product.id)
            .with_for_update()
        )

    async def locked_of_product(self, type_: PackageType, product_id: ProductId) -> list[Package]:
        """As `of_product`; nobody else changes these lineages until the transaction ends."""
        await self.fetch(
            self._packages(
                _PACKAGE.type == type_,
                _PACKAGE.product_id == product_id,
                or_(_PACKAGE.is_latest, _PACKAGE.status == PackageStatus.DRAFT),
            )
            .with_only_columns(_PACKAGE.id)
            .order_by(_PACKAGE.id)
            .with_for_update()
        )
        return await self.of_product(type_, product_id)

    async def of_entitlement(self, entitlement_id: UUID) -> Package | None:
        """The version that an entitlement belongs to, locked."""
        owner = select(_ENTITLEMENT.package_id).where(
            _ENTITLEMENT.environment_id == self.environment_id, _ENTITLEMENT.id == entitlement_id
        )
        return await self._locked_owner(owner)

    async def of_price(self, price_id: PriceId) -> Package | None:
        """The version that a price belongs to, locked."""
        owner = select(_PRICE.package_id).where(
            _PRICE.environment_id == self.environment_id, _PRICE.id == price_id
        )
        return await self._locked_owner(owner)

    async def _locked_owner(self, owner: Select[Any]) -> Package | None:
        found = await self.load(self._packages(_PACKAGE.id.in_(owner)).with_for_update())
        return found[0] if found else None

    async def taken_ref_ids(self, type_: PackageType, prefix: str) -> frozenset[str]:
        """The refIds of the kind that begin with `prefix`."""
        statement = (
            select(_PACKAGE.ref_id)
            .distinct()
            .where(
                _PACKAGE.environment_id == self.environment_id,
                _PACKAGE.type == type_,
                _PACKAGE.ref_id.startswith(prefix, autoescape=True),
            )
        )
        return frozenset(row.ref_id for row in await self.fetch(statement))

    async def drafts_naming(self, package: Package) -> list[Package]:
        """Open drafts that extend, offer or need the package's lineage."""
        statement = self._packages(
            _PACKAGE.status == PackageStatus.DRAFT,
            or_(
                _PACKAGE.parent_plan_id == package.id,
                literal(package.ref_id) == any_(_PACKAGE.compatible_addon_ref_ids),
                literal(package.ref_id) == any_(_PACKAGE.dependency_ref_ids),
            ),
            _PACKAGE.id != package.id,
        )
        return await self.load(statement)

    async def users_of(self, package: Package) -> ArchiveFacts:
        """What still needs the package's lineage, in one statement."""
        parts = self._plan_users(package) if _is_plan(package) else self._addon_users(package)
        found: dict[str, set[str]] = {}
        for row in await self.fetch(union_all(*parts)):
            found.setdefault(row.what, set()).add(row.ref_id)
        return ArchiveFacts(**found)

    def _plan_users(self, plan: Package) -> list[Select[Any]]:
        product = ProductRow.__table__.c
        base_table = PackageRow.__table__.alias("base")
        base = base_table.c

        def setting(name: str) -> Any:
            return func.jsonb_extract_path_text(product.settings, name) == plan.ref_id

        def products(what: str, name: str) -> Select[Any]:
            return select(literal(what).label("what"), product.ref_id.label("ref_id")).where(
                product.environment_id == self.environment_id, setting(name)
            )

        return [
            products("start_plan_of", "subscription_start_plan_ref_id"),
            products("downgrade_plan_of", "downgrade_plan_ref_id"),
            select(literal("child_plans").label("what"), _PACKAGE.ref_id)
            .join_from(
                PackageRow.__table__,
                base_table,
                and_(
                    base.environment_id == _PACKAGE.environment_id,
                    base.id == _PACKAGE.parent_plan_id,
                ),
            )
            .where(
                _PACKAGE.environment_id == self.environment_id,
                _PACKAGE.is_latest,
                _PACKAGE.status != PackageStatus.ARCHIVED,
                base.ref_id == plan.ref_id,
            ),
        ]

    def _addon_users(self, addon: Package) -> list[Select[Any]]:
        group = PackageGroupRow.__table__.c
        return [
            select(literal("compatible_plans").label("what"), _PACKAGE.ref_id).where(
                _PACKAGE.environment_id == self.environment_id,
                _PACKAGE.type == PackageType.Plan,
                _PACKAGE.is_latest,
                _PACKAGE.status != PackageStatus.ARCHIVED,
                literal(addon.ref_id) == any_(_PACKAGE.compatible_addon_ref_ids),
            ),
            select(
                literal("compatible_groups").label("what"), group.package_group_id.label("ref_id")
            ).where(
                group.environment_id == self.environment_id,
                group.is_latest,
                group.status != PackageGroupStatus.ARCHIVED,
                literal(addon.ref_id) == any_(group.addon_ref_ids),
            ),
        ]

    async def older_versions(self, version: Package) -> frozenset[PackageId]:
        """The rows of the lineage below `version`."""
        statement = select(_PACKAGE.id).where(
            _PACKAGE.environment_id == self.environment_id,
            _PACKAGE.type == version.type,
            _PACKAGE.ref_id == version.ref_id,
            _PACKAGE.version_number < version.version_number,
        )
        return frozenset(row.id for row in await self.fetch(statement))

    async def holders(
        self, version: Package, older: frozenset[PackageId]
    ) -> tuple[CustomerId, ...]:
        """Customers with an open subscription on one of the `older` rows."""
        if not older:
            return ()
        subscription = SubscriptionRow.__table__.c
        if _is_plan(version):
            holds = and_(
                subscription.plan_id.in_(older),
                subscription.pricing_type == version.pricing_type,
            )
        else:
            holds = or_(*(subscription.addons.contains([{"addon_id": str(id)}]) for id in older))
        statement = (
            select(subscription.customer_id)
            .distinct()
            .where(
                subscription.environment_id == self.environment_id,
                subscription.status.in_(OPEN),
                holds,
            )
            .order_by(subscription.customer_id)
        )
        return tuple(row.customer_id for row in await self.fetch(statement))

    async def add(self, package: Package) -> None:
        """Insert a new lineage; a taken refId raises DuplicatedEntityNotAllowed."""
        try:
            await self.insert(PackageRow, [to_columns(package, PackageRow)])
        except IntegrityError as error:
            raise duplicate(package.type.value, package.ref_id) from error
        await self._save_children([package])

    async def save(self, *packages: Package) -> None:
        """Insert or overwrite with all children, in a fixed number of statements.

        A second draft of a lineage, opened by another request meanwhile, raises
        DraftAlreadyExists.
        """
        await self.save_headers(*packages)
        await self._save_children(packages)

    async def save_headers(self, *packages: Package) -> None:
        """Insert or overwrite version rows alone, in one statement; children stay as they are.

        Rows leave a unique slot before others take it: no longer latest before latest, the
        higher number (a draft moving up) before the lower.
        """
        ordered = sorted(packages, key=lambda p: (p.is_latest, -p.version_number))
        rows = [to_columns(p, PackageRow) for p in ordered]
        try:
            await self.upsert(PackageRow, rows, key=["id"])
        except IntegrityError as error:
            if "uq_packages_" not in str(error.orig):
                raise
            raise Conflict(
                ErrorCode.DraftAlreadyExists, f"{packages[0].ref_id} already has a draft"
            ) from error

    async def _save_children(self, packages: Sequence[Package]) -> None:
        if not packages:
            return
        ids = [p.id for p in packages]
        prices = [(p.id, price) for p in packages for price in p.prices]
        entitlements = [(p.id, e) for p in packages for e in p.entitlements]
        await self._delete_others(PriceRow, ids, [price.id for _, price in prices])
        await self._delete_others(PackageEntitlementRow, ids, [e.id for _, e in entitlements])
        await self._upsert_all(
            PriceRow, [to_columns(price, PriceRow, package_id=id) for id, price in prices]
        )
        await self._upsert_all(
            PackageEntitlementRow,
            [
                _BLANK_ENTITLEMENT | to_columns(e, PackageEntitlementRow, package_id=id)
                for id, e in entitlements
            ],
        )

    async def _delete_others(
        self, row_class: type[Base], package_ids: list[PackageId], kept: Sequence[UUID]
    ) -> None:
        column: Any = row_class.__table__.c
        await self.delete_where(
            row_class, column.package_id.in_(package_ids), column.id.not_in(kept)
        )

    async def _upsert_all(self, row_class: type[Base], rows: list[Mapping[str, Any]]) -> None:
        for chunk in _chunks(rows):
            await self.upsert(row_class, chunk, key=["id"])

    async def delete(self, package: Package) -> None:
        """Remove a version row with its children (drafts only: nothing sold refers to it)."""
        assert package.status is PackageStatus.DRAFT
        await self.delete_where(PriceRow, _PRICE.package_id == package.id)
        await self.delete_where(PackageEntitlementRow, _ENTITLEMENT.package_id == package.id)
        await self.delete_where(PackageRow, _PACKAGE.id == package.id)


# What only one of the two kinds of entitlement has; a multi-row insert needs equal columns.
_BLANK_ENTITLEMENT: dict[str, Any] = {
    "feature_id": None,
    "usage_limit": None,
    "has_unlimited_usage": None,
    "enum_values": None,
    "reset_rule": None,
    "feature_group_ids": None,
    "currency_id": None,
    "amount": None,
    "cadence": None,
}


def _chunks(rows: list[Mapping[str, Any]]) -> Iterable[list[Mapping[str, Any]]]:
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        yield rows[start : start + _ROWS_PER_STATEMENT]


def _is_plan(package: Package) -> bool:
    return package.type is PackageType.Plan


def _named(
    found: list[Package], identifier: str, uuid: UUID | None
) -> tuple[Package, Lineage] | None:
    """Choose among the rows of the lineages that `identifier` may mean."""
    for package in found:
        if package.id == uuid:
            return package, _lineage(package, found)
    by_ref = [p for p in found if p.ref_id == identifier]
    if not by_ref:
        return None
    one = next((p for p in by_ref if _is_plan(p)), by_ref[0])
    lineage = _lineage(one, by_ref)
    return lineage.draft or lineage.latest, lineage


def _lineage(package: Package, found: Iterable[Package]) -> Lineage:
    own = [p for p in found if p.type is package.type and p.ref_id == package.ref_id]
    latest = next(p for p in own if p.is_latest)
    draft = next((p for p in own if p.status is PackageStatus.DRAFT), None)
    return Lineage(
        latest=latest, draft=draft, version_number_max=max(p.version_number for p in own)
    )
