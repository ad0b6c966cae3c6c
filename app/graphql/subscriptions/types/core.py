"""Output types of subscriptions: one set of fields, in the two shapes that the contract has."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.billing.enums import PaymentCollection, PaymentCollectionMethod
from app.graphql.catalog.packages.enums import PricingType
from app.graphql.catalog.prices.enums import BillingPeriod
from app.graphql.context import Info
from app.graphql.resolvers import environment_id
from app.graphql.scalars import JSON
from app.graphql.subscriptions import nested, parts_mapping
from app.graphql.subscriptions.enums import SubscriptionCancelReason, SubscriptionStatus
from app.graphql.subscriptions.listing import (
    ANY_SUBSCRIPTION_ADDON,
    ANY_SUBSCRIPTION_ENTITLEMENT,
    DEFAULT_SUBSCRIPTION_PRICE_FILTER,
    NEWEST_SUBSCRIPTION_ADDON,
    NEWEST_SUBSCRIPTION_ENTITLEMENT,
    NEWEST_SUBSCRIPTION_PRICE,
    SubscriptionAddonFilter,
    SubscriptionAddonSort,
    SubscriptionEntitlementFilter,
    SubscriptionEntitlementSort,
    SubscriptionPriceFilter,
    SubscriptionPriceSort,
)
from app.graphql.subscriptions.types.parts import (
    CustomerSubscriptionTotalPrice,
    SubscriptionAddon,
    SubscriptionCoupon,
    SubscriptionEntitlement,
    SubscriptionEntitlementUnion,
    SubscriptionMinimumSpend,
    SubscriptionPrice,
    TrialConfiguration,
)
from domain.subscriptions.model import Subscription

if TYPE_CHECKING:
    from app.graphql.accounts.types import Environment
    from app.graphql.billing.types import FreeSubscriptionItem, SubscriptionInvoice
    from app.graphql.catalog.experiments.types import Experiment, ExperimentInfo
    from app.graphql.catalog.packages.types import BudgetConfiguration
    from app.graphql.catalog.plans.types import Plan
    from app.graphql.customers.types import Customer, CustomerResource
    from app.graphql.integrations.types import SyncState
    from app.graphql.subscriptions.schedules.types import (
        SubscriptionFutureUpdate,
        SubscriptionScheduledUpdate,
    )

BudgetConfigurationRef = Annotated[
    "BudgetConfiguration", strawberry.lazy("app.graphql.catalog.packages.types")
]
CustomerRef = Annotated["Customer", strawberry.lazy("app.graphql.customers.types")]
CustomerResourceRef = Annotated["CustomerResource", strawberry.lazy("app.graphql.customers.types")]
EnvironmentRef = Annotated["Environment", strawberry.lazy("app.graphql.accounts.types")]
ExperimentRef = Annotated["Experiment", strawberry.lazy("app.graphql.catalog.experiments.types")]
ExperimentInfoRef = Annotated[
    "ExperimentInfo", strawberry.lazy("app.graphql.catalog.experiments.types")
]
FreeSubscriptionItemRef = Annotated[
    "FreeSubscriptionItem", strawberry.lazy("app.graphql.billing.types")
]
PlanRef = Annotated["Plan", strawberry.lazy("app.graphql.catalog.plans.types")]
SubscriptionFutureUpdateRef = Annotated[
    "SubscriptionFutureUpdate", strawberry.lazy("app.graphql.subscriptions.schedules.types")
]
SubscriptionInvoiceRef = Annotated[
    "SubscriptionInvoice", strawberry.lazy("app.graphql.billing.types")
]
SubscriptionScheduledUpdateRef = Annotated[
    "SubscriptionScheduledUpdate", strawberry.lazy("app.graphql.subscriptions.schedules.types")
]
SyncStateRef = Annotated["SyncState", strawberry.lazy("app.graphql.integrations.types")]


@strawberry.type
class SubscriptionFields:
    """What both shapes have; never printed itself."""

    source: strawberry.Private[Subscription]
    additional_meta_data: JSON | None
    billing_cycle_anchor: datetime | None
    billing_id: str | None
    billing_link_url: str | None
    billing_period: BillingPeriod | None
    billing_sync_error: str | None
    budget: BudgetConfigurationRef | None
    budget_exceeded: bool | None
    cancel_reason: SubscriptionCancelReason | None
    cancellation_date: datetime | None
    coupon: SubscriptionCoupon | None
    coupons: list[SubscriptionCoupon] | None
    created_at: datetime | None
    crm_id: str | None
    crm_link_url: str | None
    current_billing_period_end: datetime | None
    current_billing_period_start: datetime | None
    effective_end_date: datetime | None
    end_date: datetime | None
    entitlements: list[SubscriptionEntitlementUnion] | None
    environment_id: UUID = strawberry.field(resolver=environment_id)
    free_items: list[FreeSubscriptionItemRef] | None
    last_usage_invoice: SubscriptionInvoiceRef | None
    latest_invoice: SubscriptionInvoiceRef | None
    minimum_spend: SubscriptionMinimumSpend | None
    old_billing_id: str | None
    payment_collection: PaymentCollection
    payment_collection_method: PaymentCollectionMethod | None
    pricing_type: PricingType
    salesforce_id: str | None
    start_date: datetime
    status: SubscriptionStatus
    subscription_id: str
    trial_configuration: TrialConfiguration | None
    trial_end_date: datetime | None
    was_in_trial: bool | None

    @strawberry.field
    async def customer(self, info: Info) -> CustomerRef:
        return await nested.customer(info, self.source.customer_id)

    @strawberry.field
    async def paying_customer(self, info: Info) -> CustomerRef | None:
        payer = self.source.paying_customer_id
        return None if payer is None else await nested.customer(info, payer)

    @strawberry.field
    async def resource(self, info: Info) -> CustomerResourceRef | None:
        return await nested.resource(info, self.source.resource_id)

    @strawberry.field
    async def plan(self, info: Info) -> PlanRef:
        return await nested.plan(info, self.source.plan_id)

    @strawberry.field
    async def total_price(self, info: Info) -> CustomerSubscriptionTotalPrice | None:
        return await nested.total_price(info, self.source)

    @strawberry.field
    async def scheduled_updates(self, info: Info) -> list[SubscriptionScheduledUpdateRef] | None:
        return await nested.scheduled_updates(info, self.source)

    @strawberry.field
    async def environment(self, info: Info) -> EnvironmentRef:
        return await nested.required_environment(info)

    @strawberry.field
    def experiment(self) -> ExperimentRef | None:
        return None

    @strawberry.field
    def experiment_info(self) -> ExperimentInfoRef | None:
        return None

    @strawberry.field
    async def sync_states(self, info: Info) -> list[SyncStateRef] | None:
        return await nested.sync_states(info, self.source)


@strawberry.type
class CustomerSubscription(SubscriptionFields):
    """A subscription; `customer_id`, `paying_customer_id` and `resource_id` are UUIDs."""

    customer_id: UUID | None
    id: UUID
    is_custom_price_subscription: bool | None = strawberry.field(
        deprecation_reason="No longer supported"
    )
    paying_customer_id: UUID | None
    ref_id: str = strawberry.field(deprecation_reason="No longer supported")
    resource_id: UUID | None

    @strawberry.field
    async def addons(
        self,
        info: Info,
        filter: SubscriptionAddonFilter | None = ANY_SUBSCRIPTION_ADDON,
        sorting: list[SubscriptionAddonSort] | None = NEWEST_SUBSCRIPTION_ADDON,
    ) -> list[SubscriptionAddon] | None:
        return await nested.addons(info, self.source, filter, sorting)

    @strawberry.field
    async def prices(
        self,
        info: Info,
        filter: SubscriptionPriceFilter | None = DEFAULT_SUBSCRIPTION_PRICE_FILTER,
        sorting: list[SubscriptionPriceSort] | None = NEWEST_SUBSCRIPTION_PRICE,
    ) -> list[SubscriptionPrice] | None:
        return await nested.prices(info, self.source, filter, sorting)

    @strawberry.field
    async def subscription_entitlements(
        self,
        info: Info,
        filter: SubscriptionEntitlementFilter | None = ANY_SUBSCRIPTION_ENTITLEMENT,
        sorting: list[SubscriptionEntitlementSort] | None = NEWEST_SUBSCRIPTION_ENTITLEMENT,
    ) -> list[SubscriptionEntitlement] | None:
        return await nested.entitlements(info, self.source, filter, sorting)

    @strawberry.field
    async def future_updates(self, info: Info) -> list[SubscriptionFutureUpdateRef]:
        return await nested.future_updates(info, self.source)

    @strawberry.field
    async def outdated_price_packages(self, info: Info) -> list[str] | None:
        return await nested.outdated_price_packages(info, self.source)


@strawberry.type
class SubscriptionQuery(SubscriptionFields):
    """A row of `subscriptions`; its ids of customers and resources are the caller's."""

    id: str
    ref_id: str

    @strawberry.field
    async def customer_id(self, info: Info) -> str | None:
        return (await nested.customer(info, self.source.customer_id)).ref_id

    @strawberry.field
    async def paying_customer_id(self, info: Info) -> str | None:
        payer = self.source.paying_customer_id
        return None if payer is None else (await nested.customer(info, payer)).ref_id

    @strawberry.field
    async def resource_id(self, info: Info) -> str | None:
        found = await nested.resource(info, self.source.resource_id)
        return None if found is None else found.resource_id

    @strawberry.field
    def addons(self) -> list[SubscriptionAddon] | None:
        return parts_mapping.addons_to_graphql(self.source)

    @strawberry.field
    def prices(self) -> list[SubscriptionPrice] | None:
        return parts_mapping.prices_to_graphql(self.source)

    @strawberry.field
    def subscription_entitlements(self) -> list[SubscriptionEntitlement] | None:
        return parts_mapping.legacy_entitlements_to_graphql(self.source)
