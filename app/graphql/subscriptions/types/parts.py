"""Output types of what hangs on a subscription: sold prices, add-ons, coupons, entitlements."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog.coupons.enums import CouponType
from app.graphql.catalog.entitlements.enums import CreditCadence, EntitlementResetPeriod
from app.graphql.catalog.packages.enums import TrialEndBehavior
from app.graphql.catalog.prices.enums import BillingModel
from app.graphql.context import Info
from app.graphql.credits.enums import CreditGrantCadence
from app.graphql.resolvers import environment_id, environment_id_text
from app.graphql.subscriptions import nested
from app.graphql.subscriptions.enums import SubscriptionCouponStatus
from domain.credits.recurring import next_grant_at
from domain.subscriptions import model

if TYPE_CHECKING:
    from app.graphql.catalog.addons.types import Addon
    from app.graphql.catalog.currencies.types import CustomCurrency, Money
    from app.graphql.catalog.entitlements.types import ResetPeriodConfiguration
    from app.graphql.catalog.features.types import Feature, FeatureGroup, Meter
    from app.graphql.catalog.prices.types import CreditRate, Price
    from app.graphql.subscriptions.types import CustomerSubscription

AddonRef = Annotated["Addon", strawberry.lazy("app.graphql.catalog.addons.types")]
CreditRateRef = Annotated["CreditRate", strawberry.lazy("app.graphql.catalog.prices.types")]
CustomCurrencyRef = Annotated[
    "CustomCurrency", strawberry.lazy("app.graphql.catalog.currencies.types")
]
CustomerSubscriptionRef = Annotated[
    "CustomerSubscription", strawberry.lazy("app.graphql.subscriptions.types")
]
FeatureRef = Annotated["Feature", strawberry.lazy("app.graphql.catalog.features.types")]
FeatureGroupRef = Annotated["FeatureGroup", strawberry.lazy("app.graphql.catalog.features.types")]
MeterRef = Annotated["Meter", strawberry.lazy("app.graphql.catalog.features.types")]
MoneyRef = Annotated["Money", strawberry.lazy("app.graphql.catalog.currencies.types")]
PriceRef = Annotated["Price", strawberry.lazy("app.graphql.catalog.prices.types")]
ResetPeriodConfigurationRef = Annotated[
    "ResetPeriodConfiguration", strawberry.lazy("app.graphql.catalog.entitlements.types")
]


@strawberry.type
class SubscriptionAddon:
    """An add-on of a subscription; `price` is the first that it was sold at."""

    parent: strawberry.Private[model.Subscription]
    source: strawberry.Private[model.SubscriptionAddon]
    addon_id: str
    created_at: datetime | None
    id: UUID
    quantity: float
    updated_at: datetime

    @strawberry.field
    async def addon(self, info: Info) -> AddonRef:
        return await nested.addon(info, self.source.addon_id)

    @strawberry.field
    def price(self) -> PriceRef | None:
        return nested.first_price_of(self.parent, self.source.addon_ref_id)

    @strawberry.field
    def subscription(self) -> CustomerSubscriptionRef:
        return nested.whole(self.parent)


@strawberry.type
class SubscriptionCoupon:
    amounts_off: list[MoneyRef] | None
    discount_value: float = strawberry.field(deprecation_reason="No longer supported")
    duration_in_months: float | None
    environment_id: str = strawberry.field(resolver=environment_id_text)
    expiration_date: datetime | None
    id: str
    name: str
    percent_off: float | None
    ref_id: str
    start_date: datetime | None
    status: SubscriptionCouponStatus
    type: CouponType


@strawberry.type
class SubscriptionCreditEntitlement:
    source: strawberry.Private[model.SubscriptionEntitlement]
    amount: float
    cadence: CreditCadence
    created_at: datetime | None
    custom_currency_id: str
    description: str | None
    environment_id: str = strawberry.field(resolver=environment_id_text)
    has_soft_limit: bool | None
    id: str
    subscription_id: str
    updated_at: datetime | None

    @strawberry.field
    async def custom_currency(self, info: Info) -> CustomCurrencyRef:
        return await nested.custom_currency(info, self.source.currency_id)


@strawberry.type
class SubscriptionFeatureEntitlement:
    source: strawberry.Private[model.SubscriptionEntitlement]
    created_at: datetime | None
    description: str | None
    enum_values: list[str] | None
    environment_id: str = strawberry.field(resolver=environment_id_text)
    feature_group_ids: list[str] | None
    feature_groups: list[FeatureGroupRef] | None
    feature_id: str
    has_soft_limit: bool | None
    has_unlimited_usage: bool | None
    id: str
    reset_period: EntitlementResetPeriod | None
    subscription_id: str
    updated_at: datetime | None
    usage_limit: float | None

    @strawberry.field
    def reset_period_configuration(self) -> ResetPeriodConfigurationRef | None:
        return nested.reset_configuration(self.source.reset_rule)

    @strawberry.field
    async def feature(self, info: Info) -> FeatureRef:
        return await nested.feature(info, self.source.feature_id)

    @strawberry.field
    async def meter(self, info: Info) -> MeterRef | None:
        return await nested.meter(info, self.source.feature_id)


SubscriptionEntitlementUnion = Annotated[
    SubscriptionCreditEntitlement | SubscriptionFeatureEntitlement,
    strawberry.union("SubscriptionEntitlementUnion"),
]


@strawberry.type
class SubscriptionMinimumSpend:
    is_override: bool | None
    minimum: MoneyRef | None


@strawberry.type
class SubscriptionPrice:
    """A sold charge; `usage_limit` is the committed quantity, `feature_id` a UUID."""

    parent: strawberry.Private[model.Subscription]
    source: strawberry.Private[model.SubscriptionPrice]
    billing_model: BillingModel | None
    created_at: datetime | None
    credit_grant_cadence: CreditGrantCadence | None
    credits_quantity: float | None
    environment_id: str | None = strawberry.field(resolver=environment_id_text)
    feature_id: str | None
    has_soft_limit: bool | None
    id: UUID

    @strawberry.field
    def next_grant_date(self, info: Info) -> datetime | None:
        now = info.context.runtime.clock()
        return next_grant_at(self.parent, self.source.price, now=now)

    subscription_id: str
    top_up_custom_currency_id: str | None
    updated_at: datetime
    usage_limit: float | None

    @strawberry.field
    def credit_rate(self) -> CreditRateRef | None:
        return nested.credit_rate(self.source)

    @strawberry.field
    def price(self) -> PriceRef | None:
        return nested.price(self.source)

    @strawberry.field
    def subscription(self) -> CustomerSubscriptionRef:
        return nested.whole(self.parent)


@strawberry.type
class SubscriptionEntitlement:
    """A feature value of one subscription, in the legacy shape."""

    parent: strawberry.Private[model.Subscription]
    source: strawberry.Private[model.SubscriptionEntitlement]
    created_at: datetime | None
    description: str | None
    environment_id: UUID = strawberry.field(resolver=environment_id)
    feature_id: str
    has_soft_limit: bool | None
    has_unlimited_usage: bool | None
    id: UUID
    reset_period: EntitlementResetPeriod | None
    subscription_id: str
    updated_at: datetime | None
    usage_limit: float | None

    @strawberry.field
    def reset_period_configuration(self) -> ResetPeriodConfigurationRef | None:
        return nested.reset_configuration(self.source.reset_rule)

    @strawberry.field
    async def feature(self, info: Info) -> FeatureRef:
        return await nested.feature(info, self.source.feature_id)

    @strawberry.field
    async def meter(self, info: Info) -> MeterRef | None:
        return await nested.meter(info, self.source.feature_id)

    @strawberry.field
    def subscription(self) -> CustomerSubscriptionRef:
        return nested.whole(self.parent)


@strawberry.type
class CustomerSubscriptionTotalPrice:
    addons_total: MoneyRef
    sub_total: MoneyRef
    total: MoneyRef


@strawberry.type
class TrialConfiguration:
    trial_end_behavior: TrialEndBehavior
