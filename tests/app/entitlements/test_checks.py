"""Checks over the whole path: scopes, denials in their order, both versions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import CustomCurrencyStatus, FeatureType, MeterType
from domain.catalog.model import CustomCurrency, UnitTransformation
from domain.ids import CurrencyId
from tests.app.usage.test_reporting import Customer
from tests.conftest import Execute
from tests.world import MONTHLY, World

V2 = """
query V2($query: GetEntitlementV2Input!) {
  entitlementV2(query: $query) {
    ... on FeatureEntitlement { isGranted accessDeniedReason validUntil usageLimit meterId }
    ... on CreditEntitlement { isGranted accessDeniedReason currency { currencyId displayName } }
  }
}
"""
CACHED = """
query Cached($query: FetchEntitlementsQuery!) {
  cachedEntitlements(query: $query) {
    feature { refId } isGranted accessDeniedReason usageLimit currentUsage hasUnlimitedUsage
    resetPeriod usagePeriodAnchor nextResetDate
    resetPeriodConfiguration { ... on MonthlyResetPeriodConfig { monthlyAccordingTo } }
  }
}
"""


@pytest.fixture
def customer(execute: Execute) -> Customer:
    return Customer(execute)


async def test_05_a_resource_sees_its_own_and_the_global_product(
    world: World, customer: Customer
) -> None:
    await world.feature()
    await world.plan("plan-global", world.gives(limit=10))
    await world.plan("plan-resource", world.gives(limit=25))
    await world.customer()
    one = await world.resource("r1")
    await world.resource("r2")
    await world.subscribe("plan-global")
    await world.subscribe("plan-resource", resource_id=one.id)
    limits = [(await customer.check(resourceId=r))["usageLimit"] for r in (None, "r1", "r2")]
    assert limits == [10, 25, 10]
    unknown = await customer.check(resourceId="r9")
    assert unknown["accessDeniedReason"] == "CustomerResourceNotFound"
    # Each scope counts in a bucket of its own, even under the global winner.
    await customer.report(4, resourceId="r2")
    usages = [(await customer.check(resourceId=r))["currentUsage"] for r in (None, "r1", "r2")]
    assert usages == [0, 0, 4]


async def test_denials_come_in_their_documented_order(world: World, customer: Customer) -> None:
    await world.feature()
    await world.feature("feature-other")
    await world.feature(
        "feature-flag", feature_type=FeatureType.BOOLEAN, meter_type=MeterType.NoMeter
    )
    await world.plan("plan-basic", world.gives(limit=1), world.gives("feature-flag"))
    await world.customer()
    await world.customer("customer-2")
    await world.customer("archived", deleted_at=world.now)
    await world.subscribe("plan-basic")

    async def reason(**given: Any) -> Any:
        answer = await customer.check(**given)
        assert answer["isGranted"] is (answer["accessDeniedReason"] is None)
        return answer["accessDeniedReason"]

    assert await reason(customerId="nobody", featureId="none") == "CustomerNotFound"
    assert await reason(customerId="archived", featureId="none") == "CustomerIsArchived"
    assert await reason(featureId="none", resourceId="r9") == "FeatureNotFound"
    assert await reason(resourceId="r9") == "CustomerResourceNotFound"
    assert await reason(customerId="customer-2") == "NoActiveSubscription"
    assert await reason(featureId="feature-other") == "NoFeatureEntitlementInSubscription"
    assert await reason(featureId="feature-flag") is None
    asked = {"requestedUsage": 1}
    assert await reason(featureId="feature-flag", options=asked) == "FeatureTypeMismatch"
    values = {"requestedValues": ["x"]}
    assert await reason(options=values) == "FeatureTypeMismatch"
    assert await reason() is None
    assert await reason(options={"requestedUsage": 2}) == "RequestedUsageExceedingLimit"


async def test_a_denial_names_the_feature_even_of_a_customer_that_was_archived(
    world: World, customer: Customer
) -> None:
    await world.feature()
    await world.plan("plan-basic", world.gives(limit=1))
    held = await world.customer()
    await world.subscribe("plan-basic")
    await customer.check()
    async with world.runtime.new_unit_of_work() as work:
        await work.customers.save(replace(held, deleted_at=world.now))
        await work.commit()
    denied = await customer.check()
    assert denied["accessDeniedReason"] == "CustomerIsArchived"
    assert denied["feature"] == {"refId": "feature-f"}
    assert (await customer.check(featureId="none"))["feature"] is None


async def test_a_negative_request_cannot_be_meant(world: World, execute: Execute) -> None:
    query = {"customerId": "c", "featureId": "f", "options": {"requestedUsage": -1}}
    document = "query ($q: FetchEntitlementQuery!) { entitlement(query: $q) { isGranted } }"
    assert (await execute(document, {"q": query})).codes == ["InvalidArgumentError"]


async def test_a_row_that_fails_takes_no_other_with_it(world: World, execute: Execute) -> None:
    await world.feature("feature-a", unit_transformation=UnitTransformation(divide=Decimal(0)))
    await world.feature("feature-b")
    await world.plan("plan-basic", world.gives("feature-a", 1), world.gives("feature-b", 1))
    await world.customer()
    await world.subscribe("plan-basic")
    rows = (await execute(CACHED, {"query": {"customerId": "customer-1"}})).ok["cachedEntitlements"]
    assert [(r["feature"]["refId"], r["isGranted"], r["accessDeniedReason"]) for r in rows] == [
        ("feature-a", False, "Unknown"),
        ("feature-b", True, None),
    ]


async def test_a_list_is_sorted_and_shows_every_field(world: World, execute: Execute) -> None:
    for ref_id in ("feature-b", "feature-a"):
        await world.feature(ref_id)
    await world.plan(
        "plan-basic",
        world.gives("feature-b", is_granted=False),
        world.gives("feature-a", 5, reset_rule=MONTHLY),
    )
    await world.customer()
    await world.subscribe("plan-basic")
    first, second = (await execute(CACHED, {"query": {"customerId": "customer-1"}})).ok[
        "cachedEntitlements"
    ]
    assert first == {
        "feature": {"refId": "feature-a"},
        "isGranted": True,
        "accessDeniedReason": None,
        "usageLimit": 5,
        "currentUsage": 0,
        "hasUnlimitedUsage": False,
        "resetPeriod": "MONTH",
        "resetPeriodConfiguration": {"monthlyAccordingTo": "SubscriptionStart"},
        "usagePeriodAnchor": "2024-03-10T12:00:00.000Z",
        "nextResetDate": "2024-04-10T12:00:00.000Z",
    }
    assert (second["feature"]["refId"], second["accessDeniedReason"]) == ("feature-b", "Revoked")


async def test_the_second_version_takes_a_feature_or_a_currency(
    world: World, execute: Execute
) -> None:
    await world.feature()
    await world.plan("plan-basic", world.gives(limit=5, reset_rule=MONTHLY))
    await world.customer()
    await world.subscribe("plan-basic")
    async with world.runtime.new_unit_of_work() as work:
        await work.currencies.add(
            CustomCurrency(
                id=CurrencyId(world.runtime.ids.new_uuid()),
                currency_id="tokens",
                display_name="Tokens",
                status=CustomCurrencyStatus.ACTIVE,
                created_at=world.now,
                updated_at=world.now,
            )
        )
        await work.commit()

    async def ask(**given: Any) -> Any:
        return await execute(V2, {"query": {"customerId": "customer-1"} | given})

    row = (await ask(featureId="feature-f")).ok["entitlementV2"]
    assert (row["isGranted"], row["validUntil"]) == (True, "2024-04-10T12:00:00.000Z")
    for currency, name in (("tokens", "Tokens"), ("gold", "gold")):
        denied = (await ask(currencyId=currency)).ok["entitlementV2"]
        assert denied == {
            "isGranted": False,
            "accessDeniedReason": "EntitlementNotFound",
            "currency": {"currencyId": currency, "displayName": name},
        }
    stranger = (await ask(currencyId="tokens", customerId="nobody")).ok["entitlementV2"]
    assert stranger["accessDeniedReason"] == "CustomerNotFound"
    for neither in ({}, {"featureId": "f", "currencyId": "c"}):
        assert (await ask(**neither)).codes == ["InvalidArgumentError"]
