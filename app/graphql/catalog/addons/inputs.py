"""Command inputs of add-ons."""

import strawberry

from app.graphql.catalog.packages.enums import PackageStatus, PricingType, WidgetType
from app.graphql.scalars import JSON


@strawberry.input
class AddonArchiveInput:
    environment_id: str | None = strawberry.UNSET
    ref_id: str


@strawberry.input
class AddonAssociatedEntitiesInput:
    environment_id: str
    ref_id: str


@strawberry.input
class AddonCreateInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    aws_marketplace_plan_dimension: str | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    dependencies: list[str] | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str
    environment_id: str | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    max_quantity: float | None = strawberry.UNSET
    pricing_type: PricingType | None = strawberry.UNSET
    product_id: str
    ref_id: str | None = strawberry.UNSET
    status: PackageStatus | None = strawberry.UNSET


@strawberry.input
class AddonUnArchiveInput:
    environment_id: str | None = strawberry.UNSET
    id: str


@strawberry.input
class AddonUpdateInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    dependencies: list[str] | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    hidden_from_widgets: list[WidgetType] | None = strawberry.UNSET
    id: str
    max_quantity: float | None = strawberry.UNSET
    status: PackageStatus | None = strawberry.UNSET
