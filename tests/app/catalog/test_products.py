"""Products through GraphQL (spec, catalog §3 and §11)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.ports import Runtime
from app.usecases.catalog import products
from domain.catalog.enums import PackageStatus, PricingType
from domain.catalog.model import Package, PackageType
from domain.ids import PackageId, PriceId, ProductId, SubscriptionId
from tests.builders import a_customer, a_plan, a_price, a_subscription
from tests.conftest import Execute, Recorder

CREATE = """mutation ($input: CreateOneProductInput!) { createOneProduct(input: $input) {
  id refId displayName description status isDefaultProduct multipleSubscriptions hasSubscriptions
  additionalMetaData environmentId
  subscriptionUpdateUsageResetCutoffRule { behavior }
  productSettings { subscriptionStartSetup subscriptionStartPlanId subscriptionCancellationTime
    subscriptionEndSetup downgradePlanId prorateAtEndOfBillingPeriod } } }"""
UPDATE = """mutation ($input: UpdateOneProductInput!) { updateOneProduct(input: $input) {
  displayName multipleSubscriptions
  subscriptionUpdateUsageResetCutoffRule { behavior }
  productSettings { subscriptionStartSetup subscriptionStartPlanId subscriptionCancellationTime
    subscriptionEndSetup downgradePlanId prorateAtEndOfBillingPeriod } } }"""
LIST = """query ($paging: CursorPaging) { products(paging: $paging) {
  totalCount edges { node { refId hasSubscriptions environment { id } plans { refId }
    addons { refId } autoCancellationRules { sourcePlan { refId } }
    productSettings { subscriptionStartPlanId downgradePlan { refId } } } } } }"""


async def create(execute: Execute, runtime: Runtime, ref_id: str, **given: Any) -> Any:
    product = {"refId": ref_id, "environmentId": str(runtime.environment.environment_id)} | given
    return (await execute(CREATE, {"input": {"product": product}})).ok["createOneProduct"]


async def add_plan(runtime: Runtime, ref_id: str, product_id: str, **given: Any) -> Package:
    plan = a_plan(
        ref_id,
        id=PackageId(runtime.ids.new_uuid()),
        product_id=ProductId(UUID(product_id)),
        **given,
    )
    async with runtime.new_unit_of_work() as work:
        await work.packages.save(plan)
        await work.commit()
    return plan


async def test_a_product_is_published_with_the_documented_settings(
    execute: Execute, runtime: Runtime
) -> None:
    product = await create(execute, runtime, "product-app", displayName="App")
    assert product == {
        "id": product["id"],
        "refId": "product-app",
        "displayName": "App",
        "description": None,
        "status": "PUBLISHED",
        "isDefaultProduct": False,
        "multipleSubscriptions": False,
        "hasSubscriptions": False,
        "additionalMetaData": None,
        "environmentId": str(runtime.environment.environment_id),
        "subscriptionUpdateUsageResetCutoffRule": {"behavior": "ALWAYS_RESET"},
        "productSettings": {
            "subscriptionStartSetup": "PLAN_SELECTION",
            "subscriptionStartPlanId": None,
            "subscriptionCancellationTime": "IMMEDIATE",
            "subscriptionEndSetup": "CANCEL_SUBSCRIPTION",
            "downgradePlanId": None,
            "prorateAtEndOfBillingPeriod": False,
        },
    }


async def test_a_taken_ref_id_is_refused(execute: Execute, runtime: Runtime) -> None:
    await create(execute, runtime, "product-app")
    product = {"refId": "product-app", "environmentId": str(runtime.environment.environment_id)}
    answer = await execute(CREATE, {"input": {"product": product}})
    assert answer.codes == ["DuplicatedEntityNotAllowed"]
    assert answer.errors[0]["extensions"]["entityName"] == "Product"


JOURNEY = {
    "subscriptionStartSetup": "FREE_PLAN",
    "subscriptionCancellationTime": "END_OF_BILLING_PERIOD",
    "subscriptionEndSetup": "DOWNGRADE_TO_FREE",
}


async def test_the_settings_name_plans_by_any_id_and_show_uuids(
    execute: Execute, runtime: Runtime
) -> None:
    product = await create(execute, runtime, "product-app")
    free = await add_plan(runtime, "plan-free", product["id"])
    settings = JOURNEY | {"subscriptionStartPlanId": str(free.id), "downgradePlanId": "plan-free"}
    answer = await execute(
        UPDATE,
        {
            "input": {
                "id": "product-app",
                "update": {
                    "displayName": "App",
                    "productSettings": settings,
                    "usageResetCutoffRule": {"behavior": "NEVER_RESET"},
                },
            }
        },
    )
    assert answer.ok["updateOneProduct"] == {
        "displayName": "App",
        "multipleSubscriptions": False,
        "subscriptionUpdateUsageResetCutoffRule": {"behavior": "NEVER_RESET"},
        "productSettings": {
            **JOURNEY,
            "subscriptionStartPlanId": str(free.id),
            "downgradePlanId": str(free.id),
            "prorateAtEndOfBillingPeriod": False,
        },
    }


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (None, "PlanNotFound"),
        ({"status": PackageStatus.DRAFT}, "UnPublishedPackage"),
        ({"status": PackageStatus.ARCHIVED}, "EntityIsArchivedError"),
        ({"pricing_type": PricingType.PAID}, "BadUserInput"),
    ],
)
async def test_unfit_plans_are_refused(
    execute: Execute, runtime: Runtime, plan: dict[str, Any] | None, code: str
) -> None:
    product = await create(execute, runtime, "product-app")
    if plan is not None:
        await add_plan(runtime, "plan-free", product["id"], **plan)
    settings = JOURNEY | {"subscriptionStartPlanId": "plan-free", "downgradePlanId": "plan-free"}
    answer = await execute(
        UPDATE, {"input": {"id": product["id"], "update": {"productSettings": settings}}}
    )
    assert answer.codes == [code]
    if code == "UnPublishedPackage":
        extensions = answer.errors[0]["extensions"]
        assert extensions["nonPublishedPackageIds"] == ["plan-free"]
        assert extensions["packageType"] == "Plan"


ARCHIVE = "mutation ($id: String!) { archiveOneProduct(input: {refId: $id}) { status } }"
UNARCHIVE = "mutation ($id: String!) { unarchiveOneProduct(input: {refId: $id}) { status } }"
DELETE = "mutation ($id: String!) { deleteOneProduct(input: {id: $id}) { refId plans { id } } }"


async def test_a_product_is_archived_and_published_again(
    execute: Execute, runtime: Runtime
) -> None:
    await create(execute, runtime, "product-app")
    assert (await execute(ARCHIVE, {"id": "product-app"})).ok["archiveOneProduct"] == {
        "status": "ARCHIVED"
    }
    assert (await execute(UNARCHIVE, {"id": "product-app"})).ok["unarchiveOneProduct"] == {
        "status": "PUBLISHED"
    }
    assert (await execute(UNARCHIVE, {"id": "product-app"})).codes == [
        "CannotUnarchiveProductError"
    ]
    assert (await execute(ARCHIVE, {"id": "product-none"})).codes == ["ProductNotFoundError"]


async def test_subscriptions_hold_a_product_where_it_is(execute: Execute, runtime: Runtime) -> None:
    product = await create(execute, runtime, "product-app")
    plan = a_plan("plan-x", product_id=ProductId(UUID(product["id"])))
    subscription = a_subscription(a_customer(), plan, id=SubscriptionId(runtime.ids.new_uuid()))
    async with runtime.new_unit_of_work() as work:
        await work.subscriptions.save(subscription)
        await work.commit()
    assert (await execute(ARCHIVE, {"id": "product-app"})).codes == ["CannotArchiveProductError"]
    assert (await execute(DELETE, {"id": "product-app"})).codes == ["IntegrityViolation"]
    changed = {"id": "product-app", "update": {"multipleSubscriptions": True}}
    assert (await execute(UPDATE, {"input": changed})).codes == ["BadUserInput"]


async def test_an_empty_product_is_deleted(execute: Execute, runtime: Runtime) -> None:
    product = await create(execute, runtime, "product-app")
    await create(execute, runtime, "product-other")
    await add_plan(runtime, "plan-free", product["id"])
    assert (await execute(DELETE, {"id": product["id"]})).codes == ["IntegrityViolation"]
    assert (await execute(DELETE, {"id": "product-other"})).ok["deleteOneProduct"] == {
        "refId": "product-other",
        "plans": [],
    }


async def test_the_default_product_is_made_once(execute: Execute, runtime: Runtime) -> None:
    await products.make_default(runtime, "Acme Inc.")
    await products.make_default(runtime, "Renamed")
    answer = await execute("{ products { edges { node { refId displayName isDefaultProduct } } } }")
    assert [edge["node"] for edge in answer.ok["products"]["edges"]] == [
        {"refId": "product-acme-inc", "displayName": "Acme Inc.", "isDefaultProduct": True}
    ]


async def test_a_list_of_products_takes_as_many_statements_for_one_as_for_twenty(
    execute: Execute, runtime: Runtime, count_statements: Recorder
) -> None:
    await create(execute, runtime, "product-0")
    with count_statements() as for_one:
        (await execute(LIST, {"paging": {"first": 20}})).ok  # noqa: B018
    for i in range(1, 20):
        await create(execute, runtime, f"product-{i}")
    with count_statements() as for_twenty:
        answer = await execute(LIST, {"paging": {"first": 20}})
    assert answer.ok["products"]["totalCount"] == 20
    assert len(for_twenty) == len(for_one)


async def test_a_product_shows_its_plans_addons_and_rules(
    execute: Execute, runtime: Runtime
) -> None:
    single = await create(execute, runtime, "product-single")
    multi = await create(execute, runtime, "product-multi", multipleSubscriptions=True)
    await add_plan(runtime, "plan-a", single["id"])
    await add_plan(runtime, "plan-old", single["id"], status=PackageStatus.ARCHIVED)
    await add_plan(runtime, "addon-a", single["id"], type=PackageType.Addon)
    await add_plan(runtime, "plan-b", multi["id"])
    rules = [{"sourcePlanId": "plan-a", "targetPlanId": "plan-b"}]
    document = """mutation ($input: UpdateOneProductInput!) { updateOneProduct(input: $input) {
      plans { refId } addons { refId } subscriptionStartPlan { refId }
      autoCancellationRules { sourcePlan { refId } targetPlan { refId } } } }"""
    update = {"id": "product-single", "update": {"autoCancellationRules": rules}}
    answer = await execute(document, {"input": update})
    assert answer.ok["updateOneProduct"] == {
        "plans": [{"refId": "plan-a"}],
        "addons": [{"refId": "addon-a"}],
        "subscriptionStartPlan": None,
        "autoCancellationRules": [
            {"sourcePlan": {"refId": "plan-a"}, "targetPlan": {"refId": "plan-b"}}
        ],
    }
    for rule, code in (
        (
            {"sourcePlanId": "plan-b", "targetPlanId": "plan-b"},
            "MultiSubscriptionCantBeAutoCancellationSourceError",
        ),
        (
            {"sourcePlanId": "plan-a", "targetPlanId": "plan-a"},
            "SingleSubscriptionCantBeAutoCancellationTargetError",
        ),
    ):
        update = {"id": "product-single", "update": {"autoCancellationRules": [rule]}}
        assert (await execute(document, {"input": update})).codes == [code]


DUPLICATE = """mutation ($input: DuplicateProductInput!) { duplicateProduct(input: $input) {
  refId displayName plans { refId status versionNumber prices { billingModel }
    compatibleAddons { refId } } addons { refId } } }"""


async def test_a_product_is_copied_with_all_it_sells(execute: Execute, runtime: Runtime) -> None:
    product = await create(execute, runtime, "product-app", displayName="App")
    await add_plan(runtime, "addon-a", product["id"], type=PackageType.Addon)
    await add_plan(
        runtime,
        "plan-pro",
        product["id"],
        prices=(a_price(20, id=PriceId(runtime.ids.new_uuid())),),
        compatible_addon_ref_ids=("addon-a",),
        version_number=2,
    )
    await add_plan(runtime, "plan-gone", product["id"], status=PackageStatus.ARCHIVED)
    values = {
        "environmentId": str(runtime.environment.environment_id),
        "refId": "product-b",
        "sourceProductId": "product-app",
    }
    answer = await execute(DUPLICATE, {"input": values | {"displayName": "B"}})
    assert answer.ok["duplicateProduct"] == {
        "refId": "product-b",
        "displayName": "B",
        "plans": [
            {
                "refId": "plan-pro-product-b",
                "status": "DRAFT",
                "versionNumber": 1,
                "prices": [{"billingModel": "FLAT_FEE"}],
                "compatibleAddons": [{"refId": "addon-a-product-b"}],
            }
        ],
        "addons": [{"refId": "addon-a-product-b"}],
    }
    again = await execute(DUPLICATE, {"input": values})
    assert again.codes == ["DuplicateProductValidationError"]
    unknown = values | {"refId": "product-c", "sourceProductId": "none"}
    assert (await execute(DUPLICATE, {"input": unknown})).codes == ["ProductNotFoundError"]
    foreign = values | {"refId": "product-c", "sourceProductId": "product-b"}
    assert (await execute(DUPLICATE, {"input": foreign})).ok["duplicateProduct"]["plans"]
