"""Query fields of credits."""

import strawberry

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
from app.graphql.credits.types import (
    AutoRechargeSettingsDTO,
    CreditBalanceSummary,
    CreditCostEstimation,
    CreditEventsFields,
    CreditUsage,
)
from app.graphql.errors import unsupported


@strawberry.type
class CreditsQuery:
    @strawberry.field(deprecation_reason="No longer supported")  # type: ignore[untyped-decorator]  # an untyped overload
    async def credit_balance_summary(
        self, input: CreditBalanceSummaryInput
    ) -> CreditBalanceSummary:
        raise unsupported("creditBalanceSummary")

    @strawberry.field
    async def credit_events_fields(self, input: CreditEventsFieldsInput) -> CreditEventsFields:
        raise unsupported("creditEventsFields")

    @strawberry.field
    async def credit_grants(self, input: GetCreditGrantsInput) -> CreditGrantConnection:
        raise unsupported("creditGrants")

    @strawberry.field
    async def credit_usage(self, input: CreditUsageInput) -> CreditUsage:
        raise unsupported("creditUsage")

    @strawberry.field
    async def credits_ledger(self, input: CreditLedgerInput) -> CreditLedgerConnection:
        raise unsupported("creditsLedger")

    @strawberry.field
    async def estimate_event_cost(self, input: EstimateEventCostInput) -> CreditCostEstimation:
        raise unsupported("estimateEventCost")

    @strawberry.field
    async def estimate_usage_cost(self, input: EstimateUsageCostInput) -> CreditCostEstimation:
        raise unsupported("estimateUsageCost")

    @strawberry.field
    async def get_auto_recharge_settings(
        self, input: GetAutoRechargeSettingsInput
    ) -> AutoRechargeSettingsDTO:
        raise unsupported("getAutoRechargeSettings")
