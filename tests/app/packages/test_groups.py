"""Feature groups and package groups on packages. Source: spec, catalog §2, §4."""

from __future__ import annotations

from typing import Any

from tests.app.packages.authoring import Author, flat_fee

CREATE_GROUP = """mutation ($input: CreateFeatureGroupInput!) { createFeatureGroup(input: $input) {
  id featureGroupId versionNumber } }"""
MIGRATE = """mutation ($input: MigratePackageFeatureGroupsToLatestInput!) {
  migratePackageFeatureGroupsToLatest(input: $input) }"""
DELETE = """mutation ($input: DeletePackageEntitlementInput!) {
  deletePackageEntitlement(input: $input) { __typename } }"""
SET_GROUPS = """mutation ($input: SetPlanCompatiblePackageGroups!) {
  setCompatiblePackageGroups(input: $input) { compatiblePackageGroups { packageGroupId displayName
    options { minItems freeItems } addons { refId } product { refId } } } }"""


def linking(verb: str) -> str:
    name = {"link": "FeatureGroupToPackage"}.get(verb, "FeatureGroupFromPackage")
    return f"""mutation ($input: {verb.capitalize()}{name}Input!) {{
      {verb}{name}(input: $input) {{ feature {{ refId }} featureGroupIds
        featureGroups {{ featureGroupId versionNumber }} }} }}"""


async def a_group(author: Author, *features: str) -> Any:
    return await author.ok(
        CREATE_GROUP,
        featureGroupId="group-1",
        displayName="Group",
        features=list(features),
        environmentId=author.environment_id,
    )


async def a_grouped_plan(author: Author) -> str:
    await author.features()
    await author.product()
    await a_group(author, "feature-sso", "feature-x")
    plan = await author.plan("plan-free", pricingType="FREE")
    await author.entitle(plan, {"featureId": "feature-sso"}, {"featureId": "feature-x"})
    await author.ok(linking("link"), packageId=plan, featureGroupId="group-1")
    return plan


def refs(entitlements: Any) -> dict[str, list[str]]:
    return {e["feature"]["refId"]: e["featureGroupIds"] for e in entitlements}


async def test_linking_needs_an_entitlement_of_each_feature(author: Author) -> None:
    await author.features()
    await author.product()
    await a_group(author, "feature-sso", "feature-x")
    plan = await author.plan("plan-free", pricingType="FREE")
    await author.entitle(plan, {"featureId": "feature-sso"})
    given = {"packageId": plan, "featureGroupId": "group-1"}
    assert await author.codes(linking("link"), **given) == ["FeatureGroupMissingFeaturesError"]
    await author.entitle(plan, {"featureId": "feature-x", "featureGroupId": "group-1"})
    linked = await author.ok(linking("link"), **given)
    assert refs(linked) == {"feature-sso": ["group-1"], "feature-x": ["group-1"]}
    unknown = await author.codes(linking("link"), packageId=plan, featureGroupId="group-9")
    assert unknown == ["FeatureGroupNotFoundError"]


async def test_a_grouped_entitlement_is_not_deleted_alone(author: Author) -> None:
    plan = await a_grouped_plan(author)
    own = (await author.get_plan("plan-free"))["entitlements"]
    assert await author.codes(DELETE, id=own[0]["id"]) == ["EntitlementBelongsToFeatureGroupError"]
    given = {"packageId": plan, "featureGroupId": "group-1"}
    assert refs(await author.ok(linking("unlink"), **given)) == {
        "feature-sso": [],
        "feature-x": [],
    }
    assert await author.ok(DELETE, id=own[0]["id"]) == {"__typename": "PackageFeatureEntitlement"}


async def test_removing_a_group_removes_what_it_alone_supplied(author: Author) -> None:
    plan = await a_grouped_plan(author)
    await author.entitle(plan, {"featureId": "feature-seats", "usageLimit": 1})
    left = await author.ok(linking("remove"), packageId=plan, featureGroupId="group-1")
    assert refs(left) == {"feature-seats": []}


