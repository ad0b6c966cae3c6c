"""Longer lives with the sandbox: trials, future starts, payers, codes, the test clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.main import create_app
from domain.catalog.enums import BillingModel
from domain.subscriptions.enums import SubscriptionStatus
from tests.app.billing.shop import CHECKOUT, CUSTOMER, PROVISION, Shop, due
from tests.builders import a_customer, a_feature, a_plan, a_price
from tests.support import TestEnvironment, test_settings

BASIC, PRO = a_plan("plan-basic", a_price(20)), a_plan("plan-pro", a_price(50))
TRIAL = {
    "isTrial": True,
    "trialEndDate": "2024-04-15T00:00:00Z",
    "trialEndBehavior": "CONVERT_TO_PAID",
}


async def a_trial(shop: Shop, method: str | None) -> dict[str, Any]:
    await shop.open(PRO)
    if method is not None:
        await shop.attach(method)
    return await shop.buy("plan-pro", trialOverrideConfiguration=TRIAL)


async def test_a_trial_converts_with_a_full_charge(shop: Shop) -> None:
    trial = await a_trial(shop, "pm_ok")
    assert (trial["status"], trial["latestInvoice"]) == ("IN_TRIAL", None)
    await shop.move("2024-04-16T00:00")
    converted = await shop.get(trial)
    assert (converted["status"], due(converted)) == ("ACTIVE", 50)
    assert converted["currentBillingPeriodStart"] == "2024-04-15T00:00:00.000Z"


async def test_a_trial_whose_card_is_declined_is_pending_and_expires(shop: Shop) -> None:
    trial = await a_trial(shop, "pm_fail")
    await shop.move("2024-04-15T00:00")
    pending = await shop.get(trial)
    assert (pending["status"], pending["paymentCollection"]) == ("PAYMENT_PENDING", "FAILED")
    await shop.move("2024-04-16T00:00")
    ended = await shop.get(trial)
    assert (ended["status"], ended["cancelReason"]) == ("CANCELED", "PendingPaymentExpired")


async def test_a_trial_without_a_card_ends(shop: Shop) -> None:
    trial = await a_trial(shop, None)
    await shop.move("2024-04-16T00:00")
    ended = await shop.get(trial)
    assert (ended["status"], ended["cancelReason"]) == ("EXPIRED", "TrialEnded")


async def test_a_trial_that_will_be_charged_may_start_with_a_checkout(shop: Shop) -> None:
    await shop.open(PRO)
    answer = await shop.provision(
        "plan-pro", trialOverrideConfiguration=TRIAL, checkoutOptions=CHECKOUT
    )
    assert answer["status"] == "PAYMENT_REQUIRED"


async def test_a_future_start_is_charged_then(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    ahead = await shop.buy("plan-pro", startDate="2024-04-10T00:00:00Z")
    assert (ahead["status"], ahead["latestInvoice"]) == ("NOT_STARTED", None)
    await shop.move("2024-04-20T00:00")
    begun = await shop.get(ahead)
    assert (begun["status"], due(begun)) == ("ACTIVE", 50)
    (kept,) = await shop.subscriptions()
    assert kept.latest_invoice is not None
    assert kept.latest_invoice.created_at == kept.start_date


async def test_a_future_start_needs_a_card_too(shop: Shop) -> None:
    await shop.open(PRO)
    wanted = {"customerId": CUSTOMER, "planId": "plan-pro", "startDate": "2024-04-10T00:00:00Z"}
    answer = await shop.execute(PROVISION, {"input": wanted})
    assert answer.codes == ["FailedToCreateCheckoutSessionError"]


async def test_a_future_start_that_cannot_be_paid_leaves_the_old_one(shop: Shop) -> None:
    await shop.open(BASIC, PRO)
    await shop.attach("pm_ok")
    old = await shop.buy("plan-basic")
    ahead = await shop.buy("plan-pro", startDate="2024-04-16T00:00:00Z")
    await shop.attach("pm_fail")
    await shop.move("2024-04-16T00:00")
    assert (await shop.get(ahead))["status"] == "PAYMENT_PENDING"
    assert (await shop.get(old))["status"] == "ACTIVE"
    await shop.move("2024-04-18T00:00")
    assert (await shop.get(ahead))["cancelReason"] == "PendingPaymentExpired"
    assert (await shop.get(old))["status"] == "ACTIVE"


async def test_the_paying_customer_pays(shop: Shop) -> None:
    payer = a_customer("customer-payer")
    await shop.open(PRO, customers=(a_customer(), payer))
    await shop.attach("pm_ok", customer="customer-payer")
    bought = await shop.buy("plan-pro", payingCustomerId="customer-payer")
    assert (bought["status"], due(bought)) == ("ACTIVE", 50)
    await shop.move("2024-04-16T00:00")
    await shop.cancel(bought, subscriptionCancellationTime="IMMEDIATE")
    assert await shop.balance(customer="customer-payer") == 25


@pytest.mark.parametrize(
    ("coupon", "amount"),
    [
        ({"promotionCode": "SANDBOX20"}, 40),
        ({"promotionCode": "SANDBOX10USD"}, 40),
        ({"billingCouponId": "coupon_50"}, 25),
    ],
)
async def test_the_providers_coupons_discount(
    shop: Shop, coupon: dict[str, str], amount: float
) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    assert due(await shop.buy("plan-pro", appliedCoupon=coupon)) == amount


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("NOPE", "PromotionCodeNotFound"),
        ("SANDBOX_INACTIVE", "PromotionCodeNotActive"),
        ("SANDBOX_USED_UP", "PromotionCodeMaxRedemptionsReached"),
        ("SANDBOX_MINIMUM", "PromotionCodeMinimumAmountNotReached"),
        ("SANDBOX_FIRST", "PromotionCodeCustomerNotFirstPurchase"),
        ("SANDBOX_OTHERS", "PromotionCodeNotForCustomer"),
    ],
)
async def test_codes_are_refused_for_their_reasons(shop: Shop, code: str, error: str) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    coupon = {"promotionCode": code}
    wanted = {"customerId": CUSTOMER, "planId": "plan-pro", "appliedCoupon": coupon}
    assert (await shop.execute(PROVISION, {"input": wanted})).codes == [error]
    assert await shop.subscriptions() == []


async def test_a_code_for_big_orders_counts_what_is_bought(shop: Shop) -> None:
    seats = a_price(20, model=BillingModel.PER_UNIT, feature="feature-seats")
    await shop.open(a_plan("plan-seats", seats), features=(a_feature(),))
    await shop.attach("pm_ok")
    coupon = {"promotionCode": "SANDBOX_MINIMUM"}
    wanted = {"customerId": CUSTOMER, "planId": "plan-seats", "appliedCoupon": coupon}
    preview = (
        "mutation($input: PreviewSubscriptionInput!) { previewSubscription(input: $input)"
        " { immediateInvoice { total { amount } } } }"
    )
    for document in (preview, PROVISION):
        refused = await shop.execute(document, {"input": wanted | {"unitQuantity": 4}})
        assert refused.codes == ["PromotionCodeMinimumAmountNotReached"]
    bought = await shop.buy("plan-seats", unitQuantity=5, appliedCoupon=coupon)
    assert due(bought) == 80


async def test_an_unknown_coupon_of_the_provider_is_not_found(shop: Shop) -> None:
    await shop.open(PRO)
    coupon = {"billingCouponId": "coupon_unknown"}
    wanted = {"customerId": CUSTOMER, "planId": "plan-pro", "appliedCoupon": coupon}
    assert (await shop.execute(PROVISION, {"input": wanted})).codes == ["CouponNotFound"]


async def test_a_backdated_start_is_free_until_its_next_period(shop: Shop) -> None:  # §18.19
    await shop.open(PRO, at="2024-03-20T00:00")
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-pro", startDate="2024-01-15T00:00:00Z")
    assert (bought["status"], bought["latestInvoice"]) == ("ACTIVE", None)
    await shop.move("2024-04-15T00:00")
    assert due(await shop.get(bought)) == 50


async def test_a_free_plan_asks_for_no_card(shop: Shop) -> None:
    await shop.open(a_plan("plan-free"))
    bought = await shop.buy("plan-free")
    assert (bought["status"], bought["latestInvoice"]) == ("ACTIVE", None)
    (kept,) = await shop.subscriptions()
    assert (kept.status, kept.billing_id) == (SubscriptionStatus.ACTIVE, None)


async def test_a_method_of_none_is_collected_elsewhere(shop: Shop) -> None:
    await shop.open(PRO)
    bought = await shop.buy("plan-pro", paymentCollectionMethod="NONE")
    assert (bought["status"], bought["latestInvoice"]) == ("ACTIVE", None)


# --- the test clock, as a client uses it ------------------------------------------------------


@pytest.fixture
async def api(environment: TestEnvironment) -> AsyncIterator[httpx.AsyncClient]:
    """The API with the environment's server key."""
    settings = test_settings(billing="sandbox", worker=False)
    app = create_app(settings, composition=environment.composition)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://plangate.test",
            headers={"X-API-KEY": environment.server_key},
        ) as client,
    ):
        yield client


