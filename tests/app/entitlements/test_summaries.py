"""Every source of an entitlement, and which formed it. Source: spec, entitlements §2.7."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.catalog.enums import BillingModel, FeatureType, MeterType
from domain.catalog.model import EnumValue
from domain.subscriptions.model import SubscriptionPrice
from tests.builders import a_price
from tests.conftest import Execute
from tests.world import World

SUMMARY = """
  isEffectiveEntitlement addonQuantity
  plan { refId } subscription { subscriptionId }
  featurePackageEntitlement { usageLimit feature { refId } }
  featurePromotionalEntitlement { usageLimit status }
  priceEntitlement { usageLimit featureId package { refId } }
"""
DOCUMENT = f"""
query All($query: FetchEntitlementsQuery!) {{
  entitlements(query: $query) {{ usageLimit feature {{ refId }} summaries {{ {SUMMARY} }} }}
  entitlementsWithSummary(query: $query) {{
    entitlements {{ ... on FeatureEntitlementWithSummary {{
      usageLimit validUntil summaries {{ {SUMMARY} }}
    }} }}
  }}
}}
"""


async def summaries(execute: Execute, feature: str = "feature-f") -> list[Any]:
    data = (await execute(DOCUMENT, {"query": {"customerId": "customer-1"}})).ok
    first = {row["feature"]["refId"]: row["summaries"] for row in data["entitlements"]}
    second = [row["summaries"] for row in data["entitlementsWithSummary"]["entitlements"]]
    assert list(first.values()) == second
    rows: list[Any] = first[feature]
    return rows


async def test_a_base_plan_an_add_on_and_a_promotion_each_have_a_row(
    world: World, execute: Execute
) -> None:
    await world.feature()
    base = await world.plan("plan-base", world.gives(limit=10))
    await world.plan("plan-child", parent_plan_id=base.id)
    await world.addon("addon-plus", world.gives(limit=5))
    await world.customer()
    await world.subscribe("plan-child", addons=(world.added("addon-plus", 2),))
    await world.promote(limit=7)
    plan, addon, promotion = await summaries(execute)
    assert plan["plan"] == {"refId": "plan-base"}
    assert plan["featurePackageEntitlement"]["usageLimit"] == 10
    assert (addon["plan"], addon["addonQuantity"]) == (None, 2)
    assert promotion["featurePromotionalEntitlement"] == {"usageLimit": 7, "status": "Active"}
    assert [row["isEffectiveEntitlement"] for row in (plan, addon, promotion)] == [
        True,
        True,
        False,
    ]


async def test_a_charge_shows_as_a_price_entitlement(world: World, execute: Execute) -> None:
    feature = await world.feature()
    await world.plan("plan-basic")
    await world.customer()
    price = a_price(10, model=BillingModel.PER_UNIT, feature_id=feature.id)
    charge = SubscriptionPrice(
        id=world.runtime.ids.new_uuid(),
        price=price,
        quantity=Decimal(7),
        created_at=world.now,
        updated_at=world.now,
    )
    await world.subscribe("plan-basic", prices=(charge,))
    (row,) = await summaries(execute)
    assert row["priceEntitlement"] == {
        "usageLimit": 7,
        "featureId": "feature-f",
        "package": {"refId": "plan-basic"},
    }
    assert row["featurePackageEntitlement"] is None


async def test_of_an_enum_every_granted_source_is_effective(world: World, execute: Execute) -> None:
    await world.feature(
        feature_type=FeatureType.ENUM,
        meter_type=MeterType.NoMeter,
        enum_configuration=tuple(EnumValue(value=v, display_name=v) for v in ("us", "eu")),
    )
    await world.plan("plan-basic", world.gives(enum_values=("us",)))
    await world.customer()
    await world.subscribe("plan-basic")
    await world.promote(enum_values=("eu",))
    rows = await summaries(execute)
    assert [row["isEffectiveEntitlement"] for row in rows] == [True, True]
