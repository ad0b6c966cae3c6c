"""Mutation fields of subscription estimates and previews."""

import strawberry

from app.graphql.context import Info
from app.graphql.given import runtime_for
from app.graphql.subscriptions.commands import estimate_from_graphql, update_from_graphql
from app.graphql.subscriptions.previews.inputs import (
    EstimateSubscriptionInput,
    EstimateSubscriptionUpdateInput,
    PreviewSubscriptionInput,
)
from app.graphql.subscriptions.previews.mapping import estimate_to_graphql, preview_to_graphql
from app.graphql.subscriptions.previews.types import SubscriptionPreview, SubscriptionPreviewV2
from app.usecases.subscriptions import previews as usecases


@strawberry.type
class PreviewsMutation:
    @strawberry.mutation
    async def estimate_subscription(
        self, info: Info, input: EstimateSubscriptionInput
    ) -> SubscriptionPreview:
        runtime = runtime_for(info, input.environment_id)
        request = estimate_from_graphql(input)
        return estimate_to_graphql(await usecases.preview_subscription(request, runtime=runtime))

    @strawberry.mutation
    async def estimate_subscription_update(
        self, info: Info, input: EstimateSubscriptionUpdateInput
    ) -> SubscriptionPreview:
        runtime = runtime_for(info, input.environment_id)
        request = update_from_graphql(input)
        return estimate_to_graphql(
            await usecases.preview_subscription_update(request, runtime=runtime)
        )

    @strawberry.mutation
    async def preview_subscription(
        self, info: Info, input: PreviewSubscriptionInput
    ) -> SubscriptionPreviewV2:
        runtime = runtime_for(info, input.environment_id)
        request = estimate_from_graphql(input)
        return preview_to_graphql(await usecases.preview_subscription(request, runtime=runtime))
