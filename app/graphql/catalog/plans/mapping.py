"""Plans between the wire and the domain."""

import strawberry

from app.graphql.catalog.packages.mapping import (
    new_package_from_graphql,
    package_changes_from_graphql,
    package_fields,
    trial_config_from_graphql,
    trial_config_to_graphql,
)
from app.graphql.catalog.plans.inputs import PlanCreateInput, PlanUpdateInput
from app.graphql.catalog.plans.types import Plan
from app.graphql.catalog.prices.mapping import (
    minimum_spend_from_graphql,
    minimum_spend_to_graphql,
    prices_to_graphql,
)
from app.graphql.given import given
from app.usecases.packages.authoring import CreatePackage, UpdatePackage
from domain.catalog import model
from domain.catalog.paywall import PriceView


def plan_to_graphql(plan: model.Package, *, view: PriceView | None = None) -> Plan:
    """The plan; on a paywall with the `view` that its prices were chosen by."""
    return Plan(
        **package_fields(plan),
        view=view,
        aws_marketplace_plan_dimension=plan.aws_marketplace_plan_dimension,
        default_trial_config=trial_config_to_graphql(plan.default_trial_config),
        minimum_spend=[minimum_spend_to_graphql(s) for s in plan.minimum_spend],
        prices=prices_to_graphql(plan.charges),
    )


def create_plan_from_graphql(input: PlanCreateInput) -> CreatePackage:
    return CreatePackage(
        new=new_package_from_graphql(model.PackageType.Plan, input),
        product_id=input.product_id,
        parent_plan_id=given(input.parent_plan_id),
    )


def update_plan_from_graphql(input: PlanUpdateInput) -> UpdatePackage:
    changes = package_changes_from_graphql(input)
    if input.default_trial_config is not strawberry.UNSET:
        trial = input.default_trial_config
        changes["default_trial_config"] = (
            None if trial is None else trial_config_from_graphql(trial)
        )
    if input.minimum_spend is not strawberry.UNSET:
        changes["minimum_spend"] = minimum_spend_from_graphql(input.minimum_spend)
    return UpdatePackage(
        type=model.PackageType.Plan,
        id=input.id,
        changes=changes,
        sets_parent=input.parent_plan_id is not strawberry.UNSET,
        parent_plan_id=given(input.parent_plan_id),
    )
