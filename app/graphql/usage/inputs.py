"""Command inputs of usage."""

from datetime import datetime

import strawberry

from app.graphql.catalog.entitlements.inputs import ResetPeriodFields
from app.graphql.catalog.features.inputs import MeterAggregation, MeterFilterDefinitionInput
from app.graphql.paging import CursorPaging
from app.graphql.scalars import JSON
from app.graphql.usage.enums import UsageUpdateBehavior


@strawberry.input
class AggregatedEventsByCustomerInput:
    aggregation: MeterAggregation
    customer_id: str | None = strawberry.UNSET
    environment_id: str
    filters: list[MeterFilterDefinitionInput]


@strawberry.input
class ClearCustomerPersistentCacheInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class EventsFieldsInput:
    customer_id: str | None = strawberry.UNSET
    environment_id: str
    feature_id: str | None = strawberry.UNSET
    filters: list[MeterFilterDefinitionInput] | None = strawberry.UNSET
    limit: float | None = strawberry.UNSET
    meter_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET
    search: str | None = strawberry.UNSET


@strawberry.input
class ReportUsageBaseInput:
    created_at: datetime | None = strawberry.UNSET
    customer_id: str
    dimensions: JSON | None = strawberry.UNSET
    feature_id: str
    idempotency_key: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET
    update_behavior: UsageUpdateBehavior | None = UsageUpdateBehavior.DELTA
    value: float


@strawberry.input
class ReportUsageBulkInput:
    environment_id: str | None = strawberry.UNSET
    usages: list[ReportUsageBaseInput]


@strawberry.input
class ReportUsageInput(ReportUsageBaseInput):
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class UsageEventReportInput:
    customer_id: str
    dimensions: JSON | None = strawberry.UNSET
    event_name: str
    idempotency_key: str
    resource_id: str | None = strawberry.UNSET
    timestamp: datetime | None = strawberry.UNSET


@strawberry.input
class UsageEventsInput:
    customer_id: str | None = strawberry.UNSET
    environment_id: str
    filters: list[MeterFilterDefinitionInput] | None = strawberry.UNSET


@strawberry.input
class UsageEventsReportInput:
    environment_id: str | None = strawberry.UNSET
    usage_events: list[UsageEventReportInput]


@strawberry.input
class UsageHistoryInput(ResetPeriodFields):
    customer_ref_id: str
    end_date: datetime | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    feature_ref_id: str
    group_by: list[str] | None = strawberry.UNSET
    resource_ref_id: str | None = strawberry.UNSET
    start_date: datetime


@strawberry.input
class UsageHistoryV2Input:
    customer_id: str
    end_date: datetime | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    feature_id: str
    group_by: list[str] | None = strawberry.UNSET
    include_inactive_subscriptions: bool | None = strawberry.UNSET
    paging: CursorPaging | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET
    start_date: datetime


@strawberry.input
class UsageMeasurementCreateInput(ReportUsageBaseInput):
    environment_id: str | None = strawberry.UNSET
