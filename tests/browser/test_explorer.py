"""The Explorer in a real browser that reaches nothing but this server."""

import time
from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from app.http.explorer import DIST
from tests.browser.conftest import CHROMIUM, WAIT_MS
from tests.ops.server_process import SERVER_KEY, Server, new_data_dir, running_server
from tests.support import WAIT_S

PROVISION_SUBSCRIPTION = """
mutation ($customerId: String!) {
  provisionCustomer(
    input: { customerId: $customerId, subscriptionParams: { planId: "plan-revvenu-basic" } }
  ) { subscription { refId } }
}
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not DIST.exists(), reason="the Explorer is not built: run scripts/serve"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with new_data_dir() as data_dir, running_server(data_dir) as running:
        yield running


@pytest.fixture
def outside_requests() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, server: Server, outside_requests: list[str]) -> Iterator[Page]:
    """A fresh page with every request to another address refused, and listed."""

    def guard(route: Route) -> None:
        if route.request.url.startswith((server.url, "data:", "blob:")):
            route.continue_()
        else:
            outside_requests.append(route.request.url)
            route.abort()

    with browser.new_context() as context:
        context.route("**/*", guard)
        context.set_default_timeout(WAIT_MS)
        yield context.new_page()


def test_the_first_document_with_the_prefilled_key_shows_the_demos_plans(
    page: Page, server: Server, outside_requests: list[str]
) -> None:
    page.goto(server.explorer_url)
    expect(page.get_by_label("X-API-KEY")).to_have_value(SERVER_KEY)

    result = page.locator(".result-window")
    expect(result).to_have_attribute("data-mode-id", "json")  # editors stand
    expect(page.locator(".graphiql-query-editor")).to_contain_text("FirstLook")
    page.get_by_role("button", name="Execute query").click()

    expect(result).to_contain_text('"refId": "plan-revvenu-growth"')
    assert outside_requests == []


def test_a_wrong_key_is_refused_and_an_emptied_field_brings_the_right_one_back(
    page: Page, server: Server
) -> None:
    page.goto(server.explorer_url)
    key = page.get_by_label("X-API-KEY")
    key.fill("server-wrong")
    key.press("Enter")
    expect(page.locator(".result-window")).to_contain_text("Unauthenticated")

    page.reload()
    expect(key).to_have_value("server-wrong")
    key.fill("")
    key.press("Enter")
    expect(key).to_have_value(SERVER_KEY)


def test_the_documentation_is_read_from_the_schema(page: Page, server: Server) -> None:
    page.goto(server.explorer_url)
    page.get_by_role("button", name="Show Documentation Explorer").click()

    expect(page.locator(".graphiql-doc-explorer")).to_contain_text("Query")


def test_a_live_subscription_shows_what_changes(page: Page, server: Server) -> None:
    document = "subscription Live { entitlementsUpdated { customerId } }"
    page.add_init_script(f"localStorage.setItem('graphiql:query', '{document}')")
    page.goto(server.explorer_url)
    result = page.locator(".result-window")
    expect(result).to_have_attribute("data-mode-id", "json")
    expect(page.locator(".graphiql-query-editor")).to_contain_text("Live")
    page.get_by_role("button", name="Execute query").click()

    # Nothing says when the server listens: things happen until one is seen.
    end = time.monotonic() + WAIT_S
    for number in count():
        server.execute(PROVISION_SUBSCRIPTION, {"customerId": f"customer-{number}"})
        shown = result.inner_text().replace("\xa0", " ")  # the editor's own spaces
        if '"customerId": "customer-' in shown:
            return
        assert time.monotonic() < end, "nothing was heard"
