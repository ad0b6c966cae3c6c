"""Package entitlements over GraphQL. Source: spec, catalog §5."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.packages.authoring import CREATE_ENTITLEMENTS, Author, flat_fee, per_unit
from tests.conftest import Execute

UPDATE = """mutation ($input: UpdatePackageEntitlementInput!) {
  updatePackageEntitlement(input: $input) { __typename
    ... on PackageFeatureEntitlement { usageLimit hasUnlimitedUsage hasSoftLimit resetPeriod
      description displayNameOverride hiddenFromWidgets order isGranted
      dependencyFeature { refId } dependency { refId usageLimit } meter { id }
      package { refId } resetPeriodConfiguration {
        ... on WeeklyResetPeriodConfig { weeklyAccordingTo } } }
    ... on PackageCreditEntitlement { amount cadence customCurrency { currencyId }
      dependencyFeature { refId } } } }"""
DELETE = """mutation ($input: DeletePackageEntitlementInput!) {
  deletePackageEntitlement(input: $input) { __typename
    ... on PackageFeatureEntitlement { feature { refId } } } }"""
REORDER = """mutation ($input: UpdatePackageEntitlementOrderInput!) {
  updateEntitlementsOrder(input: $input) { id order } }"""
CREATE_MANY = """mutation ($input: CreateManyPackageEntitlementsInput!) {
  createManyPackageEntitlements(input: $input) { id usageLimit packageId feature { refId } } }"""
UPDATE_ONE = """mutation ($input: UpdateOnePackageEntitlementInput!) {
  updateOnePackageEntitlement(input: $input) { id usageLimit environmentId } }"""
DELETE_ONE = """mutation ($input: DeleteOnePackageEntitlementInput!) {
  deleteOnePackageEntitlement(input: $input) { id featureId usageLimit featureGroupIds } }"""
CREATE_CURRENCY = """mutation ($input: CustomCurrencyInput!) {
  createCustomCurrency(input: $input) { id } }"""


async def a_plan(author: Author, **given: Any) -> str:
    await author.features()
    await author.product()
    return await author.plan("plan-pro", **given)


async def test_created_entitlements_have_the_documented_defaults(author: Author) -> None:
    plan = await a_plan(author, pricingType="FREE")
    seats, sso = await author.entitle(
        plan, {"featureId": "feature-seats"}, {"featureId": "feature-sso"}
    )
    assert seats["hasUnlimitedUsage"] is True
    assert (seats["isGranted"], seats["hasSoftLimit"], seats["behavior"]) == (
        True,
        False,
        "Increment",
    )
    assert (seats["order"], sso["order"]) == (0.0, 1.0)
    assert (seats["packageId"], seats["feature"]["refId"]) == (plan, "feature-seats")
    assert sso["enumValues"] == []


async def test_an_update_keeps_what_it_does_not_name(author: Author) -> None:
    plan = await a_plan(author, pricingType="FREE")
    [seats, _] = await author.entitle(
        plan,
        {"featureId": "feature-seats", "usageLimit": 5, "description": "Seats", "order": 3},
        {"featureId": "feature-config", "usageLimit": 7},
    )
    changed = await author.ok(
        UPDATE,
        id=seats["id"],
        feature={
            "hasSoftLimit": True,
            "resetPeriod": "WEEK",
            "weeklyResetPeriodConfiguration": {"accordingTo": "EverySunday"},
            "dependencyFeatureId": "feature-config",
            "hiddenFromWidgets": ["PAYWALL"],
        },
    )
    assert changed["usageLimit"] == 5
    assert (changed["description"], changed["order"]) == ("Seats", 3.0)
    assert changed["hasSoftLimit"] is True
    assert changed["resetPeriodConfiguration"] == {"weeklyAccordingTo": "EverySunday"}
    assert changed["dependency"] == {"refId": "feature-config", "usageLimit": 7.0}
    assert changed["dependencyFeature"] == {"refId": "feature-config"}
    assert changed["package"] == {"refId": "plan-pro"}
    endless = await author.ok(UPDATE, id=seats["id"], feature={"hasUnlimitedUsage": True})
    assert (endless["usageLimit"], endless["hasUnlimitedUsage"]) == (None, True)
    limited = await author.ok(
        UPDATE,
        id=seats["id"],
        feature={
            "usageLimit": 9,
            "description": None,
            "resetPeriod": None,
            "dependencyFeatureId": None,
        },
    )
    assert (limited["usageLimit"], limited["hasUnlimitedUsage"]) == (9.0, False)
    assert (limited["description"], limited["resetPeriod"]) == (None, None)
    assert limited["dependencyFeature"] is None


async def test_credits_are_granted_by_currency(author: Author) -> None:
    plan = await a_plan(author, pricingType="FREE")
    await author.ok(
        CREATE_CURRENCY,
        currencyId="tokens",
        displayName="Tokens",
        environmentId=author.environment_id,
    )
    credit = {"customCurrencyId": "tokens", "amount": 200, "cadence": "MONTH"}
    [made] = await author.entitle(plan, {"credit": credit})
    assert (made["amount"], made["cadence"]) == (200.0, "MONTH")
    again = await author.codes(
        CREATE_ENTITLEMENTS, packageId=plan, entitlements=[{"credit": credit}]
    )
    assert again == ["DuplicatedEntityNotAllowed"]
    changed = await author.ok(
        UPDATE,
        id=made["id"],
        credit={"amount": 300, "cadence": "YEAR", "dependencyFeatureId": "feature-seats"},
    )
    assert changed == {
        "__typename": "PackageCreditEntitlement",
        "amount": 300.0,
        "cadence": "YEAR",
        "customCurrency": {"currencyId": "tokens"},
        "dependencyFeature": {"refId": "feature-seats"},
    }
    assert await author.codes(UPDATE, id=made["id"], feature={"usageLimit": 1}) == ["BadUserInput"]
    assert await author.codes(UPDATE, id=made["id"]) == ["BadUserInput"]
    one = "mutation ($input: DeleteOnePackageEntitlementInput!) { x: deleteOnePackageEntitlement(input: $input) { id } }"
    assert await author.codes(one, id=made["id"]) == ["BadUserInput"]
    unknown = {"credit": credit | {"customCurrencyId": "gold"}}
    assert await author.codes(CREATE_ENTITLEMENTS, packageId=plan, entitlements=[unknown]) == [
        "CustomCurrencyNotFound"
    ]


@pytest.mark.parametrize(
    ("entitlement", "code"),
    [
        ({"featureId": "feature-none"}, "FeatureNotFound"),
        ({"featureId": "feature-config"}, "BadUserInput"),
        (
            {"featureId": "feature-config", "usageLimit": 1, "resetPeriod": "MONTH"},
            "InvalidEntitlementResetPeriod",
        ),
        (
            {
                "featureId": "feature-seats",
                "resetPeriod": "MONTH",
                "weeklyResetPeriodConfiguration": {"accordingTo": "EverySunday"},
            },
            "InvalidEntitlementResetPeriod",
        ),
        (
            {"featureId": "feature-seats", "behavior": "Override"},
            "CannotAddOverrideEntitlementToPlan",
        ),
        ({"featureId": "feature-seats", "isCustom": True}, "BadUserInput"),
        (
            {"featureId": "feature-seats", "featureGroupId": "group"},
            "FeatureGroupNotFoundError",
        ),
        ({"featureId": "feature-seats", "dependencyFeatureId": "feature-sso"}, "BadUserInput"),
    ],
)
async def test_wrong_entitlements_have_their_codes(
    author: Author, entitlement: dict[str, Any], code: str
) -> None:
    plan = await a_plan(author, pricingType="FREE")
    refused = await author.run(
        CREATE_ENTITLEMENTS, packageId=plan, entitlements=[{"feature": entitlement}]
    )
    assert refused.codes == [code]
    assert (await author.get_plan("plan-pro"))["entitlements"] == []


async def test_one_wrong_entitlement_refuses_all(author: Author) -> None:
    plan = await a_plan(author, pricingType="FREE")
    both = [{"feature": {"featureId": f}} for f in ("feature-sso", "feature-sso")]
    assert await author.codes(CREATE_ENTITLEMENTS, packageId=plan, entitlements=both) == [
        "DuplicatedEntityNotAllowed"
    ]
    assert (await author.get_plan("plan-pro"))["entitlements"] == []
    neither: list[dict[str, Any]] = [{}]
    assert await author.codes(CREATE_ENTITLEMENTS, packageId=plan, entitlements=neither) == [
        "BadUserInput"
    ]


async def test_an_archived_feature_gets_no_entitlement(author: Author) -> None:
    plan = await a_plan(author, pricingType="FREE")
    await author.entitle(plan, {"featureId": "feature-x"})
    for ref_id in ("feature-sso", "feature-x"):
        await author.ok(
            "mutation ($input: ArchiveFeatureInput!) { archiveFeature(input: $input) { id } }",
            id=ref_id,
            environmentId=author.environment_id,
        )
    given = [{"feature": {"featureId": "feature-sso"}}]
    assert await author.codes(CREATE_ENTITLEMENTS, packageId=plan, entitlements=given) == [
        "EntityIsArchivedError"
    ]
    assert (await author.try_publish(plan)).codes == ["EntityIsArchivedError"]


async def test_a_published_feature_is_not_archived(author: Author) -> None:
    await author.authoring_flow()
    refused = await author.codes(
        "mutation ($input: ArchiveFeatureInput!) { archiveFeature(input: $input) { id } }",
        id="feature-sso",
        environmentId=author.environment_id,
    )
    assert refused == ["CannotArchiveFeatureError"]


async def test_entitlements_are_ordered_within_one_package(author: Author) -> None:
    plan = await a_plan(author, pricingType="FREE")
    first, second = await author.entitle(
        plan, {"featureId": "feature-sso"}, {"featureId": "feature-x"}
    )
    turned = await author.ok(
        REORDER, packageId=plan, entitlements=[{"id": first["id"], "order": 5}]
    )
    assert turned == [{"id": first["id"], "order": 5.0}]
    own = (await author.get_plan("plan-pro"))["entitlements"]
    assert [e["id"] for e in own] == [second["id"], first["id"]]
    other = await author.plan("plan-other", pricingType="FREE")
    [foreign] = await author.entitle(other, {"featureId": "feature-sso"})
    assert await author.codes(
        REORDER, packageId=plan, entitlements=[{"id": foreign["id"], "order": 1}]
    ) == ["EntitlementsMustBelongToSamePackage"]


async def test_the_legacy_roots_know_features_only(author: Author) -> None:
    plan = await a_plan(author, pricingType="FREE")
    other = await author.plan("plan-other", pricingType="FREE")
    common = {"environmentId": author.environment_id, "featureId": "feature-seats"}
    made = await author.ok(
        CREATE_MANY,
        packageEntitlements=[
            common | {"packageId": plan, "usageLimit": 1},
            common | {"packageId": other, "usageLimit": 2},
        ],
    )
    assert [(e["usageLimit"], e["packageId"]) for e in made] == [(1.0, plan), (2.0, other)]
    changed = await author.ok(UPDATE_ONE, id=made[0]["id"], update={"usageLimit": 4})
    assert (changed["usageLimit"], changed["environmentId"]) == (4.0, author.environment_id)
    deleted = await author.ok(DELETE_ONE, id=made[0]["id"])
    assert (deleted["id"], deleted["usageLimit"]) == (made[0]["id"], 4.0)
    assert await author.codes(DELETE_ONE, id=made[0]["id"]) == ["NoFeatureEntitlementError"]
    assert await author.codes(DELETE, id="nonsense") == ["NoFeatureEntitlementError"]


async def test_a_deleted_entitlement_is_gone(author: Author) -> None:
    plan = await a_plan(author, pricingType="FREE")
    [made] = await author.entitle(plan, {"featureId": "feature-sso"})
    deleted = await author.ok(DELETE, id=made["id"])
    assert deleted["feature"] == {"refId": "feature-sso"}
    assert (await author.get_plan("plan-pro"))["entitlements"] == []


async def test_charges_and_entitlements_exclude_each_other(author: Author) -> None:
    plan = await a_plan(author)
    await author.price(plan, per_unit("feature-seats", 10))
    given = [{"feature": {"featureId": "feature-seats", "usageLimit": 1}}]
    refused = await author.run(CREATE_ENTITLEMENTS, packageId=plan, entitlements=given)
    assert refused.codes == ["DuplicatedEntityNotAllowed"]
    assert refused.errors[0]["extensions"]["identifier"] == "feature-seats"
    await author.price(plan, flat_fee(10))
    await author.entitle(plan, given[0]["feature"])
    assert (await author.try_price(plan, per_unit("feature-seats", 10))).codes == [
        "DuplicatedEntityNotAllowed"
    ]


async def test_addons_may_override(author: Author, execute: Execute) -> None:
    await author.features()
    await author.product()
    addon = await author.addon("addon-a", pricingType="FREE")
    [made] = await author.entitle(
        addon, {"featureId": "feature-seats", "usageLimit": 1, "behavior": "Override"}
    )
    assert made["behavior"] == "Override"
