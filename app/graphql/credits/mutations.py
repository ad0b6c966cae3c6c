"""Mutation fields of credits."""

import strawberry

from app.graphql.credits.inputs import (
    ConsumeCreditInput,
    ConsumeCreditsAsyncInput,
    CreditGrantInput,
    PreviewCreditGrantInput,
    SaveAutoRechargeSettingsInput,
    UpdateCreditGrantInput,
    VoidCreditGrantInput,
)
from app.graphql.credits.types import (
    AutoRechargeSettingsDTO,
    CreditConsumptionResponse,
    CreditGrant,
    CreditGrantPreview,
)
from app.graphql.errors import unsupported


@strawberry.type
class CreditsMutation:
    @strawberry.mutation
    async def consume_credits(self, input: ConsumeCreditInput) -> CreditConsumptionResponse:
        raise unsupported("consumeCredits")

    @strawberry.mutation
    async def consume_credits_async(self, input: ConsumeCreditsAsyncInput) -> str | None:
        raise unsupported("consumeCreditsAsync")

    @strawberry.mutation
    async def create_credit_grant(self, input: CreditGrantInput) -> CreditGrant:
        raise unsupported("createCreditGrant")

    @strawberry.mutation
    async def preview_credit_grant(self, input: PreviewCreditGrantInput) -> CreditGrantPreview:
        raise unsupported("previewCreditGrant")

    @strawberry.mutation
    async def save_auto_recharge_settings(
        self, input: SaveAutoRechargeSettingsInput
    ) -> AutoRechargeSettingsDTO:
        raise unsupported("saveAutoRechargeSettings")

    @strawberry.mutation
    async def update_credit_grant(self, input: UpdateCreditGrantInput) -> CreditGrant:
        raise unsupported("updateCreditGrant")

    @strawberry.mutation
    async def void_credit_grant(self, input: VoidCreditGrantInput) -> CreditGrant:
        raise unsupported("voidCreditGrant")
