"""Plans and add-ons, and their migrations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from domain.catalog.glances import DraftMark, GroupName
from domain.catalog.migration import MigrationTask
from domain.catalog.model import (
    FeatureEntitlement,
    Package,
    PackageType,
    Price,
    Product,
)
from domain.catalog.publishing import ArchiveFacts, Lineage
from domain.ids import (
    CustomerId,
    PackageId,
    PriceId,
    ProductId,
)
from domain.listing import ListQuery, Order, Page, Predicate


class PackageSource(Protocol):
    """Plans and add-ons as whole aggregates; the same methods read inside and outside a unit."""

    async def by_ids(self, ids: Iterable[PackageId]) -> dict[PackageId, Package]:
        """Version rows by id, with prices and own entitlements; unknown ids are left out."""

    async def latest_published(
        self, type_: PackageType, ref_ids: Iterable[str]
    ) -> dict[str, Package]:
        """The version to sell, by ref_id: the newest PUBLISHED row of each lineage."""

    async def latest(self, type_: PackageType, ref_ids: Iterable[str]) -> dict[str, Package]:
        """The `is_latest` row of each lineage, whatever its status."""

    async def with_ancestors(self, plan_ids: Iterable[PackageId]) -> dict[PackageId, Package]:
        """Plans and all their base plans by id, in one statement's worth of rows."""

    async def latest_and_held(
        self, lineages: Iterable[tuple[PackageType, str]], ids: Iterable[PackageId]
    ) -> list[Package]:
        """The `is_latest` rows of these lineages and the version rows of these ids, at once."""

    async def drafts(self, type_: PackageType, ref_ids: Iterable[str]) -> dict[str, Package]:
        """The open draft of each lineage."""

    async def latest_by_any_ids(
        self, type_: PackageType, identifiers: Iterable[str]
    ) -> dict[str, Package]:
        """The latest row of the lineage that a version's UUID or a refId names; keyed as asked."""

    async def version(
        self, type_: PackageType, ref_id: str, version_number: int | None
    ) -> Package | None:
        """One version of a lineage; without a number its latest row of any status."""

    async def of_product(self, type_: PackageType, product_id: ProductId) -> list[Package]:
        """The product's latest rows and open drafts, oldest lineage first."""

    async def latest_of_products(
        self, type_: PackageType, product_ids: Iterable[ProductId]
    ) -> list[Package]:
        """The products' latest rows that are not archived, oldest lineage first."""

    async def published_of_products(
        self, type_: PackageType, product_ids: Iterable[ProductId]
    ) -> list[Package]:
        """The versions to sell of these products, oldest lineage first."""


