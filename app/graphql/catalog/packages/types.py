"""Output types of packages (plan or add-on)."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog.packages.enums import (
    PackageStatus,
    PricingType,
    TrialEndBehavior,
    TrialPeriodUnits,
    WidgetType,
)
from app.graphql.catalog.packages.shared import PackageRelations
from app.graphql.catalog.prices.enums import OverageBillingPeriod
from app.graphql.catalog.prices.types import Price
from app.graphql.resolvers import environment_id
from app.graphql.scalars import JSON

if TYPE_CHECKING:
    from app.graphql.catalog.plans.types import Plan
    from app.graphql.integrations.types import SyncState

PlanRef = Annotated["Plan", strawberry.lazy("app.graphql.catalog.plans.types")]
SyncStateRef = Annotated["SyncState", strawberry.lazy("app.graphql.integrations.types")]


@strawberry.type
class AutoCancellationRule:
    source_plan: PlanRef
    target_plan: PlanRef


@strawberry.type
class BudgetConfiguration:
    has_soft_limit: bool
    limit: float


@strawberry.type
class DefaultTrialConfig:
    budget: BudgetConfiguration | None
    duration: float
    trial_end_behavior: TrialEndBehavior | None
    units: TrialPeriodUnits


@strawberry.type
class PackageDTO(PackageRelations):
    additional_meta_data: JSON | None
    billing_id: str | None
    billing_link_url: str | None
    created_at: datetime | None
    description: str | None
    display_name: str
    environment_id: UUID = strawberry.field(resolver=environment_id)
    hidden_from_widgets: list[WidgetType] | None
    id: UUID
    is_latest: bool | None
    overage_billing_period: OverageBillingPeriod | None
    prices: list[Price] | None
    pricing_type: PricingType | None
    product_id: str | None
    ref_id: str
    status: PackageStatus
    sync_states: list[SyncStateRef]
    type: str
    updated_at: datetime | None
    version_number: int


@strawberry.type
class SubscribedCustomersCountResult:
    count: int
    updated_at: datetime
