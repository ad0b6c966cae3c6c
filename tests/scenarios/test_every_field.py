"""Curious clients: whatever a type has can be asked for, everywhere it appears."""

from __future__ import annotations

from typing import Any

import pytest

from app.demo import load_demo_catalogue
from app.graphql.schema import schema
from tests.selection import everything
from tests.support import Answer, TestEnvironment, execute_document

GRAPHQL_SCHEMA = schema._schema  # the executable schema behind Strawberry's
DEPTH = 3

# root, arguments, type of the answer
READS = [
    ("getCustomerByRefId", 'input: {customerId: "c1"}', "Customer"),
    ("customers", "", "CustomerConnection"),
    ("customerResources", "", "CustomerResourceConnection"),
    ("getSubscription", 'input: {subscriptionId: "s1"}', "CustomerSubscription"),
    ("getActiveSubscriptions", 'input: {customerId: "c1"}', "CustomerSubscription"),
    ("subscriptions", "", "SubscriptionQueryConnection"),
    ("customerSubscriptions", "", "CustomerSubscriptionConnection"),
    ("subscriptionEntitlements", "", "SubscriptionEntitlementConnection"),
    ("importIntegrationTasks", "", "ImportIntegrationTaskConnection"),
    ("subscriptionMigrationTasks", "", "SubscriptionMigrationTaskConnection"),
    ("products", "", "ProductConnection"),
    ("plans", "", "PlanConnection"),
    ("addons", "", "AddonConnection"),
    ("features", "", "FeatureConnection"),
    ("featureGroups", "", "FeatureGroupConnection"),
    ("packageGroups", "", "PackageGroupConnection"),
    ("packageEntitlements", "", "PackageEntitlementConnection"),
    ("coupons", "", "CouponConnection"),
    ("promotionalEntitlements", "", "PromotionalEntitlementConnection"),
    ("usageMeasurements", "", "UsageMeasurementConnection"),
    ("paywall", 'input: {customerId: "c1"}', "Paywall"),
    ("mockPaywall", "input: {}", "MockPaywall"),
    ("cachedEntitlements", 'query: {customerId: "c1"}', "Entitlement"),
    ("entitlements", 'query: {customerId: "c1"}', "EntitlementWithSummary"),
    ("entitlementsState", 'query: {customerId: "c1"}', "EntitlementsState"),
    ("entitlementsWithSummary", 'query: {customerId: "c1"}', "EntitlementsWithSummary"),
    (
        "entitlement",
        'query: {customerId: "c1", featureId: "feature-02-campaigns"}',
        "Entitlement",
    ),
    (
        "entitlementV2",
        'query: {customerId: "c1", featureId: "feature-02-campaigns"}',
        "EntitlementUnion",
    ),
    ("customerPortal", 'input: {customerId: "c1"}', "CustomerPortal"),
    ("creditBalanceSummary", 'input: {customerId: "c1"}', "CreditBalanceSummary"),
    ("creditGrants", 'input: {customerId: "c1"}', "CreditGrantConnection"),
    ("creditsLedger", 'input: {customerId: "c1"}', "CreditLedgerConnection"),
    ("creditUsage", 'input: {customerId: "c1"}', "CreditUsage"),
    ("creditEventsFields", 'input: {customerId: "c1"}', "CreditEventsFields"),
    (
        "getAutoRechargeSettings",
        'input: {customerId: "c1", currencyId: "tokens"}',
        "AutoRechargeSettingsDTO",
    ),
    (
        "estimateUsageCost",
        'input: {customerId: "c1", featureId: "feature-02-campaigns", value: 3}',
        "CreditCostEstimation",
    ),
    ("estimateEventCost", 'input: {customerId: "c1", eventName: "x"}', "CreditCostEstimation"),
    ("customCurrencies", "input: {}", "CustomCurrency"),
    ("eventLogs", "", "EventLogConnection"),
    ("hooks", "", "HookConnection"),
    ("sdkConfiguration", "", "SdkConfiguration"),
    ("widgetConfiguration", 'input: {environmentId: "ENVIRONMENT"}', "WidgetConfiguration"),
]

