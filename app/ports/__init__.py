"""What use cases need of the outside, as Protocols; `persistence` fits them by shape.

`Runtime` is bound to one environment from the start: neither a use case nor a query can name
another tenant. `app/main.py` (the composition root) alone builds one. Each area adds its
repositories and readers here as Protocols of its own section.

One module an area; every name is importable from here.
"""

from app.ports.accounts import AccountReader, AccountRepository, KeyLookup
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
from app.ports.credits import CreditReader, CreditRepository, CreditSource
from app.ports.customers import CustomerRepository, CustomerSource, ImportTaskRepository
from app.ports.entitlements import EntitlementSnapshots, EntitlementSource, PromotionalRepository
from app.ports.events import (
    DeliveryQueue,
    EventLogRepository,
    HookReader,
    HookRepository,
    Listening,
    LiveUpdates,
    Post,
)
from app.ports.identity import EnvironmentScope, Identified, Ids, Listed, Stored, Versioned
from app.ports.packages import (
    MigrationTaskRepository,
    PackageReader,
    PackageRepository,
    PackageSource,
)
from app.ports.queued_tasks import QueuedTaskRepository, TaskQueue
from app.ports.recharges import RechargeRepository, RechargeSource
from app.ports.runtime import Readers, Runtime, UnitOfWork
from app.ports.subscriptions import SubscriptionRepository, SubscriptionSource
from app.ports.usage import (
    CountedUsage,
    EventCounting,
    EventRepository,
    UsageRepository,
    UsageSource,
)

__all__ = [
    "AccountReader",
    "AccountRepository",
    "BacklogRepository",
    "BillingProvider",
    "CatalogUsage",
    "CheckoutRepository",
    "CountedUsage",
    "CouponRepository",
    "CouponSource",
    "CreditReader",
    "CreditRepository",
    "CreditSource",
    "CurrencyRepository",
    "CurrencySource",
    "CustomerRepository",
    "CustomerSource",
    "DeliveryQueue",
    "EntitlementSnapshots",
    "EntitlementSource",
    "EnvironmentScope",
    "EventCounting",
    "EventLogRepository",
    "EventRepository",
    "FeatureGroupRepository",
    "FeatureGroupSource",
    "FeatureRepository",
    "FeatureSource",
    "HookReader",
    "HookRepository",
    "Identified",
    "Ids",
    "ImportTaskRepository",
    "KeyLookup",
    "Listed",
    "Listening",
    "LiveUpdates",
    "MigrationTaskRepository",
    "PackageGroupRepository",
    "PackageGroupSource",
    "PackageReader",
    "PackageRepository",
    "PackageSource",
    "Post",
    "ProductRepository",
    "ProductSource",
    "PromotionalRepository",
    "QueuedTaskRepository",
    "Readers",
    "RechargeRepository",
    "RechargeSource",
    "Runtime",
    "Stored",
    "SubscriptionRepository",
    "SubscriptionSource",
    "TaskQueue",
    "UnitOfWork",
    "UsageRepository",
    "UsageSource",
    "Versioned",
    "WidgetRepository",
    "WidgetSource",
]
