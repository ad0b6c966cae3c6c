"""A window that ends by itself, and grants again what usage in it denied (entitlements §10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from app.main import create_app
from app.usecases.due import run_due
from app.usecases.entitlements import CheckEntitlement, check_entitlement
from app.usecases.usage import ReportUsage, report_usage
from domain.entitlements.model import Scope
from domain.metering.enums import UsageUpdateBehavior
from tests.app.http.test_live_usage import ENTITLEMENTS, USAGE, subscriber
from tests.builders import a_product, utc
from tests.conftest import Execute, Recorder
from tests.support import MovableClock, TestEnvironment, test_settings
from tests.world import MONTHLY, World

RESET_AT = utc("2025-02-01")
TOLD = """{ eventLogs(filter: {eventLogType: {eq: ENTITLEMENTS_UPDATED}}) {
  edges { node { createdAt payload } } } }"""


@pytest.fixture
async def app(environment: TestEnvironment) -> AsyncIterator[Starlette]:
    app = create_app(test_settings(), composition=environment.composition)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def world(app: Starlette, environment: TestEnvironment) -> World:
    """A customer with 5 a month from 1 January; changes made here are told at once."""
    return await made(World(app.state.composition.runtime(environment.runtime.environment)))


async def made(world: World, **given: Any) -> World:
    await world.feature()
    await world.plan("plan-a", world.gives(limit=5, reset_rule=MONTHLY, **given))
    await world.customer()
    await world.subscribe(
        "plan-a", current_billing_period_start=world.now, current_billing_period_end=RESET_AT
    )
    return world


async def report(
    world: World,
    value: int,
    behavior: UsageUpdateBehavior = UsageUpdateBehavior.SET,
    at: datetime | None = None,
) -> None:
    await report_usage(
        ReportUsage(
            scope=Scope(customer_ref_id="customer-1"),
            feature_ref_id="feature-f",
            value=Decimal(value),
            behavior=behavior,
            created_at=at,
        ),
        runtime=world.runtime,
    )


async def resets_told(execute: Execute) -> list[str]:
    edges = (await execute(TOLD)).ok["eventLogs"]["edges"]
    return [e["node"]["createdAt"] for e in edges if "reset" in e["node"]["payload"]]


async def test_subscribers_hear_that_the_new_window_grants_again(
    app: Starlette, environment: TestEnvironment, world: World, clock: MovableClock
) -> None:
    await report(world, 5)
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, ENTITLEMENTS, apiKey=environment.server_key)
        clock.set(utc("2025-02-03"))
        await run_due(world.runtime, clock())
        told = (await socket.data())["entitlementsUpdated"]
    assert told == {
        "customerId": "customer-1",
        "accessDeniedReason": None,
        "entitlements": [{"isGranted": True, "feature": {"refId": "feature-f"}}],
    }


async def test_it_is_told_once_and_at_the_windows_end(
    execute: Execute, world: World, clock: MovableClock
) -> None:
    await report(world, 4)
    await report(world, 6)
    await report(world, 7)
    clock.set(utc("2025-01-31T23:59:59.999"))
    await run_due(world.runtime, clock())
    assert await resets_told(execute) == []
    clock.set(utc("2025-03-20"))
    for _ in range(2):
        await run_due(world.runtime, clock())
    assert await resets_told(execute) == ["2025-02-01T00:00:00.000Z"]


async def test_a_customer_within_the_limit_leaves_nothing_due(
    execute: Execute, world: World, clock: MovableClock, engine: AsyncEngine
) -> None:
    await report(world, 4)
    async with engine.connect() as connection:
        due = await connection.scalar(
            text("SELECT count(*) FROM usage_resets WHERE environment_id = :id"),
            {"id": world.runtime.environment.environment_id},
        )
    assert due == 0
    clock.set(utc("2025-02-03"))
    await run_due(world.runtime, clock())
    assert await resets_told(execute) == []


async def test_usage_that_was_taken_back_is_no_news_at_the_end(
    execute: Execute, world: World, clock: MovableClock
) -> None:
    await report(world, 5)
    await report(world, 4)
    clock.set(utc("2025-02-03"))
    await run_due(world.runtime, clock())
    assert await resets_told(execute) == []


async def test_a_soft_limit_denies_nothing(
    execute: Execute, environment: TestEnvironment, clock: MovableClock
) -> None:
    world = await made(World(environment.runtime), has_soft_limit=True)
    await report(world, 9)
    clock.set(utc("2025-02-03"))
    await run_due(world.runtime, clock())
    assert await resets_told(execute) == []


async def test_a_limit_put_below_what_was_used_is_looked_at_as_well(
    execute: Execute, world: World, clock: MovableClock
) -> None:
    await report(world, 4)
    await world.plan("plan-small", world.gives(limit=3, reset_rule=MONTHLY))
    (subscription,) = world.subscriptions.values()
    small = world.packages["plan-small"]
    await world.save(subscription, plan_id=small.id, plan_ref_id=small.ref_id)
    command = CheckEntitlement(
        scope=Scope(customer_ref_id="customer-1"), feature_ref_id="feature-f"
    )
    assert not (await check_entitlement(command, runtime=world.runtime)).is_granted
    clock.set(utc("2025-02-03"))
    await run_due(world.runtime, clock())
    assert await resets_told(execute) == ["2025-02-01T00:00:00.000Z"]


async def test_an_ended_subscription_is_not_granted_again(
    execute: Execute, world: World, clock: MovableClock
) -> None:
    await report(world, 5)
    assert world.product_id is not None
    async with world.runtime.new_unit_of_work() as work:
        await work.products.add(a_product(id=world.product_id))
        await work.commit()
    (subscription,) = world.subscriptions.values()
    await world.save(subscription, effective_end_date=RESET_AT, end_date=RESET_AT)
    clock.set(utc("2025-02-03"))
    await run_due(world.runtime, clock())
    assert await resets_told(execute) == []


async def test_two_processes_tell_once(
    execute: Execute, world: World, environment: TestEnvironment, clock: MovableClock
) -> None:
    await report(world, 5)
    clock.set(utc("2025-02-03"))
    await run_due(environment.runtime, clock())
    await run_due(world.runtime, clock())
    assert len(await resets_told(execute)) == 1


async def test_only_the_report_that_uses_it_up_costs_a_statement(
    world: World, count_statements: Recorder
) -> None:
    await report(world, 1)
    counts = []
    for value in (2, 5, 6, 7):
        with count_statements() as executed:
            await report(world, value)
        # The rest is those who hear of the outbox, whenever they look.
        counts.append(len([sql for sql in executed if "usage_" in sql or "INSERT" in sql]))
    assert counts == [counts[0], counts[0] + 1, counts[0], counts[0]]


async def test_a_limit_reached_while_a_slow_reader_waits_is_not_lost(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    """4 → 5 reaches the limit; 5 → 6 takes its place in the queue and tells of both."""
    await report(world, 4)
    hub = app.state.live
    async with hub.listen(environment.environment.id, ["MEASUREMENT_REPORTED"]) as queue:
        quiet = World(replace(environment.runtime))  # committed without a word to this process
        await report(quiet, 5)
        await report(quiet, 6)
        await hub.read()
        event = await anext(aiter(queue))
    percentages = (event.data["previousUsageUsedPercentage"], event.data["usageUsedPercentage"])
    assert percentages == (80, 120)


async def test_usage_alone_is_not_told_as_changed_by_a_reset(
    app: Starlette, environment: TestEnvironment, world: World, clock: MovableClock
) -> None:
    """A reset is no change of usage: the next message of usage is that of the next report."""
    await report(world, 5)
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, USAGE, apiKey=environment.server_key)
        clock.set(utc("2025-02-03"))
        await run_due(world.runtime, clock())
        await report(world, 2)
        told = (await socket.data())["usageUpdated"]
    assert told["usage"]["currentUsage"] == 2
