"""Payment methods, checkoutState and createPaymentSession; what `manual` refuses."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from tests.app.billing.shop import ATTACH, CHECKOUT, CUSTOMER, Shop
from tests.app.subscriptions.shop import open_shop
from tests.builders import a_customer, a_plan, a_price, a_resource
from tests.support import execute_document, new_environment

PRO = a_plan("plan-pro", a_price(50))
STATE = """query($input: CheckoutStateInput!) { checkoutState(input: $input) {
  setupSecret customer { customerId } plan { refId } resource { resourceId }
  activeSubscription { subscriptionId }
  billingIntegration { billingIdentifier credentials { accountId publicKey }
    billingCredentials { ... on StripeCheckoutCredentials { accountId setupSecret } } } } }"""
SESSION = "mutation($input: PaymentSessionInput!) { createPaymentSession(input: $input) { token } }"
DETACH = """mutation($id: String!) { detachCustomerPaymentMethod(input: {customerId: $id}) {
  hasPaymentMethod defaultPaymentMethodLast4Digits } }"""
PURCHASE = {"input": {"customerId": CUSTOMER, "planId": "plan-pro"}}


async def test_the_state_of_a_checkout(shop: Shop) -> None:
    await shop.open(PRO)
    state = (await shop.execute(STATE, PURCHASE)).ok["checkoutState"]
    assert state["customer"] == {"customerId": CUSTOMER}
    assert state["plan"] == {"refId": "plan-pro"}
    assert (state["resource"], state["activeSubscription"]) == (None, None)
    integration = state["billingIntegration"]
    assert integration["billingIdentifier"] == "STRIPE"
    assert integration["credentials"] == {"accountId": "sandbox", "publicKey": "sandbox"}
    assert integration["billingCredentials"]["setupSecret"] == state["setupSecret"]


async def test_the_state_has_the_look_of_the_checkout(shop: Shop) -> None:
    await shop.open(PRO)
    ask = """query($input: CheckoutStateInput!) { checkoutState(input: $input) {
      configuration { customCss content { collectPhoneNumber } palette { primary } } } }"""
    assert (await shop.execute(ask, PURCHASE)).ok == {"checkoutState": {"configuration": None}}
    look = {"content": {"collectPhoneNumber": True}, "palette": {"primary": "#123456"}}
    await shop.execute(
        "mutation($input: WidgetConfigurationUpdateInput!) { setWidgetConfiguration(input: $input) }",
        {"input": {"checkoutConfiguration": look}},
    )
    state = (await shop.execute(ask, PURCHASE)).ok["checkoutState"]
    assert state["configuration"] == look | {"customCss": None}


async def test_the_state_knows_the_subscription_in_force(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-pro")
    state = (await shop.execute(STATE, PURCHASE)).ok["checkoutState"]
    assert state["activeSubscription"] == {"subscriptionId": bought["subscriptionId"]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"customerId": "nobody"}, "CustomerNotFound"),
        ({"planId": "nothing"}, "PlanNotFound"),
        ({"productId": "product-other"}, "InvalidArgumentError"),
        ({"resourceId": "nowhere"}, "CustomerResourceNotFound"),
    ],
)
async def test_a_state_of_unknown_things_is_refused(
    shop: Shop, changes: dict[str, str], code: str
) -> None:
    await shop.open(PRO)
    answer = await shop.execute(STATE, {"input": PURCHASE["input"] | changes})
    assert answer.codes == [code]


async def test_a_payment_session_is_a_token(shop: Shop) -> None:
    await shop.open(PRO)
    answer = await shop.execute(SESSION, PURCHASE)
    assert answer.ok["createPaymentSession"]["token"].startswith("seti_")


async def test_a_method_is_attached_and_detached(shop: Shop) -> None:
    await shop.open(PRO)
    attached = await shop.execute(ATTACH, {"customer": CUSTOMER, "method": "pm_ok"})
    assert attached.ok["attachCustomerPaymentMethod"] == {
        "defaultPaymentMethodLast4Digits": "4242",
        "hasPaymentMethod": True,
    }
    detached = await shop.execute(DETACH, {"id": CUSTOMER})
    assert detached.ok["detachCustomerPaymentMethod"]["hasPaymentMethod"] is False
    again = await shop.execute(DETACH, {"id": CUSTOMER})
    assert again.codes == ["PaymentMethodNotFoundError"]


async def test_a_method_that_pays_cannot_be_detached(shop: Shop) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    await shop.buy("plan-pro")
    answer = await shop.execute(DETACH, {"id": CUSTOMER})
    assert answer.codes == ["CannotRemovePaymentMethodFromCustomerError"]


async def test_another_vendor_is_unsupported(shop: Shop) -> None:
    await shop.open(PRO)
    document = ATTACH.replace("STRIPE", "ZUORA")
    answer = await shop.execute(document, {"customer": CUSTOMER, "method": "pm_ok"})
    assert answer.codes == ["UnsupportedVendorIdentifier"]


async def test_a_checkout_keeps_no_billing_information(shop: Shop, engine: AsyncEngine) -> None:
    await shop.open(PRO)
    secret = {"billingAddress": {"line1": "1 Hidden Lane"}, "taxPercentage": 10}
    answer = await shop.provision("plan-pro", checkoutOptions=CHECKOUT, billingInformation=secret)
    async with shop.runtime.new_unit_of_work() as work:
        waiting = await work.checkouts.take(answer["id"])
    assert waiting is not None
    assert waiting.request.billing.information is None
    assert waiting.request.billing.tax_percentage == 10
    assert "Hidden" not in repr(waiting)


@pytest.fixture
async def manual(engine: AsyncEngine) -> Runtime:
    """An environment without a provider, with the same shop."""
    made = await new_environment(engine)
    await open_shop(made.runtime, PRO)
    return made.runtime


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (STATE, PURCHASE),
        (SESSION, PURCHASE),
        (ATTACH, {"customer": CUSTOMER, "method": "pm_ok"}),
        (DETACH, {"id": CUSTOMER}),
    ],
)
async def test_manual_has_no_integration(
    manual: Runtime, document: str, variables: dict[str, Any]
) -> None:
    answer = await execute_document(manual, document, variables)
    assert answer.codes == ["BillingIntegrationMissing"]


async def test_a_resource_is_shown(shop: Shop) -> None:
    customer = a_customer()
    await shop.open(PRO, customers=(customer,))
    async with shop.runtime.new_unit_of_work() as work:
        known = (await work.customers.by_ref_ids([CUSTOMER]))[CUSTOMER]
        resource = a_resource(known)
        await work.customers.ensure_resource(resource)
        await work.commit()
    asked = {"input": PURCHASE["input"] | {"resourceId": "resource-01"}}
    state = (await shop.execute(STATE, asked)).ok["checkoutState"]
    assert state["resource"] == {"resourceId": "resource-01"}
