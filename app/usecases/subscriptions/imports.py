"""Many subscriptions imported at once, queued: no charges, bad items skipped.

Source: spec, subscriptions §14 (importSubscriptionsBulk).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from app.ports import Runtime
from app.usecases.queued_tasks import ASKER_WAITS, Progress, TakenOver, pursue, queued
from app.usecases.subscriptions.book import Book, open_book_of
from app.usecases.subscriptions.change import update_facts
from app.usecases.subscriptions.gather import provision_facts, require_free
from app.usecases.transitions import settle_due
from domain.customers.imports import (
    ImportTask,
    ItemError,
    finished,
    require_bulk,
    under_way,
)
from domain.errors import Conflict, DomainError, ErrorCode
from domain.ids import SubscriptionId
from domain.patch import ABSENT
from domain.queued_tasks import QueuedWork
from domain.subscriptions.enums import TaskType
from domain.subscriptions.lifecycle import in_scope, newest, with_effective_end
from domain.subscriptions.model import Subscription
from domain.subscriptions.provisioning import decide, settle
from domain.subscriptions.replacement import Decision
from domain.subscriptions.request import (
    ImportItem,
    ProvisionRequest,
    TrialRequest,
    UpdateRequest,
)
from domain.subscriptions.updating import decide_update, settle_update

log = logging.getLogger("plangate.tasks")

TOLD_EVERY = 20
"""Items between two looks that clients get at how far an import is."""


async def import_subscriptions(
    items: Sequence[ImportItem],
    refused: Sequence[ItemError],
    *,
    runtime: Runtime,
    wait: timedelta | None = ASKER_WAITS,
) -> UUID:
    """Import up to 1000 subscriptions, each by itself; returns the task's id after `wait` at most.

    Raises ImportAlreadyInProgress while another import runs.
    """
    now = runtime.clock()
    total = len(items) + len(refused)
    require_bulk(total)
    task = ImportTask(
        id=runtime.ids.new_uuid(),
        task_type=TaskType.IMPORT_SUBSCRIPTIONS_BULK,
        total=total,
        errors=tuple(refused),
        start_date=now,
        created_at=now,
    )
    queued_task = queued(
        task.id, QueuedWork.IMPORT_SUBSCRIPTIONS, runtime=runtime, items=tuple(items)
    )
    async with runtime.new_unit_of_work() as work:
        if not await work.queued_tasks.add(queued_task):
            raise Conflict(
                ErrorCode.ImportAlreadyInProgress, "An import of subscriptions is running"
            )
        await work.import_tasks.save(task)
        await work.commit()
    await pursue(queued_task, import_items, runtime=runtime, wait=wait)
    return task.id


async def import_items(progress: Progress) -> AsyncGenerator[None]:
    """Import the task's items that are not behind it, one a step."""
    runtime = progress.runtime
    items = progress.task.items
    async with runtime.new_unit_of_work() as work:
        task = await work.import_tasks.get(progress.task.id)
    assert task is not None
    for item in items[progress.task.done :]:
        error = await _import_one(item, progress)
        if error is not None:
            task = replace(task, errors=(*task.errors, error))
            async with runtime.new_unit_of_work() as work:
                await progress.advance(work)
                await work.import_tasks.save(task)
                await work.commit()
        elif progress.task.done % TOLD_EVERY == 0:
            async with runtime.new_unit_of_work() as work:
                task = under_way(task, left=len(items) - progress.task.done)
                await work.import_tasks.save(task)
                await work.commit()
        yield
    async with runtime.new_unit_of_work() as work:
        await work.import_tasks.save(finished(task, task.errors, now=runtime.clock()))
        await progress.finish(work)
        await work.commit()


async def _import_one(item: ImportItem, progress: Progress) -> ItemError | None:
    """Import the item and count it, in one transaction; what refuses it, uncounted."""
    runtime = progress.runtime
    try:
        async with runtime.new_unit_of_work() as work:
            book = await open_book_of(work, runtime, item.request.customer_ref_id)
            await _take_over(book, item)
            await progress.advance(work)
            await work.commit()
    except TakenOver:
        raise
    except DomainError as error:
        return _refusal(item, error)
    except Exception:
        log.exception("an item of import %s failed", progress.task.id)
        return _refusal(item, DomainError(ErrorCode.UnexpectedError, "Unexpected error"))
    return None


def _refusal(item: ImportItem, error: DomainError) -> ItemError:
    name = item.request.ref_id or item.request.customer_ref_id
    return ItemError(entity_id=name, code=error.code.value, message=error.message)


async def _take_over(book: Book, item: ImportItem) -> None:
    current = await _current(book, item.request)
    if current is not None and _is_newer(current, item.updated_at):
        return
    if current is not None and current.is_live:
        id = await _update(book, current, item.request)
    else:
        id = await _make(book, item.request)
    await settle_due(book, until=book.now)
    if item.updated_at is not None:
        # As old as its source says: only what is newer there may change it again.
        known = replace(book.subscriptions[id], updated_at=item.updated_at)
        book.take(Decision(subscription=known, changed=(known,)), at=book.now)
    await book.close()


def _is_newer(current: Subscription, updated_at: datetime | None) -> bool:
    return updated_at is not None and current.updated_at > updated_at


async def _current(book: Book, request: ProvisionRequest) -> Subscription | None:
    """The customer's subscription of the plan, in the scope of the request: the live, else newest.

    Spec: the guard is per customer and plan; a product with several subscriptions has one of the
    plan for each resource.
    """
    of_plan = [one for one in book.all if one.plan_ref_id == request.plan_ref_id]
    if not of_plan:
        return None
    product = await book.product(of_plan[-1].product_id)
    resource = None
    if product.multiple_subscriptions and request.resource_id is not None:
        resource = await book.work.customers.resource(book.customer.id, request.resource_id)
    wanted = None if resource is None else resource.id
    in_it = [one for one in of_plan if in_scope(one, product, wanted)]
    live = [one for one in in_it if one.is_live]
    return newest(live or in_it)


async def _update(book: Book, current: Subscription, request: ProvisionRequest) -> SubscriptionId:
    """Content, end and metadata as imported; nothing is charged."""
    asked = UpdateRequest(
        subscription_ref_id=current.ref_id,
        content=replace(request.content, billing_country_code=None),
        additional_meta_data=(
            ABSENT if request.additional_meta_data is None else request.additional_meta_data
        ),
        salesforce_id=ABSENT if request.salesforce_id is None else request.salesforce_id,
    )
    facts = await update_facts(book, current, asked)
    updating = decide_update(asked, facts)
    book.take(settle_update(updating, asked, facts, result=None), at=book.now)
    known = book.subscriptions[current.id]
    known = replace(
        known,
        end_date=request.end_date or known.end_date,
        billing_id=request.billing_id or known.billing_id,
    )
    known = with_effective_end(known)
    book.take(Decision(subscription=known, changed=(known,)), at=book.now)
    return current.id


async def _make(book: Book, request: ProvisionRequest) -> SubscriptionId:
    """A new record that ends what it replaces; nothing is charged.

    One that is over already replaces nothing: it is history.
    """
    plain = replace(request, trial=TrialRequest(skip=True))
    facts = await provision_facts(book, plain)
    await require_free(book, plain.ref_id)
    if request.end_date is not None and request.end_date <= book.now:
        facts = replace(facts, subscriptions=())
    decision = settle(decide(plain, facts), facts, result=None)
    book.take(decision, at=book.now)
    return decision.subscription.id
