"""Tables of plans and add-ons: one row a version, its prices and entitlements as child rows."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, Index, Numeric, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.catalog.enums import (
    BillingCadence,
    BillingModel,
    BillingPeriod,
    CreditCadence,
    CreditGrantCadence,
    Currency,
    EntitlementBehavior,
    OverageBillingPeriod,
    PackageStatus,
    PricingType,
    TiersMode,
    WidgetType,
)
from domain.catalog.model import (
    CompatiblePackageGroup,
    CreditRate,
    MinimumSpend,
    PackageType,
    PriceTier,
    ResetRule,
    TrialConfig,
)
from domain.subscriptions.enums import TaskStatus, TaskType
from persistence.rows.base import Base, EnvironmentKey, Key, Quantity, value


class PackageRow(Base):
    """A version of a plan or add-on; one row of a lineage is the latest, one may be a draft."""

    __tablename__ = "packages"
    __table_args__ = (
        UniqueConstraint("environment_id", "type", "ref_id", "version_number"),
        Index(
            "uq_packages_latest",
            "environment_id",
            "type",
            "ref_id",
            unique=True,
            postgresql_where=text("is_latest"),
        ),
        Index(
            "uq_packages_draft",
            "environment_id",
            "type",
            "ref_id",
            unique=True,
            postgresql_where=text("status = 'DRAFT'"),
        ),
        Index(None, "environment_id", "created_at", "id"),
        Index(None, "environment_id", "product_id"),
        Index(
            None,
            "environment_id",
            "parent_plan_id",
            postgresql_where=text("parent_plan_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    type: Mapped[PackageType]
    ref_id: Mapped[str]
    version_number: Mapped[int]
    is_latest: Mapped[bool]
    status: Mapped[PackageStatus]
    product_id: Mapped[uuid.UUID]
    display_name: Mapped[str]
    description: Mapped[str | None]
    pricing_type: Mapped[PricingType | None]
    overage_billing_period: Mapped[OverageBillingPeriod | None]
    minimum_spend: Mapped[tuple[MinimumSpend, ...]] = value(tuple[MinimumSpend, ...])
    hidden_from_widgets: Mapped[tuple[WidgetType, ...]] = value(tuple[WidgetType, ...])
    additional_meta_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    billing_id: Mapped[str | None]
    lineage_created_at: Mapped[datetime | None]
    aws_marketplace_plan_dimension: Mapped[str | None]
    parent_plan_id: Mapped[uuid.UUID | None]
    default_trial_config: Mapped[TrialConfig | None] = value(TrialConfig)
    compatible_addon_ref_ids: Mapped[tuple[str, ...]] = mapped_column(ARRAY(Text, as_tuple=True))
    compatible_package_groups: Mapped[tuple[CompatiblePackageGroup, ...]] = value(
        tuple[CompatiblePackageGroup, ...]
    )
    max_quantity: Mapped[int | None]
    dependency_ref_ids: Mapped[tuple[str, ...]] = mapped_column(ARRAY(Text, as_tuple=True))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PriceRow(Base):
    """A price of a package version: a charge in one billing period and country."""

    __tablename__ = "prices"
    __table_args__ = (
        Index(None, "environment_id", "package_id"),
        Index(None, "environment_id", "feature_id"),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    package_id: Mapped[uuid.UUID]
    position: Mapped[int]
    billing_model: Mapped[BillingModel]
    billing_period: Mapped[BillingPeriod]
    billing_cadence: Mapped[BillingCadence]
    billing_country_code: Mapped[str | None]
    currency: Mapped[Currency]
    amount: Mapped[Decimal | None] = mapped_column(Numeric())
    block_size: Mapped[int]
    tiers: Mapped[tuple[PriceTier, ...]] = value(tuple[PriceTier, ...])
    tiers_mode: Mapped[TiersMode | None]
    feature_id: Mapped[uuid.UUID | None]
    top_up_currency_id: Mapped[uuid.UUID | None]
    credit_rate: Mapped[CreditRate | None] = value(CreditRate)
    credit_grant_cadence: Mapped[CreditGrantCadence | None]
    min_unit_quantity: Mapped[int | None]
    max_unit_quantity: Mapped[int | None]
    reset_rule: Mapped[ResetRule | None] = value(ResetRule)
    is_overage: Mapped[bool]
    is_override: Mapped[bool]
    billing_id: Mapped[str | None]
    created_at: Mapped[datetime]


class PackageEntitlementRow(Base):
    """What a package version gives: of a feature (`kind` FEATURE) or a currency (CREDIT)."""

    __tablename__ = "package_entitlements"
    __table_args__ = (
        Index(None, "environment_id", "package_id"),
        Index(None, "environment_id", "feature_id"),
        Index(None, "environment_id", "created_at", "id"),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    package_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    feature_id: Mapped[uuid.UUID | None]
    usage_limit: Mapped[Quantity | None]
    has_unlimited_usage: Mapped[bool | None]
    enum_values: Mapped[tuple[str, ...] | None] = mapped_column(ARRAY(Text, as_tuple=True))
    reset_rule: Mapped[ResetRule | None] = value(ResetRule)
    feature_group_ids: Mapped[tuple[uuid.UUID, ...] | None] = mapped_column(
        ARRAY(Uuid(as_uuid=True), as_tuple=True)
    )
    currency_id: Mapped[uuid.UUID | None]
    amount: Mapped[Quantity | None]
    cadence: Mapped[CreditCadence | None]
    has_soft_limit: Mapped[bool]
    is_custom: Mapped[bool]
    is_granted: Mapped[bool]
    behavior: Mapped[EntitlementBehavior]
    dependency_feature_id: Mapped[uuid.UUID | None]
    description: Mapped[str | None]
    display_name_override: Mapped[str | None]
    hidden_from_widgets: Mapped[tuple[WidgetType, ...]] = value(tuple[WidgetType, ...])
    order: Mapped[Decimal | None] = mapped_column(Numeric())
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SubscriptionMigrationTaskRow(Base):
    """What publishing for ALL_CUSTOMERS has to move, and how far it is."""

    __tablename__ = "subscription_migration_tasks"
    __table_args__ = (Index(None, "environment_id", "created_at", "id"),)

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    task_type: Mapped[TaskType]
    status: Mapped[TaskStatus]
    initiated_package_id: Mapped[uuid.UUID]
    package_ids: Mapped[tuple[uuid.UUID, ...]] = mapped_column(
        ARRAY(Uuid(as_uuid=True), as_tuple=True)
    )
    affected_customers_count: Mapped[int]
    migrated_customers_count: Mapped[int]
    progress: Mapped[int]
    start_date: Mapped[datetime | None]
    end_date: Mapped[datetime | None]
    created_at: Mapped[datetime]
