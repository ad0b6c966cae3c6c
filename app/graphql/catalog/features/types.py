"""Output types of features, feature groups and meters."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog.features.enums import (
    AggregationFunction,
    ConditionOperation,
    FeatureGroupStatus,
    FeatureStatus,
    FeatureType,
    MeterType,
    UnitTransformationRound,
)
from app.graphql.context import Info
from app.graphql.resolvers import account, environment, environment_id, environment_id_text
from app.graphql.scalars import JSON
from domain.catalog import model

if TYPE_CHECKING:
    from app.graphql.accounts.types import Account, Environment
    from app.graphql.catalog.entitlements.types import FeatureAssociatedPackageEntitlementDTO

AccountRef = Annotated["Account", strawberry.lazy("app.graphql.accounts.types")]
EnvironmentRef = Annotated["Environment", strawberry.lazy("app.graphql.accounts.types")]
FeatureAssociatedPackageEntitlementDTORef = Annotated[
    "FeatureAssociatedPackageEntitlementDTO",
    strawberry.lazy("app.graphql.catalog.entitlements.types"),
]


@strawberry.type
class Aggregation:
    field: str | None
    function: AggregationFunction


@strawberry.type
class EnumConfigurationEntity:
    deleted_at: datetime | None
    display_name: str
    value: str


@strawberry.type
class MeterCondition:
    field: str
    operation: ConditionOperation
    value: str | None
    values: list[str] | None


@strawberry.type
class MeterFilterDefinition:
    conditions: list[MeterCondition]


@strawberry.type
class Meter:
    aggregation: Aggregation
    created_at: datetime
    environment_id: str
    filters: list[MeterFilterDefinition]
    id: str
    updated_at: datetime


@strawberry.type
class UnitTransformation:
    divide: float
    feature_units: str | None
    feature_units_plural: str | None
    round: UnitTransformationRound


@strawberry.type
class Feature:
    source: strawberry.Private[model.Feature]
    additional_meta_data: JSON | None
    created_at: datetime | None
    description: str | None
    display_name: str
    enum_configuration: list[EnumConfigurationEntity] | None
    environment_id: UUID = strawberry.field(resolver=environment_id)
    feature_status: FeatureStatus
    feature_type: FeatureType
    feature_units: str | None
    feature_units_plural: str | None
    has_meter: bool | None
    id: UUID
    meter_type: MeterType | None
    ref_id: str
    unit_transformation: UnitTransformation | None
    updated_at: datetime

    @strawberry.field
    async def account(self, info: Info) -> AccountRef | None:
        return await account(info)

    @strawberry.field
    async def environment(self, info: Info) -> EnvironmentRef | None:
        return await environment(info)

    @strawberry.field
    async def has_entitlements(self, info: Info) -> bool | None:
        use = await info.context.loaders.feature_use.load(self.source.id)
        return use is not None and use.has_entitlements

    @strawberry.field
    def meter(self, info: Info) -> Meter | None:
        from app.graphql.catalog.features.mapping import meter_to_graphql

        if self.source.meter is None:
            return None
        return meter_to_graphql(self.source.meter, environment_id=environment_id_text(info))

    @strawberry.field
    async def used_enum_values(self, info: Info) -> list[str] | None:
        use = await info.context.loaders.feature_use.load(self.source.id)
        return [] if use is None else list(use.enum_values)


@strawberry.type
class FeatureAssociatedFeatureGroupDTO:
    display_name: str
    ref_id: str


@strawberry.type
class FeatureAssociatedPackageDTO:
    display_name: str
    entitlement: FeatureAssociatedPackageEntitlementDTORef | None
    feature_groups: list[FeatureAssociatedFeatureGroupDTO] | None
    has_charge: bool
    is_credit_consumption: bool
    product_id: str | None
    ref_id: str
    type: str


@strawberry.type
class FeatureAssociatedLatestPackagesResultDTO:
    feature_groups: list[FeatureAssociatedFeatureGroupDTO] | None
    packages: list[FeatureAssociatedPackageDTO] | None


@strawberry.type
class FeatureDependency:
    description: str | None
    display_name: str
    feature_type: FeatureType
    feature_units: str | None
    ref_id: str
    usage_limit: float | None


@strawberry.type
class FeatureGroup:
    source: strawberry.Private[model.FeatureGroup]
    created_at: datetime
    description: str | None
    display_name: str
    environment_id: UUID = strawberry.field(resolver=environment_id)
    feature_group_id: str
    id: UUID
    is_latest: bool
    status: FeatureGroupStatus
    updated_at: datetime
    version_number: int

    @strawberry.field
    async def features(self, info: Info) -> list[Feature] | None:
        from app.graphql.catalog.features.mapping import feature_to_graphql

        found = await info.context.loaders.features.load_many(list(self.source.feature_ids))
        return [feature_to_graphql(feature) for feature in found if feature is not None]
