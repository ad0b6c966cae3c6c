"""The demo catalogue, as the calls that a pricing team would make.

Its ids are those of the reference's published examples, so that those run unchanged. Each step
is a documented mutation, executed against the product's own schema: nothing here knows a table
or a use case. Loading resumes where an interrupted load stopped: what is there stays, what is
half-authored (a first draft) is made again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

Execute = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Runs a document with variables as the environment's server key; raises on any error."""

Json = Mapping[str, Any]

TEMPLATES = "feature-01-templates"
CAMPAIGNS = "feature-02-campaigns"
EMAILS = "feature-03-emails"
ANALYTICS = "feature-04-analytics"
RETENTION_DAYS = "feature-05-retention-days"
REGIONS = "feature-06-regions"
ACTIVE_USERS = "feature-07-active-users"

BASIC = "plan-revvenu-basic"
ESSENTIALS = "plan-revvenu-essentials"
GROWTH = "plan-revvenu-growth"
ENTERPRISE = "plan-revvenu-enterprise"
MORE_CAMPAIGNS = "addon-10-campaigns"
EXTRA_STUFF = "addon-extra-stuff"

FEATURES: Sequence[Json] = (
    {
        "refId": TEMPLATES,
        "displayName": "Templates",
        "featureType": "NUMBER",
        "meterType": "Fluctuating",
        "featureUnits": "template",
        "featureUnitsPlural": "templates",
    },
    {
        "refId": CAMPAIGNS,
        "displayName": "Campaigns",
        "featureType": "NUMBER",
        "meterType": "Incremental",
        "featureUnits": "campaign",
        "featureUnitsPlural": "campaigns",
    },
    {
        "refId": EMAILS,
        "displayName": "Emails",
        "featureType": "NUMBER",
        "meterType": "Incremental",
        "featureUnits": "email",
        "featureUnitsPlural": "emails",
    },
    {"refId": ANALYTICS, "displayName": "Analytics", "featureType": "BOOLEAN"},
    {
        "refId": RETENTION_DAYS,
        "displayName": "Data retention",
        "featureType": "NUMBER",
        "featureUnits": "day",
        "featureUnitsPlural": "days",
    },
    {
        "refId": REGIONS,
        "displayName": "Regions",
        "featureType": "ENUM",
        "enumConfiguration": [
            {"value": "us", "displayName": "United States"},
            {"value": "eu", "displayName": "European Union"},
            {"value": "in", "displayName": "India"},
        ],
    },
    {
        "refId": ACTIVE_USERS,
        "displayName": "Monthly active users",
        "featureType": "NUMBER",
        "meterType": "Incremental",
        "featureUnits": "user",
        "featureUnitsPlural": "users",
        "meter": {
            "filters": [
                {
                    "conditions": [
                        {"field": "eventName", "operation": "EQUALS", "value": "user_login"}
                    ]
                }
            ],
            "aggregation": {"function": "UNIQUE", "field": "user_id"},
        },
    },
)


def _monthly(feature_id: str, limit: int) -> Json:
    """`limit` units that start again each month of the subscription."""
    return {
        "featureId": feature_id,
        "usageLimit": limit,
        "resetPeriod": "MONTH",
        "monthlyResetPeriodConfiguration": {"accordingTo": "SubscriptionStart"},
    }


def _money(usd: float, dkk: float) -> Sequence[Json]:
    """The default price in dollars and the one for Denmark."""
    return (
        {"price": {"amount": usd, "currency": "USD"}},
        {"price": {"amount": dkk, "currency": "DKK"}, "billingCountryCode": "DK"},
    )


def _periods(period: str, usd: float, dkk: float) -> list[Json]:
    return [{"billingPeriod": period, **entry} for entry in _money(usd, dkk)]


def _email_tiers(currency: str, small: float, large: float) -> list[Json]:
    def price(amount: float) -> Json:
        return {"amount": amount, "currency": currency}

    return [
        {"upTo": 1000, "unitPrice": price(0)},
        {"upTo": 10_000, "unitPrice": price(small)},
        {"unitPrice": price(large)},
    ]


ADDONS: Sequence[Json] = (
    {
        "package": {"refId": MORE_CAMPAIGNS, "displayName": "10 campaigns"},
        "entitlements": [{"featureId": CAMPAIGNS, "usageLimit": 10, "behavior": "Increment"}],
        "pricing": {
            "pricingType": "PAID",
            "pricingModels": [
                {
                    "billingModel": "FLAT_FEE",
                    "pricePeriods": [*_periods("MONTHLY", 5, 35), *_periods("ANNUALLY", 50, 350)],
                }
            ],
        },
    },
    {
        # Free of charge, so that it fits the FREE plan too.
        "package": {"refId": EXTRA_STUFF, "displayName": "Extra stuff", "pricingType": "FREE"},
        "entitlements": [{"featureId": TEMPLATES, "usageLimit": 5, "behavior": "Increment"}],
    },
)

