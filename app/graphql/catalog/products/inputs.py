"""Command inputs of products and their settings."""

import strawberry

from app.graphql.catalog.packages.inputs import AutoCancellationRuleInput
from app.graphql.catalog.products.enums import (
    SubscriptionCancellationTime,
    SubscriptionEndSetup,
    SubscriptionStartSetup,
    SubscriptionUpdateUsageCutoffBehavior,
)
from app.graphql.scalars import JSON


@strawberry.input
class ArchiveProductInput:
    environment_id: str | None = strawberry.UNSET
    ref_id: str


@strawberry.input
class ProductCreateInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    environment_id: str
    multiple_subscriptions: bool | None = False
    ref_id: str


@strawberry.input
class CreateOneProductInput:
    product: ProductCreateInput


@strawberry.input
class DeleteOneProductInput:
    id: str


@strawberry.input
class DuplicateProductInput:
    description: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    environment_id: str
    ref_id: str
    source_product_id: str


@strawberry.input
class ProductSettingsInput:
    downgrade_at_end_of_billing_period: str | None = strawberry.UNSET
    downgrade_plan_id: str | None = strawberry.UNSET
    prorate_at_end_of_billing_period: bool | None = strawberry.UNSET
    subscription_cancellation_time: SubscriptionCancellationTime
    subscription_end_setup: SubscriptionEndSetup
    subscription_start_plan_id: str | None = strawberry.UNSET
    subscription_start_setup: SubscriptionStartSetup


@strawberry.input
class SubscriptionUpdateUsageResetCutoffRuleInput:
    behavior: SubscriptionUpdateUsageCutoffBehavior


@strawberry.input
class ProductUpdateInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    auto_cancellation_rules: list[AutoCancellationRuleInput] | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    multiple_subscriptions: bool | None = strawberry.UNSET
    product_settings: ProductSettingsInput | None = strawberry.UNSET
    usage_reset_cutoff_rule: SubscriptionUpdateUsageResetCutoffRuleInput | None = strawberry.UNSET


@strawberry.input
class UnArchiveProductInput:
    environment_id: str | None = strawberry.UNSET
    ref_id: str


@strawberry.input
class UpdateOneProductInput:
    id: str
    update: ProductUpdateInput
