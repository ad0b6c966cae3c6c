"""Many subscriptions imported at once: no charges, bad items skipped.

Source: spec, subscriptions §14 (importSubscriptionsBulk).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.ports import Runtime
from app.usecases.subscriptions.book import Book, open_book_of
from app.usecases.subscriptions.change import update_facts
from app.usecases.subscriptions.gather import provision_facts, require_free
from app.usecases.transitions import settle_due
from domain.customers.imports import ImportTask, ItemError, abandoned, finished, require_bulk
from domain.errors import Conflict, DomainError, ErrorCode
from domain.ids import SubscriptionId
from domain.patch import ABSENT
from domain.subscriptions.enums import TaskType
from domain.subscriptions.lifecycle import in_scope, newest, with_effective_end
from domain.subscriptions.model import Subscription
from domain.subscriptions.provisioning import decide, settle
from domain.subscriptions.replacement import Decision
from domain.subscriptions.request import ProvisionRequest, TrialRequest, UpdateRequest
from domain.subscriptions.updating import decide_update, settle_update


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportItem:
    """One subscription as it is elsewhere; skipped when what is stored is newer."""

    request: ProvisionRequest
    updated_at: datetime | None = None


# Well below the time that an operation may take (spec, platform §4.7).
ANSWERED_AFTER_S = 15.0


async def import_subscriptions(
    items: Sequence[ImportItem], refused: Sequence[ItemError], *, runtime: Runtime
) -> UUID:
    """Import up to 1000 subscriptions, each by itself; returns the task's id.

    A long import goes on after the answer. Raises ImportAlreadyInProgress while another one runs.
    """
    now = runtime.clock()
    total = len(items) + len(refused)
    require_bulk(total)
    task = ImportTask(
        id=runtime.ids.new_uuid(),
        task_type=TaskType.IMPORT_SUBSCRIPTIONS_BULK,
        total=total,
        start_date=now,
        created_at=now,
    )
    async with AsyncExitStack() as stack:
        holding = await stack.enter_async_context(runtime.new_unit_of_work())
        if not await holding.import_tasks.hold(task.task_type):
            raise Conflict(
                ErrorCode.ImportAlreadyInProgress, "An import of subscriptions is running"
            )
        await _begin(task, runtime=runtime)
        held = stack.pop_all()
    importing = _import_all(task, items, refused, held=held, runtime=runtime)
    await runtime.background.start(importing, wait_s=ANSWERED_AFTER_S)
    return task.id


async def _begin(task: ImportTask, *, runtime: Runtime) -> None:
    """Write the task down; one that is still in progress belongs to a process that is gone."""
    async with runtime.new_unit_of_work() as work:
        for dead in await work.import_tasks.in_progress(task.task_type):
            await work.import_tasks.save(abandoned(dead, now=task.created_at))
        await work.import_tasks.save(task)
        await work.commit()


async def _import_all(
    task: ImportTask,
    items: Sequence[ImportItem],
    refused: Sequence[ItemError],
    *,
    held: AsyncExitStack,
    runtime: Runtime,
) -> None:
    """Item by item; `held` is what keeps others from importing meanwhile."""
    errors = list(refused)
    async with held:
        for item in items:
            try:
                await _import_one(item, runtime=runtime)
            except DomainError as error:
                name = item.request.ref_id or item.request.customer_ref_id
                refusal = ItemError(entity_id=name, code=error.code.value, message=error.message)
                errors.append(refusal)
        async with runtime.new_unit_of_work() as work:
            await work.import_tasks.save(finished(task, tuple(errors), now=runtime.clock()))
            await work.commit()


async def _import_one(item: ImportItem, *, runtime: Runtime) -> None:
    async with runtime.new_unit_of_work() as work:
        book = await open_book_of(work, runtime, item.request.customer_ref_id)
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
        await work.commit()


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
