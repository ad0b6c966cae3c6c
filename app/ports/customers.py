"""Customers, their resources and imports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.customers.imports import ImportTask
from domain.customers.model import (
    Customer,
    CustomerResource,
)
from domain.ids import (
    CustomerId,
    ResourceId,
)
from domain.listing import ListQuery, Page


class CustomerSource(Protocol):
    """Customers and their resources."""

    async def by_ref_ids(self, ref_ids: Iterable[str]) -> dict[str, Customer]:
        """Customers by the caller's id, archived ones included."""

    async def by_ids(self, ids: Iterable[CustomerId]) -> dict[CustomerId, Customer]: ...

    async def resources_by_ids(
        self, ids: Iterable[ResourceId]
    ) -> dict[ResourceId, CustomerResource]: ...

    async def resource(self, customer_id: CustomerId, resource_id: str) -> CustomerResource | None:
        """The resource that the customer calls `resource_id`."""

    async def resources(
        self, customer_id: CustomerId, resource_ids: Iterable[str]
    ) -> dict[str, CustomerResource]:
        """The customer's resources by the caller's names of them; unknown ones are left out."""

    async def known_resources(
        self, names: Iterable[tuple[CustomerId, str]]
    ) -> set[tuple[CustomerId, str]]:
        """Those of many customers' names of resources that there are, in one statement."""

    async def by_billing_id(self, billing_id: str) -> Customer | None:
        """The customer that the billing provider knows under this id."""

    async def page(self, query: ListQuery, *, now: datetime) -> Page[Customer]:
        """The customers that a list asks for, archived ones never."""

    async def resource_page(self, query: ListQuery) -> Page[CustomerResource]:
        """The resources that a list asks for."""

    async def import_page(self, query: ListQuery) -> Page[ImportTask]:
        """The tasks of bulk imports that a list asks for."""


class CustomerRepository(CustomerSource, Protocol):
    async def lock(self, customer_id: CustomerId) -> Customer | None:
        """The customer, archived too, under its one row lock; waits 10 s at most.

        Raises Conflict ObjectAlreadyBeingUsedByAnotherRequestError.
        """

    async def locked(self, ref_id: str) -> Customer | None:
        """The customer by the caller's id, archived too, under its lock (as `lock`)."""

    async def add(self, customer: Customer) -> None:
        """Insert; a taken ref_id (archived included) raises DuplicatedEntityNotAllowed."""

    async def save(self, customer: Customer) -> None: ...

    async def locked_many(self, ref_ids: Iterable[str]) -> dict[str, Customer]:
        """The known ones of many, archived too, each under its lock; locked in one order."""

    async def save_many(self, customers: Iterable[Customer]) -> None:
        """Insert or update all in one statement."""

    async def ensure_resource(self, resource: CustomerResource) -> CustomerResource:
        """The customer's resource of that name, made now if it was never mentioned before."""


class ImportTaskRepository(Protocol):
    """Bulk imports of customers and subscriptions."""

    async def get(self, task_id: UUID) -> ImportTask | None: ...

    async def save(self, task: ImportTask) -> None: ...
