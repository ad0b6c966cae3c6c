"""Features and their like by UUID and by the caller's id."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.catalog.enums import AggregationFunction, ConditionOperation, MeterType
from domain.catalog.model import (
    EnumValue,
    Meter,
    MeterCondition,
    MeterFilter,
    UnitTransformation,
)
from domain.errors import Conflict, ErrorCode
from domain.ids import EnvironmentId
from persistence.readers.catalog import SqlFeatureReader
from persistence.unit_of_work import SqlUnitOfWork
from tests.builders import NOW, a_feature, uid
from tests.support import new_uuid


@pytest.fixture
async def work(engine: AsyncEngine) -> AsyncIterator[SqlUnitOfWork]:
    async with SqlUnitOfWork(engine, EnvironmentId(new_uuid())) as unit:
        yield unit


RICH = a_feature(
    "feature-rich",
    meter_type=MeterType.Incremental,
    enum_configuration=(EnumValue(value="a", display_name="A", deleted_at=NOW),),
    meter=Meter(
        id=uid("m"),
        filters=(
            MeterFilter(
                conditions=(
                    MeterCondition(field="f", operation=ConditionOperation.IN, values=("x", "y")),
                )
            ),
        ),
        function=AggregationFunction.SUM,
        field="bytes",
        created_at=NOW,
        updated_at=NOW,
    ),
    unit_transformation=UnitTransformation(divide=Decimal("1e9")),
    additional_meta_data={"k": "v"},
)


async def test_a_feature_comes_back_as_it_was_saved(work: SqlUnitOfWork) -> None:
    await work.features.add(RICH)
    assert await work.features.by_ids([RICH.id]) == {RICH.id: RICH}
    unmetered = a_feature("feature-plain", meter_type=MeterType.NoMeter)
    await work.features.add(unmetered)
    assert await work.features.by_ref_ids(["feature-plain"]) == {"feature-plain": unmetered}


async def test_the_uuid_is_tried_before_the_ref_id(work: SqlUnitOfWork) -> None:
    named = a_feature("feature-a")
    impostor = a_feature(str(named.id))
    await work.features.add(named)
    await work.features.add(impostor)
    assert await work.features.by_any_id(str(named.id)) == named
    assert await work.features.by_any_ids(["feature-a", str(impostor.id), "none"]) == {
        "feature-a": named,
        str(impostor.id): impostor,
    }


async def test_a_taken_ref_id_is_a_conflict(work: SqlUnitOfWork) -> None:
    await work.features.add(a_feature("feature-a"))
    with pytest.raises(Conflict) as error:
        await work.features.add(a_feature("feature-a", id=uid("other")))
    assert error.value.code is ErrorCode.DuplicatedEntityNotAllowed
    assert error.value.details == {"entityName": "Feature", "identifier": "feature-a"}


async def test_saving_overwrites_and_deleting_removes(work: SqlUnitOfWork) -> None:
    await work.features.add(RICH)
    changed = a_feature("feature-rich", id=RICH.id, updated_at=NOW + timedelta(days=1))
    await work.features.save(changed)
    assert await work.features.by_any_id("feature-rich") == changed
    await work.features.delete(changed)
    assert await work.features.by_any_id("feature-rich") is None


async def test_another_environment_sees_nothing(engine: AsyncEngine) -> None:
    tenant = EnvironmentId(new_uuid())
    feature = a_feature("feature-tenant", id=new_uuid())
    async with SqlUnitOfWork(engine, tenant) as work:
        await work.features.add(feature)
        await work.commit()
    assert await SqlFeatureReader(engine, tenant).by_any_id(str(feature.id)) == feature
    assert await SqlFeatureReader(engine, EnvironmentId(new_uuid())).by_ids([feature.id]) == {}
