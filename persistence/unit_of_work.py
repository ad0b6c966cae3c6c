"""One transaction of one environment, with the repositories of every area."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.events import Event
from domain.ids import EnvironmentId
from persistence.outbox import Outbox
from persistence.readers.catalog_usage import SqlCatalogUsage
from persistence.repositories.accounts import SqlAccountRepository, Vault
from persistence.repositories.billing import SqlBacklogRepository, SqlCheckoutRepository
from persistence.repositories.catalog import (
    SqlCouponRepository,
    SqlCurrencyRepository,
    SqlFeatureRepository,
    SqlProductRepository,
)
from persistence.repositories.credits import SqlCreditRepository
from persistence.repositories.customers import SqlCustomerRepository, SqlImportTaskRepository
from persistence.repositories.entitlements import (
    SqlEntitlementSnapshots,
    SqlPromotionalRepository,
)
from persistence.repositories.events import SqlEventRepository
from persistence.repositories.groups import SqlFeatureGroupRepository, SqlPackageGroupRepository
from persistence.repositories.migration_tasks import SqlMigrationTaskRepository
from persistence.repositories.packages import SqlPackageRepository
from persistence.repositories.queued_tasks import SqlQueuedTaskRepository
from persistence.repositories.recharges import SqlRechargeRepository
from persistence.repositories.sandbox import SqlSandboxStore
from persistence.repositories.subscriptions import SqlSubscriptionRepository
from persistence.repositories.usage import SqlUsageRepository
from persistence.repositories.webhooks import SqlEventLogRepository, SqlHookRepository
from persistence.repositories.widgets import SqlWidgetRepository

log = logging.getLogger("plangate.persistence")


class SqlUnitOfWork:
    """`async with SqlUnitOfWork(engine, environment_id) as work: ...; await work.commit()`.

    Leaving without `commit` rolls everything back. Repositories are made on entry; each is bound
    to the connection and the environment.
    """

    # The environment's billing provider; None = `manual`.
    billing: Any

    def __init__(
        self,
        engine: AsyncEngine,
        environment_id: EnvironmentId,
        *,
        outbox: Outbox | None = None,
        vault: Vault | None = None,
        billing: Callable[[SqlSandboxStore], Any] | None = None,
    ) -> None:
        """`billing` makes the provider's adapter on the sandbox's books; None = `manual`."""
        self._engine = engine
        self.environment_id = environment_id
        self._outbox = outbox
        self._vault = vault
        self._billing = billing
        self._events: list[Event] = []
        self._connection: AsyncConnection | None = None
        self._afterwards: list[Callable[[], Awaitable[None]]] = []
        self._is_committed = False

    async def __aenter__(self) -> Self:
        self._connection = await self._engine.connect()
        try:
            await self._connection.begin()
            self._bind(self._connection)
        except BaseException:
            await self._connection.close()
            raise
        return self

    def _bind(self, connection: AsyncConnection) -> None:
        """Make the repositories; one line an area."""
        self.accounts = SqlAccountRepository(connection, self.environment_id, self._vault)
        self.hooks = SqlHookRepository(connection, self.environment_id)
        self.event_log = SqlEventLogRepository(connection, self.environment_id)
        self.features = SqlFeatureRepository(connection, self.environment_id)
        self.products = SqlProductRepository(connection, self.environment_id)
        self.currencies = SqlCurrencyRepository(connection, self.environment_id)
        self.feature_groups = SqlFeatureGroupRepository(connection, self.environment_id)
        self.package_groups = SqlPackageGroupRepository(connection, self.environment_id)
        self.widgets = SqlWidgetRepository(connection, self.environment_id)
        self.catalog_usage = SqlCatalogUsage(connection, self.environment_id)
        self.coupons = SqlCouponRepository(connection, self.environment_id)
        self.migration_tasks = SqlMigrationTaskRepository(connection, self.environment_id)
        self.packages = SqlPackageRepository(connection, self.environment_id)
        self.customers = SqlCustomerRepository(connection, self.environment_id)
        self.import_tasks = SqlImportTaskRepository(connection, self.environment_id)
        self.subscriptions = SqlSubscriptionRepository(connection, self.environment_id)
        self.snapshots = SqlEntitlementSnapshots(connection, self.environment_id)
        self.promotional = SqlPromotionalRepository(connection, self.environment_id)
        self.usage = SqlUsageRepository(connection, self.environment_id)
        self.events = SqlEventRepository(connection, self.environment_id)
        self.credits = SqlCreditRepository(connection, self.environment_id)
        self.recharges = SqlRechargeRepository(connection, self.environment_id)
        self.queued_tasks = SqlQueuedTaskRepository(connection, self.environment_id)
        self.checkouts = SqlCheckoutRepository(connection, self.environment_id)
        self.backlogs = SqlBacklogRepository(connection, self.environment_id)
        self.sandbox = SqlSandboxStore(connection, self.environment_id)
        self.billing = self._billing(self.sandbox) if self._billing is not None else None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._connection is not None
        # Closing rolls back whatever was not committed.
        await self._connection.close()
        self._connection = None
        if self._is_committed and kind is None:
            await self._take_steps()

    async def _take_steps(self) -> None:
        steps, self._afterwards = self._afterwards, []
        for step in steps:
            try:
                await step()
            except Exception:
                log.exception("what was to follow a commit failed; the worker goes on with it")

    def afterwards(self, step: Callable[[], Awaitable[None]]) -> None:
        """Take the step once this unit is committed and has let go of its locks."""
        self._afterwards.append(step)

    def publish(self, event: Event) -> None:
        """Tell it when, and only if, the unit commits."""
        self._events.append(event)

    async def _tell_of_entitlements(self) -> None:
        """Each scope that was invalidated is told of once, whatever the operation did."""
        for customer_id, resource_id in await self.snapshots.take_changed():
            self.publish(
                Event(
                    type="ENTITLEMENTS_UPDATED",
                    entity_type="ENTITLEMENT",
                    entity_id=customer_id,
                    customer_id=customer_id,
                    resource_id=resource_id,
                )
            )

    async def commit(self) -> None:
        """Make the whole operation durable, once."""
        assert self._connection is not None
        await self._tell_of_entitlements()
        is_queued = False
        if self._events and self._outbox is not None:
            is_queued = await self._outbox.write(
                self._connection, self.environment_id, self._events
            )
        await self._connection.commit()
        self._is_committed = True
        if self._events and self._outbox is not None:
            self._outbox.committed()
            if is_queued:
                self._outbox.queued()
        self._events.clear()
