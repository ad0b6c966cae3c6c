"""A provider that does not answer: the server's state stands, the provider's follows.

Source: spec, subscriptions §16 (a failed sync).
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.usecases.billing.sandbox import set_outage
from domain.catalog.enums import BillingModel
from persistence.rows.sandbox import SandboxInvoiceRow
from tests.app.billing.shop import CHECKOUT, CUSTOMER, PROVISION, Shop, due
from tests.builders import a_customer, a_feature, a_plan, a_price

BASIC, PRO = a_plan("plan-basic", a_price(20)), a_plan("plan-pro", a_price(50))
SYNC = "billingId billingSyncError syncStates { status error syncedEntityId vendorIdentifier }"
SYNCED = "query($id: String!) { getSubscription(input: {subscriptionId: $id}) {" + SYNC + "} }"
CUSTOMER_SYNCED = """query($id: String!) { getCustomerByRefId(input: {customerId: $id}) {
  name billingId syncStates { status error } } }"""
LOGS = """query($type: EventLogEventLogTypeFilterComparison!) {
  eventLogs(filter: {eventLogType: $type}, paging: {first: 100}) { edges { node {
    entityType entityId payload } } } }"""
SILENT = "The billing provider does not answer"


async def stop(shop: Shop) -> None:
    await set_outage(is_out=True, runtime=shop.runtime)


async def answer_again(shop: Shop) -> None:
    await set_outage(is_out=False, runtime=shop.runtime)


async def synced(shop: Shop, subscription: dict[str, Any]) -> dict[str, Any]:
    found = (await shop.execute(SYNCED, {"id": subscription["subscriptionId"]})).ok
    return dict(found["getSubscription"])


async def told(shop: Shop, type_: str = "SYNC_FAILED") -> list[dict[str, Any]]:
    """The payloads of such events, oldest first."""
    edges = (await shop.execute(LOGS, {"type": {"eq": type_}})).ok["eventLogs"]["edges"]
    return [edge["node"]["payload"] for edge in reversed(edges)]


async def a_shop(shop: Shop, method: str = "pm_ok") -> None:
    await shop.open(BASIC, PRO, customers=(a_customer(email="a@b.co"),))
    await shop.attach(method)


def failure(name: str) -> dict[str, Any]:
    return {
        "error": {"code": "StripeError", "message": SILENT},
        "id": name,
        "entityType": "SUBSCRIPTION",
        "vendorIdentifier": "STRIPE",
    }


# --- a subscription is made ------------------------------------------------------------------------


async def test_a_purchase_awaits_its_payment_until_the_provider_answers(shop: Shop) -> None:
    await a_shop(shop)
    await stop(shop)
    bought = await shop.buy("plan-pro")
    assert (bought["status"], bought["paymentCollection"]) == ("PAYMENT_PENDING", "PROCESSING")
    assert bought["latestInvoice"] is None
    state = await synced(shop, bought)
    assert state["billingSyncError"] == SILENT
    (shown,) = state["syncStates"]
    assert (shown["status"], shown["error"]) == ("ERROR", SILENT)
    assert await told(shop) == [failure(bought["subscriptionId"])]
    await shop.move("2024-04-01T03:00")
    assert (await shop.get(bought))["status"] == "PAYMENT_PENDING"
    assert len(await told(shop)) == 1
    await answer_again(shop)
    await shop.move("2024-04-01T06:00")
    paid = await shop.get(bought)
    assert (paid["status"], paid["paymentCollection"], due(paid)) == ("ACTIVE", "NOT_REQUIRED", 50)
    assert paid["latestInvoice"]["status"] == "PAID"
    state = await synced(shop, bought)
    assert state["billingSyncError"] is None
    assert state["billingId"]
    assert state["syncStates"][0]["status"] == "SUCCESS"


async def test_it_is_tried_again_after_1_2_4_minutes(shop: Shop) -> None:
    await a_shop(shop)
    await stop(shop)
    bought = await shop.buy("plan-pro")
    await shop.move("2024-04-01T00:00:59")
    await answer_again(shop)
    await shop.move("2024-04-01T00:00:59.500")
    assert (await shop.get(bought))["status"] == "PAYMENT_PENDING"
    await stop(shop)
    await shop.move("2024-04-01T00:02:59")  # tried at 1 min
    await answer_again(shop)
    await shop.move("2024-04-01T00:02:59.999")
    assert (await shop.get(bought))["status"] == "PAYMENT_PENDING"
    await shop.move("2024-04-01T00:03")
    assert (await shop.get(bought))["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("method", "collection"), [("pm_fail", "FAILED"), ("pm_action", "ACTION_REQUIRED")]
)
async def test_what_is_charged_later_may_be_declined(
    shop: Shop, method: str, collection: str
) -> None:
    await a_shop(shop, method)
    await stop(shop)
    bought = await shop.buy("plan-pro")
    await answer_again(shop)
    await shop.move("2024-04-01T01:00")
    found = await shop.get(bought)
    assert (found["status"], found["paymentCollection"]) == ("PAYMENT_PENDING", collection)
    assert (found["latestInvoice"]["status"], due(found)) == ("OPEN", 50)
    (failed,) = await told(shop, "CUSTOMER_PAYMENT_FAILED")
    assert failed["error"]["code"] == collection
    await shop.move("2024-04-02T00:00")
    assert (await shop.get(bought))["cancelReason"] == "PendingPaymentExpired"


async def test_a_purchase_given_up_before_the_provider_heard_of_it_is_never_charged(
    shop: Shop,
) -> None:
    await a_shop(shop)
    await stop(shop)
    bought = await shop.buy("plan-pro")
    await shop.move("2024-04-01T23:00")
    ended = await shop.get(bought)
    assert (ended["status"], ended["cancelReason"]) == ("CANCELED", "PendingPaymentExpired")
    assert (await synced(shop, bought))["billingSyncError"] is None
    await answer_again(shop)
    await shop.move("2024-05-01T00:00")
    assert (await shop.get(bought))["latestInvoice"] is None
    assert await backlogs(shop) == 0


async def backlogs(shop: Shop) -> int:
    async with shop.runtime.new_unit_of_work() as work:
        ids = [one.id for one in await shop.subscriptions()]
        return len(await work.backlogs.of(ids))


async def test_an_invoice_is_sent_once_the_provider_answers(shop: Shop) -> None:
    await a_shop(shop)
    await stop(shop)
    bought = await shop.buy("plan-pro", paymentCollectionMethod="INVOICE")
    assert (bought["status"], bought["latestInvoice"]) == ("ACTIVE", None)
    await answer_again(shop)
    await shop.move("2024-04-01T01:00")
    found = await shop.get(bought)
    assert (found["status"], found["latestInvoice"]["status"], due(found)) == ("ACTIVE", "OPEN", 50)


async def test_a_future_start_during_an_outage_is_charged_after_it(shop: Shop) -> None:
    await a_shop(shop)
    ahead = await shop.buy("plan-pro", startDate="2024-04-10T00:00:00Z")
    await stop(shop)
    await shop.move("2024-04-10T00:00")
    assert (await shop.get(ahead))["status"] == "PAYMENT_PENDING"
    await answer_again(shop)
    await shop.move("2024-04-10T01:00")
    assert (await shop.get(ahead))["status"] == "ACTIVE"


async def test_a_free_plan_is_none_of_the_providers_business(shop: Shop) -> None:
    await shop.open(a_plan("plan-free"))
    await stop(shop)
    bought = await shop.buy("plan-free")
    assert bought["status"] == "ACTIVE"
    assert (await synced(shop, bought))["billingSyncError"] is None
    assert await told(shop) == []


# --- a subscription changes -------------------------------------------------------------------------


async def test_an_upgrade_takes_the_providers_subscription_over_later(shop: Shop) -> None:
    await a_shop(shop)
    old = await shop.buy("plan-basic")
    known_as = (await synced(shop, old))["billingId"]
    await stop(shop)
    await shop.move("2024-04-16T00:00")
    new = await shop.buy("plan-pro")
    assert new["status"] == "PAYMENT_PENDING"
    assert (await shop.get(old))["status"] == "ACTIVE"
    await answer_again(shop)
    await shop.move("2024-04-16T01:00")
    found = await shop.get(new)
    assert (found["status"], due(found)) == ("ACTIVE", 15)
    assert (await shop.get(old))["status"] == "CANCELED"
    assert (await synced(shop, new))["billingId"] == known_as
    assert (await synced(shop, old))["billingId"] is None
    assert await backlogs(shop) == 0


async def test_a_downgrade_is_credited_later(shop: Shop) -> None:
    await a_shop(shop)
    await shop.buy("plan-pro")
    await shop.move("2024-04-16T00:00")
    await stop(shop)
    new = await shop.buy("plan-basic")
    assert new["status"] == "ACTIVE"
    await answer_again(shop)
    await shop.move("2024-04-16T01:00")
    assert await shop.balance() == 15
    assert (await synced(shop, new))["syncStates"][0]["status"] == "SUCCESS"


async def test_two_plans_that_the_provider_missed_are_told_in_their_order(shop: Shop) -> None:
    await a_shop(shop)
    await stop(shop)
    first = await shop.buy("plan-basic", paymentCollectionMethod="INVOICE")
    second = await shop.buy("plan-pro", paymentCollectionMethod="INVOICE")
    assert (await shop.get(first))["status"] == "CANCELED"
    await answer_again(shop)
    await shop.move("2024-04-01T01:00")
    assert due(await shop.get(first)) == 20
    assert due(await shop.get(second)) == 30
    states = [await synced(shop, first), await synced(shop, second)]
    assert states[0]["billingId"] is None
    assert states[1]["billingId"] is not None
    assert [state["billingSyncError"] for state in states] == [None, None]
    assert await backlogs(shop) == 0


async def test_a_renewal_stays_active_and_is_charged_later(shop: Shop) -> None:
    await a_shop(shop)
    bought = await shop.buy("plan-pro")
    await stop(shop)
    await shop.move("2024-05-01T00:00")
    found = await shop.get(bought)
    assert (found["status"], found["paymentCollection"]) == ("ACTIVE", "PROCESSING")
    assert await told(shop, "CUSTOMER_PAYMENT_FAILED") == []
    await shop.move("2024-06-02T00:00")
    assert await told(shop) == [failure(bought["subscriptionId"])]
    await answer_again(shop)
    await shop.move("2024-06-03T00:00")
    found = await shop.get(bought)
    assert (found["status"], found["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
    assert await charged(shop) == [50, 50, 50]


async def charged(shop: Shop) -> list[float]:
    """What was paid at the provider, whenever."""
    environment_id = shop.runtime.environment.environment_id
    async with shop.runtime.new_unit_of_work() as work:
        books: Any = work
        rows = await books.sandbox.fetch(
            select(SandboxInvoiceRow.record).where(
                SandboxInvoiceRow.environment_id == environment_id
            )
        )
    return sorted(float(row.record.amount_due) for row in rows)


async def test_a_cancellation_stands_and_its_credit_follows(shop: Shop) -> None:
    await a_shop(shop)
    bought = await shop.buy("plan-pro")
    await shop.move("2024-04-16T00:00")
    await stop(shop)
    ended = await shop.cancel(bought, subscriptionCancellationTime="IMMEDIATE")
    assert ended["status"] == "CANCELED"
    state = await synced(shop, bought)
    assert (state["billingSyncError"], state["syncStates"][0]["status"]) == (SILENT, "ERROR")
    await answer_again(shop)
    assert await shop.balance() == 0
    await shop.move("2024-04-16T01:00")
    assert await shop.balance() == 25
    assert (await synced(shop, bought))["syncStates"][0]["status"] == "SUCCESS"


async def test_a_purchase_and_its_end_are_both_told(shop: Shop) -> None:
    await a_shop(shop)
    await stop(shop)
    bought = await shop.buy("plan-pro", paymentCollectionMethod="INVOICE")
    await shop.move("2024-04-16T00:00")
    await shop.cancel(bought, subscriptionCancellationTime="IMMEDIATE")
    await answer_again(shop)
    await shop.move("2024-04-17T00:00")
    assert await shop.balance() == 25
    assert await backlogs(shop) == 0


def seats(quantity: int) -> list[dict[str, Any]]:
    return [{"id": "feature-seats", "quantity": quantity, "type": "FEATURE"}]


async def five_seats(shop: Shop) -> dict[str, Any]:
    price = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats")
    await shop.open(a_plan("plan-seats", price), features=(a_feature(),))
    await shop.attach("pm_ok")
    return await shop.buy("plan-seats", charges=seats(5))


async def test_an_unpaid_change_waits_with_the_old_content(shop: Shop) -> None:
    bought = await five_seats(shop)
    await stop(shop)
    asked = await shop.update(bought, charges=seats(8))
    assert asked["futureUpdates"] == [{"scheduleStatus": "PendingPayment"}]
    assert (asked["paymentCollection"], asked["prices"]) == ("PROCESSING", [{"usageLimit": 5}])
    await answer_again(shop)
    await shop.move("2024-04-01T01:00")
    found = await shop.get(bought)
    assert (found["paymentCollection"], found["prices"]) == ("NOT_REQUIRED", [{"usageLimit": 8}])
    assert due(found) == 30


async def test_a_change_given_up_is_never_charged(shop: Shop) -> None:
    bought = await five_seats(shop)
    await stop(shop)
    await shop.update(bought, charges=seats(8))
    canceled = """mutation($id: String!) {
      cancelSchedule(input: {subscriptionId: $id, status: PendingPayment}) }"""
    await shop.execute(canceled, {"id": bought["subscriptionId"]})
    await answer_again(shop)
    await shop.move("2024-04-02T00:00")
    assert (await shop.get(bought))["prices"] == [{"usageLimit": 5}]
    assert await charged(shop) == [50]
    assert (await synced(shop, bought))["billingSyncError"] is None


async def test_a_second_change_takes_the_place_of_one_that_nobody_heard_of(shop: Shop) -> None:
    bought = await five_seats(shop)
    await stop(shop)
    await shop.update(bought, charges=seats(8))
    second = await shop.update(bought, charges=seats(10))
    assert second["futureUpdates"] == [{"scheduleStatus": "PendingPayment"}]
    assert (await synced(shop, bought))["billingSyncError"] == SILENT
    await answer_again(shop)
    await shop.move("2024-04-01T01:00")
    assert (await shop.get(bought))["prices"] == [{"usageLimit": 10}]
    assert await charged(shop) == [50, 50]


async def test_a_change_back_leaves_nothing_to_tell(shop: Shop) -> None:
    bought = await five_seats(shop)
    await stop(shop)
    await shop.update(bought, charges=seats(8))
    back = await shop.update(bought, charges=seats(5))
    assert back["futureUpdates"] == []
    assert (await synced(shop, bought))["billingSyncError"] is None
    assert await backlogs(shop) == 0


async def test_an_invoice_is_voided_later(shop: Shop) -> None:
    await a_shop(shop, "pm_fail")
    bought = await shop.buy("plan-pro")
    assert bought["latestInvoice"]["status"] == "OPEN"
    await stop(shop)
    await shop.cancel(bought, subscriptionCancellationTime="IMMEDIATE")
    assert (await shop.get(bought))["latestInvoice"]["status"] == "OPEN"
    await answer_again(shop)
    await shop.move("2024-04-01T01:00")
    assert (await shop.get(bought))["latestInvoice"]["status"] == "CANCELED"


# --- customers ---------------------------------------------------------------------------------------


async def test_a_customers_change_stands_and_follows(shop: Shop) -> None:
    await a_shop(shop)
    await stop(shop)
    update = """mutation($name: String!) { updateOneCustomer(input: {
      customerId: "customer-demo-01", name: $name }) { name syncStates { status error } } }"""
    changed = (await shop.execute(update, {"name": "New Name"})).ok["updateOneCustomer"]
    assert changed == {"name": "New Name", "syncStates": [{"status": "ERROR", "error": SILENT}]}
    (event,) = await told(shop)
    assert (event["id"], event["entityType"]) == (CUSTOMER, "CUSTOMER")
    await shop.execute(update, {"name": "Newer Name"})
    assert len(await told(shop)) == 1
    await answer_again(shop)
    await shop.move("2024-04-01T00:01")
    shown = (await shop.execute(CUSTOMER_SYNCED, {"id": CUSTOMER})).ok["getCustomerByRefId"]
    assert shown["name"] == "Newer Name"
    assert shown["syncStates"] == [{"status": "SUCCESS", "error": None}]


async def test_a_new_customer_is_made_there_later(shop: Shop) -> None:
    await a_shop(shop)
    await stop(shop)
    made = """mutation { provisionCustomer(input: {customerId: "customer-new", shouldSyncFree: true,
      subscriptionParams: null, billingInformation: {timezone: "Secret/Zone"}}) {
      customer { billingId syncStates { status error } } } }"""
    customer = (await shop.execute(made)).ok["provisionCustomer"]["customer"]
    assert customer["billingId"] is None
    error = f"{SILENT}; billing information is not kept: send it again"
    assert customer["syncStates"] == [{"status": "ERROR", "error": error}]
    assert "Zone" not in str(await told(shop))
    await answer_again(shop)
    await shop.move("2024-04-01T00:01")
    shown = (await shop.execute(CUSTOMER_SYNCED, {"id": "customer-new"})).ok["getCustomerByRefId"]
    assert shown["billingId"] is not None
    assert shown["syncStates"] == [{"status": "SUCCESS", "error": None}]


async def test_the_next_update_that_is_heard_ends_the_wait(shop: Shop) -> None:
    await a_shop(shop)
    await stop(shop)
    update = """mutation { updateOneCustomer(input: {
      customerId: "customer-demo-01", name: "N" }) { syncStates { status } } }"""
    await shop.execute(update)
    await answer_again(shop)
    again = (await shop.execute(update)).ok["updateOneCustomer"]
    assert again == {"syncStates": [{"status": "SUCCESS"}]}
    async with shop.runtime.new_unit_of_work() as work:
        assert await work.backlogs.next_due() is None


async def test_an_archived_customer_has_nothing_left_to_tell(shop: Shop) -> None:
    await a_shop(shop)
    await stop(shop)
    update = """mutation { updateOneCustomer(input: {
      customerId: "customer-demo-01", name: "N" }) { id } }"""
    await shop.execute(update)
    await shop.execute(
        'mutation { archiveCustomer(input: {customerId: "customer-demo-01"}) { id } }'
    )
    await shop.move("2024-04-01T00:01")
    async with shop.runtime.new_unit_of_work() as work:
        assert await work.backlogs.next_due() is None


# --- what needs the answer now -------------------------------------------------------------------------


async def test_a_checkout_cannot_be_made(shop: Shop) -> None:
    await shop.open(PRO)
    await stop(shop)
    wanted = {"customerId": CUSTOMER, "planId": "plan-pro", "checkoutOptions": CHECKOUT}
    answer = await shop.execute(PROVISION, {"input": wanted})
    assert answer.codes == ["FailedToCreateCheckoutSessionError"]
    (refused,) = await told(shop, "CREATE_SUBSCRIPTION_FAILED")
    assert refused["error"]["code"] == "FailedToCreateCheckoutSessionError"
    assert await shop.subscriptions() == []


@pytest.mark.parametrize(
    "document",
    [
        """mutation { attachCustomerPaymentMethod(input: { customerId: "customer-demo-01",
          paymentMethodId: "pm_2", vendorIdentifier: STRIPE }) { id } }""",
        """mutation { provisionSubscriptionV2(input: { customerId: "customer-demo-01",
          planId: "plan-pro", appliedCoupon: {promotionCode: "SANDBOX20"} }) { id } }""",
        """query { checkoutState(input: {
          customerId: "customer-demo-01", planId: "plan-pro" }) { setupSecret } }""",
    ],
)
async def test_what_only_the_provider_can_answer_is_refused(shop: Shop, document: str) -> None:
    await a_shop(shop)
    await stop(shop)
    answer = await shop.execute(document)
    (error,) = answer.errors
    assert error["extensions"]["code"] == "StripeError"
    assert error["extensions"]["isValidationError"] is False
    assert error["message"] == SILENT
