"""A creation that is refused leaves no subscription, but is told of."""

from __future__ import annotations

from typing import Any

import pytest

from domain.catalog.enums import BillingPeriod
from tests.app.subscriptions.shop import PROVISION, Story, open_shop
from tests.builders import a_plan, a_price
from tests.conftest import Execute
from tests.support import MovableClock, TestEnvironment

LOGS = """{ eventLogs(filter: {eventLogType: {eq: CREATE_SUBSCRIPTION_FAILED}}) { edges { node {
  entityType entityId parentEntityId payload } } } }"""
CUSTOMER = "customer-demo-01"
PRO, YEARLY = a_plan("plan-pro", a_price(50)), a_price(500, billing_period=BillingPeriod.ANNUALLY)
TWO_PERIODS = a_plan("plan-two", a_price(50), YEARLY)


@pytest.fixture
async def story(environment: TestEnvironment, clock: MovableClock, execute: Execute) -> Story:
    await open_shop(environment.runtime, PRO, TWO_PERIODS)
    return Story(environment.runtime, clock, execute)


async def told(execute: Execute) -> list[dict[str, Any]]:
    """The payloads of what was told, oldest first."""
    edges = (await execute(LOGS)).ok["eventLogs"]["edges"]
    return [edge["node"]["payload"] for edge in reversed(edges)]


async def test_a_refused_provision_is_told_with_input_and_error(
    story: Story, execute: Execute
) -> None:
    asked: dict[str, Any] = {
        "customerId": CUSTOMER,
        "planId": "plan-two",
        "startDate": "2025-02-01T00:00:00Z",
        "addons": [{"addonId": "addon-x", "quantity": 2}],
        "priceOverrides": [{"baseCharge": True, "price": {"amount": 5, "currency": "USD"}}],
        "additionalMetaData": {"key": "value"},
        "billingInformation": {
            "billingAddress": {"city": "Secret City"},
            "taxPercentage": 17.5,
            "metadata": {"vat": "secret"},
        },
        "checkoutOptions": {"successUrl": "https://a.test/", "cancelUrl": "https://b.test/"},
    }
    codes = await story.refused(PROVISION, **asked)
    assert codes == ["BillingPeriodMissingError"]
    (payload,) = await told(execute)
    assert payload["error"]["code"] == codes[0]
    assert payload["error"]["message"]
    del asked["billingInformation"]
    defaults = {
        "awaitPaymentConfirmation": True,
        "paymentCollectionMethod": "CHARGE",
        "skipTrial": False,
        "unitQuantity": -1,
    }
    told_of = payload["input"]
    assert told_of.pop("checkoutOptions").items() >= asked.pop("checkoutOptions").items()
    assert told_of.pop("priceOverrides")[0].items() >= asked.pop("priceOverrides")[0].items()
    assert told_of == asked | defaults | {"startDate": "2025-02-01T00:00:00.000Z"}
    assert "ecret" not in str(payload)


async def test_it_stands_in_the_log_as_one_of_the_customers_subscriptions(
    story: Story, execute: Execute
) -> None:
    await story.refused(PROVISION, customerId=CUSTOMER, planId="plan-gone")
    (edge,) = (await execute(LOGS)).ok["eventLogs"]["edges"]
    node = edge["node"]
    assert node["entityType"] == "SUBSCRIPTION"
    assert node["entityId"]
    assert node["payload"]["error"] == {
        "code": "PlanNotFound",
        "message": "Plan plan-gone not found",
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"planId": "plan-gone"}, "PlanNotFound"),
        ({"planId": "plan-two"}, "BillingPeriodMissingError"),
        ({"planId": "plan-pro", "customerId": "customer-unknown"}, "CustomerNotFound"),
        ({"planId": "plan-pro", "addons": [{"addonId": "addon-x"}]}, "AddonsNotFound"),
        ({"planId": "plan-pro", "unitQuantity": 2}, "PriceNotFound"),
    ],
)
async def test_what_catalogue_or_customer_forbid_is_told(
    story: Story, execute: Execute, given: dict[str, Any], code: str
) -> None:
    assert await story.refused(PROVISION, **({"customerId": CUSTOMER} | given)) == [code]
    (payload,) = await told(execute)
    assert payload["error"]["code"] == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"customerId": "not an id", "planId": "plan-pro"}, "CustomerNotFound"),
        ({"planId": "plan-pro", "resourceId": "not an id"}, "BadUserInput"),
        ({"planId": "plan-pro", "subscriptionId": "a", "refId": "b"}, None),
        (
            {
                "planId": "plan-pro",
                "skipTrial": True,
                "trialOverrideConfiguration": {"isTrial": True},
            },
            "InvalidArgumentError",
        ),
    ],
)
async def test_a_request_that_cannot_be_meant_is_not_told(
    story: Story, execute: Execute, given: dict[str, Any], code: str | None
) -> None:
    codes = await story.refused(PROVISION, **({"customerId": CUSTOMER} | given))
    assert codes == ["EntityIdDifferentFromRefIdError"] if code is None else codes == [code]
    expected = 1 if code == "CustomerNotFound" else 0
    assert len(await told(execute)) == expected


