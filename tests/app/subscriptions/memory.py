"""The ports that subscriptions use, kept in memory: stories without a database.

A unit of work sees its own writes; without `commit` nothing of them stays.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Self, cast
from uuid import UUID

from app.billing.sandbox import SandboxProvider
from app.ports import EnvironmentScope, Readers, Runtime, UnitOfWork
from domain.accounts.enums import EnvironmentType
from domain.billing.sandbox.model import SandboxCustomer, SandboxInvoice, SandboxSubscription
from domain.catalog.model import Feature, Package, PackageType, Product
from domain.customers.model import Customer, CustomerResource
from domain.events import Event
from domain.ids import AccountId, EnvironmentId
from domain.subscriptions.due import next_due
from domain.subscriptions.model import Subscription
from tests.builders import uid
from tests.support import MovableClock, SeededIds


@dataclass
class Tables:
    """Everything stored, by id."""

    customers: dict[Any, Customer] = field(default_factory=dict)
    resources: dict[Any, CustomerResource] = field(default_factory=dict)
    subscriptions: dict[Any, Subscription] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    payers: dict[str, SandboxCustomer] = field(default_factory=dict)
    billed: dict[str, SandboxSubscription] = field(default_factory=dict)
    invoices: dict[str, SandboxInvoice] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Catalogue:
    """What is sold; it does not change during a story."""

    product: Product
    packages: tuple[Package, ...]
    features: tuple[Feature, ...] = ()


class Packages:
    def __init__(self, catalogue: Catalogue) -> None:
        self._all = catalogue.packages

    async def by_ids(self, ids: Iterable[Any]) -> dict[Any, Package]:
        wanted = set(ids)
        return {one.id: one for one in self._all if one.id in wanted}

    async def latest(self, type_: PackageType, ref_ids: Iterable[str]) -> dict[str, Package]:
        wanted = set(ref_ids)
        return {o.ref_id: o for o in self._all if o.type is type_ and o.ref_id in wanted}

    latest_published = latest

    async def latest_and_held(
        self, lineages: Iterable[tuple[PackageType, str]], ids: Iterable[Any]
    ) -> list[Package]:
        wanted, held = set(lineages), set(ids)
        return [o for o in self._all if (o.type, o.ref_id) in wanted or o.id in held]

    async def with_ancestors(self, plan_ids: Iterable[Any]) -> dict[Any, Package]:
        return await self.by_ids(plan_ids)


class Named:
    """Features, products and the like: found by id or the caller's name."""

    def __init__(self, *entities: Any) -> None:
        self._all = entities

    async def by_ids(self, ids: Iterable[Any]) -> dict[Any, Any]:
        wanted = set(ids)
        return {one.id: one for one in self._all if one.id in wanted}

    async def by_any_ids(self, names: Iterable[str]) -> dict[str, Any]:
        known = {one.ref_id: one for one in self._all} | {str(one.id): one for one in self._all}
        return {name: known[name] for name in names if name in known}

    async def by_ref_ids(self, names: Iterable[str]) -> dict[str, Any]:
        return await self.by_any_ids(names)

    async def latest(self, names: Iterable[str]) -> dict[str, Any]:
        return await self.by_any_ids(names)


class Customers:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def by_ids(self, ids: Iterable[Any]) -> dict[Any, Customer]:
        return {i: self._tables.customers[i] for i in ids if i in self._tables.customers}

    async def by_ref_ids(self, ref_ids: Iterable[str]) -> dict[str, Customer]:
        wanted = set(ref_ids)
        return {c.ref_id: c for c in self._tables.customers.values() if c.ref_id in wanted}

    async def lock(self, customer_id: Any) -> Customer | None:
        return self._tables.customers.get(customer_id)

    async def locked(self, ref_id: str) -> Customer | None:
        return (await self.by_ref_ids([ref_id])).get(ref_id)

    async def save(self, customer: Customer) -> None:
        self._tables.customers[customer.id] = customer

    add = save

    async def ensure_resource(self, resource: CustomerResource) -> CustomerResource:
        for one in self._tables.resources.values():
            if (one.customer_id, one.resource_id) == (resource.customer_id, resource.resource_id):
                return one
        self._tables.resources[resource.id] = resource
        return resource

    async def resources_by_ids(self, ids: Iterable[Any]) -> dict[Any, CustomerResource]:
        return {i: self._tables.resources[i] for i in ids}


