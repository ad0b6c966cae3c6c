"""Query fields of credits."""

import strawberry

from app.graphql.context import Info
from app.graphql.credits.inputs import (
    CreditBalanceSummaryInput,
    CreditEventsFieldsInput,
    CreditLedgerInput,
    CreditUsageInput,
    EstimateEventCostInput,
    EstimateUsageCostInput,
    GetAutoRechargeSettingsInput,
    GetCreditGrantsInput,
)
from app.graphql.credits.listing import CreditGrantConnection, CreditLedgerConnection
from app.graphql.credits.mapping import (
    balances_to_graphql,
    credit_usage_from_graphql,
    credit_usage_to_graphql,
    entry_to_graphql,
    estimation_to_graphql,
    event_estimate_from_graphql,
    grant_to_graphql,
    usage_estimate_from_graphql,
)
from app.graphql.credits.recharge_mapping import recharge_settings_to_graphql
from app.graphql.credits.types import (
    AutoRechargeSettingsDTO,
    CreditBalanceSummary,
    CreditCostEstimation,
    CreditEventsFields,
    CreditUsage,
)
from app.graphql.entitlements.mapping import scope_from_graphql
from app.graphql.given import given, runtime_for
from app.graphql.paging import list_query, to_connection
from app.usecases.credits import estimates, reading, recharge_settings, usage
from domain.listing import Order, SortDirection

NEWEST_ENTRY_FIRST = (Order("position", SortDirection.DESC),)


@strawberry.type
class CreditsQuery:
    @strawberry.field(deprecation_reason="No longer supported")  # type: ignore[untyped-decorator]  # an untyped overload
    async def credit_balance_summary(
        self, info: Info, input: CreditBalanceSummaryInput
    ) -> CreditBalanceSummary:
        scope = scope_from_graphql(input)
        found = await reading.balances(
            scope, given(input.currency_id), runtime=runtime_for(info, input.environment_id)
        )
        return balances_to_graphql(found, scope)

    @strawberry.field
    async def credit_events_fields(
        self, info: Info, input: CreditEventsFieldsInput
    ) -> CreditEventsFields:
        names = await usage.dimension_names(
            scope_from_graphql(input),
            given(input.currency_id),
            given(input.search),
            runtime=runtime_for(info, input.environment_id),
        )
        return CreditEventsFields(fields=names)

    @strawberry.field
    async def credit_grants(self, info: Info, input: GetCreditGrantsInput) -> CreditGrantConnection:
        page = await reading.list_grants(
            scope_from_graphql(input),
            given(input.currency_id),
            list_query(info, paging=input.paging),
            runtime=runtime_for(info, input.environment_id),
        )
        return to_connection(
            CreditGrantConnection, page, lambda grant: grant_to_graphql(grant, info)
        )

    @strawberry.field
    async def credit_usage(self, info: Info, input: CreditUsageInput) -> CreditUsage:
        found = await usage.read_credit_usage(
            credit_usage_from_graphql(input), runtime=runtime_for(info, input.environment_id)
        )
        return credit_usage_to_graphql(found, input.paging)

    @strawberry.field
    async def credits_ledger(self, info: Info, input: CreditLedgerInput) -> CreditLedgerConnection:
        page = await reading.list_ledger(
            scope_from_graphql(input),
            given(input.currency_id),
            given(input.event_type) or (),
            list_query(info, paging=input.paging, default_orders=NEWEST_ENTRY_FIRST),
            runtime=runtime_for(info, input.environment_id),
        )
        return to_connection(CreditLedgerConnection, page, entry_to_graphql)

    @strawberry.field
    async def estimate_event_cost(
        self, info: Info, input: EstimateEventCostInput
    ) -> CreditCostEstimation:
        command = event_estimate_from_graphql(input)
        return estimation_to_graphql(
            await estimates.estimate_event(command, runtime=info.context.runtime)
        )

    @strawberry.field
    async def estimate_usage_cost(
        self, info: Info, input: EstimateUsageCostInput
    ) -> CreditCostEstimation:
        command = usage_estimate_from_graphql(input)
        return estimation_to_graphql(
            await estimates.estimate_usage(command, runtime=info.context.runtime)
        )

    @strawberry.field
    async def get_auto_recharge_settings(
        self, info: Info, input: GetAutoRechargeSettingsInput
    ) -> AutoRechargeSettingsDTO:
        found = await recharge_settings.find(
            input.customer_id,
            input.currency_id,
            runtime=runtime_for(info, input.environment_id),
        )
        return recharge_settings_to_graphql(found, info)
