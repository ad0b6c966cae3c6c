"""The catalogue's relations, by DataLoader: what a field of a feature, currency or package gives.

Types of several modules need each other's mapping, so the mappings are imported where used.
"""

from typing import TYPE_CHECKING

from app.graphql.context import Info
from app.graphql.numbers import float_or_none
from domain.catalog.model import FeatureEntitlement
from domain.ids import CurrencyId, FeatureId, PackageId, ProductId

if TYPE_CHECKING:
    from app.graphql.catalog.currencies.types import CustomCurrency
    from app.graphql.catalog.features.types import Feature, FeatureDependency, FeatureGroup, Meter
    from app.graphql.catalog.packages.types import PackageDTO
    from app.graphql.catalog.products.types import Product


async def feature_of(info: Info, feature_id: FeatureId | None) -> "Feature | None":
    from app.graphql.catalog.features.mapping import feature_to_graphql

    if feature_id is None:
        return None
    feature = await info.context.loaders.features.load(feature_id)
    return None if feature is None else feature_to_graphql(feature)


async def require_feature(info: Info, feature_id: FeatureId) -> "Feature":
    feature = await feature_of(info, feature_id)
    assert feature is not None, f"feature {feature_id} vanished"
    return feature


async def meter_of(info: Info, feature_id: FeatureId) -> "Meter | None":
    from app.graphql.catalog.features.mapping import meter_to_graphql

    feature = await info.context.loaders.features.load(feature_id)
    if feature is None or feature.meter is None:
        return None
    environment_id = info.context.runtime.environment.environment_id
    return meter_to_graphql(feature.meter, environment_id=str(environment_id))


async def dependency_of(
    info: Info, package_id: PackageId, feature_id: FeatureId | None
) -> "FeatureDependency | None":
    """The feature that an entitlement's amount is multiplied by, with the package's own limit."""
    from app.graphql.catalog.features.types import FeatureDependency

    if feature_id is None:
        return None
    feature = await info.context.loaders.features.load(feature_id)
    if feature is None:
        return None
    package = await info.context.loaders.packages.load(package_id)
    limits = [
        e.usage_limit
        for e in (package.feature_entitlements if package else ())
        if e.feature_id == feature_id
    ]
    limit = limits[0] if limits else None
    return FeatureDependency(
        description=feature.description,
        display_name=feature.display_name,
        feature_type=feature.feature_type,
        feature_units=feature.feature_units,
        ref_id=feature.ref_id,
        usage_limit=float_or_none(limit),
    )


async def currency_of(info: Info, currency_id: CurrencyId | None) -> "CustomCurrency | None":
    from app.graphql.catalog.currencies.mapping import currency_to_graphql

    if currency_id is None:
        return None
    currency = await info.context.loaders.currencies.load(currency_id)
    return None if currency is None else currency_to_graphql(currency)


async def require_currency(info: Info, currency_id: CurrencyId) -> "CustomCurrency":
    currency = await currency_of(info, currency_id)
    assert currency is not None, f"currency {currency_id} vanished"
    return currency


async def feature_groups_of(info: Info, entitlement: FeatureEntitlement) -> "list[FeatureGroup]":
    """The linked versions of the feature groups that supply the entitlement."""
    from app.graphql.catalog.features.mapping import feature_group_to_graphql

    ids = list(entitlement.feature_group_ids)
    found = await info.context.loaders.feature_groups.load_many(ids)
    return [feature_group_to_graphql(group) for group in found if group is not None]


async def package_dto_of(info: Info, package_id: PackageId | None) -> "PackageDTO | None":
    from app.graphql.catalog.packages.mapping import package_dto_to_graphql

    if package_id is None:
        return None
    package = await info.context.loaders.packages.load(package_id)
    return None if package is None else package_dto_to_graphql(package)


async def product_of(info: Info, product_id: ProductId) -> "Product":
    from app.graphql.catalog.products.mapping import product_to_graphql

    product = await info.context.loaders.products.load(product_id)
    assert product is not None, f"product {product_id} vanished"
    return product_to_graphql(product)
