"""Customers provisioned with their first subscription, and archived (spec, subscriptions §2)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from domain.catalog.enums import (
    PricingType,
    SubscriptionStartSetup,
    TrialEndBehavior,
    TrialPeriodUnits,
)
from domain.catalog.model import ProductSettings, TrialConfig
from domain.customers.model import Customer
from persistence.metadata import metadata
from tests.app.subscriptions.shop import open_shop
from tests.builders import a_customer, a_plan, a_price, a_product
from tests.conftest import Execute

FREE = a_plan("plan-free")
BASIC = a_plan("plan-revvenu-basic")
PRO = a_plan("plan-pro", a_price(50))
GROWTH = a_plan(
    "plan-growth",
    a_price(20),
    default_trial_config=TrialConfig(
        duration=14,
        units=TrialPeriodUnits.DAY,
        trial_end_behavior=TrialEndBehavior.CANCEL_SUBSCRIPTION,
    ),
)
NOBODY: tuple[Customer, ...] = (a_customer("somebody-else"),)

PROVISION = """
mutation Provision($input: ProvisionCustomerInput!) {
  provisionCustomer(input: $input) {
    customer { id customerId name email additionalMetaData coupon { refId } }
    subscription {
      subscriptionId status plan { refId } trialEndDate prices { price { price { amount } } }
      environment { id } outdatedPricePackages
    }
    subscriptionDecisionStrategy
    subscriptionStrategyDecision
    entitlements { isGranted }
    entitlementsV2 { __typename }
  }
}
"""
ARCHIVE = """
mutation Archive($id: String!) { archiveCustomer(input: { customerId: $id }) {
  customerId name email deletedAt } }
"""
UNARCHIVE = """
mutation Unarchive($id: String!) { unarchiveCustomer(input: { customerId: $id }) {
  customerId name email deletedAt subscriptions { id } } }
