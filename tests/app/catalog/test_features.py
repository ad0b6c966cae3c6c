"""Features through GraphQL (spec, catalog §2 and §11)."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.ports import Runtime
from domain.catalog.enums import EntitlementResetPeriod, FeatureGroupStatus
from domain.catalog.model import AccordingTo, FeatureEntitlement, FeatureGroup, ResetRule
from domain.ids import FeatureGroupId, FeatureId, PackageId, PriceId, SubscriptionId
from tests.builders import a_customer, a_plan, a_price, a_subscription
from tests.conftest import Execute, Recorder
from tests.support import START, MovableClock

CREATE = "mutation ($input: FeatureInput!) { createFeature(input: $input) { id refId } }"
UPDATE = """mutation ($input: UpdateFeatureInput!) { updateFeature(input: $input) {
  refId displayName description featureUnits additionalMetaData
  enumConfiguration { value displayName deletedAt }
} }"""
ARCHIVE = "mutation ($id: String!) { archiveFeature(input: {id: $id}) { featureStatus } }"
UNARCHIVE = "mutation ($id: String!) { unarchiveFeature(input: {id: $id}) { featureStatus } }"
LIST = """query ($filter: FeatureFilter, $sorting: [FeatureSort!], $paging: CursorPaging) {
  features(filter: $filter, sorting: $sorting, paging: $paging) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { refId hasEntitlements usedEnumValues environment { id account { id } } } }
  }
}"""


async def create(execute: Execute, runtime: Runtime, ref_id: str, **given: Any) -> str:
    values = {
        "environmentId": str(runtime.environment.environment_id),
        "refId": ref_id,
        "displayName": ref_id,
        "featureType": "NUMBER",
    }
    answer = await execute(CREATE, {"input": values | given})
    return str(answer.ok["createFeature"]["id"])


def env(runtime: Runtime) -> str:
    return str(runtime.environment.environment_id)


async def test_a_metered_feature_comes_back_with_all_it_was_given(
    execute: Execute, runtime: Runtime
) -> None:
    answer = await execute(
        """mutation ($input: FeatureInput!) { createFeature(input: $input) {
          refId displayName description featureType meterType featureStatus featureUnits
          featureUnitsPlural hasMeter hasEntitlements usedEnumValues environmentId createdAt
          additionalMetaData enumConfiguration { value }
          unitTransformation { divide round featureUnits featureUnitsPlural }
          meter { environmentId aggregation { function field }
                  filters { conditions { field operation value values } } }
        } }""",
        {
            "input": {
                "environmentId": env(runtime),
                "refId": "feature-storage",
                "displayName": "Storage",
                "description": "GB stored",
                "featureType": "NUMBER",
                "meterType": "Incremental",
                "featureUnits": "byte",
                "featureUnitsPlural": "bytes",
                "additionalMetaData": {"team": "core"},
                "unitTransformation": {
                    "divide": 1000000000,
                    "featureUnits": "GB",
                    "featureUnitsPlural": "GB",
                },
                "meter": {
                    "aggregation": {"function": "SUM", "field": "bytes"},
                    "filters": [
                        {
                            "conditions": [
                                {"field": "eventName", "operation": "EQUALS", "value": "put"}
                            ]
                        }
                    ],
                },
            }
        },
    )
    assert answer.ok["createFeature"] == {
        "refId": "feature-storage",
        "displayName": "Storage",
        "description": "GB stored",
        "featureType": "NUMBER",
        "meterType": "Incremental",
        "featureStatus": "ACTIVE",
        "featureUnits": "byte",
        "featureUnitsPlural": "bytes",
        "hasMeter": True,
        "hasEntitlements": False,
        "usedEnumValues": [],
        "environmentId": env(runtime),
        "createdAt": "2025-01-01T00:00:00.000Z",
        "additionalMetaData": {"team": "core"},
        "enumConfiguration": [],
        "unitTransformation": {
            "divide": 1e9,
            "round": "UP",
            "featureUnits": "GB",
            "featureUnitsPlural": "GB",
        },
        "meter": {
            "environmentId": env(runtime),
            "aggregation": {"function": "SUM", "field": "bytes"},
            "filters": [
                {
                    "conditions": [
                        {"field": "eventName", "operation": "EQUALS", "value": "put", "values": []}
                    ]
                }
            ],
        },
    }


@pytest.mark.parametrize("function", ["SUM", "MIN", "MAX", "AVG", "UNIQUE"])
async def test_every_aggregation_but_count_needs_a_field(
    execute: Execute, runtime: Runtime, function: str
) -> None:
    answer = await execute(
        CREATE,
        {
            "input": {
                "environmentId": env(runtime),
                "refId": "feature-metered",
                "displayName": "Metered",
                "featureType": "NUMBER",
                "meterType": "Incremental",
                "meter": {"aggregation": {"function": function}, "filters": []},
            }
        },
    )
    assert answer.codes == ["InvalidArgumentError"]


async def test_a_taken_ref_id_is_refused_even_when_archived(
    execute: Execute, runtime: Runtime
) -> None:
    id = await create(execute, runtime, "feature-a")
    (await execute(ARCHIVE, {"id": id})).ok  # noqa: B018
    answer = await execute(
        CREATE,
        {
            "input": {
                "environmentId": env(runtime),
                "refId": "feature-a",
                "displayName": "A",
                "featureType": "BOOLEAN",
            }
        },
    )
    assert answer.codes == ["DuplicatedEntityNotAllowed"]
    assert answer.errors[0]["extensions"]["entityName"] == "Feature"
    assert answer.errors[0]["extensions"]["identifier"] == "feature-a"


async def test_an_update_keeps_what_is_absent_and_clears_what_is_null(
    execute: Execute, runtime: Runtime, clock: MovableClock
) -> None:
    await create(
        execute,
        runtime,
        "feature-plan",
        featureType="ENUM",
        description="old",
        enumConfiguration=[{"value": v, "displayName": v.upper()} for v in ("a", "b")],
        additionalMetaData={"k": "v"},
    )
    clock.move(days=1)
    answer = await execute(
        UPDATE,
        {
            "input": {
                "environmentId": env(runtime),
                "refId": "feature-plan",
                "description": None,
                "enumConfiguration": [{"value": "b", "displayName": "B"}],
            }
        },
    )
    assert answer.ok["updateFeature"] == {
        "refId": "feature-plan",
        "displayName": "feature-plan",
        "description": None,
        "featureUnits": None,
        "additionalMetaData": {"k": "v"},
        "enumConfiguration": [
            {"value": "b", "displayName": "B", "deletedAt": None},
            {"value": "a", "displayName": "A", "deletedAt": "2025-01-02T00:00:00.000Z"},
        ],
    }


async def test_archiving_suspends_by_ref_id_or_uuid(execute: Execute, runtime: Runtime) -> None:
    id = await create(execute, runtime, "feature-a")
    archived = await execute(ARCHIVE, {"id": "feature-a"})
    assert archived.ok["archiveFeature"]["featureStatus"] == "SUSPENDED"
    live = await execute(UNARCHIVE, {"id": id})
    assert live.ok["unarchiveFeature"]["featureStatus"] == "ACTIVE"


async def test_deleting_frees_the_ref_id(execute: Execute, runtime: Runtime) -> None:
    await create(execute, runtime, "feature-a")
    await create(execute, runtime, "feature-b")
    for root, ref_id in (("deleteFeature", "feature-a"), ("deleteOneFeature", "feature-b")):
        deleted = await execute(
            f"mutation ($id: String!) {{ {root}(input: {{id: $id}}) {{ refId }} }}", {"id": ref_id}
        )
        assert deleted.ok[root]["refId"] == ref_id
        exists = await execute(
            "query ($input: DoesFeatureExist!) { doesFeatureExist(input: $input) }",
            {"input": {"environmentId": env(runtime), "refId": ref_id}},
        )
        assert exists.ok == {"doesFeatureExist": False}


async def test_unknown_features_are_named_in_the_refusal(execute: Execute) -> None:
    answer = await execute('mutation { archiveFeature(input: {id: "feature-none"}) { id } }')
    assert answer.codes == ["FeatureNotFound"]
    assert answer.errors[0]["extensions"]["refId"] == "feature-none"


async def test_another_environment_is_denied(execute: Execute) -> None:
    answer = await execute(
        'mutation ($e: String!) { archiveFeature(input: {id: "x", environmentId: $e}) { id } }',
        {"e": str(UUID(int=1))},
    )
    assert answer.codes == ["AccessDeniedError"]


async def test_lists_filter_sort_and_page(
    execute: Execute, runtime: Runtime, clock: MovableClock
) -> None:
    for name in ("feature-a", "feature-b", "feature-c"):
        await create(execute, runtime, name)
        clock.move(seconds=1)
    await create(execute, runtime, "feature-m", meterType="Fluctuating")
    newest = await execute(LIST, {})
    refs = [edge["node"]["refId"] for edge in newest.ok["features"]["edges"]]
    assert refs == ["feature-m", "feature-c", "feature-b", "feature-a"]
    page = await execute(
        LIST,
        {
            "filter": {"meterType": {"eq": "None"}},
            "sorting": [{"field": "refId", "direction": "ASC"}],
            "paging": {"first": 2},
        },
    )
    features = page.ok["features"]
    assert [edge["node"]["refId"] for edge in features["edges"]] == ["feature-a", "feature-b"]
    assert features["totalCount"] == 3
    assert features["pageInfo"]["hasNextPage"] is True


async def test_a_list_of_features_takes_as_many_statements_for_one_as_for_twenty(
    execute: Execute, runtime: Runtime, count_statements: Recorder
) -> None:
    await create(execute, runtime, "feature-0")
    with count_statements() as for_one:
        (await execute(LIST, {"paging": {"first": 20}})).ok  # noqa: B018
    for i in range(1, 20):
        await create(execute, runtime, f"feature-{i}")
    with count_statements() as for_twenty:
        answer = await execute(LIST, {"paging": {"first": 20}})
    assert len(answer.ok["features"]["edges"]) == 20
    assert len(for_twenty) == len(for_one)


ASSOCIATED = """query ($input: FeatureAssociatedLatestPackages!) {
  featureAssociatedLatestPackages(input: $input) {
    featureGroups { refId }
    packages { refId type hasCharge isCreditConsumption productId featureGroups { refId }
      entitlement { usageLimit hasUnlimitedUsage resetPeriod } } } }"""


async def test_the_latest_packages_and_groups_of_a_feature_are_told(
    execute: Execute, runtime: Runtime
) -> None:
    id = FeatureId(UUID(await create(execute, runtime, "feature-a", meterType="Fluctuating")))
    group = FeatureGroup(
        id=FeatureGroupId(runtime.ids.new_uuid()),
        feature_group_id="group-a",
        display_name="A",
        feature_ids=(id,),
        status=FeatureGroupStatus.PUBLISHED,
        is_latest=True,
        version_number=1,
        created_at=START,
        updated_at=START,
    )
    entitlement = FeatureEntitlement(
        id=runtime.ids.new_uuid(),
        feature_id=id,
        usage_limit=Decimal(5),
        reset_rule=ResetRule(EntitlementResetPeriod.MONTH, AccordingTo.SubscriptionStart),
        feature_group_ids=(group.id,),
        created_at=START,
        updated_at=START,
    )
    entitled = a_plan(
        "plan-entitled", id=PackageId(runtime.ids.new_uuid()), entitlements=(entitlement,)
    )
    charge = a_price(1, id=PriceId(runtime.ids.new_uuid()), feature_id=id)
    charged = a_plan("plan-charged", charge, id=PackageId(runtime.ids.new_uuid()))
    async with runtime.new_unit_of_work() as work:
        await work.feature_groups.add(group)
        await work.packages.save(entitled, charged)
        await work.commit()
    values = {"environmentId": env(runtime), "featureId": "feature-a"}
    answer = await execute(ASSOCIATED, {"input": values})
    assert answer.ok["featureAssociatedLatestPackages"] == {
        "featureGroups": [{"refId": "group-a"}],
        "packages": [
            {
                "refId": "plan-charged",
                "type": "Plan",
                "hasCharge": True,
                "isCreditConsumption": False,
                "productId": str(charged.product_id),
                "featureGroups": [],
                "entitlement": None,
            },
            {
                "refId": "plan-entitled",
                "type": "Plan",
                "hasCharge": False,
                "isCreditConsumption": False,
                "productId": str(entitled.product_id),
                "featureGroups": [{"refId": "group-a"}],
                "entitlement": {
                    "usageLimit": 5.0,
                    "hasUnlimitedUsage": False,
                    "resetPeriod": "MONTH",
                },
            },
        ],
    }
    linking = await execute(
        """query ($input: FeatureGroupAssociatedLatestPackagesInput!) {
          featureGroupAssociatedLatestPackages(input: $input) { refId } }""",
        {"input": {"environmentId": env(runtime), "featureGroupId": "group-a"}},
    )
    assert linking.ok == {"featureGroupAssociatedLatestPackages": [{"refId": "plan-entitled"}]}


async def test_a_used_feature_is_neither_archived_nor_deleted(
    execute: Execute, runtime: Runtime
) -> None:
    """Worked example 25."""
    id = FeatureId(UUID(await create(execute, runtime, "feature-sso", featureType="BOOLEAN")))
    entitlement = FeatureEntitlement(
        id=runtime.ids.new_uuid(), feature_id=id, created_at=START, updated_at=START
    )
    plan = a_plan("plan-a", id=PackageId(runtime.ids.new_uuid()), entitlements=(entitlement,))
    async with runtime.new_unit_of_work() as work:
        await work.packages.save(plan)
        await work.commit()
    assert (await execute(ARCHIVE, {"id": "feature-sso"})).codes == ["CannotArchiveFeatureError"]
    deleted = await execute(
        "mutation ($id: String!) { deleteFeature(input: {id: $id}) { refId } }",
        {"id": "feature-sso"},
    )
    assert deleted.codes == ["CannotDeleteFeatureError"]
    assert deleted.errors[0]["extensions"]["refId"] == "feature-sso"


async def test_text_that_cannot_be_stored_is_bad_input(execute: Execute, runtime: Runtime) -> None:
    values: dict[str, Any] = {
        "environmentId": env(runtime),
        "refId": "feature-a",
        "displayName": "a\0b",
        "featureType": "BOOLEAN",
    }
    assert (await execute(CREATE, {"input": values})).codes == ["BadUserInput"]
    values |= {"displayName": "a", "additionalMetaData": {"k": "a\0b"}}
    assert (await execute(CREATE, {"input": values})).codes == ["BadUserInput"]
    assert (await execute(ARCHIVE, {"id": "a\0b"})).codes == ["BadUserInput"]


async def test_a_transformation_is_fixed_while_subscribed(
    execute: Execute, runtime: Runtime
) -> None:
    id = FeatureId(UUID(await create(execute, runtime, "feature-a", meterType="Incremental")))
    entitlement = FeatureEntitlement(
        id=runtime.ids.new_uuid(), feature_id=id, created_at=START, updated_at=START
    )
    plan = a_plan("plan-a", id=PackageId(runtime.ids.new_uuid()), entitlements=(entitlement,))
    subscription = a_subscription(a_customer(), plan, id=SubscriptionId(runtime.ids.new_uuid()))
    async with runtime.new_unit_of_work() as work:
        await work.packages.save(plan)
        await work.subscriptions.save(subscription)
        await work.commit()
    values = {
        "environmentId": env(runtime),
        "refId": "feature-a",
        "unitTransformation": {"divide": 10},
    }
    assert (await execute(UPDATE, {"input": values})).codes == [
        "CannotUpdateUnitTransformationError"
    ]


async def test_concurrent_updates_do_not_undo_each_other(
    execute: Execute, runtime: Runtime
) -> None:
    await create(execute, runtime, "feature-a")
    fields: list[dict[str, Any]] = [
        {"description": "d"},
        {"displayName": "D"},
        {"additionalMetaData": {"k": "v"}},
    ]
    answers = await asyncio.gather(
        *(
            execute(
                UPDATE,
                {"input": {"environmentId": env(runtime), "refId": "feature-a", **field}},
            )
            for field in fields
        )
    )
    assert all(answer.ok for answer in answers)
    feature = await runtime.readers.features.by_any_id("feature-a")
    assert feature is not None
    assert (feature.description, feature.display_name) == ("d", "D")
    assert feature.additional_meta_data == {"k": "v"}


async def test_a_list_of_another_environment_is_denied(execute: Execute, runtime: Runtime) -> None:
    other = {"environmentId": {"eq": str(UUID(int=1))}}
    for filter in (other, {"or": [{"refId": {"eq": "x"}}, other]}):
        assert (await execute(LIST, {"filter": filter})).codes == ["AccessDeniedError"]
    own = {"environmentId": {"in": [env(runtime)]}}
    assert (await execute(LIST, {"filter": own})).ok["features"]["totalCount"] == 0