async def test_the_test_clock_takes_the_provider_along(shop: Shop, api: httpx.AsyncClient) -> None:
    async def ask(document: str, **variables: Any) -> Any:
        answer = await api.post("/graphql", json={"query": document, "variables": variables})
        assert "errors" not in answer.json(), answer.json()
        return answer.json()["data"]

    await shop.open(PRO)
    start, end = "2026-04-01T00:00:00.000Z", "2026-07-01T00:00:00.000Z"
    clock = "mutation($at: DateTime!) { %sTestClock(input: {frozenTime: $at}) { frozenTime } }"
    attach = """mutation($method: String!) { attachCustomerPaymentMethod(input: {
      customerId: "customer-demo-01", paymentMethodId: $method, vendorIdentifier: STRIPE
    }) { id } }"""
    await ask(clock % "set", at=start)
    await ask(attach, method="pm_ok")
    wanted = {"customerId": CUSTOMER, "planId": "plan-pro"}
    made = (await ask(PROVISION, input=wanted))["provisionSubscriptionV2"]["subscription"]
    await ask(attach, method="pm_fail")
    await ask(clock % "advance", at=end)
    found = await ask(
        """query($id: String!) { getSubscription(input: {subscriptionId: $id}) {
          status cancelReason cancellationDate latestInvoice { status attemptCount } } }""",
        id=made["subscriptionId"],
    )
    assert found["getSubscription"] == {
        "status": "CANCELED",
        "cancelReason": "CancelledByBilling",
        "cancellationDate": "2026-05-08T00:00:00.000Z",
        "latestInvoice": {"status": "CANCELED", "attemptCount": 4},
    }


