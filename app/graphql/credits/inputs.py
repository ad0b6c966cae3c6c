"""Command inputs of credits."""

from datetime import datetime

import strawberry

from app.graphql.billing.enums import PaymentCollectionMethod
from app.graphql.billing.inputs import BillingAddress
from app.graphql.catalog.currencies.inputs import MoneyInputDTO
from app.graphql.credits.enums import (
    CreditGrantTypeInput,
    CreditLedgerEventType,
    CreditUsageTimeRange,
    GrantExpirationPeriod,
    ThresholdType,
)
from app.graphql.paging import CursorPaging
from app.graphql.scalars import JSON
from app.graphql.usage.enums import UsageUpdateBehavior


@strawberry.input
class ConsumeCreditInput:
    amount: float
    created_at: datetime | None = strawberry.UNSET
    currency_id: str
    customer_id: str
    dimensions: JSON | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    idempotency_key: str
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class ConsumeCreditsAsyncInput:
    consumptions: list[ConsumeCreditInput]
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class CreditBalanceSummaryInput:
    currency_id: str | None = strawberry.UNSET
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class CreditEventsFieldsInput:
    currency_id: str | None = strawberry.UNSET
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET
    search: str | None = strawberry.UNSET


@strawberry.input
class CreditGrantBillingInfoInput:
    billing_address: BillingAddress | None = strawberry.UNSET
    invoice_days_until_due: float | None = strawberry.UNSET
    is_invoice_paid: bool | None = strawberry.UNSET


@strawberry.input
class CreditGrantCouponInput:
    billing_coupon_id: str | None = strawberry.UNSET
    coupon_id: str | None = strawberry.UNSET
    promotion_code: str | None = strawberry.UNSET


@strawberry.input
class CreditGrantInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    amount: float
    await_payment_confirmation: bool | None = strawberry.UNSET
    billing_information: CreditGrantBillingInfoInput | None = strawberry.UNSET
    comment: str | None = strawberry.UNSET
    cost: MoneyInputDTO | None = strawberry.UNSET
    currency_id: str
    customer_id: str
    display_name: str
    effective_at: datetime | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    expire_at: datetime | None = strawberry.UNSET
    grant_type: CreditGrantTypeInput
    payment_collection_method: PaymentCollectionMethod | None = strawberry.UNSET
    priority: float | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class CreditLedgerInput:
    currency_id: str | None = strawberry.UNSET
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    event_type: list[CreditLedgerEventType] | None = strawberry.UNSET
    paging: CursorPaging | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class CreditUsageInput:
    currency_id: str | None = strawberry.UNSET
    customer_id: str
    end_date: datetime | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    group_by: list[str] | None = strawberry.UNSET
    paging: CursorPaging | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET
    start_date: datetime | None = strawberry.UNSET
    time_range: CreditUsageTimeRange | None = strawberry.UNSET


@strawberry.input
class EstimateEventCostInput:
    customer_id: str
    dimensions: JSON | None = strawberry.UNSET
    event_name: str
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class EstimateUsageCostInput:
    customer_id: str
    dimensions: JSON | None = strawberry.UNSET
    feature_id: str
    resource_id: str | None = strawberry.UNSET
    update_behavior: UsageUpdateBehavior | None = strawberry.UNSET
    value: float


@strawberry.input
class GetAutoRechargeSettingsInput:
    currency_id: str
    customer_id: str
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class GetCreditGrantsInput:
    currency_id: str | None = strawberry.UNSET
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    paging: CursorPaging | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class PreviewCreditGrantBillingInfoInput:
    billing_address: BillingAddress | None = strawberry.UNSET
    tax_percentage: float | None = strawberry.UNSET
    tax_rate_ids: list[str] | None = strawberry.UNSET


@strawberry.input
class PreviewCreditGrantInput:
    amount: float
    applied_coupon: CreditGrantCouponInput | None = strawberry.UNSET
    billing_information: PreviewCreditGrantBillingInfoInput | None = strawberry.UNSET
    cost: MoneyInputDTO
    currency_id: str
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class SaveAutoRechargeSettingsInput:
    currency_id: str
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    grant_expiration_period: GrantExpirationPeriod | None = strawberry.UNSET
    is_enabled: bool
    max_spend_limit: float | None = strawberry.UNSET
    target_balance: float | None = strawberry.UNSET
    threshold_type: ThresholdType | None = strawberry.UNSET
    threshold_value: float | None = strawberry.UNSET


@strawberry.input
class UpdateCreditGrantInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    comment: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    effective_at: datetime | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    expire_at: datetime | None = strawberry.UNSET
    id: str
    priority: float | None = strawberry.UNSET


@strawberry.input
class VoidCreditGrantInput:
    environment_id: str | None = strawberry.UNSET
    id: str
