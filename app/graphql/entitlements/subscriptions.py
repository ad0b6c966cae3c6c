"""Subscription fields of entitlements."""

from collections.abc import AsyncGenerator
from functools import partial

import strawberry

from app.context import Context
from app.graphql.context import Info
from app.graphql.entitlements.mapping import answers_to_graphql, entitlement_to_graphql
from app.graphql.entitlements.types import EntitlementsUpdated, EntitlementsUpdatedV2
from app.graphql.live import at_event, heard, once
from app.usecases.credits.events import BALANCE_UPDATED
from app.usecases.live import crosses_zero, entitlements_news, flipped_by_wallet, flips
from domain.entitlements.model import ScopeAnswers


@strawberry.type
class EntitlementsSubscription:
    @strawberry.subscription
    async def entitlements_updated(self, info: Info) -> AsyncGenerator[EntitlementsUpdated, None]:
        ids = _ids(info.context)
        async for news in _news(info.context):
            scope = news.view.scope
            yield EntitlementsUpdated(
                access_denied_reason=news.view.reason,
                customer_id=scope.customer_ref_id,
                resource_id=scope.resource_id,
                entitlements=[entitlement_to_graphql(a, scope) for a in news.features],
                **ids,
            )

    @strawberry.subscription
    async def entitlements_updated_v2(
        self, info: Info
    ) -> AsyncGenerator[EntitlementsUpdatedV2, None]:
        ids = _ids(info.context)
        async for news in _news(info.context, shows_credits=True):
            scope = news.view.scope
            yield EntitlementsUpdatedV2(
                access_denied_reason=news.view.reason,
                customer_id=scope.customer_ref_id,
                resource_id=scope.resource_id,
                entitlements=answers_to_graphql(news),
                **ids,
            )


async def _news(
    context: Context, *, shows_credits: bool = False
) -> AsyncGenerator[ScopeAnswers, None]:
    """Lists that changed; of usage and wallets only where an answer that is shown flipped."""
    types = ("ENTITLEMENTS_UPDATED", "MEASUREMENT_REPORTED", BALANCE_UPDATED)
    async for event in heard(context, *types):
        is_wallet = event.type == BALANCE_UPDATED
        if event.type == "MEASUREMENT_REPORTED" and not flips(event.data):
            continue
        if is_wallet and not crosses_zero(event.data):
            continue
        runtime = at_event(context.runtime, event)
        news = await once(event, "entitlements", partial(entitlements_news, event, runtime))
        if news is None:
            continue
        if is_wallet:
            of_features, of_credits = flipped_by_wallet(news, event.data["currency"]["id"])
            if not of_features and not (shows_credits and of_credits):
                continue
        yield news


def _ids(context: Context) -> dict[str, str]:
    scope = context.principal.scope
    return {"account_id": str(scope.account_id), "environment_id": str(scope.environment_id)}
