"""Payments to the millisecond, and webhooks that come late, twice, or in the wrong order.

Source: spec, subscriptions §12 and §16.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from app.usecases.billing.sandbox import complete_checkout, pay_invoice, show_invoice
from app.usecases.billing.webhooks import hear
from domain.billing.model import ProviderEvent, ProviderEventType
from domain.billing.sandbox.model import InvoiceState
from domain.billing.sandbox.tokens import method_of
from domain.catalog.enums import BillingModel
from domain.subscriptions.enums import SubscriptionInvoiceStatus
from domain.subscriptions.model import Invoice, Subscription
from tests.app.billing.shop import CHECKOUT, CUSTOMER, PROVISION, Shop, due
from tests.builders import a_customer, a_feature, a_plan, a_price, utc

BASIC, PRO = a_plan("plan-basic", a_price(20)), a_plan("plan-pro", a_price(50))
MARK = "mutation($id: String!) { markInvoiceAsPaid(input: {subscriptionId: $id}) }"
_ids = count()
Type = ProviderEventType


async def tell(shop: Shop, type_: Type, at: str | None = None, **about: Any) -> bool:
    """Hear an event about the customer, as if it had happened at `at`."""
    async with shop.runtime.new_unit_of_work() as work:
        customer = (await work.customers.by_ref_ids([CUSTOMER]))[CUSTOMER]
    given = {"customer_billing_id": customer.billing_id or "cus_unknown"} | about
    instant = shop.clock() if at is None else utc(at)
    event = ProviderEvent(id=f"evt_{next(_ids)}", type=type_, at=instant, **given)
    return await hear(event, runtime=shop.runtime)


async def record(shop: Shop, subscription: dict[str, Any]) -> Subscription:
    found = {one.ref_id: one for one in await shop.subscriptions()}
    return found[subscription["subscriptionId"]]


async def about(shop: Shop, subscription: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An event's reference to the subscription and its latest invoice."""
    one = await record(shop, subscription)
    assert one.latest_invoice is not None
    invoice: Invoice = replace(one.latest_invoice, **changes)
    return {"subscription_billing_id": one.billing_id, "invoice": invoice}


async def its_method(shop: Shop) -> str | None:
    async with shop.runtime.new_unit_of_work() as work:
        customer = (await work.customers.by_ref_ids([CUSTOMER]))[CUSTOMER]
    return None if customer.payment_method is None else customer.payment_method.id


# --- 23 hours ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["pm_fail", "pm_action", "pm_processing"])
async def test_a_pending_one_has_exactly_23_hours(shop: Shop, method: str) -> None:
    await shop.open(PRO)
    await shop.attach(method)
    bought = await shop.buy("plan-pro")
    await shop.move("2024-04-01T22:59:59.999")
    assert (await shop.get(bought))["status"] == "PAYMENT_PENDING"
    await shop.move("2024-04-01T23:00")
    ended = await shop.get(bought)
    assert (ended["status"], ended["cancelReason"]) == ("CANCELED", "PendingPaymentExpired")
    assert ended["latestInvoice"]["status"] == "CANCELED"
    one = await record(shop, bought)
    assert one.cancellation_date == utc("2024-04-01T23:00")