"""
GET = '{ getCustomerByRefId(input: { customerId: "jane" }) { id } }'


async def open_with(runtime: Runtime, setup: SubscriptionStartSetup, start_plan: str) -> None:
    settings = ProductSettings(
        subscription_start_setup=setup, subscription_start_plan_ref_id=start_plan
    )
    product = a_product(is_default_product=True, settings=settings)
    await open_shop(runtime, FREE, BASIC, PRO, GROWTH, product=product, customers=NOBODY)


async def test_null_params_want_no_subscription(execute: Execute, runtime: Runtime) -> None:
    await open_with(runtime, SubscriptionStartSetup.FREE_PLAN, "plan-free")
    made = (
        await execute(PROVISION, {"input": {"customerId": "jane", "subscriptionParams": None}})
    ).ok["provisionCustomer"]
    assert made["subscription"] is None
    assert made["subscriptionDecisionStrategy"] == "SKIPPED_SUBSCRIPTION_CREATION"
    assert made["entitlements"] == []


@pytest.mark.parametrize(
    ("setup", "start_plan", "strategy", "plan", "status"),
    [
        (SubscriptionStartSetup.PLAN_SELECTION, None, "SKIPPED_SUBSCRIPTION_CREATION", None, None),
        (
            SubscriptionStartSetup.FREE_PLAN,
            "plan-free",
            "PREDEFINED_FREE_PLAN",
            "plan-free",
            "ACTIVE",
        ),
        (
            SubscriptionStartSetup.TRIAL_PERIOD,
            "plan-growth",
            "PREDEFINED_TRIAL_PLAN",
            "plan-growth",
            "IN_TRIAL",
        ),
    ],
)
async def test_absent_params_leave_it_to_the_default_product(
    execute: Execute,
    runtime: Runtime,
    setup: SubscriptionStartSetup,
    start_plan: str,
    strategy: str,
    plan: str | None,
    status: str | None,
) -> None:
    await open_with(runtime, setup, start_plan)
    made = (await execute(PROVISION, {"input": {"customerId": "jane"}})).ok["provisionCustomer"]
    assert made["subscriptionDecisionStrategy"] == strategy
    assert made["subscriptionStrategyDecision"] == strategy
    got = made["subscription"]
    assert (got and got["plan"]["refId"], got and got["status"]) == (plan, status)


async def test_a_trial_start_overrides_the_requested_plan(
    execute: Execute, runtime: Runtime
) -> None:
    await open_with(runtime, SubscriptionStartSetup.TRIAL_PERIOD, "plan-growth")
    params = {"planId": "plan-pro", "subscriptionId": "mine"}
    made = (
        await execute(PROVISION, {"input": {"customerId": "jane", "subscriptionParams": params}})
    ).ok["provisionCustomer"]
    assert made["subscriptionDecisionStrategy"] == "PREDEFINED_TRIAL_PLAN"
    assert made["subscription"]["subscriptionId"] == "mine"
    assert made["subscription"]["trialEndDate"] == "2025-01-15T00:00:00.000Z"


async def test_the_requested_plan_is_sold(execute: Execute, runtime: Runtime) -> None:
    await open_with(runtime, SubscriptionStartSetup.PLAN_SELECTION, "plan-free")
    params = {"planId": "plan-pro", "billingPeriod": "MONTHLY"}
    made = (
        await execute(PROVISION, {"input": {"customerId": "jane", "subscriptionParams": params}})
    ).ok["provisionCustomer"]
    assert made["subscriptionDecisionStrategy"] == "REQUESTED_PLAN"
    assert made["subscription"]["prices"] == [{"price": {"price": {"amount": 50}}}]
    assert made["subscription"]["outdatedPricePackages"] == []


async def test_a_refused_subscription_leaves_no_customer(
    execute: Execute, runtime: Runtime
) -> None:
    await open_with(runtime, SubscriptionStartSetup.PLAN_SELECTION, "plan-free")
    params = {"planId": "plan-unknown"}
    refused = await execute(
        PROVISION, {"input": {"customerId": "jane", "subscriptionParams": params}}
    )
    assert refused.codes == ["PlanNotFound"]
    assert (await execute(GET)).ok == {"getCustomerByRefId": None}


def seed_001() -> dict[str, Any]:
    """Acceptance example A1."""
    address = {
        "addressLine1": "123 Main Street",
        "city": "San Francisco",
        "country": "US",
        "phoneNumber": "+15550123456",
        "postalCode": "94105",
        "state": "CA",
    }
    return {
        "customerId": "customer-demo-123",
        "name": "John Doe",
        "email": "john@example.com",
        "subscriptionParams": {"planId": "plan-revvenu-basic", "billingCountryCode": "DK"},
        "billingInformation": {
            "language": "en",
            "timezone": "America/New_York",
            "billingAddress": address,
            "shippingAddress": address,
        },
        "additionalMetaData": {"key": "value"},
    }


async def test_billing_information_is_in_no_table(
    execute: Execute, runtime: Runtime, engine: AsyncEngine
) -> None:
    await open_with(runtime, SubscriptionStartSetup.PLAN_SELECTION, "plan-free")
    made = (await execute(PROVISION, {"input": seed_001()})).ok["provisionCustomer"]
    assert made["customer"]["email"] == "john@example.com"
    assert made["customer"]["additionalMetaData"] == {"key": "value"}
    assert made["subscription"]["plan"] == {"refId": "plan-revvenu-basic"}
    assert made["subscription"]["status"] == "ACTIVE"
    async with engine.connect() as connection:
        for table in metadata.tables:
            dump = await connection.execute(text(f'SELECT t::text FROM "{table}" t'))
            for (row,) in dump:
                assert "123 Main Street" not in row
                assert "15550123456" not in row


async def test_an_archived_customer_loses_its_subscriptions_and_keeps_its_slug(
    execute: Execute, runtime: Runtime
) -> None:
    await open_with(runtime, SubscriptionStartSetup.PLAN_SELECTION, "plan-free")
    input = {
        "customerId": "jane",
        "name": "Jane",
        "email": "jane@example.com",
        "subscriptionParams": {"planId": "plan-pro", "subscriptionId": "s1"},
    }
    assert (await execute(PROVISION, {"input": input})).ok
    archived = (await execute(ARCHIVE, {"id": "jane"})).ok["archiveCustomer"]
    assert archived == {
        "customerId": "jane",
        "name": None,
        "email": None,
        "deletedAt": "2025-01-01T00:00:00.000Z",
    }
    ended = (
        await execute(
            '{ getSubscription(input: { subscriptionId: "s1" }) { status cancelReason } }'
        )
    ).ok["getSubscription"]
    assert ended == {"status": "CANCELED", "cancelReason": "CustomerArchived"}
    assert (await execute(GET)).ok == {"getCustomerByRefId": None}
    again = await execute(PROVISION, {"input": input})
    assert again.codes == ["DuplicatedEntityNotAllowed"]
    assert (await execute(ARCHIVE, {"id": "jane"})).codes == ["EntityIsArchivedError"]
    back = (await execute(UNARCHIVE, {"id": "jane"})).ok["unarchiveCustomer"]
    assert back == {
        "customerId": "jane",
        "name": None,
        "email": None,
        "deletedAt": None,
        "subscriptions": [],
    }


async def test_archiving_a_payer_ends_what_it_pays_for_others(
    execute: Execute, runtime: Runtime
) -> None:
    await open_with(runtime, SubscriptionStartSetup.PLAN_SELECTION, "plan-free")
    for id_ in ("jane", "joe"):
        await execute(PROVISION, {"input": {"customerId": id_, "subscriptionParams": None}})
    document = """
    mutation { provisionSubscriptionV2(input: {
      customerId: "jane", payingCustomerId: "joe", planId: "plan-pro", subscriptionId: "s1"
    }) { status subscription { payingCustomer { customerId } } } }
    """
    made = (await execute(document)).ok["provisionSubscriptionV2"]
    assert made["subscription"]["payingCustomer"] == {"customerId": "joe"}
    assert (await execute(ARCHIVE, {"id": "joe"})).ok
    ended = await execute(
        '{ getSubscription(input: { subscriptionId: "s1" }) { cancelReason payingCustomer { id } } }'
    )
    assert ended.ok["getSubscription"]["cancelReason"] == "CustomerArchived"


async def test_a_subscription_shows_what_was_sold(execute: Execute, runtime: Runtime) -> None:
    assert PRO.pricing_type is PricingType.PAID
    await open_with(runtime, SubscriptionStartSetup.PLAN_SELECTION, "plan-free")
    params = {"planId": "plan-pro", "subscriptionId": "s1"}
    await execute(PROVISION, {"input": {"customerId": "jane", "subscriptionParams": params}})
    document = """
    { getSubscription(input: { subscriptionId: "s1" }) {
        plan { refId product { refId } }
        totalPrice { total { amount currency } }
        prices { price { billingModel price { amount } package { refId } } creditRate { amount } }
        customer { statistics { activeSubscriptionsByPricingType { pricingType totalCount } } }
    } }
    """
    found = (await execute(document)).ok["getSubscription"]
    assert found["plan"] == {"refId": "plan-pro", "product": {"refId": "product-app"}}
    assert found["totalPrice"] == {"total": {"amount": 50, "currency": "USD"}}
    assert found["prices"] == [
        {
            "price": {
                "billingModel": "FLAT_FEE",
                "price": {"amount": 50},
                "package": {"refId": "plan-pro"},
            },
            "creditRate": None,
        }
    ]
