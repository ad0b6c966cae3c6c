"""Query fields of the paywall."""

import strawberry

from app.graphql.catalog.plans.types import Plan
from app.graphql.context import Info
from app.graphql.widgets.paywall.inputs import GetPaywallInput
from app.graphql.widgets.paywall.mapping import paywall_to_graphql, plans_to_graphql, read_of
from app.graphql.widgets.paywall.mock_mapping import mock_paywall_to_graphql
from app.graphql.widgets.paywall.types import MockPaywall, Paywall


@strawberry.type
class PaywallQuery:
    @strawberry.field(deprecation_reason="No longer supported")  # type: ignore[untyped-decorator]  # an untyped overload
    async def get_paywall(self, info: Info, input: GetPaywallInput) -> list[Plan]:
        return plans_to_graphql(await read_of(info, input))

    @strawberry.field
    async def mock_paywall(self, info: Info, input: GetPaywallInput) -> MockPaywall:
        return await mock_paywall_to_graphql(info, await read_of(info, input))

    @strawberry.field
    async def paywall(self, info: Info, input: GetPaywallInput) -> Paywall:
        return paywall_to_graphql(await read_of(info, input))
