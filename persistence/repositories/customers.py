"""Customers and their resources inside a unit of work, and the one lock per customer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, IntegrityError

from domain.customers.imports import ImportTask
from domain.customers.model import Customer, CustomerResource
from domain.errors import Conflict, ErrorCode, duplicate
from domain.ids import CustomerId
from persistence.mapping.copy import from_row, to_columns
from persistence.readers.customers import CustomerQueries
from persistence.repositories.base import Repository
from persistence.rows.customers import CustomerResourceRow, CustomerRow, ImportTaskRow

_LOCK_NOT_AVAILABLE = "55P03"


def is_lock_timeout(error: DBAPIError) -> bool:
    """Whether PostgreSQL gave up waiting for a row lock."""
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


class SqlCustomerRepository(Repository, CustomerQueries):
    """Fits `app.ports.CustomerRepository`."""

    async def lock(self, customer_id: CustomerId) -> Customer | None:
        """The customer, archived too, under its row lock until the transaction ends.

        Waits 10 s at most: raises Conflict
        ObjectAlreadyBeingUsedByAnotherRequestError.
        """
        rows = await self._fetch_locked(self._customers().where(CustomerRow.id == customer_id))
        return from_row(Customer, rows[0]) if rows else None

    async def locked(self, ref_id: str) -> Customer | None:
        """The customer by the caller's id, archived too, under its lock (as `lock`)."""
        rows = await self._fetch_locked(self._customers().where(CustomerRow.ref_id == ref_id))
        return from_row(Customer, rows[0]) if rows else None

    async def _fetch_locked(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        try:
            return await self.fetch(statement.with_for_update())
        except DBAPIError as error:
            if not is_lock_timeout(error):
                raise
            raise Conflict(
                ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError,
                "The customer is being changed by another request",
            ) from error

    async def add(self, customer: Customer) -> None:
        """Insert; a taken ref_id (archived included) raises DuplicatedEntityNotAllowed."""
        try:
            await self.insert(CustomerRow, [to_columns(customer, CustomerRow)])
        except IntegrityError as error:
            raise duplicate("Customer", customer.ref_id) from error

    async def save(self, customer: Customer) -> None:
        statement = (
            update(CustomerRow)
            .where(CustomerRow.environment_id == self.environment_id, CustomerRow.id == customer.id)
            .values(**to_columns(customer, CustomerRow))
        )
        touched = await self.execute(statement)
        assert touched == 1, f"customer {customer.id} vanished"

    async def locked_many(self, ref_ids: Iterable[str]) -> dict[str, Customer]:
        """The known ones of many, archived too, each under its lock; locked in one order."""
        statement = self._customers().where(CustomerRow.ref_id.in_(list(ref_ids)))
        rows = await self._fetch_locked(statement.order_by(CustomerRow.id))
        return {row.ref_id: from_row(Customer, row) for row in rows}

    async def save_many(self, customers: Iterable[Customer]) -> None:
        """Insert or update all in one statement; a ref_id taken meanwhile is a duplicate."""
        rows = [to_columns(customer, CustomerRow) for customer in customers]
        try:
            await self.upsert(CustomerRow, rows, key=["id"])
        except IntegrityError as error:
            raise duplicate("Customer", "of the import") from error

    async def ensure_resource(self, resource: CustomerResource) -> CustomerResource:
        """The customer's resource of that name, made now if it was never mentioned before."""
        new = insert(CustomerResourceRow).values(
            environment_id=self.environment_id, **to_columns(resource, CustomerResourceRow)
        )
        # DO UPDATE, though nothing changes: DO NOTHING would return no row for an existing one.
        statement = new.on_conflict_do_update(
            index_elements=["environment_id", "customer_id", "resource_id"],
            set_={"resource_id": new.excluded.resource_id},
        ).returning(*CustomerResourceRow.__table__.c)
        row = await self.fetch_one(statement)
        assert row is not None
        return from_row(CustomerResource, row)


class SqlImportTaskRepository(Repository):
    """Fits `app.ports.ImportTaskRepository`."""

    async def get(self, task_id: UUID) -> ImportTask | None:
        row = await self.fetch_one(self._tasks().where(ImportTaskRow.id == task_id))
        return None if row is None else from_row(ImportTask, row)

    async def save(self, task: ImportTask) -> None:
        await self.upsert(ImportTaskRow, [to_columns(task, ImportTaskRow)], key=["id"])

    def _tasks(self) -> Select[Any]:
        return select(*ImportTaskRow.__table__.c).where(
            ImportTaskRow.environment_id == self.environment_id
        )
