"""Features that credits pay for, and the calls that use them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.catalog.enums import BillingModel
from domain.catalog.model import CreditRate, Feature, Price
from domain.ids import PriceId
from domain.subscriptions.model import Subscription, SubscriptionPrice
from tests.builders import a_price
from tests.conftest import Execute
from tests.world import World

FIELDS = """id value currentUsage
  credit { consumed currencyId currentUsage usageLimit timestamp usagePeriodEnd }"""
REPORT = f"mutation ($input: ReportUsageInput!) {{ reportUsage(input: $input) {{ {FIELDS} }} }}"
BULK = f"""mutation ($input: ReportUsageBulkInput!) {{
  reportUsageBulk(input: $input) {{ {FIELDS} }}
}}"""
SEND = "mutation ($events: UsageEventsReportInput!) { reportEvent(events: $events) }"


async def rate_of(
    world: World, amount: str | int = 2, formula: str | None = None, currency: str = "tokens"
) -> CreditRate:
    """So many credits a unit of a currency that there is, or by a formula."""
    found = await world.runtime.readers.currencies.by_ref_ids([currency])
    return CreditRate(amount=Decimal(amount), currency_id=found[currency].id, cost_formula=formula)


def a_credit_price(world: World, feature: Feature, rate: CreditRate) -> Price:
    return a_price(
        model=BillingModel.CREDIT_BASED,
        id=PriceId(world.runtime.ids.new_uuid()),
        feature_id=feature.id,
        credit_rate=rate,
    )


async def backed(
    world: World,
    ref_id: str = "feature-f",
    amount: str | int = 2,
    formula: str | None = None,
    *,
    currency: str = "tokens",
    gives: dict[str, Any] | None = None,
    subscription: dict[str, Any] | None = None,
    **feature: Any,
) -> Subscription:
    """The customer subscribes to a plan whose feature burns credits."""
    made = world.features.get(ref_id) or await world.feature(ref_id, **feature)
    price = a_credit_price(world, made, await rate_of(world, amount, formula, currency))
    plan = f"plan-{world.runtime.ids.new_hex(8)}"
    await world.plan(plan, world.gives(ref_id, **gives or {}), prices=(price,))
    sold = SubscriptionPrice(
        id=world.runtime.ids.new_uuid(), price=price, created_at=world.now, updated_at=world.now
    )
    return await world.subscribe(plan, prices=(sold,), **subscription or {})


class Product:
    """A customer's product: reports usage and sends events."""

    def __init__(self, execute: Execute, **ids: Any) -> None:
        self.execute = execute
        self.ids = {"customerId": "customer-1", "featureId": "feature-f"} | ids

    async def report(self, value: float, behavior: str = "DELTA", **given: Any) -> Any:
        input = {"value": value, "updateBehavior": behavior} | self.ids | given
        return (await self.execute(REPORT, {"input": input})).ok["reportUsage"]

    async def bulk(self, *items: dict[str, Any]) -> Any:
        usages = [self.ids | {"value": 1} | item for item in items]
        return (await self.execute(BULK, {"input": {"usages": usages}})).ok["reportUsageBulk"]

    async def send(self, *events: dict[str, Any]) -> None:
        named = [{"customerId": "customer-1", "eventName": "api"} | event for event in events]
        (await self.execute(SEND, {"events": {"usageEvents": named}})).ok  # noqa: B018  # asserts