# Fields of what comes later (offers, experiments, integrations).
LATER: frozenset[tuple[str, str]] = frozenset()


@pytest.fixture
async def lived_in(environment: TestEnvironment) -> TestEnvironment:
    """The demo catalogue, a customer with everything, and some usage."""

    async def execute(document: str, variables: Any) -> Any:
        return (await execute_document(environment.runtime, document, variables)).ok

    await load_demo_catalogue(execute, environment_id=str(environment.environment.id))
    await execute(
        "mutation ($i: ProvisionCustomerInput!) { provisionCustomer(input: $i) { customer { id } } }",
        {
            "i": {
                "refId": "c1",
                "name": "Acme",
                "couponRefId": "coupon-id",
                "subscriptionParams": None,
            }
        },
    )
    await execute(
        "mutation ($i: ProvisionSubscriptionInput!)"
        " { provisionSubscriptionV2(input: $i) { status } }",
        {
            "i": {
                "customerId": "c1",
                "planId": "plan-revvenu-growth",
                "subscriptionId": "s1",
                "billingPeriod": "MONTHLY",
                "skipTrial": True,
                "billableFeatures": [{"featureId": "feature-01-templates", "quantity": 3}],
                "addons": [
                    {"addonId": "addon-10-campaigns", "quantity": 2},
                    {"addonId": "addon-extra-stuff", "quantity": 1},
                ],
                "budget": {"limit": 100, "hasSoftLimit": False},
            }
        },
    )
    await execute(
        "mutation ($i: ProvisionSubscriptionInput!)"
        " { provisionSubscriptionV2(input: $i) { status } }",
        {
            "i": {
                "customerId": "c1",
                "planId": "plan-revvenu-basic",
                "resourceId": "r1",
                "scheduleStrategy": "END_OF_BILLING_PERIOD",
            }
        },
    )
    await execute(
        "mutation ($i: ReportUsageInput!) { reportUsage(input: $i) { id } }",
        {"i": {"customerId": "c1", "featureId": "feature-02-campaigns", "value": 5}},
    )
    await execute(
        "mutation ($i: GrantPromotionalEntitlementsInput!)"
        " { grantPromotionalEntitlements(input: $i) { id } }",
        {
            "i": {
                "customerId": "c1",
                "promotionalEntitlements": [
                    {"featureId": "feature-04-analytics", "period": "ONE_MONTH"}
                ],
            }
        },
    )
    await execute(
        "mutation ($i: CustomCurrencyInput!) { createCustomCurrency(input: $i) { currencyId } }",
        {"i": {"currencyId": "tokens", "displayName": "Tokens"}},
    )
    await execute(
        "mutation ($i: CreditGrantInput!) { createCreditGrant(input: $i) { id } }",
        {
            "i": {
                "customerId": "c1",
                "currencyId": "tokens",
                "displayName": "Welcome",
                "grantType": "PROMOTIONAL",
                "amount": 10,
            }
        },
    )
    await execute(
        "mutation ($i: ConsumeCreditInput!) { consumeCredits(input: $i) { amount } }",
        {
            "i": {
                "customerId": "c1",
                "currencyId": "tokens",
                "amount": 25,
                "idempotencyKey": "k",
                "dimensions": {"region": "eu"},
            }
        },
    )
    return environment


@pytest.mark.parametrize(("root", "arguments", "answer"), READS, ids=[r[0] for r in READS])
async def test_every_field_of_an_answer_can_be_asked_for(
    lived_in: TestEnvironment, root: str, arguments: str, answer: str
) -> None:
    selection = everything(GRAPHQL_SCHEMA, answer, depth=DEPTH, skip=LATER)
    environment_id = str(lived_in.environment.id)
    given = f"({arguments.replace('ENVIRONMENT', environment_id)})" if arguments else ""
    found: Answer = await execute_document(lived_in.runtime, f"{{ {root}{given} {selection} }}")
    wrong = {
        ".".join(step for step in error.get("path", ()) if isinstance(step, str)): error["message"]
        for error in found.errors
    }
    assert wrong == {}
