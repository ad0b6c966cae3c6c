"""Many customers imported at once: items stand for themselves, a refused one harms no other.

Source: spec, subscriptions §2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.ports import Runtime, UnitOfWork
from app.usecases.customers import ImportCustomer, attached
from domain.customers import changes, events
from domain.customers.changes import CustomerFields
from domain.customers.imports import ImportTask, ItemError, finished, require_bulk
from domain.customers.model import Customer
from domain.errors import DomainError
from domain.ids import CustomerId
from domain.subscriptions.enums import TaskType


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCustomers:
    """Items in the caller's order; `refused` are those that could not even be read."""

    items: tuple[ImportCustomer, ...]
    refused: tuple[ItemError, ...] = ()


async def import_customers(command: ImportCustomers, *, runtime: Runtime) -> UUID:
    """Import up to 1000 customers in one transaction; returns the id of the task.

    Raises BadUserInput past 1000.
    """
    now = runtime.clock()
    total = len(command.items) + len(command.refused)
    require_bulk(total)
    task = ImportTask(
        id=runtime.ids.new_uuid(),
        task_type=TaskType.IMPORT_INTEGRATION_CUSTOMERS,
        total=total,
        start_date=now,
        created_at=now,
    )
    async with runtime.new_unit_of_work() as work:
        before = await work.customers.locked_many({item.ref_id for item in command.items})
        after, errors = await _imported(work, command, before, runtime=runtime, now=now)
        await work.customers.save_many(after.values())
        for ref_id, customer in after.items():
            type_ = events.UPDATED if ref_id in before else events.CREATED
            work.publish(events.customer_event(type_, customer, before.get(ref_id)))
        await work.import_tasks.save(finished(task, (*command.refused, *errors), now=now))
        await work.commit()
    return task.id


async def _imported(
    work: UnitOfWork,
    command: ImportCustomers,
    before: Mapping[str, Customer],
    *,
    runtime: Runtime,
    now: datetime,
) -> tuple[dict[str, Customer], list[ItemError]]:
    """The customers that change, and the items that are refused."""
    after: dict[str, Customer] = {}
    errors: list[ItemError] = []
    for item in command.items:
        current = after.get(item.ref_id) or before.get(item.ref_id)
        try:
            if current is None:
                id = CustomerId(runtime.ids.new_uuid())
                current = changes.new_customer(CustomerFields(), id=id, ref_id=item.ref_id, now=now)
            elif changes.is_outdated_import(
                changes.require_customer(current, item.ref_id), item.updated_at
            ):
                continue
            customer = changes.imported(current, item.fields, updated_at=item.updated_at, now=now)
            if work.billing is not None and item.payment_method_id is not None:
                customer = await attached(work, customer, item.payment_method_id, now=now)
            after[item.ref_id] = customer
        except DomainError as error:
            errors.append(
                ItemError(entity_id=item.ref_id, code=error.code.value, message=error.message)
            )
    return after, errors
