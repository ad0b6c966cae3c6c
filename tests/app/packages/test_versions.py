"""Drafts, publishing, migration, rollback and archiving over GraphQL. Source: spec, catalog §4."""

from __future__ import annotations

from typing import Any

import pytest

from domain.customers.model import Customer
from domain.ids import CustomerId
from tests.app.packages.authoring import (
    CREATE_PLAN,
    SET_ADDONS,
    SET_BASE,
    UPDATE_PLAN,
    Author,
    flat_fee,
)
from tests.conftest import Execute

PROVISION = """mutation ($input: ProvisionSubscriptionInput!) {
  provisionSubscriptionV2(input: $input) { subscription { subscriptionId } } }"""
SUBSCRIPTION = """query ($id: String!) { getSubscription(input: {subscriptionId: $id}) {
  plan { refId versionNumber } totalPrice { total { amount } } } }"""
TASKS = """{ subscriptionMigrationTasks { edges { node { id status taskType progress
  affectedCustomersCount migratedCustomersCount initiatedPackageId
  packages { refId versionNumber type } } } } }"""
MIGRATE = """mutation ($input: SubscriptionMigrationInput!) {
  migrateSubscriptionToLatest(input: $input) { subscriptionId } }"""
ARCHIVE = "mutation ($input: ArchivePlanInput!) { archivePlan(input: $input) { refId status } }"
UNARCHIVE = """mutation ($input: UnArchivePlanInput!) {
  unarchivePlan(input: $input) { refId status } }"""
ROLLBACK = """mutation ($input: RollbackPackageInput!) { rollbackPlan(input: $input) {
  id versionNumber status entitlements { feature { refId } } prices { price { amount } } } }"""
REMOVE = "mutation ($input: DiscardPackageDraftInput!) { removePlanDraft(input: $input) }"
VERSIONS = """query ($input: GetPackageByRefIdInput!) { planVersions(input: $input) {
  totalCount edges { node { id versionNumber isLatest } } } }"""
PLANS = """query ($filter: PlanFilter) { plans(filter: $filter) {
  totalCount edges { node { refId versionNumber isLatest } } } }"""
COUNT = """query ($input: SubscribedCustomersCountInput!) {
  planSubscriptionsCount(input: $input) { count } }"""


async def a_customer(author: Author, ref_id: str = "customer-1") -> None:
    now = author.runtime.clock()
    customer = Customer(
        id=CustomerId(author.runtime.ids.new_uuid()), ref_id=ref_id, created_at=now, updated_at=now
    )
    async with author.runtime.new_unit_of_work() as work:
        await work.customers.add(customer)
        await work.commit()


async def subscribe(author: Author, plan: str, customer: str = "customer-1") -> str:
    made = await author.ok(PROVISION, customerId=customer, planId=plan, billingPeriod="MONTHLY")
    return str(made["subscription"]["subscriptionId"])


async def version_of(execute: Execute, subscription_id: str) -> int:
    answer = await execute(SUBSCRIPTION, {"id": subscription_id})
    return int(answer.ok["getSubscription"]["plan"]["versionNumber"])


async def pro_v2(author: Author, migration: str) -> tuple[str, str | None]:
    """Worked example 21: v2 with flat 25 and feature X, published."""
    draft = await author.draft((await author.get_plan("plan-pro"))["id"])
    await author.price(draft["id"], flat_fee(25))
    await author.entitle(draft["id"], {"featureId": "feature-x"})
    return draft["id"], await author.publish(draft["id"], migration)


async def has_feature_x(execute: Execute) -> bool:
    answer = await execute(
        """{ entitlement(query: {customerId: "customer-1", featureId: "feature-x"}) {
          isGranted } }"""
    )
    return bool(answer.ok["entitlement"]["isGranted"])


async def paid_pro(author: Author) -> str:
    await author.features()
    await author.product()
    pro = await author.plan("plan-pro")
    await author.price(pro, flat_fee(20))
    await author.publish(pro)
    return pro


