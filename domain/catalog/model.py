"""The catalogue's values: what a pricing team authors, frozen.

Packages (plans and add-ons) are *versions*: one value per version row; the lineage is
(type, ref_id). Compatible add-ons, dependencies, package groups and the plans named in a
product's settings are held by lineage `ref_id` and read as the latest published version; a base
plan is held by version row (`parent_plan_id`). Source: spec, catalog §1-§7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal
from uuid import UUID

from domain.catalog.enums import (
    AggregationFunction,
    BillingCadence,
    BillingModel,
    BillingPeriod,
    ConditionOperation,
    CouponSource,
    CouponStatus,
    CouponType,
    CreditCadence,
    CreditGrantCadence,
    Currency,
    CustomCurrencyStatus,
    EntitlementBehavior,
    EntitlementResetPeriod,
    FeatureGroupStatus,
    FeatureStatus,
    FeatureType,
    MeterType,
    OverageBillingPeriod,
    PackageGroupStatus,
    PackageStatus,
    PricingType,
    ProductStatus,
    SubscriptionCancellationTime,
    SubscriptionEndSetup,
    SubscriptionStartSetup,
    SubscriptionUpdateUsageCutoffBehavior,
    TiersMode,
    TrialEndBehavior,
    TrialPeriodUnits,
    UnitTransformationRound,
    WidgetType,
)
from domain.ids import (
    CouponId,
    CurrencyId,
    FeatureGroupId,
    FeatureId,
    PackageId,
    PriceId,
    ProductId,
)
from domain.money import Money

MetaData = Mapping[str, object]


class PackageType(StrEnum):
    """The two kinds of package, spelled as `Plan.type` and events spell them."""

    Plan = "Plan"
    Addon = "Addon"


class AccordingTo(StrEnum):
    """Where a reset window begins: all values of the three contract enums in one.

    YEAR knows only SubscriptionStart, MONTH also StartOfTheMonth, WEEK also the weekdays.
    """

    SubscriptionStart = "SubscriptionStart"
    StartOfTheMonth = "StartOfTheMonth"
    EverySunday = "EverySunday"
    EveryMonday = "EveryMonday"
    EveryTuesday = "EveryTuesday"
    EveryWednesday = "EveryWednesday"
    EveryThursday = "EveryThursday"
    EveryFriday = "EveryFriday"
    EverySaturday = "EverySaturday"


@dataclass(frozen=True, slots=True)
class ResetRule:
    """How often usage starts again; `according_to` is None for DAY and HOUR."""

    period: EntitlementResetPeriod
    according_to: AccordingTo | None = None


# --- features -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumValue:
    """A value of an ENUM feature; a removed one keeps existing entitlements (`deleted_at`)."""

    value: str
    display_name: str
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterCondition:
    """What a raw event must say in one field to count; `values` for operations on several."""

    field: str
    operation: ConditionOperation
    value: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterFilter:
    """Conditions that are ANDed; a meter's filters are ORed."""

    conditions: tuple[MeterCondition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What an event meter counts: filters over raw events and one aggregation."""

    id: UUID
    filters: tuple[MeterFilter, ...]
    function: AggregationFunction
    field: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTransformation:
    """Presented unit = raw / `divide`; `round` serves billing only."""

    divide: Decimal
    round: UnitTransformationRound = UnitTransformationRound.UP
    feature_units: str | None = None
    feature_units_plural: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What plans and add-ons grant; `ref_id` is unique in the environment."""

    id: FeatureId
    ref_id: str
    display_name: str
    description: str | None = None
    feature_type: FeatureType
    meter_type: MeterType = MeterType.NoMeter
    feature_status: FeatureStatus = FeatureStatus.ACTIVE
    feature_units: str | None = None
    feature_units_plural: str | None = None
    enum_configuration: tuple[EnumValue, ...] = ()
    meter: Meter | None = None
    unit_transformation: UnitTransformation | None = None
    additional_meta_data: MetaData | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureGroup:
    """One version row of a feature group; lineage = `feature_group_id`."""

    id: FeatureGroupId
    feature_group_id: str
    display_name: str
    description: str | None = None
    feature_ids: tuple[FeatureId, ...]
    status: FeatureGroupStatus
    is_latest: bool
    version_number: int
    created_at: datetime
    updated_at: datetime


# --- currencies and coupons -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomCurrency:
    """A credit currency; `currency_id` is the caller's id."""

    id: CurrencyId
    currency_id: str
    display_name: str
    description: str | None = None
    symbol: str | None = None
    unit_singular: str | None = None
    unit_plural: str | None = None
    status: CustomCurrencyStatus = CustomCurrencyStatus.ACTIVE
    additional_meta_data: MetaData | None = None
    archived_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """Exactly one of `percent_off` and `amounts_off`; `duration_in_months` None = for ever."""

    id: CouponId
    ref_id: str
    name: str
    description: str | None = None
    type: CouponType
    percent_off: Decimal | None = None
    amounts_off: tuple[Money, ...] = ()
    duration_in_months: int | None = None
    source: CouponSource
    status: CouponStatus
    billing_id: str | None = None
    additional_meta_data: MetaData | None = None
    created_at: datetime
    updated_at: datetime


# --- products ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoCancellationRule:
    """Ending a subscription of `source_plan_ref_id` ends those of `target_plan_ref_id`."""

    source_plan_ref_id: str
    target_plan_ref_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSettings:
    """The customer journey; plans by lineage ref_id. Source: spec, catalog §3."""

    subscription_start_setup: SubscriptionStartSetup = SubscriptionStartSetup.PLAN_SELECTION
    subscription_start_plan_ref_id: str | None = None
    subscription_cancellation_time: SubscriptionCancellationTime = (
        SubscriptionCancellationTime.IMMEDIATE
    )
    subscription_end_setup: SubscriptionEndSetup = SubscriptionEndSetup.CANCEL_SUBSCRIPTION
    downgrade_plan_ref_id: str | None = None
    prorate_at_end_of_billing_period: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What plans and add-ons are sold of, with the rules of its customers' journey."""

    id: ProductId
    ref_id: str
    display_name: str | None
    description: str | None = None
    status: ProductStatus = ProductStatus.PUBLISHED
    is_default_product: bool = False
    multiple_subscriptions: bool = False
    settings: ProductSettings = field(default_factory=ProductSettings)
    usage_reset_cutoff: SubscriptionUpdateUsageCutoffBehavior = (
        SubscriptionUpdateUsageCutoffBehavior.ALWAYS_RESET
    )
    auto_cancellation_rules: tuple[AutoCancellationRule, ...] = ()
    additional_meta_data: MetaData | None = None
    created_at: datetime
    updated_at: datetime


# --- prices -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTier:
    """Units up to `up_to` inclusive (None = without end) at `unit_price` each plus `flat_price`."""

    up_to: int | None
    unit_price: Decimal | None = None
    flat_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRate:
    """Credits burned per reported unit, or by `cost_formula`."""

    amount: Decimal
    currency_id: CurrencyId
    cost_formula: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One price row: a charge model in one billing period and country.

    `amount` per unit, block or period in major units, unrounded; None when `tiers` or
    `credit_rate` stand instead. `billing_country_code` None = the default entry.
    """

    id: PriceId
    package_id: PackageId | None = None
    billing_model: BillingModel
    billing_period: BillingPeriod
    billing_cadence: BillingCadence = BillingCadence.RECURRING
    billing_country_code: str | None = None
    currency: Currency = Currency.USD
    amount: Decimal | None = None
    block_size: int = 1
    tiers: tuple[PriceTier, ...] = ()
    tiers_mode: TiersMode | None = None
    feature_id: FeatureId | None = None
    top_up_currency_id: CurrencyId | None = None
    credit_rate: CreditRate | None = None
    credit_grant_cadence: CreditGrantCadence | None = None
    min_unit_quantity: int | None = None
    max_unit_quantity: int | None = None
    reset_rule: ResetRule | None = None
    is_overage: bool = False
    is_override: bool = False
    billing_id: str | None = None
    position: int = 0  # among the package's prices, in the order written
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumSpend:
    """Charged in advance each period; usage is deducted from it."""

    billing_period: BillingPeriod
    minimum: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A cap on a period's on-demand spend, major units; hard unless `has_soft_limit`."""

    limit: Decimal
    has_soft_limit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialConfig:
    """A plan's default trial: `duration` days of 24 h or clamped calendar months."""

    duration: int
    units: TrialPeriodUnits
    trial_end_behavior: TrialEndBehavior = TrialEndBehavior.CANCEL_SUBSCRIPTION
    budget: Budget | None = None


# --- entitlements of packages ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureEntitlement:
    """What a package gives of one feature. Source: spec, catalog §5."""

    kind: Literal["FEATURE"] = "FEATURE"
    id: UUID
    feature_id: FeatureId
    usage_limit: Decimal | None = None
    has_unlimited_usage: bool = False
    has_soft_limit: bool = False
    is_custom: bool = False
    is_granted: bool = True
    enum_values: tuple[str, ...] = ()
    reset_rule: ResetRule | None = None
    behavior: EntitlementBehavior = EntitlementBehavior.Increment
    dependency_feature_id: FeatureId | None = None
    description: str | None = None
    display_name_override: str | None = None
    hidden_from_widgets: tuple[WidgetType, ...] = ()
    order: Decimal | None = None
    feature_group_ids: tuple[FeatureGroupId, ...] = ()
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditEntitlement:
    """A recurring grant of one credit currency. Source: spec, catalog §5."""

    kind: Literal["CREDIT"] = "CREDIT"
    id: UUID
    currency_id: CurrencyId
    amount: Decimal | None = None
    cadence: CreditCadence
    has_soft_limit: bool = False
    is_custom: bool = False
    is_granted: bool = True
    behavior: EntitlementBehavior = EntitlementBehavior.Increment
    dependency_feature_id: FeatureId | None = None
    description: str | None = None
    display_name_override: str | None = None
    hidden_from_widgets: tuple[WidgetType, ...] = ()
    order: Decimal | None = None
    created_at: datetime
    updated_at: datetime


PackageEntitlement = FeatureEntitlement | CreditEntitlement


# --- packages ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatiblePackageGroup:
    """A group of add-ons offered with a plan; `free_items` cheapest units cost nothing."""

    package_group_id: str
    min_items: int | None = None
    free_items: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One version of a plan or add-on with its prices and own entitlements."""

    id: PackageId
    type: PackageType
    ref_id: str
    version_number: int
    is_latest: bool
    status: PackageStatus
    product_id: ProductId
    display_name: str
    description: str | None = None
    pricing_type: PricingType | None = None
    prices: tuple[Price, ...] = ()
    overage_billing_period: OverageBillingPeriod | None = None
    minimum_spend: tuple[MinimumSpend, ...] = ()
    entitlements: tuple[PackageEntitlement, ...] = ()
    hidden_from_widgets: tuple[WidgetType, ...] = ()
    additional_meta_data: MetaData | None = None
    billing_id: str | None = None
    created_at: datetime
    updated_at: datetime
    lineage_created_at: datetime | None = None  # of the first version; None = `created_at`
    # plans only
    aws_marketplace_plan_dimension: str | None = None
    parent_plan_id: PackageId | None = None
    default_trial_config: TrialConfig | None = None
    compatible_addon_ref_ids: tuple[str, ...] = ()
    compatible_package_groups: tuple[CompatiblePackageGroup, ...] = ()
    # add-ons only
    max_quantity: int | None = None
    dependency_ref_ids: tuple[str, ...] = ()

    @property
    def first_created_at(self) -> datetime:
        """When the lineage began: the age that ties between packages are broken by."""
        return self.lineage_created_at or self.created_at

    @property
    def charges(self) -> tuple[Price, ...]:
        """The prices proper, without overage rows."""
        return tuple(price for price in self.prices if not price.is_overage)

    @property
    def overage_prices(self) -> tuple[Price, ...]:
        return tuple(price for price in self.prices if price.is_overage)

    @property
    def feature_entitlements(self) -> tuple[FeatureEntitlement, ...]:
        return tuple(e for e in self.entitlements if isinstance(e, FeatureEntitlement))

    @property
    def credit_entitlements(self) -> tuple[CreditEntitlement, ...]:
        return tuple(e for e in self.entitlements if isinstance(e, CreditEntitlement))


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageGroup:
    """One version row of a package group; lineage = `package_group_id`."""

    id: UUID
    package_group_id: str
    product_id: ProductId
    display_name: str
    description: str | None = None
    addon_ref_ids: tuple[str, ...] = ()
    status: PackageGroupStatus
    is_latest: bool
    version_number: int
    created_at: datetime
    updated_at: datetime