PLANS: Sequence[Json] = (
    {
        "package": {"refId": BASIC, "displayName": "Basic", "pricingType": "FREE"},
        "entitlements": [
            {"featureId": TEMPLATES, "usageLimit": 10},
            _monthly(CAMPAIGNS, 20),
            {"featureId": RETENTION_DAYS, "usageLimit": 30},
            {"featureId": REGIONS, "enumValues": ["us"]},
            _monthly(ACTIVE_USERS, 100),
        ],
        "addons": [EXTRA_STUFF],
    },
    {
        "package": {"refId": ESSENTIALS, "displayName": "Essentials"},
        "base": BASIC,
        "entitlements": [
            {"featureId": TEMPLATES, "usageLimit": 25},
            _monthly(CAMPAIGNS, 100),
            {"featureId": ANALYTICS},
            _monthly(ACTIVE_USERS, 1000),
        ],
        "pricing": {
            "pricingType": "PAID",
            "pricingModels": [
                {
                    "billingModel": "FLAT_FEE",
                    "pricePeriods": [
                        *_periods("MONTHLY", 29, 199),
                        *_periods("ANNUALLY", 290, 1990),
                    ],
                }
            ],
        },
        "addons": [EXTRA_STUFF, MORE_CAMPAIGNS],
    },
    {
        "package": {"refId": GROWTH, "displayName": "Growth"},
        "base": ESSENTIALS,
        "entitlements": [
            _monthly(CAMPAIGNS, 500),
            {"featureId": RETENTION_DAYS, "usageLimit": 365},
            {"featureId": REGIONS, "enumValues": ["us", "eu"]},
            _monthly(ACTIVE_USERS, 10_000),
        ],
        "pricing": {
            "pricingType": "PAID",
            "pricingModels": [
                {
                    "billingModel": "PER_UNIT",
                    "featureId": TEMPLATES,
                    "minUnitQuantity": 1,
                    "maxUnitQuantity": 1000,
                    "pricePeriods": _periods("MONTHLY", 1, 7),
                },
                {
                    "billingModel": "USAGE_BASED",
                    "featureId": EMAILS,
                    "tiersMode": "GRADUATED",
                    "resetPeriod": "MONTH",
                    "monthlyResetPeriodConfiguration": {"accordingTo": "SubscriptionStart"},
                    "pricePeriods": [
                        {
                            "billingPeriod": "MONTHLY",
                            "tiers": _email_tiers("USD", 0.01, 0.005),
                        },
                        {
                            "billingPeriod": "MONTHLY",
                            "billingCountryCode": "DK",
                            "tiers": _email_tiers("DKK", 0.07, 0.035),
                        },
                    ],
                },
            ],
        },
        "trial": {"duration": 14, "units": "DAY"},
        "addons": [EXTRA_STUFF, MORE_CAMPAIGNS],
    },
    {
        "package": {"refId": ENTERPRISE, "displayName": "Enterprise", "pricingType": "CUSTOM"},
        "base": GROWTH,
        "entitlements": [
            {"featureId": TEMPLATES, "isCustom": True},
            {"featureId": CAMPAIGNS, "hasUnlimitedUsage": True},
            {"featureId": EMAILS, "hasUnlimitedUsage": True},
            {"featureId": REGIONS, "enumValues": ["us", "eu", "in"]},
            {"featureId": ACTIVE_USERS, "hasUnlimitedUsage": True},
        ],
        "addons": [EXTRA_STUFF],
    },
)

COUPONS: Sequence[Json] = (
    {"refId": "coupon-id", "name": "20% off", "percentOff": 20, "durationInMonths": 12},
    {
        "refId": "coupon-15-off",
        "name": "15 off",
        "amountsOff": [{"amount": 15, "currency": "USD"}, {"amount": 100, "currency": "DKK"}],
    },
)


async def load_demo_catalogue(execute: Execute, *, environment_id: str) -> None:
    """Make what is missing of the demo catalogue in the environment; a second call is a no-op."""
    await _Loader(execute, environment_id).load()


