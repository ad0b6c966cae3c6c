"""Random catalogues, subscriptions and promotions, small enough to hit every rule often."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from domain.catalog.enums import (
    BillingModel,
    EntitlementBehavior,
    EntitlementResetPeriod,
    FeatureType,
    MeterType,
)
from domain.catalog.model import (
    AccordingTo,
    Budget,
    EnumValue,
    Feature,
    FeatureEntitlement,
    Package,
    ResetRule,
)
from domain.customers.enums import PromotionalEntitlementPeriod
from domain.customers.model import Customer, CustomerResource, PromotionalEntitlement
from domain.entitlements.resolution import Facts
from domain.ids import (
    CustomerId,
    FeatureId,
    PackageId,
    PriceId,
    ProductId,
    ResourceId,
    SubscriptionId,
)
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import (
    Subscription,
    SubscriptionAddon,
    SubscriptionEntitlement,
    SubscriptionPrice,
)
from tests.builders import a_customer, a_feature, a_plan, a_price, a_subscription, an_addon

NOW = datetime.fromisoformat("2024-03-10T12:00:00+00:00")
RESETS = (
    None,
    ResetRule(EntitlementResetPeriod.MONTH, AccordingTo.StartOfTheMonth),
    ResetRule(EntitlementResetPeriod.WEEK, AccordingTo.SubscriptionStart),
    ResetRule(EntitlementResetPeriod.HOUR),
)


class Maker:
    """Draws facts from a source of randomness; ids too, so that a run repeats."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.customer: Customer = a_customer("customer-1", id=CustomerId(self.uuid()))
        self.resource = CustomerResource(
            id=ResourceId(self.uuid()),
            customer_id=self.customer.id,
            resource_id="r1",
            created_at=NOW,
        )
        self.product_id = ProductId(self.uuid())
        self.features = self.some_features()
        self.plans = self.some_plans()
        self.addons = [
            an_addon(
                f"addon-{n}",
                id=PackageId(self.uuid()),
                product_id=self.product_id,
                entitlements=self.entitlements(is_addon=True),
            )
            for n in range(2)
        ]

    def uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def moment(self) -> datetime:
        """An instant within ten days of NOW, often NOW itself."""
        if self.chance(20):
            return NOW
        return NOW + timedelta(days=self.random.randint(-10, 10))

    def some_features(self) -> dict[str, Feature]:
        kinds: dict[str, dict[str, Any]] = {
            "metered": {"meter_type": MeterType.Incremental},
            "config": {"meter_type": MeterType.NoMeter},
            "flag": {"feature_type": FeatureType.BOOLEAN, "meter_type": MeterType.NoMeter},
            "choice": {
                "feature_type": FeatureType.ENUM,
                "meter_type": MeterType.NoMeter,
                "enum_configuration": tuple(EnumValue(value=v, display_name=v) for v in "cab"),
            },
        }
        return {
            ref_id: a_feature(ref_id, id=FeatureId(self.uuid()), **given)
            for ref_id, given in kinds.items()
        }

    def value(self, ref_id: str) -> dict[str, Any]:
        """A value that fits the feature."""
        match ref_id:
            case "flag":
                return {}
            case "choice":
                count = self.random.randint(1, 3)
                return {"enum_values": tuple(self.random.sample("abc", count))}
        unlimited = self.chance(15)
        value: dict[str, Any] = {
            "usage_limit": None if unlimited else Decimal(self.random.randint(0, 5)),
            "has_unlimited_usage": unlimited,
            "has_soft_limit": self.chance(30),
        }
        if ref_id == "metered":
            value["reset_rule"] = self.random.choice(RESETS)
        return value

    def entitlements(self, *, is_addon: bool = False) -> tuple[FeatureEntitlement, ...]:
        behaviors = tuple(EntitlementBehavior) if is_addon else (EntitlementBehavior.Increment,)
        return tuple(
            FeatureEntitlement(
                id=self.uuid(),
                feature_id=feature.id,
                is_granted=self.chance(85),
                behavior=self.random.choice(behaviors),
                order=Decimal(self.random.randint(0, 3)) if self.chance(50) else None,
                created_at=NOW - timedelta(hours=self.random.randint(1, 99)),
                updated_at=NOW,
                **self.value(ref_id),
            )
            for ref_id, feature in self.features.items()
            if self.chance(60)
        )

    def some_plans(self) -> list[Package]:
        plans: list[Package] = []
        for n in range(3):
            parent = plans[-1].id if plans and self.chance(60) else None
            plans.append(
                a_plan(
                    f"plan-{n}",
                    id=PackageId(self.uuid()),
                    product_id=self.product_id,
                    parent_plan_id=parent,
                    entitlements=self.entitlements(),
                )
            )
        return plans

    def sold(self) -> tuple[SubscriptionPrice, ...]:
        """At most one charge and one overage charge of the metered feature."""
        feature_id = self.features["metered"].id
        charges: list[dict[str, Any]] = []
        if self.chance(40):
            model = self.random.choice((BillingModel.PER_UNIT, BillingModel.USAGE_BASED))
            charges.append({"model": model, "reset_rule": self.random.choice(RESETS)})
        if self.chance(20):
            charges.append({"model": BillingModel.USAGE_BASED, "is_overage": True})
        return tuple(
            SubscriptionPrice(
                id=self.uuid(),
                price=a_price(1, id=PriceId(self.uuid()), feature_id=feature_id, **charge),
                quantity=Decimal(self.random.randint(1, 5)),
                created_at=NOW,
                updated_at=NOW,
            )
            for charge in charges
        )

    def overrides(self) -> tuple[SubscriptionEntitlement, ...]:
        return tuple(
            SubscriptionEntitlement(
                id=self.uuid(),
                feature_id=feature.id,
                created_at=NOW,
                updated_at=NOW,
                **self.value(ref_id),
            )
            for ref_id, feature in self.features.items()
            if self.chance(15)
        )

    def subscription(self, ref_id: str) -> Subscription:
        statuses = (
            SubscriptionStatus.ACTIVE,
            SubscriptionStatus.ACTIVE,
            SubscriptionStatus.IN_TRIAL,
            SubscriptionStatus.CANCELED,
        )
        start = self.moment()
        status = self.random.choice(statuses)
        is_trial = status is SubscriptionStatus.IN_TRIAL
        end = self.moment() if is_trial or self.chance(30) else None
        return a_subscription(
            self.customer,
            self.random.choice(self.plans),
            ref_id,
            id=SubscriptionId(self.uuid()),
            status=status,
            resource_id=self.resource.id if self.chance(40) else None,
            start_date=start,
            usage_anchor=start,
            usage_cutoff=start if self.chance(30) else None,
            effective_end_date=end,
            trial_end_date=end if is_trial else None,
            prices=self.sold(),
            addons=tuple(
                SubscriptionAddon(
                    id=self.uuid(),
                    addon_id=addon.id,
                    addon_ref_id=addon.ref_id,
                    quantity=self.random.randint(1, 3),
                    created_at=NOW,
                    updated_at=NOW,
                )
                for addon in self.addons
                if self.chance(40)
            ),
            entitlements=self.overrides(),
            budget=Budget(limit=Decimal(1), has_soft_limit=self.chance(50)),
            budget_exceeded=self.chance(30),
        )

    def promotion(self, ref_id: str) -> PromotionalEntitlement:
        return PromotionalEntitlement(
            id=self.uuid(),
            customer_id=self.customer.id,
            feature_id=self.features[ref_id].id,
            period=PromotionalEntitlementPeriod.CUSTOM,
            start_date=self.moment(),
            end_date=self.moment() if self.chance(50) else None,
            created_at=NOW,
            updated_at=NOW,
            **self.value(ref_id),
        )

    def facts(self) -> Facts:
        """Some subscriptions and promotions, seen from the resource or from none."""
        count = self.random.randint(0, 3)
        return Facts(
            subscriptions=tuple(self.subscription(f"subscription-{n}") for n in range(count)),
            packages={package.id: package for package in (*self.plans, *self.addons)},
            features={feature.id: feature for feature in self.features.values()},
            promotional=tuple(
                self.promotion(ref_id) for ref_id in self.features if self.chance(30)
            ),
            resource_id=self.resource.id if self.chance(50) else None,
        )
