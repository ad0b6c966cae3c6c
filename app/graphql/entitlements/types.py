"""Output types of entitlements."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.graphql.catalog.entitlements.enums import CreditCadence, EntitlementResetPeriod
from app.graphql.catalog.features.enums import FeatureStatus, FeatureType, MeterType
from app.graphql.catalog.packages.enums import WidgetType
from app.graphql.credits.enums import CreditGrantSourceType, CreditGrantType
from app.graphql.entitlements.enums import AccessDeniedReason, EntitlementsStateAccessDeniedReason
from app.graphql.scalars import JSON

if TYPE_CHECKING:
    from app.graphql.catalog.addons.types import Addon
    from app.graphql.catalog.entitlements.types import PackageEntitlement, ResetPeriodConfiguration
    from app.graphql.catalog.features.types import EnumConfigurationEntity, UnitTransformation
    from app.graphql.catalog.plans.types import Plan
    from app.graphql.catalog.prices.types import CreditRate, PriceEntitlement
    from app.graphql.customers.types import PromotionalEntitlement
    from app.graphql.subscriptions.types import CustomerSubscription

AddonRef = Annotated["Addon", strawberry.lazy("app.graphql.catalog.addons.types")]
CreditRateRef = Annotated["CreditRate", strawberry.lazy("app.graphql.catalog.prices.types")]
CustomerSubscriptionRef = Annotated[
    "CustomerSubscription", strawberry.lazy("app.graphql.subscriptions.types")
]
EnumConfigurationEntityRef = Annotated[
    "EnumConfigurationEntity", strawberry.lazy("app.graphql.catalog.features.types")
]
PackageEntitlementRef = Annotated[
    "PackageEntitlement", strawberry.lazy("app.graphql.catalog.entitlements.types")
]
PlanRef = Annotated["Plan", strawberry.lazy("app.graphql.catalog.plans.types")]
PriceEntitlementRef = Annotated[
    "PriceEntitlement", strawberry.lazy("app.graphql.catalog.prices.types")
]
PromotionalEntitlementRef = Annotated[
    "PromotionalEntitlement", strawberry.lazy("app.graphql.customers.types")
]
ResetPeriodConfigurationRef = Annotated[
    "ResetPeriodConfiguration", strawberry.lazy("app.graphql.catalog.entitlements.types")
]
UnitTransformationRef = Annotated[
    "UnitTransformation", strawberry.lazy("app.graphql.catalog.features.types")
]


@strawberry.type
class EntitlementCurrency:
    additional_meta_data: JSON | None
    currency_id: str
    description: str | None
    display_name: str
    unit_plural: str | None
    unit_singular: str | None


@strawberry.type
class CreditEntitlement:
    access_denied_reason: AccessDeniedReason | None
    currency: EntitlementCurrency
    current_usage: float | None
    entitlement_updated_at: datetime | None
    has_soft_limit: bool | None
    is_granted: bool
    usage_limit: float | None
    usage_period_end: datetime | None
    usage_updated_at: datetime | None
    valid_until: datetime | None


@strawberry.type
class EntitlementFeature:
    additional_meta_data: JSON | None
    description: str | None
    display_name: str
    enum_configuration: list[EnumConfigurationEntityRef] | None
    feature_status: FeatureStatus
    feature_type: FeatureType
    feature_units: str | None
    feature_units_plural: str | None
    id: str
    meter_type: MeterType | None
    ref_id: str
    unit_transformation: UnitTransformationRef | None


@strawberry.type
class FeatureEntitlement:
    access_denied_reason: AccessDeniedReason | None
    credit_rate: CreditRateRef | None
    current_usage: float | None
    entitlement_updated_at: datetime | None
    enum_values: list[str] | None
    feature: EntitlementFeature | None
    has_soft_limit: bool | None
    has_unlimited_usage: bool
    is_granted: bool
    meter_id: str | None
    reset_period: EntitlementResetPeriod | None
    reset_period_configuration: ResetPeriodConfigurationRef | None
    usage_limit: float | None
    usage_period_anchor: datetime | None
    usage_period_end: datetime | None
    usage_period_start: datetime | None
    usage_updated_at: datetime | None
    valid_until: datetime | None


@strawberry.type
class CreditEntitlementSummary:
    addon: AddonRef | None
    addon_quantity: float | None
    amount: float
    base_amount: float | None
    cadence: CreditCadence | None
    dependency_feature_entitlement: FeatureEntitlement | None
    effective_at: datetime
    expire_at: datetime | None
    grant_type: CreditGrantType
    is_effective_entitlement: bool
    plan: PlanRef | None
    source_type: CreditGrantSourceType | None
    subscription: CustomerSubscriptionRef | None


@strawberry.type
class CreditEntitlementWithSummary(CreditEntitlement):
    summaries: list[CreditEntitlementSummary] | None


@strawberry.type
class DateRange:
    end: datetime | None
    start: datetime | None


@strawberry.type
class Entitlement:
    access_denied_reason: AccessDeniedReason | None
    credit_rate: CreditRateRef | None
    current_usage: float | None
    customer_id: str | None = strawberry.field(deprecation_reason="No longer supported")
    display_name_override: str | None
    entitlement_updated_at: datetime | None
    enum_values: list[str] | None
    feature: EntitlementFeature | None
    has_soft_limit: bool | None
    has_unlimited_usage: bool
    hidden_from_widgets: list[WidgetType] | None
    is_granted: bool
    meter_id: str | None
    next_reset_date: datetime | None = strawberry.field(deprecation_reason="No longer supported")
    requested_usage: float | None
    requested_values: list[str] | None
    reset_period: EntitlementResetPeriod | None
    reset_period_configuration: ResetPeriodConfigurationRef | None
    resource_id: str | None = strawberry.field(deprecation_reason="No longer supported")
    usage_limit: float | None
    usage_period_anchor: datetime | None
    usage_period_end: datetime | None
    usage_period_start: datetime | None
    usage_updated_at: datetime | None
    valid_until: float | None


@strawberry.type
class EntitlementSummary:
    addon_quantity: float | None
    feature_package_entitlement: PackageEntitlementRef | None
    feature_promotional_entitlement: PromotionalEntitlementRef | None
    is_effective_entitlement: bool
    plan: PlanRef | None
    price_entitlement: PriceEntitlementRef | None
    subscription: CustomerSubscriptionRef | None


EntitlementUnion = Annotated[
    CreditEntitlement | FeatureEntitlement, strawberry.union("EntitlementUnion")
]


@strawberry.type
class EntitlementWithSummary(Entitlement):
    summaries: list[EntitlementSummary] | None


@strawberry.type
class FeatureEntitlementWithSummary(FeatureEntitlement):
    summaries: list[EntitlementSummary] | None


EntitlementWithSummaryUnion = Annotated[
    CreditEntitlementWithSummary | FeatureEntitlementWithSummary,
    strawberry.union("EntitlementWithSummaryUnion"),
]


@strawberry.type
class EntitlementsState:
    access_denied_reason: EntitlementsStateAccessDeniedReason | None
    entitlements: list[Entitlement] | None
    entitlements_v2: list[EntitlementUnion] | None


@strawberry.type
class EntitlementsUpdated:
    access_denied_reason: EntitlementsStateAccessDeniedReason | None
    account_id: str
    customer_id: str
    entitlements: list[Entitlement]
    environment_id: str
    resource_id: str | None


@strawberry.type
class EntitlementsUpdatedV2:
    access_denied_reason: EntitlementsStateAccessDeniedReason | None
    account_id: str
    customer_id: str
    entitlements: list[EntitlementUnion] | None
    environment_id: str
    resource_id: str | None


@strawberry.type
class EntitlementsWithSummary:
    entitlements: list[EntitlementWithSummaryUnion] | None


@strawberry.type
class RecalculateEntitlementsResult:
    task_id: str
