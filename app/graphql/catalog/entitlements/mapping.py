"""Package entitlements between the wire and the domain."""

from typing import Any

import strawberry

from app.graphql.catalog.entitlements.enums import (
    EntitlementResetPeriod,
    MonthlyAccordingTo,
    WeeklyAccordingTo,
    YearlyAccordingTo,
)
from app.graphql.catalog.entitlements.inputs import (
    CreatePackageEntitlementInput,
    MonthlyResetPeriodConfigInput,
    PackageCreditEntitlementInput,
    PackageCreditEntitlementUpdateInput,
    PackageEntitlementFields,
    PackageEntitlementUpdateInput,
    PackageFeatureEntitlementFields,
    PackageFeatureEntitlementUpdateInput,
    UpdatePackageEntitlementInput,
    WeeklyResetPeriodConfigInput,
    YearlyResetPeriodConfigInput,
)
from app.graphql.catalog.entitlements.types import (
    MonthlyResetPeriodConfig,
    PackageCreditEntitlement,
    PackageEntitlement,
    PackageEntitlementDeleteResponse,
    PackageEntitlementUnion,
    PackageFeatureEntitlement,
    ResetPeriodConfiguration,
    WeeklyResetPeriodConfig,
    YearlyResetPeriodConfig,
)
from app.graphql.given import field_of, given
from app.graphql.numbers import exact, float_or_none
from app.usecases.packages.entitlements import EntitlementChange, GivenCredit, GivenFeature
from domain.catalog import model
from domain.catalog.entitlement_rules import ResetConfiguration, reset_rule
from domain.errors import bad_input
from domain.ids import PackageId


def reset_rule_from_graphql(input: object) -> model.ResetRule | None:
    """The rule of an input with a reset period; one of the contract's lacks the yearly part.

    Raises InvalidEntitlementResetPeriod where period and configuration disagree.
    """
    return reset_rule(
        field_of(input, "reset_period"),
        ResetConfiguration(
            yearly=_according_to(field_of(input, "yearly_reset_period_configuration")),
            monthly=_according_to(field_of(input, "monthly_reset_period_configuration")),
            weekly=_according_to(field_of(input, "weekly_reset_period_configuration")),
        ),
    )


def _according_to(
    input: YearlyResetPeriodConfigInput
    | MonthlyResetPeriodConfigInput
    | WeeklyResetPeriodConfigInput
    | None,
) -> model.AccordingTo | None:
    return None if input is None else model.AccordingTo(input.according_to.value)


def reset_configuration_to_graphql(rule: model.ResetRule | None) -> ResetPeriodConfiguration | None:
    """The configuration of the rule's own period; DAY and HOUR have none."""
    if rule is None or rule.according_to is None:
        return None
    according_to = rule.according_to.value
    match rule.period:
        case EntitlementResetPeriod.YEAR:
            return YearlyResetPeriodConfig(yearly_according_to=YearlyAccordingTo(according_to))
        case EntitlementResetPeriod.MONTH:
            return MonthlyResetPeriodConfig(monthly_according_to=MonthlyAccordingTo(according_to))
        case EntitlementResetPeriod.WEEK:
            return WeeklyResetPeriodConfig(weekly_according_to=WeeklyAccordingTo(according_to))
        case _:
            return None


# --- out ------------------------------------------------------------------------------------


def feature_entitlement_to_graphql(
    entitlement: model.FeatureEntitlement, package_id: PackageId
) -> PackageEntitlement:
    """The legacy type, of feature entitlements only."""
    return PackageEntitlement(**_feature_fields(entitlement, package_id), id=entitlement.id)


def entitlement_to_graphql(
    entitlement: model.PackageEntitlement, package_id: PackageId
) -> PackageEntitlementUnion:
    if isinstance(entitlement, model.FeatureEntitlement):
        return PackageFeatureEntitlement(
            **_feature_fields(entitlement, package_id), id=str(entitlement.id)
        )
    return PackageCreditEntitlement(
        **_common_fields(entitlement, package_id),
        id=str(entitlement.id),
        amount=float_or_none(entitlement.amount),
        cadence=entitlement.cadence,
        custom_currency_id=str(entitlement.currency_id),
    )


def deleted_entitlement_to_graphql(
    entitlement: model.FeatureEntitlement, package_id: PackageId
) -> PackageEntitlementDeleteResponse:
    return PackageEntitlementDeleteResponse(
        **_feature_fields(entitlement, package_id), id=entitlement.id
    )


