"""A customer with a credit currency, and the calls that tests make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Execute
from tests.support import Answer, TestEnvironment
from tests.world import World

GRANT = """mutation ($input: CreditGrantInput!) { createCreditGrant(input: $input) {
  id grantId amount consumedAmount status grantType priority currencyId customerId resourceId
  displayName comment additionalMetaData cost { amount currency } effectiveAt expireAt voidedAt
  sourceType paymentCollection createdAt updatedAt
} }"""
UPDATE = """mutation ($input: UpdateCreditGrantInput!) { updateCreditGrant(input: $input) {
  id amount displayName comment priority effectiveAt expireAt status
} }"""
VOID = """mutation ($input: VoidCreditGrantInput!) { voidCreditGrant(input: $input) {
  id status voidedAt consumedAmount
} }"""
CONSUME = """mutation ($input: ConsumeCreditInput!) { consumeCredits(input: $input) {
  amount currencyId customerId resourceId timestamp
  credit { currencyId currentUsage usageLimit timestamp usagePeriodEnd }
} }"""
CONSUME_MANY = (
    """mutation ($input: ConsumeCreditsAsyncInput!) { consumeCreditsAsync(input: $input) }"""
)
BALANCES = """query ($input: CreditBalanceSummaryInput!) { creditBalanceSummary(input: $input) {
  customerId resourceId
  balances { currencyId currentBalance totalGranted totalConsumed validUntil customerId resourceId
    currency { currencyId displayName symbol units { singular plural } } }
} }"""
GRANTS = """query ($input: GetCreditGrantsInput!) { creditGrants(input: $input) {
  totalCount pageInfo { hasNextPage endCursor }
  edges { node { id displayName status amount consumedAmount currencyId customerId resourceId
    grantType } }
} }"""
LEDGER = """query ($input: CreditLedgerInput!) { creditsLedger(input: $input) {
  totalCount pageInfo { hasNextPage endCursor }
  edges { node { eventType amount timestamp creditCurrencyId creditGrantId customerId resourceId
    featureId eventId feature { refId } grant { id displayName grantId } } }
} }"""


@dataclass
class Credits:
    """The customer's credits, asked for as clients do."""

    execute: Execute
    customer_id: str = "customer-1"
    currency_id: str = "tokens"

    def _named(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"customerId": self.customer_id, "currencyId": self.currency_id, **given}

    async def try_grant(self, amount: float = 100, **given: Any) -> Answer:
        defaults = {"displayName": "Grant", "grantType": "PROMOTIONAL", "amount": amount}
        return await self.execute(GRANT, {"input": self._named(defaults | given)})

    async def grant(self, amount: float = 100, **given: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await self.try_grant(amount, **given)).ok["createCreditGrant"]
        return found

    async def try_consume(self, amount: float, key: str = "k", **given: Any) -> Answer:
        input = self._named({"amount": amount, "idempotencyKey": key} | given)
        return await self.execute(CONSUME, {"input": input})

    async def consume(self, amount: float, key: str = "k", **given: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await self.try_consume(amount, key, **given)).ok["consumeCredits"]
        return found

    async def try_consume_many(self, *items: dict[str, Any]) -> Answer:
        named = [self._named({"amount": 1, "idempotencyKey": "k"} | item) for item in items]
        return await self.execute(CONSUME_MANY, {"input": {"consumptions": named}})

    async def try_void(self, id: str) -> Answer:
        return await self.execute(VOID, {"input": {"id": id}})

    async def try_update(self, id: str, **changes: Any) -> Answer:
        return await self.execute(UPDATE, {"input": {"id": id, **changes}})

    async def balances(self, **given: Any) -> list[dict[str, Any]]:
        input = {"customerId": self.customer_id, **given}
        found: list[dict[str, Any]] = (await self.execute(BALANCES, {"input": input})).ok[
            "creditBalanceSummary"
        ]["balances"]
        return found

    async def balance(self, **given: Any) -> float:
        (only,) = await self.balances(**given)
        balance: float = only["currentBalance"]
        return balance

    async def grants(self, **given: Any) -> list[dict[str, Any]]:
        input = {"customerId": self.customer_id, **given}
        answer = (await self.execute(GRANTS, {"input": input})).ok["creditGrants"]
        return [edge["node"] for edge in answer["edges"]]

    async def ledger(self, **given: Any) -> list[dict[str, Any]]:
        input = {"customerId": self.customer_id, "paging": {"first": 50}, **given}
        answer = (await self.execute(LEDGER, {"input": input})).ok["creditsLedger"]
        return [edge["node"] for edge in answer["edges"]]

    async def entries(self, **given: Any) -> list[tuple[str, float]]:
        """Type and amount, oldest first."""
        return [(e["eventType"], e["amount"]) for e in reversed(await self.ledger(**given))]


@pytest.fixture
def world(environment: TestEnvironment) -> World:
    return World(environment.runtime)


@pytest.fixture
async def credits(execute: Execute, world: World) -> Credits:
    """`customer-1` without credits, and the currency `tokens`."""
    await world.customer()
    await make_currency(execute)
    return Credits(execute)


async def make_currency(execute: Execute, currency_id: str = "tokens", **given: Any) -> None:
    values = {
        "currencyId": currency_id,
        "displayName": "Tokens",
        "units": {"singular": "token", "plural": "tokens"},
        **given,
    }
    answer = await execute(
        "mutation ($input: CustomCurrencyInput!)"
        " { createCustomCurrency(input: $input) { currencyId } }",
        {"input": values},
    )
    assert not answer.errors
