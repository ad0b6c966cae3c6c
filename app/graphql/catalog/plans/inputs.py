"""Command inputs of plans."""

import strawberry

from app.graphql.catalog.packages.inputs import (
    DefaultTrialConfigInputDTO,
    NewPackageFields,
    PackageUpdateFields,
)
from app.graphql.catalog.prices.inputs import MinimumSpendInput


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
class PlanCreateInput(NewPackageFields):
    parent_plan_id: str | None = strawberry.UNSET


@strawberry.input
class PlanUpdateInput(PackageUpdateFields):
    default_trial_config: DefaultTrialConfigInputDTO | None = strawberry.UNSET
    minimum_spend: list[MinimumSpendInput] | None = strawberry.UNSET
    parent_plan_id: str | None = strawberry.UNSET


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
