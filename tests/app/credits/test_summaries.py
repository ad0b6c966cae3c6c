"""Recurring grants behind a wallet's row: which part of which subscription (entitlements §2.7)."""

from __future__ import annotations

from typing import Any

from tests.app.credits.life import CUSTOMER, SEATS, Life, life, seat_price, shop
from tests.app.credits.test_checks import V2
from tests.builders import a_credit, a_plan, a_price, an_addon, feature_id

__all__ = ["life"]

SUMMARIES = """query ($query: FetchEntitlementsQuery!) {
  entitlementsWithSummary(query: $query) { entitlements {
    ... on CreditEntitlementWithSummary { usagePeriodEnd summaries {
      amount baseAmount cadence grantType sourceType addonQuantity expireAt
      plan { refId } addon { refId } subscription { subscriptionId }
      dependencyFeatureEntitlement { feature { refId } usageLimit }
    } }
  } }
}"""


async def summaries(life: Life) -> list[dict[str, Any]]:
    answer = await life.execute(SUMMARIES, {"query": {"customerId": CUSTOMER}})
    rows = answer.ok["entitlementsWithSummary"]["entitlements"]
    found: list[dict[str, Any]] = next(row["summaries"] for row in rows if row)
    return sorted(found, key=lambda row: (row["sourceType"] or "", row["amount"]))


async def test_each_recurring_grant_shows_where_it_comes_from(life: Life) -> None:
    each = a_credit(1000, dependency_feature_id=feature_id(SEATS))
    base = a_plan("plan-base", entitlements=(each,))
    pro = a_plan(
        "plan-pro",
        seat_price(),
        parent_plan_id=base.id,
        compatible_addon_ref_ids=("addon-more",),
    )
    more = an_addon("addon-more", a_price(1), entitlements=(a_credit(50),))
    await shop(life, base, pro, more)
    id = await life.begin(
        charges=[{"id": SEATS, "quantity": 5, "type": "FEATURE"}],
        addons=[{"addonId": "addon-more", "quantity": 2}],
    )
    await life.credits.grant(7)
    by_hand, addon, plan = await summaries(life)
    shared = {
        "cadence": "MONTH",
        "grantType": "RECURRING",
        "expireAt": "2024-02-15T00:00:00.000Z",
        "subscription": {"subscriptionId": id},
    }
    assert addon == shared | {
        "amount": 100,
        "baseAmount": 50,
        "sourceType": "ADDON_ENTITLEMENT",
        "addonQuantity": 2,
        "plan": None,
        "addon": {"refId": "addon-more"},
        "dependencyFeatureEntitlement": None,
    }
    assert plan == shared | {
        "amount": 5000,
        "baseAmount": 1000,
        "sourceType": "PLAN_ENTITLEMENT",
        "addonQuantity": None,
        "plan": {"refId": "plan-base"},
        "addon": None,
        "dependencyFeatureEntitlement": {"feature": {"refId": SEATS}, "usageLimit": 5},
    }
    assert by_hand.pop("amount") == 7
    assert by_hand.pop("grantType") == "PROMOTIONAL"
    assert set(by_hand.values()) == {None}


async def test_a_currencys_period_is_that_of_its_recurring_grants(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    await life.begin()
    await life.credits.grant(7)

    async def check() -> Any:
        query = {"customerId": CUSTOMER, "currencyId": "tokens"}
        return (await life.execute(V2, {"query": query})).ok["entitlementV2"]

    await life.credits.consume(30)
    first = await check()
    assert (first["usageLimit"], first["currentUsage"]) == (107, 30)
    assert first["usagePeriodEnd"] == first["validUntil"] == "2024-02-15T00:00:00.000Z"
    # Nobody came by: the period's end takes what is left, and grants anew.
    life.skip_to("2024-02-15")
    second = await check()
    assert (second["usageLimit"], second["currentUsage"]) == (107, 0)
    assert second["usagePeriodEnd"] == "2024-03-15T00:00:00.000Z"
