"""The sandbox's pages and the webhooks' address, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid5

import httpx
import pytest

from app.billing.sandbox import SandboxProvider
from app.http.billing_webhooks import SIGNATURE_HEADER
from app.main import create_app
from domain.subscriptions.enums import SubscriptionStatus
from tests.app.billing.shop import CHECKOUT, Shop
from tests.builders import a_plan, a_price
from tests.support import TestEnvironment, test_settings

PRO = a_plan("plan-pro", a_price(50))


@pytest.fixture
async def browser(environment: TestEnvironment) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a key."""
    settings = test_settings(billing="sandbox", worker=False)
    app = create_app(settings, composition=environment.composition)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://plangate.test"
        ) as client,
    ):
        yield client


async def a_checkout(shop: Shop) -> str:
    """The path of a new checkout's page."""
    await shop.open(PRO)
    answer = await shop.provision("plan-pro", checkoutOptions=CHECKOUT)
    return str(httpx.URL(answer["checkoutUrl"]).path)


async def test_a_checkout_is_paid_on_its_page(shop: Shop, browser: httpx.AsyncClient) -> None:
    page = await a_checkout(shop)
    shown = await browser.get(page)
    assert shown.status_code == 200
    assert "50.00 USD" in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    paid = await browser.post(page, data={"act": "pm_ok"})
    assert (paid.status_code, paid.headers["location"]) == (303, "https://shop.test/ok")
    assert [one.status for one in await shop.subscriptions()] == [SubscriptionStatus.ACTIVE]
    assert "This checkout is complete." in (await browser.get(page)).text
    await browser.post(page, data={"act": "pm_ok"})
    assert len(await shop.subscriptions()) == 1


async def test_the_page_names_no_other_address(shop: Shop, browser: httpx.AsyncClient) -> None:
    shown = (await browser.get(await a_checkout(shop))).text
    for forbidden in ("http://", "https://", "src=", "href="):
        assert forbidden not in shown


async def test_a_declined_card_stays_on_the_page(shop: Shop, browser: httpx.AsyncClient) -> None:
    page = await a_checkout(shop)
    declined = await browser.post(page, data={"act": "pm_fail"})
    assert declined.status_code == 200
    assert "Your card was declined." in declined.text
    assert await shop.subscriptions() == []


async def test_a_customer_may_turn_back(shop: Shop, browser: httpx.AsyncClient) -> None:
    page = await a_checkout(shop)
    left = await browser.post(page, data={"act": "cancel"})
    assert (left.status_code, left.headers["location"]) == (303, "https://shop.test/back")
    late = await browser.post(page, data={"act": "pm_ok"})
    assert late.headers["location"] == "https://shop.test/back"
    assert await shop.subscriptions() == []


async def test_an_invoice_is_paid_on_its_page(shop: Shop, browser: httpx.AsyncClient) -> None:
    await shop.open(PRO)
    await shop.attach("pm_fail")
    first = await shop.buy("plan-pro")
    page = httpx.URL(first["latestInvoice"]["paymentUrl"]).path
    assert "Your card was declined." in (await browser.get(page)).text
    assert "declined" in (await browser.post(page, data={"act": "pm_fail"})).text
    assert "This invoice is paid." in (await browser.post(page, data={"act": "pm_ok"})).text
    assert (await shop.get(first))["status"] == "ACTIVE"


@pytest.mark.parametrize("kind", ["checkout", "invoice"])
async def test_unknown_pages_are_not_found(
    environment: TestEnvironment, browser: httpx.AsyncClient, kind: str
) -> None:
    own = environment.environment.id
    other = uuid5(own, "nobody")
    for page_id in ("x", f"cs_{own.hex}_0", f"cs_{other.hex}_0", "cs_zz_0"):
        assert (await browser.get(f"/sandbox/{kind}/{page_id}")).status_code == 404


