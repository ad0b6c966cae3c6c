"""A pricing team at work over GraphQL: one short call a step, on any executor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.ports import Runtime
from tests.conftest import Execute
from tests.support import Answer

CREATE_FEATURE = "mutation ($input: FeatureInput!) { createFeature(input: $input) { id refId } }"
CREATE_PLAN = """mutation ($input: PlanCreateInput!) { createOnePlan(input: $input) {
  id refId status isLatest versionNumber pricingType productId type } }"""
UPDATE_PLAN = """mutation ($input: PlanUpdateInput!) { updateOnePlan(input: $input) {
  id displayName description hiddenFromWidgets additionalMetaData
  defaultTrialConfig { duration units trialEndBehavior budget { limit hasSoftLimit } } } }"""
CREATE_ADDON = """mutation ($input: AddonCreateInput!) { createOneAddon(input: $input) {
  id refId status isLatest versionNumber maxQuantity } }"""
CREATE_ENTITLEMENTS = """mutation ($input: CreatePackageEntitlementsInput!) {
  createPackageEntitlements(input: $input) { __typename
    ... on PackageFeatureEntitlement { id usageLimit hasUnlimitedUsage hasSoftLimit resetPeriod
      enumValues isGranted isCustom behavior order packageId featureId feature { refId }
      resetPeriodConfiguration { ... on MonthlyResetPeriodConfig { monthlyAccordingTo } } }
    ... on PackageCreditEntitlement { id amount cadence order customCurrencyId } } }"""
SET_PRICING = """mutation ($input: PackagePricingInput!) { setPackagePricing(input: $input) {
  packageId pricingType } }"""
SET_ADDONS = """mutation ($input: SetCompatibleAddonsOnPlanInput!) {
  setCompatibleAddonsOnPlan(input: $input) { id compatibleAddons { refId status } } }"""
SET_BASE = """mutation ($input: SetBasePlanOnPlanInput!) {
  setBasePlanOnPlan(input: $input) { id basePlan { id refId } } }"""
GET_PLAN = """query ($input: GetPackageByRefIdInput!) { getPlanByRefId(input: $input) {
  id refId displayName status isLatest versionNumber isParent pricingType
  draftSummary { version } basePlan { id refId versionNumber }
  compatibleAddons { refId }
  entitlements { id usageLimit hasUnlimitedUsage hasSoftLimit feature { refId } }
  packageEntitlements { __typename }
  inheritedEntitlements { feature { refId } }
  prices { id billingModel billingPeriod billingCountryCode minUnitQuantity maxUnitQuantity
    price { amount currency } package { refId } usedInSubscriptions feature { refId } tiersMode
    tiers { upTo unitPrice { amount } flatPrice { amount } } resetPeriod }
  overagePrices { price { amount } feature { refId } } overageBillingPeriod
  minimumSpend { billingPeriod minimum { amount } } } }"""


@dataclass
class Author:
    """Bound to one environment; every step raises unless it succeeds, `try_…` returns errors."""

    execute: Execute
    runtime: Runtime

    @property
    def environment_id(self) -> str:
        return str(self.runtime.environment.environment_id)

    async def product(self, ref_id: str = "product-app") -> str:
        product = await self.ok(
            "mutation ($input: CreateOneProductInput!) { createOneProduct(input: $input) { id } }",
            product={
                "refId": ref_id,
                "displayName": "App",
                "environmentId": self.environment_id,
            },
        )
        return str(product["id"])

    async def run(self, document: str, **input: Any) -> Answer:
        return await self.execute(document, {"input": input})

    async def ok(self, document: str, **input: Any) -> Any:
        [value] = (await self.run(document, **input)).ok.values()
        return value

    async def codes(self, document: str, **input: Any) -> list[str]:
        return (await self.run(document, **input)).codes

    async def feature(self, ref_id: str, type_: str, meter: str = "None", **more: Any) -> Any:
        return await self.ok(
            CREATE_FEATURE,
            refId=ref_id,
            displayName=ref_id,
            featureType=type_,
            meterType=meter,
            environmentId=self.environment_id,
            **more,
        )

    async def features(self) -> None:
        """The three of the documented authoring flow, and a boolean X."""
        await self.feature("feature-sso", "BOOLEAN")
        await self.feature("feature-x", "BOOLEAN")
        await self.feature("feature-seats", "NUMBER", "Fluctuating")
        await self.feature("feature-api-calls", "NUMBER", "Incremental")
        await self.feature("feature-config", "NUMBER")

    async def plan(self, ref_id: str, product_id: str = "product-app", **more: Any) -> str:
        plan = await self.ok(
            CREATE_PLAN,
            **{"refId": ref_id, "displayName": ref_id, "productId": product_id} | more,
        )
        return str(plan["id"])

    async def addon(self, ref_id: str, product_id: str = "product-app", **more: Any) -> str:
        addon = await self.ok(
            CREATE_ADDON,
            **{"refId": ref_id, "displayName": ref_id, "productId": product_id} | more,
        )
        return str(addon["id"])

    async def entitle(self, package_id: str, *entitlements: dict[str, Any]) -> Any:
        return await self.ok(
            CREATE_ENTITLEMENTS,
            packageId=package_id,
            entitlements=[e if "credit" in e else {"feature": e} for e in entitlements],
        )

    async def try_price(self, package_id: str, *models: dict[str, Any], **more: Any) -> Answer:
        return await self.run(
            SET_PRICING,
            **{
                "environmentId": self.environment_id,
                "packageId": package_id,
                "pricingType": "PAID",
                "pricingModels": list(models),
            }
            | more,
        )

    async def price(self, package_id: str, *models: dict[str, Any], **more: Any) -> Any:
        return (await self.try_price(package_id, *models, **more)).ok["setPackagePricing"]

    async def try_publish(
        self, id: str, migration: str = "NEW_CUSTOMERS", kind: str = "Plan"
    ) -> Answer:
        document = f"mutation ($input: PackagePublishInput!) {{ publish{kind}(input: $input) {{ taskId }} }}"
        return await self.run(document, id=id, migrationType=migration)

    async def publish(self, id: str, migration: str = "NEW_CUSTOMERS", kind: str = "Plan") -> Any:
        return (await self.try_publish(id, migration, kind)).ok[f"publish{kind}"]["taskId"]

    async def draft(self, id: str, kind: str = "Plan", prefix: str = "create") -> Any:
        field = f"{prefix}{kind}Draft"
        document = f"""mutation ($id: UUID!) {{ {field}(id: $id) {{
          id versionNumber isLatest status draftSummary {{ version }} }} }}"""
        return (await self.execute(document, {"id": id})).ok[field]

    async def get_plan(self, ref_id: str, version: int | None = None) -> Any:
        more = {} if version is None else {"versionNumber": version}
        return await self.ok(GET_PLAN, refId=ref_id, environmentId=self.environment_id, **more)

    async def authoring_flow(self) -> dict[str, str]:
        """Steps 1-6 of the documented flow: free, pro with an add-on, enterprise on pro."""
        await self.features()
        product = await self.product()
        free = await self.plan("plan-free", product, pricingType="FREE", displayName="Free")
        await self.entitle(
            free,
            {"featureId": "feature-seats", "usageLimit": 1},
            {
                "featureId": "feature-api-calls",
                "usageLimit": 1000,
                "resetPeriod": "MONTH",
                "monthlyResetPeriodConfiguration": {"accordingTo": "StartOfTheMonth"},
            },
        )
        assert await self.publish(free) is None
        pro = await self.plan("plan-pro", product, displayName="Pro")
        await self.entitle(pro, {"featureId": "feature-sso"})
        await self.price(pro, *PRO_PRICING)
        await self.ok(UPDATE_PLAN, id=pro, defaultTrialConfig={"duration": 14, "units": "DAY"})
        support = await self.addon("addon-support", product, maxQuantity=1)
        await self.price(support, flat_fee(15))
        await self.publish(support, kind="Addon")
        await self.ok(SET_ADDONS, id=pro, relationIds=[support])
        await self.publish(pro)
        enterprise = await self.plan("plan-enterprise", product, pricingType="CUSTOM")
        await self.ok(SET_BASE, id=enterprise, relationId=pro)
        await self.entitle(
            enterprise,
            {"featureId": "feature-seats", "isCustom": True},
            {"featureId": "feature-api-calls", "hasUnlimitedUsage": True},
        )
        await self.publish(enterprise)
        return {
            "product": product,
            "free": free,
            "pro": pro,
            "support": support,
            "enterprise": enterprise,
        }


def flat_fee(amount: float, *, country: str | None = None, currency: str = "USD") -> dict[str, Any]:
    return {"billingModel": "FLAT_FEE", "pricePeriods": [period(amount, country, currency)]}


def per_unit(feature: str, amount: float, low: int | None = None, high: int | None = None) -> Any:
    return {
        "billingModel": "PER_UNIT",
        "featureId": feature,
        "minUnitQuantity": low,
        "maxUnitQuantity": high,
        "pricePeriods": [period(amount)],
    }


def usage(feature: str, amount: float) -> dict[str, Any]:
    return {
        "billingModel": "USAGE_BASED",
        "featureId": feature,
        "pricePeriods": [period(amount)],
    }


def period(
    amount: float, country: str | None = None, currency: str = "USD", period: str = "MONTHLY"
) -> dict[str, Any]:
    return {
        "billingPeriod": period,
        "billingCountryCode": country,
        "price": {"amount": amount, "currency": currency},
    }


def tiers(*triples: tuple[float | None, float | None]) -> list[dict[str, Any]]:
    return [
        {"upTo": up_to, "unitPrice": None if unit is None else {"amount": unit}}
        for up_to, unit in triples
    ]


PRO_PRICING: tuple[dict[str, Any], ...] = (
    flat_fee(20),
    per_unit("feature-seats", 10, 1, 50),
    {
        "billingModel": "USAGE_BASED",
        "featureId": "feature-api-calls",
        "tiersMode": "GRADUATED",
        "resetPeriod": "MONTH",
        "pricePeriods": [
            {
                "billingPeriod": "MONTHLY",
                "tiers": tiers((1000, 0), (10000, 0.01), (None, 0.005)),
            }
        ],
    },
)
