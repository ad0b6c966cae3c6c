"""Promotional entitlements over the whole path. Source: spec, entitlements §8, examples 6, 26."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.usecases.due import run_due
from domain.catalog.enums import FeatureGroupStatus, FeatureStatus, FeatureType, MeterType
from domain.catalog.model import EnumValue, FeatureGroup
from domain.ids import FeatureGroupId
from persistence.mapping.copy import to_columns
from persistence.rows.catalog import FeatureGroupRow
from tests.app.usage.test_reporting import CHECK
from tests.builders import utc
from tests.conftest import Execute, Recorder
from tests.support import MovableClock
from tests.world import World

FIELDS = """
  id status period startDate endDate usageLimit hasUnlimitedUsage hasSoftLimit enumValues isVisible
  featureId featureGroupIds resetPeriod feature { refId } customer { refId }
  resetPeriodConfiguration { ... on MonthlyResetPeriodConfig { monthlyAccordingTo } }
"""
GRANT = f"""
mutation Grant($input: GrantPromotionalEntitlementsInput!) {{
  grantPromotionalEntitlements(input: $input) {{ {FIELDS} }}
}}
"""
REVOKE = f"""
mutation Revoke($input: RevokePromotionalEntitlementInput!) {{
  revokePromotionalEntitlement(input: $input) {{ {FIELDS} }}
}}
"""
GROUP = """
mutation Group($input: %sPromotionalEntitlementsGroupInput!) {
  %sPromotionalEntitlementsGroup(input: $input) { id featureGroupIds feature { refId } }
}
"""
LIST = """
query List($filter: PromotionalEntitlementFilter) {
  promotionalEntitlements(filter: $filter) { totalCount edges { node { id status } } }
}
"""
STATE = """
query State($query: FetchEntitlementsQuery!) {
  entitlementsState(query: $query) {
    accessDeniedReason entitlements { feature { refId } }
    entitlementsV2 { ... on FeatureEntitlement { feature { refId } validUntil } }
  }
}
"""


class Promoter:
    """Grants and checks for customer-1."""

    def __init__(self, execute: Execute) -> None:
        self.execute = execute

    async def answer(self, *grants: dict[str, Any], customer: str = "customer-1") -> Any:
        grants = tuple({"featureId": "feature-f", "period": "LIFETIME"} | g for g in grants)
        given = {"customerId": customer, "promotionalEntitlements": list(grants)}
        return await self.execute(GRANT, {"input": given})

    async def grant(self, **given: Any) -> Any:
        return (await self.answer(given)).ok["grantPromotionalEntitlements"][0]

    async def code(self, **given: Any) -> str:
        codes: list[str] = (await self.answer(given)).codes
        return codes[0]

    async def check(self, feature: str = "feature-f") -> Any:
        query = {"customerId": "customer-1", "featureId": feature}
        return (await self.execute(CHECK, {"query": query})).ok["entitlement"]

    async def revoke(self, feature: str = "feature-f") -> Any:
        given = {"customerId": "customer-1", "featureId": feature}
        return await self.execute(REVOKE, {"input": given})

    async def group(self, verb: str, **given: Any) -> Any:
        document = GROUP % (verb.capitalize(), verb)
        given = {"customerId": "customer-1", "featureGroupId": "group-1"} | given
        return await self.execute(document, {"input": given})


@pytest.fixture
def promoter(execute: Execute) -> Promoter:
    return Promoter(execute)


async def test_06_a_month_from_the_31st_then_the_plan_again(
    world: World, promoter: Promoter, clock: MovableClock
) -> None:
    clock.set(utc("2024-01-31T10:00"))
    await world.feature()
    await world.plan("plan-basic", world.gives(limit=50))
    await world.customer()
    await world.subscribe("plan-basic")
    assert (await promoter.check())["usageLimit"] == 50
    grant = await promoter.grant(usageLimit=200, period="ONE_MONTH")
    assert grant["endDate"] == "2024-02-29T10:00:00.000Z"
    assert (grant["status"], grant["isVisible"]) == ("Active", True)
    assert (await promoter.check())["usageLimit"] == 200
    clock.set(utc("2024-02-29T10:00"))
    assert (await promoter.check())["usageLimit"] == 50
    await promoter.grant(usageLimit=20)
    assert (await promoter.check())["usageLimit"] == 50


async def test_26_a_promotion_alone_entitles_and_nobody_has_nothing(
    world: World, promoter: Promoter, execute: Execute
) -> None:
    await world.feature()
    await world.customer()

    async def state(customer: str) -> Any:
        return (await execute(STATE, {"query": {"customerId": customer}})).ok["entitlementsState"]

    nothing: dict[str, Any] = {"entitlements": [], "entitlementsV2": []}
    assert await state("nobody") == {"accessDeniedReason": "CustomerNotFound"} | nothing
    assert await state("customer-1") == {"accessDeniedReason": "NoActiveSubscription"} | nothing
    await promoter.grant(usageLimit=5)
    alone = await state("customer-1")
    assert alone["accessDeniedReason"] is None
    assert alone["entitlements"] == [{"feature": {"refId": "feature-f"}}]


async def test_granting_again_replaces_and_keeps_the_id(
    world: World, promoter: Promoter, clock: MovableClock
) -> None:
    await world.feature()
    await world.customer()
    first = await promoter.grant(usageLimit=5, period="ONE_WEEK")
    clock.move(days=3)
    again = await promoter.grant(hasUnlimitedUsage=True, period="ONE_WEEK")
    assert again["id"] == first["id"]
    assert again["endDate"] > first["endDate"]
    assert (again["usageLimit"], again["hasUnlimitedUsage"]) == (None, True)


async def test_what_may_not_be_granted(
    world: World, promoter: Promoter, clock: MovableClock
) -> None:
    await world.feature()
    await world.feature("feature-config", meter_type=MeterType.NoMeter)
    await world.feature("feature-old", feature_status=FeatureStatus.SUSPENDED)
    await world.feature(
        "feature-enum",
        feature_type=FeatureType.ENUM,
        meter_type=MeterType.NoMeter,
        enum_configuration=(EnumValue(value="us", display_name="US"),),
    )
    await world.customer()
    assert (await promoter.answer()).codes == ["InvalidArgumentError"]
    assert await promoter.code() == "InvalidArgumentError"
    assert await promoter.code(usageLimit=-1) == "InvalidArgumentError"
    assert await promoter.code(usageLimit=1e30) == "InvalidArgumentError"
    assert await promoter.code(usageLimit=1, period="CUSTOM") == "InvalidArgumentError"
    past = {"usageLimit": 1, "period": "CUSTOM", "customEndDate": "2020-01-01"}
    assert await promoter.code(**past) == "InvalidArgumentError"
    assert await promoter.code(featureId="feature-enum") == "InvalidArgumentError"
    assert await promoter.code(featureId="feature-enum", enumValues=["x"]) == "InvalidArgumentError"
    assert await promoter.code(featureId="none") == "FeatureNotFound"
    assert await promoter.code(featureId="feature-old", usageLimit=1) == "EntityIsArchivedError"
    weekly = {"weeklyResetPeriodConfiguration": {"accordingTo": "EveryMonday"}}
    for wrong in (
        {"featureId": "feature-config", "resetPeriod": "MONTH"},
        {"resetPeriod": "MONTH"} | weekly,
        weekly,
    ):
        assert await promoter.code(usageLimit=1, **wrong) == "InvalidEntitlementResetPeriod"
    unknown = await promoter.answer({"usageLimit": 1}, customer="nobody")
    assert unknown.codes == ["CustomerNotFound"]


async def test_a_grant_is_all_or_none(world: World, promoter: Promoter, execute: Execute) -> None:
    await world.feature()
    await world.customer()
    answer = await promoter.answer({"usageLimit": 1}, {"featureId": "none", "usageLimit": 1})
    assert answer.codes == ["FeatureNotFound"]
    listed = (await execute(LIST)).ok["promotionalEntitlements"]
    assert listed["totalCount"] == 0


async def test_revoking_takes_access_at_once(world: World, promoter: Promoter) -> None:
    await world.feature()
    await world.customer()
    grant = await promoter.grant(usageLimit=5)
    assert (await promoter.check())["isGranted"] is True
    revoked = (await promoter.revoke()).ok["revokePromotionalEntitlement"]
    assert revoked["id"] == grant["id"]
    denied = await promoter.check()
    assert denied["accessDeniedReason"] == "NoActiveSubscription"
    assert (await promoter.revoke()).codes == ["PromotionalEntitlementNotFoundError"]


async def test_the_list_filters_by_the_status_of_the_clock(
    world: World, promoter: Promoter, execute: Execute, clock: MovableClock
) -> None:
    await world.feature()
    await world.feature("feature-g")
    await world.customer()
    week = await promoter.grant(usageLimit=5, period="ONE_WEEK")
    ever = await promoter.grant(usageLimit=5, featureId="feature-g")

    async def ids(status: str) -> list[str]:
        answer = (await execute(LIST, {"filter": {"status": {"eq": status}}})).ok
        return [edge["node"]["id"] for edge in answer["promotionalEntitlements"]["edges"]]

    assert set(await ids("Active")) == {week["id"], ever["id"]}
    clock.move(days=8)
    assert await ids("Active") == [ever["id"]]
    assert await ids("Expired") == [week["id"]]


async def a_group(world: World, engine: AsyncEngine, ref_id: str, *features: str) -> FeatureGroup:
    group = FeatureGroup(
        id=FeatureGroupId(world.runtime.ids.new_uuid()),
        feature_group_id=ref_id,
        display_name=ref_id,
        feature_ids=tuple(world.features[feature].id for feature in features),
        status=FeatureGroupStatus.PUBLISHED,
        is_latest=True,
        version_number=1,
        created_at=world.now,
        updated_at=world.now,
    )
    environment_id = world.runtime.environment.environment_id
    async with engine.begin() as connection:
        columns = to_columns(group, FeatureGroupRow, environment_id=environment_id)
        await connection.execute(insert(FeatureGroupRow).values(columns))
    return group


def terms(*features: str) -> dict[str, Any]:
    return {
        "promotionalEntitlements": [
            {"featureId": feature, "period": "LIFETIME", "usageLimit": 1} for feature in features
        ]
    }


async def test_a_group_is_granted_whole_and_revoked_but_for_shared_rows(
    world: World, promoter: Promoter, engine: AsyncEngine
) -> None:
    for feature in ("feature-f", "feature-g", "feature-h"):
        await world.feature(feature)
    await world.customer()
    await a_group(world, engine, "group-1", "feature-f", "feature-g")
    await a_group(world, engine, "group-2", "feature-g", "feature-h")
    for features, code in (
        (["feature-f"], "FeatureGroupMissingFeaturesError"),
        (["feature-f", "feature-g", "feature-h"], "FeatureNotBelongToFeatureGroupError"),
    ):
        assert (await promoter.group("grant", **terms(*features))).codes == [code]
    unknown = await promoter.group("grant", featureGroupId="none", **terms("feature-f"))
    assert unknown.codes == ["FeatureGroupNotFoundError"]

    await promoter.grant(usageLimit=7)
    granted = (await promoter.group("grant", **terms("feature-g"))).ok
    rows = granted["grantPromotionalEntitlementsGroup"]
    assert {row["feature"]["refId"] for row in rows} == {"feature-f", "feature-g"}
    await promoter.group("grant", featureGroupId="group-2", **terms("feature-h"))
    assert (await promoter.revoke("feature-g")).codes == ["EntitlementBelongsToFeatureGroupError"]

    await promoter.group("revoke")
    assert (await promoter.check("feature-f"))["isGranted"] is False
    assert (await promoter.check("feature-g"))["isGranted"] is True
    await promoter.group("unlink", featureGroupId="group-2")
    assert (await promoter.check("feature-h"))["isGranted"] is True
    assert (await promoter.revoke("feature-h")).ok


async def test_what_has_expired_is_granted_no_more(
    world: World, promoter: Promoter, clock: MovableClock, engine: AsyncEngine
) -> None:
    await world.feature()
    await world.feature("feature-g")
    await world.customer()
    await a_group(world, engine, "group-1", "feature-f", "feature-g")
    first = await promoter.grant(usageLimit=7, period="ONE_WEEK")
    clock.move(days=7)
    lacking = await promoter.group("grant", **terms("feature-g"))
    assert lacking.codes == ["FeatureGroupMissingFeaturesError"]
    await promoter.group("grant", **terms("feature-f", "feature-g"))
    again = await promoter.grant(usageLimit=7, period="ONE_WEEK")
    assert (again["id"], len(again["featureGroupIds"])) == (first["id"], 1)
    clock.move(days=7)
    assert (await promoter.grant(usageLimit=7))["featureGroupIds"] == []


async def test_an_expired_grant_of_an_archived_feature_is_not_renewed(
    world: World, promoter: Promoter, clock: MovableClock
) -> None:
    feature = await world.feature()
    await world.customer()
    await promoter.grant(usageLimit=7, period="ONE_WEEK")
    async with world.runtime.new_unit_of_work() as work:
        await work.features.save(replace(feature, feature_status=FeatureStatus.SUSPENDED))
        await work.commit()
    await promoter.grant(usageLimit=8, period="ONE_WEEK")
    clock.move(days=7)
    assert await promoter.code(usageLimit=9) == "EntityIsArchivedError"


LEGACY = """
mutation Legacy($create: CreateManyPromotionalEntitlementsInput!) {
  createManyPromotionalEntitlements(input: $create) { id usageLimit description endDate }
}
"""


async def test_the_legacy_roots_act_on_the_same_rows(
    world: World, promoter: Promoter, execute: Execute
) -> None:
    await world.feature()
    await world.customer()
    item = {
        "customerId": "customer-1",
        "environmentId": str(world.runtime.environment.environment_id),
        "featureId": str(world.features["feature-f"].id),
        "isVisible": False,
        "period": "LIFETIME",
        "usageLimit": 3,
        "description": "thanks",
    }
    created = await execute(LEGACY, {"create": {"promotionalEntitlements": [item]}})
    row = created.ok["createManyPromotionalEntitlements"][0]
    assert (row["usageLimit"], row["description"]) == (3, "thanks")
    update = """
    mutation Update($input: UpdateOnePromotionalEntitlementInput!) {
      updateOnePromotionalEntitlement(input: $input) { id usageLimit period endDate }
    }
    """
    terms = {"isVisible": True, "period": "ONE_WEEK", "usageLimit": 9}
    changed = await execute(update, {"input": {"id": row["id"], "update": terms}})
    assert changed.ok["updateOnePromotionalEntitlement"]["usageLimit"] == 9
    assert (await promoter.check())["usageLimit"] == 9
    delete = """
    mutation Delete($input: DeleteOnePromotionalEntitlementInput!) {
      deleteOnePromotionalEntitlement(input: $input) { id status featureId }
    }
    """
    deleted = await execute(delete, {"input": {"id": row["id"]}})
    assert deleted.ok["deleteOnePromotionalEntitlement"]["id"] == row["id"]
    again = await execute(delete, {"input": {"id": row["id"]}})
    assert again.codes == ["PromotionalEntitlementNotFoundError"]


async def test_a_list_costs_as_many_statements_for_ten_rows_as_for_one(
    world: World, promoter: Promoter, execute: Execute, count_statements: Recorder
) -> None:
    await world.customer()
    document = f"{{ promotionalEntitlements {{ edges {{ node {{ {FIELDS} }} }} }} }}"
    counts = []
    for number in range(10):
        await world.feature(f"feature-{number}")
        await promoter.grant(featureId=f"feature-{number}", usageLimit=1)
        with count_statements() as executed:
            await execute(document)
        counts.append(len(executed))
    assert counts[0] == counts[-1]


async def test_an_end_is_told_a_week_ahead_and_when_it_came_each_once(
    world: World, promoter: Promoter, engine: AsyncEngine, clock: MovableClock
) -> None:
    await world.feature()
    await world.customer()
    await promoter.grant(usageLimit=5, period="ONE_MONTH")

    async def told() -> list[tuple[str, str]]:
        await run_due(world.runtime, world.now)
        await run_due(world.runtime, world.now)
        statement = text(
            "SELECT type, created_at FROM events WHERE environment_id = :id "
            "AND type LIKE 'PROMOTIONAL%' AND type NOT LIKE '%GRANTED' "
            "AND type NOT LIKE '%UPDATED' ORDER BY sequence"
        )
        async with engine.connect() as connection:
            id = world.runtime.environment.environment_id
            found = (await connection.execute(statement, {"id": id})).all()
        return [(row.type.removeprefix("PROMOTIONAL_ENTITLEMENT_"), str(row[1])) for row in found]

    assert await told() == []
    clock.set(utc("2024-04-04"))
    soon = ("ENDS_SOON", "2024-04-03 12:00:00+00:00")
    assert await told() == [soon]
    clock.set(utc("2024-05-01"))
    expired = ("EXPIRED", "2024-04-10 12:00:00+00:00")
    assert await told() == [soon, expired]
    await promoter.grant(usageLimit=5, period="ONE_WEEK")
    assert [type_ for type_, _ in await told()] == ["ENDS_SOON", "EXPIRED", "ENDS_SOON"]