class PackageReader(PackageSource, Protocol):
    """Lists of packages and what hangs on them, in batches."""

    async def page(self, type_: PackageType, query: ListQuery) -> Page[Package]:
        """Version rows of the kind, any status."""

    async def versions_page(
        self, type_: PackageType, ref_id: str, query: ListQuery
    ) -> Page[Package]:
        """The versions of one lineage, an open draft among them."""

    async def offered_addons(
        self, ref_ids: Iterable[str], predicate: Predicate, orders: tuple[Order, ...]
    ) -> list[Package]:
        """Add-ons as plans offer them: latest and not archived; in order, filtered."""

    async def packages_among(
        self, ids: Iterable[PackageId], predicate: Predicate, orders: tuple[Order, ...]
    ) -> list[Package]:
        """Those of the version rows that match, in order."""

    async def prices_of(
        self, package_ids: Iterable[PackageId], predicate: Predicate, orders: tuple[Order, ...]
    ) -> list[Price]:
        """The packages' charges that match, in order."""

    async def entitlements_page(
        self, query: ListQuery
    ) -> Page[tuple[PackageId, FeatureEntitlement]]:
        """Feature entitlements of all packages, each with its package's id."""

    async def tasks_page(self, query: ListQuery) -> Page[MigrationTask]: ...

    async def draft_marks(
        self, lineages: Iterable[tuple[PackageType, str]]
    ) -> dict[tuple[PackageType, str], DraftMark]:
        """The open drafts after a published version."""

    async def extended(self, ref_ids: Iterable[str]) -> dict[str, bool]:
        """Which of the plans some latest, unarchived plan extends."""

    async def children_of(self, ref_ids: Iterable[str]) -> dict[str, tuple[Package, ...]]:
        """By a plan's refId: latest rows and open drafts of plans that extend any version."""

    async def customers_by_lineage(
        self, lineages: Iterable[tuple[PackageType, str]]
    ) -> dict[tuple[PackageType, str], int]:
        """Customers with a live subscription on any version, of plans and add-ons."""

    async def drafts_with_latest(
        self, lineages: Iterable[tuple[PackageType, str]]
    ) -> dict[tuple[PackageType, str], tuple[Package, Package]]:
        """The open draft v >= 2 of each lineage and the latest row that it would replace."""

    async def plans_offering(self, addon_ref_id: str) -> list[Package]:
        """Latest, unarchived plans with the add-on among the compatible ones."""

    async def groups_offering(self, addon_ref_id: str) -> list[GroupName]:
        """Latest, unarchived package groups with the add-on."""

    async def products_and_whether_sold(self) -> list[tuple[Product, bool]]:
        """All products, oldest first, and whether each has a published plan."""

    async def customers_count(
        self, type_: PackageType, ref_id: str, version_number: int | None
    ) -> int:
        """Customers with a live subscription on that version; without a number: on any."""

    async def subscribed_addons(self, ref_ids: Iterable[str]) -> dict[str, bool]:
        """Which of the add-ons are in some live subscription."""

    async def prices_in_use(self, ids: Iterable[PriceId]) -> dict[PriceId, bool]:
        """Which of the prices some live subscription was sold."""


class PackageRepository(PackageSource, Protocol):
    """Packages inside a unit of work; what is loaded for editing is locked until commit."""

    async def lineage(
        self, type_: PackageType | None, identifier: str
    ) -> tuple[Package, Lineage] | None:
        """The row that `identifier` names for editing, and its lineage.

        A UUID names its row; a refId the open draft, else the latest row.
        """

    async def lock_product_of(self, type_: PackageType, identifier: str) -> None:
        """Keep others from publishing in the product of what `identifier` names.

        To be taken before any lineage.
        """

    async def locked_of_product(self, type_: PackageType, product_id: ProductId) -> list[Package]:
        """As `of_product`, locked."""

    async def of_entitlement(self, entitlement_id: UUID) -> Package | None:
        """The version that an entitlement belongs to."""

    async def of_price(self, price_id: PriceId) -> Package | None:
        """The version that a price belongs to."""

    async def taken_ref_ids(self, type_: PackageType, prefix: str) -> frozenset[str]:
        """The refIds of the kind that begin with `prefix`."""

    async def drafts_naming(self, package: Package) -> list[Package]:
        """Open drafts that extend, offer or need the package's lineage."""

    async def users_of(self, package: Package) -> ArchiveFacts:
        """What still needs the package's lineage."""

    async def older_versions(self, version: Package) -> frozenset[PackageId]:
        """The rows of the lineage below `version`."""

    async def holders(
        self, version: Package, older: frozenset[PackageId]
    ) -> tuple[CustomerId, ...]:
        """Customers with an open subscription on one of the `older` rows."""

    async def add(self, package: Package) -> None:
        """Insert a new lineage; a taken refId raises DuplicatedEntityNotAllowed."""

    async def save(self, *packages: Package) -> None:
        """Insert or overwrite with all children, in a fixed number of statements."""

    async def save_headers(self, *packages: Package) -> None:
        """Insert or overwrite version rows alone; children stay as they are."""

    async def delete(self, package: Package) -> None:
        """Remove a draft with its children."""


class MigrationTaskRepository(Protocol):
    """Tasks that move subscriptions to a published version."""

    async def get(self, task_id: UUID) -> MigrationTask | None: ...

    async def save(self, task: MigrationTask) -> None: ...
