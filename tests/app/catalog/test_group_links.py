"""Groups linked to drafts, through GraphQL (spec, catalog §2 and §4)."""

from __future__ import annotations

from typing import Any

import pytest

from app.ports import Runtime
from domain.catalog.enums import FeatureType, MeterType, PackageStatus, PricingType
from domain.catalog.model import Package
from domain.ids import FeatureId, PackageId, ProductId
from tests.builders import a_feature, a_plan, a_product, an_addon
from tests.conftest import Execute
from tests.support import new_uuid

RESULT = "{ feature { refId } featureGroups { featureGroupId versionNumber } }"
LINK = f"""mutation ($input: LinkFeatureGroupToPackageInput!) {{
  linkFeatureGroupToPackage(input: $input) {RESULT} }}"""
UNLINK = f"""mutation ($input: UnlinkFeatureGroupFromPackageInput!) {{
  unlinkFeatureGroupFromPackage(input: $input) {RESULT} }}"""
REMOVE = f"""mutation ($input: RemoveFeatureGroupFromPackageInput!) {{
  removeFeatureGroupFromPackage(input: $input) {RESULT} }}"""
MIGRATE = """mutation ($input: MigratePackageFeatureGroupsToLatestInput!) {
  migratePackageFeatureGroupsToLatest(input: $input) }"""
ENTITLE = """mutation ($input: CreatePackageEntitlementsInput!) {
  createPackageEntitlements(input: $input) { ... on PackageFeatureEntitlement {
    id featureGroupIds feature { refId } } } }"""


CREATE_GROUP = """mutation ($input: CreateFeatureGroupInput!) {
  createFeatureGroup(input: $input) { id } }"""


@pytest.fixture
def env(runtime: Runtime) -> str:
    return str(runtime.environment.environment_id)


@pytest.fixture
async def draft(runtime: Runtime) -> Package:
    """A draft plan-a of product-app; boolean features feature-a … feature-c."""
    product = a_product("product-app", id=ProductId(new_uuid()))
    plan = a_plan(
        "plan-a", id=PackageId(new_uuid()), product_id=product.id, status=PackageStatus.DRAFT
    )
    async with runtime.new_unit_of_work() as work:
        await work.products.add(product)
        for name in ("feature-a", "feature-b", "feature-c"):
            await work.features.add(
                a_feature(
                    name,
                    id=FeatureId(new_uuid()),
                    feature_type=FeatureType.BOOLEAN,
                    meter_type=MeterType.NoMeter,
                )
            )
        await work.packages.save(plan)
        await work.commit()
    return plan


async def group(execute: Execute, env: str, name: str, *features: str) -> None:
    values = {
        "environmentId": env,
        "featureGroupId": name,
        "displayName": name,
        "features": list(features),
    }
    answer = await execute(CREATE_GROUP, {"input": values})
    assert answer.ok


async def entitle(execute: Execute, *features: str, **given: Any) -> Any:
    entitlements = [{"feature": {"featureId": name, **given}} for name in features]
    values = {"packageId": "plan-a", "entitlements": entitlements}
    return await execute(ENTITLE, {"input": values})


def on(name: str) -> dict[str, Any]:
    return {"input": {"featureGroupId": name, "packageId": "plan-a"}}


def links(rows: list[Any]) -> dict[str, list[str]]:
    """`{feature: [group@version…]}`."""
    return {
        row["feature"]["refId"]: [
            f"{g['featureGroupId']}@{g['versionNumber']}" for g in row["featureGroups"]
        ]
        for row in rows
    }


async def test_linking_needs_an_entitlement_for_each_feature(
    execute: Execute, env: str, draft: Package
) -> None:
    assert draft
    await group(execute, env, "group-a", "feature-a", "feature-b")
    await entitle(execute, "feature-a")
    assert (await execute(LINK, on("group-a"))).codes == ["FeatureGroupMissingFeaturesError"]
    await entitle(execute, "feature-b", "feature-c")
    linked = await execute(LINK, on("group-a"))
    assert links(linked.ok["linkFeatureGroupToPackage"]) == {
        "feature-a": ["group-a@1"],
        "feature-b": ["group-a@1"],
        "feature-c": [],
    }
    assert (await execute(LINK, on("group-none"))).codes == ["FeatureGroupNotFoundError"]


async def test_a_grouped_entitlement_cannot_be_deleted(
    execute: Execute, env: str, draft: Package
) -> None:
    assert draft
    await group(execute, env, "group-a", "feature-a")
    made = (await entitle(execute, "feature-a")).ok["createPackageEntitlements"]
    await execute(LINK, on("group-a"))
    deleted = await execute(
        "mutation ($id: String!) { deletePackageEntitlement(input: {id: $id}) { __typename } }",
        {"id": made[0]["id"]},
    )
    assert deleted.codes == ["EntitlementBelongsToFeatureGroupError"]


async def test_an_entitlement_made_for_a_group_must_be_of_its_features(
    execute: Execute, env: str, draft: Package
) -> None:
    assert draft
    await group(execute, env, "group-a", "feature-a")
    foreign = await entitle(execute, "feature-b", featureGroupId="group-a")
    assert foreign.codes == ["FeatureNotBelongToFeatureGroupError"]
    own = (await entitle(execute, "feature-a", featureGroupId="group-a")).ok
    assert len(own["createPackageEntitlements"][0]["featureGroupIds"]) == 1
    unknown = await entitle(execute, "feature-b", featureGroupId="group-none")
    assert unknown.codes == ["FeatureGroupNotFoundError"]