async def a_webhook(shop: Shop) -> tuple[bytes, str]:
    """A paid checkout's webhook, not yet handed over."""
    await shop.open(PRO)
    answer = await shop.provision("plan-pro", checkoutOptions=CHECKOUT)
    async with shop.runtime.new_unit_of_work() as work:
        sandbox: Any = work.billing
        await sandbox.complete_checkout(answer["id"], "pm_ok")
        _, body, signature = await sandbox.next_webhook()
        await work.commit()
    return body, signature


async def test_a_signed_webhook_has_its_effect_once(
    shop: Shop, browser: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    body, signature = await a_webhook(shop)
    address = f"/webhooks/billing/{environment.environment.id}"
    headers = {SIGNATURE_HEADER: signature}
    first = await browser.post(address, content=body, headers=headers)
    assert (first.status_code, first.json()["repeated"]) == (200, False)
    second = await browser.post(address, content=body, headers=headers)
    assert (second.status_code, second.json()["repeated"]) == (200, True)
    assert len(await shop.subscriptions()) == 1


async def test_bad_signatures_and_unknown_integrations_are_refused(
    shop: Shop, browser: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    body, signature = await a_webhook(shop)
    address = f"/webhooks/billing/{environment.environment.id}"
    for headers in ({}, {SIGNATURE_HEADER: "t=1,v1=0"}):
        assert (await browser.post(address, content=body, headers=headers)).status_code == 400
    changed = body.replace(b"completed", b"expired")
    headers = {SIGNATURE_HEADER: signature}
    assert (await browser.post(address, content=changed, headers=headers)).status_code == 400
    elsewhere = "/webhooks/billing/somebody"
    assert (await browser.post(elsewhere, content=body, headers=headers)).status_code == 404
    assert await shop.subscriptions() == []


# --- outages ---------------------------------------------------------------------------------------


async def test_the_provider_is_taken_away_and_back_on_its_page(
    shop: Shop, environment: TestEnvironment, browser: httpx.AsyncClient
) -> None:
    await shop.open(PRO)
    await shop.attach("pm_ok")
    page = f"/sandbox/status/{environment.environment.id}"
    assert "The provider answers." in (await browser.get(page)).text
    assert "does not answer" in (await browser.post(page, data={"act": "stop"})).text
    bought = await shop.buy("plan-pro")
    assert bought["status"] == "PAYMENT_PENDING"
    assert "The provider answers." in (await browser.post(page, data={"act": "start"})).text
    await shop.move("2024-04-01T00:01")
    assert (await shop.get(bought))["status"] == "ACTIVE"


async def test_a_webhook_that_needs_the_absent_provider_is_asked_for_again(
    shop: Shop, environment: TestEnvironment, browser: httpx.AsyncClient
) -> None:
    await shop.open(PRO)
    coupon = {"promotionCode": "SANDBOX20"}
    answer = await shop.provision("plan-pro", checkoutOptions=CHECKOUT, appliedCoupon=coupon)
    status = f"/sandbox/status/{environment.environment.id}"
    await browser.post(status, data={"act": "stop"})
    page = httpx.URL(answer["checkoutUrl"]).path
    await browser.post(page, data={"act": "pm_ok"})
    assert await shop.subscriptions() == []
    async with shop.runtime.new_unit_of_work() as work:
        webhook = await cast("SandboxProvider", work.billing).next_webhook()
    assert webhook is not None
    _, body, signature = webhook
    address = f"/webhooks/billing/{environment.environment.id}"
    refused = await browser.post(address, content=body, headers={SIGNATURE_HEADER: signature})
    assert refused.status_code == 503
    await browser.post(status, data={"act": "start"})
    heard = await browser.post(address, content=body, headers={SIGNATURE_HEADER: signature})
    assert heard.json() == {"received": True, "repeated": False}
    assert [one.status for one in await shop.subscriptions()] == [SubscriptionStatus.ACTIVE]
