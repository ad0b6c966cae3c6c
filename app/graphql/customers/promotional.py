"""Promotional entitlements: inputs to commands, values to types, and their relations."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from app.graphql.catalog.entitlements.mapping import (
    reset_configuration_to_graphql,
    reset_rule_from_graphql,
)
from app.graphql.catalog.features.mapping import feature_group_to_graphql, meter_to_graphql
from app.graphql.context import Info
from app.graphql.customers.inputs import (
    GrantPromotionalEntitlementInput,
    PromotionalEntitlementInput,
    PromotionalEntitlementUpdateInput,
)
from app.graphql.given import given
from app.graphql.numbers import exact_or_none, float_or_none
from app.graphql.resolvers import environment_id_text
from app.usecases.promotions import GrantPromotions, Promotion
from domain.catalog.model import Feature
from domain.customers.model import PromotionalEntitlement
from domain.customers.promotions import PromotionTerms, status_of

if TYPE_CHECKING:
    from app.graphql.catalog.features.types import FeatureGroup, Meter
    from app.graphql.customers import types

TermsInput = (
    GrantPromotionalEntitlementInput
    | PromotionalEntitlementInput
    | PromotionalEntitlementUpdateInput
)


def terms_from_graphql(input: TermsInput) -> PromotionTerms:
    """The terms of a grant; the legacy inputs call the custom end `endDate`."""
    if isinstance(input, GrantPromotionalEntitlementInput):
        end, description = given(input.custom_end_date), None
    else:
        end, description = given(input.end_date), given(input.description)
    return PromotionTerms(
        period=input.period,
        custom_end_date=end,
        usage_limit=exact_or_none(input.usage_limit),
        has_unlimited_usage=given(input.has_unlimited_usage, default=False),
        has_soft_limit=given(input.has_soft_limit, default=False),
        enum_values=tuple(given(input.enum_values, ())),
        reset_rule=reset_rule_from_graphql(input),
        is_visible=given(input.is_visible, default=True),
        description=description,
    )


def promotions_from_graphql(
    inputs: Iterable[GrantPromotionalEntitlementInput],
) -> tuple[Promotion, ...]:
    return tuple(
        Promotion(feature_id=input.feature_id, terms=terms_from_graphql(input)) for input in inputs
    )


def grants_from_legacy(inputs: Iterable[PromotionalEntitlementInput]) -> list[GrantPromotions]:
    """The legacy list, whose items each name their customer: one command an item."""
    return [
        GrantPromotions(
            customer_ref_id=input.customer_id,
            promotions=(Promotion(feature_id=input.feature_id, terms=terms_from_graphql(input)),),
            feature_group_id=given(input.feature_group_id),
        )
        for input in inputs
    ]


def _fields(grant: PromotionalEntitlement, info: Info) -> Mapping[str, Any]:
    rule = grant.reset_rule
    return {
        "created_at": grant.created_at,
        "description": grant.description,
        "end_date": grant.end_date,
        "enum_values": list(grant.enum_values) or None,
        "feature_group_ids": [str(id) for id in grant.feature_group_ids],
        "feature_id": str(grant.feature_id),
        "has_soft_limit": grant.has_soft_limit,
        "has_unlimited_usage": grant.has_unlimited_usage,
        "id": grant.id,
        "is_visible": grant.is_visible,
        "period": grant.period,
        "reset_period": rule.period if rule else None,
        "reset_period_configuration": reset_configuration_to_graphql(rule),
        "start_date": grant.start_date,
        "unlimited": grant.has_unlimited_usage,
        "updated_at": grant.updated_at,
        "usage_limit": float_or_none(grant.usage_limit),
        "now": info.context.runtime.clock(),
    }


def promotional_to_graphql(
    grant: PromotionalEntitlement, info: Info
) -> "types.PromotionalEntitlement":
    from app.graphql.customers.types import PromotionalEntitlement as Type

    return Type(source=grant, **_fields(grant, info))


def deleted_to_graphql(
    grant: PromotionalEntitlement, info: Info
) -> "types.PromotionalEntitlementDeleteResponse":
    """What is answered of a deleted grant."""
    from app.graphql.customers.types import PromotionalEntitlementDeleteResponse as Type

    fields = dict(_fields(grant, info))
    now = fields.pop("now")
    return Type(
        source=grant,
        environment_id=info.context.runtime.environment.environment_id,
        status=status_of(grant, is_archived=False, now=now),
        **fields,
    )


# --- relations ------------------------------------------------------------------------------


async def feature_of(info: Info, grant: PromotionalEntitlement) -> Feature:
    found = await info.context.loaders.features.load(grant.feature_id)
    assert found is not None, f"feature {grant.feature_id} vanished"
    return found


async def meter_of(info: Info, grant: PromotionalEntitlement) -> "Meter | None":
    meter = (await feature_of(info, grant)).meter
    return meter_to_graphql(meter, environment_id=environment_id_text(info)) if meter else None


async def groups_of(info: Info, grant: PromotionalEntitlement) -> "list[FeatureGroup]":
    groups = await info.context.loaders.feature_groups.load_many(grant.feature_group_ids)
    return [feature_group_to_graphql(group) for group in groups if group is not None]


async def is_archived(info: Info, grant: PromotionalEntitlement) -> bool:
    """Whether the grant's customer is archived, which pauses it."""
    customer = await info.context.loaders.customers.load(grant.customer_id)
    return customer is not None and customer.deleted_at is not None
