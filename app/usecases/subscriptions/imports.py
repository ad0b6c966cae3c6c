"""Many subscriptions imported at once: no charges, bad items skipped.

Source: spec, subscriptions §14 (importSubscriptionsBulk).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.ports import Runtime
from app.usecases.subscriptions.book import Book, open_book_of
from app.usecases.subscriptions.change import update_facts
from app.usecases.subscriptions.gather import provision_facts
from app.usecases.transitions import settle_due
from domain.customers.imports import ImportTask, ItemError, finished, require_bulk
from domain.errors import Conflict, DomainError, ErrorCode
from domain.subscriptions.enums import TaskType
from domain.subscriptions.model import Subscription
from domain.subscriptions.provisioning import decide, settle
from domain.subscriptions.request import ProvisionRequest, TrialRequest, UpdateRequest
from domain.subscriptions.updating import decide_update, settle_update


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportItem:
    """One subscription as it is elsewhere; skipped when what is stored is newer."""

    request: ProvisionRequest
    updated_at: datetime | None = None


async def import_subscriptions(
    items: Sequence[ImportItem], refused: Sequence[ItemError], *, runtime: Runtime
) -> UUID:
    """Import up to 1000 subscriptions, each by itself; returns the task's id.

    Raises ImportAlreadyInProgress while another import runs.
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
    async with runtime.new_unit_of_work() as work:
        if await work.import_tasks.is_running(task.task_type):
            raise Conflict(
                ErrorCode.ImportAlreadyInProgress, "An import of subscriptions is running"
            )
        await work.import_tasks.save(task)
        await work.commit()
    errors = list(refused)
    for item in items:
        try:
            await _import_one(item, runtime=runtime)
        except DomainError as error:
            name = item.request.ref_id or item.request.customer_ref_id
            errors.append(ItemError(entity_id=name, code=error.code.value, message=error.message))
    async with runtime.new_unit_of_work() as work:
        await work.import_tasks.save(finished(task, tuple(errors), now=runtime.clock()))
        await work.commit()
    return task.id


async def _import_one(item: ImportItem, *, runtime: Runtime) -> None:
    async with runtime.new_unit_of_work() as work:
        book = await open_book_of(work, runtime, item.request.customer_ref_id)
        current = _of_plan(book, item.request.plan_ref_id)
        if current is not None and _is_newer(current, item.updated_at):
            return
        if current is not None and current.is_live:
            await _update(book, current, item.request)
        else:
            await _make(book, item.request)
        await settle_due(book, until=book.now)
        await book.close()
        await work.commit()


def _is_newer(current: Subscription, updated_at: datetime | None) -> bool:
    return updated_at is not None and current.updated_at > updated_at


def _of_plan(book: Book, plan_ref_id: str) -> Subscription | None:
    """The customer's newest subscription of the plan."""
    of_plan = [one for one in book.all if one.plan_ref_id == plan_ref_id]
    return of_plan[-1] if of_plan else None


async def _update(book: Book, current: Subscription, request: ProvisionRequest) -> None:
    """Content and metadata as imported; nothing is charged."""
    asked = UpdateRequest(
        subscription_ref_id=current.ref_id,
        content=replace(request.content, billing_country_code=None),
        additional_meta_data=request.additional_meta_data,
    )
    facts = await update_facts(book, current, asked)
    updating = decide_update(asked, facts)
    book.take(settle_update(updating, asked, facts, result=None), at=book.now)


async def _make(book: Book, request: ProvisionRequest) -> None:
    """A new record that ends what it replaces; nothing is charged."""
    plain = replace(request, trial=TrialRequest(skip=True))
    facts = await provision_facts(book, plain)
    book.take(settle(decide(plain, facts), facts, result=None), at=book.now)
