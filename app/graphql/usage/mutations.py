"""Mutation fields of usage."""

import strawberry

from app.graphql.context import Info
from app.graphql.entitlements.mapping import scope_from_graphql
from app.graphql.given import runtime_for
from app.graphql.resolvers import environment_id_text
from app.graphql.usage.inputs import (
    ClearCustomerPersistentCacheInput,
    ReportUsageBulkInput,
    ReportUsageInput,
    UsageEventsReportInput,
    UsageMeasurementCreateInput,
)
from app.graphql.usage.mapping import (
    event_from_graphql,
    report_from_graphql,
    reported_to_graphql,
)
from app.graphql.usage.types import UsageMeasurementWithCurrentUsage
from app.usecases import usage as usecases
from app.usecases.entitlements import purge
from app.usecases.events import report_events


async def _report(
    input: ReportUsageInput | UsageMeasurementCreateInput, info: Info
) -> UsageMeasurementWithCurrentUsage:
    reported = await usecases.report_usage(
        report_from_graphql(input), runtime=runtime_for(info, input.environment_id)
    )
    return reported_to_graphql(reported, environment_id_text(info))


@strawberry.type
class UsageMutation:
    @strawberry.mutation(deprecation_reason="No longer supported")  # type: ignore[untyped-decorator]  # an untyped overload
    async def create_usage_measurement(
        self, info: Info, usage_measurement: UsageMeasurementCreateInput
    ) -> UsageMeasurementWithCurrentUsage:
        return await _report(usage_measurement, info)

    @strawberry.mutation
    async def purge_customer_cache(
        self, info: Info, input: ClearCustomerPersistentCacheInput
    ) -> str:
        runtime = runtime_for(info, input.environment_id)
        await purge(scope_from_graphql(input), runtime=runtime)
        return input.customer_id

    @strawberry.mutation
    async def report_event(self, info: Info, events: UsageEventsReportInput) -> str | None:
        await report_events(
            [event_from_graphql(event) for event in events.usage_events],
            runtime=runtime_for(info, events.environment_id),
        )
        return "ok"

    @strawberry.mutation
    async def report_usage(
        self, info: Info, input: ReportUsageInput
    ) -> UsageMeasurementWithCurrentUsage:
        return await _report(input, info)

    @strawberry.mutation
    async def report_usage_bulk(
        self, info: Info, input: ReportUsageBulkInput
    ) -> list[UsageMeasurementWithCurrentUsage]:
        reported = await usecases.report_usage_bulk(
            [report_from_graphql(item) for item in input.usages],
            runtime=runtime_for(info, input.environment_id),
        )
        environment_id = environment_id_text(info)
        return [reported_to_graphql(each, environment_id) for each in reported]
