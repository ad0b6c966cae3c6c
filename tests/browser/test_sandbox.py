"""The sandbox provider's pages in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import CHROMIUM, WAIT_MS
from tests.ops.server_process import Server, new_data_dir, running_server

PROVISION_CUSTOMER = """mutation ($id: String!) { provisionCustomer(input: {
  customerId: $id, email: "ann@shop.test", subscriptionParams: null }) { customer { id } } }"""
PROVISION = """mutation ($input: ProvisionSubscriptionInput!) {
  provisionSubscriptionV2(input: $input) { status checkoutUrl subscription { subscriptionId
    latestInvoice { paymentUrl } } } }"""
ACTIVE = """query ($id: String!) { getActiveSubscriptions(input: {customerId: $id}) {
  status plan { refId } latestInvoice { status } } }"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with new_data_dir() as data_dir, running_server(data_dir, "--billing", "sandbox") as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        context.set_default_timeout(WAIT_MS)
        yield context.new_page()


def provisioned(server: Server, customer: str, **given: Any) -> Any:
    """What a new customer's provisioning of a paid plan of the demo answers."""
    server.execute(PROVISION_CUSTOMER, {"id": customer})
    wanted = {
        "customerId": customer,
        "planId": "plan-revvenu-essentials",
        "billingPeriod": "MONTHLY",
    }
    answer = server.execute(PROVISION, {"input": wanted | given})
    return answer["provisionSubscriptionV2"]


def checkout(server: Server, customer: str) -> str:
    """The address of a new checkout's page, which leads back to this server."""
    back = {
        "successUrl": f"{server.url}/health?paid={{CHECKOUT_SESSION_ID}}",
        "cancelUrl": f"{server.url}/health?canceled",
    }
    answer = provisioned(server, customer, checkoutOptions=back)
    assert answer["status"] == "PAYMENT_REQUIRED"
    return str(answer["checkoutUrl"])


def active(server: Server, customer: str) -> list[Any]:
    return list(server.execute(ACTIVE, {"id": customer})["getActiveSubscriptions"])


def test_a_checkout_is_paid_after_a_declined_card(page: Page, server: Server) -> None:
    address = checkout(server, "customer-pays")
    page.goto(address)
    expect(page.locator(".amount")).to_contain_text("USD")
    page.get_by_role("button", name="Pay with a card that is declined").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    assert active(server, "customer-pays") == []
    page.get_by_role("button", name="Pay", exact=True).click()
    page.wait_for_url(f"{server.url}/health?paid=cs_*")
    (bought,) = active(server, "customer-pays")
    assert (bought["status"], bought["latestInvoice"]["status"]) == ("ACTIVE", "PAID")
    page.goto(address)
    expect(page.get_by_text("This checkout is complete.")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


def test_a_checkout_is_turned_away_from(page: Page, server: Server) -> None:
    page.goto(checkout(server, "customer-leaves"))
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{server.url}/health?canceled")
    page.go_back()
    page.reload()
    assert active(server, "customer-leaves") == []


def test_the_provider_is_taken_away_and_back(page: Page, server: Server) -> None:
    environment = server.execute("{ currentEnvironment }")["currentEnvironment"]
    page.goto(f"{server.url}/sandbox/status/{environment}")
    page.get_by_role("button", name="Stop answering").click()
    expect(page.get_by_text("does not answer")).to_be_visible()
    page.get_by_role("button", name="Answer again").click()
    expect(page.get_by_text("The provider answers.")).to_be_visible()