async def test_a_published_plan_cannot_be_edited(author: Author) -> None:
    pro = await paid_pro(author)
    assert await author.codes(UPDATE_PLAN, id=pro, displayName="Other") == [
        "CannotEditPackageInNonDraftMode"
    ]
    assert (await author.try_price(pro, flat_fee(1))).codes == ["CannotEditPackageInNonDraftMode"]
    refused = await author.run(
        "mutation ($input: CreatePackageEntitlementsInput!)"
        " { createPackageEntitlements(input: $input) { __typename } }",
        packageId=pro,
        entitlements=[{"feature": {"featureId": "feature-x"}}],
    )
    assert refused.codes == ["EditAllowedOnDraftPackageOnlyError"]
    assert await author.codes(SET_ADDONS, id=pro, relationIds=[]) == [
        "CannotEditPackageInNonDraftMode"
    ]


async def test_a_draft_is_the_next_version_and_there_is_one(author: Author) -> None:
    pro = await paid_pro(author)
    draft = await author.draft(pro)
    assert (draft["versionNumber"], draft["isLatest"], draft["status"]) == (2, False, "DRAFT")
    assert draft["draftSummary"] == {"version": 2}
    assert (await author.get_plan("plan-pro"))["draftSummary"] == {"version": 2}
    again = await author.execute(
        "mutation ($id: UUID!) { createPlanDraft(id: $id) { id } }", {"id": pro}
    )
    assert again.codes == ["DraftAlreadyExists"]


async def test_a_ref_id_means_the_open_draft_when_editing(author: Author) -> None:
    await paid_pro(author)
    draft = await author.draft((await author.get_plan("plan-pro"))["id"])
    changed = await author.ok(UPDATE_PLAN, id="plan-pro", displayName="Draft name")
    assert changed["id"] == draft["id"]
    assert (await author.get_plan("plan-pro"))["displayName"] == "plan-pro"


async def test_publishing_for_all_customers_moves_them_at_their_price(
    author: Author, execute: Execute
) -> None:
    await paid_pro(author)
    await a_customer(author)
    held = await subscribe(author, "plan-pro")
    assert not await has_feature_x(execute)
    v2, task_id = await pro_v2(author, "ALL_CUSTOMERS")
    assert task_id is not None
    subscription = (await execute(SUBSCRIPTION, {"id": held})).ok["getSubscription"]
    assert subscription["plan"] == {"refId": "plan-pro", "versionNumber": 2}
    assert subscription["totalPrice"]["total"]["amount"] == 20
    [task] = (await execute(TASKS)).ok["subscriptionMigrationTasks"]["edges"]
    assert task["node"] == {
        "id": task_id,
        "status": "COMPLETED",
        "taskType": "SUBSCRIPTION_MIGRATION",
        "progress": 100,
        "affectedCustomersCount": 1,
        "migratedCustomersCount": 1,
        "initiatedPackageId": v2,
        "packages": [{"refId": "plan-pro", "versionNumber": 2, "type": "Plan"}],
    }
    assert await has_feature_x(execute)
    await a_customer(author, "customer-2")
    new = await subscribe(author, "plan-pro", "customer-2")
    subscription = (await execute(SUBSCRIPTION, {"id": new})).ok["getSubscription"]
    assert subscription["totalPrice"]["total"]["amount"] == 25
    await author.ok(MIGRATE, subscriptionId=held, subscriptionMigrationTime="IMMEDIATE")
    subscription = (await execute(SUBSCRIPTION, {"id": held})).ok["getSubscription"]
    assert subscription["totalPrice"]["total"]["amount"] == 25


async def test_publishing_for_new_customers_moves_nobody(author: Author, execute: Execute) -> None:
    await paid_pro(author)
    await a_customer(author)
    held = await subscribe(author, "plan-pro")
    _, task_id = await pro_v2(author, "NEW_CUSTOMERS")
    assert task_id is None
    assert await version_of(execute, held) == 1
    later = await author.ok(
        "mutation ($input: TriggerSubscriptionMigrationInput!)"
        " { triggerPlanSubscriptionMigration(input: $input) { taskId } }",
        environmentId=author.environment_id,
        refId="plan-pro",
        versionNumber=2,
    )
    assert later["taskId"] is not None
    assert await version_of(execute, held) == 2


