"""Output types of products and their settings."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog.products import nested
from app.graphql.catalog.products.enums import (
    ProductStatus,
    SubscriptionCancellationTime,
    SubscriptionEndSetup,
    SubscriptionStartSetup,
    SubscriptionUpdateUsageCutoffBehavior,
)
from app.graphql.context import Info
from app.graphql.resolvers import environment, environment_id
from app.graphql.scalars import JSON
from domain.catalog import model

if TYPE_CHECKING:
    from app.graphql.accounts.types import Environment
    from app.graphql.catalog.addons.types import Addon
    from app.graphql.catalog.packages.types import AutoCancellationRule
    from app.graphql.catalog.plans.types import Plan

AddonRef = Annotated["Addon", strawberry.lazy("app.graphql.catalog.addons.types")]
AutoCancellationRuleRef = Annotated[
    "AutoCancellationRule", strawberry.lazy("app.graphql.catalog.packages.types")
]
EnvironmentRef = Annotated["Environment", strawberry.lazy("app.graphql.accounts.types")]
PlanRef = Annotated["Plan", strawberry.lazy("app.graphql.catalog.plans.types")]


@strawberry.type
class ProductSettings:
    source: strawberry.Private[model.ProductSettings]
    prorate_at_end_of_billing_period: bool | None
    subscription_cancellation_time: SubscriptionCancellationTime
    subscription_end_setup: SubscriptionEndSetup
    subscription_start_setup: SubscriptionStartSetup

    @strawberry.field
    async def downgrade_plan(self, info: Info) -> PlanRef | None:
        return await nested.plan(info, self.source.downgrade_plan_ref_id)

    @strawberry.field
    async def downgrade_plan_id(self, info: Info) -> str | None:
        return await nested.plan_id(info, self.source.downgrade_plan_ref_id)

    @strawberry.field
    async def subscription_start_plan(self, info: Info) -> PlanRef | None:
        return await nested.plan(info, self.source.subscription_start_plan_ref_id)

    @strawberry.field
    async def subscription_start_plan_id(self, info: Info) -> str | None:
        return await nested.plan_id(info, self.source.subscription_start_plan_ref_id)


@strawberry.type
class SubscriptionUpdateUsageResetCutoffRule:
    behavior: SubscriptionUpdateUsageCutoffBehavior


@strawberry.type
class Product:
    source: strawberry.Private[model.Product]
    additional_meta_data: JSON | None
    aws_marketplace_product_code: str | None
    aws_marketplace_product_id: str | None
    created_at: datetime
    description: str | None
    display_name: str | None
    environment_id: UUID = strawberry.field(resolver=environment_id)
    id: UUID
    is_default_product: bool
    multiple_subscriptions: bool
    product_settings: ProductSettings
    ref_id: str
    status: ProductStatus
    subscription_update_usage_reset_cutoff_rule: SubscriptionUpdateUsageResetCutoffRule
    updated_at: datetime

    @strawberry.field
    async def addons(self, info: Info) -> list[AddonRef]:
        return await nested.addons(info, self.source)

    @strawberry.field
    async def auto_cancellation_rules(self, info: Info) -> list[AutoCancellationRuleRef]:
        return await nested.auto_cancellation_rules(info, self.source)

    @strawberry.field
    async def downgrade_plan(self, info: Info) -> PlanRef | None:
        return await nested.plan(info, self.source.settings.downgrade_plan_ref_id)

    @strawberry.field
    async def environment(self, info: Info) -> EnvironmentRef | None:
        return await environment(info)

    @strawberry.field
    async def has_subscriptions(self, info: Info) -> bool:
        use = await info.context.loaders.product_use.load(self.source.id)
        return use is not None and use.has_subscriptions

    @strawberry.field
    async def plans(self, info: Info) -> list[PlanRef]:
        return await nested.plans(info, self.source)

    @strawberry.field
    async def subscription_start_plan(self, info: Info) -> PlanRef | None:
        return await nested.plan(info, self.source.settings.subscription_start_plan_ref_id)


@strawberry.type
class ProductDeleteResponse:
    additional_meta_data: JSON | None
    addons: list[AddonRef] | None
    aws_marketplace_product_code: str | None
    aws_marketplace_product_id: str | None
    created_at: datetime | None
    description: str | None
    display_name: str | None
    environment_id: UUID | None = strawberry.field(resolver=environment_id)
    id: UUID | None
    is_default_product: bool | None
    multiple_subscriptions: bool | None
    plans: list[PlanRef] | None
    product_settings: ProductSettings | None
    ref_id: str | None
    updated_at: datetime | None
