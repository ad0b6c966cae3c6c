"""Moving subscriptions to a published version: a task, queued.

Source: spec, catalog §4 (ALL_CUSTOMERS; `triggerPlanSubscriptionMigration`).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from app.ports import Runtime, UnitOfWork
from app.usecases.queued_tasks import ASKER_WAITS, Progress, TakenOver, pursue, queued
from app.usecases.subscriptions.book import open_book
from domain.catalog.enums import PackageStatus
from domain.catalog.migration import MigrationTask
from domain.catalog.model import Package, PackageType
from domain.catalog.publishing import package_not_found, unpublished
from domain.errors import Conflict
from domain.ids import CustomerId, PackageId
from domain.queued_tasks import QueuedTask, QueuedWork
from domain.subscriptions.enums import TaskStatus
from domain.subscriptions.lifecycle import UPDATED, Told
from domain.subscriptions.replacement import Decision
from domain.subscriptions.version_move import move_to_version

log = logging.getLogger("plangate.tasks")

TOLD_EVERY = 20
"""Customers between two looks that clients get at how far a task is."""


async def add_migration(
    work: UnitOfWork, versions: tuple[Package, ...], *, runtime: Runtime
) -> QueuedTask:
    """Make and queue a PENDING task that moves subscriptions of older versions to `versions`."""
    task = MigrationTask(
        id=runtime.ids.new_uuid(),
        initiated_package_id=versions[0].id,
        package_ids=tuple(v.id for v in versions),
        created_at=runtime.clock(),
    )
    queued_task = queued(task.id, QueuedWork.MIGRATE_SUBSCRIPTIONS, runtime=runtime)
    await work.migration_tasks.save(task)
    await work.queued_tasks.add(queued_task)
    return queued_task


async def migrate(
    queued_task: QueuedTask, *, runtime: Runtime, wait: timedelta | None = ASKER_WAITS
) -> UUID:
    """Begin the task, once it is committed; returns the task's id after `wait` at most."""
    await pursue(queued_task, move_subscriptions, runtime=runtime, wait=wait)
    return queued_task.id


async def move_subscriptions(progress: Progress) -> AsyncGenerator[None]:
    """Every open subscription of older versions moves and is resolved anew, a customer a step.

    Customers move one after another, each in a transaction of its own, so that a long migration
    locks nobody out; who could not be locked in time leaves the task PARTIALLY_FAILED.
    """
    runtime = progress.runtime
    task, moves = await _started(progress)
    total = progress.task.done + len(moves)
    left: set[CustomerId] = set()
    for customer_id, move in moves:
        if not await _move(customer_id, move, progress):
            left.add(customer_id)
        if progress.task.done % TOLD_EVERY == 0:
            await _save(_under_way(task, done=progress.task.done, total=total), runtime)
        yield
    affected = task.affected_customers_count
    finished = replace(
        task,
        status=TaskStatus.PARTIALLY_FAILED if left else TaskStatus.COMPLETED,
        end_date=runtime.clock(),
        migrated_customers_count=affected - len(left),
        progress=(affected - len(left)) * 100 // affected if affected else 100,
    )
    async with runtime.new_unit_of_work() as work:
        await work.migration_tasks.save(finished)
        await progress.finish(work)
        await work.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """A version, and the rows of its lineage that give way to it."""

    version: Package
    older: frozenset[PackageId]


async def _started(progress: Progress) -> tuple[MigrationTask, list[tuple[CustomerId, _Move]]]:
    """The task IN_PROGRESS, and who still holds an older row of which version."""
    runtime = progress.runtime
    async with runtime.new_unit_of_work() as work:
        task = await work.migration_tasks.get(progress.task.id)
        assert task is not None
        versions = await work.packages.by_ids(task.package_ids)
        moves: list[tuple[CustomerId, _Move]] = []
        for version in versions.values():
            move = _Move(version=version, older=await work.packages.older_versions(version))
            holders = await work.packages.holders(version, move.older)
            moves += [(customer_id, move) for customer_id in holders]
        if task.status is TaskStatus.PENDING:
            task = replace(
                task,
                status=TaskStatus.IN_PROGRESS,
                start_date=runtime.clock(),
                affected_customers_count=len({customer_id for customer_id, _ in moves}),
            )
            await work.migration_tasks.save(task)
            await work.commit()
    return task, moves


async def _move(customer_id: CustomerId, move: _Move, progress: Progress) -> bool:
    """Move the customer and count it, in one transaction; False if that could not be done."""
    runtime = progress.runtime
    now = runtime.clock()
    try:
        async with runtime.new_unit_of_work() as work:
            customer = (await work.customers.by_ids([customer_id]))[customer_id]
            book = await open_book(work, runtime, customer, now=now)
            await book.load_packages([move.version.id])
            for subscription in book.all:
                moved = move_to_version(subscription, move.version, older=move.older, now=now)
                if moved != subscription:
                    told = Told(type=UPDATED, subscription=moved)
                    book.take(Decision(subscription=moved, changed=(moved,), told=(told,)), at=now)
            await book.close()
            await progress.advance(work)
            await work.commit()
    except TakenOver:
        raise
    except Conflict:
        return False
    except Exception:
        log.exception("customer %s of migration %s failed", customer_id, progress.task.id)
        return False
    return True


def _under_way(task: MigrationTask, *, done: int, total: int) -> MigrationTask:
    return replace(
        task,
        progress=done * 100 // total,
        migrated_customers_count=min(done, task.affected_customers_count),
    )


async def _save(task: MigrationTask, runtime: Runtime) -> None:
    async with runtime.new_unit_of_work() as work:
        await work.migration_tasks.save(task)
        await work.commit()


async def trigger_migration(ref_id: str, version_number: int, *, runtime: Runtime) -> UUID:
    """Do later, to the given published version, what ALL_CUSTOMERS does at publishing."""
    async with runtime.new_unit_of_work() as work:
        target = await work.packages.version(PackageType.Plan, ref_id, version_number)
        if target is None:
            raise package_not_found(PackageType.Plan, ref_id)
        if target.status is PackageStatus.DRAFT:
            raise unpublished(PackageType.Plan, [ref_id])
        queued_task = await add_migration(work, (target,), runtime=runtime)
        await work.commit()
    return await migrate(queued_task, runtime=runtime)
