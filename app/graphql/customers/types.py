"""Output types of customers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.billing.enums import PaymentMethodType
from app.graphql.catalog.currencies.enums import Currency
from app.graphql.catalog.entitlements.enums import EntitlementResetPeriod
from app.graphql.catalog.features.mapping import feature_to_graphql
from app.graphql.catalog.packages.enums import PricingType
from app.graphql.context import Info
from app.graphql.customers import nested, promotional
from app.graphql.customers.enums import PromotionalEntitlementPeriod, PromotionalEntitlementStatus
from app.graphql.customers.listing import (
    ANY_PROMOTIONAL_ENTITLEMENT,
    NEWEST_PROMOTIONAL_ENTITLEMENT,
    PromotionalEntitlementFilter,
    PromotionalEntitlementSort,
)
from app.graphql.entitlements.enums import EntitlementType
from app.graphql.resolvers import environment, environment_id
from app.graphql.scalars import JSON
from app.graphql.subscriptions.enums import SubscriptionDecisionStrategy
from app.graphql.subscriptions.listing import (
    DEFAULT_CUSTOMER_SUBSCRIPTION_FILTER,
    NEWEST_CUSTOMER_SUBSCRIPTION,
    CustomerSubscriptionFilter,
    CustomerSubscriptionSort,
)
from domain.customers import model
from domain.customers.promotions import status_of
from domain.subscriptions.model import Subscription

if TYPE_CHECKING:
    from app.graphql.accounts.types import Environment
    from app.graphql.catalog.coupons.types import Coupon
    from app.graphql.catalog.entitlements.types import ResetPeriodConfiguration
    from app.graphql.catalog.experiments.types import Experiment, ExperimentInfo
    from app.graphql.catalog.features.types import Feature, FeatureGroup, Meter
    from app.graphql.entitlements.types import Entitlement, EntitlementUnion
    from app.graphql.integrations.types import SyncState
    from app.graphql.subscriptions.types import CustomerSubscription

CouponRef = Annotated["Coupon", strawberry.lazy("app.graphql.catalog.coupons.types")]
CustomerSubscriptionRef = Annotated[
    "CustomerSubscription", strawberry.lazy("app.graphql.subscriptions.types")
]
EntitlementRef = Annotated["Entitlement", strawberry.lazy("app.graphql.entitlements.types")]
EntitlementUnionRef = Annotated[
    "EntitlementUnion", strawberry.lazy("app.graphql.entitlements.types")
]
EnvironmentRef = Annotated["Environment", strawberry.lazy("app.graphql.accounts.types")]
ExperimentRef = Annotated["Experiment", strawberry.lazy("app.graphql.catalog.experiments.types")]
FeatureRef = Annotated["Feature", strawberry.lazy("app.graphql.catalog.features.types")]
FeatureGroupRef = Annotated["FeatureGroup", strawberry.lazy("app.graphql.catalog.features.types")]
MeterRef = Annotated["Meter", strawberry.lazy("app.graphql.catalog.features.types")]
ResetPeriodConfigurationRef = Annotated[
    "ResetPeriodConfiguration", strawberry.lazy("app.graphql.catalog.entitlements.types")
]
SyncStateRef = Annotated["SyncState", strawberry.lazy("app.graphql.integrations.types")]
ExperimentInfoRef = Annotated[
    "ExperimentInfo", strawberry.lazy("app.graphql.catalog.experiments.types")
]


@strawberry.type
class EligibleForTrial:
    eligible: bool
    product_id: str | None
    product_ref_id: str | None


@strawberry.type
class PromotionalEntitlement:
    source: strawberry.Private[model.PromotionalEntitlement]
    now: strawberry.Private[datetime]
    created_at: datetime | None
    description: str | None
    end_date: datetime | None
    enum_values: list[str] | None
    environment_id: UUID = strawberry.field(resolver=environment_id)
    feature_group_ids: list[str] | None
    feature_id: str
    has_soft_limit: bool | None
    has_unlimited_usage: bool | None
    id: UUID
    is_visible: bool
    period: PromotionalEntitlementPeriod
    reset_period: EntitlementResetPeriod | None
    reset_period_configuration: ResetPeriodConfigurationRef | None
    start_date: datetime
    unlimited: bool | None
    updated_at: datetime | None
    usage_limit: float | None

    @strawberry.field
    async def customer(self, info: Info) -> "Customer":
        return await nested.customer(info, self.source.customer_id)

    @strawberry.field
    async def feature(self, info: Info) -> FeatureRef:
        return feature_to_graphql(await promotional.feature_of(info, self.source))

    @strawberry.field
    async def feature_groups(self, info: Info) -> list[FeatureGroupRef] | None:
        return await promotional.groups_of(info, self.source)

    @strawberry.field
    async def meter(self, info: Info) -> MeterRef | None:
        return await promotional.meter_of(info, self.source)

    @strawberry.field
    async def status(self, info: Info) -> PromotionalEntitlementStatus:
        is_archived = await promotional.is_archived(info, self.source)
        return status_of(self.source, is_archived=is_archived, now=self.now)


@strawberry.type
class SubscriptionPricingTypeStatistics:
    pricing_type: PricingType
    total_count: float


@strawberry.type
class CustomerStatistics:
    active_subscriptions_by_pricing_type: list[SubscriptionPricingTypeStatistics]


@strawberry.type
class TrialedPlan:
    plan_id: str | None
    plan_ref_id: str | None
    product_id: str | None
    product_ref_id: str | None


@strawberry.type
class Customer:
    source: strawberry.Private[model.Customer]
    additional_meta_data: JSON | None
    aws_marketplace_customer_id: str | None
    billing_currency: Currency | None
    billing_id: str | None
    billing_link_url: str | None
    created_at: datetime | None
    crm_hubspot_company_id: str | None
    crm_hubspot_company_url: str | None
    crm_id: str | None
    customer_id: str
    default_payment_expiration_month: int | None
    default_payment_expiration_year: int | None
    default_payment_method_id: str | None
    default_payment_method_last4_digits: str | None
    default_payment_method_type: PaymentMethodType | None
    deleted_at: datetime | None
    email: str | None
    environment_id: UUID = strawberry.field(resolver=environment_id)
    exclude_from_experiment: bool | None
    has_payment_method: bool
    id: UUID
    name: str | None
    ref_id: str = strawberry.field(deprecation_reason="No longer supported")
    salesforce_id: str | None
    updated_at: datetime

    @strawberry.field
    async def coupon(self, info: Info) -> CouponRef | None:
        return await nested.coupon(info, self.source)

    @strawberry.field
    async def eligible_for_trial(self, info: Info) -> list[EligibleForTrial] | None:
        return await nested.eligible_for_trial(info, self.source)

    @strawberry.field
    async def environment(self, info: Info) -> EnvironmentRef | None:
        return await environment(info)

    @strawberry.field
    def experiment(self) -> ExperimentRef | None:
        return None

    @strawberry.field
    def experiment_info(self) -> ExperimentInfoRef | None:
        return None

    @strawberry.field
    async def has_active_resource(self, info: Info) -> bool:
        live = await nested.live_subscriptions(info, self.source)
        return any(subscription.resource_id is not None for subscription in live)

    @strawberry.field
    async def has_active_subscription(self, info: Info) -> bool:
        return bool(await nested.live_subscriptions(info, self.source))

    @strawberry.field
    async def statistics(self, info: Info) -> CustomerStatistics | None:
        return await nested.statistics(info, self.source)

    @strawberry.field
    async def sync_states(self, info: Info) -> list[SyncStateRef] | None:
        return await nested.sync_states(info, self.source)

    @strawberry.field
    async def total_active_promotional_entitlements(self, info: Info) -> float:
        return await nested.total_active_promotional_entitlements(info, self.source)

    @strawberry.field
    async def total_active_subscription(self, info: Info) -> float:
        return float(len(await nested.live_subscriptions(info, self.source)))

    @strawberry.field
    async def trialed_plans(self, info: Info) -> list[TrialedPlan] | None:
        return await nested.trialed_plans(info, self.source)

    @strawberry.field
    async def promotional_entitlements(
        self,
        info: Info,
        filter: PromotionalEntitlementFilter | None = ANY_PROMOTIONAL_ENTITLEMENT,
        sorting: list[PromotionalEntitlementSort] | None = NEWEST_PROMOTIONAL_ENTITLEMENT,
    ) -> list[PromotionalEntitlement]:
        return await nested.promotional_entitlements(info, self.source, filter, sorting)

    @strawberry.field
    async def subscriptions(
        self,
        info: Info,
        filter: CustomerSubscriptionFilter | None = DEFAULT_CUSTOMER_SUBSCRIPTION_FILTER,
        sorting: list[CustomerSubscriptionSort] | None = NEWEST_CUSTOMER_SUBSCRIPTION,
    ) -> list[CustomerSubscriptionRef] | None:
        return await nested.subscriptions(info, self.source.id, None, filter, sorting)


@strawberry.type
class CustomerResource:
    source: strawberry.Private[model.CustomerResource]
    created_at: datetime
    environment_id: UUID = strawberry.field(resolver=environment_id)
    resource_id: str

    @strawberry.field
    async def customer(self, info: Info) -> Customer:
        return await nested.customer(info, self.source.customer_id)

    @strawberry.field
    async def subscriptions(
        self,
        info: Info,
        filter: CustomerSubscriptionFilter | None = DEFAULT_CUSTOMER_SUBSCRIPTION_FILTER,
        sorting: list[CustomerSubscriptionSort] | None = NEWEST_CUSTOMER_SUBSCRIPTION,
    ) -> list[CustomerSubscriptionRef]:
        source = self.source
        return await nested.subscriptions(info, source.customer_id, source.id, filter, sorting)


@strawberry.type
class EntitlementReference:
    id: str
    type: EntitlementType


@strawberry.type
class PromotionalEntitlementDeleteResponse:
    source: strawberry.Private[model.PromotionalEntitlement]
    created_at: datetime | None
    description: str | None
    end_date: datetime | None
    enum_values: list[str] | None
    environment_id: UUID | None
    feature_group_ids: list[str] | None
    feature_id: str | None
    has_soft_limit: bool | None
    has_unlimited_usage: bool | None
    id: UUID | None
    is_visible: bool | None
    period: PromotionalEntitlementPeriod | None
    reset_period: EntitlementResetPeriod | None
    reset_period_configuration: ResetPeriodConfigurationRef | None
    start_date: datetime | None
    status: PromotionalEntitlementStatus | None
    unlimited: bool | None
    updated_at: datetime | None
    usage_limit: float | None

    @strawberry.field
    async def feature_groups(self, info: Info) -> list[FeatureGroupRef] | None:
        return await promotional.groups_of(info, self.source)


@strawberry.type
class ProvisionedCustomer:
    """A new customer with the subscription that its provisioning decided on."""

    subscription_source: strawberry.Private[Subscription | None]
    customer: Customer
    subscription_decision_strategy: SubscriptionDecisionStrategy
    subscription_strategy_decision: SubscriptionDecisionStrategy = strawberry.field(
        deprecation_reason="No longer supported"
    )

    @strawberry.field
    async def entitlements(self, info: Info) -> list[EntitlementRef] | None:
        return await nested.legacy_entitlements(
            info, self.customer.source, self.subscription_source
        )

    @strawberry.field
    async def entitlements_v2(self, info: Info) -> list[EntitlementUnionRef] | None:
        return await nested.effective_entitlements(
            info, self.customer.source, self.subscription_source
        )

    @strawberry.field
    def subscription(self) -> CustomerSubscriptionRef | None:
        return nested.subscription(self.subscription_source)
