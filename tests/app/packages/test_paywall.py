"""The pricing page over GraphQL. Source: spec, catalog §8 and §11 step 8."""

from __future__ import annotations

from typing import Any

import pytest

from app.context import Principal
from domain.accounts.enums import ApiKeyType
from tests.app.packages.authoring import Author, flat_fee, per_unit, period
from tests.app.packages.test_versions import a_customer, subscribe
from tests.conftest import Recorder
from tests.support import execute_document

PAYWALL = """query ($input: GetPaywallInput!) { paywall(input: $input) {
  plans { refId displayName pricingType basePlan { refId } product { refId }
    prices { billingModel billingPeriod billingCountryCode price { amount currency } }
    entitlements { usageLimit feature { refId } hiddenFromWidgets }
    packageEntitlements { __typename }
    inheritedEntitlements { feature { refId } }
    compatibleAddons { refId prices { price { amount currency } } hiddenFromWidgets }
    defaultTrialConfig { duration units } }
  paywallCalculatedPricePoints { planId billingPeriod billingCountryCode amount currency
    additionalChargesMayApply feature { refId } }
  currency { code symbol } customer { customerId } activeSubscriptions { id }
  configuration { customCss } resource { resourceId } } }"""
MOCK = """query ($input: GetPaywallInput!) { mockPaywall(input: $input) {
  plans { refId basePlan { refId } product { refId }
    entitlements { usageLimit hasUnlimitedUsage isGranted currentUsage feature { refId } }
    inheritedEntitlements { feature { refId } }
    packageEntitlements { __typename }
    prices { billingModel price { amount } feature { refId } }
    compatibleAddons { refId maxQuantity prices { price { amount } } dependencies { refId } } } } }"""


async def paywall(author: Author, **input: Any) -> Any:
    return await author.ok(PAYWALL, **input)


async def test_the_flow_ends_in_three_plans_and_one_price_point(author: Author) -> None:
    await author.authoring_flow()
    shown = await paywall(author, productId="product-app")
    assert [p["refId"] for p in shown["plans"]] == ["plan-free", "plan-pro", "plan-enterprise"]
    assert shown["paywallCalculatedPricePoints"] == [
        {
            "planId": "plan-pro",
            "billingPeriod": "MONTHLY",
            "billingCountryCode": None,
            "amount": 30.0,
            "currency": "USD",
            "additionalChargesMayApply": True,
            "feature": None,
        }
    ]
    assert shown["currency"] == {"code": "USD", "symbol": "$"}
    enterprise = shown["plans"][2]
    assert enterprise["inheritedEntitlements"] == [{"feature": {"refId": "feature-sso"}}]
    assert enterprise["basePlan"] == {"refId": "plan-pro"}
    pro = shown["plans"][1]
    assert [a["refId"] for a in pro["compatibleAddons"]] == ["addon-support"]
    assert pro["defaultTrialConfig"] == {"duration": 14.0, "units": "DAY"}
    assert (shown["customer"], shown["activeSubscriptions"]) == (None, None)


async def test_the_mock_shows_the_same_plans_without_usage(author: Author) -> None:
    await author.authoring_flow()
    free, pro, enterprise = (await author.ok(MOCK, productId="product-app"))["plans"]
    assert [p["refId"] for p in (free, pro, enterprise)] == [
        "plan-free",
        "plan-pro",
        "plan-enterprise",
    ]
    assert free["entitlements"][0] == {
        "usageLimit": 1.0,
        "hasUnlimitedUsage": False,
        "isGranted": True,
        "currentUsage": None,
        "feature": {"refId": "feature-seats"},
    }
    assert pro["prices"][1]["feature"] == {"refId": "feature-seats"}
    assert pro["compatibleAddons"] == [
        {
            "refId": "addon-support",
            "maxQuantity": 1.0,
            "prices": [{"price": {"amount": 15.0}}],
            "dependencies": [],
        }
    ]
    assert enterprise["inheritedEntitlements"] == [{"feature": {"refId": "feature-sso"}}]
    assert enterprise["basePlan"] == {"refId": "plan-pro"}


async def test_get_paywall_lists_the_same_plans(author: Author) -> None:
    await author.authoring_flow()
    document = "query ($input: GetPaywallInput!) { getPaywall(input: $input) { refId } }"
    plans = await author.ok(document, productId="product-app")
    assert [p["refId"] for p in plans] == ["plan-free", "plan-pro", "plan-enterprise"]


async def localized_pro(author: Author) -> None:
    await author.features()
    await author.product()
    addon = await author.addon("addon-support")
    await author.price(
        addon, {"billingModel": "FLAT_FEE", "pricePeriods": [period(15), period(900, "IN", "INR")]}
    )
    await author.publish(addon, kind="Addon")
    pro = await author.plan("plan-pro")
    await author.price(
        pro,
        {
            "billingModel": "FLAT_FEE",
            "pricePeriods": [period(20), period(1500, "IN", "INR")],
        },
    )
    await author.ok(
        "mutation ($input: SetCompatibleAddonsOnPlanInput!)"
        " { setCompatibleAddonsOnPlan(input: $input) { id } }",
        id=pro,
        relationIds=[addon],
    )
    await author.publish(pro)


