"""A customer's life whose subscriptions grant credits, over GraphQL."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.ports import Runtime
from app.usecases.due import run_due
from domain.catalog.enums import BillingModel, BillingPeriod
from domain.catalog.model import FeatureEntitlement, Package
from tests.app.credits.conftest import Credits
from tests.app.subscriptions.shop import Story, open_shop
from tests.builders import NOW, a_currency, a_feature, a_price, feature_id, uid, utc
from tests.conftest import Execute
from tests.support import MovableClock

SEATS = "feature-seats"
CUSTOMER = "customer-demo-01"
GRANTS = """query ($input: GetCreditGrantsInput!) { creditGrants(input: $input) { edges { node {
  displayName status amount consumedAmount effectiveAt expireAt voidedAt grantType sourceType
  priority resourceId cost { amount currency } } } } }"""


class Life(Story):
    """A story whose customer is granted credits."""

    def __init__(self, runtime: Runtime, clock: MovableClock, execute: Execute) -> None:
        super().__init__(runtime, clock, execute, CUSTOMER)
        self.credits = Credits(execute, customer_id=CUSTOMER)

    def be(self, customer_id: str) -> None:
        """Tell of another customer."""
        self.customer = self.credits.customer_id = customer_id

    async def advance(self, text: str) -> None:
        self.clock.set(utc(text))
        await run_due(self.runtime, self.clock.now)

    def skip_to(self, text: str) -> None:
        """Move the clock; nothing comes by to see what is due."""
        self.clock.set(utc(text))

    async def begin(self, plan: str = "plan-pro", **given: Any) -> str:
        provisioned = await self.provision(plan, **given)
        id: str = provisioned["subscription"]["subscriptionId"]
        return id

    async def grants(self, *statuses: str, **given: Any) -> list[dict[str, Any]]:
        """The grants of these statuses (ACTIVE by default), the newest first."""
        input = {"customerId": self.customer, "paging": {"first": 50}, **given}
        answer = (await self.execute(GRANTS, {"input": input})).ok["creditGrants"]
        nodes = [edge["node"] for edge in answer["edges"]]
        return [node for node in nodes if node["status"] in (statuses or ("ACTIVE",))]

    async def next_grant(self, id: str) -> str | None:
        document = """query ($id: String!) { getSubscription(input: {subscriptionId: $id}) {
          prices { topUpCustomCurrencyId nextGrantDate } } }"""
        answer = (await self.execute(document, {"id": id})).ok["getSubscription"]
        (price,) = answer["prices"]
        found: str | None = price["nextGrantDate"]
        return found

    async def amounts(self, *statuses: str, **given: Any) -> list[float]:
        return sorted(grant["amount"] for grant in await self.grants(*statuses, **given))


def seats(limit: int | None = None, **given: Any) -> FeatureEntitlement:
    return FeatureEntitlement(
        id=uid(f"seats:{limit}"),
        feature_id=feature_id(SEATS),
        usage_limit=None if limit is None else Decimal(limit),
        created_at=NOW,
        updated_at=NOW,
        **given,
    )


def seat_price(period: BillingPeriod = BillingPeriod.MONTHLY) -> Any:
    return a_price(10, model=BillingModel.PER_UNIT, feature=SEATS, period=period)


async def shop(life: Life, *packages: Package, **given: Any) -> None:
    currencies = (a_currency(), a_currency("coins"))
    features = (a_feature(SEATS),)
    await open_shop(life.runtime, *packages, currencies=currencies, features=features, **given)


@pytest.fixture
def life(runtime: Runtime, clock: MovableClock, execute: Execute) -> Life:
    clock.set(utc("2024-01-15"))
    return Life(runtime, clock, execute)
