"""Command inputs of features, feature groups and meters."""

import strawberry

from app.graphql.catalog.features.enums import (
    AggregationFunction,
    ConditionOperation,
    FeatureStatus,
    FeatureType,
    MeterType,
    UnitTransformationRound,
)
from app.graphql.scalars import JSON


@strawberry.input
class ArchiveFeatureGroupInput:
    environment_id: str
    feature_group_id: str


@strawberry.input
class ArchiveFeatureInput:
    environment_id: str | None = strawberry.UNSET
    id: str


@strawberry.input
class CreateFeatureGroupInput:
    description: str | None = strawberry.UNSET
    display_name: str
    environment_id: str
    feature_group_id: str
    features: list[str]


@strawberry.input
class MeterAggregation:
    field: str | None = strawberry.UNSET
    function: AggregationFunction


@strawberry.input
class MeterConditionInput:
    field: str
    operation: ConditionOperation
    value: str | None = strawberry.UNSET
    values: list[str] | None = strawberry.UNSET


@strawberry.input
class MeterFilterDefinitionInput:
    conditions: list[MeterConditionInput]


@strawberry.input
class CreateMeter:
    aggregation: MeterAggregation
    filters: list[MeterFilterDefinitionInput]


@strawberry.input
class DeleteFeatureInput:
    environment_id: str | None = strawberry.UNSET
    id: str


@strawberry.input
class DoesFeatureExist:
    environment_id: str
    ref_id: str


@strawberry.input
class EnumConfigurationEntityInput:
    display_name: str
    value: str


@strawberry.input
class FeatureAssociatedLatestPackages:
    environment_id: str
    feature_id: str


@strawberry.input
class FeatureGroupAssociatedLatestPackagesInput:
    environment_id: str
    feature_group_id: str


@strawberry.input
class UnitTransformationInput:
    divide: int
    feature_units: str | None = strawberry.UNSET
    feature_units_plural: str | None = strawberry.UNSET
    round: UnitTransformationRound | None = UnitTransformationRound.UP


@strawberry.input
class FeatureInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str
    enum_configuration: list[EnumConfigurationEntityInput] | None = strawberry.UNSET
    environment_id: str
    feature_status: FeatureStatus | None = strawberry.UNSET
    feature_type: FeatureType
    feature_units: str | None = strawberry.UNSET
    feature_units_plural: str | None = strawberry.UNSET
    meter: CreateMeter | None = strawberry.UNSET
    meter_type: MeterType | None = strawberry.UNSET
    ref_id: str
    unit_transformation: UnitTransformationInput | None = strawberry.UNSET


@strawberry.input
class UnArchiveFeatureGroupInput:
    environment_id: str
    feature_group_id: str


@strawberry.input
class UnArchiveFeatureInput:
    environment_id: str | None = strawberry.UNSET
    id: str


@strawberry.input
class UpdateFeatureInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    enum_configuration: list[EnumConfigurationEntityInput] | None = strawberry.UNSET
    environment_id: str
    feature_units: str | None = strawberry.UNSET
    feature_units_plural: str | None = strawberry.UNSET
    meter: CreateMeter | None = strawberry.UNSET
    ref_id: str
    unit_transformation: UnitTransformationInput | None = strawberry.UNSET
