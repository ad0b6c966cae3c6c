"""Decisions on features: what may be created, changed, archived and deleted.

Source: spec, catalog §2.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.catalog.enums import (
    AggregationFunction,
    FeatureStatus,
    FeatureType,
    MeterType,
)
from domain.catalog.model import (
    EnumValue,
    Feature,
    Meter,
    MeterFilter,
    UnitTransformation,
)
from domain.catalog.text import (
    DESCRIPTION_LENGTH_MAX,
    require_description,
    require_display_name,
    require_length,
    require_meta_data,
)
from domain.errors import (
    Conflict,
    ErrorCode,
    InvalidInput,
    NotFound,
    bad_input,
    invalid_argument,
    not_found,
)
from domain.ids import FeatureId, require_ref_id
from domain.patch import ABSENT, Absent, Maybe, kept, kept_unless_given

ENUM_VALUES_MAX = 255
UNITS_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterDefinition:
    """The caller's part of a meter."""

    filters: tuple[MeterFilter, ...]
    function: AggregationFunction
    field: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeature:
    """A feature as the caller describes it, unchecked."""

    ref_id: str
    display_name: str
    description: str | None = None
    feature_type: FeatureType
    meter_type: MeterType = MeterType.NoMeter
    feature_status: FeatureStatus = FeatureStatus.ACTIVE
    feature_units: str | None = None
    feature_units_plural: str | None = None
    enum_values: tuple[EnumValue, ...] | None = None
    meter: MeterDefinition | None = None
    unit_transformation: UnitTransformation | None = None
    additional_meta_data: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureChanges:
    """What an update says of a feature; absent fields stay."""

    display_name: Maybe[str | None] = ABSENT
    description: Maybe[str | None] = ABSENT
    feature_units: Maybe[str | None] = ABSENT
    feature_units_plural: Maybe[str | None] = ABSENT
    enum_values: Maybe[tuple[EnumValue, ...] | None] = ABSENT
    meter: Maybe[MeterDefinition | None] = ABSENT
    unit_transformation: Maybe[UnitTransformation | None] = ABSENT
    additional_meta_data: object = ABSENT


def feature_not_found(identifier: str) -> NotFound:
    return not_found(ErrorCode.FeatureNotFound, "Feature", identifier, refId=identifier)


def is_metered(feature: Feature) -> bool:
    """Whether usage of the feature is counted, by reports or by raw events."""
    return feature.meter_type is not MeterType.NoMeter


def create_feature(new: NewFeature, *, id: FeatureId, meter_id: UUID, now: datetime) -> Feature:
    """Return the feature that `new` describes, checked.

    Raises BadUserInput, InvalidMetadataError, MeteringNotAvailableForFeatureType,
    MeterMustBeAssociatedToMeteredFeature. Source: spec, catalog §2.
    """
    if new.meter_type is not MeterType.NoMeter and new.feature_type is not FeatureType.NUMBER:
        raise InvalidInput(
            ErrorCode.MeteringNotAvailableForFeatureType,
            f"meterType {new.meter_type} is not available for {new.feature_type} features",
            featureType=new.feature_type.value,
        )
    feature = Feature(
        id=id,
        ref_id=require_ref_id(new.ref_id),
        display_name=new.display_name,
        description=new.description,
        feature_type=new.feature_type,
        meter_type=new.meter_type,
        feature_status=new.feature_status,
        feature_units=new.feature_units,
        feature_units_plural=new.feature_units_plural,
        enum_configuration=_enum_values(new.feature_type, new.enum_values or (), old=(), now=now),
        meter=_meter(new.meter, old=None, id=meter_id, now=now),
        unit_transformation=new.unit_transformation,
        additional_meta_data=require_meta_data(new.additional_meta_data),
        created_at=now,
        updated_at=now,
    )
    return _checked(feature)


def change_feature(
    feature: Feature,
    changes: FeatureChanges,
    *,
    has_live_subscription: bool,
    meter_id: UUID,
    now: datetime,
) -> Feature:
    """Return `feature` with the changes made; type and metering never change.

    An enum value left out is soft-deleted, a resent one revived. Raises as `create_feature`, and
    CannotUpdateUnitTransformationError while an active subscription has the feature.
    """
    transformation = kept(changes.unit_transformation, feature.unit_transformation)
    if transformation != feature.unit_transformation and has_live_subscription:
        raise Conflict(
            ErrorCode.CannotUpdateUnitTransformationError,
            f"unitTransformation of {feature.ref_id} cannot change: "
            "an active subscription has the feature",
        )
    values = feature.enum_configuration
    if not isinstance(changes.enum_values, Absent) and changes.enum_values is not None:
        values = _enum_values(feature.feature_type, changes.enum_values, old=values, now=now)
    meter = feature.meter
    if not isinstance(changes.meter, Absent):
        meter = _meter(changes.meter, old=meter, id=meter_id, now=now)
    meta_data = feature.additional_meta_data
    if changes.additional_meta_data is not ABSENT:
        meta_data = require_meta_data(changes.additional_meta_data)
    changed = replace(
        feature,
        display_name=kept_unless_given(changes.display_name, feature.display_name),
        description=kept(changes.description, feature.description),
        feature_units=kept(changes.feature_units, feature.feature_units),
        feature_units_plural=kept(changes.feature_units_plural, feature.feature_units_plural),
        enum_configuration=values,
        meter=meter,
        unit_transformation=transformation,
        additional_meta_data=meta_data,
        updated_at=now,
    )
    return _checked(changed)


