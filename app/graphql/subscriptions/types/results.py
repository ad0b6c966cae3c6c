"""Output types of subscription mutations."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.graphql.billing.enums import PaymentCollection
from app.graphql.billing.mapping import invoice_to_graphql
from app.graphql.catalog.coupons.enums import DiscountDurationType, DiscountType
from app.graphql.context import Info
from app.graphql.scalars import JSON
from app.graphql.subscriptions import nested
from app.graphql.subscriptions.enums import ProvisionSubscriptionStatus
from app.graphql.subscriptions.mapping import subscription_to_graphql
from app.graphql.subscriptions.parts_mapping import addons_to_graphql
from app.graphql.subscriptions.types import CustomerSubscription
from app.graphql.subscriptions.types.parts import SubscriptionAddon
from domain.ids import CustomerId, ResourceId
from domain.subscriptions.model import Subscription

if TYPE_CHECKING:
    from app.graphql.billing.types import SubscriptionInvoice, SubscriptionInvoicePreviewLineItem
    from app.graphql.catalog.currencies.types import Money
    from app.graphql.catalog.plans.types import Plan
    from app.graphql.customers.types import Customer, CustomerResource
    from app.graphql.entitlements.types import Entitlement, EntitlementUnion
    from app.graphql.usage.types import UsageCharged

CustomerRef = Annotated["Customer", strawberry.lazy("app.graphql.customers.types")]
CustomerResourceRef = Annotated["CustomerResource", strawberry.lazy("app.graphql.customers.types")]
EntitlementRef = Annotated["Entitlement", strawberry.lazy("app.graphql.entitlements.types")]
EntitlementUnionRef = Annotated[
    "EntitlementUnion", strawberry.lazy("app.graphql.entitlements.types")
]
MoneyRef = Annotated["Money", strawberry.lazy("app.graphql.catalog.currencies.types")]
PlanRef = Annotated["Plan", strawberry.lazy("app.graphql.catalog.plans.types")]
SubscriptionInvoiceRef = Annotated[
    "SubscriptionInvoice", strawberry.lazy("app.graphql.billing.types")
]
SubscriptionInvoicePreviewLineItemRef = Annotated[
    "SubscriptionInvoicePreviewLineItem", strawberry.lazy("app.graphql.billing.types")
]
UsageChargedRef = Annotated["UsageCharged", strawberry.lazy("app.graphql.usage.types")]


@strawberry.type
class ApplySubscription:
    """The subscription that was made or changed, with what it entitles to."""

    source: strawberry.Private[Subscription]

    @strawberry.field
    async def entitlements(self, info: Info) -> list[EntitlementRef] | None:
        return await nested.legacy_entitlements(
            info, self.source.customer_id, self.source.resource_id
        )

    @strawberry.field
    async def entitlements_v2(self, info: Info) -> list[EntitlementUnionRef] | None:
        return await nested.effective_entitlements(
            info, self.source.customer_id, self.source.resource_id
        )

    @strawberry.field
    def subscription(self) -> CustomerSubscription | None:
        return subscription_to_graphql(self.source)


@strawberry.type
class ChargeSubscriptionUsage:
    invoice_billing_id: str | None
    period_end: datetime
    period_start: datetime
    subscription_id: str
    usage_charged: list[UsageChargedRef]


@strawberry.type
class ProvisionSubscriptionResult:
    """What provisioning made: a subscription, or a checkout to complete first.

    The subscription's own fields are passed through, null without one (spec, subscriptions §3).
    """

    source: strawberry.Private[Subscription | None]
    customer_source: strawberry.Private[CustomerId]
    resource_source: strawberry.Private[ResourceId | None]
    checkout_billing_id: str | None
    checkout_url: str | None
    id: str
    is_scheduled: bool | None
    status: ProvisionSubscriptionStatus

    @strawberry.field
    def additional_meta_data(self) -> JSON | None:
        metadata = None if self.source is None else self.source.additional_meta_data
        return None if metadata is None else JSON(metadata)

    @strawberry.field
    def addons(self) -> list[SubscriptionAddon] | None:
        return None if self.source is None else addons_to_graphql(self.source)

    @strawberry.field
    async def customer(self, info: Info) -> CustomerRef | None:
        return await nested.customer(info, self.customer_source)

    @strawberry.field
    async def entitlements(self, info: Info) -> list[EntitlementRef] | None:
        return await nested.legacy_entitlements(info, self.customer_source, self.resource_source)

    @strawberry.field
    async def entitlements_v2(self, info: Info) -> list[EntitlementUnionRef] | None:
        return await nested.effective_entitlements(info, self.customer_source, self.resource_source)

    @strawberry.field
    def latest_invoice(self) -> SubscriptionInvoiceRef | None:
        invoice = None if self.source is None else self.source.latest_invoice
        return None if invoice is None else invoice_to_graphql(invoice)

    @strawberry.field
    def payment_collection(self) -> PaymentCollection | None:
        return None if self.source is None else self.source.payment_collection

    @strawberry.field
    async def plan(self, info: Info) -> PlanRef | None:
        return None if self.source is None else await nested.plan(info, self.source.plan_id)

    @strawberry.field
    def ref_id(self) -> str | None:
        return None if self.source is None else self.source.ref_id

    @strawberry.field
    async def resource(self, info: Info) -> CustomerResourceRef | None:
        return await nested.resource(info, self.resource_source)

    @strawberry.field
    def subscription(self) -> CustomerSubscription | None:
        return None if self.source is None else subscription_to_graphql(self.source)

    @strawberry.field
    def subscription_id(self) -> str | None:
        return None if self.source is None else self.source.ref_id


@strawberry.type
class SubscriptionMaximumSpendDiscount:
    duration_in_months: float | None
    duration_type: DiscountDurationType | None
    name: str | None
    start: datetime | None
    type: DiscountType | None
    value: float | None


@strawberry.type
class SubscriptionMaximumSpend:
    discount: MoneyRef | None
    discount_details: SubscriptionMaximumSpendDiscount | None
    last_updated_at: datetime
    lines: list[SubscriptionInvoicePreviewLineItemRef] | None
    maximum_spend: MoneyRef
    sub_total: MoneyRef
    total: MoneyRef
