"""Recalculating, purging, logging of checks, and what a change forgets."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.usecases.entitlements import view_scope
from domain.entitlements.model import Scope
from domain.ids import SubscriptionId
from tests.conftest import Execute
from tests.world import World

RECALCULATE = """
mutation R($input: RecalculateEntitlementsInput!) { recalculateEntitlements(input: $input) {
  taskId } }
"""
PURGE = """
mutation P($input: ClearCustomerPersistentCacheInput!) { purgeCustomerCache(input: $input) }
"""
CHECKED = """
mutation C($input: EntitlementCheckRequested!) {
  reportEntitlementCheckRequested(entitlementCheckRequested: $input)
}
"""


async def test_recalculating_answers_with_a_task(world: World, execute: Execute) -> None:
    await world.customer()
    environment_id = str(world.runtime.environment.environment_id)
    for given in ({"customerIds": ["customer-1"]}, {"forAllCustomers": True}):
        answer = await execute(RECALCULATE, {"input": {"environmentId": environment_id} | given})
        assert answer.ok["recalculateEntitlements"]["taskId"]
    nothing = await execute(RECALCULATE, {"input": {"environmentId": environment_id}})
    assert nothing.codes == ["InvalidArgumentError"]
    unknown = {"environmentId": environment_id, "customerIds": ["nobody"]}
    assert (await execute(RECALCULATE, {"input": unknown})).codes == ["CustomerNotFound"]


async def test_purging_answers_with_the_customer(world: World, execute: Execute) -> None:
    await world.customer()
    answer = await execute(PURGE, {"input": {"customerId": "customer-1"}})
    assert answer.ok == {"purgeCustomerCache": "customer-1"}
    assert (await execute(PURGE, {"input": {"customerId": "x"}})).codes == ["CustomerNotFound"]


async def test_a_reported_check_is_kept(
    world: World, execute: Execute, engine: AsyncEngine
) -> None:
    result = {"hasAccess": False, "accessDeniedReason": "Revoked"}
    given = {"customerId": "c", "featureId": "f", "entitlementCheckResult": result}
    assert (await execute(CHECKED, {"input": given})).ok == {
        "reportEntitlementCheckRequested": True
    }
    async with engine.connect() as connection:
        found = await connection.execute(
            text("SELECT result FROM entitlement_checks WHERE environment_id = :id"),
            {"id": world.runtime.environment.environment_id},
        )
        assert found.scalar_one()["accessDeniedReason"] == "Revoked"


async def test_a_recomputation_that_raced_with_a_change_is_not_current(world: World) -> None:
    await world.feature()
    await world.plan("plan-basic", world.gives(limit=1))
    await world.plan("plan-pro", world.gives(limit=2))
    await world.customer()
    subscription = await world.subscribe("plan-basic")
    scope = Scope(customer_ref_id="customer-1")
    runtime = world.runtime
    stale = await runtime.readers.entitlements.scope(scope)
    await view_scope(scope, runtime=runtime)
    old = (await runtime.readers.entitlements.scope(scope)).snapshot
    assert old is not None
    async with runtime.new_unit_of_work() as changing:
        # The change is made but not committed while someone else recomputes and stores.
        await changing.snapshots.invalidate(subscription.customer_id)
        async with runtime.new_unit_of_work() as racing:
            await racing.snapshots.save(old)
            await racing.commit()
        await changing.commit()
    read = await runtime.readers.entitlements.scope(scope)
    assert stale.snapshot is None
    assert not read.is_current(runtime.clock())


async def test_a_change_of_one_resource_leaves_the_others_alone(world: World) -> None:
    await world.feature()
    await world.plan("plan-basic", world.gives(limit=1))
    customer = await world.customer()
    one, two = await world.resource("r1"), await world.resource("r2")
    await world.subscribe("plan-basic", resource_id=one.id)
    await world.subscribe("plan-basic", resource_id=two.id)
    scopes = [Scope(customer_ref_id="customer-1", resource_id=r) for r in ("r1", "r2")]
    runtime, now = world.runtime, world.now

    async def current() -> list[bool]:
        read = runtime.readers.entitlements.scope
        return [(await read(scope)).is_current(now) for scope in scopes]

    for scope in scopes:
        await view_scope(scope, runtime=runtime)
    assert await current() == [True, True]
    async with runtime.new_unit_of_work() as work:
        await work.snapshots.invalidate(customer.id, "r1")
        await work.commit()
    assert await current() == [False, True]
    async with runtime.new_unit_of_work() as work:
        await work.snapshots.invalidate_all()
        await work.commit()
    assert await current() == [False, False]


async def test_stamps_change_with_the_configuration_only(world: World) -> None:
    await world.feature()
    await world.plan("plan-basic", world.gives(limit=1))
    await world.plan("plan-pro", world.gives(limit=2))
    await world.customer()
    subscription = await world.subscribe("plan-basic")
    scope = Scope(customer_ref_id="customer-1")

    async def stamp() -> object:
        return (await view_scope(scope, runtime=world.runtime)).rows["feature-f"].updated_at

    first = await stamp()
    await world.save(subscription)
    assert await stamp() == first
    plan = world.packages["plan-pro"]
    await world.save(subscription, id=SubscriptionId(subscription.id), plan_id=plan.id)
    assert await stamp() != first