async def test_neither_previews_nor_updates_nor_cancellations_are_told(
    story: Story, execute: Execute
) -> None:
    preview = """mutation($input: PreviewSubscriptionInput!) {
      previewSubscription(input: $input) { isPlanDowngrade } }"""
    estimate = """query($input: EstimateSubscriptionInput!) {
      estimateSubscription(input: $input) { total { amount } } }"""
    wanted = {"customerId": CUSTOMER, "planId": "plan-two"}
    for document in (preview, estimate):
        await execute(document, {"input": wanted})
    made = await story.provision("plan-pro")
    name = made["subscription"]["subscriptionId"]
    update = """mutation($input: UpdateSubscriptionInput!) {
      updateOneSubscription(input: $input) { id } }"""
    wrong = {"subscriptionId": name, "addons": [{"addonId": "addon-x"}]}
    assert (await execute(update, {"input": wrong})).codes == ["AddonsNotFound"]
    apply = """mutation($input: ApplySubscriptionInput!) {
      applySubscription(input: $input) { subscription { id } } }"""
    wrong = {"customerId": CUSTOMER, "planId": "plan-pro", "addons": [{"addonId": "addon-x"}]}
    assert (await execute(apply, {"input": wrong})).codes == ["AddonsNotFound"]
    assert await told(execute) == []


async def test_the_other_ways_to_make_a_subscription_tell_too(
    story: Story, execute: Execute
) -> None:
    create = """mutation($input: SubscriptionInput!) {
      createSubscription(subscription: $input) { id } }"""
    apply = """mutation($input: ApplySubscriptionInput!) {
      applySubscription(input: $input) { subscription { id } } }"""
    legacy = """mutation($input: ProvisionSubscription!) {
      provisionSubscription(input: $input) { id } }"""
    wanted = {"customerId": CUSTOMER, "planId": "plan-two"}
    for document in (create, apply, legacy):
        answer = await execute(document, {"input": wanted})
        assert answer.codes == ["BillingPeriodMissingError"]
    told_of = await told(execute)
    assert [one["input"]["planId"] for one in told_of] == ["plan-two"] * 3


async def test_a_new_customer_whose_subscription_is_refused_is_not_made_but_told_of(
    story: Story, execute: Execute
) -> None:
    document = """mutation($input: ProvisionCustomerInput!) {
      provisionCustomer(input: $input) { customer { id } } }"""
    wanted = {
        "customerId": "customer-new",
        "name": "Private Name",
        "subscriptionParams": {"planId": "plan-gone"},
        "billingInformation": {"language": "da"},
    }
    assert (await execute(document, {"input": wanted})).codes == ["PlanNotFound"]
    (payload,) = await told(execute)
    assert payload["input"]["customerId"] == "customer-new"
    assert payload["input"]["planId"] == "plan-gone"
    assert "Private Name" not in str(payload)
    assert "billingInformation" not in str(payload)
    twice = {"customerId": CUSTOMER, "subscriptionParams": {"planId": "plan-gone"}}
    assert (await execute(document, {"input": twice})).codes == ["DuplicatedEntityNotAllowed"]
    assert len(await told(execute)) == 1
