"""Features: what may be created, changed, archived and deleted (spec, catalog §2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.enums import (
    AggregationFunction,
    FeatureStatus,
    FeatureType,
    MeterType,
)
from domain.catalog.features import (
    FeatureChanges,
    MeterDefinition,
    NewFeature,
    activate_feature,
    archive_feature,
    change_feature,
    create_feature,
    live_enum_values,
    require_deletable,
    require_live_feature,
    unarchive_feature,
)
from domain.catalog.model import EnumValue, Feature, UnitTransformation
from domain.errors import DomainError, ErrorCode
from tests.builders import NOW, feature_id, uid

LATER = NOW + timedelta(days=1)


def new(**given: Any) -> Feature:
    defaults: dict[str, Any] = {
        "ref_id": "feature-x",
        "display_name": "X",
        "feature_type": FeatureType.NUMBER,
    }
    return create_feature(
        NewFeature(**(defaults | given)), id=feature_id("feature-x"), meter_id=uid("m"), now=NOW
    )


def changed(feature: Feature, *, live: bool = False, **given: Any) -> Feature:
    return change_feature(
        feature,
        FeatureChanges(**given),
        has_live_subscription=live,
        meter_id=uid("m2"),
        now=LATER,
    )


def values(*names: str) -> tuple[EnumValue, ...]:
    return tuple(EnumValue(value=name, display_name=name) for name in names)


def code_of(error: pytest.ExceptionInfo[DomainError]) -> ErrorCode:
    return error.value.code


METERED: dict[str, Any] = {"meter_type": MeterType.Incremental}
ENUM: dict[str, Any] = {"feature_type": FeatureType.ENUM}


def test_defaults_are_unmetered_and_active() -> None:
    feature = new()
    assert feature.meter_type is MeterType.NoMeter
    assert feature.feature_status is FeatureStatus.ACTIVE
    assert feature.additional_meta_data is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"ref_id": "-x"}, ErrorCode.BadUserInput),
        ({"display_name": ""}, ErrorCode.BadUserInput),
        ({"display_name": "x" * 256}, ErrorCode.BadUserInput),
        ({"description": "x" * 256}, ErrorCode.BadUserInput),
        ({"feature_units": "seat"}, ErrorCode.BadUserInput),
        ({"feature_units_plural": "seats"}, ErrorCode.BadUserInput),
        (
            {
                "feature_type": FeatureType.BOOLEAN,
                "feature_units": "seat",
                "feature_units_plural": "seats",
            },
            ErrorCode.BadUserInput,
        ),
        ({"enum_values": values("a")}, ErrorCode.BadUserInput),
        (ENUM, ErrorCode.BadUserInput),
        (ENUM | {"enum_values": values("a", "a")}, ErrorCode.BadUserInput),
        (ENUM | {"enum_values": values("")}, ErrorCode.BadUserInput),
        (
            ENUM | {"enum_values": values(*map(str, range(256)))},
            ErrorCode.FeatureConfigurationExceededLimitError,
        ),
        ({"additional_meta_data": {"a": 1}}, ErrorCode.InvalidMetadataError),
        ({"unit_transformation": UnitTransformation(divide=Decimal(2))}, ErrorCode.BadUserInput),
        (
            METERED | {"unit_transformation": UnitTransformation(divide=Decimal(0))},
            ErrorCode.BadUserInput,
        ),
        (
            METERED
            | {"meter": MeterDefinition(filters=(), function=AggregationFunction.SUM, field=None)},
            ErrorCode.InvalidArgumentError,
        ),
        (
            {"meter": MeterDefinition(filters=(), function=AggregationFunction.COUNT, field=None)},
            ErrorCode.MeterMustBeAssociatedToMeteredFeature,
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], code: ErrorCode) -> None:
    with pytest.raises(DomainError) as error:
        new(**given)
    assert code_of(error) is code


@pytest.mark.parametrize("type_", [FeatureType.BOOLEAN, FeatureType.ENUM])
def test_only_numbers_are_metered(type_: FeatureType) -> None:
    with pytest.raises(DomainError) as error:
        new(feature_type=type_, **METERED)
    assert code_of(error) is ErrorCode.MeteringNotAvailableForFeatureType
    assert error.value.details == {"featureType": type_.value}


def test_counting_needs_no_field() -> None:
    meter = MeterDefinition(filters=(), function=AggregationFunction.COUNT, field=None)
    assert new(**METERED, meter=meter).meter is not None


def test_255_enum_values_are_accepted() -> None:
    assert len(new(**ENUM, enum_values=values(*map(str, range(255)))).enum_configuration) == 255


def test_absent_fields_stay_and_null_clears() -> None:
    feature = new(description="old", additional_meta_data={"a": "b"})
    assert changed(feature, display_name="Y").description == "old"
    cleared = changed(feature, description=None, additional_meta_data=None, display_name=None)
    assert cleared.description is None
    assert cleared.additional_meta_data is None
    assert cleared.display_name == "X"


def test_metadata_is_replaced_whole() -> None:
    feature = new(additional_meta_data={"a": "b"})
    assert changed(feature, additional_meta_data={"c": "d"}).additional_meta_data == {"c": "d"}


def test_an_enum_value_left_out_is_soft_deleted_and_a_resent_one_revived() -> None:
    feature = new(**ENUM, enum_values=values("a", "b"))
    dropped = changed(feature, enum_values=values("a"))
    assert {v.value: v.deleted_at for v in dropped.enum_configuration} == {"a": None, "b": LATER}
    assert live_enum_values(dropped) == ("a",)
    assert live_enum_values(changed(dropped, enum_values=values("b", "a"))) == ("b", "a")


def test_the_unit_transformation_is_fixed_while_a_subscription_has_the_feature() -> None:
    feature = new(**METERED, unit_transformation=UnitTransformation(divide=Decimal(10)))
    with pytest.raises(DomainError) as error:
        changed(feature, live=True, unit_transformation=None)
    assert code_of(error) is ErrorCode.CannotUpdateUnitTransformationError
    assert changed(feature, unit_transformation=None).unit_transformation is None
    same = UnitTransformation(divide=Decimal(10))
    assert changed(feature, live=True, unit_transformation=same).unit_transformation == same


def test_a_changed_meter_keeps_its_identity() -> None:
    feature = new(
        **METERED,
        meter=MeterDefinition(filters=(), function=AggregationFunction.COUNT, field=None),
    )
    summed = changed(
        feature, meter=MeterDefinition(filters=(), function=AggregationFunction.SUM, field="n")
    )
    assert feature.meter is not None
    assert summed.meter == replace(
        feature.meter, function=AggregationFunction.SUM, field="n", updated_at=LATER
    )


def test_example_25_a_used_feature_cannot_be_archived() -> None:
    with pytest.raises(DomainError) as error:
        archive_feature(new(), used_by=["plan-pro"], now=LATER)
    assert code_of(error) is ErrorCode.CannotArchiveFeatureError


def test_archiving_suspends_and_unarchiving_activates() -> None:
    archived = archive_feature(new(), used_by=[], now=LATER)
    assert archived.feature_status is FeatureStatus.SUSPENDED
    assert archive_feature(archived, used_by=["plan-pro"], now=LATER) is archived
    assert unarchive_feature(archived, now=LATER).feature_status is FeatureStatus.ACTIVE
    assert unarchive_feature(new(), now=LATER) == new()


def test_an_archived_feature_gets_no_new_grants() -> None:
    with pytest.raises(DomainError) as error:
        require_live_feature(archive_feature(new(), used_by=[], now=LATER))
    assert code_of(error) is ErrorCode.EntityIsArchivedError


def test_the_first_publish_activates_a_new_feature() -> None:
    feature = new(feature_status=FeatureStatus.NEW)
    assert activate_feature(feature, now=LATER).feature_status is FeatureStatus.ACTIVE
    archived = archive_feature(feature, used_by=[], now=LATER)
    assert activate_feature(archived, now=LATER) is archived


def test_a_referenced_feature_cannot_be_deleted() -> None:
    with pytest.raises(DomainError) as error:
        require_deletable(new(), is_referenced=True)
    assert code_of(error) is ErrorCode.CannotDeleteFeatureError
    assert error.value.details == {"refId": "feature-x"}
    require_deletable(new(), is_referenced=False)


@given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True), min_size=1))
def test_enum_values_are_never_forgotten_and_the_last_given_are_the_live_ones(
    updates: list[list[str]],
) -> None:
    feature = new(**ENUM, enum_values=values(*updates[0]))
    for update in updates:
        feature = changed(feature, enum_values=values(*update))
    names = [value.value for value in feature.enum_configuration]
    assert sorted(names) == sorted({name for update in updates for name in update})
    assert live_enum_values(feature) == tuple(updates[-1])


def test_a_resent_meter_is_the_same_meter() -> None:
    meter = MeterDefinition(filters=(), function=AggregationFunction.COUNT, field=None)
    feature = new(**METERED, meter=meter)
    assert changed(feature, meter=meter).meter is feature.meter
    assert changed(feature, meter=None).meter is None
