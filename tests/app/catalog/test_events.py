"""What happens to catalogue entities is told once, with the body that webhooks carry."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from persistence.rows.outbox import EventRow
from tests.conftest import Execute


@pytest.fixture
def told(engine: AsyncEngine, runtime: Runtime) -> Any:
    """`await told()`: the environment's events in order, as (type, data)."""

    async def read() -> list[tuple[str, Any]]:
        statement = (
            select(EventRow.type, EventRow.data)
            .where(EventRow.environment_id == runtime.environment.environment_id)
            .order_by(EventRow.sequence)
        )
        async with engine.connect() as connection:
            return [(row.type, row.data) for row in await connection.execute(statement)]

    return read


async def test_a_features_life_is_told_and_repetitions_are_not(
    execute: Execute, runtime: Runtime, told: Any
) -> None:
    environment_id = runtime.environment.environment_id
    created = await execute(
        f"""mutation {{ createFeature(input: {{environmentId: "{environment_id}",
          refId: "feature-a", displayName: "A", featureType: NUMBER, meterType: Incremental,
          featureUnits: "call", featureUnitsPlural: "calls"}}) {{ id }} }}"""
    )
    for root in (
        "archiveFeature",
        "archiveFeature",
        "unarchiveFeature",
        "unarchiveFeature",
        "deleteFeature",
    ):
        answer = await execute(f'mutation {{ {root}(input: {{id: "feature-a"}}) {{ id }} }}')
        assert answer.ok
    events = await told()
    assert [type_ for type_, _ in events] == [
        "FEATURE_CREATED",
        "FEATURE_ARCHIVED",
        "FEATURE_UPDATED",
        "FEATURE_DELETED",
    ]
    assert events[0][1] == {
        "entityId": created.ok["createFeature"]["id"],
        "id": "feature-a",
        "name": "A",
        "description": None,
        "featureType": "NUMBER",
        "meterType": "Incremental",
        "unit": "call",
        "units": "calls",
        "status": "ACTIVE",
    }


async def test_coupons_currencies_and_products_are_told(execute: Execute, told: Any) -> None:
    answer = await execute(
        """mutation {
          createOneCoupon(input: {refId: "coupon-a", name: "A", percentOff: 20}) { id }
          archiveOneCoupon(input: {refId: "coupon-a"}) { id }
          again: archiveOneCoupon(input: {refId: "coupon-a"}) { id }
          createCustomCurrency(input: {currencyId: "cred-a", displayName: "A"}) { id }
          archiveCustomCurrency(input: {currencyId: "cred-a"}) { id }
          unarchiveCustomCurrency(input: {currencyId: "cred-a"}) { id } }"""
    )
    assert answer.ok
    events = await told()
    assert [type_ for type_, _ in events] == [
        "COUPON_CREATED",
        "COUPON_ARCHIVED",
        "CUSTOM_CURRENCY_CREATED",
        "CUSTOM_CURRENCY_ARCHIVED",
        "CUSTOM_CURRENCY_UNARCHIVED",
    ]
    coupon = events[0][1]
    assert (coupon["couponType"], coupon["discountValue"]) == ("PERCENTAGE", 20.0)
    assert coupon["createdAt"] == "2025-01-01T00:00:00.000Z"


async def test_a_refused_change_is_not_told(execute: Execute, told: Any) -> None:
    refused = await execute(
        'mutation { createOneCoupon(input: {refId: "coupon-a", name: "A"}) { id } }'
    )
    assert refused.codes == ["BadUserInput"]
    assert await told() == []