async def test_subscribers_of_another_pricing_type_stay(author: Author, execute: Execute) -> None:
    await paid_pro(author)
    await a_customer(author)
    held = await subscribe(author, "plan-pro")
    draft = await author.draft((await author.get_plan("plan-pro"))["id"])
    await author.price(draft["id"], pricingType="FREE")
    assert await author.publish(draft["id"], "ALL_CUSTOMERS") is not None
    assert await version_of(execute, held) == 1


async def test_an_addon_moves_its_holders(author: Author, execute: Execute) -> None:
    ids = await author.authoring_flow()
    await a_customer(author)
    made = await author.ok(
        PROVISION,
        customerId="customer-1",
        planId="plan-pro",
        billingPeriod="MONTHLY",
        addons=[{"addonId": "addon-support", "quantity": 1}],
        charges=[{"id": "feature-seats", "quantity": 3, "type": "FEATURE"}],
        skipTrial=True,
    )
    draft = await author.draft(ids["support"], kind="Addon")
    await author.price(draft["id"], flat_fee(40))
    assert await author.publish(draft["id"], "ALL_CUSTOMERS", kind="Addon") is not None
    answer = await execute(
        """query ($id: String!) { getSubscription(input: {subscriptionId: $id}) {
          addons { addon { refId versionNumber hasSubscriptions } price { price { amount } } } } }""",
        {"id": made["subscription"]["subscriptionId"]},
    )
    [held] = answer.ok["getSubscription"]["addons"]
    assert held["addon"] == {
        "refId": "addon-support",
        "versionNumber": 2,
        "hasSubscriptions": True,
    }
    assert held["price"] == {"price": {"amount": 15.0}}
    count = await author.ok(
        """query ($input: SubscribedCustomersCountInput!) {
          addonSubscriptionsCount(input: $input) { count } }""",
        environmentId=author.environment_id,
        packageRefId="addon-support",
        versionNumber=2,
    )
    assert count == {"count": 1}


async def test_counts_of_subscribed_customers_are_by_version(author: Author) -> None:
    await paid_pro(author)
    for number in (1, 2):
        await a_customer(author, f"customer-{number}")
        await subscribe(author, "plan-pro", f"customer-{number}")
    await pro_v2(author, "NEW_CUSTOMERS")
    await a_customer(author, "customer-3")
    await subscribe(author, "plan-pro", "customer-3")
    counts = [
        (
            await author.ok(
                COUNT,
                environmentId=author.environment_id,
                packageRefId="plan-pro",
                versionNumber=version,
            )
        )["count"]
        for version in (1, 2, None)
    ]
    assert counts == [2, 1, 3]


async def test_publishing_a_base_plan_makes_versions_of_its_children(author: Author) -> None:
    await author.authoring_flow()
    v2, _ = await pro_v2(author, "NEW_CUSTOMERS")
    enterprise = await author.get_plan("plan-enterprise")
    assert (enterprise["versionNumber"], enterprise["status"]) == (2, "PUBLISHED")
    assert enterprise["basePlan"]["id"] == v2
    assert [e["feature"]["refId"] for e in enterprise["inheritedEntitlements"]] == [
        "feature-sso",
        "feature-x",
    ]


async def test_an_open_draft_of_a_child_follows_the_new_base(author: Author) -> None:
    ids = await author.authoring_flow()
    draft = await author.draft(ids["enterprise"])
    v2, _ = await pro_v2(author, "NEW_CUSTOMERS")
    assert (await author.get_plan("plan-enterprise"))["versionNumber"] == 2
    moved = await author.get_plan("plan-enterprise", 3)
    assert (moved["id"], moved["status"], moved["basePlan"]["id"]) == (draft["id"], "DRAFT", v2)


async def test_versions_are_listed_newest_first(author: Author, execute: Execute) -> None:
    await author.authoring_flow()
    await pro_v2(author, "NEW_CUSTOMERS")
    input = {"environmentId": author.environment_id, "refId": "plan-pro"}
    versions = (await execute(VERSIONS, {"input": input})).ok["planVersions"]
    assert versions["totalCount"] == 2
    assert [e["node"]["versionNumber"] for e in versions["edges"]] == [2, 1]
    plans = (await execute(PLANS, {"filter": {"refId": {"eq": "plan-pro"}}})).ok["plans"]
    assert plans["totalCount"] == 2
    filter = {"refId": {"eq": "plan-pro"}, "isLatest": {"is": True}}
    [latest] = (await execute(PLANS, {"filter": filter})).ok["plans"]["edges"]
    assert latest["node"] == {"refId": "plan-pro", "versionNumber": 2, "isLatest": True}


