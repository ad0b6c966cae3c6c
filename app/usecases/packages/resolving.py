"""What the ids in a caller's request name, inside a unit of work.

Source: spec, catalog §1 (accepting ids).
"""

from __future__ import annotations

from collections.abc import Iterable

from app.ports import UnitOfWork
from domain.catalog.features import feature_not_found
from domain.catalog.model import CustomCurrency, Feature, Package, PackageType, Product
from domain.catalog.publishing import (
    Lineage,
    currency_ids_of,
    feature_ids_of,
    package_not_found,
)
from domain.errors import ErrorCode, not_found
from domain.ids import CurrencyId, FeatureId


async def require_lineage(
    work: UnitOfWork, type_: PackageType | None, identifier: str
) -> tuple[Package, Lineage]:
    """The version row that `identifier` names and its lineage, locked; or PlanNotFound."""
    found = await work.packages.lineage(type_, identifier)
    if found is None:
        raise package_not_found(type_ or PackageType.Plan, identifier)
    return found


async def require_latest(
    work: UnitOfWork, type_: PackageType, identifiers: Iterable[str]
) -> list[Package]:
    """The latest rows of the lineages named, in order; the first unknown raises."""
    wanted = list(identifiers)
    known = await work.packages.latest_by_any_ids(type_, wanted)
    for identifier in wanted:
        if identifier not in known:
            raise package_not_found(type_, identifier)
    return [known[identifier] for identifier in wanted]


async def require_product(work: UnitOfWork, identifier: str) -> Product:
    product = await work.products.by_any_id(identifier)
    if product is None:
        raise not_found(ErrorCode.ProductNotFoundError, "Product", identifier)
    return product


async def require_features(work: UnitOfWork, identifiers: Iterable[str]) -> dict[str, Feature]:
    """The features by the ids that the caller used; the first unknown raises FeatureNotFound."""
    wanted = list(dict.fromkeys(identifiers))
    known = await work.features.by_any_ids(wanted)
    for identifier in wanted:
        if identifier not in known:
            raise feature_not_found(identifier)
    return known


async def require_currencies(
    work: UnitOfWork, identifiers: Iterable[str]
) -> dict[str, CustomCurrency]:
    """The currencies by the ids that the caller used; or CustomCurrencyNotFound."""
    wanted = list(dict.fromkeys(identifiers))
    known = await work.currencies.by_any_ids(wanted)
    for identifier in wanted:
        if identifier not in known:
            raise not_found(ErrorCode.CustomCurrencyNotFound, "CustomCurrency", identifier)
    return known


async def features_of(work: UnitOfWork, *packages: Package) -> dict[FeatureId, Feature]:
    """All features that the packages name."""
    return await work.features.by_ids({f for p in packages for f in feature_ids_of(p)})


async def currencies_of(work: UnitOfWork, *packages: Package) -> dict[CurrencyId, CustomCurrency]:
    """All custom currencies that the packages name."""
    return await work.currencies.by_ids({c for p in packages for c in currency_ids_of(p)})
