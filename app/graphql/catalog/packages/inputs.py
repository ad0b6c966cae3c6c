"""Command inputs of packages (plan or add-on)."""

import strawberry

from app.graphql.catalog.entitlements.inputs import PackageEntitlementInput
from app.graphql.catalog.packages.enums import (
    PackageStatus,
    PricingType,
    TrialEndBehavior,
    TrialPeriodUnits,
    WidgetType,
)
from app.graphql.scalars import JSON


@strawberry.input
class AutoCancellationRuleInput:
    source_plan_id: str
    target_plan_id: str


@strawberry.input
class BudgetConfigurationInput:
    has_soft_limit: bool
    limit: float


@strawberry.input
class DefaultTrialConfigInputDTO:
    budget: BudgetConfigurationInput | None = strawberry.UNSET
    duration: float | None = strawberry.UNSET
    trial_end_behavior: TrialEndBehavior | None = strawberry.UNSET
    units: TrialPeriodUnits | None = strawberry.UNSET


@strawberry.input
class GetPackageByRefIdInput:
    environment_id: str
    ref_id: str
    version_number: float | None = strawberry.UNSET


@strawberry.input
class LinkFeatureGroupToPackageInput:
    environment_id: str | None = strawberry.UNSET
    feature_group_id: str
    package_id: str


@strawberry.input
class MigratePackageFeatureGroupsToLatestInput:
    account_id: str
    entitlements: list[PackageEntitlementInput]
    environment_id: str | None = strawberry.UNSET
    package_id: str


@strawberry.input
class NewPackageFields:
    """What new plans and new add-ons have in common."""

    additional_meta_data: JSON | None = strawberry.UNSET
    aws_marketplace_plan_dimension: str | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str
    environment_id: str | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    pricing_type: PricingType | None = strawberry.UNSET
    product_id: str
    ref_id: str | None = strawberry.UNSET
    status: PackageStatus | None = strawberry.UNSET


@strawberry.input
class PackageUpdateFields:
    """What updates of plans and of add-ons have in common."""

    additional_meta_data: JSON | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    id: str
    status: PackageStatus | None = strawberry.UNSET


@strawberry.input
class RemoveFeatureGroupFromPackageInput:
    environment_id: str | None = strawberry.UNSET
    feature_group_id: str
    package_id: str


@strawberry.input
class SubscribedCustomersCountInput:
    environment_id: str
    package_ref_id: str
    version_number: int | None = strawberry.UNSET


@strawberry.input
class UnlinkFeatureGroupFromPackageInput:
    environment_id: str | None = strawberry.UNSET
    feature_group_id: str
    package_id: str
