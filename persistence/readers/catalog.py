"""Reads of the catalogue's entities, the same inside and outside a unit of work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, FromClause, Text, cast, null

from domain.catalog.enums import CustomCurrencyStatus
from domain.catalog.model import Coupon, CustomCurrency, Feature, Product
from domain.customers.model import Customer
from domain.ids import CouponId, CurrencyId, FeatureId, ProductId
from domain.listing import Order, Predicate
from persistence.listing import Listing, Relation, columns, read_all
from persistence.mapping.copy import from_row
from persistence.readers.identified import IdentifiedQueries
from persistence.readers.subscription_listings import CUSTOMERS, customers_listing
from persistence.repositories.base import Reader
from persistence.rows.base import Base
from persistence.rows.catalog import CouponRow, CustomCurrencyRow, FeatureRow, ProductRow
from persistence.rows.customers import CustomerRow


def _never(rows: FromClause) -> ColumnElement[Any]:
    """A field of an integration that has no column here: always null."""
    del rows
    return cast(null(), Text)


class FeatureQueries(IdentifiedQueries[FeatureId, Feature]):
    """Fits `app.ports.FeatureSource`."""

    row: ClassVar[type[Base]] = FeatureRow
    listing: ClassVar[Listing] = Listing(
        row=FeatureRow,
        fields=columns(
            FeatureRow,
            "createdAt",
            "description",
            "displayName",
            "featureStatus",
            "featureType",
            "id",
            "meterType",
            "refId",
            "updatedAt",
        ),
    )
    entity = Feature

    async def with_meters(self) -> tuple[Feature, ...]:
        """The features that count raw events."""
        return tuple(await self._load(self._select().where(FeatureRow.meter.is_not(None))))


class ProductQueries(IdentifiedQueries[ProductId, Product]):
    """Fits `app.ports.ProductSource`."""

    row: ClassVar[type[Base]] = ProductRow
    listing: ClassVar[Listing] = Listing(
        row=ProductRow,
        fields={
            **columns(
                ProductRow,
                "createdAt",
                "description",
                "displayName",
                "id",
                "isDefaultProduct",
                "multipleSubscriptions",
                "refId",
                "status",
                "updatedAt",
            ),
            "awsMarketplaceProductCode": _never,
            "awsMarketplaceProductId": _never,
        },
    )
    entity = Product

    async def default(self) -> Product | None:
        """The environment's default product."""
        found = await self._load(self._select().where(ProductRow.is_default_product))
        return found[0] if found else None


class CurrencyQueries(IdentifiedQueries[CurrencyId, CustomCurrency]):
    """Fits `app.ports.CurrencySource`."""

    row: ClassVar[type[Base]] = CustomCurrencyRow
    entity = CustomCurrency
    ref_column = "currency_id"

    async def with_status(
        self, statuses: Iterable[CustomCurrencyStatus]
    ) -> tuple[CustomCurrency, ...]:
        """Newest first."""
        statement = (
            self._select()
            .where(CustomCurrencyRow.status.in_(list(statuses)))
            .order_by(CustomCurrencyRow.created_at.desc(), CustomCurrencyRow.id.desc())
        )
        return tuple(await self._load(statement))


class CouponQueries(IdentifiedQueries[CouponId, Coupon]):
    """Fits `app.ports.CouponSource`."""

    row: ClassVar[type[Base]] = CouponRow
    listing: ClassVar[Listing] = Listing(
        row=CouponRow,
        fields=columns(
            CouponRow,
            "billingId",
            "createdAt",
            "description",
            "id",
            "name",
            "refId",
            "source",
            "status",
            "type",
            "updatedAt",
        ),
        relations={
            "customers": Relation(
                target=lambda: CUSTOMERS,
                on=lambda coupons, customers: customers.c.coupon_id == coupons.c.id,
            )
        },
    )
    entity = Coupon

    async def customers_of(
        self,
        ids: Iterable[CouponId],
        predicate: Predicate,
        orders: tuple[Order, ...],
        *,
        now: datetime,
    ) -> dict[CouponId, tuple[Customer, ...]]:
        """The customers who hold the coupons, as a nested list asks for them."""
        rows = await read_all(
            self,
            customers_listing(now),
            CustomerRow.coupon_id.in_(list(ids)),
            predicate=predicate,
            orders=orders,
        )
        found: dict[CouponId, list[Customer]] = {}
        for row in rows:
            found.setdefault(row.coupon_id, []).append(from_row(Customer, row))
        return {id: tuple(customers) for id, customers in found.items()}


class SqlFeatureReader(Reader, FeatureQueries):
    """Outside transactions."""


class SqlProductReader(Reader, ProductQueries):
    """Outside transactions."""


class SqlCurrencyReader(Reader, CurrencyQueries):
    """Outside transactions."""


class SqlCouponReader(Reader, CouponQueries):
    """Outside transactions."""
