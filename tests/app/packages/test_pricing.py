"""Pricing of packages over GraphQL. Source: spec, catalog §6."""

from __future__ import annotations

from typing import Any

from tests.app.packages.authoring import (
    PRO_PRICING,
    UPDATE_PLAN,
    Author,
    flat_fee,
    per_unit,
    period,
    tiers,
    usage,
)

DELETE_PRICE = """mutation ($input: DeleteOnePriceInput!) { deleteOnePrice(input: $input) {
  id billingModel price { amount currency } packageId environmentId usedInSubscriptions
  feature { refId } } }"""

RATES = """query ($input: GetPackageByRefIdInput!) { getPlanByRefId(input: $input) {
  prices { creditRate { amount costFormula } } } }"""


def rated(formula: str) -> dict[str, Any]:
    rate = {"amount": 1, "currencyId": "tokens", "costFormula": formula}
    return {
        "billingModel": "CREDIT_BASED",
        "featureId": "feature-api-calls",
        "pricePeriods": [{"billingPeriod": "MONTHLY", "creditRate": rate}],
    }


async def a_plan(author: Author, **given: Any) -> str:
    await author.features()
    await author.product()
    return await author.plan("plan-pro", **given)


async def test_pricing_is_replaced_whole(author: Author) -> None:
    plan = await a_plan(author)
    answer = await author.price(plan, *PRO_PRICING)
    assert answer == {"packageId": plan, "pricingType": "PAID"}
    await author.price(plan, flat_fee(5), minimumSpend=[])
    assert [p["price"]["amount"] for p in (await author.get_plan("plan-pro"))["prices"]] == [5.0]


async def test_amounts_keep_every_decimal(author: Author) -> None:
    plan = await a_plan(author)
    await author.price(plan, usage("feature-api-calls", 0.00275))
    [price] = (await author.get_plan("plan-pro"))["prices"]
    assert price["price"] == {"amount": 0.00275, "currency": "USD"}
    assert price["usedInSubscriptions"] is False
    assert price["package"] == {"refId": "plan-pro"}


async def test_minimum_spend_comes_with_pricing_or_the_plan(author: Author) -> None:
    plan = await a_plan(author)
    spend = {"billingPeriod": "MONTHLY", "minimum": {"amount": 100}}
    await author.price(plan, usage("feature-api-calls", 1), minimumSpend=[spend])
    shown = [{"billingPeriod": "MONTHLY", "minimum": {"amount": 100.0}}]
    assert (await author.get_plan("plan-pro"))["minimumSpend"] == shown
    more = {"billingPeriod": "ANNUALLY", "minimum": {"amount": 5}}
    await author.ok(UPDATE_PLAN, id=plan, minimumSpend=[more])
    assert (await author.get_plan("plan-pro"))["minimumSpend"][0]["minimum"] == {"amount": 5.0}
    refused = await author.try_price(plan, pricingType="FREE", minimumSpend=[spend])
    assert refused.codes == ["BadUserInput"]


async def test_overage_brings_its_entitlement(author: Author) -> None:
    plan = await a_plan(author)
    overage = {
        "billingModel": "USAGE_BASED",
        "featureId": "feature-api-calls",
        "entitlement": {
            "featureId": "feature-api-calls",
            "usageLimit": 1000,
            "resetPeriod": "MONTH",
        },
        "pricePeriods": [period(0.01)],
    }
    await author.price(plan, flat_fee(20), overagePricingModels=[overage])
    shown = await author.get_plan("plan-pro")
    assert shown["overagePrices"] == [
        {"price": {"amount": 0.01}, "feature": {"refId": "feature-api-calls"}}
    ]
    assert shown["overageBillingPeriod"] == "ON_SUBSCRIPTION_RENEWAL"
    [entitlement] = shown["entitlements"]
    assert (entitlement["usageLimit"], entitlement["hasSoftLimit"]) == (1000.0, True)
    overage["entitlement"] = {"featureId": "feature-api-calls", "usageLimit": 5}
    await author.price(
        plan, flat_fee(20), overagePricingModels=[overage], overageBillingPeriod="MONTHLY"
    )
    shown = await author.get_plan("plan-pro")
    [changed] = shown["entitlements"]
    assert (changed["id"], changed["usageLimit"]) == (entitlement["id"], 5.0)
    assert shown["overageBillingPeriod"] == "MONTHLY"
    bare = {k: v for k, v in overage.items() if k != "entitlement"}
    await author.price(plan, flat_fee(20), overagePricingModels=[bare])
    lonely = bare | {"featureId": "feature-seats"}
    refused = await author.try_price(plan, flat_fee(20), overagePricingModels=[lonely])
    assert refused.codes == ["BadUserInput"]


async def test_overage_beyond_committed_units_has_no_entitlement(author: Author) -> None:
    plan = await a_plan(author)
    overage = usage("feature-seats", 2)
    seats = per_unit("feature-seats", 10, 1, 50)
    await author.price(plan, seats, overagePricingModels=[overage])
    shown = await author.get_plan("plan-pro")
    assert len(shown["overagePrices"]) == 1
    assert shown["entitlements"] == []