async def test_paid_at_the_last_millisecond_it_starts_then(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_fail")
    bought = await shop.buy("plan-pro")
    await shop.move("2024-04-01T22:59:59.999")
    await pay_invoice(bought["latestInvoice"]["billingId"], "pm_ok", runtime=shop.runtime)
    assert (await shop.get(bought))["status"] == "ACTIVE"
    await shop.move("2024-04-02T12:00")
    found = await shop.get(bought)
    assert (found["status"], found["currentBillingPeriodStart"]) == (
        "ACTIVE",
        "2024-04-01T00:00:00.000Z",
    )


async def test_a_payment_after_the_end_revives_nothing(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_fail")
    bought = await shop.buy("plan-pro")
    paid = await about(shop, bought, status=SubscriptionInvoiceStatus.PAID)
    await shop.move("2024-04-02T00:00")
    await tell(shop, Type.INVOICE_PAID, **paid)
    ended = await shop.get(bought)
    assert (ended["status"], ended["cancelReason"]) == ("CANCELED", "PendingPaymentExpired")


# --- outcomes that change ------------------------------------------------------------------------


async def test_an_action_is_asked_for_and_then_taken(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_action")
    bought = await shop.buy("plan-pro")
    invoice = bought["latestInvoice"]
    assert (bought["status"], bought["paymentCollection"]) == ("PAYMENT_PENDING", "ACTION_REQUIRED")
    assert (invoice["status"], invoice["requiresAction"]) == ("OPEN", True)
    assert invoice["paymentSecret"]
    assert invoice["paymentUrl"]
    await pay_invoice(invoice["billingId"], "pm_ok", runtime=shop.runtime)
    paid = await shop.get(bought)
    assert (paid["status"], paid["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    invoice = paid["latestInvoice"]
    assert (invoice["status"], invoice["requiresAction"]) == ("PAID", False)
    assert (invoice["paymentSecret"], invoice["paymentUrl"]) == (None, None)


async def test_a_payment_under_way_may_fail_and_then_succeed(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_processing")
    bought = await shop.buy("plan-pro")
    assert (bought["status"], bought["paymentCollection"]) == ("PAYMENT_PENDING", "PROCESSING")
    await pay_invoice(bought["latestInvoice"]["billingId"], "pm_fail", runtime=shop.runtime)
    failed = await shop.get(bought)
    assert (failed["status"], failed["paymentCollection"]) == ("PAYMENT_PENDING", "FAILED")
    assert failed["latestInvoice"]["errorMessage"]
    await pay_invoice(bought["latestInvoice"]["billingId"], "pm_ok", runtime=shop.runtime)
    paid = await shop.get(bought)
    assert (paid["status"], paid["latestInvoice"]["errorMessage"]) == ("ACTIVE", None)


@pytest.mark.parametrize("type_", [Type.INVOICE_FAILED, Type.INVOICE_ACTION_REQUIRED])
async def test_news_of_a_failure_that_comes_after_the_payment_is_old(
    shop: Shop, type_: Type
) -> None:
    await shop.open(PRO)
    await shop.attach("pm_fail")
    bought = await shop.buy("plan-pro")
    failed = await about(shop, bought)
    await pay_invoice(bought["latestInvoice"]["billingId"], "pm_ok", runtime=shop.runtime)
    await tell(shop, type_, at="2024-04-01T00:00", **failed)
    found = await shop.get(bought)
    assert (found["status"], found["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert found["latestInvoice"]["status"] == "PAID"


async def test_a_payment_told_after_the_void_counts(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-pro")
    paid = await about(shop, bought, status=SubscriptionInvoiceStatus.PAID)
    for _ in range(2):
        await tell(shop, Type.INVOICE_PAID, **paid)
    assert (await shop.get(bought))["latestInvoice"]["status"] == "PAID"


async def test_a_draft_told_of_late_changes_nothing(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-pro")
    await shop.move("2024-05-01T00:00")
    before = await shop.get(bought)
    await tell(shop, Type.INVOICE_CREATED, **await about(shop, bought))
    assert await shop.get(bought) == before


# --- ended ones ----------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", [t for t in Type if "invoice" in t or "subscription" in t])
async def test_what_is_told_of_an_ended_one_leaves_it_ended(shop: Shop, type_: Type) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-pro")
    told = await about(shop, bought)
    await shop.cancel(bought, subscriptionCancellationTime="IMMEDIATE", prorate=False)
    before = await shop.get(bought)
    await tell(shop, type_, **told)
    after = await shop.get(bought)
    assert (after["status"], after["cancelReason"]) == ("CANCELED", "Immediate")
    assert after["latestInvoice"]["status"] == before["latestInvoice"]["status"]


async def test_the_end_of_a_taken_over_one_ends_its_successor(shop: Shop) -> None:
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    old = await shop.buy("plan-basic")
    new = await shop.buy("plan-pro")
    one = await record(shop, new)
    await tell(shop, Type.SUBSCRIPTION_DELETED, subscription_billing_id=one.billing_id)
    assert (await shop.get(new))["cancelReason"] == "CancelledByBilling"
    assert (await shop.get(old))["cancelReason"] == "UpgradeOrDowngrade"


async def test_a_renewal_that_is_never_paid_ends_what_took_it_over(shop: Shop) -> None:
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    await shop.buy("plan-basic")
    await shop.attach("pm_fail")
    await shop.move("2024-05-01T00:00")
    await shop.attach("pm_ok")
    new = await shop.buy("plan-pro")
    assert new["status"] == "ACTIVE"
    await shop.attach("pm_fail")
    await shop.move("2024-05-08T00:00")
    assert (await shop.get(new))["cancelReason"] == "CancelledByBilling"


# --- changes that wait ---------------------------------------------------------------------------


def seats(quantity: int) -> list[dict[str, Any]]:
    return [{"id": "feature-seats", "quantity": quantity, "type": "FEATURE"}]


async def five_seats(shop: Shop) -> dict[str, Any]:
    price = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats")
    await shop.open(a_plan("plan-seats", price), PRO, features=(a_feature(),))
    await shop.attach("pm_ok")
    return await shop.buy("plan-seats", charges=seats(5))


async def test_a_second_change_voids_the_invoice_of_the_first(shop: Shop) -> None:
    bought = await five_seats(shop)
    await shop.attach("pm_fail")
    first = await shop.update(bought, charges=seats(8))
    second = await shop.update(bought, charges=seats(10))
    assert second["futureUpdates"] == [{"scheduleStatus": "PendingPayment"}]
    old, new = (one["latestInvoice"]["billingId"] for one in (first, second))
    assert (await show_invoice(old, runtime=shop.runtime)).state is InvoiceState.VOID
    await pay_invoice(new, "pm_ok", runtime=shop.runtime)
    assert (await shop.get(bought))["prices"] == [{"usageLimit": 10}]


async def test_a_change_back_voids_the_invoice(shop: Shop) -> None:
    bought = await five_seats(shop)
    await shop.attach("pm_fail")
    await shop.update(bought, charges=seats(8))
    back = await shop.update(bought, charges=seats(5))
    assert (back["futureUpdates"], back["paymentCollection"]) == ([], "NOT_REQUIRED")
    assert (await shop.get(bought))["latestInvoice"]["status"] == "CANCELED"


async def test_metadata_alone_leaves_the_change_waiting(shop: Shop) -> None:
    bought = await five_seats(shop)
    await shop.attach("pm_fail")
    first = await shop.update(bought, charges=seats(8))
    noted = await shop.update(bought, additionalMetaData={"a": 1})
    assert noted["futureUpdates"] == [{"scheduleStatus": "PendingPayment"}]
    await pay_invoice(first["latestInvoice"]["billingId"], "pm_ok", runtime=shop.runtime)
    assert (await shop.get(bought))["prices"] == [{"usageLimit": 8}]


@pytest.mark.parametrize("ends", ["cancel", "replace"])
async def test_the_end_voids_the_invoice_of_a_waiting_change(shop: Shop, ends: str) -> None:
    bought = await five_seats(shop)
    await shop.attach("pm_fail")
    waiting = await shop.update(bought, charges=seats(8))
    if ends == "cancel":
        await shop.cancel(bought, subscriptionCancellationTime="IMMEDIATE")
    else:
        await shop.attach("pm_ok")
        await shop.buy("plan-pro", scheduleStrategy="IMMEDIATE")
    assert (await shop.get(bought))["status"] == "CANCELED"
    invoice = await show_invoice(waiting["latestInvoice"]["billingId"], runtime=shop.runtime)
    assert invoice.state is InvoiceState.VOID


# --- methods -------------------------------------------------------------------------------------


async def test_a_detached_method_that_is_not_the_default_leaves_the_default(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_old")
    await shop.attach("pm_new")
    await tell(shop, Type.METHOD_DETACHED, payment_method=method_of("pm_old"))
    assert await its_method(shop) == "pm_new"
    await tell(shop, Type.METHOD_DETACHED, payment_method=method_of("pm_new"))
    assert await its_method(shop) is None


# --- renewals ------------------------------------------------------------------------------------


async def test_a_failed_renewal_is_tried_after_1_3_and_5_days_and_ends_after_7(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-pro")
    await shop.attach("pm_fail")
    days = {
        "2024-05-01T00:00": 1,
        "2024-05-01T23:59:59.999": 1,
        "2024-05-02T00:00": 2,
        "2024-05-03T23:59:59.999": 2,
        "2024-05-04T00:00": 3,
        "2024-05-05T23:59:59.999": 3,
        "2024-05-06T00:00": 4,
        "2024-05-07T23:59:59.999": 4,
    }
    for at, attempts in days.items():
        await shop.move(at)
        one = await record(shop, bought)
        assert one.latest_invoice is not None
        found = await shop.get(bought)
        assert (found["status"], found["paymentCollection"]) == ("ACTIVE", "FAILED"), at
        assert one.latest_invoice.attempt_count == attempts, at
    await shop.move("2024-05-08T00:00")
    one = await record(shop, bought)
    assert one.cancel_reason is not None
    assert one.cancel_reason.value == "CancelledByBilling"
    assert one.cancellation_date == utc("2024-05-08T00:00")
    logs = """{ eventLogs(filter: {eventLogType: {eq: CUSTOMER_PAYMENT_FAILED}}) {
      edges { node { payload } } } }"""
    edges = (await shop.execute(logs)).ok["eventLogs"]["edges"]
    assert len(edges) == 4
    payload = edges[0]["node"]["payload"]
    assert set(payload) == {"customer", "subscription", "error"}
    assert payload["customer"]["id"] == CUSTOMER
    assert payload["subscription"]["id"] == bought["subscriptionId"]
    assert payload["error"] == {"code": "FAILED", "message": "Your card was declined."}


@pytest.mark.parametrize("day", [2, 4, 6])
async def test_a_card_that_works_again_at_a_retry_settles_it(shop: Shop, day: int) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-pro")
    await shop.attach("pm_fail")
    await shop.move(f"2024-05-0{day - 1}T12:00")
    await shop.attach("pm_ok")
    assert (await shop.get(bought))["paymentCollection"] == "FAILED"
    await shop.move(f"2024-05-0{day}T00:00")
    found = await shop.get(bought)
    assert (found["status"], found["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert found["latestInvoice"]["status"] == "PAID"


async def test_a_failed_renewal_is_paid_by_hand(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-pro")
    await shop.attach("pm_fail")
    await shop.move("2024-05-01T12:00")
    failing = await shop.get(bought)
    await pay_invoice(failing["latestInvoice"]["billingId"], "pm_ok", runtime=shop.runtime)
    assert (await shop.get(bought))["paymentCollection"] == "NOT_REQUIRED"
    await shop.move("2024-05-20T00:00")
    assert (await shop.get(bought))["status"] == "ACTIVE"


async def test_a_failed_renewal_is_marked_as_paid(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-pro")
    await shop.attach("pm_fail")
    await shop.move("2024-05-01T12:00")
    assert (await shop.execute(MARK, {"id": bought["subscriptionId"]})).ok
    await shop.move("2024-05-20T00:00")
    found = await shop.get(bought)
    assert (found["status"], found["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")


# --- marked as paid ------------------------------------------------------------------------------


async def test_a_pending_one_marked_as_paid_starts(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_fail")
    bought = await shop.buy("plan-pro")
    name = {"id": bought["subscriptionId"]}
    answer = await shop.execute(MARK, name)
    assert answer.ok["markInvoiceAsPaid"] == bought["latestInvoice"]["billingId"]
    assert (await shop.get(bought))["status"] == "ACTIVE"
    assert (await shop.execute(MARK, name)).ok["markInvoiceAsPaid"]
    await shop.move("2024-04-03T00:00")
    assert (await shop.get(bought))["status"] == "ACTIVE"


async def test_there_must_be_an_invoice_that_can_be_paid(shop: Shop) -> None:
    await shop.open(PRO, a_plan("plan-free"))
    free = await shop.buy("plan-free")
    answer = await shop.execute(MARK, {"id": free["subscriptionId"]})
    assert answer.codes == ["MissingBillingInvoiceError"]
    assert answer.errors[0]["extensions"]["entityId"] == free["subscriptionId"]
    assert (await shop.execute(MARK, {"id": "nothing"})).codes == ["SubscriptionNotFound"]
    await shop.attach("pm_fail")
    bought = await shop.buy("plan-pro")
    await shop.move("2024-04-02T00:00")
    answer = await shop.execute(MARK, {"id": bought["subscriptionId"]})
    assert answer.codes == ["BillingInvoiceStatusError"]
    assert answer.errors[0]["extensions"]["entityId"]


@pytest.mark.parametrize(
    ("given", "days", "status"),
    [
        ({}, 30, "OPEN"),
        ({"billingInformation": {"invoiceDaysUntilDue": 5}}, 5, "OPEN"),
        ({"billingInformation": {"isInvoicePaid": True}}, None, "PAID"),
    ],
)
async def test_a_sent_invoice_is_due_in_its_days(
    shop: Shop, given: dict[str, Any], days: int | None, status: str
) -> None:
    await shop.open(PRO, customers=(a_customer(email="a@b.co"),))
    bought = await shop.buy("plan-pro", paymentCollectionMethod="INVOICE", **given)
    assert (bought["status"], bought["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert bought["latestInvoice"]["status"] == status
    one = await record(shop, bought)
    assert one.latest_invoice is not None
    if days is not None:
        assert one.latest_invoice.due_date is not None
        assert (one.latest_invoice.due_date - utc("2024-04-01T00:00")).days == days


async def test_an_invoice_needs_an_address(shop: Shop) -> None:
    await shop.open(PRO)
    wanted = {"customerId": CUSTOMER, "planId": "plan-pro", "paymentCollectionMethod": "INVOICE"}
    assert (await shop.execute(PROVISION, {"input": wanted})).codes == ["CustomerHasNoEmailAddress"]
    assert await shop.subscriptions() == []


# --- checkouts -----------------------------------------------------------------------------------


async def completed(shop: Shop, checkout_id: str) -> None:
    """Pay on the page, and have it told once more under an id of its own."""
    await complete_checkout(checkout_id, "pm_ok", runtime=shop.runtime)
    about: dict[str, Any] = {"checkout_id": checkout_id, "payment_method": method_of("pm_ok")}
    await tell(shop, Type.CHECKOUT_COMPLETED, **about)


async def test_a_checkout_completed_twice_under_two_ids_provisions_once(shop: Shop) -> None:
    await shop.open(PRO)
    asked = await shop.provision("plan-pro", checkoutOptions=CHECKOUT)
    assert (asked["status"], asked["subscription"]) == ("PAYMENT_REQUIRED", None)
    assert asked["checkoutBillingId"] == asked["id"]
    await completed(shop, asked["id"])
    assert [one.status.value for one in await shop.subscriptions()] == ["ACTIVE"]


async def test_an_expired_checkout_provisions_nothing_any_more(shop: Shop) -> None:
    await shop.open(PRO)
    asked = await shop.provision("plan-pro", checkoutOptions=CHECKOUT)
    await shop.move("2024-04-02T00:00")
    await completed(shop, asked["id"])
    assert await shop.subscriptions() == []


async def test_a_checkout_for_a_future_start_makes_it_then(shop: Shop) -> None:
    await shop.open(PRO)
    future = {"startDate": "2024-04-10T00:00:00Z", "checkoutOptions": CHECKOUT}
    asked = await shop.provision("plan-pro", **future)
    assert asked["status"] == "PAYMENT_REQUIRED"
    await completed(shop, asked["id"])
    assert [one.status.value for one in await shop.subscriptions()] == ["NOT_STARTED"]
    await shop.move("2024-04-10T00:00")
    (one,) = await shop.subscriptions()
    assert (one.status.value, one.latest_invoice is not None) == ("ACTIVE", True)


async def test_a_checkout_keeps_the_wished_slug_and_content(shop: Shop) -> None:
    price = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats")
    await shop.open(a_plan("plan-seats", price), features=(a_feature(),))
    charges = [{"id": "feature-seats", "quantity": 5, "type": "FEATURE"}]
    given = {"charges": charges, "subscriptionId": "mine", "checkoutOptions": CHECKOUT}
    asked = await shop.provision("plan-seats", **given, additionalMetaData={"a": 1})
    await completed(shop, asked["id"])
    (one,) = await shop.subscriptions()
    assert (one.ref_id, one.additional_meta_data) == ("mine", {"a": 1})
    found = await shop.get({"subscriptionId": "mine"})
    assert (due(found), found["prices"]) == (50, [{"usageLimit": 5}])