def archive_feature(feature: Feature, *, used_by: Collection[str], now: datetime) -> Feature:
    """Return the feature suspended; archiving twice changes nothing.

    `used_by` names the latest published packages with an entitlement or price of it: while there
    are any, CannotArchiveFeatureError. Worked example: catalog §12 #25.
    """
    if feature.feature_status is FeatureStatus.SUSPENDED:
        return feature
    if used_by:
        raise Conflict(
            ErrorCode.CannotArchiveFeatureError,
            f"Feature {feature.ref_id} is used by {', '.join(sorted(used_by))}",
        )
    return replace(feature, feature_status=FeatureStatus.SUSPENDED, updated_at=now)


def unarchive_feature(feature: Feature, *, now: datetime) -> Feature:
    """Return the feature active again; a live one stays as it is."""
    if feature.feature_status is not FeatureStatus.SUSPENDED:
        return feature
    return replace(feature, feature_status=FeatureStatus.ACTIVE, updated_at=now)


def activate_feature(feature: Feature, *, now: datetime) -> Feature:
    """A NEW feature becomes ACTIVE when the first package that uses it is published."""
    if feature.feature_status is not FeatureStatus.NEW:
        return feature
    return replace(feature, feature_status=FeatureStatus.ACTIVE, updated_at=now)


def require_deletable(feature: Feature, *, is_referenced: bool) -> None:
    """Raise CannotDeleteFeatureError while anything refers to the feature."""
    if is_referenced:
        raise Conflict(
            ErrorCode.CannotDeleteFeatureError,
            f"Feature {feature.ref_id} is in use",
            refId=feature.ref_id,
        )


def require_live_feature(feature: Feature) -> Feature:
    """Return the feature, or raise EntityIsArchivedError: archived ones get no new grants."""
    if feature.feature_status is FeatureStatus.SUSPENDED:
        raise Conflict(ErrorCode.EntityIsArchivedError, f"Feature {feature.ref_id} is archived")
    return feature


def live_enum_values(feature: Feature) -> tuple[str, ...]:
    """The values that new entitlements may use."""
    return tuple(v.value for v in feature.enum_configuration if v.deleted_at is None)


def features_by_any_id(
    identifiers: Sequence[str], known: Mapping[str, Feature]
) -> tuple[Feature, ...]:
    """The features that `identifiers` name, in order; the first unknown raises FeatureNotFound."""
    for identifier in identifiers:
        if identifier not in known:
            raise feature_not_found(identifier)
    return tuple(known[identifier] for identifier in identifiers)


def _checked(feature: Feature) -> Feature:
    require_display_name(feature.display_name)
    require_description(feature.description)
    _require_units(feature)
    if feature.meter is not None and not is_metered(feature):
        raise InvalidInput(
            ErrorCode.MeterMustBeAssociatedToMeteredFeature,
            f"Feature {feature.ref_id} is not metered, so it cannot have a meter",
        )
    if feature.unit_transformation is not None:
        _require_transformation(feature.unit_transformation, feature)
    return feature


def _require_units(feature: Feature) -> None:
    singular, plural = feature.feature_units or None, feature.feature_units_plural or None
    _require_both_units(singular, plural)
    if singular is not None and feature.feature_type is not FeatureType.NUMBER:
        raise bad_input("featureUnits are for NUMBER features only")


def _require_both_units(singular: str | None, plural: str | None) -> None:
    if (singular is None) != (plural is None):
        raise bad_input("featureUnits and featureUnitsPlural go together")
    for text, field in ((singular, "featureUnits"), (plural, "featureUnitsPlural")):
        if text is not None:
            require_length(text, field=field, minimum=1, maximum=UNITS_LENGTH_MAX)


def _require_transformation(transformation: UnitTransformation, feature: Feature) -> None:
    if not is_metered(feature):
        raise bad_input("unitTransformation is for metered features only")
    if transformation.divide < Decimal(1):
        raise bad_input("unitTransformation.divide must be at least 1")
    _require_both_units(transformation.feature_units, transformation.feature_units_plural)


def _enum_values(
    type_: FeatureType,
    given: Sequence[EnumValue],
    *,
    old: Sequence[EnumValue],
    now: datetime,
) -> tuple[EnumValue, ...]:
    """The given values, live, then the old ones that were left out, deleted at `now`."""
    if type_ is not FeatureType.ENUM:
        if given:
            raise bad_input("enumConfiguration is for ENUM features only")
        return ()
    if not given:
        raise bad_input("enumConfiguration must have at least one value")
    if len(given) > ENUM_VALUES_MAX:
        raise InvalidInput(
            ErrorCode.FeatureConfigurationExceededLimitError,
            f"enumConfiguration must have at most {ENUM_VALUES_MAX} values",
        )
    names = {value.value for value in given}
    if len(names) != len(given):
        raise bad_input("enumConfiguration values must be unique")
    for value in given:
        require_length(
            value.value, field="enumConfiguration.value", minimum=1, maximum=DESCRIPTION_LENGTH_MAX
        )
        require_display_name(value.display_name, field="enumConfiguration.displayName")
    dropped = (
        replace(value, deleted_at=value.deleted_at or now)
        for value in old
        if value.value not in names
    )
    return (*(replace(value, deleted_at=None) for value in given), *dropped)


def _meter(
    definition: MeterDefinition | None, *, old: Meter | None, id: UUID, now: datetime
) -> Meter | None:
    if definition is None:
        return None
    if definition.function is not AggregationFunction.COUNT and not definition.field:
        raise invalid_argument(f"meter.aggregation.field is required for {definition.function}")
    if old is not None and _defined(old) == definition:
        return old
    return Meter(
        id=old.id if old else id,
        filters=definition.filters,
        function=definition.function,
        field=definition.field,
        created_at=old.created_at if old else now,
        updated_at=now,
    )


def _defined(meter: Meter) -> MeterDefinition:
    return MeterDefinition(filters=meter.filters, function=meter.function, field=meter.field)
