"""Command inputs of subscriptions."""

from datetime import datetime

import strawberry

from app.graphql.billing.enums import PaymentCollectionMethod
from app.graphql.billing.inputs import BillingAddress, CheckoutOptions, TaxExempt
from app.graphql.catalog.currencies.inputs import MoneyInputDTO
from app.graphql.catalog.entitlements.enums import CreditCadence
from app.graphql.catalog.entitlements.inputs import UsageLimitFields
from app.graphql.catalog.packages.enums import TrialEndBehavior
from app.graphql.catalog.packages.inputs import BudgetConfigurationInput
from app.graphql.catalog.prices.enums import BillingPeriod
from app.graphql.catalog.prices.inputs import BillableFeatureInput, ChargeInput, PriceOverrideInput
from app.graphql.catalog.products.enums import SubscriptionCancellationTime
from app.graphql.scalars import JSON
from app.graphql.subscriptions.enums import (
    SubscriptionBillingCycleAnchor,
    SubscriptionCancellationAction,
    SubscriptionProrationBehavior,
)
from app.graphql.subscriptions.schedules.enums import ScheduleStrategy


@strawberry.input
class SubscriptionAddonInput:
    addon_id: str
    quantity: int | None = 1


@strawberry.input
class SubscriptionCouponConfigurationInput:
    start_date: datetime | None = strawberry.UNSET


@strawberry.input
class SubscriptionCouponDiscountInput:
    amounts_off: list[MoneyInputDTO] | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    duration_in_months: float | None = strawberry.UNSET
    name: str | None = strawberry.UNSET
    percent_off: float | None = strawberry.UNSET


@strawberry.input
class SubscriptionCouponInput:
    billing_coupon_id: str | None = strawberry.UNSET
    configuration: SubscriptionCouponConfigurationInput | None = strawberry.UNSET
    coupon_id: str | None = strawberry.UNSET
    discount: SubscriptionCouponDiscountInput | None = strawberry.UNSET
    promotion_code: str | None = strawberry.UNSET


@strawberry.input
class SubscriptionBillingInfo:
    billing_address: BillingAddress | None = strawberry.UNSET
    charge_on_behalf_of_account: str | None = strawberry.UNSET
    coupon_id: str | None = strawberry.UNSET
    integration_id: str | None = strawberry.UNSET
    invoice_days_until_due: float | None = strawberry.UNSET
    is_backdated: bool | None = False
    is_invoice_paid: bool | None = False
    metadata: JSON | None = strawberry.UNSET
    proration_behavior: SubscriptionProrationBehavior | None = strawberry.UNSET
    tax_ids: list[TaxExempt] | None = strawberry.UNSET
    tax_percentage: float | None = strawberry.UNSET
    tax_rate_ids: list[str] | None = strawberry.UNSET


@strawberry.input
class SubscriptionCreditEntitlementInput:
    amount: float
    cadence: CreditCadence
    custom_currency_id: str
    has_soft_limit: bool | None = strawberry.UNSET


@strawberry.input
class SubscriptionFeatureEntitlementInput(UsageLimitFields):
    enum_values: list[str] | None = strawberry.UNSET
    feature_group_id: str | None = strawberry.UNSET
    feature_id: str


@strawberry.input
class SubscriptionEntitlementInputV2:
    credit: SubscriptionCreditEntitlementInput | None = strawberry.UNSET
    feature: SubscriptionFeatureEntitlementInput | None = strawberry.UNSET


@strawberry.input
class SubscriptionMinimumSpendValueInput:
    minimum: MoneyInputDTO | None = strawberry.UNSET


@strawberry.input
class SubscriptionEntitlementInput(UsageLimitFields):
    description: str | None = strawberry.UNSET
    feature_id: str


@strawberry.input
class TrialOverrideConfigurationInput:
    is_trial: bool
    trial_end_behavior: TrialEndBehavior | None = strawberry.UNSET
    trial_end_date: datetime | None = strawberry.UNSET


@strawberry.input
class PurchaseFields:
    """What is bought: common to everything that buys or only asks for the price."""

    addons: list[SubscriptionAddonInput] | None = strawberry.UNSET
    applied_coupon: SubscriptionCouponInput | None = strawberry.UNSET
    billable_features: list[BillableFeatureInput] | None = strawberry.UNSET
    billing_country_code: str | None = strawberry.UNSET
    billing_information: SubscriptionBillingInfo | None = strawberry.UNSET
    billing_period: BillingPeriod | None = strawberry.UNSET
    charges: list[ChargeInput] | None = strawberry.UNSET
    plan_id: str
    promotion_code: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET
    start_date: datetime | None = strawberry.UNSET
    unit_quantity: float | None = -1


@strawberry.input
class NewSubscriptionFields(PurchaseFields):
    """A subscription to be: common to the inputs that make one."""

    additional_meta_data: JSON | None = strawberry.UNSET
    await_payment_confirmation: bool | None = True
    billing_cycle_anchor: SubscriptionBillingCycleAnchor | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    budget: BudgetConfigurationInput | None = strawberry.UNSET
    entitlements: list[SubscriptionEntitlementInputV2] | None = strawberry.UNSET
    minimum_spend: SubscriptionMinimumSpendValueInput | None = strawberry.UNSET
    payment_collection_method: PaymentCollectionMethod | None = PaymentCollectionMethod.CHARGE
    price_overrides: list[PriceOverrideInput] | None = strawberry.UNSET
    salesforce_id: str | None = strawberry.UNSET
    subscription_entitlements: list[SubscriptionEntitlementInput] | None = strawberry.UNSET


