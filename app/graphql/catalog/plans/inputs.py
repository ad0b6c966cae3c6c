"""Command inputs of plans."""

import strawberry

from app.graphql.catalog.packages.enums import PackageStatus, PricingType, WidgetType
from app.graphql.catalog.packages.inputs import DefaultTrialConfigInputDTO
from app.graphql.catalog.prices.inputs import MinimumSpendInput
from app.graphql.scalars import JSON


@strawberry.input
class AddCompatibleAddonsToPlanInput:
    id: str
    relation_ids: list[str]


@strawberry.input
class ArchivePlanInput:
    environment_id: str | None = strawberry.UNSET
    id: str | None = strawberry.UNSET
    ref_id: str | None = strawberry.UNSET


@strawberry.input
class PlanCreateInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    aws_marketplace_plan_dimension: str | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str
    environment_id: str | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    parent_plan_id: str | None = strawberry.UNSET
    pricing_type: PricingType | None = strawberry.UNSET
    product_id: str
    ref_id: str | None = strawberry.UNSET
    status: PackageStatus | None = strawberry.UNSET


@strawberry.input
class PlanUpdateInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    default_trial_config: DefaultTrialConfigInputDTO | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    id: str
    minimum_spend: list[MinimumSpendInput] | None = strawberry.UNSET
    parent_plan_id: str | None = strawberry.UNSET
    status: PackageStatus | None = strawberry.UNSET


@strawberry.input
class RemoveBasePlanFromPlanInput:
    id: str
    relation_id: str


@strawberry.input
class RemoveCompatibleAddonsFromPlanInput:
    id: str
    relation_ids: list[str]


@strawberry.input
class SetBasePlanOnPlanInput:
    id: str
    relation_id: str


@strawberry.input
class SetCompatibleAddonsOnPlanInput:
    id: str
    relation_ids: list[str]


@strawberry.input
class UnArchivePlanInput:
    environment_id: str | None = strawberry.UNSET
    id: str
