"""Credit rows of entitlement lists, and the grants behind them (entitlements §2.6, §2.7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.catalog.enums import CreditCadence, WidgetType
from domain.catalog.model import CreditEntitlement
from domain.periods import wire_time
from tests.app.credits.backed import backed, rate_of
from tests.app.credits.conftest import Credits, make_currency
from tests.conftest import Execute, Recorder
from tests.support import MovableClock
from tests.world import World

DAY = timedelta(days=1)
ROWS = """__typename
  ... on FeatureEntitlement { feature { refId } granted: isGranted }
  ... on CreditEntitlement { currency { currencyId } isGranted usageLimit currentUsage }"""
STATE = f"""query ($query: FetchEntitlementsQuery!) {{
  entitlementsState(query: $query) {{
    accessDeniedReason entitlements {{ feature {{ refId }} isGranted }}
    entitlementsV2 {{ {ROWS} }}
  }}
  cachedEntitlements(query: $query) {{ feature {{ refId }} }}
  entitlements(query: $query) {{ feature {{ refId }} }}
}}"""
SUMMARIES = """query ($query: FetchEntitlementsQuery!) {
  entitlementsWithSummary(query: $query) { entitlements {
    ... on FeatureEntitlementWithSummary { feature { refId } }
    ... on CreditEntitlementWithSummary {
      currency { currencyId } isGranted usageLimit currentUsage summaries {
        amount effectiveAt expireAt grantType sourceType isEffectiveEntitlement
        subscription { subscriptionId }
      }
    }
  } }
}"""
PORTAL = f"""query ($input: CustomerPortalInput!) {{
  customerPortal(input: $input) {{ entitlements {{ isGranted }} entitlementsV2 {{ {ROWS} }} }}
}}"""


async def state(execute: Execute, **given: Any) -> tuple[Any, list[str], list[str]]:
    """The reason, and the names in both lists."""
    query = {"customerId": "customer-1"} | given
    data = (await execute(STATE, {"query": query})).ok
    found = data["entitlementsState"]
    features = [row["feature"]["refId"] for row in found["entitlements"]]
    assert [row["feature"]["refId"] for row in data["cachedEntitlements"]] == features
    assert [row["feature"]["refId"] for row in data["entitlements"]] == features
    return found["accessDeniedReason"], features, named(found["entitlementsV2"])


def named(rows: list[dict[str, Any]]) -> list[str]:
    return [
        row["feature"]["refId"]
        if row["__typename"] == "FeatureEntitlement"
        else row["currency"]["currencyId"]
        for row in rows
    ]


async def test_features_come_before_credits_each_sorted(
    execute: Execute, credits: Credits, world: World
) -> None:
    await make_currency(execute, "gold")
    for ref_id in ("feature-z", "feature-a"):
        await backed(world, ref_id)
    await credits.grant(10)
    await credits.grant(10, currencyId="gold")
    features = ["feature-a", "feature-z"]
    assert await state(execute) == (None, features, [*features, "gold", "tokens"])


async def test_credits_need_no_subscription(execute: Execute, credits: Credits) -> None:
    assert await state(execute) == ("NoActiveSubscription", [], [])
    await credits.grant(10)
    await credits.consume(4)
    assert await state(execute) == ("NoActiveSubscription", [], ["tokens"])
    answer = await execute(STATE, {"query": {"customerId": "customer-1"}})
    assert answer.ok["entitlementsState"]["entitlementsV2"] == [
        {
            "__typename": "CreditEntitlement",
            "currency": {"currencyId": "tokens"},
            "isGranted": True,
            "usageLimit": 10,
            "currentUsage": 4,
        }
    ]


async def test_who_has_no_access_has_no_credits_either(
    execute: Execute, credits: Credits, world: World
) -> None:
    await credits.grant(10)
    assert await state(execute, customerId="nobody") == ("CustomerNotFound", [], [])
    assert await state(execute, resourceId="r9") == ("NoActiveSubscription", [], [])
    async with world.runtime.new_unit_of_work() as work:
        archived = replace(world.customers["customer-1"], deleted_at=world.now)
        await work.customers.save(archived)
        await work.commit()
    assert await state(execute) == ("CustomerIsArchived", [], [])


async def test_a_list_shows_the_wallets_of_its_scope_alone(
    execute: Execute, credits: Credits, world: World
) -> None:
    await world.resource("r1")
    await make_currency(execute, "gold")
    await credits.grant(10)
    await credits.grant(10, currencyId="gold", resourceId="r1")
    assert (await state(execute))[2] == ["tokens"]
    assert (await state(execute, resourceId="r1"))[2] == ["gold"]


async def test_a_list_is_one_statement_however_many_wallets(
    execute: Execute, credits: Credits, world: World, count_statements: Recorder
) -> None:
    await backed(world)
    document = f"""query ($query: FetchEntitlementsQuery!) {{
      entitlementsState(query: $query) {{ entitlementsV2 {{ {ROWS} }} }}
    }}"""
    variables = {"query": {"customerId": "customer-1"}}
    for number in range(20):
        await make_currency(execute, f"currency-{number:02}")
        await credits.grant(10, currencyId=f"currency-{number:02}")
    await execute(document, variables)
    with count_statements() as executed:
        found = (await execute(document, variables)).ok["entitlementsState"]["entitlementsV2"]
    assert len(found) == 21
    assert len(executed) == 1


async def test_each_counted_grant_is_a_summary(
    execute: Execute, credits: Credits, clock: MovableClock, count_statements: Recorder
) -> None:
    now, ends = clock(), clock() + DAY
    await credits.grant(10, expireAt=wire_time(ends))
    await credits.grant(20, grantType="PAID")
    await credits.grant(30, effectiveAt=wire_time(ends))
    voided = await credits.grant(40)
    await credits.try_void(voided["id"])
    await credits.consume(35)
    variables = {"query": {"customerId": "customer-1"}}
    with count_statements() as executed:
        (row,) = (await execute(SUMMARIES, variables)).ok["entitlementsWithSummary"]["entitlements"]
    summaries = row.pop("summaries")
    assert row == {
        "currency": {"currencyId": "tokens"},
        "isGranted": False,
        "usageLimit": 30,
        "currentUsage": 35,
    }
    assert [(s["grantType"], s["amount"], s["expireAt"]) for s in summaries] == [
        ("PROMOTIONAL", 10, wire_time(ends)),
        ("PAID", 20, None),
        ("OVERDRAFT", 0, None),
    ]
    assert {s["effectiveAt"] for s in summaries} == {wire_time(now)}
    assert all(s["isEffectiveEntitlement"] for s in summaries)
    assert all((s["sourceType"], s["subscription"]) == (None, None) for s in summaries)
    first = len(executed)
    for _ in range(10):
        await credits.grant(1)
    with count_statements() as executed:
        await execute(SUMMARIES, variables)
    assert len(executed) <= first


async def test_the_portal_shows_credits_unless_their_package_hides_them(
    execute: Execute, credits: Credits, world: World
) -> None:
    await make_currency(execute, "gold")
    await make_currency(execute, "stars")
    for currency in ("tokens", "gold", "stars"):
        await credits.grant(10, currencyId=currency)

    async def gives(currency: str, **given: Any) -> CreditEntitlement:
        return CreditEntitlement(
            id=world.runtime.ids.new_uuid(),
            currency_id=(await rate_of(world, currency=currency)).currency_id,
            amount=Decimal(1),
            cadence=CreditCadence.MONTH,
            created_at=world.now,
            updated_at=world.now,
            **given,
        )

    hidden = (WidgetType.CUSTOMER_PORTAL,)
    unseen = [await gives(c, hidden_from_widgets=hidden) for c in ("gold", "stars")]
    await world.plan("plan-a", entitlements=unseen)
    await world.plan("plan-b", entitlements=(await gives("stars"),))
    await world.subscribe("plan-a")
    await world.subscribe("plan-b")
    found = (await execute(PORTAL, {"input": {"customerId": "customer-1"}})).ok["customerPortal"]
    assert found["entitlements"] == []
    assert named(found["entitlementsV2"]) == ["stars", "tokens"]
