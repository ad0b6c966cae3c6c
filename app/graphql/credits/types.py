"""Output types of credits."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.billing.enums import PaymentCollection
from app.graphql.context import Info
from app.graphql.credits import relations
from app.graphql.credits.enums import (
    CreditGrantInvoiceBillingReason,
    CreditGrantInvoiceStatus,
    CreditGrantSourceType,
    CreditGrantStatus,
    CreditGrantType,
    CreditLedgerEventType,
    EstimationRequestWarning,
    EstimationWarningCode,
    GrantExpirationPeriod,
    ThresholdType,
)
from app.graphql.paging import PageInfo
from app.graphql.scalars import JSON
from domain.credits import model

if TYPE_CHECKING:
    from app.graphql.billing.types import InvoiceLine
    from app.graphql.catalog.currencies.types import CustomCurrency, Money, SlimCustomCurrency
    from app.graphql.catalog.features.types import Feature
    from app.graphql.customers.types import Customer
    from app.graphql.subscriptions.previews.types import (
        SubscriptionPreviewCredits,
        SubscriptionPreviewDiscount,
        SubscriptionPreviewTaxDetails,
    )

CustomCurrencyRef = Annotated[
    "CustomCurrency", strawberry.lazy("app.graphql.catalog.currencies.types")
]
CustomerRef = Annotated["Customer", strawberry.lazy("app.graphql.customers.types")]
FeatureRef = Annotated["Feature", strawberry.lazy("app.graphql.catalog.features.types")]
InvoiceLineRef = Annotated["InvoiceLine", strawberry.lazy("app.graphql.billing.types")]
MoneyRef = Annotated["Money", strawberry.lazy("app.graphql.catalog.currencies.types")]
SlimCustomCurrencyRef = Annotated[
    "SlimCustomCurrency", strawberry.lazy("app.graphql.catalog.currencies.types")
]
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
class AutoRechargeValidationConfigDTO:
    allow_unlimited_spend_limit: bool
    max_credit_pool_size: float | None
    max_target_balance: float | None
    max_threshold_amount: float | None
    min_grant_amount: float | None
    min_target_balance: float | None


@strawberry.type
class AutoRechargeSettingsDTO:
    created_at: datetime | None
    currency_id: str
    current_monthly_spend: float
    custom_currency: CustomCurrencyRef
    customer: CustomerRef
    customer_id: str
    environment_id: str
    grant_expiration_period: GrantExpirationPeriod
    id: str | None
    is_enabled: bool
    max_spend_limit: float | None
    target_balance: float
    threshold_type: ThresholdType
    threshold_value: float
    updated_at: datetime | None
    validation_config: AutoRechargeValidationConfigDTO


@strawberry.type
class CreditBalance:
    currency: SlimCustomCurrencyRef
    currency_id: str
    current_balance: float
    customer_id: str
    resource_id: str | None
    total_consumed: float
    total_granted: float
    valid_until: float | None


@strawberry.type
class CreditBalanceSummary:
    balances: list[CreditBalance] | None
    customer_id: str
    resource_id: str | None


@strawberry.type
class CreditBalanceUpdated:
    account_id: str
    currency: SlimCustomCurrencyRef
    currency_id: str
    current_balance: float
    customer_id: str
    environment_id: str
    resource_id: str | None
    total_consumed: float
    total_granted: float
    valid_until: float | None


@strawberry.type
class OptimisticCreditBalance:
    currency_id: str
    current_usage: float
    timestamp: datetime
    usage_limit: float
    usage_period_end: datetime | None


@strawberry.type
class CreditConsumptionResponse:
    amount: float
    credit: OptimisticCreditBalance | None
    currency_id: str
    customer_id: str
    resource_id: str | None
    timestamp: datetime


@strawberry.type
class EstimationBreakdownItem:
    cost: float
    feature_id: str
    warning_code: EstimationWarningCode | None


@strawberry.type
class CurrencyEstimate:
    balance_after_estimate: float
    breakdown: list[EstimationBreakdownItem] | None
    currency_id: str
    current_balance: float
    estimated_cost: float
    would_overdraft: bool


@strawberry.type
class CreditCostEstimation:
    estimates: list[CurrencyEstimate] | None
    warnings: list[EstimationRequestWarning] | None


@strawberry.type
class CreditEventsFields:
    fields: list[str] | None


@strawberry.type
class CreditGrantInvoice:
    amount_due: float | None
    applied_balance: float | None
    attempt_count: float | None
    billing_id: str
    billing_reason: CreditGrantInvoiceBillingReason | None
    created_at: datetime
    currency: str | None
    due_date: datetime | None
    ending_balance: float | None
    error_message: str | None
    lines: list[InvoiceLineRef] | None
    payment_secret: str | None
    payment_url: str | None
    pdf_url: str | None
    requires_action: bool
    starting_balance: float | None
    status: CreditGrantInvoiceStatus
    sub_total: float | None
    sub_total_excluding_tax: float | None
    tax: float | None
    total: float | None
    total_excluding_tax: float | None
    updated_at: datetime


@strawberry.type
class CreditGrant:
    source: strawberry.Private[model.CreditGrant]
    additional_meta_data: JSON | None
    amount: float
    automatic_recharge_configuration_id: UUID | None
    comment: str | None
    consumed_amount: float
    cost: MoneyRef
    created_at: datetime

    @strawberry.field
    async def currency_id(self, info: Info) -> str:
        return await relations.currency_id_of(info, self.source.key)

    @strawberry.field
    async def customer_id(self, info: Info) -> str:
        return await relations.customer_id_of(info, self.source.key)

    display_name: str
    effective_at: datetime
    expire_at: datetime | None
    grant_id: str
    grant_type: CreditGrantType
    id: UUID
    invoice_id: str | None
    latest_invoice: CreditGrantInvoice | None
    payment_collection: PaymentCollection
    priority: float
    resource_id: str | None
    source_type: CreditGrantSourceType | None
    status: CreditGrantStatus
    updated_at: datetime
    voided_at: datetime | None


@strawberry.type
class CreditGrantPreview:
    credits: SubscriptionPreviewCreditsRef | None
    discount: MoneyRef | None
    discount_details: SubscriptionPreviewDiscountRef | None
    sub_total: MoneyRef
    tax: MoneyRef | None
    tax_details: SubscriptionPreviewTaxDetailsRef | None
    total: MoneyRef
    total_excluding_tax: MoneyRef


@strawberry.type
class CreditLedgerEvent:
    source: strawberry.Private[model.ListedEntry]
    amount: float

    @strawberry.field
    async def credit_currency_id(self, info: Info) -> str:
        return await relations.currency_id_of(info, self.source.key)

    @strawberry.field
    async def credit_grant_id(self, info: Info) -> str:
        return (await relations.grant_of(info, self.source)).grant_id

    @strawberry.field
    async def customer_id(self, info: Info) -> str:
        return await relations.customer_id_of(info, self.source.key)

    event_id: str | None
    event_type: CreditLedgerEventType

    @strawberry.field
    async def feature(self, info: Info) -> FeatureRef | None:
        return await relations.feature_of(info, self.source)

    @strawberry.field
    async def feature_id(self, info: Info) -> str | None:
        feature = await relations.feature_of(info, self.source)
        return None if feature is None else feature.ref_id

    @strawberry.field
    async def grant(self, info: Info) -> CreditGrant | None:
        from app.graphql.credits.mapping import grant_to_graphql

        return grant_to_graphql(await relations.grant_of(info, self.source), info)

    resource_id: str | None
    timestamp: datetime


@strawberry.type
class CreditUsagePoint:
    timestamp: datetime
    value: float


@strawberry.type
class CreditUsageSeriesTag:
    key: str
    value: str


@strawberry.type
class CreditUsageSeries:
    feature_id: str | None
    feature_name: str | None
    points: list[CreditUsagePoint] | None
    tags: list[CreditUsageSeriesTag] | None
    total_credits: float


@strawberry.type
class CreditUsage:
    currency: SlimCustomCurrencyRef | None
    page_info: PageInfo
    series: list[CreditUsageSeries] | None
