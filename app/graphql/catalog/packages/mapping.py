"""Packages between the wire and the domain: what plans and add-ons have in common."""

from collections.abc import Mapping
from typing import Any

import strawberry

from app.graphql.catalog.packages.inputs import (
    DefaultTrialConfigInputDTO,
    GetPackageByRefIdInput,
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


def changes_from_graphql(input: Any, *names: str) -> Mapping[str, object]:
    """The attributes that `input` sets among those that it and a Package name alike."""
    found: dict[str, object] = {}
    for name in names:
        value = getattr(input, name)
        if value is not strawberry.UNSET:
            found[name] = tuple(value) if isinstance(value, list) else value
    if found.get("hidden_from_widgets", ()) is None:
        found["hidden_from_widgets"] = ()
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
