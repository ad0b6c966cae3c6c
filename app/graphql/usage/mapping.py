"""Reports from GraphQL, and what they made back."""

import math
from datetime import datetime

from app.graphql.catalog.entitlements.mapping import reset_rule_from_graphql
from app.graphql.catalog.features.mapping import filters_from_graphql
from app.graphql.given import given
from app.graphql.numbers import exact
from app.graphql.paging import CursorPaging, page_request, paged
from app.graphql.scalars import JSON, date_time_to_wire
from app.graphql.usage.inputs import (
    AggregatedEventsByCustomerInput,
    EventsFieldsInput,
    ReportUsageBaseInput,
    UsageEventReportInput,
    UsageHistoryInput,
    UsageHistoryV2Input,
)
from app.graphql.usage.types import (
    GroupInfo,
    GroupUsageHistory,
    UsageHistory,
    UsageHistoryPoint,
    UsageHistorySeries,
    UsageHistorySeriesTag,
    UsageHistoryV2,
    UsageMarker,
    UsageMeasurement,
    UsageMeasurementCredit,
    UsageMeasurementPoint,
    UsageMeasurementWithCurrentUsage,
)
from app.graphql.usage.types import UsageEvent as UsageEventType
from app.ports import Runtime
from app.usecases.event_queries import ListFields
from app.usecases.usage import Reported, ReportUsage
from app.usecases.usage_history import History, ReadHistory
from domain.catalog.model import Meter, ResetRule
from domain.entitlements.model import Scope
from domain.errors import ErrorCode, InvalidInput
from domain.metering.enums import UsageUpdateBehavior
from domain.metering.events import EventReport
from domain.metering.history import Series
from domain.metering.model import LoggedMeasurement, UsageEvent
from domain.metering.reset_periods import presented


def report_from_graphql(input: ReportUsageBaseInput) -> ReportUsage:
    """The command of one report."""
    if not math.isfinite(input.value):
        raise InvalidInput(
            ErrorCode.UsageMeasurementDiffOutOfRangeError, "value must be a finite number"
        )
    return ReportUsage(
        scope=Scope(customer_ref_id=input.customer_id, resource_id=given(input.resource_id)),
        feature_ref_id=input.feature_id,
        value=exact(input.value),
        behavior=given(input.update_behavior, UsageUpdateBehavior.DELTA),
        created_at=given(input.created_at),
        idempotency_key=given(input.idempotency_key),
        dimensions=_dimensions(input.dimensions),
    )


def event_from_graphql(input: UsageEventReportInput) -> EventReport:
    """The report of one event."""
    return EventReport(
        customer_id=input.customer_id,
        event_name=input.event_name,
        idempotency_key=input.idempotency_key,
        resource_id=given(input.resource_id),
        timestamp=given(input.timestamp),
        dimensions=_dimensions(input.dimensions),
    )


def _dimensions(value: object) -> object:
    """The JSON as it is, which is judged with its report; none is an empty object."""
    dimensions = given(value)
    return {} if dimensions is None else dimensions


def reported_to_graphql(
    reported: Reported, environment_id: str
) -> UsageMeasurementWithCurrentUsage:
    start, end = presented(reported.window)
    return UsageMeasurementWithCurrentUsage(
        created_at=reported.timestamp,
        credit=_credit_to_graphql(reported),
        current_usage=float(reported.usage),
        customer_id=reported.command.scope.customer_ref_id,
        environment_id=environment_id,
        feature_id=reported.command.feature_ref_id,
        id=str(reported.id),
        next_reset_date=reported.next_reset,
        resource_id=reported.command.scope.resource_id,
        timestamp=reported.timestamp,
        usage_period_end=end,
        usage_period_start=start,
        value=float(reported.value),
    )


def _credit_to_graphql(reported: Reported) -> UsageMeasurementCredit | None:
    """The wallet after the report; None for usage that credits do not pay for."""
    credit, currency_id = reported.credit, reported.credit_currency_id
    if credit is None or currency_id is None:
        return None
    return UsageMeasurementCredit(
        consumed=float(credit.consumed),
        currency_id=currency_id,
        current_usage=float(credit.wallet.consumed),
        timestamp=credit.wallet.updated_at,
        usage_limit=float(credit.wallet.granted),
        usage_period_end=credit.usage_period_end,
    )


