"""The sandbox's adapter over its real tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.billing.sandbox import SandboxProvider
from app.ports import Runtime
from domain.accounts.enums import EnvironmentType
from domain.billing.model import (
    BillingOrder,
    Charge,
    CheckoutOrder,
    PaymentOutcome,
    ProviderEventType,
)
from domain.billing.sandbox.model import CheckoutState
from domain.catalog.enums import BillingModel, Currency
from domain.customers.model import Customer
from domain.errors import BadSignature, Conflict, ErrorCode
from domain.money import Money
from domain.subscriptions.enums import (
    PaymentCollectionMethod,
    SubscriptionInvoiceBillingReason,
    SubscriptionInvoiceStatus,
)
from domain.subscriptions.model import InvoiceLine, SubscriptionPrice
from tests.builders import NOW, a_customer, a_plan, a_price, a_subscription, uid
from tests.support import MovableClock, TestEnvironment

USD = Currency.USD
PAYER = a_customer("payer", billing_id="cus_given")
Reason = SubscriptionInvoiceBillingReason


def an_order(amount: str | None, payer: Customer = PAYER, **given: Any) -> BillingOrder:
    charge = None
    if amount is not None:
        line = InvoiceLine(description="Base charge", amount=Decimal(amount))
        reason = given.pop("reason", Reason.SUBSCRIPTION_CREATION)
        charge = Charge(currency=USD, reason=reason, lines=(line,))
    defaults: dict[str, Any] = {
        "payer": payer,
        "subscription": a_subscription(payer, a_plan("plan-pro", a_price(20))),
        "billing_id": None,
        "charge": charge,
        "method": PaymentCollectionMethod.CHARGE,
    }
    return BillingOrder(**defaults | given)


def a_metered_order(amount: str, **given: Any) -> BillingOrder:
    order = an_order(amount, reason=Reason.BILLING_CYCLE, **given)
    metered = a_price(1, model=BillingModel.USAGE_BASED, feature="feature-calls")
    sold = SubscriptionPrice(id=uid("sold"), price=metered, created_at=NOW, updated_at=NOW)
    return replace(order, subscription=replace(order.subscription, prices=(sold,)))


class Provider:
    """Each call in a unit of work of its own."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def __call__(self, method: str, *args: Any, **kwargs: Any) -> Any:
        async with self.runtime.new_unit_of_work() as work:
            assert isinstance(work.billing, SandboxProvider)
            answer = await getattr(work.billing, method)(*args, **kwargs)
            await work.commit()
        return answer

    async def events(self) -> list[ProviderEventType]:
        """Take and read all webhooks in line."""
        types: list[ProviderEventType] = []
        while (webhook := await self("next_webhook")) is not None:
            event_id, body, signature = webhook
            async with self.runtime.new_unit_of_work() as work:
                assert isinstance(work.billing, SandboxProvider)
                types.append(work.billing.read_webhook(body, signature).type)
            await self("received", event_id)
        return types


@pytest.fixture
def provider(runtime: Runtime) -> Provider:
    return Provider(runtime)


async def test_manual_is_no_provider(engine: Any) -> None:
    from tests.support import new_environment

    manual = await new_environment(engine)
    async with manual.runtime.new_unit_of_work() as work:
        assert work.billing is None


async def test_production_never_has_the_sandbox(engine: Any) -> None:
    from tests.support import new_environment

    production = await new_environment(engine, type_=EnvironmentType.PRODUCTION, billing="sandbox")
    async with production.runtime.new_unit_of_work() as work:
        assert work.billing is None


async def test_any_billing_id_is_accepted_and_made_up_where_missing(provider: Provider) -> None:
    assert await provider("ensure_customer", PAYER, {"city": "x"}, key="1") == "cus_given"
    unknown = a_customer("unknown")
    made = await provider("ensure_customer", unknown, None, key="2")
    assert made == f"cus_{unknown.id.hex}"


