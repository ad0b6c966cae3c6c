"""Output types of drafts, publishing and their differences."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.graphql.catalog.drafts.enums import ChangeType, PublishMigrationType
from app.graphql.catalog.packages.enums import PricingType, WidgetType
from app.graphql.catalog.prices.enums import OverageBillingPeriod
from app.graphql.scalars import JSON

if TYPE_CHECKING:
    from app.graphql.catalog.addons.types import Addon
    from app.graphql.catalog.entitlements.types import (
        PackageEntitlementChange,
        PackageEntitlementChangeUnion,
    )
    from app.graphql.catalog.groups.types import PackageGroup
    from app.graphql.catalog.packages.types import DefaultTrialConfig
    from app.graphql.catalog.plans.types import Plan
    from app.graphql.catalog.prices.types import MinimumSpend, Price

AddonRef = Annotated["Addon", strawberry.lazy("app.graphql.catalog.addons.types")]
DefaultTrialConfigRef = Annotated[
    "DefaultTrialConfig", strawberry.lazy("app.graphql.catalog.packages.types")
]
MinimumSpendRef = Annotated["MinimumSpend", strawberry.lazy("app.graphql.catalog.prices.types")]
PackageEntitlementChangeRef = Annotated[
    "PackageEntitlementChange", strawberry.lazy("app.graphql.catalog.entitlements.types")
]
PackageEntitlementChangeUnionRef = Annotated[
    "PackageEntitlementChangeUnion", strawberry.lazy("app.graphql.catalog.entitlements.types")
]
PackageGroupRef = Annotated["PackageGroup", strawberry.lazy("app.graphql.catalog.groups.types")]
PlanRef = Annotated["Plan", strawberry.lazy("app.graphql.catalog.plans.types")]
PriceRef = Annotated["Price", strawberry.lazy("app.graphql.catalog.prices.types")]


@strawberry.type
class AdditionalMetaDataChange:
    after: JSON | None
    before: JSON | None
    change_type: ChangeType | None


@strawberry.type
class AddonDependencyChange:
    after: AddonRef | None
    before: AddonRef | None
    change_type: ChangeType | None


@strawberry.type
class BasePlanChange:
    after: AddonRef | None
    before: AddonRef | None
    change_type: ChangeType | None


@strawberry.type
class DefaultTrialConfigChange:
    after: DefaultTrialConfigRef | None
    before: DefaultTrialConfigRef | None
    change_type: ChangeType | None


@strawberry.type
class HiddenFromWidgetsChange:
    after: list[WidgetType] | None
    before: list[WidgetType] | None
    change_type: ChangeType | None


@strawberry.type
class MinimumSpendChange:
    after: MinimumSpendRef | None
    before: MinimumSpendRef | None
    change_type: ChangeType | None


@strawberry.type
class NumberChange:
    after: float | None
    before: float | None
    change_type: ChangeType | None


@strawberry.type
class OverageBillingPeriodChange:
    after: OverageBillingPeriod | None
    before: OverageBillingPeriod | None
    change_type: ChangeType | None


@strawberry.type
class PlanCompatibleAddonChange:
    after: AddonRef | None
    before: AddonRef | None
    change_type: ChangeType | None


@strawberry.type
class PlanCompatiblePackageGroupChange:
    after: PackageGroupRef | None
    before: PackageGroupRef | None
    change_type: ChangeType | None


@strawberry.type
class StringChangeDTO:
    after: str | None
    before: str | None
    change_type: ChangeType | None


@strawberry.type
class PackagePriceChange:
    after: PriceRef | None
    before: PriceRef | None
    change_type: ChangeType | None


@strawberry.type
class PricingTypeChange:
    after: PricingType | None
    before: PricingType | None
    change_type: ChangeType | None


@strawberry.type
class PackageChanges:
    additional_meta_data: AdditionalMetaDataChange | None
    base_plan: BasePlanChange | None
    compatible_addons: list[PlanCompatibleAddonChange] | None
    compatible_package_groups: list[PlanCompatiblePackageGroupChange] | None
    default_trial_config: DefaultTrialConfigChange | None
    dependencies: list[AddonDependencyChange] | None
    description: StringChangeDTO | None
    display_name: StringChangeDTO | None
    entitlements: list[PackageEntitlementChangeRef]
    hidden_from_widgets: HiddenFromWidgetsChange | None
    max_quantity: NumberChange | None
    minimum_spend: list[MinimumSpendChange] | None
    overage_billing_period: OverageBillingPeriodChange | None
    overage_prices: list[PackagePriceChange]
    package_entitlements: list[PackageEntitlementChangeUnionRef] | None
    prices: list[PackagePriceChange]
    pricing_type: PricingTypeChange | None
    total_changes: int


@strawberry.type
class PackageDraftDetails:
    affected_child_plans: list[PlanRef] | None
    changes: PackageChanges | None
    child_plans_with_draft: list[PlanRef] | None
    customers_affected: int | None
    updated_at: datetime
    updated_by: str | None
    version: int


@strawberry.type
class PackageDraftSummary:
    updated_at: datetime
    updated_by: str | None
    version: int


@strawberry.type
class PackagePublished:
    account_id: str
    environment_id: str
    migration_type: PublishMigrationType
    package_ref_id: str
    package_type: str
    package_version: int


@strawberry.type
class PublishPackageResult:
    task_id: str | None
