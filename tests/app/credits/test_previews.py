"""Previews of paid grants (entitlements §9.3, subscriptions §10): nothing is written."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.periods import wire_time
from tests.app.credits.conftest import Credits
from tests.conftest import Execute
from tests.support import Answer, MovableClock, TestEnvironment, new_environment

PREVIEW = """mutation ($input: PreviewCreditGrantInput!) { previewCreditGrant(input: $input) {
  subTotal { amount currency } discount { amount } tax { amount } total { amount }
  totalExcludingTax { amount } taxDetails { percentage inclusive displayName }
  discountDetails { name type value durationType start end }
  credits { initial { amount } used { amount } remaining { amount } }
} }"""
COUPON = "mutation ($input: CreateCouponInput!) { createOneCoupon(input: $input) { refId } }"
CUSTOMERS = """mutation ($coupon: String) {
  updateOneCustomer(input: {customerId: "customer-1", couponRefId: $coupon}) { customerId } }"""


class Previewer:
    def __init__(self, execute: Execute) -> None:
        self.execute = execute

    async def try_preview(self, **given: Any) -> Answer:
        input = {
            "customerId": "customer-1",
            "currencyId": "tokens",
            "amount": 100,
            "cost": {"amount": 25, "currency": "EUR"},
            **given,
        }
        return await self.execute(PREVIEW, {"input": input})

    async def preview(self, **given: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await self.try_preview(**given)).ok["previewCreditGrant"]
        return found

    async def coupon(self, ref_id: str, **given: Any) -> None:
        answer = await self.execute(COUPON, {"input": {"refId": ref_id, "name": ref_id, **given}})
        assert not answer.errors


@pytest.fixture
def previewer(credits: Credits, execute: Execute) -> Previewer:
    return Previewer(execute)


async def test_a_cost_and_nothing_else(previewer: Previewer, credits: Credits) -> None:
    assert await previewer.preview() == {
        "subTotal": {"amount": 25, "currency": "EUR"},
        "discount": None,
        "tax": None,
        "total": {"amount": 25},
        "totalExcludingTax": {"amount": 25},
        "taxDetails": None,
        "discountDetails": None,
        "credits": None,
    }
    assert await credits.grants() == []


async def test_the_customers_coupon_and_a_tax(previewer: Previewer, clock: MovableClock) -> None:
    await previewer.coupon("c20", percentOff=20)
    assert not (await previewer.execute(CUSTOMERS, {"coupon": "c20"})).errors
    shown = await previewer.preview(billingInformation={"taxPercentage": 17})
    assert (shown["subTotal"]["amount"], shown["discount"]["amount"]) == (25, 5)
    assert shown["totalExcludingTax"]["amount"] == 20
    assert (shown["tax"]["amount"], shown["total"]["amount"]) == (3.4, 23.4)
    assert shown["taxDetails"] == {"percentage": 17, "inclusive": False, "displayName": "Tax"}
    assert shown["discountDetails"] == {
        "name": "c20",
        "type": "PERCENTAGE",
        "value": 20,
        "durationType": "FOREVER",
        "start": wire_time(clock()),
        "end": None,
    }


async def test_the_given_coupon_displaces_the_customers(previewer: Previewer) -> None:
    await previewer.coupon("c20", percentOff=20)
    await previewer.coupon("ten", amountsOff=[{"amount": 10, "currency": "EUR"}])
    assert not (await previewer.execute(CUSTOMERS, {"coupon": "c20"})).errors
    shown = await previewer.preview(appliedCoupon={"couponId": "ten"})
    assert (shown["discount"]["amount"], shown["total"]["amount"]) == (10, 15)
    assert (shown["discountDetails"]["type"], shown["discountDetails"]["value"]) == ("FIXED", 10)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"customerId": "nobody"}, "CustomerNotFound"),
        ({"currencyId": "nothing"}, "CustomCurrencyNotFound"),
        ({"resourceId": "nowhere"}, "CustomerResourceNotFound"),
        ({"amount": 0}, "InvalidArgumentError"),
        ({"cost": {"amount": -1}}, "InvalidArgumentError"),
        ({"billingInformation": {"taxPercentage": -1}}, "InvalidArgumentError"),
        ({"appliedCoupon": {}}, "InvalidArgumentError"),
        ({"appliedCoupon": {"couponId": "none"}}, "CouponNotFound"),
        ({"appliedCoupon": {"promotionCode": "SANDBOX20"}}, "BillingIntegrationMissing"),
    ],
)
async def test_what_cannot_be_previewed(
    previewer: Previewer, given: dict[str, Any], code: str
) -> None:
    assert (await previewer.try_preview(**given)).codes == [code]


class TestWithAProvider:
    @pytest.fixture
    async def environment(self, engine: AsyncEngine) -> TestEnvironment:
        return await new_environment(engine, billing="sandbox")

    async def test_the_balance_and_the_providers_coupons(self, previewer: Previewer) -> None:
        shown = await previewer.preview(appliedCoupon={"billingCouponId": "coupon_10"})
        assert shown["total"]["amount"] == 22.5
        nothing = {"amount": 0}
        assert shown["credits"] == {"initial": nothing, "used": nothing, "remaining": nothing}
        by_code = await previewer.preview(appliedCoupon={"promotionCode": "SANDBOX20"})
        assert by_code["discount"]["amount"] == 5

    async def test_a_code_may_ask_for_more(self, previewer: Previewer) -> None:
        code = {"promotionCode": "SANDBOX_MINIMUM"}
        answer = await previewer.try_preview(appliedCoupon=code)
        assert answer.codes == ["PromotionCodeMinimumAmountNotReached"]
        much = await previewer.preview(appliedCoupon=code, cost={"amount": 200})
        assert much["total"]["amount"] == 160
