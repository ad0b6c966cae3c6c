"""Grants that are paid through the billing provider (entitlements §9.3, §9.11)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from app.usecases.billing.sandbox import pay_invoice, set_outage, show_invoice
from app.usecases.billing.webhooks import hear
from app.usecases.due import run_due
from domain.billing.model import ProviderEvent, ProviderEventType
from domain.billing.sandbox.model import InvoiceState
from domain.periods import wire_time
from tests.app.billing.shop import ATTACH
from tests.app.credits.conftest import Credits
from tests.conftest import Execute
from tests.support import MovableClock, TestEnvironment, new_environment

PAID = """mutation ($input: CreditGrantInput!) { createCreditGrant(input: $input) {
  id status paymentCollection invoiceId cost { amount currency } effectiveAt
  latestInvoice { billingId status billingReason amountDue total subTotal tax currency dueDate
    errorMessage requiresAction paymentUrl paymentSecret lines { amount quantity description } }
} }"""
READ = """query ($input: GetCreditGrantsInput!) { creditGrants(input: $input) { edges { node {
  id status paymentCollection invoiceId effectiveAt latestInvoice { status errorMessage }
} } } }"""
COST = {"amount": 25, "currency": "USD"}


@pytest.fixture
async def environment(engine: AsyncEngine) -> TestEnvironment:
    """A fresh tenant whose billing provider is the sandbox."""
    return await new_environment(engine, billing="sandbox")


class Buyer:
    """A customer who buys credits."""

    def __init__(self, credits: Credits, execute: Execute, runtime: Runtime) -> None:
        self.credits = credits
        self.execute = execute
        self.runtime = runtime

    async def attach(self, method: str) -> None:
        answer = await self.execute(ATTACH, {"customer": "customer-1", "method": method})
        assert answer.ok["attachCustomerPaymentMethod"]["hasPaymentMethod"]

    async def try_buy(self, amount: float = 100, **given: Any) -> Any:
        input = {
            "customerId": "customer-1",
            "currencyId": "tokens",
            "displayName": "A hundred tokens",
            "grantType": "PAID",
            "amount": amount,
            "cost": COST,
            "paymentCollectionMethod": "CHARGE",
            **given,
        }
        return await self.execute(PAID, {"input": input})

    async def buy(self, amount: float = 100, **given: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await self.try_buy(amount, **given)).ok["createCreditGrant"]
        return found

    async def read(self, grant: dict[str, Any]) -> dict[str, Any]:
        answer = await self.execute(READ, {"input": {"customerId": "customer-1"}})
        nodes = [edge["node"] for edge in answer.ok["creditGrants"]["edges"]]
        (found,) = [node for node in nodes if node["id"] == grant["id"]]
        return dict(found)

    async def pay(self, grant: dict[str, Any], method: str = "pm_ok") -> None:
        """On the invoice's page."""
        await pay_invoice(grant["invoiceId"], method, runtime=self.runtime)


@pytest.fixture
def buyer(credits: Credits, execute: Execute, runtime: Runtime) -> Buyer:
    return Buyer(credits, execute, runtime)


