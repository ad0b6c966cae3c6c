"""Lists of packages: filters, sorting, paging, and what they cost. Source: spec, platform §6."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.ports import Runtime
from domain.catalog.enums import BillingModel, CreditCadence
from domain.catalog.model import (
    CreditEntitlement,
    CustomCurrency,
    Feature,
    FeatureEntitlement,
    Package,
    Price,
    Product,
)
from domain.ids import CurrencyId, FeatureId, PackageId, PriceId, ProductId
from tests.app.packages.authoring import Author, flat_fee
from tests.builders import NOW, a_feature, a_plan, a_price, a_product, an_addon
from tests.conftest import Execute, Recorder

WHOLE = """query ($first: Int!) { plans(paging: {first: $first}) { totalCount edges { node {
  id refId isParent product { refId } environment { slug }
  basePlan { refId product { refId } }
  prices { price { amount } feature { refId } usedInSubscriptions package { refId } }
  overagePrices { price { amount } }
  entitlements { usageLimit feature { refId } dependencyFeature { refId } featureGroupIds
    package { refId } }
  packageEntitlements { ... on PackageCreditEntitlement { customCurrency { currencyId } } }
  inheritedEntitlements { feature { refId } package { refId } }
  compatibleAddons { refId hasSubscriptions prices { price { amount } }
    entitlements { feature { refId } } dependencies { refId } product { refId } }
  compatiblePackageGroups { packageGroupId }
  draftSummary { version } draftDetails { version changes { totalChanges } } } } } }"""
PAGE = """{ plans(paging: {first: 100}) { edges { node { refId product { refId }
  prices { billingModel price { amount } feature { refId } }
  entitlements { usageLimit feature { refId } }
  compatibleAddons { refId prices { price { amount } } } } } } }"""
ADDONS = """query ($first: Int!) {
  addons(paging: {first: $first}, filter: {refId: {like: "addon-x-%"}}) { edges { node { refId
  hasSubscriptions product { refId } dependencies { refId }
  prices { price { amount } feature { refId } }
  filtered: prices(filter: {billingModel: {eq: FLAT_FEE}}, sorting: [{field: id, direction: ASC}])
    { billingModel }
  entitlements { feature { refId } } draftSummary { version } } } } }"""
ENTITLEMENTS = """query ($first: Int!) { packageEntitlements(paging: {first: $first}) {
  edges { node { id usageLimit feature { refId } package { refId prices { price { amount } } }
    dependency { refId } meter { id } } } } }"""


async def a_catalogue(runtime: Runtime, size: int, entitlements: int = 3) -> None:
    """`size` plans, each on a base plan, with prices, entitlements and an add-on of its own."""
    new = runtime.ids.new_uuid
    product: Product = replace(a_product(), id=ProductId(new()))
    features: list[Feature] = [
        replace(a_feature(f"feature-{n}"), id=FeatureId(new())) for n in range(entitlements)
    ]
    currency = CustomCurrency(
        id=CurrencyId(new()),
        currency_id="tokens",
        display_name="Tokens",
        created_at=NOW,
        updated_at=NOW,
    )

    def package(made: Package, **given: Any) -> Package:
        id = PackageId(new())
        own: dict[str, Any] = {
            "id": id,
            "product_id": product.id,
            "prices": tuple(
                replace(
                    p,
                    id=PriceId(new()),
                    package_id=id,
                    feature_id=features[0].id if p.feature_id else None,
                )
                for p in made.prices
            ),
            "entitlements": (
                *(
                    FeatureEntitlement(
                        id=new(),
                        feature_id=feature.id,
                        usage_limit=Decimal(n),
                        dependency_feature_id=features[0].id,
                        order=Decimal(n),
                        created_at=NOW,
                        updated_at=NOW,
                    )
                    for n, feature in enumerate(features)
                ),
                CreditEntitlement(
                    id=new(),
                    currency_id=currency.id,
                    amount=Decimal(5),
                    cadence=CreditCadence.MONTH,
                    created_at=NOW,
                    updated_at=NOW,
                ),
            ),
        }
        return replace(made, **own | given)

    prices: tuple[Price, ...] = (
        a_price(20),
        a_price(2, model=BillingModel.PER_UNIT, feature="feature-0"),
    )
    base = package(a_plan("plan-base", *prices))
    packages = [base]
    for number in range(size):
        addon = package(an_addon(f"addon-{number}", a_price(number + 1)))
        needing = package(
            an_addon(f"addon-x-{number}", a_price(1)), dependency_ref_ids=(addon.ref_id,)
        )
        plan = package(
            a_plan(f"plan-{number}", *prices),
            parent_plan_id=base.id,
            compatible_addon_ref_ids=(addon.ref_id, needing.ref_id),
        )
        packages += [addon, needing, plan]
    async with runtime.new_unit_of_work() as work:
        await work.products.add(product)
        await work.currencies.add(currency)
        for feature in features:
            await work.features.add(feature)
        await work.packages.save(*packages)
        await work.commit()


@pytest.mark.parametrize("document", [WHOLE, ADDONS, ENTITLEMENTS])
async def test_twenty_rows_cost_as_many_statements_as_one(
    runtime: Runtime, execute: Execute, count_statements: Recorder, document: str
) -> None:
    await a_catalogue(runtime, 20)
    counts = []
    for first in (1, 20):
        with count_statements() as executed:
            answer = await execute(document, {"first": first})
        [connection] = answer.ok.values()
        assert len(connection["edges"]) == first
        counts.append(len(executed))
    assert counts[0] == counts[1]


async def test_a_page_of_a_hundred_plans_takes_at_most_twelve_statements(
    runtime: Runtime, execute: Execute, count_statements: Recorder
) -> None:
    await a_catalogue(runtime, 100)
    with count_statements() as executed:
        answer = await execute(PAGE)
    nodes = [edge["node"] for edge in answer.ok["plans"]["edges"]]
    assert len(nodes) == 100
    assert all(len(node["prices"]) == 2 for node in nodes)
    assert sum(len(node["compatibleAddons"]) for node in nodes) >= 198
    assert len(executed) <= 12, executed


FILTER = "query ($filter: PlanFilter) { plans(filter: $filter) { edges { node { refId } } } }"


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({"pricingType": {"eq": "PAID"}}, ["plan-pro"]),
        ({"pricingType": {"is": None}}, ["plan-open"]),
        ({"status": {"in": ["DRAFT"]}}, ["plan-open"]),
        ({"product": {"refId": {"eq": "product-app"}}}, ["plan-open", "plan-free", "plan-pro"]),
        ({"product": {"refId": {"eq": "product-other"}}}, []),
        ({"compatibleAddons": {"refId": {"eq": "addon-support"}}}, ["plan-pro"]),
        ({"offer": {"offerId": {"eq": "any"}}}, []),
        (
            {"or": [{"refId": {"eq": "plan-free"}}, {"displayName": {"iLike": "%OPEN"}}]},
            ["plan-open", "plan-free"],
        ),
        ({"versionNumber": {"gt": 1}}, []),
    ],
)
async def test_plans_are_filtered(
    author: Author, execute: Execute, filter: dict[str, Any], expected: list[str]
) -> None:
    await author.product()
    addon = await author.addon("addon-support")
    await author.price(addon, flat_fee(15))
    await author.publish(addon, kind="Addon")
    pro = await author.plan("plan-pro")
    await author.price(pro, flat_fee(20))
    await author.ok(
        "mutation ($input: AddCompatibleAddonsToPlanInput!)"
        " { addCompatibleAddonsToPlan(input: $input) { id } }",
        id=pro,
        relationIds=["addon-support"],
    )
    await author.publish(pro)
    free = await author.plan("plan-free", pricingType="FREE")
    await author.publish(free)
    await author.plan("plan-open")
    found = (await execute(FILTER, {"filter": filter})).ok["plans"]["edges"]
    assert sorted(e["node"]["refId"] for e in found) == sorted(expected)


async def test_compatible_addons_are_filtered_sorted_and_removed(
    author: Author, execute: Execute
) -> None:
    await author.product()
    for name in ("addon-a", "addon-b", "addon-c"):
        await author.addon(name, pricingType="FREE")
    plan = await author.plan("plan-pro")
    document = """mutation ($input: SetCompatibleAddonsOnPlanInput!) {
      setCompatibleAddonsOnPlan(input: $input) {
        all: compatibleAddons(sorting: [{field: refId, direction: ASC}]) { refId }
        some: compatibleAddons(filter: {refId: {neq: "addon-b"}},
          sorting: [{field: refId, direction: DESC}]) { refId } } }"""
    both = await author.ok(document, id=plan, relationIds=["addon-a", "addon-b", "addon-c"])
    assert [a["refId"] for a in both["all"]] == ["addon-a", "addon-b", "addon-c"]
    assert [a["refId"] for a in both["some"]] == ["addon-c", "addon-a"]
    left = await author.ok(
        "mutation ($input: RemoveCompatibleAddonsFromPlanInput!)"
        " { removeCompatibleAddonsFromPlan(input: $input) { compatibleAddons { refId } } }",
        id=plan,
        relationIds=["addon-a", "addon-c"],
    )
    assert left["compatibleAddons"] == [{"refId": "addon-b"}]


async def test_entitlements_are_listed_by_package_and_feature(
    author: Author, execute: Execute
) -> None:
    ids = await author.authoring_flow()
    document = """query ($filter: PackageEntitlementFilter) {
      packageEntitlements(filter: $filter) { totalCount edges { node { feature { refId } } } } }"""
    of_free = await execute(document, {"filter": {"packageId": {"eq": ids["free"]}}})
    assert of_free.ok["packageEntitlements"]["totalCount"] == 2
    seats = {"feature": {"refId": {"eq": "feature-seats"}}, "package": {"isLatest": {"is": True}}}
    assert (await execute(document, {"filter": seats})).ok["packageEntitlements"]["totalCount"] == 2


async def test_another_environment_is_denied(author: Author) -> None:
    document = "query ($input: GetPackageByRefIdInput!) { getPlanByRefId(input: $input) { id } }"
    foreign = "00000000-0000-0000-0000-000000000001"
    assert await author.codes(document, refId="plan-pro", environmentId=foreign) == [
        "AccessDeniedError"
    ]
