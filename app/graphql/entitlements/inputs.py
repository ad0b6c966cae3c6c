"""Command inputs of entitlements."""

from datetime import datetime

import strawberry

from app.graphql.catalog.entitlements.enums import EntitlementResetPeriod
from app.graphql.catalog.entitlements.inputs import (
    MonthlyResetPeriodConfigInput,
    WeeklyResetPeriodConfigInput,
    YearlyResetPeriodConfigInput,
)
from app.graphql.entitlements.enums import AccessDeniedReason


@strawberry.input
class EntitlementCheckResult:
    access_denied_reason: AccessDeniedReason | None = strawberry.UNSET
    current_usage: float | None = strawberry.UNSET
    enum_values: list[str] | None = strawberry.UNSET
    has_access: bool
    has_soft_limit: bool | None = False
    has_unlimited_usage: bool | None = False
    monthly_reset_period_configuration: MonthlyResetPeriodConfigInput | None = strawberry.UNSET
    next_reset_date: datetime | None = strawberry.UNSET
    requested_usage: float | None = strawberry.UNSET
    requested_values: list[str] | None = strawberry.UNSET
    reset_period: EntitlementResetPeriod | None = strawberry.UNSET
    usage_limit: float | None = strawberry.UNSET
    weekly_reset_period_configuration: WeeklyResetPeriodConfigInput | None = strawberry.UNSET
    yearly_reset_period_configuration: YearlyResetPeriodConfigInput | None = strawberry.UNSET


@strawberry.input
class EntitlementCheckRequested:
    customer_id: str
    entitlement_check_result: EntitlementCheckResult
    environment_id: str | None = strawberry.UNSET
    feature_id: str
    requested_usage: float | None = strawberry.UNSET
    requested_values: list[str] | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class EntitlementOptions:
    requested_usage: float | None = strawberry.UNSET
    requested_values: list[str] | None = strawberry.UNSET
    should_track: bool | None = False


@strawberry.input
class FetchEntitlementQuery:
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    feature_id: str
    options: EntitlementOptions | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class FetchEntitlementsQuery:
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class GetEntitlementV2Input:
    currency_id: str | None = strawberry.UNSET
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    feature_id: str | None = strawberry.UNSET
    options: EntitlementOptions | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class RecalculateEntitlementsSideEffectsOptionsInput:
    skip_publish_to_subscribers: bool | None = False
    skip_write_to_cache: bool | None = False
    skip_write_to_data_catalog: bool | None = False
    skip_write_to_event_log: bool | None = False


@strawberry.input
class RecalculateEntitlementsInput:
    customer_ids: list[str] | None = strawberry.UNSET
    environment_id: str
    for_all_customers: bool | None = False
    side_effects_options: RecalculateEntitlementsSideEffectsOptionsInput | None = strawberry.UNSET