async def test_unlinking_keeps_and_removing_deletes_what_no_other_group_supplies(
    execute: Execute, env: str, draft: Package
) -> None:
    assert draft
    await group(execute, env, "group-a", "feature-a", "feature-b")
    await group(execute, env, "group-b", "feature-b")
    await entitle(execute, "feature-a", "feature-b", "feature-c")
    await execute(LINK, on("group-a"))
    await execute(LINK, on("group-b"))
    unlinked = await execute(UNLINK, on("group-b"))
    assert links(unlinked.ok["unlinkFeatureGroupFromPackage"]) == {
        "feature-a": ["group-a@1"],
        "feature-b": ["group-a@1"],
        "feature-c": [],
    }
    await execute(LINK, on("group-b"))
    removed = await execute(REMOVE, on("group-a"))
    assert links(removed.ok["removeFeatureGroupFromPackage"]) == {
        "feature-b": ["group-b@1"],
        "feature-c": [],
    }


async def test_a_package_stays_on_its_version_until_it_is_migrated(
    execute: Execute, env: str, draft: Package
) -> None:
    await group(execute, env, "group-a", "feature-a", "feature-b")
    await entitle(execute, "feature-a", "feature-b")
    await execute(LINK, on("group-a"))
    await group(execute, env, "group-a", "feature-b", "feature-c")

    def migration(*features: str) -> dict[str, Any]:
        supplied = [
            {"environmentId": env, "packageId": "plan-a", "featureId": name} for name in features
        ]
        values = {"accountId": "a", "packageId": str(draft.id), "entitlements": supplied}
        return {"input": values}

    missing = await execute(MIGRATE, migration())
    assert missing.codes == ["FeatureGroupMissingFeaturesError"]
    foreign = await execute(MIGRATE, migration("feature-a", "feature-c"))
    assert foreign.codes == ["FeatureNotBelongToFeatureGroupError"]
    migrated = await execute(MIGRATE, migration("feature-c"))
    assert migrated.ok == {"migratePackageFeatureGroupsToLatest": True}
    shown = await execute(
        "query ($input: GetPackageByRefIdInput!) { getPlanByRefId(input: $input) {"
        f" entitlements {RESULT} }} }}",
        {"input": {"environmentId": env, "refId": "plan-a"}},
    )
    assert links(shown.ok["getPlanByRefId"]["entitlements"]) == {
        "feature-a": [],
        "feature-b": ["group-a@2"],
        "feature-c": ["group-a@2"],
    }


async def test_only_drafts_are_edited(
    execute: Execute, env: str, draft: Package, runtime: Runtime
) -> None:
    await group(execute, env, "group-a", "feature-a")
    published = a_plan("plan-live", id=PackageId(new_uuid()), product_id=draft.product_id)
    async with runtime.new_unit_of_work() as work:
        await work.packages.save(published)
        await work.commit()
    for document in (LINK, UNLINK, REMOVE):
        values = {"featureGroupId": "group-a", "packageId": "plan-live"}
        answer = await execute(document, {"input": values})
        assert answer.codes == ["EditAllowedOnDraftPackageOnlyError"]


SET_GROUPS = """mutation ($input: SetPlanCompatiblePackageGroups!) {
  setCompatiblePackageGroups(input: $input) { compatiblePackageGroups {
    packageGroupId versionNumber options { minItems freeItems } addons { refId }
    product { refId } } } }"""


async def test_a_plan_offers_package_groups_in_their_latest_version(
    execute: Execute, draft: Package, runtime: Runtime
) -> None:
    addon = an_addon("addon-a", id=PackageId(new_uuid()), product_id=draft.product_id)
    paid = a_plan(
        "plan-paid",
        id=PackageId(new_uuid()),
        product_id=draft.product_id,
        status=PackageStatus.DRAFT,
        pricing_type=PricingType.PAID,
    )
    async with runtime.new_unit_of_work() as work:
        await work.packages.save(addon, paid)
        await work.commit()
    made = await execute(
        """mutation {
          createPackageGroup(input: {packageGroupId: "group-x", displayName: "X",
                                     productId: "product-app"}) { packageGroupId }
          setPackageGroupAddons(input: {packageGroupId: "group-x", addons: ["addon-a"]}) {
            packageGroupId } }"""
    )
    assert made.ok
    offered = [{"packageGroupId": "group-x", "options": {"minItems": 1, "freeItems": 2}}]
    answer = await execute(SET_GROUPS, {"input": {"id": "plan-paid", "packageGroups": offered}})
    assert answer.ok["setCompatiblePackageGroups"]["compatiblePackageGroups"] == [
        {
            "packageGroupId": "group-x",
            "versionNumber": 2,
            "options": {"minItems": 1.0, "freeItems": 2.0},
            "addons": [{"refId": "addon-a"}],
            "product": {"refId": "product-app"},
        }
    ]
    free = await execute(SET_GROUPS, {"input": {"id": "plan-a", "packageGroups": offered}})
    assert free.codes == ["FreePlanCantHaveCompatiblePackageGroupError"]
    unknown = [{"packageGroupId": "none"}]
    answer = await execute(SET_GROUPS, {"input": {"id": "plan-paid", "packageGroups": unknown}})
    assert answer.codes == ["PackageGroupNotFound"]
