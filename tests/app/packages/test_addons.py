"""Add-ons' versions, credit rates and top-ups, and groups on the pricing page, over GraphQL."""

from __future__ import annotations

from typing import Any

from tests.app.packages.authoring import Author, flat_fee
from tests.app.packages.test_groups import SET_GROUPS, a_package_group
from tests.conftest import Execute

ADDON = """query ($input: GetPackageByRefIdInput!) { getAddonByRefId(input: $input) {
  id versionNumber status draftSummary { version } draftDetails { version childPlansWithDraft { id }
    changes { totalChanges prices { changeType } } }
  prices { billingModel creditGrantCadence topUpCustomCurrencyId
    customCurrency { currencyId } creditRate { amount costFormula currencyId } }
  entitlements { resetPeriodConfiguration {
    ... on YearlyResetPeriodConfig { yearlyAccordingTo } } } } }"""
VERSIONS = """query ($input: GetPackageByRefIdInput!) { addonVersions(input: $input) {
  totalCount edges { node { versionNumber status } } } }"""
ROLLBACK = """mutation ($input: RollbackPackageInput!) { rollbackAddon(input: $input) {
  versionNumber prices { price { amount } } } }"""
REMOVE = "mutation ($input: DiscardPackageDraftInput!) { removeAddonDraft(input: $input) }"
ARCHIVE = "mutation ($input: AddonArchiveInput!) { archiveAddon(input: $input) { id status } }"
UNARCHIVE = "mutation ($input: AddonUnArchiveInput!) { unarchiveAddon(input: $input) { status } }"


def named(author: Author, **more: Any) -> dict[str, Any]:
    return {"environmentId": author.environment_id, "refId": "addon-support"} | more


async def a_published_addon(author: Author) -> str:
    await author.features()
    await author.product()
    addon = await author.addon("addon-support")
    await author.price(addon, flat_fee(15))
    await author.publish(addon, kind="Addon")
    return addon


async def test_an_addon_lives_in_versions_as_a_plan_does(author: Author) -> None:
    addon = await a_published_addon(author)
    draft = await author.draft(addon, kind="Addon", prefix="createEmpty")
    assert (draft["versionNumber"], draft["draftSummary"]) == (2, {"version": 2})
    shown = await author.ok(ADDON, **named(author))
    assert shown["draftDetails"]["changes"] == {
        "totalChanges": 1,
        "prices": [{"changeType": "DELETED"}],
    }
    assert shown["draftDetails"]["childPlansWithDraft"] == []
    assert await author.codes(ARCHIVE, **named(author)) == ["AddonWithDraftCannotBeDeletedError"]
    assert await author.ok(REMOVE, **named(author)) == "addon-support"
    rolled = await author.ok(ROLLBACK, **named(author, versionNumber=1))
    assert rolled == {"versionNumber": 2, "prices": [{"price": {"amount": 15.0}}]}
    versions = await author.ok(VERSIONS, **named(author))
    assert [e["node"] for e in versions["edges"]] == [
        {"versionNumber": 2, "status": "DRAFT"},
        {"versionNumber": 1, "status": "PUBLISHED"},
    ]
    assert versions["totalCount"] == 2
    assert await author.ok(REMOVE, **named(author)) == "addon-support"
    assert await author.ok(ARCHIVE, **named(author)) == {"id": addon, "status": "ARCHIVED"}
    assert await author.ok(UNARCHIVE, id="addon-support") == {"status": "PUBLISHED"}
    unknown = named(author, refId="addon-x", versionNumber=1)
    assert await author.codes(ROLLBACK, **unknown) == ["AddonNotFound"]
    assert await author.ok(ADDON, **named(author, refId="addon-x")) is None
    assert await author.ok(ADDON, **named(author, versionNumber=1.5)) is None


async def test_a_first_addon_draft_is_not_archived_and_is_forgotten(author: Author) -> None:
    await author.product()
    addon = await author.addon("addon-support")
    plan = await author.plan("plan-pro")
    await author.ok(
        "mutation ($input: SetCompatibleAddonsOnPlanInput!)"
        " { setCompatibleAddonsOnPlan(input: $input) { id } }",
        id=plan,
        relationIds=[addon],
    )
    assert await author.codes(ARCHIVE, **named(author)) == ["DraftAddonCantBeArchived"]
    assert await author.ok(REMOVE, **named(author)) == "addon-support"
    assert (await author.get_plan("plan-pro"))["compatibleAddons"] == []


async def test_credits_are_sold_and_burned(author: Author) -> None:
    await author.features()
    await author.product()
    await author.ok(
        "mutation ($input: CustomCurrencyInput!) { createCustomCurrency(input: $input) { id } }",
        currencyId="tokens",
        displayName="Tokens",
        environmentId=author.environment_id,
    )
    addon = await author.addon("addon-support")
    top_up = {
        "billingModel": "PER_UNIT",
        "topUpCustomCurrencyId": "tokens",
        "pricePeriods": [{"billingPeriod": "MONTHLY", "price": {"amount": 2}}],
    }
    rate = {
        "billingModel": "CREDIT_BASED",
        "featureId": "feature-api-calls",
        "pricePeriods": [
            {
                "billingPeriod": "MONTHLY",
                "creditRate": {"amount": 0.5, "currencyId": "tokens", "costFormula": "x * 2"},
            }
        ],
    }
    await author.price(addon, top_up, rate)
    await author.entitle(
        addon,
        {
            "featureId": "feature-seats",
            "usageLimit": 1,
            "resetPeriod": "YEAR",
            "yearlyResetPeriodConfiguration": {"accordingTo": "SubscriptionStart"},
        },
    )
    shown = await author.ok(ADDON, **named(author))
    sold, burned = shown["prices"]
    assert sold["customCurrency"] == {"currencyId": "tokens"}
    assert sold["creditGrantCadence"] == "BEGINNING_OF_BILLING_PERIOD"
    assert burned["customCurrency"] == {"currencyId": "tokens"}
    assert (burned["creditRate"]["amount"], burned["creditRate"]["costFormula"]) == (0.5, "x * 2")
    assert shown["entitlements"][0]["resetPeriodConfiguration"] == {
        "yearlyAccordingTo": "SubscriptionStart"
    }


async def test_a_pricing_page_shows_package_groups(author: Author, execute: Execute) -> None:
    await a_package_group(author)
    plan = await author.plan("plan-pro")
    await author.price(plan, flat_fee(20))
    group = {"packageGroupId": "group-addons", "options": {"minItems": 1}}
    await author.ok(SET_GROUPS, id=plan, packageGroups=[group])
    await author.publish(plan)
    fields = """plans { compatiblePackageGroups { packageGroupId options { minItems freeItems }
      addons { refId prices { price { amount } } } } }"""
    answer = await execute(
        f"""{{ paywall(input: {{productId: "product-app"}}) {{ {fields} }}
          mockPaywall(input: {{productId: "product-app"}}) {{ {fields} }} }}"""
    )
    expected = {
        "packageGroupId": "group-addons",
        "options": {"minItems": 1.0, "freeItems": None},
        "addons": [{"refId": "addon-support", "prices": [{"price": {"amount": 15.0}}]}],
    }
    for root in ("paywall", "mockPaywall"):
        [shown] = answer.ok[root]["plans"]
        assert shown["compatiblePackageGroups"] == [expected]


async def test_archiving_needs_a_name(author: Author) -> None:
    document = "mutation ($input: ArchivePlanInput!) { archivePlan(input: $input) { id } }"
    assert await author.codes(document) == ["BadUserInput"]
    assert await author.codes(document, refId="plan-x") == ["PlanNotFound"]
