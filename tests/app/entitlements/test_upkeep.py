"""Recalculating, purging, logging of checks, and what a change forgets."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.usecases.entitlements import view_scope
from app.usecases.queued_tasks import Progress, queued
from app.usecases.recalculation import tell_everybody
from domain.entitlements.model import Scope
from domain.ids import SubscriptionId
from domain.queued_tasks import QueuedWork
from tests.conftest import Execute
from tests.world import World

RECALCULATE = """
mutation R($input: RecalculateEntitlementsInput!) { recalculateEntitlements(input: $input) {
  taskId } }
"""
PURGE = """
mutation P($input: ClearCustomerPersistentCacheInput!) { purgeCustomerCache(input: $input) }
"""
TOLD = """{ eventLogs(filter: {eventLogType: {eq: ENTITLEMENTS_UPDATED}}, paging: {first: 100}) {
  edges { node { entityId } } } }"""
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


async def told(execute: Execute) -> Counter[str]:
    """How often each customer's entitlements were told of."""
    edges = (await execute(TOLD)).ok["eventLogs"]["edges"]
    return Counter(edge["node"]["entityId"] for edge in edges)


async def three_customers(world: World, execute: Execute) -> list[str]:
    """Two of whose entitlements somebody asked for, by UUID, and one nobody asked for."""
    await world.feature()
    await world.plan("plan-a", world.gives(limit=5))
    for ref_id in ("customer-1", "customer-2", "customer-3"):
        await world.customer(ref_id)
        await world.subscribe("plan-a", ref_id)
    for ref_id in ("customer-1", "customer-2"):
        await execute(
            "query ($id: String!) { cachedEntitlements(query: {customerId: $id}) { isGranted } }",
            {"id": ref_id},
        )
    return [str(world.customers[ref_id].id) for ref_id in ("customer-1", "customer-2")]


async def recalculated(world: World, execute: Execute, **given: Any) -> Counter[str]:
    """Who is told of by a recalculation, and how often."""
    before = await told(execute)
    environment_id = str(world.runtime.environment.environment_id)
    input = {"environmentId": environment_id, **given}
    assert (await execute(RECALCULATE, {"input": input})).ok
    return await told(execute) - before


async def test_subscribers_are_told_of_each_recalculated_customer_once(
    world: World, execute: Execute
) -> None:
    first, second = await three_customers(world, execute)
    assert await recalculated(world, execute, customerIds=["customer-2"]) == {second: 1}
    everybody = await recalculated(world, execute, forAllCustomers=True)
    assert everybody == {first: 1, second: 1}
    silent = {"skipPublishToSubscribers": True}
    for given in ({"forAllCustomers": True}, {"customerIds": ["customer-1"]}):
        assert await recalculated(world, execute, sideEffectsOptions=silent, **given) == {}


async def test_a_fan_out_goes_on_where_a_dead_process_left_it(
    world: World, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.usecases.recalculation.BATCH", 1)
    first, second = await three_customers(world, execute)
    task = queued(
        world.runtime.ids.new_uuid(), QueuedWork.TELL_OF_ENTITLEMENTS, runtime=world.runtime
    )
    async with world.runtime.new_unit_of_work() as work:
        await work.queued_tasks.add(task)
        await work.commit()
    before = await told(execute)
    progress = Progress(task, world.runtime)
    async with contextlib.aclosing(tell_everybody(progress)) as steps:
        await anext(steps)
    async for _ in tell_everybody(Progress(progress.task, world.runtime)):
        pass
    assert await told(execute) - before == {first: 1, second: 1}
