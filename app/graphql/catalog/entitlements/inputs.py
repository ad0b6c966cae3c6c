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
class ResetPeriodFields:
    """How often usage starts anew: what every input with a reset period says of it."""

    monthly_reset_period_configuration: MonthlyResetPeriodConfigInput | None = strawberry.UNSET
    reset_period: EntitlementResetPeriod | None = strawberry.UNSET
    weekly_reset_period_configuration: WeeklyResetPeriodConfigInput | None = strawberry.UNSET
    yearly_reset_period_configuration: YearlyResetPeriodConfigInput | None = strawberry.UNSET


@strawberry.input
class UsageLimitFields(ResetPeriodFields):
    """How much of a feature is granted."""

    has_soft_limit: bool | None = strawberry.UNSET
    has_unlimited_usage: bool | None = strawberry.UNSET
    usage_limit: float | None = strawberry.UNSET


@strawberry.input
class PackageEntitlementFields:
    """What entitlements of features and of credits in a package have in common."""

    behavior: EntitlementBehavior | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name_override: str | None = strawberry.UNSET
    has_soft_limit: bool | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    is_custom: bool | None = strawberry.UNSET
    is_granted: bool | None = strawberry.UNSET
    order: float | None = strawberry.UNSET


@strawberry.input
class PackageFeatureEntitlementFields(PackageEntitlementFields, UsageLimitFields):
    """A feature's entitlement in a package."""

    enum_values: list[str] | None = strawberry.UNSET


@strawberry.input
class PackageEntitlementInput(PackageFeatureEntitlementFields):
    behavior: EntitlementBehavior | None = EntitlementBehavior.Increment
    dependency_feature_id: str | None = strawberry.UNSET
    environment_id: str
    feature_group_id: str | None = strawberry.UNSET
    feature_id: str
    package_id: str


@strawberry.input
class CreateManyPackageEntitlementsInput:
    package_entitlements: list[PackageEntitlementInput]


@strawberry.input
class PackageCreditEntitlementInput(PackageEntitlementFields):
    amount: float | None = strawberry.UNSET
    cadence: CreditCadence
    custom_currency_id: str
    dependency_feature_id: str | None = strawberry.UNSET


@strawberry.input
class PackageFeatureEntitlementInput(PackageFeatureEntitlementFields):
    dependency_feature_id: str | None = strawberry.UNSET
    feature_group_id: str | None = strawberry.UNSET
    feature_id: str


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
class PackageCreditEntitlementUpdateInput(PackageEntitlementFields):
    amount: float | None = strawberry.UNSET
    cadence: CreditCadence | None = strawberry.UNSET
    dependency_feature_id: str | None = strawberry.UNSET


@strawberry.input
class PackageEntitlementUpdateInput(PackageFeatureEntitlementFields):
    """Of the legacy mutation, which knows features only."""


@strawberry.input
class PackageFeatureEntitlementUpdateInput(PackageFeatureEntitlementFields):
    dependency_feature_id: str | None = strawberry.UNSET


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
