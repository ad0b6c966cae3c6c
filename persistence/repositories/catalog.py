"""Features, products, currencies and coupons inside a unit of work."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from domain.catalog.model import Coupon, CustomCurrency, Feature, Product
from domain.errors import duplicate
from domain.ids import CouponId, CurrencyId, FeatureId, ProductId
from persistence.mapping.copy import to_columns
from persistence.readers.catalog import (
    CouponQueries,
    CurrencyQueries,
    FeatureQueries,
    ProductQueries,
)
from persistence.readers.identified import IdentifiedQueries
from persistence.repositories.base import Repository

T = TypeVar("T", Feature, Product, CustomCurrency, Coupon)
I = TypeVar("I", FeatureId, ProductId, CurrencyId, CouponId)  # noqa: E741 - the id's type


class EntityRepository(Repository, IdentifiedQueries[I, T], Generic[I, T]):
    """One row an entity: lock, insert, overwrite, delete."""

    name: ClassVar[str]

    async def lock(self, identifier: str) -> T | None:
        """As `by_any_id`; nobody else changes the row until the transaction ends."""
        wanted = {identifier}
        found = await self._load(self._any_of(wanted).with_for_update())
        return self._named(wanted, found).get(identifier)

    async def add(self, entity: T) -> None:
        """Insert; a taken ref_id (archived included) raises DuplicatedEntityNotAllowed."""
        try:
            await self.insert(self.row, [to_columns(entity, self.row)])
        except IntegrityError as error:
            raise duplicate(self.name, getattr(entity, self.ref_column)) from error

    async def save(self, entity: T) -> None:
        """Overwrite the row of an entity that was loaded before."""
        columns = self.row.__table__.c
        statement = (
            update(self.row)
            .where(columns.environment_id == self.environment_id, columns.id == entity.id)
            .values(**to_columns(entity, self.row))
        )
        touched = await self.execute(statement)
        assert touched == 1, f"{self.name} {entity.id} vanished"

    async def delete(self, entity: T) -> None:
        """Remove the row."""
        await self.delete_where(self.row, self.row.__table__.c.id == entity.id)


class SqlFeatureRepository(FeatureQueries, EntityRepository[FeatureId, Feature]):
    """Fits `app.ports.FeatureRepository`."""

    name = "Feature"


class SqlProductRepository(ProductQueries, EntityRepository[ProductId, Product]):
    """Fits `app.ports.ProductRepository`."""

    name = "Product"


class SqlCurrencyRepository(CurrencyQueries, EntityRepository[CurrencyId, CustomCurrency]):
    """Fits `app.ports.CurrencyRepository`."""

    name = "CustomCurrency"


class SqlCouponRepository(CouponQueries, EntityRepository[CouponId, Coupon]):
    """Fits `app.ports.CouponRepository`."""

    name = "Coupon"