@strawberry.input
class ApplySubscriptionInput(NewSubscriptionFields):
    cancellation_date: datetime | None = strawberry.UNSET
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    paying_customer_id: str | None = strawberry.UNSET
    payment_method_id: str | None = strawberry.UNSET
    schedule_strategy: ScheduleStrategy | None = strawberry.UNSET
    skip_trial: bool | None = False
    trial_end_date: datetime | None = strawberry.UNSET
    trial_override_configuration: TrialOverrideConfigurationInput | None = strawberry.UNSET


@strawberry.input
class ChargeSubscriptionUsageInput:
    environment_id: str | None = strawberry.UNSET
    subscription_id: str
    until_date: datetime | None = strawberry.UNSET


@strawberry.input
class GetActiveSubscriptionsInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET
    resource_ids: list[str] | None = strawberry.UNSET


@strawberry.input
class GetSubscriptionInput:
    environment_id: str | None = strawberry.UNSET
    subscription_id: str


@strawberry.input
class ProvisionCustomerSubscriptionInput(NewSubscriptionFields):
    price_unit_amount: float | None = strawberry.UNSET
    ref_id: str | None = strawberry.UNSET
    subscription_id: str | None = strawberry.UNSET
    trial_override_configuration: TrialOverrideConfigurationInput | None = strawberry.UNSET


@strawberry.input
class ProvisionSubscription(NewSubscriptionFields):
    cancellation_date: datetime | None = strawberry.UNSET
    checkout_options: CheckoutOptions | None = strawberry.UNSET
    customer_id: str
    paying_customer_id: str | None = strawberry.UNSET
    price_unit_amount: float | None = strawberry.UNSET
    ref_id: str | None = strawberry.UNSET
    schedule_strategy: ScheduleStrategy | None = strawberry.UNSET
    skip_trial: bool | None = False
    subscription_id: str | None = strawberry.UNSET
    trial_override_configuration: TrialOverrideConfigurationInput | None = strawberry.UNSET


@strawberry.input
class ProvisionSubscriptionInput(ProvisionSubscription):
    subscription_proration_behavior: SubscriptionProrationBehavior | None = strawberry.UNSET


@strawberry.input
class SubscriptionCancellationInput:
    await_subscription_cancellation: bool | None = strawberry.UNSET
    end_date: datetime | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    prorate: bool | None = strawberry.UNSET
    subscription_cancellation_action: SubscriptionCancellationAction | None = strawberry.UNSET
    subscription_cancellation_time: SubscriptionCancellationTime | None = strawberry.UNSET
    subscription_ref_id: str


@strawberry.input
class SubscriptionInput(NewSubscriptionFields):
    cancellation_date: datetime | None = strawberry.UNSET
    crm_id: str | None = strawberry.UNSET
    customer_id: str
    end_date: datetime | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    is_custom_price_subscription: bool | None = False
    is_overriding_trial_config: bool | None = False
    is_trial: bool | None = strawberry.UNSET
    paying_customer_id: str | None = strawberry.UNSET
    price_unit_amount: float | None = strawberry.UNSET
    ref_id: str | None = strawberry.UNSET
    schedule_strategy: ScheduleStrategy | None = strawberry.UNSET
    subscription_id: str | None = strawberry.UNSET
    trial_end_behavior: TrialEndBehavior | None = strawberry.UNSET


@strawberry.input
class TransferSubscriptionInput:
    customer_id: str
    destination_resource_id: str
    source_resource_id: str


@strawberry.input
class TransferSubscriptionToResourceInput:
    destination_resource_id: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    subscription_id: str


@strawberry.input
class TriggerSubscriptionUsageSyncInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class UpdateSubscriptionEntitlementInput(UsageLimitFields):
    feature_id: str | None = strawberry.UNSET
    id: str | None = strawberry.UNSET


@strawberry.input
class UpdateSubscriptionInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    addons: list[SubscriptionAddonInput] | None = strawberry.UNSET
    applied_coupon: SubscriptionCouponInput | None = strawberry.UNSET
    await_payment_confirmation: bool | None = True
    billable_features: list[BillableFeatureInput] | None = strawberry.UNSET
    billing_cycle_anchor: SubscriptionBillingCycleAnchor | None = strawberry.UNSET
    billing_information: SubscriptionBillingInfo | None = strawberry.UNSET
    billing_period: BillingPeriod | None = strawberry.UNSET
    budget: BudgetConfigurationInput | None = strawberry.UNSET
    cancellation_date: datetime | None = strawberry.UNSET
    charges: list[ChargeInput] | None = strawberry.UNSET
    entitlements: list[SubscriptionEntitlementInputV2] | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    minimum_spend: SubscriptionMinimumSpendValueInput | None = strawberry.UNSET
    price_overrides: list[PriceOverrideInput] | None = strawberry.UNSET
    promotion_code: str | None = strawberry.UNSET
    ref_id: str | None = strawberry.UNSET
    salesforce_id: str | None = strawberry.UNSET
    schedule_strategy: ScheduleStrategy | None = strawberry.UNSET
    subscription_entitlements: list[UpdateSubscriptionEntitlementInput] | None = strawberry.UNSET
    subscription_id: str | None = strawberry.UNSET
    subscription_proration_behavior: SubscriptionProrationBehavior | None = strawberry.UNSET
    trial_end_date: datetime | None = strawberry.UNSET
    unit_quantity: float | None = strawberry.UNSET