async def test_a_paid_order_answers_with_a_paid_invoice(provider: Provider) -> None:
    await provider("attach_payment_method", "cus_given", "pm_ok", key="m")
    result = await provider("create_subscription", an_order("20"), key="c")
    assert result.outcome is PaymentOutcome.PAID
    assert result.invoice.status is SubscriptionInvoiceStatus.PAID
    assert result.invoice.amount_due == 20
    assert result.invoice.payment_url is None
    assert result.billing_id.startswith("sub_")


async def test_the_same_key_is_the_same_write(provider: Provider) -> None:
    credit = an_order("-15", billing_id="sub_1")
    first = await provider("update_subscription", credit, key="k")
    second = await provider("update_subscription", credit, key="k")
    assert first == second
    assert await provider("balance", "cus_given", USD) == 15
    await provider("update_subscription", credit, key="other")
    assert await provider("balance", "cus_given", USD) == 30


async def test_without_commit_nothing_was_written(runtime: Runtime, provider: Provider) -> None:
    async with runtime.new_unit_of_work() as work:
        assert work.billing is not None
        await work.billing.update_subscription(an_order("-15"), key="k")
    assert await provider("balance", "cus_given", USD) == 0


async def test_a_failed_payment_is_paid_on_its_page(provider: Provider) -> None:
    await provider("attach_payment_method", "cus_given", "pm_fail", key="m")
    result = await provider("create_subscription", an_order("20"), key="c")
    assert result.outcome is PaymentOutcome.FAILED
    assert result.invoice.payment_url.endswith(f"/sandbox/invoice/{result.invoice.billing_id}")
    await provider("pay_by_hand", result.invoice.billing_id, "pm_fail")
    await provider("pay_by_hand", result.invoice.billing_id, "pm_ok")
    assert await provider.events() == [
        ProviderEventType.INVOICE_FAILED,
        ProviderEventType.INVOICE_PAID,
    ]


async def test_a_renewal_of_metered_prices_waits_an_hour_for_usage(
    provider: Provider, clock: MovableClock
) -> None:
    await provider("attach_payment_method", "cus_given", "pm_ok", key="m")
    result = await provider("update_subscription", a_metered_order("20"), key="r")
    invoice_id = result.invoice.billing_id
    assert result.outcome is PaymentOutcome.OPEN
    assert await provider.events() == [ProviderEventType.INVOICE_CREATED]
    line = InvoiceLine(description="70 calls", amount=Decimal(70))
    for _ in range(2):
        await provider(
            "add_usage", invoice_id, line, subscription_id="sub", key=f"{invoice_id}:calls"
        )
    assert await provider("next_due") == clock() + timedelta(hours=1)
    due = clock.move(hours=1)
    await provider("run_due", until=due)
    assert (await provider("require_invoice", invoice_id)).amount_due == 90
    assert await provider.events() == [ProviderEventType.INVOICE_PAID]
    with pytest.raises(Conflict) as refused:
        await provider("add_usage", invoice_id, line, subscription_id="sub", key="late")
    assert refused.value.code is ErrorCode.BillingInvoiceStatusError


async def test_a_renewal_that_never_pays_makes_the_subscription_unpaid(provider: Provider) -> None:
    await provider("attach_payment_method", "cus_given", "pm_fail", key="m")
    order = an_order("20", billing_id="sub_1", reason=Reason.BILLING_CYCLE)
    await provider("update_subscription", order, key="r")
    while (due := await provider("next_due")) is not None:
        await provider("run_due", until=due)
    assert await provider.events() == [
        *[ProviderEventType.INVOICE_FAILED] * 3,
        ProviderEventType.SUBSCRIPTION_UNPAID,
    ]


async def test_a_canceled_subscription_is_not_collected_again(provider: Provider) -> None:
    await provider("attach_payment_method", "cus_given", "pm_fail", key="m")
    order = an_order("20", billing_id="sub_1", reason=Reason.BILLING_CYCLE)
    await provider("update_subscription", order, key="r")
    await provider("cancel_subscription", "sub_1", None, key="x")
    assert await provider("next_due") is None


