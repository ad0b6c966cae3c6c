"""GraphQL enums of features, feature groups and meters: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import (
    AggregationFunction,
    ConditionOperation,
    FeatureGroupStatus,
    FeatureStatus,
    FeatureType,
    MeterType,
    UnitTransformationRound,
)

__all__ = [
    "AggregationFunction",
    "ConditionOperation",
    "FeatureGroupStatus",
    "FeatureStatus",
    "FeatureType",
    "MeterType",
    "UnitTransformationRound",
]

for _enum in (
    AggregationFunction,
    ConditionOperation,
    FeatureGroupStatus,
    FeatureStatus,
    FeatureType,
    UnitTransformationRound,
):
    strawberry.enum(_enum)

# `None` cannot be a member's name in Python; here the value is the wire's word.
strawberry.enum(MeterType, graphql_name_from="value")
