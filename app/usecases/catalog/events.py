"""What happened to catalogue entities, told with the body that webhooks carry.

`before` is the entity's state until now, where there was one: the log says what was altered.
Source: spec, platform §7.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from domain.catalog.coupons import discount_value
from domain.catalog.model import (
    Coupon,
    CustomCurrency,
    Feature,
    FeatureGroup,
    PackageGroup,
    Product,
)
from domain.changes import change_of
from domain.events import Event
from domain.periods import wire_time


def feature_event(verb: str, feature: Feature, before: Feature | None = None) -> Event:
    """`FEATURE_<verb>` of a feature."""
    return Event(
        type=f"FEATURE_{verb}",
        entity_type="FEATURE",
        entity_id=feature.id,
        data={"entityId": str(feature.id), **feature_body(feature)},
        change=change_of(before, feature),
    )


def feature_body(feature: Feature) -> Mapping[str, object]:
    """The `feature` object of webhooks."""
    return {
        "id": feature.ref_id,
        "name": feature.display_name,
        "description": feature.description,
        "featureType": feature.feature_type.value,
        "meterType": feature.meter_type.value,
        "unit": feature.feature_units,
        "units": feature.feature_units_plural,
        "status": feature.feature_status.value,
    }


def product_event(verb: str, product: Product, before: Product | None = None) -> Event:
    """`PRODUCT_<verb>` of a product."""
    data = _named(product.id, product.ref_id, product.display_name, product.description)
    return Event(
        type=f"PRODUCT_{verb}",
        entity_type="PRODUCT",
        entity_id=product.id,
        data={
            **data,
            "status": product.status.value,
            "multipleSubscriptions": product.multiple_subscriptions,
            "metadata": product.additional_meta_data,
        },
        change=change_of(before, product),
    )


def currency_event(
    verb: str, currency: CustomCurrency, before: CustomCurrency | None = None
) -> Event:
    """`CUSTOM_CURRENCY_<verb>` of a custom currency."""
    data = _named(currency.id, currency.currency_id, currency.display_name, currency.description)
    return Event(
        type=f"CUSTOM_CURRENCY_{verb}",
        entity_type="CUSTOM_CURRENCY",
        entity_id=currency.id,
        data={
            **data,
            "symbol": currency.symbol,
            "unitLabel": currency.unit_plural or currency.unit_singular,
            "status": currency.status.value,
        },
        change=change_of(before, currency),
    )


def coupon_event(verb: str, coupon: Coupon, before: Coupon | None = None) -> Event:
    """`COUPON_<verb>` of a coupon."""
    return Event(
        type=f"COUPON_{verb}",
        entity_type="COUPON",
        entity_id=coupon.id,
        data={
            "entityId": str(coupon.id),
            "id": coupon.ref_id,
            "name": coupon.name,
            "description": coupon.description,
            "couponType": coupon.type.value,
            "status": coupon.status.value,
            "discountValue": float(discount_value(coupon)),
            "createdAt": wire_time(coupon.created_at),
            "updatedAt": wire_time(coupon.updated_at),
        },
        change=change_of(before, coupon),
    )


def feature_group_event(
    verb: str, group: FeatureGroup, before: FeatureGroup | None = None
) -> Event:
    """`FEATURE_GROUP_<verb>` of a feature group's version."""
    data = _named(group.id, group.feature_group_id, group.display_name, group.description)
    return Event(
        type=f"FEATURE_GROUP_{verb}",
        entity_type="FEATURE_GROUP",
        entity_id=group.id,
        data={**data, "version": group.version_number, "status": group.status.value},
        change=change_of(before, group),
    )


def package_group_event(
    verb: str, group: PackageGroup, before: PackageGroup | None = None
) -> Event:
    """`PACKAGE_GROUP_<verb>` of a package group's version."""
    data = _named(group.id, group.package_group_id, group.display_name, group.description)
    return Event(
        type=f"PACKAGE_GROUP_{verb}",
        entity_type="PACKAGE_GROUP",
        entity_id=group.id,
        data={**data, "version": group.version_number, "status": group.status.value},
        change=change_of(before, group),
    )


def _named(
    id: UUID, ref_id: str, name: str | None, description: str | None
) -> Mapping[str, object]:
    return {"entityId": str(id), "id": ref_id, "name": name, "description": description}