async def test_a_charge_that_goes_through_is_active_at_once(buyer: Buyer) -> None:
    await buyer.attach("pm_ok")
    bought = await buyer.buy()
    assert (bought["status"], bought["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert bought["invoiceId"] == bought["latestInvoice"]["billingId"]
    assert bought["latestInvoice"] | {"billingId": None} == {
        "billingId": None,
        "status": "PAID",
        "billingReason": "MANUAL",
        "amountDue": 25,
        "total": 25,
        "subTotal": 25,
        "tax": None,
        "currency": "USD",
        "dueDate": None,
        "errorMessage": None,
        "requiresAction": False,
        "paymentUrl": None,
        "paymentSecret": None,
        "lines": [{"amount": 25, "quantity": 100, "description": "A hundred tokens"}],
    }
    assert await buyer.credits.balance() == 100


async def test_a_declined_charge_waits_to_be_paid(buyer: Buyer, clock: MovableClock) -> None:
    await buyer.attach("pm_fail")
    await buyer.credits.consume(30)
    bought = await buyer.buy()
    assert (bought["status"], bought["paymentCollection"]) == ("PAYMENT_PENDING", "FAILED")
    assert bought["latestInvoice"]["status"] == "OPEN"
    assert bought["latestInvoice"]["errorMessage"]
    assert bought["latestInvoice"]["paymentUrl"]
    assert await buyer.credits.balance() == -30

    clock.set(clock().replace(hour=23))
    await buyer.pay(bought)
    paid = await buyer.read(bought)
    assert (paid["status"], paid["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert paid["effectiveAt"] == wire_time(clock())
    assert paid["latestInvoice"] == {"status": "PAID", "errorMessage": None}
    assert await buyer.credits.balance() == 70
    assert await buyer.credits.entries() == [
        ("CREDITS_CONSUMED", -30),
        ("CREDITS_GRANTED", 100),
        ("CREDITS_CONSUMPTION_TRANSFER_SOURCE", 30),
        ("CREDITS_CONSUMPTION_TRANSFER_TARGET", -30),
    ]


@pytest.mark.parametrize(
    ("method", "collection"),
    [("pm_processing", "PROCESSING"), ("pm_action", "ACTION_REQUIRED"), (None, "FAILED")],
)
async def test_what_is_not_paid_yet_is_pending(
    method: str | None, collection: str, buyer: Buyer
) -> None:
    if method is not None:
        await buyer.attach(method)
    bought = await buyer.buy()
    assert (bought["status"], bought["paymentCollection"]) == ("PAYMENT_PENDING", collection)
    assert await buyer.credits.balance() == 0
    await buyer.pay(bought, "pm_fail")
    assert (await buyer.read(bought))["paymentCollection"] == "FAILED"
    await buyer.pay(bought)
    assert (await buyer.read(bought))["status"] == "ACTIVE"
    assert await buyer.credits.balance() == 100


async def test_an_answer_that_does_not_wait_is_processing(
    buyer: Buyer, runtime: Runtime, clock: MovableClock
) -> None:
    await buyer.attach("pm_ok")
    bought = await buyer.buy(awaitPaymentConfirmation=False)
    assert (bought["status"], bought["paymentCollection"]) == ("PAYMENT_PENDING", "PROCESSING")
    await run_due(runtime, clock())
    assert (await buyer.read(bought))["status"] == "ACTIVE"


async def test_a_sent_invoice_holds_nothing_back(buyer: Buyer, execute: Execute) -> None:
    refused = await buyer.try_buy(paymentCollectionMethod="INVOICE")
    assert refused.codes == ["CustomerHasNoEmailAddress"]
    answer = await execute(
        'mutation { updateOneCustomer(input: {customerId: "customer-1", email: "a@shop.test"})'
        " { customerId } }"
    )
    assert not answer.errors
    bought = await buyer.buy(
        paymentCollectionMethod="INVOICE", billingInformation={"invoiceDaysUntilDue": 7}
    )
    assert (bought["status"], bought["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert bought["latestInvoice"]["status"] == "OPEN"
    await buyer.credits.consume(100)
    await buyer.pay(bought)
    assert (await buyer.read(bought))["latestInvoice"]["status"] == "PAID"
    assert await buyer.credits.balance() == 0


async def test_paid_elsewhere(buyer: Buyer) -> None:
    bought = await buyer.buy(billingInformation={"isInvoicePaid": True})
    assert (bought["status"], bought["latestInvoice"]["status"]) == ("ACTIVE", "PAID")


@pytest.mark.parametrize(
    "given",
    [
        {"paymentCollectionMethod": "NONE"},
        {"paymentCollectionMethod": None},
        {"cost": None},
        {"cost": None, "grantType": "PROMOTIONAL"},
    ],
)
async def test_what_is_not_to_be_collected(given: dict[str, Any], buyer: Buyer) -> None:
    bought = await buyer.buy(**given)
    assert (bought["status"], bought["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert (bought["invoiceId"], bought["latestInvoice"]) == (None, None)


async def test_the_customers_coupon_is_taken_off(buyer: Buyer, execute: Execute) -> None:
    coupon = {"refId": "c20", "name": "20 off", "percentOff": 20}
    answer = await execute(
        "mutation ($input: CreateCouponInput!) { createOneCoupon(input: $input) { refId } }",
        {"input": coupon},
    )
    assert not answer.errors
    answer = await execute(
        'mutation { updateOneCustomer(input: {customerId: "customer-1", couponRefId: "c20"})'
        " { customerId } }"
    )
    assert not answer.errors
    await buyer.attach("pm_ok")
    bought = await buyer.buy()
    assert bought["cost"]["amount"] == 25
    assert bought["latestInvoice"]["total"] == 20


async def test_voiding_a_pending_grant_voids_its_invoice(buyer: Buyer, runtime: Runtime) -> None:
    await buyer.attach("pm_fail")
    bought = await buyer.buy()
    assert (await buyer.credits.try_void(bought["id"])).ok["voidCreditGrant"]["status"] == "VOIDED"
    assert (await buyer.read(bought))["latestInvoice"]["status"] == "CANCELED"
    await buyer.pay(bought)
    assert (await buyer.read(bought))["status"] == "VOIDED"
    assert (await buyer.credits.try_void(bought["id"])).codes == ["CreditGrantAlreadyVoided"]
    assert await buyer.credits.balance() == 0


async def test_without_the_providers_answer_nothing_is_bought(
    buyer: Buyer, runtime: Runtime
) -> None:
    await buyer.attach("pm_ok")
    await set_outage(is_out=True, runtime=runtime)
    assert (await buyer.try_buy()).codes == ["StripeError"]
    assert await buyer.credits.grants() == []


async def test_a_void_that_the_provider_missed_is_told_again(
    buyer: Buyer, runtime: Runtime, clock: MovableClock
) -> None:
    await buyer.attach("pm_fail")
    bought = await buyer.buy()
    await set_outage(is_out=True, runtime=runtime)
    assert (await buyer.credits.try_void(bought["id"])).ok["voidCreditGrant"]["status"] == "VOIDED"
    await run_due(runtime, clock().replace(minute=5))
    assert (await buyer.read(bought))["latestInvoice"]["status"] == "OPEN"
    await set_outage(is_out=False, runtime=runtime)
    await run_due(runtime, clock().replace(minute=30))
    assert (await buyer.read(bought))["latestInvoice"]["status"] == "CANCELED"
    invoice = await show_invoice(bought["invoiceId"], runtime=runtime)
    assert invoice.state is InvoiceState.VOID


async def test_an_invoice_voided_at_the_provider_ends_the_grant(
    buyer: Buyer, runtime: Runtime, clock: MovableClock
) -> None:
    await buyer.attach("pm_fail")
    bought = await buyer.buy()
    async with runtime.new_unit_of_work() as work:
        assert work.billing is not None
        invoice = await work.billing.void_invoice(bought["invoiceId"], key="by hand")
        await work.commit()
    for type_ in (ProviderEventType.INVOICE_VOIDED, ProviderEventType.INVOICE_FAILED):
        event = ProviderEvent(
            id=f"evt_{type_}", type=type_, at=clock(), customer_billing_id="cus", invoice=invoice
        )
        assert await hear(event, runtime=runtime)
    assert (await buyer.read(bought))["status"] == "VOIDED"


class TestWithoutAProvider:
    @pytest.fixture
    async def environment(self, engine: AsyncEngine) -> TestEnvironment:
        return await new_environment(engine)

    async def test_nothing_is_collected(self, buyer: Buyer) -> None:
        bought = await buyer.buy()
        assert (bought["status"], bought["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
        assert bought["latestInvoice"] is None
        assert await buyer.credits.balance() == 100
