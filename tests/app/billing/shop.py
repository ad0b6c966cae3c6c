"""One customer's purchases over GraphQL, and what the sandbox makes of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from app.ports import Runtime
from app.usecases.due import run_due
from domain.catalog.enums import Currency
from domain.catalog.model import Package
from domain.subscriptions.model import Subscription
from tests.app.subscriptions.shop import open_shop
from tests.builders import utc
from tests.conftest import Execute
from tests.support import MovableClock

INVOICE = (
    "latestInvoice { billingId status amountDue total tax subTotal appliedBalance errorMessage"
    " paymentUrl requiresAction paymentSecret lines { amount description proration } }"
)
FIELDS = (
    "id subscriptionId status paymentCollection cancelReason currentBillingPeriodStart"
    " currentBillingPeriodEnd prices { usageLimit } futureUpdates { scheduleStatus }" + INVOICE
)
PROVISION = (
    "mutation($input: ProvisionSubscriptionInput!) { provisionSubscriptionV2(input: $input) {"
    " id status checkoutUrl checkoutBillingId subscription {" + FIELDS + "} } }"
)
UPDATE = (
    "mutation($input: UpdateSubscriptionInput!) { updateOneSubscription(input: $input) {"
    + FIELDS
    + "} }"
)
CANCEL = (
    "mutation($input: SubscriptionCancellationInput!) { cancelSubscription(input: $input) {"
    + FIELDS
    + "} }"
)
GET = "query($id: String!) { getSubscription(input: {subscriptionId: $id}) {" + FIELDS + "} }"
ATTACH = """mutation($customer: String!, $method: String!) {
  attachCustomerPaymentMethod(input: {
    customerId: $customer, paymentMethodId: $method, vendorIdentifier: STRIPE
  }) { defaultPaymentMethodLast4Digits hasPaymentMethod } }"""
REPORT = "mutation($input: ReportUsageInput!) { reportUsage(input: $input) { id } }"
CHECKOUT = {"successUrl": "https://shop.test/ok", "cancelUrl": "https://shop.test/back"}
CUSTOMER = "customer-demo-01"


class Shop:
    """One customer's purchases, and what the sandbox makes of them."""

    def __init__(self, runtime: Runtime, clock: MovableClock, execute: Execute) -> None:
        self.runtime = runtime
        self.clock = clock
        self.execute = execute

    async def open(self, *plans: Package, at: str = "2024-04-01T00:00", **given: Any) -> None:
        self.clock.set(utc(at))
        await open_shop(self.runtime, *plans, **given)

    async def attach(self, method: str, customer: str = CUSTOMER) -> None:
        answer = await self.execute(ATTACH, {"customer": customer, "method": method})
        assert answer.ok["attachCustomerPaymentMethod"]["hasPaymentMethod"]

    async def provision(self, plan: str, **given: Any) -> dict[str, Any]:
        wanted = {"customerId": CUSTOMER, "planId": plan} | given
        answer = await self.execute(PROVISION, {"input": wanted})
        return dict(answer.ok["provisionSubscriptionV2"])

    async def buy(self, plan: str, **given: Any) -> dict[str, Any]:
        """Provision and return the subscription."""
        return dict((await self.provision(plan, **given))["subscription"])

    async def update(self, subscription: dict[str, Any], **given: Any) -> dict[str, Any]:
        wanted = {"subscriptionId": subscription["subscriptionId"]} | given
        answer = await self.execute(UPDATE, {"input": wanted})
        return dict(answer.ok["updateOneSubscription"])

    async def cancel(self, subscription: dict[str, Any], **given: Any) -> dict[str, Any]:
        wanted = {"subscriptionRefId": subscription["subscriptionId"]} | given
        answer = await self.execute(CANCEL, {"input": wanted})
        return dict(answer.ok["cancelSubscription"])

    async def get(self, subscription: dict[str, Any]) -> dict[str, Any]:
        answer = await self.execute(GET, {"id": subscription["subscriptionId"]})
        return dict(answer.ok["getSubscription"])

    async def move(self, to: str) -> None:
        """Let the time until `to` pass, as the worker would."""
        instant: datetime = utc(to)
        await run_due(self.runtime, instant)
        self.clock.set(instant)

    async def balance(self, currency: Currency = Currency.USD, customer: str = CUSTOMER) -> Decimal:
        async with self.runtime.new_unit_of_work() as work:
            assert work.billing is not None
            payer = (await work.customers.by_ref_ids([customer]))[customer]
            assert payer.billing_id is not None
            return await work.billing.balance(payer.billing_id, currency)

    async def subscriptions(self) -> list[Subscription]:
        """All of the customer's, oldest first."""
        async with self.runtime.new_unit_of_work() as work:
            customer = (await work.customers.by_ref_ids([CUSTOMER]))[CUSTOMER]
            found = await work.subscriptions.of_customers([customer.id], statuses=None)
        return list(found.get(customer.id, ()))

    async def use(self, feature: str, value: float, **given: Any) -> None:
        """Report usage."""
        report = {"customerId": CUSTOMER, "featureId": feature, "value": value} | given
        answer = await self.execute(REPORT, {"input": report})
        assert answer.ok["reportUsage"]["id"]


def due(subscription: dict[str, Any]) -> float:
    """What the latest invoice asks for."""
    return float(subscription["latestInvoice"]["amountDue"])


def amounts(subscription: dict[str, Any]) -> list[float]:
    """The amounts of the latest invoice's lines."""
    return [line["amount"] for line in subscription["latestInvoice"]["lines"]]
