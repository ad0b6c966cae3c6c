"""Lists of packages, their prices and entitlements, and what hangs on them, asked in batches.

Each method is one statement for any number of keys (packages: three, with their children).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    and_,
    any_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.catalog.enums import PackageGroupStatus, PackageStatus
from domain.catalog.glances import DraftMark, GroupName
from domain.catalog.migration import MigrationTask
from domain.catalog.model import FeatureEntitlement, Package, PackageType, Price, Product
from domain.ids import PackageId, PriceId
from domain.listing import ListQuery, Order, Page, Predicate
from domain.subscriptions.model import LIVE
from persistence.listing import Field, Listing, Relation, columns, read_all, read_page
from persistence.mapping.copy import from_row
from persistence.readers.catalog import FeatureQueries, ProductQueries
from persistence.readers.packages import PackageQueries
from persistence.repositories.base import Reader
from persistence.rows.catalog import PackageGroupRow, ProductRow
from persistence.rows.packages import (
    PackageEntitlementRow,
    PackageRow,
    PriceRow,
    SubscriptionMigrationTaskRow,
)
from persistence.rows.subscriptions import SubscriptionRow

_PACKAGE = PackageRow.__table__.c
_PRICE = PriceRow.__table__.c
_SUBSCRIPTION = SubscriptionRow.__table__.c
_TASK = SubscriptionMigrationTaskRow.__table__.c

_PACKAGE_FIELDS = columns(
    PackageRow,
    "billingId",
    "createdAt",
    "description",
    "displayName",
    "id",
    "isLatest",
    "pricingType",
    "productId",
    "refId",
    "status",
    "updatedAt",
    "versionNumber",
)


def _never(outer: FromClause, inner: FromClause) -> ColumnElement[bool]:
    del outer, inner
    return false()


# No package belongs to an offer (spec, catalog §4): filters on one match nothing.
_OFFER_FIELDS: dict[str, Field] = columns(PackageRow, "createdAt", "id", "isLatest", "status") | {
    "isDefault": lambda rows: rows.c.is_latest,
    "offerId": lambda rows: rows.c.ref_id,
    "version": lambda rows: rows.c.version_number,
}
_OFFER = Relation(target=lambda: Listing(row=PackageRow, fields=_OFFER_FIELDS), on=_never)


def _of_type(type_: PackageType) -> Any:
    return lambda rows: rows.c.type == type_.value


def _offers(plan: FromClause, addon: FromClause) -> ColumnElement[bool]:
    """A compatible add-on, as the plan offers it: the lineage's latest row."""
    return and_(addon.c.ref_id == any_(plan.c.compatible_addon_ref_ids), addon.c.is_latest)


PACKAGES = Listing(row=PackageRow, fields=_PACKAGE_FIELDS, relations={"offer": _OFFER})
ADDONS = Listing(
    row=PackageRow,
    fields=_PACKAGE_FIELDS,
    relations={"offer": _OFFER},
    where=_of_type(PackageType.Addon),
)
PLANS = Listing(
    row=PackageRow,
    fields=_PACKAGE_FIELDS,
    relations={
        "offer": _OFFER,
        "compatibleAddons": Relation(target=lambda: ADDONS, on=_offers),
        "product": Relation(
            target=lambda: ProductQueries.listing,
            on=lambda plan, product: product.c.id == plan.c.product_id,
        ),
    },
    where=_of_type(PackageType.Plan),
)
_ITS_PACKAGE = Relation(
    target=lambda: PACKAGES, on=lambda row, package: package.c.id == row.c.package_id
)
ENTITLEMENTS = Listing(
    row=PackageEntitlementRow,
    fields=columns(PackageEntitlementRow, "createdAt", "id", "packageId", "updatedAt"),
    relations={
        "feature": Relation(
            target=lambda: FeatureQueries.listing,
            on=lambda entitlement, feature: feature.c.id == entitlement.c.feature_id,
        ),
        "package": _ITS_PACKAGE,
    },
    where=lambda rows: rows.c.kind == "FEATURE",
)
PRICES = Listing(
    row=PriceRow,
    fields=columns(
        PriceRow,
        "billingCadence",
        "billingId",
        "billingModel",
        "billingPeriod",
        "createdAt",
        "id",
        "tiersMode",
    ),
    relations={"package": _ITS_PACKAGE},
)
TASKS = Listing(
    row=SubscriptionMigrationTaskRow,
    fields=columns(SubscriptionMigrationTaskRow, "createdAt", "id", "status", "taskType"),
)

