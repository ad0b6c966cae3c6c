"""Command inputs of subscription migrations, tasks and imports."""

from datetime import datetime

import strawberry

from app.graphql.catalog.prices.enums import BillingPeriod
from app.graphql.catalog.prices.inputs import BillableFeatureInput, ChargeInput
from app.graphql.scalars import JSON
from app.graphql.subscriptions.inputs import (
    SubscriptionAddonInput,
    SubscriptionEntitlementInput,
    SubscriptionEntitlementInputV2,
)
from app.graphql.subscriptions.migrations.enums import SubscriptionMigrationTime


@strawberry.input
class ImportSubscriptionInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    addons: list[SubscriptionAddonInput] | None = strawberry.UNSET
    billable_features: list[BillableFeatureInput] | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    billing_period: BillingPeriod | None = strawberry.UNSET
    charges: list[ChargeInput] | None = strawberry.UNSET
    customer_id: str
    end_date: datetime | None = strawberry.UNSET
    entitlements: list[SubscriptionEntitlementInputV2] | None = strawberry.UNSET
    plan_id: str
    resource_id: str | None = strawberry.UNSET
    salesforce_id: str | None = strawberry.UNSET
    start_date: datetime | None = strawberry.UNSET
    subscription_entitlements: list[SubscriptionEntitlementInput] | None = strawberry.field(
        default=strawberry.UNSET, deprecation_reason="No longer supported"
    )
    subscription_id: str | None = strawberry.UNSET
    unit_quantity: float | None = strawberry.UNSET
    updated_at: datetime | None = strawberry.UNSET


@strawberry.input
class ImportSubscriptionsBulkInput:
    environment_id: str | None = strawberry.UNSET
    integration_id: str | None = strawberry.UNSET
    subscriptions: list[ImportSubscriptionInput]


@strawberry.input
class SubscriptionMigrationInput:
    environment_id: str | None = strawberry.UNSET
    subscription_id: str
    subscription_migration_time: SubscriptionMigrationTime | None = strawberry.UNSET


@strawberry.input
class TriggerSubscriptionMigrationInput:
    environment_id: str
    ref_id: str
    version_number: float
