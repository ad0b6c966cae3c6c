"""What is told of an open draft. Source: spec, catalog §4 (draftSummary, draftDetails)."""

from __future__ import annotations

from tests.app.packages.authoring import SET_ADDONS, UPDATE_PLAN, Author, flat_fee
from tests.app.packages.test_versions import a_customer, subscribe
from tests.conftest import Execute, Recorder

DETAILS = """query ($filter: PlanFilter) { plans(filter: $filter) { edges { node { refId
  draftSummary { version } draftDetails { version customersAffected
  affectedChildPlans { refId } childPlansWithDraft { refId }
  changes { totalChanges displayName { before after changeType }
    description { after } pricingType { after } maxQuantity { after }
    basePlan { before { refId } after { refId } changeType }
    compatibleAddons { before { refId } after { refId } changeType }
    entitlements { changeType before { feature { refId } } after { feature { refId } } }
    packageEntitlements { ... on PackageFeatureEntitlementChange { changeType
      after { feature { refId } } } }
    prices { changeType before { price { amount } } after { price { amount } } }
    overagePrices { changeType } } } } } } }"""


async def test_the_changes_of_a_draft_are_counted(author: Author, execute: Execute) -> None:
    ids = await author.authoring_flow()
    await a_customer(author)
    await subscribe(author, "plan-free")
    draft = await author.draft(ids["free"])
    await author.ok(UPDATE_PLAN, id=draft["id"], displayName="Free for ever")
    await author.entitle(draft["id"], {"featureId": "feature-x"})
    answer = await execute(DETAILS, {"filter": {"refId": {"eq": "plan-free"}}})
    both = [e["node"] for e in answer.ok["plans"]["edges"]]
    assert len(both) == 2
    assert both[0] == both[1]
    details = both[0]["draftDetails"]
    assert (details["version"], details["customersAffected"]) == (2, 1)
    changes = details["changes"]
    assert changes["totalChanges"] == 2
    assert changes["displayName"] == {
        "before": "Free",
        "after": "Free for ever",
        "changeType": "MODIFIED",
    }
    [added] = changes["entitlements"]
    assert added == {
        "changeType": "ADDED",
        "before": None,
        "after": {"feature": {"refId": "feature-x"}},
    }
    assert changes["packageEntitlements"] == [
        {"changeType": "ADDED", "after": {"feature": {"refId": "feature-x"}}}
    ]
    assert (changes["prices"], changes["compatibleAddons"], changes["basePlan"]) == ([], [], None)


async def test_prices_addons_and_children_are_told_of(author: Author, execute: Execute) -> None:
    ids = await author.authoring_flow()
    draft = await author.draft(ids["pro"])
    await author.draft(ids["enterprise"])
    await author.plan("plan-young", parentPlanId=ids["pro"])
    await author.price(draft["id"], flat_fee(25))
    await author.ok(SET_ADDONS, id=draft["id"], relationIds=[])
    answer = await execute(
        DETAILS, {"filter": {"refId": {"eq": "plan-pro"}, "isLatest": {"is": True}}}
    )
    [edge] = answer.ok["plans"]["edges"]
    details = edge["node"]["draftDetails"]
    assert details["affectedChildPlans"] == [{"refId": "plan-enterprise"}]
    assert details["childPlansWithDraft"] == [
        {"refId": "plan-enterprise"},
        {"refId": "plan-young"},
    ]
    changes = details["changes"]
    assert changes["compatibleAddons"] == [
        {"before": {"refId": "addon-support"}, "after": None, "changeType": "DELETED"}
    ]
    assert changes["prices"][0] == {
        "changeType": "MODIFIED",
        "before": {"price": {"amount": 20.0}},
        "after": {"price": {"amount": 25.0}},
    }
    assert [p["changeType"] for p in changes["prices"]] == ["MODIFIED", "DELETED", "DELETED"]
    assert changes["totalChanges"] == 4


async def test_without_an_open_draft_there_are_no_details(author: Author, execute: Execute) -> None:
    await author.authoring_flow()
    for edge in (await execute(DETAILS, {})).ok["plans"]["edges"]:
        assert edge["node"]["draftDetails"] is None
        assert edge["node"]["draftSummary"] is None


async def test_drafts_of_many_plans_cost_as_much_as_of_one(
    author: Author, execute: Execute, count_statements: Recorder
) -> None:
    await author.product()
    for number in range(10):
        plan = await author.plan(f"plan-{number}", pricingType="FREE")
        await author.publish(plan)
        await author.draft(plan)
    counts = []
    for filter in ({"refId": {"eq": "plan-1"}}, {}):
        with count_statements() as executed:
            await execute(DETAILS, {"filter": filter})
        counts.append(len(executed))
    assert counts[0] == counts[1]
