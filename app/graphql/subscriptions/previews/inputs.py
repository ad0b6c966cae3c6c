"""Command inputs of subscription estimates and previews."""

import strawberry

from app.graphql.catalog.prices.inputs import BillableFeatureInput, ChargeInput
from app.graphql.subscriptions.enums import SubscriptionBillingCycleAnchor
from app.graphql.subscriptions.inputs import (
    PurchaseFields,
    SubscriptionAddonInput,
    SubscriptionCouponInput,
    TrialOverrideConfigurationInput,
)
from app.graphql.subscriptions.schedules.enums import ScheduleStrategy


@strawberry.input
class EstimateSubscriptionInput(PurchaseFields):
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    paying_customer_id: str | None = strawberry.UNSET
    price_unit_amount: float | None = strawberry.UNSET
    skip_trial: bool | None = False
    trial_override_configuration: TrialOverrideConfigurationInput | None = strawberry.UNSET


@strawberry.input
class EstimateSubscriptionUpdateInput:
    addons: list[SubscriptionAddonInput] | None = strawberry.UNSET
    applied_coupon: SubscriptionCouponInput | None = strawberry.UNSET
    billable_features: list[BillableFeatureInput] | None = strawberry.UNSET
    charges: list[ChargeInput] | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    promotion_code: str | None = strawberry.UNSET
    subscription_id: str
    unit_quantity: float | None = strawberry.UNSET


@strawberry.input
class PreviewSubscriptionInput(PurchaseFields):
    billing_cycle_anchor: SubscriptionBillingCycleAnchor | None = strawberry.UNSET
    customer_id: str
    environment_id: str | None = strawberry.UNSET
    paying_customer_id: str | None = strawberry.UNSET
    schedule_strategy: ScheduleStrategy | None = strawberry.UNSET
    trial_override_configuration: TrialOverrideConfigurationInput | None = strawberry.UNSET
