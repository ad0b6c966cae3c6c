"""The unit of work, the readers and the runtime that bundle every area."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from app.ports.accounts import AccountReader, AccountRepository
from app.ports.billing import BillingProvider, CheckoutRepository
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
from app.ports.customers import CustomerRepository, CustomerSource, ImportTaskRepository
from app.ports.entitlements import EntitlementSnapshots, EntitlementSource, PromotionalRepository
from app.ports.events import EventLogRepository, HookReader, HookRepository, Post
from app.ports.identity import EnvironmentScope, Ids
from app.ports.packages import MigrationTaskRepository, PackageReader, PackageRepository
from app.ports.subscriptions import SubscriptionRepository, SubscriptionSource
from app.ports.usage import EventRepository, UsageRepository, UsageSource
from domain.events import Event


class UnitOfWork(Protocol):
    """One transaction of one environment; without `commit` nothing happened.

    Areas add their repositories as attributes.
    """

    accounts: AccountRepository
    hooks: HookRepository
    event_log: EventLogRepository
    features: FeatureRepository
    products: ProductRepository
    currencies: CurrencyRepository
    coupons: CouponRepository
    feature_groups: FeatureGroupRepository
    package_groups: PackageGroupRepository
    packages: PackageRepository
    migration_tasks: MigrationTaskRepository
    catalog_usage: CatalogUsage
    widgets: WidgetRepository
    customers: CustomerRepository
    import_tasks: ImportTaskRepository
    subscriptions: SubscriptionRepository
    snapshots: EntitlementSnapshots
    promotional: PromotionalRepository
    usage: UsageRepository
    events: EventRepository
    billing: BillingProvider | None
    checkouts: CheckoutRepository

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def publish(self, event: Event) -> None:
        """Tell it when, and only if, the unit commits: written to the outbox just before."""

    async def commit(self) -> None: ...


class Readers(Protocol):
    """Reads outside a unit of work, each its own short statement. Areas add theirs."""

    accounts: AccountReader
    hooks: HookReader
    features: FeatureSource
    products: ProductSource
    currencies: CurrencySource
    coupons: CouponSource
    feature_groups: FeatureGroupSource
    package_groups: PackageGroupSource
    catalog_usage: CatalogUsage
    widgets: WidgetSource
    packages: PackageReader
    customers: CustomerSource
    subscriptions: SubscriptionSource
    entitlements: EntitlementSource
    usage: UsageSource


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
