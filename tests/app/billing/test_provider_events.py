"""Events as any provider may send them, heard one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from app.usecases.billing.webhooks import hear
from domain.billing.model import ProviderEvent, ProviderEventType
from domain.billing.sandbox.tokens import method_of
from domain.subscriptions.enums import SubscriptionInvoiceStatus
from tests.app.billing.shop import CHECKOUT, CUSTOMER, Shop
from tests.builders import a_plan, a_price

BASIC, PRO = a_plan("plan-basic", a_price(20)), a_plan("plan-pro", a_price(50))
_ids = count()


async def told(shop: Shop, type_: ProviderEventType, **about: Any) -> bool:
    """Hear an event about the customer, or the one given, now."""
    async with shop.runtime.new_unit_of_work() as work:
        customer = (await work.customers.by_ref_ids([CUSTOMER]))[CUSTOMER]
    given = {"customer_billing_id": customer.billing_id or "cus_unknown"} | about
    event = ProviderEvent(id=f"evt_{next(_ids)}", type=type_, at=shop.clock(), **given)
    return await hear(event, runtime=shop.runtime)


async def a_purchase(shop: Shop) -> dict[str, Any]:
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    return await shop.buy("plan-pro")


async def its_method(shop: Shop) -> str | None:
    async with shop.runtime.new_unit_of_work() as work:
        customer = (await work.customers.by_ref_ids([CUSTOMER]))[CUSTOMER]
    return None if customer.payment_method is None else customer.payment_method.id


async def test_methods_come_and_go_at_the_provider(shop: Shop) -> None:
    await a_purchase(shop)
    attached = ProviderEventType.METHOD_ATTACHED
    await told(shop, attached, payment_method=method_of("pm_new"))
    assert await its_method(shop) == "pm_new"
    await told(shop, ProviderEventType.METHOD_DETACHED)
    assert await its_method(shop) is None


async def test_a_method_of_a_stranger_changes_nobody(shop: Shop) -> None:
    await a_purchase(shop)
    stranger = {"customer_billing_id": "cus_stranger"}
    assert await told(shop, ProviderEventType.METHOD_DETACHED, **stranger)
    assert await its_method(shop) == "pm_ok"


@pytest.mark.parametrize(
    "type_", [ProviderEventType.SUBSCRIPTION_DELETED, ProviderEventType.SUBSCRIPTION_UNPAID]
)
async def test_what_the_provider_ends_is_canceled(shop: Shop, type_: ProviderEventType) -> None:
    bought = await a_purchase(shop)
    (kept,) = await shop.subscriptions()
    await told(shop, type_, subscription_billing_id=kept.billing_id)
    ended = await shop.get(bought)
    assert (ended["status"], ended["cancelReason"]) == ("CANCELED", "CancelledByBilling")
    await told(shop, type_, subscription_billing_id=kept.billing_id)
    assert (await shop.get(bought))["cancelReason"] == "CancelledByBilling"


async def test_a_voided_invoice_is_shown_as_canceled(shop: Shop) -> None:
    bought = await a_purchase(shop)
    (kept,) = await shop.subscriptions()
    assert kept.latest_invoice is not None
    void = replace(kept.latest_invoice, status=SubscriptionInvoiceStatus.CANCELED)
    about = {"subscription_billing_id": kept.billing_id, "invoice": void}
    await told(shop, ProviderEventType.INVOICE_VOIDED, **about)
    assert (await shop.get(bought))["latestInvoice"]["status"] == "CANCELED"


@pytest.mark.parametrize(
    "type_",
    [
        ProviderEventType.INVOICE_PAID,
        ProviderEventType.INVOICE_FAILED,
        ProviderEventType.INVOICE_VOIDED,
    ],
)
async def test_an_invoice_that_is_not_the_latest_decides_nothing(
    shop: Shop, type_: ProviderEventType
) -> None:
    bought = await a_purchase(shop)
    before = await shop.get(bought)
    (kept,) = await shop.subscriptions()
    assert kept.latest_invoice is not None
    other = replace(kept.latest_invoice, billing_id="in_other")
    about = {"subscription_billing_id": kept.billing_id, "invoice": other}
    await told(shop, type_, **about)
    assert await shop.get(bought) == before


async def test_an_unknown_subscription_is_left(shop: Shop) -> None:
    await a_purchase(shop)
    deleted = ProviderEventType.SUBSCRIPTION_DELETED
    assert await told(shop, deleted, subscription_billing_id="sub_unknown")
    assert await told(shop, deleted)
    assert [one.is_live for one in await shop.subscriptions()] == [True]


async def test_a_paid_checkout_whose_plan_is_gone_keeps_the_method_alone(shop: Shop) -> None:
    await shop.open(BASIC, PRO)
    answer = await shop.provision("plan-pro", checkoutOptions=CHECKOUT)
    async with shop.runtime.new_unit_of_work() as work:
        waiting = await work.checkouts.take(answer["id"])
        assert waiting is not None
        gone = replace(waiting.request, plan_ref_id="plan-gone")
        await work.checkouts.add(replace(waiting, request=gone))
        await work.commit()
    completed = ProviderEventType.CHECKOUT_COMPLETED
    method = method_of("pm_ok")
    assert await told(shop, completed, checkout_id=answer["id"], payment_method=method)
    assert await its_method(shop) == "pm_ok"
    assert await shop.subscriptions() == []
    logs = """{ eventLogs(filter: {eventLogType: {eq: CREATE_SUBSCRIPTION_FAILED}}) {
      edges { node { payload } } } }"""
    (edge,) = (await shop.execute(logs)).ok["eventLogs"]["edges"]
    assert edge["node"]["payload"]["error"]["code"] == "PlanNotFound"
    assert edge["node"]["payload"]["input"]["customerId"] == CUSTOMER


async def test_a_checkout_of_nobody_is_heard_and_left(shop: Shop) -> None:
    await shop.open(PRO)
    assert await told(shop, ProviderEventType.CHECKOUT_COMPLETED, checkout_id="cs_unknown")
    assert await shop.subscriptions() == []
