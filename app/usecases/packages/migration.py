"""Moving subscriptions to a published version: a task, done before the caller is answered.

Source: spec, catalog §4 (ALL_CUSTOMERS; `triggerPlanSubscriptionMigration`).
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from app.ports import Runtime
from app.usecases.subscriptions.book import open_book
from domain.catalog.enums import PackageStatus
from domain.catalog.migration import MigrationTask
from domain.catalog.model import Package, PackageType
from domain.catalog.publishing import package_not_found, unpublished
from domain.errors import Conflict
from domain.ids import CustomerId, PackageId
from domain.subscriptions.enums import TaskStatus
from domain.subscriptions.lifecycle import UPDATED, Told
from domain.subscriptions.replacement import Decision
from domain.subscriptions.version_move import move_to_version


def new_migration_task(versions: tuple[Package, ...], *, runtime: Runtime) -> MigrationTask:
    """A PENDING task that moves subscriptions of older versions to `versions`."""
    return MigrationTask(
        id=runtime.ids.new_uuid(),
        initiated_package_id=versions[0].id,
        package_ids=tuple(v.id for v in versions),
        created_at=runtime.clock(),
    )


async def run_migration(task_id: UUID, *, runtime: Runtime) -> MigrationTask:
    """Do the task: every open subscription of older versions moves and is resolved anew.

    Customers move one after another, each in a transaction of its own, so that a long migration
    locks nobody out; who could not be locked in time leaves the task PARTIALLY_FAILED, and
    running it again moves the rest.
    """
    task, moves = await _started(task_id, runtime=runtime)
    left: set[CustomerId] = set()
    for version, older, customer_ids in moves:
        for customer_id in customer_ids:
            try:
                await _move(customer_id, version, older, runtime=runtime)
            except Conflict:
                left.add(customer_id)
    return await _finished(task, left=len(left), runtime=runtime)


Move = tuple[Package, frozenset[PackageId], tuple[CustomerId, ...]]


async def _started(task_id: UUID, *, runtime: Runtime) -> tuple[MigrationTask, list[Move]]:
    """The task IN_PROGRESS, and for each version its older rows and who holds one."""
    async with runtime.new_unit_of_work() as work:
        task = await work.migration_tasks.get(task_id)
        assert task is not None
        versions = await work.packages.by_ids(task.package_ids)
        moves: list[Move] = []
        for version in versions.values():
            older = await work.packages.older_versions(version)
            moves.append((version, older, await work.packages.holders(version, older)))
        affected = {id for _, _, ids in moves for id in ids}
        task = replace(
            task,
            status=TaskStatus.IN_PROGRESS,
            start_date=runtime.clock(),
            affected_customers_count=len(affected),
        )
        await work.migration_tasks.save(task)
        await work.commit()
    return task, moves


async def _move(
    customer_id: CustomerId,
    version: Package,
    older: frozenset[PackageId],
    *,
    runtime: Runtime,
) -> None:
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        customer = (await work.customers.by_ids([customer_id]))[customer_id]
        book = await open_book(work, runtime, customer, now=now)
        await book.load_packages([version.id])
        for subscription in book.all:
            moved = move_to_version(subscription, version, older=older, now=now)
            if moved != subscription:
                told = Told(type=UPDATED, subscription=moved)
                book.take(Decision(subscription=moved, changed=(moved,), told=(told,)), at=now)
        await book.close()
        await work.commit()


async def _finished(task: MigrationTask, *, left: int, runtime: Runtime) -> MigrationTask:
    affected = task.affected_customers_count
    done = affected - left
    task = replace(
        task,
        status=TaskStatus.PARTIALLY_FAILED if left else TaskStatus.COMPLETED,
        end_date=runtime.clock(),
        migrated_customers_count=done,
        progress=done * 100 // affected if affected else 100,
    )
    async with runtime.new_unit_of_work() as work:
        await work.migration_tasks.save(task)
        await work.commit()
    return task


async def trigger_migration(ref_id: str, version_number: int, *, runtime: Runtime) -> UUID:
    """Do later, to the given published version, what ALL_CUSTOMERS does at publishing."""
    async with runtime.new_unit_of_work() as work:
        target = await work.packages.version(PackageType.Plan, ref_id, version_number)
        if target is None:
            raise package_not_found(PackageType.Plan, ref_id)
        if target.status is PackageStatus.DRAFT:
            raise unpublished(PackageType.Plan, [ref_id])
        task = new_migration_task((target,), runtime=runtime)
        await work.migration_tasks.save(task)
        await work.commit()
    await run_migration(task.id, runtime=runtime)
    return task.id