class Subscriptions:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def by_ids(self, ids: Iterable[Any]) -> dict[Any, Subscription]:
        return {i: self._tables.subscriptions[i] for i in ids}

    async def by_ref_ids(self, ref_ids: Iterable[str]) -> dict[str, Subscription]:
        wanted = set(ref_ids)
        return {s.ref_id: s for s in self._tables.subscriptions.values() if s.ref_id in wanted}

    async def of_customers(
        self, customer_ids: Iterable[Any], *, statuses: Iterable[Any] | None
    ) -> dict[Any, tuple[Subscription, ...]]:
        assert statuses is None
        everyone = sorted(self._tables.subscriptions.values(), key=lambda s: (s.created_at, s.id))
        return {c: tuple(s for s in everyone if s.customer_id == c) for c in customer_ids}

    async def save(self, *subscriptions: Subscription) -> None:
        for one in subscriptions:
            self._tables.subscriptions[one.id] = one

    async def customers_due(
        self, until: datetime, *, limit: int, excluding: Iterable[Any] = ()
    ) -> list[Any]:
        del limit
        due = {
            one.customer_id
            for one in self._tables.subscriptions.values()
            if (at := next_due(one)) is not None and at <= until
        }
        return sorted(due - set(excluding))


class Books:
    """The sandbox provider's books."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def answer(self, key: str) -> Mapping[str, Any] | None:
        return cast("Mapping[str, Any] | None", self._tables.answers.get(key))

    async def is_out(self) -> bool:
        return False

    async def remember(self, key: str, answer: Mapping[str, Any]) -> None:
        self._tables.answers[key] = answer

    async def customer(self, id: str) -> SandboxCustomer | None:
        return self._tables.payers.get(id)

    async def save_customer(self, customer: SandboxCustomer) -> None:
        self._tables.payers[customer.id] = customer

    async def subscription(self, id: str) -> SandboxSubscription | None:
        return self._tables.billed.get(id)

    async def save_subscription(self, subscription: SandboxSubscription) -> None:
        self._tables.billed[subscription.id] = subscription

    async def invoice(self, id: str) -> SandboxInvoice | None:
        return self._tables.invoices.get(id)

    async def retrying(self, subscription_id: str) -> tuple[SandboxInvoice, ...]:
        del subscription_id
        return ()

    async def save_invoice(self, invoice: SandboxInvoice) -> None:
        self._tables.invoices[invoice.id] = invoice

    async def emit(self, event: object) -> None: ...


class Snapshots:
    async def invalidate(self, customer_id: Any, resource_id: str | None = None) -> None: ...


class Accounts:
    async def account(self, *, is_locked: bool = False) -> None: ...


class MemoryWork:
    """One unit of work over a copy of the tables."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def __aenter__(self) -> Self:
        memory = self._memory
        self.tables = copy.copy(memory.tables)
        for name, value in vars(memory.tables).items():
            setattr(self.tables, name, copy.copy(value))
        self.packages = Packages(memory.catalogue)
        self.products = Named(memory.catalogue.product)
        self.features = Named(*memory.catalogue.features)
        self.currencies = self.coupons = self.package_groups = Named()
        self.customers = Customers(self.tables)
        self.subscriptions = Subscriptions(self.tables)
        self.snapshots = Snapshots()
        self.accounts = Accounts()
        self.billing: SandboxProvider | None = None
        if memory.has_provider:
            self.billing = SandboxProvider(
                store=cast("Any", Books(self.tables)),
                environment_id=memory.scope.environment_id,
                clock=memory.clock,
                ids=memory.ids,
                base_url="http://sandbox.test",
                secret=b"secret",
            )
        return self

    async def __aexit__(self, *_: object) -> None: ...

    def publish(self, event: Event) -> None:
        self.tables.events.append(event)

    async def commit(self) -> None:
        self._memory.tables = self.tables


@dataclass
class MemoryReaders:
    subscriptions: Subscriptions


class Memory:
    """An environment in memory, with its runtime."""

    def __init__(
        self, catalogue: Catalogue, *customers: Customer, now: datetime, provider: bool = True
    ) -> None:
        self.catalogue = catalogue
        self.has_provider = provider
        self.clock = MovableClock(now)
        self.ids = SeededIds(7)
        self.tables = Tables(customers={one.id: one for one in customers})
        self.scope = EnvironmentScope(
            account_id=AccountId(uid("account")),
            environment_id=EnvironmentId(uid("environment")),
            environment_type=EnvironmentType.DEVELOPMENT,
        )

    @property
    def runtime(self) -> Runtime:
        return Runtime(
            environment=self.scope,
            clock=self.clock,
            real_clock=self.clock,
            ids=self.ids,
            post=cast("Any", None),
            new_unit_of_work=cast("Callable[[], UnitOfWork]", lambda: MemoryWork(self)),
            readers=cast("Readers", MemoryReaders(Subscriptions(self.tables))),
        )

    def subscription(self, id: UUID) -> Subscription:
        return self.tables.subscriptions[id]

    @property
    def invoiced(self) -> Decimal:
        """The sum of everything ever invoiced, credits as negative."""
        return sum((one.total for one in self.tables.invoices.values()), Decimal(0))
