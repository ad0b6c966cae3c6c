"""Command inputs of customers."""

from datetime import datetime

import strawberry

from app.graphql.billing.inputs import Address, TaxExempt
from app.graphql.catalog.currencies.enums import Currency
from app.graphql.catalog.entitlements.enums import EntitlementResetPeriod
from app.graphql.catalog.entitlements.inputs import (
    MonthlyResetPeriodConfigInput,
    UsageLimitFields,
    WeeklyResetPeriodConfigInput,
)
from app.graphql.customers.enums import PromotionalEntitlementPeriod
from app.graphql.scalars import JSON
from app.graphql.subscriptions.inputs import ProvisionCustomerSubscriptionInput


@strawberry.input
class ArchiveCustomerInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class PromotionalEntitlementInput(UsageLimitFields):
    customer_id: str
    description: str | None = strawberry.UNSET
    end_date: datetime | None = strawberry.UNSET
    enum_values: list[str] | None = strawberry.UNSET
    environment_id: str
    feature_group_id: str | None = strawberry.UNSET
    feature_id: str
    is_visible: bool
    period: PromotionalEntitlementPeriod


@strawberry.input
class CreateManyPromotionalEntitlementsInput:
    promotional_entitlements: list[PromotionalEntitlementInput]


@strawberry.input
class CustomerBillingInfo:
    billing_address: Address | None = strawberry.UNSET
    currency: Currency | None = strawberry.UNSET
    customer_name: str | None = strawberry.UNSET
    integration_id: str | None = strawberry.UNSET
    invoice_custom_fields: JSON | None = strawberry.UNSET
    language: str | None = strawberry.UNSET
    metadata: JSON | None = strawberry.UNSET
    payment_method_id: str | None = strawberry.UNSET
    shipping_address: Address | None = strawberry.UNSET
    tax_ids: list[TaxExempt] | None = strawberry.UNSET
    timezone: str | None = strawberry.UNSET


@strawberry.input
class CustomerDetailFields:
    """What can be said of a customer, new or not."""

    additional_meta_data: JSON | None = strawberry.UNSET
    aws_marketplace_customer_id: str | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    billing_information: CustomerBillingInfo | None = strawberry.UNSET
    coupon_ref_id: str | None = strawberry.UNSET
    crm_id: str | None = strawberry.UNSET
    customer_id: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    name: str | None = strawberry.UNSET
    ref_id: str | None = strawberry.UNSET
    salesforce_id: str | None = strawberry.UNSET


@strawberry.input
class CustomerInput(CustomerDetailFields):
    created_at: datetime | None = strawberry.UNSET
    should_sync_free: bool | None = False


@strawberry.input
class DelegateSubscriptionToCustomerInput:
    destination_customer_id: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    subscription_id: str


@strawberry.input
class DeleteOnePromotionalEntitlementInput:
    id: str


@strawberry.input
class GetCustomerByRefIdInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class GrantPromotionalEntitlementInput(UsageLimitFields):
    custom_end_date: datetime | None = strawberry.UNSET
    enum_values: list[str] | None = strawberry.UNSET
    feature_id: str
    is_visible: bool | None = strawberry.UNSET
    period: PromotionalEntitlementPeriod


@strawberry.input
class GrantPromotionalEntitlementsGroupInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    feature_group_id: str
    promotional_entitlements: list[GrantPromotionalEntitlementInput]


@strawberry.input
class GrantPromotionalEntitlementsInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    promotional_entitlements: list[GrantPromotionalEntitlementInput]


@strawberry.input
class ImportCustomerInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    customer_id: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    name: str | None = strawberry.UNSET
    payment_method_id: str | None = strawberry.UNSET
    ref_id: str | None = strawberry.UNSET
    salesforce_id: str | None = strawberry.UNSET
    updated_at: datetime | None = strawberry.UNSET


@strawberry.input
class ImportCustomerBulkInput:
    customers: list[ImportCustomerInput]
    environment_id: str | None = strawberry.UNSET
    integration_id: str | None = strawberry.UNSET


@strawberry.input
class PromotionalEntitlementUpdateInput:
    description: str | None = strawberry.UNSET
    end_date: datetime | None = strawberry.UNSET
    enum_values: list[str] | None = strawberry.UNSET
    has_soft_limit: bool | None = strawberry.UNSET
    has_unlimited_usage: bool | None = strawberry.UNSET
    is_visible: bool
    monthly_reset_period_configuration: MonthlyResetPeriodConfigInput | None = strawberry.UNSET
    period: PromotionalEntitlementPeriod
    reset_period: EntitlementResetPeriod | None = strawberry.UNSET
    usage_limit: float | None = strawberry.UNSET
    weekly_reset_period_configuration: WeeklyResetPeriodConfigInput | None = strawberry.UNSET


@strawberry.input
class ProvisionCustomerInput(CustomerInput):
    exclude_from_experiment: bool | None = False
    subscription_params: ProvisionCustomerSubscriptionInput | None = strawberry.UNSET


@strawberry.input
class RemoveCouponFromCustomerInput:
    id: str
    relation_id: str


@strawberry.input
class RevokePromotionalEntitlementInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    feature_id: str


@strawberry.input
class RevokePromotionalEntitlementsGroupInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    feature_group_id: str


@strawberry.input
class SetCouponOnCustomerInput:
    id: str
    relation_id: str


@strawberry.input
class UnarchiveCustomerInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class UnlinkPromotionalEntitlementsGroupInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    feature_group_id: str


@strawberry.input
class UpdateCustomerInput(CustomerDetailFields):
    should_wait_sync: bool | None = False


@strawberry.input
class UpdateOnePromotionalEntitlementInput:
    id: str
    update: PromotionalEntitlementUpdateInput
