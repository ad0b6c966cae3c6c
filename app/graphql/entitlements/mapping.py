"""Answers of checks as GraphQL entitlements, and requests back.

Quantities are in presented units. `Entitlement.validUntil` is in epoch milliseconds, that of the
V2 types an instant (spec, entitlements §0).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.graphql.catalog.entitlements.mapping import (
    feature_entitlement_to_graphql as package_entitlement_to_graphql,
)
from app.graphql.catalog.entitlements.mapping import reset_configuration_to_graphql
from app.graphql.catalog.features.mapping import (
    enum_configuration_to_graphql,
    unit_transformation_to_graphql,
)
from app.graphql.catalog.features.mapping import (
    feature_to_graphql as catalog_feature_to_graphql,
)
from app.graphql.catalog.packages.mapping import package_dto_to_graphql
from app.graphql.catalog.prices import types as price_types
from app.graphql.context import Info
from app.graphql.entitlements import types
from app.graphql.entitlements.inputs import (
    EntitlementCheckRequested,
    EntitlementOptions,
    FetchEntitlementsQuery,
)
from app.graphql.given import given
from app.graphql.numbers import exact_or_none, float_or_none
from app.usecases.entitlement_summaries import (
    GrantSummary,
    Summarised,
    SummarisedCredits,
)
from app.usecases.entitlements import CheckMade
from domain.catalog.enums import FeatureType
from domain.catalog.model import (
    CreditRate,
    CustomCurrency,
    Feature,
    Package,
)
from domain.entitlements.model import Answer, CreditAnswer, Request, Scope, ScopeAnswers
from domain.entitlements.summary import Summary
from domain.metering.reset_periods import presented, usage_anchor
from domain.periods import milliseconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_ms(instant: datetime | None) -> float | None:
    """Milliseconds since 1970 as the wire's number."""
    return None if instant is None else float(milliseconds(instant - _EPOCH))


def scope_from_graphql(query: FetchEntitlementsQuery | Any) -> Scope:
    """The scope that an input with `customerId` and `resourceId` names."""
    return Scope(customer_ref_id=query.customer_id, resource_id=given(query.resource_id))


def request_from_graphql(options: EntitlementOptions | None) -> Request:
    """What a check asks for; `shouldTrack` is not in use."""
    if given(options) is None:
        return Request()
    assert options is not None
    return Request(
        usage=exact_or_none(options.requested_usage),
        values=tuple(given(options.requested_values, ())),
    )


def feature_to_graphql(feature: Feature) -> types.EntitlementFeature:
    """A feature as checks show it; `id` is the feature's UUID, `refId` the caller's."""
    is_enum = feature.feature_type is FeatureType.ENUM
    return types.EntitlementFeature(
        additional_meta_data=feature.additional_meta_data,  # type: ignore[arg-type] # JSON
        description=feature.description,
        display_name=feature.display_name,
        enum_configuration=enum_configuration_to_graphql(feature) if is_enum else None,
        feature_status=feature.feature_status,
        feature_type=feature.feature_type,
        feature_units=feature.feature_units,
        feature_units_plural=feature.feature_units_plural,
        id=str(feature.id),
        meter_type=feature.meter_type,
        ref_id=feature.ref_id,
        unit_transformation=unit_transformation_to_graphql(feature.unit_transformation),
    )


def credit_rate_to_graphql(
    rate: CreditRate | None, currency_ref_id: str | None
) -> price_types.CreditRate | None:
    if rate is None:
        return None
    currency = currency_ref_id or str(rate.currency_id)
    return price_types.CreditRate(
        amount=float(rate.amount),
        cost_formula=rate.cost_formula,
        currency_id=currency,
        custom_currency_id=currency,
    )


