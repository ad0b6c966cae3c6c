"""Subscription fields of entitlements."""

from collections.abc import AsyncGenerator
from functools import partial

import strawberry

from app.context import Context
from app.graphql.context import Info
from app.graphql.entitlements.mapping import (
    entitlement_to_graphql,
    feature_entitlement_to_graphql,
)
from app.graphql.entitlements.types import EntitlementsUpdated, EntitlementsUpdatedV2
from app.graphql.live import at_event, heard, once
from app.usecases.live import ScopeNews, entitlements_news, flips


@strawberry.type
class EntitlementsSubscription:
    @strawberry.subscription
    async def entitlements_updated(self, info: Info) -> AsyncGenerator[EntitlementsUpdated, None]:
        ids = _ids(info.context)
        async for news in _news(info.context):
            yield EntitlementsUpdated(
                access_denied_reason=news.view.reason,
                customer_id=news.scope.customer_ref_id,
                resource_id=news.scope.resource_id,
                entitlements=[entitlement_to_graphql(a, news.scope) for a in news.answers],
                **ids,
            )

    @strawberry.subscription
    async def entitlements_updated_v2(
        self, info: Info
    ) -> AsyncGenerator[EntitlementsUpdatedV2, None]:
        ids = _ids(info.context)
        async for news in _news(info.context):
            yield EntitlementsUpdatedV2(
                access_denied_reason=news.view.reason,
                customer_id=news.scope.customer_ref_id,
                resource_id=news.scope.resource_id,
                entitlements=[feature_entitlement_to_graphql(a) for a in news.answers],
                **ids,
            )


async def _news(context: Context) -> AsyncGenerator[ScopeNews, None]:
    async for event in heard(context, "ENTITLEMENTS_UPDATED", "MEASUREMENT_REPORTED"):
        if event.type == "MEASUREMENT_REPORTED" and not flips(event.data):
            continue
        runtime = at_event(context.runtime, event)
        found = await once(event, "entitlements", partial(entitlements_news, event, runtime))
        for news in found:
            yield news


def _ids(context: Context) -> dict[str, str]:
    scope = context.principal.scope
    return {"account_id": str(scope.account_id), "environment_id": str(scope.environment_id)}
