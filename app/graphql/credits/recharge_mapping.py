"""Automatic recharge settings between the wire and the use cases."""

from app.graphql.catalog.currencies.mapping import currency_to_graphql
from app.graphql.context import Info
from app.graphql.credits.inputs import SaveAutoRechargeSettingsInput
from app.graphql.credits.types import AutoRechargeSettingsDTO, AutoRechargeValidationConfigDTO
from app.graphql.customers.mapping import customer_to_graphql
from app.graphql.given import given, maybe
from app.graphql.numbers import exact_or_none, float_or_none
from app.usecases.credits.recharge_settings import SettingsShown
from domain.credits.recharge import RechargeChanges
from domain.patch import Absent

# No caps of the vendor's own: what `changed_settings` refuses is all.
VALIDATION = AutoRechargeValidationConfigDTO(
    allow_unlimited_spend_limit=True,
    max_credit_pool_size=None,
    max_target_balance=None,
    max_threshold_amount=None,
    min_grant_amount=None,
    min_target_balance=None,
)


def recharge_changes_from_graphql(input: SaveAutoRechargeSettingsInput) -> RechargeChanges:
    limit = maybe(input.max_spend_limit)
    return RechargeChanges(
        is_enabled=input.is_enabled,
        threshold_type=given(input.threshold_type),
        threshold_value=exact_or_none(input.threshold_value),
        target_balance=exact_or_none(input.target_balance),
        grant_expiration_period=given(input.grant_expiration_period),
        max_spend_limit=limit if isinstance(limit, Absent) else exact_or_none(limit),
    )


def recharge_settings_to_graphql(shown: SettingsShown, info: Info) -> AutoRechargeSettingsDTO:
    """Settings; without an id they are the defaults of somebody who has saved none."""
    settings = shown.settings
    return AutoRechargeSettingsDTO(
        created_at=settings.created_at,
        currency_id=shown.currency.currency_id,
        current_monthly_spend=float(shown.spent),
        custom_currency=currency_to_graphql(shown.currency),
        customer=customer_to_graphql(shown.customer),
        customer_id=shown.customer.ref_id,
        environment_id=str(info.context.runtime.environment.environment_id),
        grant_expiration_period=settings.grant_expiration_period,
        id=None if settings.id is None else str(settings.id),
        is_enabled=settings.is_enabled,
        max_spend_limit=float_or_none(settings.max_spend_limit),
        target_balance=float(settings.target_balance),
        threshold_type=settings.threshold_type,
        threshold_value=float(settings.threshold_value),
        updated_at=settings.updated_at,
        validation_config=VALIDATION,
    )