async def test_a_package_stays_on_its_group_version_until_migrated(author: Author) -> None:
    plan = await a_grouped_plan(author)
    await a_group(author, "feature-sso", "feature-seats")
    given = {
        "accountId": str(author.runtime.environment.account_id),
        "packageId": plan,
    }
    assert await author.codes(MIGRATE, entitlements=[], **given) == [
        "FeatureGroupMissingFeaturesError"
    ]
    added = {
        "environmentId": author.environment_id,
        "packageId": plan,
        "featureId": "feature-seats",
        "usageLimit": 3,
    }
    assert await author.ok(MIGRATE, entitlements=[added], **given) is True
    own = (
        await author.execute(
            """query ($input: GetPackageByRefIdInput!) { getPlanByRefId(input: $input) {
          entitlements { feature { refId } featureGroupIds featureGroups { versionNumber } } } }""",
            {"input": {"environmentId": author.environment_id, "refId": "plan-free"}},
        )
    ).ok["getPlanByRefId"]["entitlements"]
    assert refs(own) == {
        "feature-sso": ["group-1"],
        "feature-x": [],
        "feature-seats": ["group-1"],
    }
    assert own[0]["featureGroups"] == [{"versionNumber": 2}]


async def test_a_foreign_feature_does_not_belong_to_the_group(author: Author) -> None:
    await author.features()
    await author.product()
    await a_group(author, "feature-sso")
    plan = await author.plan("plan-free", pricingType="FREE")
    refused = await author.run(
        "mutation ($input: CreatePackageEntitlementsInput!)"
        " { createPackageEntitlements(input: $input) { __typename } }",
        packageId=plan,
        entitlements=[{"feature": {"featureId": "feature-x", "featureGroupId": "group-1"}}],
    )
    assert refused.codes == ["FeatureNotBelongToFeatureGroupError"]


async def a_package_group(author: Author) -> None:
    await author.product()
    addon = await author.addon("addon-support")
    await author.price(addon, flat_fee(15))
    await author.publish(addon, kind="Addon")
    await author.ok(
        "mutation ($input: CreatePackageGroup!) { createPackageGroup(input: $input) { isLatest } }",
        packageGroupId="group-addons",
        productId="product-app",
        displayName="Add-ons",
        environmentId=author.environment_id,
    )
    await author.ok(
        "mutation ($input: SetPackageGroupAddons!)"
        " { setPackageGroupAddons(input: $input) { versionNumber } }",
        packageGroupId="group-addons",
        addons=[addon],
        environmentId=author.environment_id,
    )


async def test_a_plan_offers_package_groups(author: Author) -> None:
    await a_package_group(author)
    plan = await author.plan("plan-pro", pricingType="PAID")
    group = {"packageGroupId": "group-addons", "options": {"minItems": 1, "freeItems": 2}}
    offered = await author.ok(SET_GROUPS, id=plan, packageGroups=[group])
    assert offered["compatiblePackageGroups"] == [
        {
            "packageGroupId": "group-addons",
            "displayName": "Add-ons",
            "options": {"minItems": 1.0, "freeItems": 2.0},
            "addons": [{"refId": "addon-support"}],
            "product": {"refId": "product-app"},
        }
    ]
    for options in ({"minItems": -1}, {"minItems": 1.5}, {"freeItems": 1e30}):
        refused = group | {"options": options}
        codes = await author.codes(SET_GROUPS, id=plan, packageGroups=[refused])
        assert codes == ["BadUserInput"], options
    unknown = await author.codes(SET_GROUPS, id=plan, packageGroups=[{"packageGroupId": "x"}])
    assert unknown == ["PackageGroupNotFound"]
    entities = await author.ok(
        """query ($input: AddonAssociatedEntitiesInput!) { addonAssociatedEntities(input: $input) {
          packageGroups { packageGroupId displayName } plans { refId } } }""",
        environmentId=author.environment_id,
        refId="addon-support",
    )
    assert entities == {
        "packageGroups": [{"packageGroupId": "group-addons", "displayName": "Add-ons"}],
        "plans": [],
    }


async def test_a_free_plan_offers_no_package_group(author: Author) -> None:
    await a_package_group(author)
    plan = await author.plan("plan-free", pricingType="FREE")
    codes = await author.codes(
        SET_GROUPS, id=plan, packageGroups=[{"packageGroupId": "group-addons"}]
    )
    assert codes == ["FreePlanCantHaveCompatiblePackageGroupError"]


async def test_a_grouped_addon_is_not_archived(author: Author) -> None:
    await a_package_group(author)
    archive = "mutation ($input: AddonArchiveInput!) { archiveAddon(input: $input) { status } }"
    assert await author.codes(archive, refId="addon-support") == ["AddonIsCompatibleWithGroup"]
