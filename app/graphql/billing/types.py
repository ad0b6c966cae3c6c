"""Output types of checkout, payment and invoices."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.graphql.billing.enums import (
    InvoiceLineItemType,
    SubscriptionInvoiceBillingReason,
    SubscriptionInvoiceStatus,
)
from app.graphql.context import Info
from app.graphql.integrations.enums import BillingVendorIdentifier

if TYPE_CHECKING:
    from app.graphql.catalog.currencies.types import Money
    from app.graphql.catalog.plans.types import Plan
    from app.graphql.catalog.prices.types import Price
    from app.graphql.customers.types import Customer, CustomerResource
    from app.graphql.subscriptions.previews.types import (
        SubscriptionPreviewCredits,
        SubscriptionPreviewDiscount,
        SubscriptionPreviewTaxDetails,
    )
    from app.graphql.subscriptions.types import CustomerSubscription
    from app.graphql.widgets.configuration.types import CheckoutConfiguration

CheckoutConfigurationRef = Annotated[
    "CheckoutConfiguration", strawberry.lazy("app.graphql.widgets.configuration.types")
]
CustomerRef = Annotated["Customer", strawberry.lazy("app.graphql.customers.types")]
CustomerResourceRef = Annotated["CustomerResource", strawberry.lazy("app.graphql.customers.types")]
CustomerSubscriptionRef = Annotated[
    "CustomerSubscription", strawberry.lazy("app.graphql.subscriptions.types")
]
MoneyRef = Annotated["Money", strawberry.lazy("app.graphql.catalog.currencies.types")]
PlanRef = Annotated["Plan", strawberry.lazy("app.graphql.catalog.plans.types")]
PriceRef = Annotated["Price", strawberry.lazy("app.graphql.catalog.prices.types")]
SubscriptionPreviewCreditsRef = Annotated[
    "SubscriptionPreviewCredits", strawberry.lazy("app.graphql.subscriptions.previews.types")
]
SubscriptionPreviewDiscountRef = Annotated[
    "SubscriptionPreviewDiscount", strawberry.lazy("app.graphql.subscriptions.previews.types")
]
SubscriptionPreviewTaxDetailsRef = Annotated[
    "SubscriptionPreviewTaxDetails", strawberry.lazy("app.graphql.subscriptions.previews.types")
]


@strawberry.type
class AirwallexCheckoutMetadata:
    currency: str
    customer_id: str | None
    env: str
    intent_id: str


@strawberry.type
class AirwallexCheckoutCredentials:
    client_secret: str
    metadata: AirwallexCheckoutMetadata


@strawberry.type
class StripeCheckoutCredentials:
    account_id: str | None
    public_key: str | None
    setup_secret: str


@strawberry.type
class ZuoraCheckoutCredentials:
    publishable_key: str


BillingCredentials = Annotated[
    AirwallexCheckoutCredentials | StripeCheckoutCredentials | ZuoraCheckoutCredentials,
    strawberry.union("BillingCredentials"),
]


@strawberry.type
class CheckoutCredentials:
    account_id: str | None
    public_key: str | None


@strawberry.type
class CheckoutBillingIntegration:
    billing_credentials: BillingCredentials
    billing_identifier: BillingVendorIdentifier
    credentials: CheckoutCredentials


async def checkout_configuration(info: Info) -> CheckoutConfigurationRef | None:
    """The stored look of the checkout, read only when asked for."""
    from app.graphql.widgets.configuration.mapping import checkout_configuration_of

    return await checkout_configuration_of(info)


@strawberry.type
class CheckoutState:
    active_subscription: CustomerSubscriptionRef | None
    billing_integration: CheckoutBillingIntegration
    configuration: CheckoutConfigurationRef | None = strawberry.field(
        resolver=checkout_configuration
    )
    customer: CustomerRef
    plan: PlanRef
    resource: CustomerResourceRef | None
    setup_secret: str


@strawberry.type
class FreeSubscriptionItem:
    addon_id: str
    quantity: float


@strawberry.type
class InvoiceLine:
    amount: float
    currency: str
    description: str | None
    proration: bool
    quantity: int | None


@strawberry.type
class PaymentSession:
    token: str


@strawberry.type
class SubscriptionInvoice:
    amount_due: float | None
    applied_balance: float | None
    attempt_count: float | None
    billing_id: str
    billing_reason: SubscriptionInvoiceBillingReason | None
    created_at: datetime
    currency: str | None
    due_date: datetime | None
    ending_balance: float | None
    error_message: str | None
    lines: list[InvoiceLine] | None
    payment_secret: str | None
    payment_url: str | None
    pdf_url: str | None
    requires_action: bool
    starting_balance: float | None
    status: SubscriptionInvoiceStatus
    sub_total: float | None
    sub_total_excluding_tax: float | None
    tax: float | None
    total: float | None
    total_excluding_tax: float | None
    updated_at: datetime


@strawberry.type
class SubscriptionInvoicePreviewLineItemPeriod:
    end: datetime
    start: datetime


@strawberry.type
class SubscriptionInvoicePreviewLineItemData:
    amount: MoneyRef
    cost_description: str
    description: str
    has_soft_limit: bool | None
    period: SubscriptionInvoicePreviewLineItemPeriod
    price: PriceRef | None
    proration: bool
    quantity: int | None
    type: InvoiceLineItemType
    unit_price: MoneyRef | None
    usage_limit: float | None


@strawberry.type
class SubscriptionInvoicePreviewLineItem:
    amount: MoneyRef
    cost_description: str
    description: str
    has_soft_limit: bool | None
    lines: list[SubscriptionInvoicePreviewLineItemData] | None
    period: SubscriptionInvoicePreviewLineItemPeriod
    price: PriceRef | None
    proration: bool
    quantity: int | None
    type: InvoiceLineItemType
    unit_price: MoneyRef | None
    usage_limit: float | None


@strawberry.type
class SubscriptionInvoicePreview:
    amount_due: MoneyRef
    credits: SubscriptionPreviewCreditsRef | None
    discount: MoneyRef | None
    discount_details: SubscriptionPreviewDiscountRef | None
    last_updated_at: datetime
    lines: list[SubscriptionInvoicePreviewLineItem]
    minimum_spend_adjustment: MoneyRef
    sub_total: MoneyRef
    sub_total_excluding_tax: MoneyRef
    tax: MoneyRef | None
    tax_details: SubscriptionPreviewTaxDetailsRef | None
    total: MoneyRef
    total_excluding_tax: MoneyRef
