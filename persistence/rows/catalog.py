"""Tables of the catalogue apart from packages: features, products, currencies, coupons, groups."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Enum, Index, Integer, Numeric, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.catalog.enums import (
    CouponSource,
    CouponStatus,
    CouponType,
    CustomCurrencyStatus,
    FeatureGroupStatus,
    FeatureStatus,
    FeatureType,
    MeterType,
    PackageGroupStatus,
    ProductStatus,
    SubscriptionUpdateUsageCutoffBehavior,
)
from domain.catalog.model import (
    AutoCancellationRule,
    EnumValue,
    Meter,
    ProductSettings,
    UnitTransformation,
)
from domain.money import Money
from persistence.rows.base import Base, EnvironmentKey, Key, value

_VALUES = {"native_enum": False, "create_constraint": False, "length": 64}


class FeatureRow(Base):
    """A feature with its meter; nothing of it is another row."""

    __tablename__ = "features"
    __table_args__ = (
        UniqueConstraint("environment_id", "ref_id"),
        Index(None, "environment_id", "created_at", "id"),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    ref_id: Mapped[str]
    display_name: Mapped[str]
    description: Mapped[str | None]
    feature_type: Mapped[FeatureType]
    # By value, not by name: the wire's `None` is what filters and sorts compare with.
    meter_type: Mapped[MeterType] = mapped_column(
        Enum(MeterType, values_callable=lambda e: [m.value for m in e], **_VALUES)
    )
    feature_status: Mapped[FeatureStatus]
    feature_units: Mapped[str | None]
    feature_units_plural: Mapped[str | None]
    enum_configuration: Mapped[tuple[EnumValue, ...]] = value(tuple[EnumValue, ...])
    meter: Mapped[Meter | None] = value(Meter)
    unit_transformation: Mapped[UnitTransformation | None] = value(UnitTransformation)
    additional_meta_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class FeatureGroupRow(Base):
    """One version of a feature group; at most one row of a lineage is the latest."""

    __tablename__ = "feature_groups"
    __table_args__ = (
        UniqueConstraint("environment_id", "feature_group_id", "version_number"),
        Index(
            "uq_feature_groups_latest",
            "environment_id",
            "feature_group_id",
            unique=True,
            postgresql_where=text("is_latest"),
        ),
        Index(None, "environment_id", "created_at", "id"),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    feature_group_id: Mapped[str]
    display_name: Mapped[str]
    description: Mapped[str | None]
    feature_ids: Mapped[tuple[uuid.UUID, ...]] = mapped_column(
        ARRAY(Uuid(as_uuid=True), as_tuple=True)
    )
    status: Mapped[FeatureGroupStatus]
    is_latest: Mapped[bool]
    version_number: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CustomCurrencyRow(Base):
    """A credit currency."""

    __tablename__ = "custom_currencies"
    __table_args__ = (
        UniqueConstraint("environment_id", "currency_id"),
        Index(None, "environment_id", "created_at", "id"),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    currency_id: Mapped[str]
    display_name: Mapped[str]
    description: Mapped[str | None]
    symbol: Mapped[str | None]
    unit_singular: Mapped[str | None]
    unit_plural: Mapped[str | None]
    status: Mapped[CustomCurrencyStatus]
    additional_meta_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CouponRow(Base):
    """A coupon; archived ones stay and keep their ref_id."""

    __tablename__ = "coupons"
    __table_args__ = (
        UniqueConstraint("environment_id", "ref_id"),
        Index(None, "environment_id", "created_at", "id"),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    ref_id: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    type: Mapped[CouponType]
    percent_off: Mapped[Decimal | None] = mapped_column(Numeric())
    amounts_off: Mapped[tuple[Money, ...]] = value(tuple[Money, ...])
    duration_in_months: Mapped[int | None] = mapped_column(Integer)
    source: Mapped[CouponSource]
    status: Mapped[CouponStatus]
    billing_id: Mapped[str | None]
    additional_meta_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ProductRow(Base):
    """A product with its settings; at most one is the environment's default."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("environment_id", "ref_id"),
        Index(
            "uq_products_default",
            "environment_id",
            unique=True,
            postgresql_where=text("is_default_product"),
        ),
        Index(None, "environment_id", "created_at", "id"),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    ref_id: Mapped[str]
    display_name: Mapped[str | None]
    description: Mapped[str | None]
    status: Mapped[ProductStatus]
    is_default_product: Mapped[bool]
    multiple_subscriptions: Mapped[bool]
    settings: Mapped[ProductSettings] = value(ProductSettings)
    usage_reset_cutoff: Mapped[SubscriptionUpdateUsageCutoffBehavior]
    auto_cancellation_rules: Mapped[tuple[AutoCancellationRule, ...]] = value(
        tuple[AutoCancellationRule, ...]
    )
    additional_meta_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PackageGroupRow(Base):
    """One version of a package group; at most one row of a lineage is the latest."""

    __tablename__ = "package_groups"
    __table_args__ = (
        UniqueConstraint("environment_id", "package_group_id", "version_number"),
        Index(
            "uq_package_groups_latest",
            "environment_id",
            "package_group_id",
            unique=True,
            postgresql_where=text("is_latest"),
        ),
        Index(None, "environment_id", "created_at", "id"),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    package_group_id: Mapped[str]
    product_id: Mapped[uuid.UUID]
    display_name: Mapped[str]
    description: Mapped[str | None]
    addon_ref_ids: Mapped[tuple[str, ...]] = mapped_column(ARRAY(Text, as_tuple=True))
    status: Mapped[PackageGroupStatus]
    is_latest: Mapped[bool]
    version_number: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
