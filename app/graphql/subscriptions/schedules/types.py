"""Output types of scheduled updates."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.graphql.catalog.prices.enums import BillingPeriod
from app.graphql.context import Info
from app.graphql.subscriptions import nested
from app.graphql.subscriptions.schedules.enums import (
    PlanChangeType,
    SubscriptionScheduleStatus,
    SubscriptionScheduleType,
)
from domain.subscriptions.model import ScheduledUpdate

if TYPE_CHECKING:
    from app.graphql.catalog.packages.types import PackageDTO
    from app.graphql.catalog.prices.types import BillableFeature, PriceOverrideChangeVariables
    from app.graphql.subscriptions.previews.types import RecurringCredits

BillableFeatureRef = Annotated[
    "BillableFeature", strawberry.lazy("app.graphql.catalog.prices.types")
]
PackageDTORef = Annotated["PackageDTO", strawberry.lazy("app.graphql.catalog.packages.types")]
PriceOverrideChangeVariablesRef = Annotated[
    "PriceOverrideChangeVariables", strawberry.lazy("app.graphql.catalog.prices.types")
]
RecurringCreditsRef = Annotated[
    "RecurringCredits", strawberry.lazy("app.graphql.subscriptions.previews.types")
]


@strawberry.type
class AddonChangeVariables:
    addon_ref_id: str
    new_quantity: float


@strawberry.type
class AddonPriceOverrideChangeVariables:
    addon_ref_id: str
    feature_id: str | None


@strawberry.type
class BillingPeriodChangeVariables:
    billing_period: BillingPeriod | None


@strawberry.type
class CouponChangeVariables:
    coupon_id: str


@strawberry.type
class PlanChangeAddon:
    addon_ref_id: str
    quantity: float


@strawberry.type
class DowngradeChangeVariables:
    addon_ref_ids: str | None = strawberry.field(deprecation_reason="No longer supported")
    addons: list[PlanChangeAddon] | None
    billable_features: list[BillableFeatureRef] | None
    billing_period: BillingPeriod | None
    downgrade_plan_ref_id: str
    price_overrides: list[PriceOverrideChangeVariablesRef] | None
    recurring_credits: list[RecurringCreditsRef] | None


@strawberry.type
class PlanChangeVariables:
    addons: list[PlanChangeAddon] | None
    billable_features: list[BillableFeatureRef] | None
    billing_period: BillingPeriod | None
    change_type: PlanChangeType
    plan_ref_id: str
    price_overrides: list[PriceOverrideChangeVariablesRef] | None
    recurring_credits: list[RecurringCreditsRef] | None


@strawberry.type
class PlanPriceOverrideChangeVariables:
    feature_id: str | None
    plan_ref_id: str


@strawberry.type
class RecurringCreditsChangeVariables:
    custom_currency_id: str | None
    new_quantity: float | None


@strawberry.type
class UnitAmountChangeVariables:
    feature_id: str | None
    new_unit_amount: float | None


ScheduleVariables = Annotated[
    AddonChangeVariables
    | AddonPriceOverrideChangeVariables
    | BillingPeriodChangeVariables
    | CouponChangeVariables
    | DowngradeChangeVariables
    | PlanChangeVariables
    | PlanPriceOverrideChangeVariables
    | RecurringCreditsChangeVariables
    | UnitAmountChangeVariables,
    strawberry.union("ScheduleVariables"),
]


@strawberry.type
class SubscriptionFutureUpdate:
    source: strawberry.Private[ScheduledUpdate]
    billing_id: str | None
    created_at: datetime | None
    schedule_status: SubscriptionScheduleStatus
    schedule_variables: ScheduleVariables | None
    scheduled_execution_time: datetime
    subscription_schedule_type: SubscriptionScheduleType

    @strawberry.field
    async def target_package(self, info: Info) -> PackageDTORef | None:
        return await nested.package(info, self.source.target_package_id)


@strawberry.type
class SubscriptionScheduledUpdate(SubscriptionFutureUpdate):
    """The same facts; the contract has two names for them."""
