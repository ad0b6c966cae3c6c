"""The unit of work, the readers and the runtime that bundle every area."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from app.ports.accounts import AccountReader, AccountRepository
from app.ports.billing import BacklogRepository, BillingProvider, CheckoutRepository
from app.ports.catalog import (
    CatalogUsage,
    CouponRepository,
    CouponSource,
    CurrencyRepository,
    CurrencySource,
    FeatureGroupRepository,
    FeatureGroupSource,
    FeatureRepository,
    FeatureSource,
    PackageGroupRepository,
    PackageGroupSource,
    ProductRepository,
    ProductSource,
    WidgetRepository,
    WidgetSource,
)
from app.ports.credits import CreditReader, CreditRepository
from app.ports.customers import CustomerRepository, CustomerSource, ImportTaskRepository
from app.ports.entitlements import EntitlementSnapshots, EntitlementSource, PromotionalRepository
from app.ports.events import EventLogRepository, HookReader, HookRepository, Post
from app.ports.identity import EnvironmentScope, Ids
from app.ports.packages import MigrationTaskRepository, PackageReader, PackageRepository
from app.ports.queued_tasks import QueuedTaskRepository
from app.ports.recharges import RechargeRepository, RechargeSource
from app.ports.subscriptions import SubscriptionRepository, SubscriptionSource
from app.ports.usage import EventRepository, UsageRepository, UsageSource
from domain.events import Event


class UnitOfWork(Protocol):
    """One transaction of one environment; without `commit` nothing happened.

    Areas add their repositories, as properties: nobody replaces one, so that `app/main.py` can
    give what fits by shape, and mypy proves that it does.
    """

    @property
    def accounts(self) -> AccountRepository: ...
    @property
    def hooks(self) -> HookRepository: ...
    @property
    def event_log(self) -> EventLogRepository: ...
    @property
    def features(self) -> FeatureRepository: ...
    @property
    def products(self) -> ProductRepository: ...
    @property
    def currencies(self) -> CurrencyRepository: ...
    @property
    def coupons(self) -> CouponRepository: ...
    @property
    def feature_groups(self) -> FeatureGroupRepository: ...
    @property
    def package_groups(self) -> PackageGroupRepository: ...
    @property
    def packages(self) -> PackageRepository: ...
    @property
    def migration_tasks(self) -> MigrationTaskRepository: ...
    @property
    def catalog_usage(self) -> CatalogUsage: ...
    @property
    def widgets(self) -> WidgetRepository: ...
    @property
    def customers(self) -> CustomerRepository: ...
    @property
    def import_tasks(self) -> ImportTaskRepository: ...
    @property
    def subscriptions(self) -> SubscriptionRepository: ...
    @property
    def snapshots(self) -> EntitlementSnapshots: ...
    @property
    def promotional(self) -> PromotionalRepository: ...
    @property
    def usage(self) -> UsageRepository: ...
    @property
    def events(self) -> EventRepository: ...
    @property
    def credits(self) -> CreditRepository: ...
    @property
    def recharges(self) -> RechargeRepository: ...
    @property
    def queued_tasks(self) -> QueuedTaskRepository: ...
    @property
    def billing(self) -> BillingProvider | None: ...
    @property
    def checkouts(self) -> CheckoutRepository: ...
    @property
    def backlogs(self) -> BacklogRepository: ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def publish(self, event: Event) -> None:
        """Tell it when, and only if, the unit commits: written to the outbox just before."""

    def afterwards(self, step: Callable[[], Awaitable[None]]) -> None:
        """Take the step once this unit is committed and has let go of its locks.

        What it is for must be written down by then: the step may be lost with the process, and its
        failure is only logged.
        """

    async def commit(self) -> None: ...


class Readers(Protocol):
    """Reads outside a unit of work, each its own short statement. Areas add theirs, as above."""

    @property
    def accounts(self) -> AccountReader: ...
    @property
    def hooks(self) -> HookReader: ...
    @property
    def features(self) -> FeatureSource: ...
    @property
    def products(self) -> ProductSource: ...
    @property
    def currencies(self) -> CurrencySource: ...
    @property
    def coupons(self) -> CouponSource: ...
    @property
    def feature_groups(self) -> FeatureGroupSource: ...
    @property
    def package_groups(self) -> PackageGroupSource: ...
    @property
    def catalog_usage(self) -> CatalogUsage: ...
    @property
    def widgets(self) -> WidgetSource: ...
    @property
    def packages(self) -> PackageReader: ...
    @property
    def customers(self) -> CustomerSource: ...
    @property
    def subscriptions(self) -> SubscriptionSource: ...
    @property
    def entitlements(self) -> EntitlementSource: ...
    @property
    def usage(self) -> UsageSource: ...
    @property
    def credits(self) -> CreditReader: ...
    @property
    def recharges(self) -> RechargeSource: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Everything a use case may touch, bound to one environment.

    `billing_vendor` names the billing provider as the contract does; None = `manual`.
    """

    environment: EnvironmentScope
    clock: Callable[[], datetime]
    real_clock: Callable[[], datetime]
    """Key expiry, rate limits, deliveries and time-outs stay on real time."""
    ids: Ids
    post: Post
    new_unit_of_work: Callable[[], UnitOfWork]
    readers: Readers
    billing_vendor: str | None = None