@pytest.mark.parametrize(
    ("country", "code", "symbol", "amount", "addon"),
    [
        ("IN", "INR", "₹", 1500.0, 900.0),
        ("FR", "USD", "$", 20.0, 15.0),
        (None, "USD", "$", 20.0, 15.0),
    ],
)
async def test_prices_follow_the_country(
    author: Author, country: str | None, code: str, symbol: str, amount: float, addon: float
) -> None:
    await localized_pro(author)
    shown = await paywall(author, productId="product-app", billingCountryCode=country)
    assert shown["currency"] == {"code": code, "symbol": symbol}
    [plan] = shown["plans"]
    assert [p["price"] for p in plan["prices"]] == [{"amount": amount, "currency": code}]
    assert plan["compatibleAddons"][0]["prices"] == [{"price": {"amount": addon, "currency": code}}]
    [point] = shown["paywallCalculatedPricePoints"]
    assert (point["amount"], point["currency"]) == (amount, code)


async def test_all_countries_prices_are_for_server_keys(author: Author) -> None:
    await localized_pro(author)
    input = {"productId": "product-app", "fetchAllCountriesPrices": True}
    shown = await paywall(author, **input)
    points = shown["paywallCalculatedPricePoints"]
    assert [(p["billingCountryCode"], p["amount"]) for p in points] == [
        (None, 20.0),
        ("IN", 1500.0),
    ]
    assert len(shown["plans"][0]["prices"]) == 2
    client = Principal(scope=author.runtime.environment, key_type=ApiKeyType.CLIENT)
    document = "query ($input: GetPaywallInput!) { paywall(input: $input) { plans { refId } } }"
    refused = await execute_document(author.runtime, document, {"input": input}, principal=client)
    assert refused.codes == ["FetchAllCountriesPricesNotAllowed"]


async def test_hidden_plans_are_left_out_unless_included(author: Author) -> None:
    await author.product()
    hidden = await author.plan("plan-free", pricingType="FREE", hiddenFromWidgets=["PAYWALL"])
    await author.publish(hidden)
    assert (await paywall(author, productId="product-app"))["plans"] == []
    included = await paywall(author, productId="product-app", includeHiddenPlans=True)
    assert [p["refId"] for p in included["plans"]] == ["plan-free"]
    portal = await paywall(author, productId="product-app", context="CUSTOMER_PORTAL")
    assert [p["refId"] for p in portal["plans"]] == ["plan-free"]


async def test_paid_plans_are_ordered_by_price_and_the_seat_is_named(author: Author) -> None:
    await author.features()
    await author.product()
    dear = await author.plan("plan-a")
    await author.price(dear, flat_fee(100))
    cheap = await author.plan("plan-b")
    await author.price(cheap, per_unit("feature-seats", 12, 2))
    for plan in (dear, cheap):
        await author.publish(plan)
    shown = await paywall(author, productId="product-app")
    assert [p["refId"] for p in shown["plans"]] == ["plan-b", "plan-a"]
    seat = shown["paywallCalculatedPricePoints"][0]
    assert (seat["amount"], seat["feature"]) == (24.0, {"refId": "feature-seats"})
    assert seat["additionalChargesMayApply"] is False


async def test_unknown_things_are_refused(author: Author) -> None:
    assert await author.codes(PAYWALL, productId="nothing") == ["ProductNotFoundError"]
    assert await author.codes(PAYWALL) == ["NoProductsAvailable"]
    await author.product()
    assert await author.codes(PAYWALL, customerId="nobody") == ["CustomerNotFound"]
    assert await author.codes(PAYWALL, offerId="offer") == ["OfferNotFound"]
    assert (await paywall(author))["plans"] == []


async def test_a_customer_sees_what_is_held(author: Author) -> None:
    await author.authoring_flow()
    await a_customer(author)
    held = await subscribe(author, "plan-free")
    document = """query ($input: GetPaywallInput!) { paywall(input: $input) {
      customer { customerId eligibleForTrial { productRefId eligible } } resource { resourceId }
      activeSubscriptions { subscriptionId plan { refId } } } }"""
    given = {"productId": "product-app", "customerId": "customer-1"}
    shown = await author.ok(document, **given)
    assert shown["customer"]["customerId"] == "customer-1"
    assert shown["activeSubscriptions"] == [
        {"subscriptionId": held, "plan": {"refId": "plan-free"}}
    ]
    assert shown["resource"] is None
    of_resource = await author.ok(document, resourceId="site-1", **given)
    assert of_resource["activeSubscriptions"] == []


async def test_without_a_product_the_one_with_a_plan_is_shown(author: Author) -> None:
    await author.product("product-empty")
    await author.product("product-app")
    plan = await author.plan("plan-free", pricingType="FREE")
    await author.publish(plan)
    shown = await paywall(author)
    assert [p["refId"] for p in shown["plans"]] == ["plan-free"]


async def test_five_plans_with_twenty_entitlements_take_at_most_eight_statements(
    author: Author, count_statements: Recorder
) -> None:
    await author.product()
    for number in range(20):
        await author.feature(f"feature-{number}", "NUMBER", "Fluctuating")
    for number in range(5):
        plan = await author.plan(f"plan-{number}")
        await author.entitle(
            plan, *({"featureId": f"feature-{n}", "usageLimit": n} for n in range(20))
        )
        await author.price(plan, flat_fee(number + 1))
        await author.publish(plan)
    with count_statements() as executed:
        shown = await paywall(author, productId="product-app")
    assert len(shown["plans"]) == 5
    assert all(len(p["entitlements"]) == 20 for p in shown["plans"])
    assert len(executed) <= 8, executed
    with count_statements() as executed:
        await author.ok(MOCK, productId="product-app")
    assert len(executed) <= 8, executed
