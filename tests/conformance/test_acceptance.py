"""The reference's published examples, run over HTTP (spec, subscriptions §17, A1-A6)."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.conformance.conftest import Client, Server, document

ADDRESS = {
    "country": "US",
    "city": "New York",
    "state": "NY",
    "addressLine1": "123 Main Street",
    "addressLine2": "Apt. 1",
    "phoneNumber": "+1 212-499-5321",
    "postalCode": "10164",
}
PROVISION_CUSTOMER = {
    "refId": "customer-demo-123",
    "name": "Acme",
    "email": "john@example.com",
    "couponRefId": "coupon-id",
    "subscriptionParams": {"planId": "plan-revvenu-basic", "billingCountryCode": "DK"},
    "billingInformation": {
        "language": "en",
        "timezone": "America/New_York",
        "billingAddress": ADDRESS,
        "shippingAddress": ADDRESS,
    },
    "additionalMetaData": {"key": "value"},
}
SUBSCRIPTION_STATUSES = {
    "ACTIVE", "CANCELED", "EXPIRED", "IN_TRIAL", "NOT_STARTED", "PAYMENT_PENDING",
}  # fmt: skip
PAYMENT_COLLECTIONS = {"NOT_REQUIRED", "FAILED", "ACTION_REQUIRED", "PROCESSING"}


def set_clock(client: Client, time: str) -> None:
    mutation = (
        "mutation ($input: SetTestClockInput!) { setTestClock(input: $input) { frozenTime } }"
    )
    answer = client.data(mutation, {"input": {"frozenTime": time}})
    assert answer["setTestClock"]["frozenTime"] == time


def advance_clock(client: Client, time: str) -> None:
    mutation = (
        "mutation ($input: AdvanceTestClockInput!)"
        " { advanceTestClock(input: $input) { frozenTime } }"
    )
    client.data(mutation, {"input": {"frozenTime": time}})


def provision_customer(client: Client, ref_id: str, **params: Any) -> None:
    client.data(
        document("provision_customer"),
        {"input": {"refId": ref_id, "subscriptionParams": None, **params}},
    )


def provision(client: Client, **given: Any) -> Any:
    """`provisionSubscriptionV2(input:)` as the official client sends it."""
    answer = client.data(document("provision_subscription_client"), {"input": given})
    return answer["provisionSubscription"]


def subscription(client: Client, ref_id: str) -> Any:
    found = client.data(document("get_subscription"), {"input": {"subscriptionId": ref_id}})
    return found["getSubscription"]


def all_subscriptions(client: Client, customer: str) -> list[dict[str, Any]]:
    query = """query ($id: String!) {
      subscriptions(filter: {customerId: {eq: $id}}, paging: {first: 50},
                    sorting: [{field: createdAt, direction: ASC}]) {
        edges { node { refId status startDate cancelReason cancellationDate trialEndDate plan { refId } } }
      } }"""
    edges = client.data(query, {"id": customer})["subscriptions"]["edges"]
    return [edge["node"] for edge in edges]


async def test_a1_a_customer_is_provisioned_and_billing_information_never_stored(
    server: Server,
) -> None:
    answer = server.client.data(document("provision_customer"), {"input": PROVISION_CUSTOMER})
    provisioned = answer["provisionCustomer"]
    customer = provisioned["customer"]
    assert UUID(customer["id"])
    assert customer["refId"] == customer["customerId"] == "customer-demo-123"
    assert (customer["name"], customer["email"]) == ("Acme", "john@example.com")
    assert customer["coupon"] == {"refId": "coupon-id"}
    assert customer["additionalMetaData"] == {"key": "value"}
    assert provisioned["subscriptionDecisionStrategy"] == "REQUESTED_PLAN"
    assert provisioned["subscription"]["plan"] == {"refId": "plan-revvenu-basic"}
    assert provisioned["subscription"]["status"] == "ACTIVE"

    everything = await dump(server.database_url)
    assert "customer-demo-123" in everything
    assert "Main Street" not in everything
    assert "212-499-5321" not in everything


async def dump(database_url: str) -> str:
    """Every row of every table as text."""
    engine = create_async_engine(database_url)
    parts: list[str] = []
    async with engine.connect() as connection:
        tables = await connection.scalars(
            text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        )
        for table in tables.all():
            rows = await connection.scalars(text(f"SELECT t::text FROM {table} t"))
            parts.extend(rows.all())
    await engine.dispose()
    return "\n".join(parts)


def test_a2_the_documented_mutation_provisions_verbatim(server: Server) -> None:
    client = server.client
    provision_customer(client, "customer-id")
    variables = {
        "input": {
            "customerId": "customer-id",
            "planId": "plan-revvenu-basic",
            "billingPeriod": "MONTHLY",
            "billingCountryCode": "DK",
            "addons": [{"addonId": "addon-extra-stuff", "quantity": 2}],
            "additionalMetaData": {"key": "value"},
            "resourceId": "resource-01",
        }
    }
    made = client.data(document("create_subscription"), variables)["provisionSubscription"]
    assert UUID(made["id"])
    assert re.fullmatch(r"subscription-plan-revvenu-basic-[0-9a-f]{6}", made["refId"])
    assert made["status"] in SUBSCRIPTION_STATUSES
    assert made["status"] == "ACTIVE"
    assert made["additionalMetaData"] == {"key": "value"}
    assert made["plan"]["refId"] == "plan-revvenu-basic"
    assert UUID(made["plan"]["id"])
    assert made["addons"][0]["quantity"] == 2
    assert made["addons"][0]["addon"]["refId"] == "addon-extra-stuff"
    assert made["customer"]["refId"] == "customer-id"
    assert made["resource"] == {"resourceId": "resource-01"}
    assert made["paymentCollection"] in PAYMENT_COLLECTIONS
    invoice = made["latestInvoice"]
    assert invoice is None or invoice["status"] in {"OPEN", "CANCELED", "PAID"}


def test_a3_the_clients_document_answers_success_without_a_checkout(server: Server) -> None:
    client = server.client
    provision_customer(client, "customer-id")
    made = provision(client, customerId="customer-id", planId="plan-revvenu-basic")
    assert made["status"] == "SUCCESS"
    assert made["checkoutUrl"] is None
    assert made["checkoutBillingId"] is None
    assert made["subscription"]["customer"]["customerId"] == "customer-id"
    granted = {e["feature"]["refId"]: e for e in made["entitlements"]}
    assert granted["feature-01-templates"]["usageLimit"] == 10
    assert len(made["entitlementsV2"]) == len(made["entitlements"])


def test_a4_a_canceled_free_subscription_reads_as_documented(server: Server) -> None:
    client = server.client
    set_clock(client, "2022-08-24T21:00:13.000Z")
    provision_customer(client, "customer-id")
    made = provision(client, customerId="customer-id", planId="plan-revvenu-basic")
    ref_id = made["subscription"]["subscriptionId"]
    advance_clock(client, "2022-08-24T21:23:36.622Z")
    cancel = """mutation ($input: SubscriptionCancellationInput!) {
      cancelSubscription(input: $input) { status cancelReason } }"""
    canceled = client.data(cancel, {"input": {"subscriptionRefId": ref_id}})
    assert canceled["cancelSubscription"] == {"status": "CANCELED", "cancelReason": "Immediate"}

    found = subscription(client, ref_id)
    assert found["status"] == "CANCELED"
    assert found["startDate"] == "2022-08-24T21:00:13.000Z"
    for absent in ("endDate", "trialEndDate", "additionalMetaData", "totalPrice", "latestInvoice"):
        assert found[absent] is None, absent
    assert found["cancellationDate"] == "2022-08-24T21:23:36.622Z"
    assert found["effectiveEndDate"] == "2022-08-24T21:23:36.622Z"
    assert found["currentBillingPeriodEnd"] == "2023-08-24T21:00:13.000Z"
    assert (found["prices"], found["addons"]) == ([], [])
    assert found["pricingType"] == "FREE"
    assert found["paymentCollection"] == "NOT_REQUIRED"
    assert found["plan"]["displayName"] == "Basic"
    assert found["plan"]["additionalMetaData"] is None


def test_a5_an_update_keeps_identity_and_adds_up(server: Server) -> None:
    client = server.client
    provision_customer(client, "customer-demo-01")
    made = provision(
        client,
        customerId="customer-demo-01",
        planId="plan-revvenu-growth",
        billingPeriod="MONTHLY",
        billableFeatures=[{"featureId": "feature-01-templates", "quantity": 1}],
        skipTrial=True,
    )
    before = subscription(client, made["subscription"]["subscriptionId"])
    update = """mutation ($input: UpdateSubscriptionInput!) {
      updateOneSubscription(input: $input) {
        id refId status totalPrice { subTotal { amount currency } total { amount currency } } } }"""
    answer = client.data(
        update,
        {
            "input": {
                "subscriptionId": before["refId"],
                "billableFeatures": [{"featureId": "feature-01-templates", "quantity": 2}],
                "addons": [{"addonId": "addon-10-campaigns", "quantity": 3}],
            }
        },
    )["updateOneSubscription"]
    seventeen = {"amount": 17, "currency": "USD"}
    assert answer["totalPrice"] == {"subTotal": seventeen, "total": seventeen}
    assert (answer["id"], answer["refId"]) == (before["id"], before["refId"])
    assert answer["status"] == "ACTIVE"

    after = subscription(client, before["refId"])
    per_unit = [p for p in after["prices"] if p["price"]["billingModel"] == "PER_UNIT"]
    assert [p["usageLimit"] for p in per_unit] == [2]
    assert per_unit[0]["price"]["price"] == {"amount": 1, "currency": "USD"}
    assert per_unit[0]["price"]["feature"]["refId"] == "feature-01-templates"
    assert per_unit[0]["price"]["feature"]["meterType"] == "Fluctuating"
    (addon,) = after["addons"]
    assert (addon["addon"]["refId"], addon["quantity"]) == ("addon-10-campaigns", 3)
    assert addon["price"]["price"] == {"amount": 5, "currency": "USD"}


def test_a6_one_trial_and_one_non_trial_live_side_by_side(server: Server) -> None:
    client = server.client
    set_clock(client, "2024-03-01T12:00:00.000Z")
    provision_customer(client, "c")
    paid = {"billingPeriod": "MONTHLY"}
    seats = {"billableFeatures": [{"featureId": "feature-01-templates", "quantity": 2}]}
    provision(client, customerId="c", planId="plan-revvenu-basic")
    trial = provision(client, customerId="c", planId="plan-revvenu-growth", **paid, **seats)
    assert trial["subscription"]["status"] == "IN_TRIAL"
    live = {s["plan"]["refId"]: s["status"] for s in all_subscriptions(client, "c")}
    assert live == {"plan-revvenu-basic": "ACTIVE", "plan-revvenu-growth": "IN_TRIAL"}

    # The same plan bought during its trial starts when the trial ends.
    advance_clock(client, "2024-03-05T00:00:00.000Z")
    bought = provision(client, customerId="c", planId="plan-revvenu-growth", **paid, **seats)
    assert bought["status"] == "SUCCESS"
    assert bought["subscription"]["status"] == "NOT_STARTED"
    assert bought["subscription"]["startDate"] == "2024-03-15T12:00:00.000Z"
    advance_clock(client, "2024-03-15T12:00:00.000Z")
    states = {s["refId"]: s for s in all_subscriptions(client, "c")}
    converted = states[trial["subscription"]["subscriptionId"]]
    assert (converted["status"], converted["cancelReason"]) == ("CANCELED", "TrialConverted")
    assert states[bought["subscription"]["subscriptionId"]]["status"] == "ACTIVE"

    # One trial per product, and none after having paid: the next one is a plain subscription.
    advance_clock(client, "2024-03-20T00:00:00.000Z")
    again = provision(client, customerId="c", planId="plan-revvenu-essentials", **paid)
    assert again["subscription"]["status"] == "ACTIVE"
    # It replaced the plan's subscription of the same kind at its start.
    replaced = {s["refId"]: s for s in all_subscriptions(client, "c")}
    old = replaced[bought["subscription"]["subscriptionId"]]
    assert (old["status"], old["cancelReason"]) == ("CANCELED", "UpgradeOrDowngrade")
    assert old["cancellationDate"] == "2024-03-20T00:00:00.000Z"


def test_a6_past_starts_are_live_now_and_future_starts_wait(server: Server) -> None:
    client = server.client
    set_clock(client, "2024-03-20T00:00:00.000Z")
    provision_customer(client, "c")
    past = provision(
        client,
        customerId="c",
        planId="plan-revvenu-essentials",
        billingPeriod="MONTHLY",
        startDate="2024-01-15T00:00:00.000Z",
    )
    found = subscription(client, past["subscription"]["subscriptionId"])
    assert found["status"] == "ACTIVE"
    assert found["currentBillingPeriodEnd"] == "2024-04-15T00:00:00.000Z"
    future = provision(
        client,
        customerId="c",
        planId="plan-revvenu-basic",
        startDate="2024-04-01T00:00:00.000Z",
    )
    assert future["subscription"]["status"] == "NOT_STARTED"
    before = subscription(client, found["refId"])
    assert (before["status"], before["cancellationDate"]) == ("ACTIVE", "2024-04-01T00:00:00.000Z")
    advance_clock(client, "2024-04-01T00:00:00.000Z")
    assert subscription(client, found["refId"])["status"] == "CANCELED"
    started = subscription(client, future["subscription"]["subscriptionId"])
    assert started["status"] == "ACTIVE"
