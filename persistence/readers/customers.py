"""Customers and resources by id, the same statements inside and outside a unit of work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, tuple_

from domain.customers.imports import ImportTask
from domain.customers.model import Customer, CustomerResource
from domain.ids import CustomerId, ResourceId
from domain.listing import ListQuery, Page
from persistence.listing import Listing, columns, read_page
from persistence.mapping.copy import from_row
from persistence.readers.pages import mapped
from persistence.readers.subscription_listings import RESOURCES, customers_listing
from persistence.repositories.base import Connected, Reader
from persistence.rows.customers import CustomerResourceRow, CustomerRow, ImportTaskRow

IMPORTS = Listing(
    row=ImportTaskRow,
    fields=columns(ImportTaskRow, "createdAt", "environmentId", "id", "status", "taskType"),
)


class CustomerQueries(Connected):
    """Fits `app.ports.CustomerSource`."""

    def _customers(self) -> Select[Any]:
        return select(*CustomerRow.__table__.c).where(
            CustomerRow.environment_id == self.environment_id
        )

    def _resources(self) -> Select[Any]:
        return select(*CustomerResourceRow.__table__.c).where(
            CustomerResourceRow.environment_id == self.environment_id
        )

    async def by_ref_ids(self, ref_ids: Iterable[str]) -> dict[str, Customer]:
        """Customers by the caller's id, archived ones included."""
        statement = self._customers().where(CustomerRow.ref_id.in_(list(ref_ids)))
        return {row.ref_id: from_row(Customer, row) for row in await self.fetch(statement)}

    async def by_ids(self, ids: Iterable[CustomerId]) -> dict[CustomerId, Customer]:
        statement = self._customers().where(CustomerRow.id.in_(list(ids)))
        return {row.id: from_row(Customer, row) for row in await self.fetch(statement)}

    async def by_billing_id(self, billing_id: str) -> Customer | None:
        """The customer that the billing provider knows under this id."""
        rows = await self.fetch(
            self._customers().where(CustomerRow.billing_id == billing_id).limit(1)
        )
        return from_row(Customer, rows[0]) if rows else None

    async def resources_by_ids(
        self, ids: Iterable[ResourceId]
    ) -> dict[ResourceId, CustomerResource]:
        statement = self._resources().where(CustomerResourceRow.id.in_(list(ids)))
        return {row.id: from_row(CustomerResource, row) for row in await self.fetch(statement)}

    async def resource(self, customer_id: CustomerId, resource_id: str) -> CustomerResource | None:
        """The resource that the customer calls `resource_id`."""
        found = await self.resources(customer_id, [resource_id])
        return found.get(resource_id)

    async def resources(
        self, customer_id: CustomerId, resource_ids: Iterable[str]
    ) -> dict[str, CustomerResource]:
        """The customer's resources by the caller's names of them; unknown ones are left out."""
        statement = self._resources().where(
            CustomerResourceRow.customer_id == customer_id,
            CustomerResourceRow.resource_id.in_(list(resource_ids)),
        )
        return {
            row.resource_id: from_row(CustomerResource, row) for row in await self.fetch(statement)
        }

    async def known_resources(
        self, names: Iterable[tuple[CustomerId, str]]
    ) -> set[tuple[CustomerId, str]]:
        """Those of many customers' names of resources that there are, in one statement."""
        wanted = list(names)
        if not wanted:
            return set()
        named = tuple_(CustomerResourceRow.customer_id, CustomerResourceRow.resource_id)
        rows = await self.fetch(self._resources().where(named.in_(wanted)))
        return {(CustomerId(row.customer_id), row.resource_id) for row in rows}

    async def page(self, query: ListQuery, *, now: datetime) -> Page[Customer]:
        """The customers that a list asks for, archived ones never."""
        listing = customers_listing(now)
        return mapped(await read_page(self, listing, query), lambda row: from_row(Customer, row))

    async def resource_page(self, query: ListQuery) -> Page[CustomerResource]:
        """The resources that a list asks for."""
        return mapped(
            await read_page(self, RESOURCES, query), lambda row: from_row(CustomerResource, row)
        )

    async def import_page(self, query: ListQuery) -> Page[ImportTask]:
        """The tasks of bulk imports that a list asks for."""
        return mapped(await read_page(self, IMPORTS, query), lambda row: from_row(ImportTask, row))


class SqlCustomerReader(Reader, CustomerQueries):
    """Outside transactions."""
