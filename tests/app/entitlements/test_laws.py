"""The whole path against slow definitions: snapshots, and counters kept beside the log."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from app.usecases.entitlements import view_scope
from app.usecases.usage import ReportUsage, report_usage
from domain.entitlements.model import Scope
from domain.entitlements.resolution import Facts
from domain.errors import DomainError
from domain.metering.counter import fold
from domain.metering.enums import UsageUpdateBehavior
from domain.metering.model import Measurement
from domain.metering.reset_periods import window_at
from tests.domain.entitlements.random_facts import NOW, Maker
from tests.domain.entitlements.reference import resolve_slowly
from tests.domain.entitlements.test_laws import same
from tests.support import MovableClock
from tests.world import CALENDAR_MONTH, World


async def stored(maker: Maker, runtime: Runtime, *, has_resource: bool) -> Facts:
    """Facts put into the database, as the use cases would."""
    facts = maker.facts()
    async with runtime.new_unit_of_work() as work:
        for feature in maker.features.values():
            await work.features.add(feature)
        for package in (*maker.plans, *maker.addons):
            await work.packages.add(package)
        await work.customers.add(maker.customer)
        if has_resource:
            await work.customers.ensure_resource(maker.resource)
        await work.subscriptions.save(*facts.subscriptions)
        await work.promotional.save(facts.promotional)
        await work.snapshots.invalidate(maker.customer.id)
        await work.commit()
    return facts


@pytest.mark.parametrize("seed", range(12))
async def test_the_snapshot_path_says_what_the_slow_resolver_says(
    seed: int, runtime: Runtime, clock: MovableClock
) -> None:
    clock.set(NOW)
    # Ids are primary keys of the shared test database, so runs must not repeat them.
    random = Random(f"{runtime.environment.environment_id}{seed}")
    maker = Maker(random)
    facts = await stored(maker, runtime, has_resource=True)
    resource = "r1" if facts.resource_id else None
    scope = Scope(customer_ref_id="customer-1", resource_id=resource)
    for moment in (NOW, NOW, NOW + timedelta(days=3), NOW + timedelta(days=7)):
        clock.set(moment)
        view = await view_scope(scope, runtime=runtime)
        for feature in maker.features.values():
            row = view.rows.get(feature.ref_id)
            assert same(row, resolve_slowly(facts, feature, moment)), (moment, feature.ref_id)
            if row is not None and row.window is not None:
                assert row.window == window_at(row.usage_rule, moment)


@pytest.mark.parametrize("seed", range(8))
async def test_the_counter_is_the_fold_of_the_log(
    seed: int, world: World, clock: MovableClock, engine: AsyncEngine
) -> None:
    random = Random(seed)
    rule = random.choice([None, CALENDAR_MONTH])
    await world.feature()
    await world.plan("plan-basic", world.gives(reset_rule=rule))
    await world.customer()
    await world.subscribe("plan-basic")
    log: list[Measurement] = []
    keys: set[str] = set()
    for sequence in range(40):
        clock.move(minutes=random.randint(0, 3))
        key = f"k{random.randint(0, 5)}" if random.random() < 0.3 else None
        command = ReportUsage(
            scope=Scope(customer_ref_id="customer-1"),
            feature_ref_id="feature-f",
            value=Decimal(random.randint(-3, 9)),
            behavior=random.choice(list(UsageUpdateBehavior)),
            created_at=world.now - timedelta(hours=random.choice([0, 0, 1, 5, 500])),
            idempotency_key=key,
        )
        try:
            reported = await report_usage(command, runtime=world.runtime)
        except DomainError:
            continue
        if key is None or key not in keys:
            log.append(
                Measurement(
                    id=reported.id,
                    timestamp=reported.timestamp,
                    value=reported.value,
                    behavior=command.behavior,
                    sequence=sequence,
                )
            )
        keys |= {key} if key else set()
        inside = [m for m in log if m.timestamp in reported.window]
        assert reported.usage == fold(inside).total
    for drops_counters in (False, True):
        if drops_counters:
            async with engine.begin() as connection:
                await connection.execute(
                    text("DELETE FROM usage_counters WHERE environment_id = :id"),
                    {"id": world.runtime.environment.environment_id},
                )
        view = await view_scope(Scope(customer_ref_id="customer-1"), runtime=world.runtime)
        row, usage = view.rows["feature-f"], view.usages["feature-f"]
        assert row.window
        assert usage.raw == fold([m for m in log if m.timestamp in row.window]).total
