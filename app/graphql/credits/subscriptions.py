"""Subscription fields of credits."""

from collections.abc import AsyncGenerator

import strawberry

from app.graphql.credits.types import CreditBalanceUpdated
from app.graphql.errors import unsupported


@strawberry.type
class CreditsSubscription:
    @strawberry.subscription(deprecation_reason="No longer supported")  # type: ignore[untyped-decorator]  # an untyped overload
    def credit_balance_updated(self) -> AsyncGenerator[CreditBalanceUpdated, None]:
        raise unsupported("creditBalanceUpdated")
