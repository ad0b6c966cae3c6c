"""Both documented provision documents, verbatim (spec, subscriptions §17, A2 A3 A5)."""

from __future__ import annotations

import re

import pytest

from app.ports import Runtime
from domain.catalog.enums import BillingModel
from tests.app.subscriptions.shop import Story, open_shop
from tests.builders import a_customer, a_feature, a_plan, a_price, an_addon
from tests.conftest import Execute
from tests.support import MovableClock

CREATE_SUBSCRIPTION = """
mutation CreateSubscription($input: ProvisionSubscriptionInput!) {
  provisionSubscription: provisionSubscriptionV2(subscription: $input) {
    id refId status additionalMetaData
    plan { id refId }
    addons { quantity addon { id refId } }
    customer { id refId }
    resource { resourceId }
    paymentCollection
    latestInvoice {
      billingId status createdAt updatedAt requiresAction paymentUrl paymentSecret errorMessage
    }
  }
}
"""

CLIENT = """
mutation ProvisionSubscription($input: ProvisionSubscriptionInput!) {
  provisionSubscriptionV2(input: $input) {
    status checkoutUrl checkoutBillingId
    subscription { subscriptionId status plan { refId } }
    entitlements { isGranted feature { refId } usageLimit }
    entitlementsV2 { __typename }
  }
}
"""

INPUT = {
    "customerId": "customer-id",
    "planId": "plan-revvenu-basic",
    "billingPeriod": "MONTHLY",
    "billingCountryCode": "DK",
    "addons": [{"addonId": "addon-extra-stuff", "quantity": 2}],
    "additionalMetaData": {"key": "value"},
    "resourceId": "resource-01",
}


@pytest.fixture
async def revvenu(runtime: Runtime) -> None:
    await open_shop(
        runtime,
        a_plan("plan-revvenu-basic", compatible_addon_ref_ids=("addon-extra-stuff",)),
        an_addon("addon-extra-stuff", a_price(0)),
        customers=(a_customer("customer-id"),),
    )


@pytest.mark.usefixtures("revvenu")
async def test_a2_the_create_document(execute: Execute) -> None:
    answer = await execute(CREATE_SUBSCRIPTION, {"input": INPUT})
    made = answer.ok["provisionSubscription"]
    assert re.fullmatch(r"[0-9a-f-]{36}", made["id"])
    assert re.fullmatch(r"subscription-plan-revvenu-basic-[0-9a-f]{6}", made["refId"])
    assert made["status"] == "ACTIVE"
    assert made["additionalMetaData"] == {"key": "value"}
    assert made["plan"]["refId"] == "plan-revvenu-basic"
    assert [addon["quantity"] for addon in made["addons"]] == [2]
    assert made["addons"][0]["addon"]["refId"] == "addon-extra-stuff"
    assert made["customer"]["refId"] == "customer-id"
    assert made["resource"] == {"resourceId": "resource-01"}
    assert made["paymentCollection"] == "NOT_REQUIRED"
    assert made["latestInvoice"] is None


@pytest.mark.usefixtures("revvenu")
async def test_a3_the_clients_document(execute: Execute) -> None:
    made = (await execute(CLIENT, {"input": INPUT})).ok["provisionSubscriptionV2"]
    assert made["status"] == "SUCCESS"
    assert made["checkoutUrl"] is None
    assert made["checkoutBillingId"] is None
    assert made["subscription"]["status"] == "ACTIVE"


@pytest.mark.usefixtures("revvenu")
async def test_neither_or_both_arguments_are_refused(execute: Execute) -> None:
    neither = "mutation { provisionSubscriptionV2 { id } }"
    assert (await execute(neither)).codes == ["InvalidArgumentError"]
    both = (
        "mutation($i: ProvisionSubscriptionInput!) {"
        " provisionSubscriptionV2(input: $i, subscription: $i) { id } }"
    )
    assert (await execute(both, {"i": INPUT})).codes == ["InvalidArgumentError"]


async def test_a5_the_price_after_an_update(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    per_unit = a_price(1, model=BillingModel.PER_UNIT, feature="feature-01-templates")
    await open_shop(
        runtime,
        a_plan("plan-growth", per_unit, compatible_addon_ref_ids=("addon-10-campaigns",)),
        an_addon("addon-10-campaigns", a_price(5)),
        features=(a_feature("feature-01-templates"),),
    )
    story = Story(runtime, clock, execute)
    made = await story.provision(
        "plan-growth", billableFeatures=[{"featureId": "feature-01-templates", "quantity": 1}]
    )
    answer = await execute(
        "mutation($input: UpdateSubscriptionInput!) { updateOneSubscription(input: $input) {"
        " id refId prices { usageLimit } totalPrice { subTotal { amount } total { amount } } } }",
        {
            "input": {
                "subscriptionId": made["subscription"]["subscriptionId"],
                "billableFeatures": [{"featureId": "feature-01-templates", "quantity": 2}],
                "addons": [{"addonId": "addon-10-campaigns", "quantity": 3}],
            }
        },
    )
    updated = answer.ok["updateOneSubscription"]
    assert updated["id"] == made["subscription"]["id"]
    assert updated["prices"] == [{"usageLimit": 2}]
    assert updated["totalPrice"] == {"subTotal": {"amount": 17}, "total": {"amount": 17}}
