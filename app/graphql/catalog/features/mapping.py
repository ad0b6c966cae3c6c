"""Features and feature groups between the wire and the domain."""

from collections.abc import Sequence
from decimal import Decimal

from app.graphql.catalog.entitlements.types import FeatureAssociatedPackageEntitlementDTO
from app.graphql.catalog.features.inputs import (
    CreateMeter,
    EnumConfigurationEntityInput,
    FeatureInput,
    MeterFilterDefinitionInput,
    UnitTransformationInput,
    UpdateFeatureInput,
)
from app.graphql.catalog.features.types import (
    Aggregation,
    EnumConfigurationEntity,
    Feature,
    FeatureAssociatedFeatureGroupDTO,
    FeatureAssociatedLatestPackagesResultDTO,
    FeatureAssociatedPackageDTO,
    FeatureGroup,
    Meter,
    MeterCondition,
    MeterFilterDefinition,
    UnitTransformation,
)
from app.graphql.given import given, maybe
from app.graphql.numbers import float_or_none
from app.graphql.scalars import JSON
from domain.catalog import model
from domain.catalog.enums import FeatureStatus, MeterType, UnitTransformationRound
from domain.catalog.features import FeatureChanges, MeterDefinition, NewFeature
from domain.catalog.usage import FeatureUsers
from domain.patch import Absent


def feature_to_graphql(feature: model.Feature) -> Feature:
    return Feature(
        source=feature,
        additional_meta_data=JSON(feature.additional_meta_data)
        if feature.additional_meta_data is not None
        else None,
        created_at=feature.created_at,
        description=feature.description,
        display_name=feature.display_name,
        enum_configuration=enum_configuration_to_graphql(feature),
        feature_status=feature.feature_status,
        feature_type=feature.feature_type,
        feature_units=feature.feature_units,
        feature_units_plural=feature.feature_units_plural,
        has_meter=feature.meter is not None,
        id=feature.id,
        meter_type=feature.meter_type,
        ref_id=feature.ref_id,
        unit_transformation=unit_transformation_to_graphql(feature.unit_transformation),
        updated_at=feature.updated_at,
    )


def enum_configuration_to_graphql(feature: model.Feature) -> list[EnumConfigurationEntity]:
    """The feature's values, deleted ones with their time; empty for other kinds."""
    return [
        EnumConfigurationEntity(
            value=value.value, display_name=value.display_name, deleted_at=value.deleted_at
        )
        for value in feature.enum_configuration
    ]


def unit_transformation_to_graphql(
    transformation: model.UnitTransformation | None,
) -> UnitTransformation | None:
    if transformation is None:
        return None
    return UnitTransformation(
        divide=float(transformation.divide),
        round=transformation.round,
        feature_units=transformation.feature_units,
        feature_units_plural=transformation.feature_units_plural,
    )


def meter_to_graphql(meter: model.Meter, *, environment_id: str) -> Meter:
    return Meter(
        aggregation=Aggregation(field=meter.field, function=meter.function),
        created_at=meter.created_at,
        environment_id=environment_id,
        filters=[
            MeterFilterDefinition(
                conditions=[
                    MeterCondition(
                        field=c.field, operation=c.operation, value=c.value, values=list(c.values)
                    )
                    for c in filter.conditions
                ]
            )
            for filter in meter.filters
        ],
        id=str(meter.id),
        updated_at=meter.updated_at,
    )


def feature_group_to_graphql(group: model.FeatureGroup) -> FeatureGroup:
    return FeatureGroup(
        source=group,
        created_at=group.created_at,
        description=group.description,
        display_name=group.display_name,
        feature_group_id=group.feature_group_id,
        id=group.id,
        is_latest=group.is_latest,
        status=group.status,
        updated_at=group.updated_at,
        version_number=group.version_number,
    )


def associated_to_graphql(users: FeatureUsers) -> FeatureAssociatedLatestPackagesResultDTO:
    return FeatureAssociatedLatestPackagesResultDTO(
        feature_groups=[_associated_group(group) for group in users.groups],
        packages=[_associated_package(package, users) for package in users.packages],
    )


