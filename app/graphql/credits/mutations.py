"""Mutation fields of credits."""

import strawberry

from app.graphql.context import Info
from app.graphql.credits.inputs import (
    ConsumeCreditInput,
    ConsumeCreditsAsyncInput,
    CreditGrantInput,
    PreviewCreditGrantInput,
    SaveAutoRechargeSettingsInput,
    UpdateCreditGrantInput,
    VoidCreditGrantInput,
)
from app.graphql.credits.mapping import (
    consumption_from_graphql,
    consumption_to_graphql,
    grant_changes_from_graphql,
    grant_to_graphql,
    new_grant_from_graphql,
)
from app.graphql.credits.preview_mapping import (
    grant_preview_from_graphql,
    grant_preview_to_graphql,
)
from app.graphql.credits.recharge_mapping import (
    recharge_changes_from_graphql,
    recharge_settings_to_graphql,
)
from app.graphql.credits.types import (
    AutoRechargeSettingsDTO,
    CreditConsumptionResponse,
    CreditGrant,
    CreditGrantPreview,
)
from app.graphql.given import changing, runtime_for
from app.usecases.credits import grants, previews, recharge_settings
from app.usecases.credits.consumption import consume, consume_many


@strawberry.type
class CreditsMutation:
    @strawberry.mutation
    async def consume_credits(
        self, info: Info, input: ConsumeCreditInput
    ) -> CreditConsumptionResponse:
        command = consumption_from_graphql(input)
        runtime = changing(info, input.environment_id)
        return consumption_to_graphql(await consume(command, runtime=runtime), command)

    @strawberry.mutation
    async def consume_credits_async(
        self, info: Info, input: ConsumeCreditsAsyncInput
    ) -> str | None:
        runtime = changing(info, input.environment_id)
        for item in input.consumptions:
            runtime_for(info, item.environment_id)
        await consume_many(
            [consumption_from_graphql(item) for item in input.consumptions], runtime=runtime
        )
        return "ok"

    @strawberry.mutation
    async def create_credit_grant(self, info: Info, input: CreditGrantInput) -> CreditGrant:
        command = new_grant_from_graphql(input)
        runtime = changing(info, input.environment_id)
        return grant_to_graphql(await grants.create(command, runtime=runtime), info)

    @strawberry.mutation
    async def preview_credit_grant(
        self, info: Info, input: PreviewCreditGrantInput
    ) -> CreditGrantPreview:
        command = grant_preview_from_graphql(input)
        runtime = runtime_for(info, input.environment_id)
        return grant_preview_to_graphql(await previews.preview(command, runtime=runtime))

    @strawberry.mutation
    async def save_auto_recharge_settings(
        self, info: Info, input: SaveAutoRechargeSettingsInput
    ) -> AutoRechargeSettingsDTO:
        saved = await recharge_settings.save(
            input.customer_id,
            input.currency_id,
            recharge_changes_from_graphql(input),
            runtime=changing(info, input.environment_id),
        )
        return recharge_settings_to_graphql(saved, info)

    @strawberry.mutation
    async def update_credit_grant(self, info: Info, input: UpdateCreditGrantInput) -> CreditGrant:
        changes = grant_changes_from_graphql(input)
        runtime = changing(info, input.environment_id)
        return grant_to_graphql(await grants.update(input.id, changes, runtime=runtime), info)

    @strawberry.mutation
    async def void_credit_grant(self, info: Info, input: VoidCreditGrantInput) -> CreditGrant:
        runtime = changing(info, input.environment_id)
        return grant_to_graphql(await grants.void(input.id, runtime=runtime), info)