_BY_TYPE = {PackageType.Plan: PLANS, PackageType.Addon: ADDONS}


class SqlPackageReader(Reader, PackageQueries):
    """Fits `app.ports.PackageReader`: outside transactions."""

    async def page(self, type_: PackageType, query: ListQuery) -> Page[Package]:
        """Version rows of the kind, any status, with children."""
        page = await read_page(self, _BY_TYPE[type_], query)
        return _with_items(page, await self.with_children(page.items))

    async def versions_page(
        self, type_: PackageType, ref_id: str, query: ListQuery
    ) -> Page[Package]:
        """The versions of one lineage, an open draft among them."""
        page = await read_page(self, _BY_TYPE[type_], query, _PACKAGE.ref_id == ref_id)
        return _with_items(page, await self.with_children(page.items))

    async def offered_addons(
        self, ref_ids: Iterable[str], predicate: Predicate, orders: tuple[Order, ...]
    ) -> list[Package]:
        """Add-ons as plans offer them: latest and not archived; in order, filtered."""
        rows = await read_all(
            self,
            ADDONS,
            _PACKAGE.ref_id.in_(list(ref_ids)),
            _PACKAGE.is_latest,
            _PACKAGE.status != PackageStatus.ARCHIVED,
            predicate=predicate,
            orders=orders,
        )
        return await self.with_children(rows)

    async def packages_among(
        self, ids: Iterable[PackageId], predicate: Predicate, orders: tuple[Order, ...]
    ) -> list[Package]:
        """Those of the version rows that match, in order."""
        rows = await read_all(
            self, PACKAGES, _PACKAGE.id.in_(list(ids)), predicate=predicate, orders=orders
        )
        return await self.with_children(rows)

    async def prices_of(
        self, package_ids: Iterable[PackageId], predicate: Predicate, orders: tuple[Order, ...]
    ) -> list[Price]:
        """The packages' charges that match, in order; overage prices are not among them."""
        rows = await read_all(
            self,
            PRICES,
            _PRICE.package_id.in_(list(package_ids)),
            ~_PRICE.is_overage,
            predicate=predicate,
            orders=orders,
        )
        return [from_row(Price, row) for row in rows]

    async def entitlements_page(
        self, query: ListQuery
    ) -> Page[tuple[PackageId, FeatureEntitlement]]:
        """Feature entitlements of all packages, each with its package's id."""
        page = await read_page(self, ENTITLEMENTS, query)
        return _with_items(
            page, [(row.package_id, from_row(FeatureEntitlement, row)) for row in page.items]
        )

    async def tasks_page(self, query: ListQuery) -> Page[MigrationTask]:
        page = await read_page(self, TASKS, query)
        return _with_items(page, [from_row(MigrationTask, row) for row in page.items])

    async def draft_marks(
        self, lineages: Iterable[tuple[PackageType, str]]
    ) -> dict[tuple[PackageType, str], DraftMark]:
        """The open drafts after a published version: number and time of the last edit."""
        wanted = set(lineages)
        statement = select(
            _PACKAGE.type, _PACKAGE.ref_id, _PACKAGE.version_number, _PACKAGE.updated_at
        ).where(
            _PACKAGE.environment_id == self.environment_id,
            _PACKAGE.status == PackageStatus.DRAFT,
            _PACKAGE.version_number > 1,
            _PACKAGE.ref_id.in_({ref_id for _, ref_id in wanted}),
        )
        return {
            (row.type, row.ref_id): DraftMark(version=row.version_number, updated_at=row.updated_at)
            for row in await self.fetch(statement)
        }

    async def extended(self, ref_ids: Iterable[str]) -> dict[str, bool]:
        """Which of the plans some latest, unarchived plan extends."""
        base_table = PackageRow.__table__.alias("base")
        base = base_table.c
        statement = (
            select(base.ref_id)
            .distinct()
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
                base.ref_id.in_(list(ref_ids)),
            )
        )
        return {row.ref_id: True for row in await self.fetch(statement)}

    async def children_of(self, ref_ids: Iterable[str]) -> dict[str, tuple[Package, ...]]:
        """By a plan's refId: latest rows and open drafts of plans that extend any version."""
        base_table = PackageRow.__table__.alias("base")
        base = base_table.c
        statement = (
            self._packages(
                base.type == PackageType.Plan,
                base.ref_id.in_(list(ref_ids)),
                or_(_PACKAGE.is_latest, _PACKAGE.status == PackageStatus.DRAFT),
                _PACKAGE.status != PackageStatus.ARCHIVED,
            )
            .add_columns(base.ref_id.label("base_ref_id"))
            .join(
                base_table,
                and_(
                    base.environment_id == _PACKAGE.environment_id,
                    base.id == _PACKAGE.parent_plan_id,
                ),
            )
            .order_by(_PACKAGE.lineage_created_at, _PACKAGE.ref_id)
        )
        rows = await self.fetch(statement)
        found: dict[str, tuple[Package, ...]] = {}
        for row, child in zip(rows, await self.with_children(rows), strict=True):
            found[row.base_ref_id] = (*found.get(row.base_ref_id, ()), child)
        return found

    async def customers_by_lineage(
        self, lineages: Iterable[tuple[PackageType, str]]
    ) -> dict[tuple[PackageType, str], int]:
        """Customers with a live subscription on any version, of plans and add-ons."""
        wanted = list(lineages)
        addon = func.jsonb_array_elements(_SUBSCRIPTION.addons, type_=JSONB)
        held = union_all(
            select(
                literal(PackageType.Plan.value).label("type"),
                _SUBSCRIPTION.plan_ref_id.label("ref_id"),
                _SUBSCRIPTION.customer_id,
            ).where(
                self._is_live(),
                _SUBSCRIPTION.plan_ref_id.in_([r for t, r in wanted if t is PackageType.Plan]),
            ),
            select(
                literal(PackageType.Addon.value).label("type"),
                func.jsonb_extract_path_text(addon, "addon_ref_id").label("ref_id"),
                _SUBSCRIPTION.customer_id,
            ).where(self._is_live()),
        ).subquery()
        statement = (
            select(held.c.type, held.c.ref_id, func.count(held.c.customer_id.distinct()).label("n"))
            .where(tuple_(held.c.type, held.c.ref_id).in_([(t.value, r) for t, r in wanted]))
            .group_by(held.c.type, held.c.ref_id)
        )
        return {(PackageType(row.type), row.ref_id): row.n for row in await self.fetch(statement)}

    def _is_live(self) -> ColumnElement[bool]:
        return and_(
            _SUBSCRIPTION.environment_id == self.environment_id, _SUBSCRIPTION.status.in_(LIVE)
        )

    async def drafts_with_latest(
        self, lineages: Iterable[tuple[PackageType, str]]
    ) -> dict[tuple[PackageType, str], tuple[Package, Package]]:
        """The open draft v >= 2 of each lineage and the latest row that it would replace."""
        wanted = set(lineages)
        statement = self._packages(
            _PACKAGE.ref_id.in_({ref_id for _, ref_id in wanted}),
            or_(_PACKAGE.is_latest, _PACKAGE.status == PackageStatus.DRAFT),
        )
        rows = await self.load(statement)
        latest = {(p.type, p.ref_id): p for p in rows if p.is_latest}
        return {
            (p.type, p.ref_id): (p, latest[p.type, p.ref_id])
            for p in rows
            if not p.is_latest and (p.type, p.ref_id) in wanted
        }

    async def plans_offering(self, addon_ref_id: str) -> list[Package]:
        """Latest, unarchived plans with the add-on among the compatible ones."""
        statement = self._packages(
            _PACKAGE.type == PackageType.Plan,
            _PACKAGE.is_latest,
            _PACKAGE.status != PackageStatus.ARCHIVED,
            literal(addon_ref_id) == any_(_PACKAGE.compatible_addon_ref_ids),
        ).order_by(_PACKAGE.lineage_created_at, _PACKAGE.ref_id)
        return await self.load(statement)

    async def groups_offering(self, addon_ref_id: str) -> list[GroupName]:
        """Latest, unarchived package groups with the add-on."""
        group = PackageGroupRow.__table__.c
        statement = (
            select(group.package_group_id, group.display_name, group.product_id)
            .where(
                group.environment_id == self.environment_id,
                group.is_latest,
                group.status != PackageGroupStatus.ARCHIVED,
                literal(addon_ref_id) == any_(group.addon_ref_ids),
            )
            .order_by(group.created_at, group.package_group_id)
        )
        return [
            GroupName(package_group_id=row.package_group_id, display_name=row.display_name)
            for row in await self.fetch(statement)
        ]

    async def products_and_whether_sold(self) -> list[tuple[Product, bool]]:
        """All products, oldest first, and whether each has a published plan."""
        product = ProductRow.__table__.c
        sold = (
            exists()
            .where(
                _PACKAGE.environment_id == product.environment_id,
                _PACKAGE.product_id == product.id,
                _PACKAGE.type == PackageType.Plan,
                _PACKAGE.is_latest,
                _PACKAGE.status == PackageStatus.PUBLISHED,
            )
            .label("is_sold")
        )
        statement = (
            select(*product, sold)
            .where(product.environment_id == self.environment_id)
            .order_by(product.created_at, product.id)
        )
        return [(from_row(Product, row), row.is_sold) for row in await self.fetch(statement)]

    async def customers_count(
        self, type_: PackageType, ref_id: str, version_number: int | None
    ) -> int:
        """Customers with a live subscription on that version; without a number: on any."""
        versions = select(_PACKAGE.id).where(
            _PACKAGE.environment_id == self.environment_id,
            _PACKAGE.type == type_,
            _PACKAGE.ref_id == ref_id,
            *([] if version_number is None else [_PACKAGE.version_number == version_number]),
        )
        if type_ is PackageType.Plan:
            holds: ColumnElement[bool] = _SUBSCRIPTION.plan_id.in_(versions)
        else:
            ids = [row.id for row in await self.fetch(versions)]
            holds = or_(
                false(), *(_SUBSCRIPTION.addons.contains([{"addon_id": str(id)}]) for id in ids)
            )
        statement = select(func.count(_SUBSCRIPTION.customer_id.distinct())).where(
            _SUBSCRIPTION.environment_id == self.environment_id,
            _SUBSCRIPTION.status.in_(LIVE),
            holds,
        )
        return int((await self.fetch(statement))[0][0])

    async def subscribed_addons(self, ref_ids: Iterable[str]) -> dict[str, bool]:
        """Which of the add-ons are in some live subscription."""
        sold = self._elements(_SUBSCRIPTION.addons, "addon_ref_id")
        return dict.fromkeys(await self._found(sold, ref_ids), True)

    async def prices_in_use(self, ids: Iterable[PriceId]) -> dict[PriceId, bool]:
        """Which of the prices some live subscription was sold."""
        asked = {str(id): id for id in ids}
        sold = self._elements(_SUBSCRIPTION.prices, "price", "id")
        found = await self._found(sold, asked)
        return {id: text in found for text, id in asked.items()}

    def _elements(self, column: Any, *path: str) -> ColumnElement[Any]:
        """One text of each element of a JSON array."""
        element = func.jsonb_array_elements(column, type_=JSONB)
        return func.jsonb_extract_path_text(element, *path)

    async def _found(self, texts: ColumnElement[Any], wanted: Iterable[str]) -> set[str]:
        inner = (
            select(texts.label("text"))
            .where(
                _SUBSCRIPTION.environment_id == self.environment_id,
                _SUBSCRIPTION.status.in_(LIVE),
            )
            .subquery()
        )
        statement = select(inner.c.text).distinct().where(inner.c.text.in_(list(wanted)))
        return {row.text for row in await self.fetch(statement)}


def _with_items(page: Page[Row[Any]], items: Iterable[Any]) -> Page[Any]:
    return Page(
        items=tuple(items),
        cursors=page.cursors,
        has_next=page.has_next,
        has_previous=page.has_previous,
        total=page.total,
    )
