"""The documented authoring flow from an empty environment. Source: spec, catalog §11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from persistence.rows.outbox import EventRow
from tests.app.packages.authoring import SET_ADDONS, Author, flat_fee
from tests.conftest import Execute
from tests.support import Answer

UPDATE_ADDON = """mutation ($input: AddonUpdateInput!) { updateOneAddon(input: $input) {
  displayName description maxQuantity dependencies { refId } hiddenFromWidgets } }"""
CREATE_ADDON = """mutation ($input: AddonCreateInput!) { createOneAddon(input: $input) {
  refId dependencies { refId } } }"""


@pytest.fixture
def over_http(client: httpx.AsyncClient, runtime: Runtime) -> Author:
    """The same team through the whole application."""

    async def execute(document: str, variables: Mapping[str, Any] | None = None) -> Answer:
        response = await client.post("/graphql", json={"query": document, "variables": variables})
        body = response.json()
        return Answer(body.get("data"), body.get("errors", []))

    return Author(execute, runtime)


async def test_the_flow_runs_over_http(over_http: Author) -> None:
    ids = await over_http.authoring_flow()
    await over_http.ok(
        "mutation ($input: UpdateOneProductInput!) { updateOneProduct(input: $input) { id } }",
        id=ids["product"],
        update={
            "productSettings": {
                "subscriptionStartSetup": "FREE_PLAN",
                "subscriptionStartPlanId": ids["free"],
                "subscriptionCancellationTime": "END_OF_BILLING_PERIOD",
                "subscriptionEndSetup": "DOWNGRADE_TO_FREE",
                "downgradePlanId": ids["free"],
            }
        },
    )
    shown = await over_http.ok(
        """query ($input: GetPaywallInput!) { paywall(input: $input) { plans { refId
          inheritedEntitlements { feature { refId } } }
          paywallCalculatedPricePoints { planId billingPeriod amount currency
            additionalChargesMayApply feature { refId } } } }""",
        productId="product-app",
    )
    assert [p["refId"] for p in shown["plans"]] == ["plan-free", "plan-pro", "plan-enterprise"]
    assert shown["plans"][2]["inheritedEntitlements"] == [{"feature": {"refId": "feature-sso"}}]
    assert shown["paywallCalculatedPricePoints"] == [
        {
            "planId": "plan-pro",
            "billingPeriod": "MONTHLY",
            "amount": 30,
            "currency": "USD",
            "additionalChargesMayApply": True,
            "feature": None,
        }
    ]


async def test_the_flow_leaves_the_documented_catalogue(author: Author) -> None:
    ids = await author.authoring_flow()
    pro = await author.get_plan("plan-pro")
    assert (pro["id"], pro["status"], pro["versionNumber"]) == (ids["pro"], "PUBLISHED", 1)
    assert pro["isLatest"] is True
    assert pro["isParent"] is True
    assert pro["pricingType"] == "PAID"
    assert pro["compatibleAddons"] == [{"refId": "addon-support"}]
    assert [e["feature"]["refId"] for e in pro["entitlements"]] == ["feature-sso"]
    flat, seats, calls = pro["prices"]
    assert flat["price"] == {"amount": 20.0, "currency": "USD"}
    assert (seats["minUnitQuantity"], seats["maxUnitQuantity"]) == (1.0, 50.0)
    assert seats["feature"] == {"refId": "feature-seats"}
    assert calls["tiersMode"] == "GRADUATED"
    assert [t["upTo"] for t in calls["tiers"]] == [1000.0, 10000.0, None]
    assert calls["resetPeriod"] == "MONTH"
    enterprise = await author.get_plan("plan-enterprise")
    assert enterprise["basePlan"]["id"] == ids["pro"]
    assert enterprise["inheritedEntitlements"] == [{"feature": {"refId": "feature-sso"}}]
    assert enterprise["isParent"] is False
    free = await author.get_plan("plan-free")
    assert [e["usageLimit"] for e in free["entitlements"]] == [1.0, 1000.0]


async def events_of(engine: AsyncEngine, runtime: Runtime) -> list[tuple[str, dict[str, Any]]]:
    statement = (
        select(EventRow.type, EventRow.data)
        .where(EventRow.environment_id == runtime.environment.environment_id)
        .order_by(EventRow.sequence)
    )
    async with engine.connect() as connection:
        rows = (await connection.execute(statement)).all()
    return [(row.type, dict(row.data)) for row in rows]


async def test_publishing_is_told_once_for_each_version(
    author: Author, engine: AsyncEngine, runtime: Runtime
) -> None:
    ids = await author.authoring_flow()
    draft = await author.draft(ids["pro"])
    await author.price(draft["id"], flat_fee(25))
    await author.publish(draft["id"])
    told = await events_of(engine, runtime)
    published = [data for type_, data in told if type_ == "PACKAGE_PUBLISHED"]
    assert [(d["packageRefId"], d["packageVersion"]) for d in published] == [
        ("plan-free", 1),
        ("addon-support", 1),
        ("plan-pro", 1),
        ("plan-enterprise", 1),
        ("plan-pro", 2),
        ("plan-enterprise", 2),
    ]
    assert published[1] == {
        "accountId": str(runtime.environment.account_id),
        "environmentId": author.environment_id,
        "packageType": "Addon",
        "packageRefId": "addon-support",
        "packageVersion": 1,
        "migrationType": "NEW_CUSTOMERS",
    }
    webhooks = [t for t, _ in told if t.startswith(("PLAN_", "ADDON_"))]
    assert webhooks == [
        "PLAN_CREATED",
        "ADDON_CREATED",
        "PLAN_CREATED",
        "PLAN_CREATED",
        "PLAN_UPDATED",
        "PLAN_UPDATED",
    ]
    body = next(data for type_, data in told if type_ == "ADDON_CREATED")
    assert (body["id"], body["version"], body["status"]) == ("addon-support", 1, "PUBLISHED")
    assert body["prices"][0]["amount"] == 15


async def test_addons_need_each_other_without_a_circle(author: Author, execute: Execute) -> None:
    product = await author.product()
    base = await author.addon("addon-base", pricingType="FREE")
    made = await author.ok(
        CREATE_ADDON,
        refId="addon-top",
        displayName="Top",
        productId=product,
        dependencies=[base],
    )
    assert made["dependencies"] == [{"refId": "addon-base"}]
    codes = await author.codes(UPDATE_ADDON, id=base, dependencies=["addon-top"])
    assert codes == ["BadUserInput"]
    changed = await author.ok(
        UPDATE_ADDON,
        id="addon-top",
        dependencies=[],
        maxQuantity=3,
        description="On top",
        hiddenFromWidgets=["CHECKOUT"],
    )
    assert changed == {
        "displayName": "Top",
        "description": "On top",
        "maxQuantity": 3.0,
        "dependencies": [],
        "hiddenFromWidgets": ["CHECKOUT"],
    }
    assert await author.codes(UPDATE_ADDON, id=base, maxQuantity=0.5) == ["BadUserInput"]
    unlimited = await author.ok(UPDATE_ADDON, id="addon-top", maxQuantity=None)
    assert unlimited["maxQuantity"] is None
    assert await author.codes(UPDATE_ADDON, id="addon-x") == ["AddonNotFound"]


async def test_relations_stay_within_a_product(author: Author) -> None:
    await author.product()
    other = await author.product("product-other")
    plan = await author.plan("plan-pro")
    addon = await author.addon("addon-other", product_id=other)
    assert await author.codes(SET_ADDONS, id=plan, relationIds=[addon]) == ["BadUserInput"]
    assert await author.codes(SET_ADDONS, id=plan, relationIds=["addon-x"]) == ["AddonNotFound"]
    base = await author.plan("plan-base", product_id=other)
    set_base = (
        "mutation ($input: SetBasePlanOnPlanInput!) { setBasePlanOnPlan(input: $input) { id } }"
    )
    assert await author.codes(set_base, id=plan, relationId=base) == ["BadUserInput"]
    assert await author.codes(set_base, id=plan, relationId="plan-x") == ["PlanNotFound"]


async def test_a_base_plan_is_removed_again(author: Author) -> None:
    await author.product()
    base = await author.plan("plan-base", pricingType="FREE")
    plan = await author.plan("plan-pro", parentPlanId=base)
    assert (await author.get_plan("plan-pro"))["basePlan"]["id"] == base
    await author.ok(
        "mutation ($input: RemoveBasePlanFromPlanInput!)"
        " { removeBasePlanFromPlan(input: $input) { basePlan { id } } }",
        id=plan,
        relationId=base,
    )
    assert (await author.get_plan("plan-pro"))["basePlan"] is None
