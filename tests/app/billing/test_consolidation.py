"""SUBSCRIPTIONS_CONSOLIDATE_BILLING: one invoice a payer for what renews at one instant (§9)."""

from __future__ import annotations

from typing import Any

from domain.catalog.enums import BillingModel, MeterType
from tests.app.billing.shop import CUSTOMER, Shop, amounts, due
from tests.builders import a_customer, a_feature, a_plan, a_price, a_product

CALLS = a_feature("feature-calls", meter_type=MeterType.Incremental)
BASIC, PRO = a_plan("plan-basic", a_price(20)), a_plan("plan-pro", a_price(50))
METERED = a_plan(
    "plan-metered", a_price(10), a_price(1, model=BillingModel.USAGE_BASED, feature="feature-calls")
)
MANY = a_product(multiple_subscriptions=True)
PAYER = "customer-payer"


async def open_consolidated(shop: Shop, **given: Any) -> None:
    settings = {
        "displayName": "Acme",
        "subscriptionBillingAnchor": "SUBSCRIPTIONS_CONSOLIDATE_BILLING",
    }
    document = "mutation($i: UpdateAccountInput!) { updateAccount(input: $i) { displayName } }"
    assert (await shop.execute(document, {"i": settings})).ok
    await shop.open(
        BASIC, PRO, METERED, at="2024-04-16T00:00", product=MANY, features=(CALLS,), **given
    )
    await shop.attach("pm_ok")


async def two(shop: Shop) -> tuple[dict[str, Any], dict[str, Any]]:
    await open_consolidated(shop)
    first = await shop.buy("plan-basic", resourceId="resource-1")
    second = await shop.buy("plan-pro", resourceId="resource-2")
    assert (due(first), due(second)) == (10, 25)
    return first, second


async def invoices(shop: Shop, *subscriptions: dict[str, Any]) -> list[dict[str, Any]]:
    return [(await shop.get(one))["latestInvoice"] for one in subscriptions]


async def test_renewals_of_one_instant_share_an_invoice(shop: Shop) -> None:
    first, second = await two(shop)
    await shop.move("2024-05-01T00:00")
    one, other = await invoices(shop, first, second)
    assert one == other
    assert (one["status"], one["total"]) == ("PAID", 70)
    assert sorted(line["amount"] for line in one["lines"]) == [20, 50]
    await shop.move("2024-06-01T00:00")
    later, other = await invoices(shop, first, second)
    assert later == other
    assert later["billingId"] != one["billingId"]


async def test_the_balance_is_used_once(shop: Shop) -> None:
    first, second = await two(shop)
    third = await shop.buy("plan-pro", resourceId="resource-3")
    await shop.cancel(third, subscriptionCancellationTime="IMMEDIATE")
    assert await shop.balance() == 25
    await shop.move("2024-05-01T00:00")
    one, other = await invoices(shop, first, second)
    assert one == other
    assert (one["amountDue"], one["appliedBalance"]) == (45, 25)
    assert await shop.balance() == 0


async def test_each_has_its_own_coupon_and_usage(shop: Shop) -> None:
    await open_consolidated(shop)
    half = {"discount": {"percentOff": 50}}
    first = await shop.buy("plan-metered", resourceId="resource-1", appliedCoupon=half)
    second = await shop.buy("plan-metered", resourceId="resource-2")
    third = await shop.buy("plan-basic", resourceId="resource-3")
    await shop.use("feature-calls", 30, resourceId="resource-1")
    await shop.use("feature-calls", 7, resourceId="resource-2")
    await shop.move("2024-05-01T00:00")
    assert [one["status"] for one in await invoices(shop, first, second, third)] == ["OPEN"] * 3
    await shop.move("2024-05-01T01:00")
    one, other, last = await invoices(shop, first, second, third)
    assert one == other == last
    assert sorted(amounts(await shop.get(first))) == [7, 10, 10, 20, 30]
    assert (one["subTotal"], one["total"]) == (77, 77 - 40 / 2)


async def test_a_failure_marks_each_and_a_payment_settles_all(shop: Shop) -> None:
    first, second = await two(shop)
    await shop.attach("pm_fail")
    await shop.move("2024-05-01T00:00")
    failed = [await shop.get(one) for one in (first, second)]
    assert [(one["status"], one["paymentCollection"]) for one in failed] == [
        ("ACTIVE", "FAILED"),
        ("ACTIVE", "FAILED"),
    ]
    marked = await shop.execute(
        "mutation($id: String!) { markInvoiceAsPaid(input: {subscriptionId: $id}) }",
        {"id": first["subscriptionId"]},
    )
    assert marked.ok["markInvoiceAsPaid"] == failed[1]["latestInvoice"]["billingId"]
    await shop.move("2024-05-01T00:01")
    settled = [await shop.get(one) for one in (first, second)]
    assert [(one["paymentCollection"], one["latestInvoice"]["status"]) for one in settled] == [
        ("NOT_REQUIRED", "PAID"),
        ("NOT_REQUIRED", "PAID"),
    ]


async def test_what_is_never_paid_ends_each(shop: Shop) -> None:
    first, second = await two(shop)
    await shop.attach("pm_fail")
    await shop.move("2024-05-02T00:00")
    await shop.cancel(first, subscriptionCancellationTime="IMMEDIATE")
    await shop.move("2024-05-09T00:00")
    reasons = [(await shop.get(one))["cancelReason"] for one in (first, second)]
    assert reasons == ["Immediate", "CancelledByBilling"]


async def test_a_payers_renewals_for_others_join_its_own(shop: Shop) -> None:
    await open_consolidated(shop, customers=(a_customer(), a_customer(PAYER)))
    await shop.attach("pm_ok", customer=PAYER)
    paid_for = await shop.buy("plan-pro", resourceId="resource-1", payingCustomerId=PAYER)
    own = await shop.buy("plan-basic", customerId=PAYER, resourceId="resource-1")
    alone = await shop.buy("plan-basic", customerId=CUSTOMER, resourceId="resource-2")
    await shop.move("2024-05-01T00:00")
    one, other, apart = await invoices(shop, paid_for, own, alone)
    assert one == other
    assert (one["total"], apart["total"]) == (70, 20)


async def test_a_sent_invoice_is_known_once_it_is_final(shop: Shop) -> None:
    await open_consolidated(shop, customers=(a_customer(email="ann@shop.test"),))
    sent = {"paymentCollectionMethod": "INVOICE"}
    first = await shop.buy("plan-metered", resourceId="resource-1", **sent)
    second = await shop.buy("plan-basic", resourceId="resource-2", **sent)
    await shop.move("2024-05-01T01:00")
    one, other = await invoices(shop, first, second)
    assert one == other
    assert (one["status"], one["amountDue"]) == ("OPEN", 30)
