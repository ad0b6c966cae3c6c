"""Packages between the wire and the domain: what plans and add-ons have in common."""

from typing import Any

import strawberry

from app.graphql.catalog.packages.inputs import (
    DefaultTrialConfigInputDTO,
    GetPackageByRefIdInput,
    NewPackageFields,
    PackageUpdateFields,
    SubscribedCustomersCountInput,
)
from app.graphql.catalog.packages.types import (
    BudgetConfiguration,
    DefaultTrialConfig,
    PackageDTO,
    SubscribedCustomersCountResult,
)
from app.graphql.catalog.prices.mapping import prices_to_graphql
from app.graphql.context import Info
from app.graphql.given import given, runtime_for
from app.graphql.numbers import exact, version_number
from app.graphql.scalars import JSON
from domain.catalog import model
from domain.catalog.enums import TrialEndBehavior
from domain.catalog.packages import NewPackage, require_draft_status
from domain.errors import bad_input


def package_fields(package: model.Package) -> dict[str, Any]:
    """The plain fields that Plan, Addon and PackageDTO share."""
    meta_data = package.additional_meta_data
    return {
        "source": package,
        "additional_meta_data": None if meta_data is None else JSON(dict(meta_data)),
        "billing_id": package.billing_id,
        "billing_link_url": None,
        "created_at": package.created_at,
        "description": package.description,
        "display_name": package.display_name,
        "hidden_from_widgets": list(package.hidden_from_widgets),
        "id": package.id,
        "is_latest": package.is_latest,
        "overage_billing_period": package.overage_billing_period,
        "pricing_type": package.pricing_type,
        "product_id": str(package.product_id),
        "ref_id": package.ref_id,
        "status": package.status,
        "sync_states": [],
        "type": package.type.value,
        "updated_at": package.updated_at,
        "version_number": package.version_number,
    }


def package_dto_to_graphql(package: model.Package) -> PackageDTO:
    return PackageDTO(**package_fields(package), prices=prices_to_graphql(package.charges))


def trial_config_to_graphql(config: model.TrialConfig | None) -> DefaultTrialConfig | None:
    if config is None:
        return None
    budget = config.budget
    return DefaultTrialConfig(
        budget=BudgetConfiguration(limit=float(budget.limit), has_soft_limit=budget.has_soft_limit)
        if budget
        else None,
        duration=float(config.duration),
        trial_end_behavior=config.trial_end_behavior,
        units=config.units,
    )


def trial_config_from_graphql(input: DefaultTrialConfigInputDTO) -> model.TrialConfig:
    """A whole configuration; duration and units are required, else BadUserInput."""
    duration, units, budget = given(input.duration), given(input.units), given(input.budget)
    if duration is None or units is None:
        raise bad_input("defaultTrialConfig needs duration and units")
    if duration != int(duration):
        raise bad_input("defaultTrialConfig.duration must be a whole number, at least 1")
    return model.TrialConfig(
        duration=int(duration),
        units=units,
        trial_end_behavior=given(input.trial_end_behavior) or TrialEndBehavior.CANCEL_SUBSCRIPTION,
        budget=model.Budget(limit=exact(budget.limit), has_soft_limit=budget.has_soft_limit)
        if budget
        else None,
    )


def new_package_from_graphql(type_: model.PackageType, input: NewPackageFields) -> NewPackage:
    """A new plan or add-on; raises BadUserInput for any status but DRAFT."""
    require_draft_status(given(input.status))
    return NewPackage(
        type=type_,
        ref_id=given(input.ref_id),
        display_name=input.display_name,
        description=given(input.description),
        pricing_type=given(input.pricing_type),
        hidden_from_widgets=tuple(given(input.hidden_from_widgets) or ()),
        additional_meta_data=given(input.additional_meta_data),
        billing_id=given(input.billing_id),
        aws_marketplace_plan_dimension=given(input.aws_marketplace_plan_dimension),
    )


def package_changes_from_graphql(input: PackageUpdateFields) -> dict[str, object]:
    """The attributes of a Package that `input` sets; raises as `new_package_from_graphql`.

    A null display name and null `hiddenFromWidgets` set nothing and nothing hidden.
    """
    require_draft_status(given(input.status))
    found: dict[str, object] = {
        name: value
        for name in ("additional_meta_data", "billing_id", "description")
        if (value := getattr(input, name)) is not strawberry.UNSET
    }
    if input.hidden_from_widgets is not strawberry.UNSET:
        found["hidden_from_widgets"] = tuple(input.hidden_from_widgets or ())
    if given(input.display_name) is not None:
        found["display_name"] = input.display_name
    return found


async def package_by_ref_id(
    info: Info, type_: model.PackageType, input: GetPackageByRefIdInput
) -> model.Package | None:
    """The version asked for, else the latest row of any status; unknown → None."""
    number = given(input.version_number)
    packages = runtime_for(info, input.environment_id).readers.packages
    return await packages.version(
        type_, input.ref_id, None if number is None else version_number(number)
    )


async def subscribed_customers_count(
    info: Info, type_: model.PackageType, input: SubscribedCustomersCountInput
) -> SubscribedCustomersCountResult:
    runtime = runtime_for(info, input.environment_id)
    count = await runtime.readers.packages.customers_count(
        type_, input.package_ref_id, given(input.version_number)
    )
    return SubscribedCustomersCountResult(count=count, updated_at=runtime.clock())