class _Loader:
    """One load: the environment's executor and its id, which many inputs want."""

    def __init__(self, execute: Execute, environment_id: str) -> None:
        self._execute = execute
        self._environment_id = environment_id

    async def load(self) -> None:
        product_id = await self._product()
        for feature in FEATURES:
            if not await self._exists("features", feature["refId"]):
                value = {**feature, "environmentId": self._environment_id}
                await self._call("createFeature", "FeatureInput", value)
        for spec in ADDONS:
            await self._package("Addon", spec, product_id)
        for spec in PLANS:
            await self._package("Plan", spec, product_id)
        for coupon in COUPONS:
            if not await self._exists("coupons", coupon["refId"]):
                await self._call("createOneCoupon", "CreateCouponInput", coupon)

    async def _product(self) -> str:
        """The environment's default product, into which the demo is built; else one of its own."""
        answer = await self._execute(
            "{ products(paging: {first: 100}, sorting: [{field: createdAt, direction: ASC}])"
            " { edges { node { id isDefaultProduct refId } } } }",
            {},
        )
        nodes = [edge["node"] for edge in answer["products"]["edges"]]
        for node in nodes:
            if node["isDefaultProduct"] or node["refId"] == "product-revvenu":
                return str(node["id"])
        product = {
            "refId": "product-revvenu",
            "displayName": "Revvenu",
            "environmentId": self._environment_id,
        }
        return await self._call("createOneProduct", "CreateOneProductInput", {"product": product})

    async def _package(self, kind: str, spec: Json, product_id: str) -> None:
        """Author and publish one plan or add-on, unless it is published already."""
        ref_id = spec["package"]["refId"]
        found = await self._latest(kind, ref_id)
        if found is not None and found["status"] != "DRAFT":
            return
        if found is not None:  # an earlier load was interrupted here
            draft = {"refId": ref_id, "environmentId": self._environment_id}
            await self._call(f"remove{kind}Draft", "DiscardPackageDraftInput", draft, selection="")
        created = {**spec["package"], "productId": product_id}
        package_id = await self._call(f"createOne{kind}", f"{kind}CreateInput", created)
        await self._content(package_id, spec)
        if kind == "Plan":
            await self._plan_relations(package_id, spec)
        publish = {"id": package_id, "migrationType": "NEW_CUSTOMERS"}
        await self._call(f"publish{kind}", "PackagePublishInput", publish, selection="{ taskId }")

    async def _content(self, package_id: str, spec: Json) -> None:
        await self._call(
            "createPackageEntitlements",
            "CreatePackageEntitlementsInput",
            {
                "packageId": package_id,
                "entitlements": [{"feature": given} for given in spec["entitlements"]],
            },
            selection="{ __typename }",
        )
        if pricing := spec.get("pricing"):
            owned = {"packageId": package_id, "environmentId": self._environment_id}
            await self._call(
                "setPackagePricing",
                "PackagePricingInput",
                {**pricing, **owned},
                selection="{ packageId }",
            )

    async def _plan_relations(self, plan_id: str, spec: Json) -> None:
        if base := spec.get("base"):
            relation = {"id": plan_id, "relationId": await self._latest_id("Plan", base)}
            await self._call("setBasePlanOnPlan", "SetBasePlanOnPlanInput", relation)
        if trial := spec.get("trial"):
            update = {"id": plan_id, "defaultTrialConfig": trial}
            await self._call("updateOnePlan", "PlanUpdateInput", update)
        ids = [await self._latest_id("Addon", addon) for addon in spec["addons"]]
        compatible = {"id": plan_id, "relationIds": ids}
        await self._call("setCompatibleAddonsOnPlan", "SetCompatibleAddonsOnPlanInput", compatible)

    async def _call(
        self, root: str, input_type: str, value: Json, *, selection: str = "{ id }"
    ) -> str:
        """Run one documented mutation; the id it answers with, if it has one."""
        document = f"mutation ($input: {input_type}!) {{ {root}(input: $input) {selection} }}"
        answer = (await self._execute(document, {"input": value}))[root]
        return str(answer["id"]) if isinstance(answer, Mapping) and "id" in answer else ""

    async def _exists(self, root: str, ref_id: str) -> bool:
        document = (
            f"query ($refId: String!) {{ {root}(filter: {{refId: {{eq: $refId}}}})"
            " { edges { node { id } } } }"
        )
        return bool((await self._execute(document, {"refId": ref_id}))[root]["edges"])

    async def _latest(self, kind: str, ref_id: str) -> Json | None:
        root = f"get{kind}ByRefId"
        document = (
            f"query ($input: GetPackageByRefIdInput!) {{ {root}(input: $input) {{ id status }} }}"
        )
        given = {"refId": ref_id, "environmentId": self._environment_id}
        found: Json | None = (await self._execute(document, {"input": given}))[root]
        return found

    async def _latest_id(self, kind: str, ref_id: str) -> str:
        found = await self._latest(kind, ref_id)
        assert found is not None, f"{ref_id} is made before it is named"
        return str(found["id"])
