"""What a customer's subscriptions tell about it."""

from __future__ import annotations

from typing import Any

from app.ports import Runtime
from domain.ids import ProductId
from domain.subscriptions.enums import SubscriptionStatus
from tests.app.customers.test_lists import PLAN, World
from tests.builders import a_product, utc
from tests.conftest import Execute, Recorder

DERIVED = """
query Derived($paging: CursorPaging) {
  customers(paging: $paging) { edges { node {
    customerId
    trialedPlans { planRefId planId productRefId }
    eligibleForTrial { productRefId eligible }
    environment { id }
  } } }
}
"""


async def a_world(runtime: Runtime) -> tuple[World, Any]:
    product = a_product(id=ProductId(runtime.ids.new_uuid()))
    async with runtime.new_unit_of_work() as work:
        await work.products.add(product)
        await work.commit()
    return World(runtime), product


async def test_a_plan_once_trialed_is_told_and_uses_the_trial_up(
    execute: Execute, runtime: Runtime, count_statements: Recorder
) -> None:
    world, product = await a_world(runtime)
    for number in range(3):
        customer = await world.customer(f"c{number}")
        await world.subscription(
            customer,
            f"s{number}",
            product_id=product.id,
            status=SubscriptionStatus.EXPIRED,
            trial_end_date=utc("2024-01-15"),
            effective_end_date=utc("2024-01-15"),
        )
    await world.customer("fresh")
    with count_statements() as executed:
        answer = await execute(DERIVED)
    nodes = {e["node"]["customerId"]: e["node"] for e in answer.ok["customers"]["edges"]}
    assert nodes["c0"]["trialedPlans"] == [
        {"planRefId": "plan-pro", "planId": str(PLAN.id), "productRefId": "product-app"}
    ]
    eligible = {id_: node["eligibleForTrial"][0]["eligible"] for id_, node in nodes.items()}
    assert eligible == {"c0": False, "c1": False, "c2": False, "fresh": True}
    assert nodes["fresh"]["environment"]["id"] == str(runtime.environment.environment_id)
    assert len(executed) <= 7
