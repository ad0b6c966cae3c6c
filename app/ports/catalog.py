"""Features, products, currencies, coupons, groups, widgets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.ports.identity import Identified, Listed, Stored, Versioned
from domain.catalog.enums import CustomCurrencyStatus
from domain.catalog.model import (
    Coupon,
    CustomCurrency,
    Feature,
    FeatureGroup,
    PackageGroup,
    Product,
)
from domain.catalog.usage import FeatureUse, PackageName, ProductUse
from domain.customers.model import (
    Customer,
)
from domain.ids import (
    CouponId,
    CurrencyId,
    FeatureGroupId,
    FeatureId,
    ProductId,
)
from domain.listing import Order, Predicate
from domain.widgets.model import WidgetConfiguration


class CatalogUsage(Protocol):
    """Who uses a feature, currency, group or product; each call is one statement."""

    async def latest_packages_with_feature(self, id: FeatureId) -> tuple[PackageName, ...]:
        """`is_latest` packages of any status with an entitlement, price or credit rate of it."""

    async def latest_packages_with_currency(self, id: CurrencyId) -> tuple[PackageName, ...]:
        """As above, of a custom currency."""

    async def latest_packages_with_feature_group(
        self, feature_group_id: str
    ) -> tuple[PackageName, ...]:
        """Those with an entitlement linked to any version of the group."""

    async def feature_is_referenced(self, id: FeatureId) -> bool:
        """Whether an entitlement, price, promotional grant, usage or group names it."""

    async def feature_is_subscribed(self, id: FeatureId) -> bool:
        """Whether a live subscription has it: by its plan, a base plan, an add-on or itself."""

    async def features(self, ids: Iterable[FeatureId]) -> dict[FeatureId, FeatureUse]:
        """Entitlements of latest packages on the features; every id is answered."""

    async def products(self, ids: Iterable[ProductId]) -> dict[ProductId, ProductUse]:
        """What belongs to the products; every id is answered."""


class FeatureSource(Identified[FeatureId, Feature], Listed[Feature], Protocol):
    async def with_meters(self) -> tuple[Feature, ...]:
        """The features that count raw events."""


class FeatureRepository(Stored[FeatureId, Feature], Protocol): ...


class ProductSource(Identified[ProductId, Product], Listed[Product], Protocol): ...


class ProductRepository(Stored[ProductId, Product], Protocol):
    async def default(self) -> Product | None:
        """The environment's default product."""


class CurrencySource(Identified[CurrencyId, CustomCurrency], Protocol):
    async def with_status(
        self, statuses: Iterable[CustomCurrencyStatus]
    ) -> tuple[CustomCurrency, ...]:
        """Newest first."""


class CurrencyRepository(Stored[CurrencyId, CustomCurrency], Protocol): ...


class CouponSource(Identified[CouponId, Coupon], Listed[Coupon], Protocol):
    async def customers_of(
        self,
        ids: Iterable[CouponId],
        predicate: Predicate,
        orders: tuple[Order, ...],
        *,
        now: datetime,
    ) -> dict[CouponId, tuple[Customer, ...]]:
        """The customers who hold the coupons, as a nested list asks for them."""


class CouponRepository(Stored[CouponId, Coupon], Protocol): ...


class FeatureGroupSource(Versioned[FeatureGroupId, FeatureGroup], Protocol):
    async def with_feature(self, id: FeatureId) -> tuple[FeatureGroup, ...]:
        """The latest, unarchived groups that have the feature."""


class FeatureGroupRepository(FeatureGroupSource, Protocol):
    async def lock(self, identifier: str) -> FeatureGroup | None:
        """As `latest`, of one; nobody else changes the lineage until the unit ends."""

    async def add(self, group: FeatureGroup) -> None:
        """Insert a version as the latest; the one before it no longer is."""

    async def save(self, group: FeatureGroup) -> None: ...


class PackageGroupSource(Versioned[UUID, PackageGroup], Protocol):
    async def of_product(self, product_id: ProductId) -> tuple[PackageGroup, ...]:
        """The product's latest, unarchived groups, oldest first."""


class PackageGroupRepository(PackageGroupSource, Protocol):
    async def lock(self, identifier: str) -> PackageGroup | None:
        """As `latest`, of one; nobody else changes the lineage until the unit ends."""

    async def add(self, group: PackageGroup) -> None:
        """Insert a version as the latest; the one before it no longer is."""

    async def save(self, group: PackageGroup) -> None: ...


class WidgetSource(Protocol):
    """How the environment's widgets look."""

    async def get(self) -> WidgetConfiguration:
        """What is stored, or nothing set."""


class WidgetRepository(WidgetSource, Protocol):
    async def save(self, configuration: WidgetConfiguration) -> None: ...
