"""Imports and migrations queued: done once each, whoever does them and whoever dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from app.main import worker_of
from app.ports import Runtime
from app.usecases.packages.migration import add_migration, migrate, move_subscriptions
from app.usecases.queued_tasks import Progress, TakenOver, queued
from app.usecases.subscriptions.imports import import_items, import_subscriptions
from app.worker import Worker
from domain.catalog.migration import MigrationTask
from domain.catalog.model import Package, PackageType
from domain.customers.imports import ImportTask
from domain.customers.model import Customer
from domain.queued_tasks import CLAIMED_FOR, QueuedTask, QueuedWork
from domain.subscriptions.enums import TaskStatus, TaskType
from domain.subscriptions.request import ImportItem, ProvisionRequest
from tests.app.subscriptions.shop import Story, open_shop
from tests.app.subscriptions.test_moves import IMPORT, new_version
from tests.builders import a_customer, a_plan, a_price, uid
from tests.conftest import Execute
from tests.support import MovableClock, TestEnvironment, test_settings

NO_WAIT = timedelta(0)
"""The asker leaves after the first item."""
CUSTOMERS = tuple(f"customer-{number}" for number in range(5))


@pytest.fixture
def worker(environment: TestEnvironment) -> Worker:
    """A process's background work, at the test's clock."""
    return worker_of(test_settings(), environment.composition)


@pytest.fixture
async def story(
    runtime: Runtime, clock: MovableClock, execute: Execute, worker: Worker
) -> AsyncIterator[Story]:
    customers: tuple[Customer, ...] = tuple(
        a_customer(ref_id, id=uid(ref_id)) for ref_id in CUSTOMERS
    )
    await open_shop(runtime, a_plan("plan-pro", a_price(50)), customers=customers)
    yield Story(runtime, clock, execute)
    clock.move(seconds=CLAIMED_FOR.total_seconds())
    await worker.run_queued_tasks()  # leaves nothing to other tests of this database


def item(customer: str, plan: str = "plan-pro") -> ImportItem:
    return ImportItem(
        request=ProvisionRequest(
            customer_ref_id=customer, plan_ref_id=plan, ref_id=f"imported-{customer}"
        )
    )


ITEMS = [*map(item, CUSTOMERS[:3]), item("nobody"), *map(item, CUSTOMERS[3:])]


async def task_of(story: Story, id: UUID) -> ImportTask:
    async with story.runtime.new_unit_of_work() as work:
        task = await work.import_tasks.get(id)
    assert task is not None
    return task


async def held(story: Story) -> list[str]:
    """The customers with an imported subscription, each once for each that it has."""
    found = []
    for ref_id in CUSTOMERS:
        found += [
            ref_id for _ in await Story(story.runtime, story.clock, story.execute, ref_id).active()
        ]
    return found


async def test_a_small_import_is_done_when_it_is_answered(story: Story) -> None:
    task = await task_of(story, await import_subscriptions(ITEMS, [], runtime=story.runtime))
    assert (task.status, task.imported) == (TaskStatus.PARTIALLY_FAILED, 5)
    assert [(e.entity_id, e.code) for e in task.errors] == [("imported-nobody", "CustomerNotFound")]
    assert await held(story) == list(CUSTOMERS)


async def test_a_worker_does_what_the_asker_did_not_wait_for(story: Story, worker: Worker) -> None:
    id = await import_subscriptions(ITEMS, [], runtime=story.runtime, wait=NO_WAIT)
    assert (await task_of(story, id)).status is TaskStatus.IN_PROGRESS
    assert await held(story) == [CUSTOMERS[0]]
    one = {"customerId": CUSTOMERS[0], "planId": "plan-pro"}
    busy = await story.execute(IMPORT, {"input": {"subscriptions": [one]}})
    assert busy.codes == ["ImportAlreadyInProgress"]

    await worker.run_queued_tasks()

    task = await task_of(story, id)
    assert (task.status, task.imported) == (TaskStatus.PARTIALLY_FAILED, 5)
    assert await held(story) == list(CUSTOMERS)
    free = await story.execute(IMPORT, {"input": {"subscriptions": [one]}})
    assert free.errors == []


async def test_a_dead_process_leaves_its_task_to_another_after_a_minute(
    story: Story, worker: Worker
) -> None:
    task = ImportTask(
        id=story.runtime.ids.new_uuid(),
        task_type=TaskType.IMPORT_SUBSCRIPTIONS_BULK,
        total=len(ITEMS),
        start_date=story.clock.now,
        created_at=story.clock.now,
    )
    queued_task = queued(
        task.id, QueuedWork.IMPORT_SUBSCRIPTIONS, runtime=story.runtime, items=tuple(ITEMS)
    )
    async with story.runtime.new_unit_of_work() as work:
        await work.import_tasks.save(task)
        assert await work.queued_tasks.add(queued_task)
        await work.commit()
    dying = import_items(Progress(queued_task, story.runtime))
    await anext(dying)
    await anext(dying)
    await worker.run_queued_tasks()
    assert await held(story) == list(CUSTOMERS[:2])

    story.clock.move(seconds=CLAIMED_FOR.total_seconds())
    await worker.run_queued_tasks()

    assert await held(story) == list(CUSTOMERS)
    with pytest.raises(TakenOver):  # it was not dead, only slow: nothing is done twice
        await anext(dying)
    assert (await task_of(story, task.id)).status is TaskStatus.PARTIALLY_FAILED
    assert await held(story) == list(CUSTOMERS)


async def test_one_process_at_a_time_has_a_task(story: Story, worker: Worker) -> None:
    await import_subscriptions(ITEMS, [], runtime=story.runtime, wait=NO_WAIT)
    claims = await asyncio.gather(*(worker.task_queue.claim(now=story.clock.now) for _ in range(4)))
    mine = [one for one in claims if one is not None]
    assert [one.environment_id for one in mine] == [story.runtime.environment.environment_id]
    assert mine[0].done == 1


async def test_of_two_imports_at_once_one_runs(story: Story) -> None:
    async def one() -> str:
        answer = await story.execute(
            IMPORT, {"input": {"subscriptions": [{"customerId": "nobody", "planId": "plan-pro"}]}}
        )
        return answer.codes[0] if answer.codes else "ok"

    # However they meet, each either ran alone or was told of the other.
    answers = await asyncio.gather(one(), one())
    assert "ok" in answers
    assert set(answers) <= {"ok", "ImportAlreadyInProgress"}


async def migration_of(story: Story, id: UUID) -> MigrationTask:
    async with story.runtime.new_unit_of_work() as work:
        task = await work.migration_tasks.get(id)
    assert task is not None
    return task


async def begun(story: Story) -> QueuedTask:
    """Everybody holds version 1; version 2 is there, and the queued task of moving them to it."""
    await import_subscriptions(list(map(item, CUSTOMERS)), [], runtime=story.runtime)
    id = await new_version(story.runtime, "plan-pro", 60)
    async with story.runtime.new_unit_of_work() as work:
        version: Package = (await work.packages.by_ids([id]))[id]
        queued_task = await add_migration(work, (version,), runtime=story.runtime)
        await work.commit()
    return queued_task


async def on_latest(story: Story) -> int:
    """How many subscriptions are on the plan's latest version."""
    async with story.runtime.new_unit_of_work() as work:
        latest = (await work.packages.latest(PackageType.Plan, ["plan-pro"]))["plan-pro"]
        older = await work.packages.older_versions(latest)
        return len(CUSTOMERS) - len(await work.packages.holders(latest, older))