async def test_rollback_opens_a_draft_with_the_old_content(author: Author) -> None:
    await author.authoring_flow()
    await pro_v2(author, "NEW_CUSTOMERS")
    given: dict[str, Any] = {"environmentId": author.environment_id, "refId": "plan-pro"}
    draft = await author.ok(ROLLBACK, versionNumber=1, **given)
    assert (draft["versionNumber"], draft["status"]) == (3, "DRAFT")
    assert [e["feature"]["refId"] for e in draft["entitlements"]] == ["feature-sso"]
    assert draft["prices"][0]["price"]["amount"] == 20
    assert (await author.get_plan("plan-pro"))["versionNumber"] == 2
    assert await author.codes(ROLLBACK, versionNumber=1, **given) == ["DraftAlreadyExists"]
    assert await author.ok(REMOVE, **given) == "plan-pro"
    assert await author.codes(REMOVE, **given) == ["IntegrityViolation"]
    assert await author.codes(ROLLBACK, versionNumber=9, **given) == ["PlanNotFound"]


async def test_rollback_extends_the_latest_base(author: Author) -> None:
    await author.authoring_flow()
    v2, _ = await pro_v2(author, "NEW_CUSTOMERS")
    given: dict[str, Any] = {"environmentId": author.environment_id, "refId": "plan-enterprise"}
    await author.ok(ROLLBACK, versionNumber=1, **given)
    assert (await author.get_plan("plan-enterprise", 3))["basePlan"]["id"] == v2


async def test_an_empty_draft_has_no_content(author: Author) -> None:
    ids = await author.authoring_flow()
    await author.draft(ids["enterprise"], prefix="createEmpty")
    empty = await author.get_plan("plan-enterprise", 2)
    assert (empty["entitlements"], empty["prices"], empty["basePlan"]) == ([], [], None)


async def test_removing_a_first_draft_removes_the_plan(author: Author, execute: Execute) -> None:
    await author.product()
    base = await author.plan("plan-base", pricingType="FREE")
    child = await author.plan("plan-child", pricingType="FREE", parentPlanId=base)
    given = {"environmentId": author.environment_id, "refId": "plan-base"}
    assert await author.ok(REMOVE, **given) == "plan-base"
    assert await author.get_plan("plan-base") is None
    assert (await author.get_plan("plan-child"))["basePlan"] is None
    assert (await author.get_plan("plan-child"))["id"] == child


