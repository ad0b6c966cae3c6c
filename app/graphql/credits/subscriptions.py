"""Subscription fields of credits."""

from collections.abc import AsyncGenerator

import strawberry

from app.graphql.context import Info
from app.graphql.credits.mapping import balance_update_to_graphql
from app.graphql.credits.types import CreditBalanceUpdated
from app.graphql.live import heard
from app.usecases.credits.events import BALANCE_UPDATED


@strawberry.type
class CreditsSubscription:
    @strawberry.subscription(deprecation_reason="No longer supported")  # type: ignore[untyped-decorator]  # an untyped overload
    async def credit_balance_updated(
        self, info: Info
    ) -> AsyncGenerator[CreditBalanceUpdated, None]:
        scope = info.context.principal.scope
        async for event in heard(info.context, BALANCE_UPDATED):
            yield balance_update_to_graphql(event, scope)