def _common_fields(entitlement: model.PackageEntitlement, package_id: PackageId) -> dict[str, Any]:
    return {
        "source": entitlement,
        "source_package_id": package_id,
        "behavior": entitlement.behavior,
        "created_at": entitlement.created_at,
        "description": entitlement.description,
        "display_name_override": entitlement.display_name_override,
        "has_soft_limit": entitlement.has_soft_limit,
        "hidden_from_widgets": list(entitlement.hidden_from_widgets),
        "is_custom": entitlement.is_custom,
        "is_granted": entitlement.is_granted,
        "order": float_or_none(entitlement.order),
        "package_id": str(package_id),
        "updated_at": entitlement.updated_at,
    }


def _feature_fields(entitlement: model.FeatureEntitlement, package_id: PackageId) -> dict[str, Any]:
    rule = entitlement.reset_rule
    return _common_fields(entitlement, package_id) | {
        "enum_values": list(entitlement.enum_values),
        "feature_id": str(entitlement.feature_id),
        "has_unlimited_usage": entitlement.has_unlimited_usage,
        "reset_period": rule.period if rule else None,
        "reset_period_configuration": reset_configuration_to_graphql(rule),
        "usage_limit": float_or_none(entitlement.usage_limit),
    }


# --- in -------------------------------------------------------------------------------------

# Flags and texts that inputs and entitlements name alike; null means the default, or nothing.
_FLAGS = ("behavior", "has_soft_limit", "has_unlimited_usage", "is_custom", "is_granted")
_TEXTS = ("description", "display_name_override")


def _values(input: PackageEntitlementFields) -> dict[str, Any]:
    """The attributes that `input` sets: absent ones are left out, so that they stay."""
    found: dict[str, Any] = {}
    for name in _FLAGS:
        value = given(getattr(input, name, None))
        if value is not None:
            found[name] = value
    for name in _TEXTS:
        value = getattr(input, name, strawberry.UNSET)
        if value is not strawberry.UNSET:
            found[name] = value
    for name in ("usage_limit", "amount", "order"):
        value = getattr(input, name, strawberry.UNSET)
        if value is not strawberry.UNSET:
            found[name] = None if value is None else exact(value)
    for name in ("enum_values", "hidden_from_widgets"):
        value = getattr(input, name, strawberry.UNSET)
        if value is not strawberry.UNSET:
            found[name] = tuple(value or ())
    return found


def _feature_values(input: PackageFeatureEntitlementFields) -> dict[str, Any]:
    found = _values(input)
    configured = (
        input.yearly_reset_period_configuration,
        input.monthly_reset_period_configuration,
        input.weekly_reset_period_configuration,
    )
    if input.reset_period is not strawberry.UNSET or any(given(c) for c in configured):
        found["reset_rule"] = reset_rule_from_graphql(input)
    return found


def given_feature_from_graphql(input: Any) -> GivenFeature:
    """A new feature entitlement, from whichever of the three inputs."""
    return GivenFeature(
        feature_id=input.feature_id,
        dependency_feature_id=given(input.dependency_feature_id),
        feature_group_id=given(input.feature_group_id),
        values=_feature_values(input),
    )


def _given_credit(input: PackageCreditEntitlementInput) -> GivenCredit:
    return GivenCredit(
        currency_id=input.custom_currency_id,
        dependency_feature_id=given(input.dependency_feature_id),
        values=_values(input) | {"cadence": input.cadence},
    )


def given_from_graphql(input: CreatePackageEntitlementInput) -> GivenFeature | GivenCredit:
    """Exactly one of `feature` and `credit`, or BadUserInput."""
    feature, credit = given(input.feature), given(input.credit)
    if feature is not None and credit is None:
        return given_feature_from_graphql(feature)
    if credit is not None and feature is None:
        return _given_credit(credit)
    raise bad_input("each entitlement has exactly one of feature and credit")


def change_from_graphql(input: UpdatePackageEntitlementInput) -> EntitlementChange:
    """Exactly one of `feature` and `credit`, or BadUserInput."""
    feature, credit = given(input.feature), given(input.credit)
    if feature is not None and credit is None:
        return _with_dependency(feature_change_from_graphql(feature), feature)
    if credit is not None and feature is None:
        values = _values(credit)
        cadence = given(credit.cadence)
        if cadence is not None:
            values["cadence"] = cadence
        return _with_dependency(EntitlementChange(kind="CREDIT", values=values), credit)
    raise bad_input("an update has exactly one of feature and credit")


def feature_change_from_graphql(
    input: PackageFeatureEntitlementUpdateInput | PackageEntitlementUpdateInput,
) -> EntitlementChange:
    return EntitlementChange(kind="FEATURE", values=_feature_values(input))


def _with_dependency(
    change: EntitlementChange,
    input: PackageFeatureEntitlementUpdateInput | PackageCreditEntitlementUpdateInput,
) -> EntitlementChange:
    if input.dependency_feature_id is strawberry.UNSET:
        return change
    return EntitlementChange(
        kind=change.kind,
        values=change.values,
        sets_dependency=True,
        dependency_feature_id=input.dependency_feature_id,
    )