async def test_plans_in_use_cannot_be_archived(author: Author) -> None:
    ids = await author.authoring_flow()
    await author.ok(
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
    assert await author.codes(ARCHIVE, id=ids["free"]) == ["PlanIsUsedAsDefaultStartPlan"]
    assert await author.codes(ARCHIVE, refId="plan-pro") == ["PlanWithChildCantBeDeleted"]
    support = "mutation ($input: AddonArchiveInput!) { archiveAddon(input: $input) { status } }"
    assert await author.codes(support, refId="addon-support") == ["AddonIsCompatibleWithPlan"]
    await author.draft(ids["enterprise"])
    assert await author.codes(ARCHIVE, id=ids["enterprise"]) == ["DraftPlanCantBeArchived"]


async def test_an_archived_plan_comes_back(author: Author, execute: Execute) -> None:
    ids = await author.authoring_flow()
    archived = {"refId": "plan-enterprise", "status": "ARCHIVED"}
    assert await author.ok(ARCHIVE, id=ids["enterprise"]) == archived
    assert await author.ok(ARCHIVE, id=ids["enterprise"]) == archived
    again = await execute(
        "mutation ($id: UUID!) { createPlanDraft(id: $id) { id } }", {"id": ids["enterprise"]}
    )
    assert again.codes == ["EntityIsArchivedError"]
    assert (await author.try_publish(ids["enterprise"])).codes == ["EntityIsArchivedError"]
    live = {"refId": "plan-enterprise", "status": "PUBLISHED"}
    assert await author.ok(UNARCHIVE, id=ids["enterprise"]) == live
    assert await author.ok(UNARCHIVE, id=ids["enterprise"]) == live


async def test_base_plans_cannot_run_in_a_circle(author: Author) -> None:
    await author.product()
    free = await author.plan("plan-free", pricingType="FREE")
    pro = await author.plan("plan-pro")
    await author.ok(SET_BASE, id=free, relationId=pro)
    assert await author.codes(SET_BASE, id=pro, relationId=free) == ["PlansCircularDependencyError"]


async def test_ids_are_taken_once_and_made_when_left_out(author: Author) -> None:
    product = await author.product()
    await author.plan("plan-gold-tier")
    taken = await author.run(
        CREATE_PLAN, productId=product, refId="plan-gold-tier", displayName="Gold"
    )
    assert taken.codes == ["DuplicatedEntityNotAllowed"]
    assert taken.errors[0]["extensions"]["identifier"] == "plan-gold-tier"
    assert taken.errors[0]["extensions"]["entityName"] == "Plan"
    made = [
        (await author.ok(CREATE_PLAN, productId=product, displayName="Gold tier!"))["refId"]
        for _ in range(2)
    ]
    assert made == ["plan-gold-tier-2", "plan-gold-tier-3"]
    empty = await author.codes(CREATE_PLAN, productId=product, refId="", displayName="Gold tier!")
    assert empty == ["BadUserInput"], "an empty refId is given, not omitted"
    unknown = await author.codes(CREATE_PLAN, productId="nothing", displayName="x")
    assert unknown == ["ProductNotFoundError"]
    published = await author.codes(
        CREATE_PLAN, productId=product, displayName="x", status="PUBLISHED"
    )
    assert published == ["BadUserInput"]


@pytest.mark.parametrize("number", [9, 1.5, 2**31, 1e30])
async def test_migrating_to_a_version_that_never_was_is_not_found(
    author: Author, number: float
) -> None:
    await author.product()
    await author.publish(await author.plan("plan-free", pricingType="FREE"))
    document = """mutation ($input: TriggerSubscriptionMigrationInput!) {
      triggerPlanSubscriptionMigration(input: $input) { taskId } }"""
    named = {"environmentId": author.environment_id, "refId": "plan-free"}
    assert await author.codes(document, **named, versionNumber=number) == ["PlanNotFound"]


@pytest.mark.parametrize("step", ["pricing type", "price", "base", "addon", "twice", "unknown"])
async def test_each_publish_check_has_its_code(author: Author, step: str) -> None:
    await author.product()
    plan = await author.plan("plan-pro")
    match step:
        case "pricing type":
            refused = await author.try_publish(plan)
            assert refused.codes == ["PackagePricingTypeNotSet"]
            assert refused.errors[0]["extensions"]["refId"] == "plan-pro"
        case "price":
            paid = await author.plan("plan-paid", pricingType="PAID")
            assert (await author.try_publish(paid)).codes == ["PriceNotFound"]
            addon = await author.addon("addon-paid", pricingType="PAID")
            assert (await author.try_publish(addon, kind="Addon")).codes == [
                "AddonHasToHavePriceError"
            ]
        case "base":
            child = await author.plan("plan-child", pricingType="FREE", parentPlanId=plan)
            assert (await author.try_publish(child)).codes == [
                "PlanCannotBePublishWhenBasePlanIsDraft"
            ]
        case "addon":
            addon = await author.addon("addon-support")
            await author.ok(SET_ADDONS, id=plan, relationIds=[addon])
            await author.price(plan, flat_fee(20))
            assert (await author.try_publish(plan)).codes == [
                "PlanCannotBePublishWhenCompatibleAddonIsDraft"
            ]
            after = await author.get_plan("plan-pro")
            assert (after["status"], after["id"]) == ("DRAFT", plan)
        case "twice":
            await author.price(plan, flat_fee(20))
            await author.publish(plan)
            assert (await author.try_publish(plan)).codes == ["PackageAlreadyPublished"]
        case _:
            assert (await author.try_publish("plan-x")).codes == ["PlanNotFound"]
            assert (await author.try_publish("addon-x", kind="Addon")).codes == ["AddonNotFound"]
