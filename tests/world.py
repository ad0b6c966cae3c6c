"""A small catalogue with customers, put straight into a test environment.

Only what a test names is made; every id is the environment's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.ports import Runtime
from domain.catalog.enums import EntitlementResetPeriod, MeterType
from domain.catalog.model import (
    AccordingTo,
    Feature,
    FeatureEntitlement,
    Package,
    PackageType,
    ResetRule,
)
from domain.customers.enums import PromotionalEntitlementPeriod
from domain.customers.model import Customer, CustomerResource, PromotionalEntitlement
from domain.ids import CustomerId, FeatureId, PackageId, ProductId, ResourceId, SubscriptionId
from domain.subscriptions.model import Subscription, SubscriptionAddon
from tests.builders import a_customer, a_feature, a_plan, a_subscription

MONTHLY = ResetRule(EntitlementResetPeriod.MONTH, AccordingTo.SubscriptionStart)
CALENDAR_MONTH = ResetRule(EntitlementResetPeriod.MONTH, AccordingTo.StartOfTheMonth)


@dataclass
class World:
    """Makes and remembers what a test talks about, by the caller's ids."""

    runtime: Runtime
    features: dict[str, Feature] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    resources: dict[str, CustomerResource] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    product_id: ProductId | None = None

    @property
    def now(self) -> datetime:
        return self.runtime.clock()

    async def feature(self, ref_id: str = "feature-f", **given: Any) -> Feature:
        id = FeatureId(self.runtime.ids.new_uuid())
        given = {"id": id, "meter_type": MeterType.Incremental} | given
        feature = self.features[ref_id] = a_feature(ref_id, **given)
        async with self.runtime.new_unit_of_work() as work:
            await work.features.add(feature)
            await work.commit()
        return feature

    def gives(
        self, ref_id: str = "feature-f", limit: int | None = None, **given: Any
    ) -> FeatureEntitlement:
        defaults: dict[str, Any] = {
            "id": self.runtime.ids.new_uuid(),
            "feature_id": self.features[ref_id].id,
            "usage_limit": None if limit is None else Decimal(limit),
            "created_at": self.now,
            "updated_at": self.now,
        }
        return FeatureEntitlement(**defaults | given)

    async def plan(self, ref_id: str, *entitlements: FeatureEntitlement, **given: Any) -> Package:
        if self.product_id is None:
            self.product_id = ProductId(self.runtime.ids.new_uuid())
        defaults: dict[str, Any] = {
            "id": PackageId(self.runtime.ids.new_uuid()),
            "product_id": self.product_id,
            "entitlements": entitlements,
        }
        package = self.packages[ref_id] = a_plan(ref_id, **defaults | given)
        async with self.runtime.new_unit_of_work() as work:
            await work.packages.add(package)
            await work.commit()
        return package

    async def addon(self, ref_id: str, *entitlements: FeatureEntitlement, **given: Any) -> Package:
        return await self.plan(ref_id, *entitlements, type=PackageType.Addon, **given)

    async def customer(self, ref_id: str = "customer-1", **given: Any) -> Customer:
        given = {"id": CustomerId(self.runtime.ids.new_uuid())} | given
        customer = self.customers[ref_id] = a_customer(ref_id, **given)
        async with self.runtime.new_unit_of_work() as work:
            await work.customers.add(customer)
            await work.commit()
        return customer

    async def resource(self, resource_id: str, customer: str = "customer-1") -> CustomerResource:
        resource = CustomerResource(
            id=ResourceId(self.runtime.ids.new_uuid()),
            customer_id=self.customers[customer].id,
            resource_id=resource_id,
            created_at=self.now,
        )
        async with self.runtime.new_unit_of_work() as work:
            self.resources[resource_id] = await work.customers.ensure_resource(resource)
            await work.commit()
        return self.resources[resource_id]

    def added(self, addon: str, quantity: int = 1) -> SubscriptionAddon:
        return SubscriptionAddon(
            id=self.runtime.ids.new_uuid(),
            addon_id=self.packages[addon].id,
            addon_ref_id=addon,
            quantity=quantity,
            created_at=self.now,
            updated_at=self.now,
        )

    async def subscribe(
        self, plan: str, customer: str = "customer-1", **given: Any
    ) -> Subscription:
        """A live subscription from now, which invalidates as the use cases do."""
        start = given.get("start_date", self.now)
        defaults: dict[str, Any] = {
            "id": SubscriptionId(self.runtime.ids.new_uuid()),
            "start_date": start,
            "billing_cycle_anchor": start,
            "usage_anchor": start,
            "usage_cutoff": None,
            "created_at": start,
        }
        ref_id = given.pop("ref_id", f"subscription-{self.runtime.ids.new_hex(12)}")
        subscription = a_subscription(
            self.customers[customer], self.packages[plan], ref_id, **defaults | given
        )
        await self.save(subscription)
        return subscription

    async def save(self, subscription: Subscription, **changes: Any) -> Subscription:
        subscription = replace(subscription, **changes)
        self.subscriptions[subscription.ref_id] = subscription
        async with self.runtime.new_unit_of_work() as work:
            await work.subscriptions.save(subscription)
            await work.snapshots.invalidate(subscription.customer_id)
            await work.commit()
        return subscription

    async def promote(
        self, ref_id: str = "feature-f", limit: int | None = None, **given: Any
    ) -> PromotionalEntitlement:
        defaults: dict[str, Any] = {
            "id": self.runtime.ids.new_uuid(),
            "customer_id": self.customers["customer-1"].id,
            "feature_id": self.features[ref_id].id,
            "usage_limit": None if limit is None else Decimal(limit),
            "period": PromotionalEntitlementPeriod.LIFETIME,
            "start_date": self.now,
            "created_at": self.now,
            "updated_at": self.now,
        }
        grant = PromotionalEntitlement(**defaults | given)
        async with self.runtime.new_unit_of_work() as work:
            await work.promotional.save([grant])
            await work.snapshots.invalidate(grant.customer_id)
            await work.commit()
        return grant