def _common(answer: Answer) -> dict[str, Any]:
    """The fields that all four types of a feature's entitlement share."""
    row = answer.row
    fields: dict[str, Any] = {
        "access_denied_reason": answer.reason,
        "credit_rate": None,
        "current_usage": None,
        "entitlement_updated_at": None,
        "enum_values": None,
        "feature": feature_to_graphql(answer.feature) if answer.feature else None,
        "has_soft_limit": False,
        "has_unlimited_usage": False,
        "is_granted": answer.is_granted,
        "meter_id": None,
        "reset_period": None,
        "reset_period_configuration": None,
        "usage_limit": None,
        "usage_period_anchor": None,
        "usage_period_end": None,
        "usage_period_start": None,
        "usage_updated_at": None,
    }
    if row is None:
        return fields
    grant, feature, rule = row.grant, row.feature, row.grant.reset_rule
    start, end = presented(row.window) if row.window else (None, None)
    is_number = feature.feature_type is FeatureType.NUMBER
    return fields | {
        "credit_rate": credit_rate_to_graphql(row.credit_rate, row.credit_currency_id),
        "current_usage": float_or_none(answer.current_usage),
        "entitlement_updated_at": row.updated_at,
        "enum_values": (
            list(grant.enum_values) if feature.feature_type is FeatureType.ENUM else None
        ),
        "has_soft_limit": grant.has_soft_limit,
        "has_unlimited_usage": grant.has_unlimited_usage,
        "meter_id": str(feature.meter.id) if feature.meter else None,
        "reset_period": rule.period if rule else None,
        "reset_period_configuration": reset_configuration_to_graphql(rule),
        "usage_limit": float_or_none(grant.usage_limit) if is_number else None,
        "usage_period_anchor": usage_anchor(row.usage_rule, row.window) if row.window else None,
        "usage_period_end": end,
        "usage_period_start": start,
        "usage_updated_at": answer.usage.updated_at if answer.usage else None,
    }


def _legacy(answer: Answer, scope: Scope) -> Mapping[str, Any]:
    """The fields of the first version's two types only."""
    row, common = answer.row, _common(answer)
    return common | {
        "customer_id": scope.customer_ref_id,
        "display_name_override": row.display_name_override if row else None,
        "hidden_from_widgets": list(row.hidden_from_widgets) if row else None,
        "next_reset_date": common["usage_period_end"],
        "requested_usage": float_or_none(answer.request.usage),
        "requested_values": list(answer.request.values) or None,
        "resource_id": scope.resource_id,
        "valid_until": epoch_ms(answer.valid_until),
    }


def entitlement_to_graphql(answer: Answer, scope: Scope) -> types.Entitlement:
    return types.Entitlement(**_legacy(answer, scope))


def feature_entitlement_to_graphql(answer: Answer) -> types.FeatureEntitlement:
    return types.FeatureEntitlement(**_common(answer), valid_until=answer.valid_until)


def check_made_from_graphql(input: EntitlementCheckRequested) -> CheckMade:
    """A check that the client made, its result as plain JSON."""
    result = input.entitlement_check_result
    reason = given(result.access_denied_reason)
    return CheckMade(
        scope=scope_from_graphql(input),
        feature_ref_id=input.feature_id,
        requested_usage=exact_or_none(input.requested_usage),
        result={
            "hasAccess": result.has_access,
            "accessDeniedReason": reason.value if reason else None,
            "currentUsage": given(result.current_usage),
            "usageLimit": given(result.usage_limit),
            "hasUnlimitedUsage": given(result.has_unlimited_usage, default=False),
            "hasSoftLimit": given(result.has_soft_limit, default=False),
            "enumValues": given(result.enum_values),
            "requestedUsage": given(result.requested_usage),
            "requestedValues": given(input.requested_values),
        },
    )


def _credit(answer: CreditAnswer) -> dict[str, Any]:
    """The fields that both types of a currency's entitlement share."""
    held = answer.held
    return {
        "access_denied_reason": answer.reason,
        "currency": currency_to_graphql(answer.currency_id, answer.currency),
        "current_usage": float(held.wallet.consumed) if held else None,
        "entitlement_updated_at": answer.updated_at,
        "has_soft_limit": answer.has_soft_limit,
        "is_granted": answer.is_granted,
        "usage_limit": float(held.wallet.granted) if held else None,
        "usage_period_end": held.recurring_end if held else None,
        "usage_updated_at": held.wallet.updated_at if held else None,
        "valid_until": answer.valid_until,
    }


def credit_entitlement_to_graphql(answer: CreditAnswer) -> types.CreditEntitlement:
    """A currency's row: total granted as its limit, total consumed as its usage (§3)."""
    return types.CreditEntitlement(**_credit(answer))


def answers_to_graphql(
    answers: ScopeAnswers,
) -> list[types.CreditEntitlement | types.FeatureEntitlement]:
    """The second version's list: features, then credits."""
    return [
        *(feature_entitlement_to_graphql(answer) for answer in answers.features),
        *(credit_entitlement_to_graphql(answer) for answer in answers.credits),
    ]


def currency_to_graphql(
    currency_id: str, currency: CustomCurrency | None
) -> types.EntitlementCurrency:
    """A currency as checks show it."""
    if currency is None:
        return types.EntitlementCurrency(
            additional_meta_data=None,
            currency_id=currency_id,
            description=None,
            display_name=currency_id,
            unit_plural=None,
            unit_singular=None,
        )
    return types.EntitlementCurrency(
        additional_meta_data=currency.additional_meta_data,  # type: ignore[arg-type] # JSON
        currency_id=currency.currency_id,
        description=currency.description,
        display_name=currency.display_name,
        unit_plural=currency.unit_plural,
        unit_singular=currency.unit_singular,
    )