async def test_canceling_with_a_credit_fills_the_balance(provider: Provider) -> None:
    credit = an_order("-33.33", billing_id="sub_1")
    await provider("cancel_subscription", "sub_1", credit, key="x")
    assert await provider("balance", "cus_given", USD) == Decimal("33.33")


async def test_an_order_without_a_charge_makes_no_invoice(provider: Provider) -> None:
    result = await provider("create_subscription", an_order(None), key="c")
    assert (result.outcome, result.invoice) == (PaymentOutcome.NOTHING_DUE, None)


async def test_an_open_invoice_can_be_marked_paid_and_voided(provider: Provider) -> None:
    sent = an_order("20", method=PaymentCollectionMethod.INVOICE, days_until_due=5)
    first = await provider("create_subscription", sent, key="c")
    paid = await provider("mark_paid", first.invoice.billing_id, key="p")
    assert paid.status is SubscriptionInvoiceStatus.PAID
    second = await provider("create_subscription", sent, key="d")
    void = await provider("void_invoice", second.invoice.billing_id, key="v")
    assert void.status is SubscriptionInvoiceStatus.CANCELED


def a_checkout() -> CheckoutOrder:
    return CheckoutOrder(
        payer=PAYER,
        amount_due=Money(Decimal(20), USD),
        description="Pro",
        success_url="https://shop.test/ok",
        cancel_url="https://shop.test/back",
    )


async def test_a_completed_checkout_is_told_once_and_leaves_a_method(provider: Provider) -> None:
    session = await provider("create_checkout", a_checkout(), key="s")
    assert session.url.endswith(f"/sandbox/checkout/{session.id}")
    declined = await provider("complete_checkout", session.id, "pm_fail")
    assert declined.state is CheckoutState.OPEN
    for _ in range(2):
        done = await provider("complete_checkout", session.id, "pm_ok")
    assert done.state is CheckoutState.COMPLETE
    assert await provider.events() == [ProviderEventType.CHECKOUT_COMPLETED]
    result = await provider("create_subscription", an_order("20"), key="c")
    assert result.outcome is PaymentOutcome.PAID


async def test_a_checkout_expires_after_a_day(provider: Provider, clock: MovableClock) -> None:
    session = await provider("create_checkout", a_checkout(), key="s")
    assert await provider("next_due") == clock() + timedelta(hours=24)
    await provider("run_due", until=clock.move(hours=24))
    assert await provider.events() == [ProviderEventType.CHECKOUT_EXPIRED]
    late = await provider("complete_checkout", session.id, "pm_ok")
    assert late.state is CheckoutState.EXPIRED


async def test_a_checkout_needs_its_addresses(provider: Provider) -> None:
    with pytest.raises(Conflict) as refused:
        await provider("create_checkout", replace(a_checkout(), success_url=""), key="s")
    assert refused.value.code is ErrorCode.FailedToCreateCheckoutSessionError


async def test_a_webhook_of_another_environment_is_not_signed_for_this_one(
    provider: Provider, runtime: Runtime, engine: Any
) -> None:
    from tests.support import new_environment

    session = await provider("create_checkout", a_checkout(), key="s")
    await provider("cancel_checkout", session.id)
    _, body, signature = await provider("next_webhook")
    other: TestEnvironment = await new_environment(engine, billing="sandbox")
    async with other.runtime.new_unit_of_work() as work:
        assert work.billing is not None
        with pytest.raises(BadSignature):
            work.billing.read_webhook(body, signature)


async def test_detaching_leaves_no_method(provider: Provider) -> None:
    await provider("attach_payment_method", "cus_given", "pm_ok", key="m")
    await provider("detach_payment_method", "cus_given", "pm_ok", key="d")
    result = await provider("create_subscription", an_order("20"), key="c")
    assert result.outcome is PaymentOutcome.FAILED
