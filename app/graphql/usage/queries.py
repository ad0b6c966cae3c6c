"""Query fields of usage."""

from dataclasses import replace

import strawberry

from app.graphql.catalog.features.mapping import filters_from_graphql
from app.graphql.context import Info
from app.graphql.given import given, runtime_for
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection
from app.graphql.scalars import JSON
from app.graphql.usage.inputs import (
    AggregatedEventsByCustomerInput,
    EventsFieldsInput,
    UsageEventsInput,
    UsageHistoryInput,
    UsageHistoryV2Input,
)
from app.graphql.usage.listing import (
    ANY_USAGE_MEASUREMENT,
    NEWEST_USAGE_MEASUREMENT,
    UsageMeasurementConnection,
    UsageMeasurementFilter,
    UsageMeasurementSort,
)
from app.graphql.usage.mapping import (
    event_to_graphql,
    fields_from_graphql,
    history_from_graphql,
    history_to_graphql,
    history_v2_to_graphql,
    measurement_to_graphql,
    meter_of,
    rule_from_graphql,
)
from app.graphql.usage.types import (
    AggregatedEventsByCustomer,
    CustomerAggregatedUsage,
    EventsFields,
    UsageEventsPreview,
    UsageHistory,
    UsageHistoryV2,
)
from app.usecases import event_queries
from app.usecases.usage_history import read_history, read_history_by_rule


@strawberry.type
class UsageQuery:
    @strawberry.field
    async def aggregated_events_by_customer(
        self, info: Info, input: AggregatedEventsByCustomerInput
    ) -> AggregatedEventsByCustomer:
        runtime = runtime_for(info, input.environment_id)
        found = await event_queries.aggregate_by_customer(
            meter_of(input, runtime), given(input.customer_id), runtime=runtime
        )
        return AggregatedEventsByCustomer(
            aggregated_usage=[
                CustomerAggregatedUsage(customer_id=customer, usage=float(usage))
                for customer, usage in found
            ]
        )

    @strawberry.field
    async def events_fields(self, info: Info, input: EventsFieldsInput) -> EventsFields:
        runtime = runtime_for(info, input.environment_id)
        fields = await event_queries.event_fields(fields_from_graphql(input), runtime=runtime)
        return EventsFields(fields=JSON(fields))

    @strawberry.field
    async def usage_events(self, info: Info, input: UsageEventsInput) -> UsageEventsPreview:
        events = await event_queries.preview_events(
            given(input.customer_id),
            filters_from_graphql(given(input.filters) or ()),
            runtime=runtime_for(info, input.environment_id),
        )
        return UsageEventsPreview(events=[event_to_graphql(event) for event in events])

    @strawberry.field(deprecation_reason="No longer supported")  # type: ignore[untyped-decorator]  # an untyped overload
    async def usage_history(
        self, info: Info, usage_history_input: UsageHistoryInput
    ) -> UsageHistory:
        command = history_from_graphql(usage_history_input)
        rule = rule_from_graphql(usage_history_input)
        runtime = runtime_for(info, usage_history_input.environment_id)
        whole = replace(command, group_by=())
        history = await read_history_by_rule(whole, rule, runtime=runtime)
        grouped = (
            await read_history_by_rule(command, rule, runtime=runtime) if command.group_by else None
        )
        return history_to_graphql(history, grouped, start=command.start)

    @strawberry.field
    async def usage_history_v2(self, info: Info, input: UsageHistoryV2Input) -> UsageHistoryV2:
        history = await read_history(
            history_from_graphql(input),
            runtime=runtime_for(info, input.environment_id),
            include_inactive=given(input.include_inactive_subscriptions) or False,
        )
        return history_v2_to_graphql(history, input.paging)

    @strawberry.field
    async def usage_measurements(
        self,
        info: Info,
        filter: UsageMeasurementFilter | None = ANY_USAGE_MEASUREMENT,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[UsageMeasurementSort] | None = NEWEST_USAGE_MEASUREMENT,
    ) -> UsageMeasurementConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.usage.measurement_page(query)
        return to_connection(UsageMeasurementConnection, page, measurement_to_graphql)