async def test_another_payer_is_refused_by_the_callers_names(shop: Shop) -> None:
    await shop.open(BASIC, PRO, customers=(a_customer(), a_customer("customer-b")))
    await shop.attach("pm_ok")
    await shop.buy("plan-basic")
    wanted = {"customerId": CUSTOMER, "planId": "plan-pro", "payingCustomerId": "customer-b"}
    answer = await shop.execute(PROVISION, {"input": wanted})
    extensions = answer.errors[0]["extensions"]
    assert extensions["code"] == "ChangingPayingCustomerIsNotSupportedError"
    assert extensions["currentPayingCustomerId"] == CUSTOMER
    assert extensions["newPayingCustomerId"] == "customer-b"


async def test_an_invoice_falls_due_though_the_address_is_gone(shop: Shop) -> None:
    await shop.open(PRO, customers=(a_customer(CUSTOMER, email="a@shop.test"),))
    made = await shop.buy("plan-pro", paymentCollectionMethod="INVOICE", skipTrial=True)
    forget = 'mutation { updateOneCustomer(input: {customerId: "%s", email: null}) { id } }'
    assert (await shop.execute(forget % CUSTOMER)).ok
    await shop.move("2024-05-02T00:00")
    renewed = await shop.get(made)
    assert renewed["currentBillingPeriodEnd"] == "2024-06-01T00:00:00.000Z"
