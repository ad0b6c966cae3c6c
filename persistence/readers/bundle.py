"""All readers of one environment; one line an area."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.ids import EnvironmentId
from persistence.readers.accounts import SqlAccountReader
from persistence.readers.catalog import (
    SqlCouponReader,
    SqlCurrencyReader,
    SqlFeatureReader,
    SqlProductReader,
)
from persistence.readers.catalog_usage import SqlCatalogUsageReader
from persistence.readers.credits import SqlCreditReader
from persistence.readers.customers import SqlCustomerReader
from persistence.readers.entitlements import SqlEntitlementReader
from persistence.readers.groups import SqlFeatureGroupReader, SqlPackageGroupReader
from persistence.readers.package_lists import SqlPackageReader
from persistence.readers.subscriptions import SqlSubscriptionReader
from persistence.readers.usage import SqlUsageReader
from persistence.readers.webhooks import SqlHookReader
from persistence.repositories.accounts import Vault
from persistence.repositories.recharges import SqlRechargeReader
from persistence.repositories.widgets import SqlWidgetReader


class SqlReaders:
    """Built per request; holds no connection of its own."""

    def __init__(
        self, engine: AsyncEngine, environment_id: EnvironmentId, *, vault: Vault | None = None
    ) -> None:
        self.engine = engine
        self.environment_id = environment_id
        self.accounts = SqlAccountReader(engine, environment_id, vault)
        self.features = SqlFeatureReader(engine, environment_id)
        self.products = SqlProductReader(engine, environment_id)
        self.currencies = SqlCurrencyReader(engine, environment_id)
        self.feature_groups = SqlFeatureGroupReader(engine, environment_id)
        self.package_groups = SqlPackageGroupReader(engine, environment_id)
        self.widgets = SqlWidgetReader(engine, environment_id)
        self.catalog_usage = SqlCatalogUsageReader(engine, environment_id)
        self.coupons = SqlCouponReader(engine, environment_id)
        self.packages = SqlPackageReader(engine, environment_id)
        self.customers = SqlCustomerReader(engine, environment_id)
        self.subscriptions = SqlSubscriptionReader(engine, environment_id)
        self.entitlements = SqlEntitlementReader(engine, environment_id)
        self.hooks = SqlHookReader(engine, environment_id)
        self.usage = SqlUsageReader(engine, environment_id)
        self.credits = SqlCreditReader(engine, environment_id)
        self.recharges = SqlRechargeReader(engine, environment_id)