async def test_a_long_migration_goes_on_without_its_asker(story: Story, worker: Worker) -> None:
    queued_task = await begun(story)
    assert (await migration_of(story, queued_task.id)).status is TaskStatus.PENDING
    await migrate(queued_task, runtime=story.runtime, wait=NO_WAIT)
    task = await migration_of(story, queued_task.id)
    assert (task.status, task.affected_customers_count) == (TaskStatus.IN_PROGRESS, 5)
    assert await on_latest(story) == 1

    await worker.run_queued_tasks()

    task = await migration_of(story, queued_task.id)
    assert (task.status, task.progress) == (TaskStatus.COMPLETED, 100)
    assert (task.affected_customers_count, task.migrated_customers_count) == (5, 5)
    assert await on_latest(story) == 5


async def test_a_migration_whose_process_died_at_once_is_done(story: Story, worker: Worker) -> None:
    queued_task = await begun(story)
    await worker.run_queued_tasks()
    assert await on_latest(story) == 0

    story.clock.move(seconds=CLAIMED_FOR.total_seconds())
    await worker.run_queued_tasks()

    assert await on_latest(story) == 5
    assert (await migration_of(story, queued_task.id)).status is TaskStatus.COMPLETED


async def test_who_was_taken_over_ends_no_task(story: Story, worker: Worker) -> None:
    task = await begun(story)
    slow = move_subscriptions(Progress(task, story.runtime))
    for _ in CUSTOMERS:
        await anext(slow)
    story.clock.move(seconds=CLAIMED_FOR.total_seconds())
    taken = await worker.task_queue.claim(now=story.clock.now)
    assert taken is not None
    with pytest.raises(TakenOver):
        await anext(slow)
    assert (await migration_of(story, task.id)).status is TaskStatus.IN_PROGRESS