# --- summaries ------------------------------------------------------------------------------


def with_summary_to_graphql(
    summarised: Summarised, scope: Scope, info: Info
) -> types.EntitlementWithSummary:
    """The first version's row with its sources."""
    return types.EntitlementWithSummary(
        **_legacy(summarised.answer, scope), summaries=_summaries(summarised, info)
    )


def feature_with_summary_to_graphql(
    summarised: Summarised, info: Info
) -> types.FeatureEntitlementWithSummary:
    return types.FeatureEntitlementWithSummary(
        **_common(summarised.answer),
        valid_until=summarised.answer.valid_until,
        summaries=_summaries(summarised, info),
    )


def credits_with_summary_to_graphql(
    summarised: SummarisedCredits,
) -> types.CreditEntitlementWithSummary:
    return types.CreditEntitlementWithSummary(
        **_credit(summarised.answer),
        summaries=[_grant_to_graphql(grant) for grant in summarised.grants],
    )


def _grant_to_graphql(summary: GrantSummary) -> types.CreditEntitlementSummary:
    """A counted grant; every one is part of the balance."""
    from app.graphql.catalog.addons.mapping import addon_to_graphql
    from app.graphql.catalog.plans.mapping import plan_to_graphql
    from app.graphql.subscriptions.mapping import subscription_to_graphql

    grant, origin, dependency = summary.grant, summary.origin, summary.dependency
    return types.CreditEntitlementSummary(
        addon=addon_to_graphql(origin.addon) if origin and origin.addon else None,
        addon_quantity=float_or_none(origin.addon_quantity) if origin else None,
        amount=float(grant.amount),
        base_amount=float_or_none(origin.base_amount) if origin else None,
        cadence=origin.cadence if origin else None,
        dependency_feature_entitlement=(
            feature_entitlement_to_graphql(dependency) if dependency else None
        ),
        effective_at=grant.effective_at,
        expire_at=grant.expire_at,
        grant_type=grant.grant_type,
        is_effective_entitlement=True,
        plan=plan_to_graphql(origin.plan) if origin and origin.plan else None,
        source_type=grant.source_type,
        subscription=subscription_to_graphql(origin.subscription) if origin else None,
    )


def _summaries(summarised: Summarised, info: Info) -> list[types.EntitlementSummary]:
    return [_summary_to_graphql(each, summarised, info) for each in summarised.summaries]


def _summary_to_graphql(
    summary: Summary, summarised: Summarised, info: Info
) -> types.EntitlementSummary:
    from app.graphql.catalog.plans.mapping import plan_to_graphql
    from app.graphql.customers.promotional import promotional_to_graphql
    from app.graphql.subscriptions.mapping import subscription_to_graphql

    package = summarised.packages.get(summary.package_id) if summary.package_id else None
    entitlement, subscription = summary.entitlement, summary.subscription
    return types.EntitlementSummary(
        addon_quantity=float_or_none(summary.addon_quantity),
        feature_package_entitlement=(
            package_entitlement_to_graphql(entitlement, package.id)
            if entitlement and package
            else None
        ),
        feature_promotional_entitlement=(
            promotional_to_graphql(summary.promotional, info) if summary.promotional else None
        ),
        is_effective_entitlement=summary.is_effective,
        plan=plan_to_graphql(package) if package and summary.is_plan else None,
        price_entitlement=_price_entitlement(summary, summarised, package),
        subscription=subscription_to_graphql(subscription) if subscription else None,
    )


def _price_entitlement(
    summary: Summary, summarised: Summarised, package: Package | None
) -> price_types.PriceEntitlement | None:
    feature, grant = summarised.answer.feature, summary.grant
    if summary.price is None or package is None or feature is None or grant is None:
        return None
    rule = grant.reset_rule
    return price_types.PriceEntitlement(
        description=feature.description,
        feature=catalog_feature_to_graphql(feature),
        feature_id=feature.ref_id,
        has_soft_limit=grant.has_soft_limit,
        has_unlimited_usage=grant.has_unlimited_usage,
        package=package_dto_to_graphql(package),
        package_id=str(package.id),
        reset_period=rule.period if rule else None,
        reset_period_configuration=reset_configuration_to_graphql(rule),
        updated_at=summary.price.created_at,
        usage_limit=float_or_none(grant.usage_limit),
    )
