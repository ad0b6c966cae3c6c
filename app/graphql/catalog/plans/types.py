"""Output types of plans."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog import relations
from app.graphql.catalog.addons.listing import ANY_ADDON, NEWEST_ADDON, AddonFilter, AddonSort
from app.graphql.catalog.entitlements.mapping import feature_entitlement_to_graphql
from app.graphql.catalog.entitlements.types import PackageEntitlement, PackageEntitlementUnion
from app.graphql.catalog.packages.enums import PackageStatus, PricingType, WidgetType
from app.graphql.catalog.packages.shared import (
    EntitledRelations,
    entitlements_to_graphql,
    inherited_of,
)
from app.graphql.catalog.prices.enums import OverageBillingPeriod
from app.graphql.catalog.prices.types import MinimumSpend, Price
from app.graphql.context import Info
from app.graphql.resolvers import environment_id, required_environment
from app.graphql.scalars import JSON
from domain.catalog import model
from domain.catalog.paywall import PriceView

if TYPE_CHECKING:
    from app.graphql.accounts.types import Environment
    from app.graphql.catalog.addons.types import Addon
    from app.graphql.catalog.groups.types import PlanCompatiblePackageGroups
    from app.graphql.catalog.packages.types import DefaultTrialConfig
    from app.graphql.catalog.products.types import Product
    from app.graphql.integrations.types import SyncState

AddonRef = Annotated["Addon", strawberry.lazy("app.graphql.catalog.addons.types")]
DefaultTrialConfigRef = Annotated[
    "DefaultTrialConfig", strawberry.lazy("app.graphql.catalog.packages.types")
]
EnvironmentRef = Annotated["Environment", strawberry.lazy("app.graphql.accounts.types")]
PlanCompatiblePackageGroupsRef = Annotated[
    "PlanCompatiblePackageGroups", strawberry.lazy("app.graphql.catalog.groups.types")
]
ProductRef = Annotated["Product", strawberry.lazy("app.graphql.catalog.products.types")]
SyncStateRef = Annotated["SyncState", strawberry.lazy("app.graphql.integrations.types")]


@strawberry.type
class Plan(EntitledRelations):
    view: strawberry.Private[PriceView | None] = None  # set on a paywall

    additional_meta_data: JSON | None
    aws_marketplace_plan_dimension: str | None
    billing_id: str | None
    billing_link_url: str | None
    created_at: datetime | None
    default_trial_config: DefaultTrialConfigRef | None
    description: str | None
    display_name: str
    environment: EnvironmentRef = strawberry.field(resolver=required_environment)
    environment_id: UUID = strawberry.field(resolver=environment_id)
    hidden_from_widgets: list[WidgetType] | None
    id: UUID
    is_latest: bool | None
    minimum_spend: list[MinimumSpend] | None
    overage_billing_period: OverageBillingPeriod | None
    prices: list[Price] | None
    pricing_type: PricingType | None
    product_id: str | None
    ref_id: str
    status: PackageStatus
    sync_states: list[SyncStateRef] | None
    type: str
    updated_at: datetime | None
    version_number: int

    @strawberry.field
    async def base_plan(self, info: Info) -> "Plan | None":
        from app.graphql.catalog.plans.mapping import plan_to_graphql

        if self.source.parent_plan_id is None:
            return None
        base = await info.context.loaders.packages.load(self.source.parent_plan_id)
        return None if base is None else plan_to_graphql(base)

    @strawberry.field
    async def compatible_addons(
        self,
        info: Info,
        filter: AddonFilter | None = ANY_ADDON,
        sorting: list[AddonSort] | None = NEWEST_ADDON,
    ) -> list[AddonRef] | None:
        from app.graphql.catalog.addons.mapping import addons_named

        return await addons_named(
            info,
            self.source.compatible_addon_ref_ids,
            filter=filter,
            sorting=sorting,
            view=self.view,
        )

    @strawberry.field
    async def compatible_package_groups(
        self, info: Info
    ) -> list[PlanCompatiblePackageGroupsRef] | None:
        from app.graphql.catalog.plans.groups import groups_of_plan

        return await groups_of_plan(info, self.source, view=self.view)

    @strawberry.field
    async def inherited_entitlements(
        self, info: Info, include_overridden: bool | None = False
    ) -> list[PackageEntitlement] | None:
        found = await inherited_of(info, self.source, include_overridden=bool(include_overridden))
        return [
            feature_entitlement_to_graphql(e, plan.id)
            for plan, e in found
            if isinstance(e, model.FeatureEntitlement)
        ]

    @strawberry.field
    async def inherited_package_entitlements(
        self, info: Info
    ) -> list[PackageEntitlementUnion] | None:
        found = await inherited_of(info, self.source)
        return entitlements_to_graphql((plan.id, e) for plan, e in found)

    @strawberry.field
    async def is_parent(self, info: Info) -> bool:
        return bool(await info.context.loaders.extended_plans.load(self.source.ref_id))

    @strawberry.field
    async def product(self, info: Info) -> ProductRef:
        return await relations.product_of(info, self.source.product_id)
