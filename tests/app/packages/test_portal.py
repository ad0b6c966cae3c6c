"""The customer portal over GraphQL. Source: spec, catalog §9."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.packages.authoring import Author, flat_fee
from tests.conftest import Execute, Recorder
from tests.support import MovableClock

PORTAL = """query ($input: CustomerPortalInput!) { customerPortal(input: $input) {
  billingInformation { email name defaultPaymentMethodLast4Digits }
  billingPortalUrl canUpgradeSubscription showWatermark
  configuration { customCss }
  entitlements { feature { refId } usageLimit }
  entitlementsV2 { ... on FeatureEntitlement { feature { refId } usageLimit } }
  promotionalEntitlements { displayName description usageLimit period hasUnlimitedUsage endDate }
  resource { resourceId }
  subscriptions {
    subscriptionId planId planName pricingType status trialRemainingDays
    billingPeriodRange { start end }
    addons { addonId displayName quantity }
    prices { billingModel billingPeriod price { amount currency } feature { refId } }
    pricing { pricingType unitQuantity usageBasedEstimatedBill price { amount } feature { refId }
      billingModel billingPeriod }
    totalPrice { subTotal { amount } total { amount } }
    previewNextInvoice { subTotal { amount } }
    scheduledUpdates { subscriptionScheduleType }
  } } }"""
PROVISION = """mutation ($input: ProvisionSubscriptionInput!) {
  provisionSubscriptionV2(input: $input) { subscription { subscriptionId } } }"""


async def portal(author: Author, **input: Any) -> Any:
    return await author.ok(PORTAL, **{"customerId": "customer-1", **input})


async def customer(execute: Execute, ref_id: str = "customer-1") -> None:
    await execute(
        "mutation ($input: ProvisionCustomerInput!)"
        " { provisionCustomer(input: $input) { customer { id } } }",
        {
            "input": {
                "customerId": ref_id,
                "name": "Acme",
                "email": "a@b.co",
                "excludeFromExperiment": False,
            }
        },
    )


async def provision(author: Author, plan: str, **more: Any) -> str:
    input = {"customerId": "customer-1", "planId": plan, **more}
    made = await author.ok(PROVISION, **input)
    id: str = made["subscription"]["subscriptionId"]
    return id


async def test_a_paid_subscription_in_the_portal(
    author: Author, execute: Execute, clock: MovableClock
) -> None:
    await author.authoring_flow()
    await customer(execute)
    id = await provision(
        author,
        "plan-pro",
        billingPeriod="MONTHLY",
        skipTrial=True,
        billableFeatures=[{"featureId": "feature-seats", "quantity": 3}],
        addons=[{"addonId": "addon-support", "quantity": 1}],
    )
    clock.move(days=5)
    reported = await execute(
        "mutation ($input: ReportUsageInput!) { reportUsage(input: $input) { id } }",
        {"input": {"customerId": "customer-1", "featureId": "feature-api-calls", "value": 1500}},
    )
    assert not reported.errors
    clock.move(seconds=1)
    shown = await portal(author)
    assert shown["billingInformation"] == {
        "email": "a@b.co",
        "name": "Acme",
        "defaultPaymentMethodLast4Digits": None,
    }
    assert shown["billingPortalUrl"] is None
    assert shown["showWatermark"] is False
    assert shown["canUpgradeSubscription"] is True, "enterprise descends from pro"
    (one,) = shown["subscriptions"]
    assert (one["subscriptionId"], one["planId"], one["pricingType"], one["status"]) == (
        id,
        "plan-pro",
        "PAID",
        "ACTIVE",
    )
    assert one["trialRemainingDays"] is None
    assert [(a["addonId"], a["quantity"]) for a in one["addons"]] == [("addon-support", 1)]
    assert [price["billingModel"] for price in one["prices"]] == [
        "FLAT_FEE",
        "PER_UNIT",
        "USAGE_BASED",
        "FLAT_FEE",
    ]
    assert one["pricing"] == {
        "pricingType": "PAID",
        "unitQuantity": 3,
        "usageBasedEstimatedBill": 5,
        "price": {"amount": 50},
        "feature": {"refId": "feature-seats"},
        "billingModel": "PER_UNIT",
        "billingPeriod": "MONTHLY",
    }
    assert one["totalPrice"]["total"] == {"amount": 65}
    assert one["previewNextInvoice"]["subTotal"] == {"amount": 70}
    assert one["scheduledUpdates"] == []
    limits = {row["feature"]["refId"]: row["usageLimit"] for row in shown["entitlements"]}
    assert limits["feature-seats"] == 3
    assert [row["feature"]["refId"] for row in shown["entitlementsV2"]] == list(limits)


async def test_trials_free_and_custom_plans(
    author: Author, execute: Execute, clock: MovableClock
) -> None:
    await author.authoring_flow()
    await customer(execute)
    await provision(author, "plan-free")
    (free,) = (await portal(author))["subscriptions"]
    assert free["pricing"] | {"billingModel": None, "billingPeriod": None} == {
        "pricingType": "FREE",
        "unitQuantity": None,
        "usageBasedEstimatedBill": None,
        "price": {"amount": 0},
        "feature": None,
        "billingModel": None,
        "billingPeriod": None,
    }
    assert free["previewNextInvoice"] == {"subTotal": {"amount": 0}}
    clock.move(seconds=1)
    await provision(
        author,
        "plan-pro",
        billingPeriod="MONTHLY",
        billableFeatures=[{"featureId": "feature-seats", "quantity": 1}],
    )
    clock.move(days=3, seconds=1)
    free, trial = (await portal(author))["subscriptions"]
    assert free["planId"] == "plan-free"
    assert (trial["status"], trial["trialRemainingDays"]) == ("IN_TRIAL", 11)
    await provision(author, "plan-enterprise")
    shown = await portal(author)
    custom = next(s for s in shown["subscriptions"] if s["planId"] == "plan-enterprise")
    assert custom["pricing"]["price"] is None
    assert shown["canUpgradeSubscription"] is False


async def test_only_the_scope_and_the_product_are_shown(author: Author, execute: Execute) -> None:
    await author.authoring_flow()
    await author.product("product-other")
    other = await author.plan("plan-other", product_id="product-other")
    await author.price(other, flat_fee(1))
    await author.publish(other)
    await customer(execute)
    await provision(author, "plan-free")
    await provision(author, "plan-other", billingPeriod="MONTHLY", resourceId="site-1")
    assert [s["planId"] for s in (await portal(author))["subscriptions"]] == ["plan-free"]
    scoped = await portal(author, resourceId="site-1")
    assert [s["planId"] for s in scoped["subscriptions"]] == ["plan-other"]
    assert scoped["resource"] == {"resourceId": "site-1"}
    assert (await portal(author, productId="product-other"))["subscriptions"] == []


async def test_promotions_that_are_visible_and_active(
    author: Author, execute: Execute, clock: MovableClock
) -> None:
    await author.authoring_flow()
    await customer(execute)
    grants = [
        {"featureId": "feature-sso", "period": "ONE_WEEK"},
        {"featureId": "feature-seats", "usageLimit": 5, "period": "LIFETIME", "isVisible": False},
        {"featureId": "feature-api-calls", "usageLimit": 5, "period": "LIFETIME"},
    ]
    granted = await execute(
        "mutation ($input: GrantPromotionalEntitlementsInput!)"
        " { grantPromotionalEntitlements(input: $input) { id } }",
        {"input": {"customerId": "customer-1", "promotionalEntitlements": grants}},
    )
    assert not granted.errors
    shown = (await portal(author))["promotionalEntitlements"]
    assert sorted((one["period"], one["usageLimit"]) for one in shown) == [
        ("LIFETIME", 5),
        ("ONE_WEEK", None),
    ]
    clock.move(days=8)
    assert len((await portal(author))["promotionalEntitlements"]) == 1


@pytest.mark.parametrize(
    ("input", "code"),
    [
        ({"customerId": "nobody"}, "CustomerNotFound"),
        ({"resourceId": "nowhere"}, "CustomerResourceNotFound"),
        ({"productId": "nothing"}, "ProductNotFoundError"),
    ],
)
async def test_what_is_unknown(
    author: Author, execute: Execute, input: dict[str, str], code: str
) -> None:
    await customer(execute)
    assert await author.codes(PORTAL, **{"customerId": "customer-1", **input}) == [code]


async def test_statements_do_not_grow_with_what_is_shown(
    author: Author, execute: Execute, count_statements: Recorder
) -> None:
    document = """query ($input: CustomerPortalInput!) { customerPortal(input: $input) {
      entitlements { feature { refId } } promotionalEntitlements { displayName }
      subscriptions { planName addons { displayName } prices { feature { refId } }
        pricing { price { amount } feature { refId } } totalPrice { total { amount } } } } }"""
    await author.authoring_flow()
    await customer(execute)
    counts = []
    for index in range(3):
        await author.product(f"product-{index}")
        plan = await author.plan(f"plan-{index}", product_id=f"product-{index}")
        await author.price(plan, flat_fee(1))
        await author.publish(plan)
        await provision(author, f"plan-{index}", billingPeriod="MONTHLY")
        await author.ok(document, customerId="customer-1")  # entitlements are resolved once
        with count_statements() as executed:
            await author.ok(document, customerId="customer-1")
        counts.append(len(executed))
    assert len(set(counts)) == 1