def measurement_to_graphql(logged: LoggedMeasurement) -> UsageMeasurement:
    """A stored report: its value as it was sent."""
    return UsageMeasurement(
        bucket=logged.bucket,
        created_at=logged.measurement.timestamp,
        id=logged.measurement.id,
        value=float(logged.measurement.value),
    )


# --- looking into events --------------------------------------------------------------------


def event_to_graphql(event: UsageEvent) -> UsageEventType:
    return UsageEventType(
        customer_id=event.customer_id,
        dimensions=JSON(dict(event.dimensions)),
        event_name=event.event_name,
        id=str(event.id),
        idempotency_key=event.idempotency_key,
        resource_id=event.resource_id,
        timestamp=date_time_to_wire(event.timestamp),
    )


def fields_from_graphql(input: EventsFieldsInput) -> ListFields:
    limit = given(input.limit)
    return ListFields(
        customer_id=given(input.customer_id),
        resource_id=given(input.resource_id),
        feature_id=given(input.feature_id),
        filters=filters_from_graphql(given(input.filters) or ()),
        search=given(input.search),
        limit=None if limit is None else int(limit),
    )


def meter_of(input: AggregatedEventsByCustomerInput, runtime: Runtime) -> Meter:
    """The meter that an aggregation of the input would be; it is never stored."""
    now = runtime.clock()
    return Meter(
        id=runtime.ids.new_uuid(),
        filters=filters_from_graphql(input.filters),
        function=input.aggregation.function,
        field=given(input.aggregation.field),
        created_at=now,
        updated_at=now,
    )


# --- history --------------------------------------------------------------------------------


def history_from_graphql(input: UsageHistoryInput | UsageHistoryV2Input) -> ReadHistory:
    """The command of either version's input; the first one calls ids `…RefId`."""
    if isinstance(input, UsageHistoryInput):
        customer, feature = input.customer_ref_id, input.feature_ref_id
        resource = given(input.resource_ref_id)
    else:
        customer, feature = input.customer_id, input.feature_id
        resource = given(input.resource_id)
    return ReadHistory(
        scope=Scope(customer_ref_id=customer, resource_id=resource),
        feature_ref_id=feature,
        start=input.start_date,
        end=given(input.end_date),
        group_by=tuple(given(input.group_by, ())),
    )


def rule_from_graphql(input: UsageHistoryInput) -> ResetRule | None:
    """The reset rule of the first version's input. Raises InvalidEntitlementResetPeriod."""
    return reset_rule_from_graphql(input)


def history_to_graphql(
    history: History, grouped: History | None, *, start: datetime
) -> UsageHistory:
    """The first version's answer: all measurements and, when `grouped`, each group's as well."""
    groups = [
        GroupUsageHistory(
            group_info=[GroupInfo(key=key, value=value) for key, value in series.tags],
            usage_measurements=_measurement_points(series),
        )
        for series in (grouped.series if grouped else ())
    ]
    return UsageHistory(
        end_date=history.end,
        groups=groups if grouped else None,
        markers=_markers(history),
        start_date=start,
        usage_measurements=[
            point for series in history.series for point in _measurement_points(series)
        ],
    )


def _measurement_points(series: Series) -> list[UsageMeasurementPoint]:
    return [
        UsageMeasurementPoint(
            date=point.at, is_reset_point=point.is_reset, value=float(point.value)
        )
        for point in series.points
    ]


def _markers(history: History) -> list[UsageMarker]:
    return [UsageMarker(timestamp=marker.at, type=marker.type) for marker in history.markers]


def history_v2_to_graphql(history: History, paging: CursorPaging | None) -> UsageHistoryV2:
    """The second version's answer; `pageInfo` only with paging, over the series."""
    series = [
        UsageHistorySeries(
            points=[
                UsageHistoryPoint(
                    is_reset_point=point.is_reset, timestamp=point.at, value=float(point.value)
                )
                for point in each.points
            ],
            tags=[UsageHistorySeriesTag(key=key, value=value) for key, value in each.tags],
        )
        for each in history.series
    ]
    page_info = None
    if given(paging) is not None:
        series, page_info = paged(series, page_request(paging))
    return UsageHistoryV2(markers=_markers(history), page_info=page_info, series=series)
