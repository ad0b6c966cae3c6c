"""Who uses what in the catalogue, each question one statement. Fits `app.ports.CatalogUsage`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Exists,
    Select,
    Text,
    cast,
    exists,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.catalog.usage import FeatureUse, PackageName, ProductUse
from domain.ids import CurrencyId, FeatureId, ProductId
from domain.subscriptions.model import LIVE
from persistence.mapping.copy import from_row
from persistence.readers.identified import Connected
from persistence.repositories.base import Reader, Repository
from persistence.rows.catalog import FeatureGroupRow, PackageGroupRow, ProductRow
from persistence.rows.entitlements import PromotionalEntitlementRow
from persistence.rows.packages import PackageEntitlementRow, PackageRow, PriceRow
from persistence.rows.subscriptions import SubscriptionRow
from persistence.rows.usage import UsageCounterRow, UsageMeasurementRow


class CatalogUsageQueries(Connected):
    """The same questions inside and outside a unit of work."""

    async def latest_packages_with_feature(self, id: FeatureId) -> tuple[PackageName, ...]:
        """`is_latest` packages of any status with an entitlement, price or credit rate of it."""
        return await self._latest_packages(self._packages_with_feature(id))

    async def latest_packages_with_currency(self, id: CurrencyId) -> tuple[PackageName, ...]:
        """As above, of a custom currency."""
        return await self._latest_packages(
            union(
                self._owners(PackageEntitlementRow, PackageEntitlementRow.currency_id == id),
                self._owners(
                    PriceRow,
                    or_(
                        PriceRow.top_up_currency_id == id,
                        _json_text(PriceRow.credit_rate, "currency_id") == str(id),
                    ),
                ),
            )
        )

    async def latest_packages_with_feature_group(
        self, feature_group_id: str
    ) -> tuple[PackageName, ...]:
        """Those with an entitlement linked to any version of the group."""
        versions = (
            select(func.array_agg(FeatureGroupRow.id))
            .where(
                FeatureGroupRow.environment_id == self.environment_id,
                FeatureGroupRow.feature_group_id == feature_group_id,
            )
            .scalar_subquery()
        )
        return await self._latest_packages(
            self._owners(
                PackageEntitlementRow,
                PackageEntitlementRow.feature_group_ids.op("&&")(versions),
            )
        )

    async def feature_is_referenced(self, id: FeatureId) -> bool:
        """Whether an entitlement, price, promotional grant, usage or group names it."""
        references = [
            self._some(PackageEntitlementRow, PackageEntitlementRow.feature_id == id),
            self._some(PackageEntitlementRow, PackageEntitlementRow.dependency_feature_id == id),
            self._some(PriceRow, PriceRow.feature_id == id),
            self._some(FeatureGroupRow, FeatureGroupRow.feature_ids.contains([id])),
            self._some(PromotionalEntitlementRow, PromotionalEntitlementRow.feature_id == id),
            self._some(UsageCounterRow, UsageCounterRow.feature_id == id),
            self._some(UsageMeasurementRow, UsageMeasurementRow.feature_id == id),
        ]
        return await self._answer(or_(*references))

    async def feature_is_subscribed(self, id: FeatureId) -> bool:
        """Whether a live subscription has it: by its plan, a base plan, an add-on or itself."""
        own = self._packages_with_feature(id).subquery()
        having = select(own.c.package_id).cte("having_feature", recursive=True)
        having = having.union(
            select(PackageRow.id).where(
                PackageRow.environment_id == self.environment_id,
                PackageRow.parent_plan_id == having.c.package_id,
            )
        )
        owners = select(having.c.package_id)
        addon = func.jsonb_array_elements(SubscriptionRow.addons).table_valued("value")
        addon_id = cast(addon.c.value, JSONB)["addon_id"].astext
        by_addon = exists(
            select(1)
            .select_from(addon)
            .where(addon_id.in_(select(cast(having.c.package_id, Text))))
        )
        # Prices sold and values overridden name the feature by its UUID, whatever their shape.
        sold = cast(SubscriptionRow.prices, Text).contains(str(id))
        overridden = cast(SubscriptionRow.entitlements, Text).contains(str(id))
        return await self._answer(
            self._some(
                SubscriptionRow,
                SubscriptionRow.status.in_(LIVE),
                or_(SubscriptionRow.plan_id.in_(owners), by_addon, sold, overridden),
            )
        )

    async def features(self, ids: Iterable[FeatureId]) -> dict[FeatureId, FeatureUse]:
        """Entitlements of latest packages on the features; every id is answered."""
        wanted = list(ids)
        statement = (
            select(PackageEntitlementRow.feature_id, PackageEntitlementRow.enum_values)
            .distinct()
            .join(PackageRow, PackageRow.id == PackageEntitlementRow.package_id)
            .where(
                PackageEntitlementRow.environment_id == self.environment_id,
                PackageEntitlementRow.feature_id.in_(wanted),
                PackageRow.is_latest,
            )
        )
        values: dict[FeatureId, set[str]] = {}
        for row in await self.fetch(statement):
            values.setdefault(row.feature_id, set()).update(row.enum_values or ())
        used = {
            id: FeatureUse(has_entitlements=True, enum_values=tuple(sorted(names)))
            for id, names in values.items()
        }
        return {id: used.get(id, FeatureUse()) for id in wanted}

    async def products(self, ids: Iterable[ProductId]) -> dict[ProductId, ProductUse]:
        """What belongs to the products; every id is answered."""
        wanted = list(ids)
        product = ProductRow.id
        statement = select(
            product,
            self._some(PackageRow, PackageRow.product_id == product).label("packages"),
            self._some(PackageGroupRow, PackageGroupRow.product_id == product).label("groups"),
            self._some(SubscriptionRow, SubscriptionRow.product_id == product).label("ever"),
            self._some(
                SubscriptionRow,
                SubscriptionRow.product_id == product,
                SubscriptionRow.status.in_(LIVE),
            ).label("live"),
        ).where(ProductRow.environment_id == self.environment_id, product.in_(wanted))
        return {
            row.id: ProductUse(
                has_packages=row.packages,
                has_package_groups=row.groups,
                has_subscriptions=row.ever,
                has_live_subscriptions=row.live,
            )
            for row in await self.fetch(statement)
        }

    def _packages_with_feature(self, id: FeatureId) -> CompoundSelect[Any]:
        """The ids of version rows with an entitlement or price of the feature."""
        return union(
            self._owners(PackageEntitlementRow, PackageEntitlementRow.feature_id == id),
            self._owners(PriceRow, PriceRow.feature_id == id),
        )

    def _owners(
        self, row: type[PackageEntitlementRow | PriceRow], condition: ColumnElement[bool]
    ) -> Select[Any]:
        return select(row.package_id.label("package_id")).where(
            row.environment_id == self.environment_id, condition
        )

    async def _latest_packages(
        self, package_ids: Select[Any] | CompoundSelect[Any]
    ) -> tuple[PackageName, ...]:
        named = (getattr(PackageRow, field.name) for field in fields(PackageName))
        statement = (
            select(*named)
            .where(
                PackageRow.environment_id == self.environment_id,
                PackageRow.is_latest,
                PackageRow.id.in_(package_ids),
            )
            .order_by(PackageRow.type, PackageRow.ref_id)
        )
        return tuple(from_row(PackageName, row) for row in await self.fetch(statement))

    def _some(self, row: Any, *criteria: ColumnElement[bool]) -> Exists:
        return exists(select(1).where(row.environment_id == self.environment_id, *criteria))

    async def _answer(self, question: ColumnElement[bool]) -> bool:
        return bool((await self.fetch(select(question)))[0][0])


def _json_text(column: Any, key: str) -> ColumnElement[str]:
    text: ColumnElement[str] = cast(column, JSONB)[key].astext
    return text


class SqlCatalogUsageReader(Reader, CatalogUsageQueries):
    """Outside transactions."""


class SqlCatalogUsage(Repository, CatalogUsageQueries):
    """Inside a unit of work."""