def _associated_package(package: model.Package, users: FeatureUsers) -> FeatureAssociatedPackageDTO:
    own = [e for e in package.feature_entitlements if e.feature_id == users.feature.id]
    prices = [price for price in package.prices if price.feature_id == users.feature.id]
    linked = [users.linked[id] for e in own for id in e.feature_group_ids if id in users.linked]
    return FeatureAssociatedPackageDTO(
        display_name=package.display_name,
        entitlement=_associated_entitlement(own[0]) if own else None,
        feature_groups=[_associated_group(group) for group in linked],
        has_charge=any(price.credit_rate is None for price in prices),
        is_credit_consumption=any(price.credit_rate is not None for price in prices),
        product_id=str(package.product_id),
        ref_id=package.ref_id,
        type=package.type.value,
    )


def _associated_group(group: model.FeatureGroup) -> FeatureAssociatedFeatureGroupDTO:
    return FeatureAssociatedFeatureGroupDTO(
        display_name=group.display_name, ref_id=group.feature_group_id
    )


def _associated_entitlement(
    entitlement: model.FeatureEntitlement,
) -> FeatureAssociatedPackageEntitlementDTO:
    return FeatureAssociatedPackageEntitlementDTO(
        enum_values=list(entitlement.enum_values),
        has_soft_limit=entitlement.has_soft_limit,
        has_unlimited_usage=entitlement.has_unlimited_usage,
        is_custom=entitlement.is_custom,
        reset_period=entitlement.reset_rule.period if entitlement.reset_rule else None,
        usage_limit=float_or_none(entitlement.usage_limit),
    )


def new_feature_from_graphql(input: FeatureInput) -> NewFeature:
    enum_values = given(input.enum_configuration)
    return NewFeature(
        ref_id=input.ref_id,
        display_name=input.display_name,
        description=given(input.description),
        feature_type=input.feature_type,
        meter_type=given(input.meter_type) or MeterType.NoMeter,
        feature_status=given(input.feature_status) or FeatureStatus.ACTIVE,
        feature_units=given(input.feature_units),
        feature_units_plural=given(input.feature_units_plural),
        enum_values=None if enum_values is None else _enum_values(enum_values),
        meter=_meter(given(input.meter)),
        unit_transformation=_unit_transformation(given(input.unit_transformation)),
        additional_meta_data=given(input.additional_meta_data),
    )


def feature_changes_from_graphql(input: UpdateFeatureInput) -> FeatureChanges:
    values, meter = maybe(input.enum_configuration), maybe(input.meter)
    transformation = maybe(input.unit_transformation)
    return FeatureChanges(
        display_name=maybe(input.display_name),
        description=maybe(input.description),
        feature_units=maybe(input.feature_units),
        feature_units_plural=maybe(input.feature_units_plural),
        enum_values=values
        if values is None or isinstance(values, Absent)
        else _enum_values(values),
        meter=meter if isinstance(meter, Absent) else _meter(meter),
        unit_transformation=transformation
        if isinstance(transformation, Absent)
        else _unit_transformation(transformation),
        additional_meta_data=maybe(input.additional_meta_data),
    )


def _enum_values(values: Sequence[EnumConfigurationEntityInput]) -> tuple[model.EnumValue, ...]:
    return tuple(model.EnumValue(value=v.value, display_name=v.display_name) for v in values)


def filters_from_graphql(
    filters: Sequence[MeterFilterDefinitionInput],
) -> tuple[model.MeterFilter, ...]:
    return tuple(
        model.MeterFilter(
            conditions=tuple(
                model.MeterCondition(
                    field=c.field,
                    operation=c.operation,
                    value=given(c.value),
                    values=tuple(given(c.values) or ()),
                )
                for c in filter.conditions
            )
        )
        for filter in filters
    )


def _meter(meter: CreateMeter | None) -> MeterDefinition | None:
    if meter is None:
        return None
    return MeterDefinition(
        filters=filters_from_graphql(meter.filters),
        function=meter.aggregation.function,
        field=given(meter.aggregation.field),
    )


def _unit_transformation(
    transformation: UnitTransformationInput | None,
) -> model.UnitTransformation | None:
    if transformation is None:
        return None
    return model.UnitTransformation(
        divide=Decimal(transformation.divide),
        round=given(transformation.round) or UnitTransformationRound.UP,
        feature_units=given(transformation.feature_units),
        feature_units_plural=given(transformation.feature_units_plural),
    )
