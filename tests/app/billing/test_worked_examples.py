"""Worked examples of spec, subscriptions §18 over GraphQL, with the sandbox as provider."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.usecases.billing.sandbox import complete_checkout, deliver, pay_invoice
from app.usecases.billing.webhooks import receive_webhook
from app.usecases.subscriptions.change import cancel_schedule
from domain.catalog.enums import BillingModel, BillingPeriod, Currency
from domain.catalog.model import Package
from domain.subscriptions.enums import SubscriptionScheduleStatus, SubscriptionStatus
from tests.app.billing.shop import CHECKOUT, Shop, due
from tests.builders import a_customer, a_feature, a_plan, a_price
from tests.conftest import Execute

BASIC, PRO = a_plan("plan-basic", a_price(20)), a_plan("plan-pro", a_price(50))


async def test_an_upgrade_at_half_time_is_invoiced_now(shop: Shop) -> None:  # §18.2
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    first = await shop.buy("plan-basic")
    assert (due(first), first["latestInvoice"]["status"]) == (20, "PAID")
    await shop.move("2024-04-16T00:00")
    second = await shop.buy("plan-pro")
    assert due(second) == 15
    assert [line["amount"] for line in second["latestInvoice"]["lines"]] == [-10, 25]
    assert second["currentBillingPeriodEnd"] == "2024-05-01T00:00:00.000Z"
    assert (await shop.get(first))["cancelReason"] == "UpgradeOrDowngrade"


async def test_an_upgrade_with_a_new_anchor_is_charged_in_full(shop: Shop) -> None:  # §18.4
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    await shop.buy("plan-basic")
    await shop.move("2024-04-16T00:00")
    second = await shop.buy("plan-pro", billingCycleAnchor="NOW")
    assert due(second) == 40
    assert second["currentBillingPeriodEnd"] == "2024-05-16T00:00:00.000Z"


@pytest.mark.parametrize(("behavior", "renewal"), [("CREATE_PRORATIONS", 65), ("NONE", 50)])
async def test_prorations_may_wait_or_be_left_out(  # §18.4
    shop: Shop, behavior: str, renewal: float
) -> None:
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    await shop.buy("plan-basic")
    await shop.move("2024-04-16T00:00")
    second = await shop.buy("plan-pro", subscriptionProrationBehavior=behavior)
    assert second["latestInvoice"] is None
    await shop.move("2024-05-01T00:00")
    assert due(await shop.get(second)) == renewal


async def test_a_downgrade_fills_the_balance_that_the_renewal_uses(shop: Shop) -> None:  # §18.5
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    await shop.buy("plan-pro")
    await shop.move("2024-04-16T00:00")
    second = await shop.buy("plan-basic", scheduleStrategy="IMMEDIATE")
    assert due(second) == 0
    assert await shop.balance() == 15
    await shop.move("2024-05-01T00:00")
    renewed = (await shop.get(second))["latestInvoice"]
    assert (renewed["total"], renewed["amountDue"], renewed["appliedBalance"]) == (20, 5, 15)
    assert renewed["status"] == "PAID"
    assert await shop.balance() == 0


def a_seat_plan() -> Package:
    return a_plan("plan-seats", a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats"))


def seats(quantity: int) -> list[dict[str, Any]]:
    return [{"id": "feature-seats", "quantity": quantity, "type": "FEATURE"}]


async def test_more_seats_are_charged_for_the_rest(shop: Shop) -> None:  # §18.6
    await shop.open(a_seat_plan(), features=(a_feature(),))
    await shop.attach("pm_ok")
    first = await shop.buy("plan-seats", charges=seats(5))
    await shop.move("2024-04-21T00:00")
    updated = await shop.update(first, charges=seats(8))
    assert due(updated) == 10
    assert [line["amount"] for line in updated["latestInvoice"]["lines"]] == [-16.67, 26.67]


async def test_yen_are_whole(shop: Shop) -> None:  # §18.7
    low = a_plan("plan-low", a_price(1000, currency=Currency.JPY))
    high = a_plan("plan-high", a_price(2500, currency=Currency.JPY))
    await shop.open(low, high)
    await shop.attach("pm_ok")
    await shop.buy("plan-low")
    await shop.move("2024-04-10T08:30")
    assert due(await shop.buy("plan-high")) == 1032


async def test_a_longer_period_starts_over(shop: Shop) -> None:  # §18.8
    annual = a_price(200, period=BillingPeriod.ANNUALLY)
    await shop.open(a_plan("plan-basic", a_price(20), annual))
    await shop.attach("pm_ok")
    first = await shop.buy("plan-basic", billingPeriod="MONTHLY")
    await shop.move("2024-04-16T00:00")
    updated = await shop.update(first, billingPeriod="ANNUALLY")
    assert due(updated) == 190
    assert updated["currentBillingPeriodEnd"] == "2025-04-16T00:00:00.000Z"


@pytest.mark.parametrize(("prorate", "balance"), [(None, "33.33"), (False, "0")])
async def test_canceling_gives_back_unless_told_not_to(  # §18.9
    shop: Shop, prorate: bool | None, balance: str
) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    first = await shop.buy("plan-pro")
    await shop.move("2024-04-11T00:00")
    given = {} if prorate is None else {"prorate": prorate}
    await shop.cancel(first, subscriptionCancellationTime="IMMEDIATE", **given)
    assert await shop.balance() == Decimal(balance)


async def test_tax_is_exclusive(shop: Shop) -> None:  # §18.15
    await shop.open(PRO)
    await shop.attach("pm_ok")
    first = await shop.buy("plan-pro", billingInformation={"taxPercentage": 17})
    assert (first["latestInvoice"]["tax"], first["latestInvoice"]["total"]) == (8.5, 58.5)


async def test_tax_comes_after_the_discount(shop: Shop) -> None:  # §18.15
    await shop.open(PRO)
    await shop.attach("pm_ok")
    first = await shop.buy(
        "plan-pro",
        billingInformation={"taxPercentage": 17},
        appliedCoupon={"discount": {"percentOff": 20}},
    )
    assert (first["latestInvoice"]["tax"], first["latestInvoice"]["total"]) == (6.8, 46.8)


async def test_a_checkout_provisions_once(shop: Shop) -> None:  # §18.20
    await shop.open(PRO)
    answer = await shop.provision("plan-pro", checkoutOptions=CHECKOUT)
    assert answer["status"] == "PAYMENT_REQUIRED"
    assert answer["subscription"] is None
    assert answer["id"] == answer["checkoutBillingId"]
    assert answer["checkoutUrl"].endswith(answer["checkoutBillingId"])
    await complete_checkout(answer["id"], "pm_ok", runtime=shop.runtime)
    await complete_checkout(answer["id"], "pm_ok", runtime=shop.runtime)
    found = await shop.subscriptions()
    assert [one.status for one in found] == [SubscriptionStatus.ACTIVE]
    assert found[0].latest_invoice is not None
    assert found[0].latest_invoice.amount_due == 50


async def test_a_repeated_webhook_has_no_second_effect(shop: Shop) -> None:  # §18.20
    await shop.open(PRO)
    answer = await shop.provision("plan-pro", checkoutOptions=CHECKOUT)
    async with shop.runtime.new_unit_of_work() as work:
        sandbox: Any = work.billing
        await sandbox.complete_checkout(answer["id"], "pm_ok")
        webhook = await sandbox.next_webhook()
        await work.commit()
    _, body, signature = webhook
    heard = [await receive_webhook(body, signature, runtime=shop.runtime) for _ in range(2)]
    assert heard == [True, False]
    assert len(await shop.subscriptions()) == 1
    assert await deliver(shop.runtime) == 1
    assert len(await shop.subscriptions()) == 1


async def test_an_expired_checkout_provisions_nothing(shop: Shop) -> None:
    await shop.open(PRO)
    answer = await shop.provision("plan-pro", checkoutOptions=CHECKOUT)
    await shop.move("2024-04-02T00:00")
    await complete_checkout(answer["id"], "pm_ok", runtime=shop.runtime)
    assert await shop.subscriptions() == []
    async with shop.runtime.new_unit_of_work() as work:
        assert await work.checkouts.take(answer["id"]) is None


async def test_a_declined_card_leaves_it_pending_for_23_hours(shop: Shop) -> None:  # §18.20
    await shop.open(PRO)
    await shop.attach("pm_fail")
    first = await shop.buy("plan-pro")
    assert (first["status"], first["paymentCollection"]) == ("PAYMENT_PENDING", "FAILED")
    assert first["latestInvoice"]["errorMessage"] == "Your card was declined."
    assert "/sandbox/invoice/" in first["latestInvoice"]["paymentUrl"]
    await shop.move("2024-04-01T23:00")
    ended = await shop.get(first)
    assert (ended["status"], ended["cancelReason"]) == ("CANCELED", "PendingPaymentExpired")


@pytest.mark.parametrize(
    ("method", "collection"),
    [("pm_action", "ACTION_REQUIRED"), ("pm_processing", "PROCESSING"), ("pm_fail", "FAILED")],
)
async def test_a_pending_subscription_starts_when_it_is_paid(
    shop: Shop, method: str, collection: str
) -> None:
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    old = await shop.buy("plan-basic")
    await shop.attach(method)
    await shop.move("2024-04-16T00:00")
    new = await shop.buy("plan-pro")
    assert (new["status"], new["paymentCollection"]) == ("PAYMENT_PENDING", collection)
    assert (await shop.get(old))["status"] == "ACTIVE"
    await shop.move("2024-04-16T10:00")
    await pay_invoice(new["latestInvoice"]["billingId"], "pm_ok", runtime=shop.runtime)
    paid = await shop.get(new)
    assert (paid["status"], paid["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert paid["latestInvoice"]["status"] == "PAID"
    assert (await shop.get(old))["cancelReason"] == "UpgradeOrDowngrade"


async def test_an_unpaid_update_waits_and_can_be_dropped(shop: Shop) -> None:  # §18.21
    await shop.open(a_seat_plan(), features=(a_feature(),))
    await shop.attach("pm_ok")
    first = await shop.buy("plan-seats", charges=seats(5))
    await shop.attach("pm_fail")
    updated = await shop.update(first, charges=seats(8))
    assert (updated["status"], updated["paymentCollection"]) == ("ACTIVE", "FAILED")
    assert updated["prices"] == [{"usageLimit": 5}]
    assert updated["futureUpdates"] == [{"scheduleStatus": "PendingPayment"}]
    pending = SubscriptionScheduleStatus.PendingPayment
    await cancel_schedule(first["subscriptionId"], status=pending, runtime=shop.runtime)
    after = await shop.get(first)
    assert (after["paymentCollection"], after["futureUpdates"]) == ("NOT_REQUIRED", [])


async def test_a_paid_update_applies(shop: Shop) -> None:
    await shop.open(a_seat_plan(), features=(a_feature(),))
    await shop.attach("pm_ok")
    first = await shop.buy("plan-seats", charges=seats(5))
    await shop.attach("pm_fail")
    updated = await shop.update(first, charges=seats(8))
    await pay_invoice(updated["latestInvoice"]["billingId"], "pm_ok", runtime=shop.runtime)
    after = await shop.get(first)
    assert after["prices"] == [{"usageLimit": 8}]
    assert (after["paymentCollection"], after["futureUpdates"]) == ("NOT_REQUIRED", [])


async def test_a_failed_renewal_is_retried_then_canceled_by_billing(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    first = await shop.buy("plan-pro")
    await shop.attach("pm_fail")
    await shop.move("2024-05-07T23:59")
    failing = await shop.get(first)
    assert (failing["status"], failing["paymentCollection"]) == ("ACTIVE", "FAILED")
    await shop.move("2024-05-08T00:00")
    ended = await shop.get(first)
    assert (ended["status"], ended["cancelReason"]) == ("CANCELED", "CancelledByBilling")


async def test_a_retry_with_a_better_card_settles_the_renewal(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    first = await shop.buy("plan-pro")
    await shop.attach("pm_fail")
    await shop.move("2024-05-01T12:00")
    await shop.attach("pm_ok")
    await shop.move("2024-05-20T00:00")
    settled = await shop.get(first)
    assert (settled["status"], settled["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert settled["latestInvoice"]["status"] == "PAID"


async def test_coupons_count_in_prorations(shop: Shop) -> None:  # §18.27
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    off = {"discount": {"percentOff": 20}}
    await shop.buy("plan-basic", appliedCoupon=off)
    await shop.move("2024-04-16T00:00")
    assert due(await shop.buy("plan-pro", appliedCoupon=off)) == 12


async def test_coupons_count_in_credits(shop: Shop) -> None:  # §18.27
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    off = {"discount": {"percentOff": 20}}
    await shop.buy("plan-pro", appliedCoupon=off)
    await shop.move("2024-04-16T00:00")
    second = await shop.buy("plan-basic", appliedCoupon=off, scheduleStrategy="IMMEDIATE")
    assert due(second) == 0
    assert await shop.balance() == 12


async def test_a_credit_is_of_what_was_paid(shop: Shop) -> None:  # §18.27
    await shop.open(PRO)
    await shop.attach("pm_ok")
    off = {"discount": {"amountsOff": [{"amount": 10, "currency": "USD"}]}}
    first = await shop.buy("plan-pro", appliedCoupon=off)
    assert due(first) == 40
    await shop.move("2024-04-16T00:00")
    await shop.cancel(first, subscriptionCancellationTime="IMMEDIATE")
    assert await shop.balance() == 20


async def test_a_sent_invoice_is_open_until_marked_as_paid(shop: Shop) -> None:
    customer = a_customer(email="ann@shop.test")
    await shop.open(PRO, customers=(customer,))
    first = await shop.buy("plan-pro", paymentCollectionMethod="INVOICE")
    assert (first["status"], first["latestInvoice"]["status"]) == ("ACTIVE", "OPEN")
    answer = await shop.execute(
        "mutation($id: String!) { markInvoiceAsPaid(input: {subscriptionId: $id}) }",
        {"id": first["subscriptionId"]},
    )
    assert answer.ok["markInvoiceAsPaid"] == first["latestInvoice"]["billingId"]
    assert (await shop.get(first))["latestInvoice"]["status"] == "PAID"


async def test_an_update_unpaid_for_23_hours_fails_and_its_invoice_is_void(shop: Shop) -> None:
    await shop.open(a_seat_plan(), features=(a_feature(),))
    await shop.attach("pm_ok")
    first = await shop.buy("plan-seats", charges=seats(5))
    await shop.attach("pm_fail")
    invoice = (await shop.update(first, charges=seats(8)))["latestInvoice"]
    await shop.move("2024-04-01T23:00")
    after = await shop.get(first)
    assert (after["status"], after["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert (after["latestInvoice"]["status"], after["futureUpdates"]) == ("CANCELED", [])
    await pay_invoice(invoice["billingId"], "pm_ok", runtime=shop.runtime)
    assert (await shop.get(first))["prices"] == [{"usageLimit": 5}]


async def test_an_answer_that_does_not_wait_is_processing(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    first = await shop.buy("plan-pro", awaitPaymentConfirmation=False)
    assert (first["status"], first["paymentCollection"]) == ("PAYMENT_PENDING", "PROCESSING")
    await shop.move("2024-04-01T00:01")
    paid = await shop.get(first)
    assert (paid["status"], paid["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")


async def test_a_pending_one_that_expires_leaves_what_it_would_replace(shop: Shop) -> None:
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    old = await shop.buy("plan-basic")
    await shop.attach("pm_fail")
    await shop.move("2024-04-16T00:00")
    new = await shop.buy("plan-pro")
    await shop.move("2024-04-17T00:00")
    ended = await shop.get(new)
    assert (ended["cancelReason"], ended["latestInvoice"]["status"]) == (
        "PendingPaymentExpired",
        "CANCELED",
    )
    assert (await shop.get(old))["status"] == "ACTIVE"
    await shop.attach("pm_ok")
    await shop.move("2024-05-02T00:00")
    renewed = await shop.get(old)
    assert (due(renewed), renewed["latestInvoice"]["status"]) == (20, "PAID")


UPDATE_ACCOUNT = """mutation ($input: UpdateAccountInput!) { updateAccount(input: $input)
  { displayName timezone subscriptionBillingAnchor subscriptionProrationBehavior } }"""


async def test_an_account_may_bill_by_the_calendar_month(  # §18.25
    shop: Shop, execute: Execute
) -> None:
    answer = await execute(
        UPDATE_ACCOUNT,
        {"input": {"displayName": "Acme", "subscriptionBillingAnchor": "START_OF_THE_MONTH"}},
    )
    assert answer.ok["updateAccount"]["subscriptionBillingAnchor"] == "START_OF_THE_MONTH"
    await shop.open(a_plan("plan-month", a_price(30)), at="2024-04-11T00:00")
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-month")
    assert due(bought) == 20
    assert bought["currentBillingPeriodEnd"] == "2024-05-01T00:00:00.000Z"
    await shop.move("2024-05-01T00:00")
    renewed = await shop.get(bought)
    assert due(renewed) == 30
    assert renewed["currentBillingPeriodEnd"] == "2024-06-01T00:00:00.000Z"


async def test_an_account_may_have_prorations_wait(shop: Shop, execute: Execute) -> None:  # §11
    given = {"displayName": "Acme", "subscriptionProrationBehavior": "CREATE_PRORATIONS"}
    await execute(UPDATE_ACCOUNT, {"input": given})
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    await shop.buy("plan-basic")
    await shop.move("2024-04-16T00:00")
    second = await shop.buy("plan-pro")
    assert second["latestInvoice"] is None
    await shop.move("2024-05-01T00:00")
    assert due(await shop.get(second)) == 65
    kept = (await execute("{ fetchAccount { subscriptionProrationBehavior } }")).ok
    assert kept == {"fetchAccount": {"subscriptionProrationBehavior": "CREATE_PRORATIONS"}}


async def test_a_longer_period_in_a_stub_is_charged_its_share_of_the_longer_one(
    shop: Shop, execute: Execute
) -> None:
    given = {"displayName": "Acme", "subscriptionBillingAnchor": "START_OF_THE_MONTH"}
    await execute(UPDATE_ACCOUNT, {"input": given})
    year = BillingPeriod.ANNUALLY
    low = a_plan("plan-low", a_price(30), a_price(300, period=year))
    high = a_plan("plan-high", a_price(60), a_price(600, period=year))
    await shop.open(low, high, at="2024-04-11T00:00")
    await shop.attach("pm_ok")
    await shop.buy("plan-low", billingPeriod="MONTHLY")
    await shop.move("2024-04-21T00:00")
    second = await shop.buy("plan-high", billingPeriod="ANNUALLY")
    assert [line["amount"] for line in second["latestInvoice"]["lines"]] == [-10, 16.39]
    await shop.move("2024-05-01T00:00")
    assert due(await shop.get(second)) == 600