async def test_refused_pricing_leaves_the_draft_as_it_was(author: Author) -> None:
    plan = await a_plan(author)
    await author.price(plan, flat_fee(20))
    before = await author.get_plan("plan-pro")
    local = flat_fee(20)
    local["pricePeriods"].append(period(900, "IN", "INR"))
    refused = {
        "BadUserInput": [local, per_unit("feature-seats", 1)],
        "AmountTooLarge": [flat_fee(1_000_000_000)],
        "InvalidQuantity": [per_unit("feature-seats", 1, 5, 2)],
        "FeatureNotFound": [per_unit("feature-none", 1)],
        "MeteringNotAvailableForFeatureType": [usage("feature-config", 1)],
        "InvalidEntitlementResetPeriod": [
            usage("feature-api-calls", 1)
            | {
                "resetPeriod": "MONTH",
                "weeklyResetPeriodConfiguration": {"accordingTo": "EverySunday"},
            }
        ],
        "CustomCurrencyNotFound": [
            {
                "billingModel": "CREDIT_BASED",
                "featureId": "feature-api-calls",
                "pricePeriods": [
                    {"billingPeriod": "MONTHLY", "creditRate": {"amount": 1, "currencyId": "x"}}
                ],
            }
        ],
    }
    for code, models in refused.items():
        assert (await author.try_price(plan, *models)).codes == [code]
    assert await author.get_plan("plan-pro") == before


async def test_a_cost_formula_is_saved_if_it_can_be_parsed(author: Author) -> None:
    plan = await a_plan(author)
    addon = await author.addon("addon-tokens")
    await author.ok(
        "mutation ($input: CustomCurrencyInput!) { createCustomCurrency(input: $input) { id } }",
        currencyId="tokens",
        displayName="Tokens",
        environmentId=author.environment_id,
    )
    await author.price(plan, rated("1.1*in + 5*out"), pricingType="FREE")
    for package in (plan, addon):
        for formula in ("1.1*in +", "", "sqrt(in)"):
            refused = await author.try_price(package, flat_fee(20), rated(formula))
            assert refused.codes == ["InvalidArgumentError"]
    found = await author.ok(RATES, refId="plan-pro", environmentId=author.environment_id)
    assert found == {"prices": [{"creditRate": {"amount": 1.0, "costFormula": "1.1*in + 5*out"}}]}


async def test_wrong_tiers_are_refused(author: Author) -> None:
    plan = await a_plan(author)
    for wrong in (((10, 1), (10, 1), (None, 1)), ((10, 1), (100, 1))):
        model = {
            "billingModel": "PER_UNIT",
            "featureId": "feature-seats",
            "tiersMode": "GRADUATED",
            "pricePeriods": [{"billingPeriod": "MONTHLY", "tiers": tiers(*wrong)}],
        }
        assert (await author.try_price(plan, model)).codes == ["BadUserInput"]


async def test_one_price_can_be_deleted(author: Author) -> None:
    plan = await a_plan(author)
    await author.price(plan, flat_fee(20), per_unit("feature-seats", 10))
    flat, seats = (await author.get_plan("plan-pro"))["prices"]
    deleted = await author.ok(DELETE_PRICE, id=seats["id"])
    assert deleted == {
        "id": seats["id"],
        "billingModel": "PER_UNIT",
        "price": {"amount": 10.0, "currency": "USD"},
        "packageId": plan,
        "environmentId": author.environment_id,
        "usedInSubscriptions": False,
        "feature": {"refId": "feature-seats"},
    }
    assert [p["id"] for p in (await author.get_plan("plan-pro"))["prices"]] == [flat["id"]]
    assert await author.codes(DELETE_PRICE, id=seats["id"]) == ["PriceNotFound"]
    assert await author.codes(DELETE_PRICE, id="nonsense") == ["PriceNotFound"]
    await author.publish(plan)
    assert await author.codes(DELETE_PRICE, id=flat["id"]) == ["CannotEditPackageInNonDraftMode"]


async def test_a_trial_budget_needs_measured_usage(author: Author) -> None:
    plan = await a_plan(author)
    trial = {
        "duration": 14,
        "units": "DAY",
        "trialEndBehavior": "CONVERT_TO_PAID",
        "budget": {"limit": 10, "hasSoftLimit": True},
    }
    await author.price(plan, flat_fee(20))
    assert await author.codes(UPDATE_PLAN, id=plan, defaultTrialConfig=trial) == ["BadUserInput"]
    await author.price(plan, usage("feature-api-calls", 1))
    set_ = await author.ok(UPDATE_PLAN, id=plan, defaultTrialConfig=trial)
    assert set_["defaultTrialConfig"] == trial | {
        "duration": 14.0,
        "budget": {"limit": 10.0, "hasSoftLimit": True},
    }
    kept = await author.ok(UPDATE_PLAN, id=plan, displayName="Other")
    assert kept["defaultTrialConfig"] is not None
    gone = await author.ok(UPDATE_PLAN, id=plan, defaultTrialConfig=None)
    assert gone["defaultTrialConfig"] is None
    half = {"duration": 0.5, "units": "DAY"}
    for wrong in (half, {"units": "DAY"}, {"duration": 0, "units": "DAY"}):
        assert await author.codes(UPDATE_PLAN, id=plan, defaultTrialConfig=wrong) == [
            "BadUserInput"
        ]
