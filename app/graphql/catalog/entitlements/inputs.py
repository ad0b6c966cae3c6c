"""Command inputs of package entitlements."""

import strawberry

from app.graphql.catalog.entitlements.enums import (
    CreditCadence,
    EntitlementBehavior,
    EntitlementResetPeriod,
    MonthlyAccordingTo,
    WeeklyAccordingTo,
    YearlyAccordingTo,
)
from app.graphql.catalog.packages.enums import WidgetType


@strawberry.input
class MonthlyResetPeriodConfigInput:
    according_to: MonthlyAccordingTo


@strawberry.input
class WeeklyResetPeriodConfigInput:
    according_to: WeeklyAccordingTo


@strawberry.input
class YearlyResetPeriodConfigInput:
    according_to: YearlyAccordingTo


@strawberry.input
class PackageEntitlementInput:
    behavior: EntitlementBehavior | None = EntitlementBehavior.Increment
    dependency_feature_id: str | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name_override: str | None = strawberry.UNSET
    enum_values: list[str] | None = strawberry.UNSET
    environment_id: str
    feature_group_id: str | None = strawberry.UNSET
    feature_id: str
    has_soft_limit: bool | None = strawberry.UNSET
    has_unlimited_usage: bool | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    is_custom: bool | None = strawberry.UNSET
    is_granted: bool | None = strawberry.UNSET
    monthly_reset_period_configuration: MonthlyResetPeriodConfigInput | None = strawberry.UNSET
    order: float | None = strawberry.UNSET
    package_id: str
    reset_period: EntitlementResetPeriod | None = strawberry.UNSET
    usage_limit: float | None = strawberry.UNSET
    weekly_reset_period_configuration: WeeklyResetPeriodConfigInput | None = strawberry.UNSET
    yearly_reset_period_configuration: YearlyResetPeriodConfigInput | None = strawberry.UNSET


@strawberry.input
class CreateManyPackageEntitlementsInput:
    package_entitlements: list[PackageEntitlementInput]


@strawberry.input
class PackageCreditEntitlementInput:
    amount: float | None = strawberry.UNSET
    behavior: EntitlementBehavior | None = strawberry.UNSET
    cadence: CreditCadence
    custom_currency_id: str
    dependency_feature_id: str | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name_override: str | None = strawberry.UNSET
    has_soft_limit: bool | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    is_custom: bool | None = strawberry.UNSET
    is_granted: bool | None = strawberry.UNSET
    order: float | None = strawberry.UNSET


@strawberry.input
class PackageFeatureEntitlementInput:
    behavior: EntitlementBehavior | None = strawberry.UNSET
    dependency_feature_id: str | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name_override: str | None = strawberry.UNSET
    enum_values: list[str] | None = strawberry.UNSET
    feature_group_id: str | None = strawberry.UNSET
    feature_id: str
    has_soft_limit: bool | None = strawberry.UNSET
    has_unlimited_usage: bool | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    is_custom: bool | None = strawberry.UNSET
    is_granted: bool | None = strawberry.UNSET
    monthly_reset_period_configuration: MonthlyResetPeriodConfigInput | None = strawberry.UNSET
    order: float | None = strawberry.UNSET
    reset_period: EntitlementResetPeriod | None = strawberry.UNSET
    usage_limit: float | None = strawberry.UNSET
    weekly_reset_period_configuration: WeeklyResetPeriodConfigInput | None = strawberry.UNSET
    yearly_reset_period_configuration: YearlyResetPeriodConfigInput | None = strawberry.UNSET


@strawberry.input
class CreatePackageEntitlementInput:
    credit: PackageCreditEntitlementInput | None = strawberry.UNSET
    feature: PackageFeatureEntitlementInput | None = strawberry.UNSET


@strawberry.input
class CreatePackageEntitlementsInput:
    entitlements: list[CreatePackageEntitlementInput]
    environment_id: str | None = strawberry.UNSET
    package_id: str


@strawberry.input
class DeleteOnePackageEntitlementInput:
    id: str


@strawberry.input
class DeletePackageEntitlementInput:
    id: str


@strawberry.input
class PackageCreditEntitlementUpdateInput:
    amount: float | None = strawberry.UNSET
    behavior: EntitlementBehavior | None = strawberry.UNSET
    cadence: CreditCadence | None = strawberry.UNSET
    dependency_feature_id: str | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name_override: str | None = strawberry.UNSET
    has_soft_limit: bool | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    is_custom: bool | None = strawberry.UNSET
    is_granted: bool | None = strawberry.UNSET
    order: float | None = strawberry.UNSET


@strawberry.input
class PackageEntitlementUpdateInput:
    behavior: EntitlementBehavior | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name_override: str | None = strawberry.UNSET
    enum_values: list[str] | None = strawberry.UNSET
    has_soft_limit: bool | None = strawberry.UNSET
    has_unlimited_usage: bool | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    is_custom: bool | None = strawberry.UNSET
    is_granted: bool | None = strawberry.UNSET
    monthly_reset_period_configuration: MonthlyResetPeriodConfigInput | None = strawberry.UNSET
    order: float | None = strawberry.UNSET
    reset_period: EntitlementResetPeriod | None = strawberry.UNSET
    usage_limit: float | None = strawberry.UNSET
    weekly_reset_period_configuration: WeeklyResetPeriodConfigInput | None = strawberry.UNSET
    yearly_reset_period_configuration: YearlyResetPeriodConfigInput | None = strawberry.UNSET


@strawberry.input
class PackageFeatureEntitlementUpdateInput:
    behavior: EntitlementBehavior | None = strawberry.UNSET
    dependency_feature_id: str | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name_override: str | None = strawberry.UNSET
    enum_values: list[str] | None = strawberry.UNSET
    has_soft_limit: bool | None = strawberry.UNSET
    has_unlimited_usage: bool | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    is_custom: bool | None = strawberry.UNSET
    is_granted: bool | None = strawberry.UNSET
    monthly_reset_period_configuration: MonthlyResetPeriodConfigInput | None = strawberry.UNSET
    order: float | None = strawberry.UNSET
    reset_period: EntitlementResetPeriod | None = strawberry.UNSET
    usage_limit: float | None = strawberry.UNSET
    weekly_reset_period_configuration: WeeklyResetPeriodConfigInput | None = strawberry.UNSET
    yearly_reset_period_configuration: YearlyResetPeriodConfigInput | None = strawberry.UNSET


@strawberry.input
class UpdateOnePackageEntitlementInput:
    id: str
    update: PackageEntitlementUpdateInput


@strawberry.input
class UpdatePackageEntitlementInput:
    credit: PackageCreditEntitlementUpdateInput | None = strawberry.UNSET
    feature: PackageFeatureEntitlementUpdateInput | None = strawberry.UNSET
    id: str


@strawberry.input
class UpdatePackageEntitlementOrderItemInput:
    id: str
    order: float | None = strawberry.UNSET


@strawberry.input
class UpdatePackageEntitlementOrderInput:
    entitlements: list[UpdatePackageEntitlementOrderItemInput]
    environment_id: str | None = strawberry.UNSET
    package_id: str
