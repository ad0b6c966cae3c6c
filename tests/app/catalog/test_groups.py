"""Feature groups and package groups through GraphQL (spec, catalog §2 and §4)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.ports import Runtime
from domain.catalog.enums import FeatureType, MeterType
from domain.catalog.model import FeatureEntitlement
from domain.ids import FeatureId, PackageId, ProductId
from tests.builders import a_feature, a_plan, a_product, an_addon
from tests.conftest import Execute, Recorder
from tests.support import START, MovableClock, new_uuid

CREATE_FEATURES = """mutation ($input: CreateFeatureGroupInput!) {
  createFeatureGroup(input: $input) {
    id featureGroupId displayName isLatest versionNumber status environmentId
    features { refId } } }"""
ARCHIVE_FEATURES = """mutation ($input: ArchiveFeatureGroupInput!) {
  archiveFeatureGroup(input: $input) { status } }"""
UNARCHIVE_FEATURES = """mutation ($input: UnArchiveFeatureGroupInput!) {
  unarchiveFeatureGroup(input: $input) { status } }"""
LIST_FEATURES = """query ($filter: FeatureGroupFilter, $paging: CursorPaging) {
  featureGroups(filter: $filter, paging: $paging) {
    edges { node { featureGroupId versionNumber isLatest features { refId } } } } }"""
CREATE = """mutation ($input: CreatePackageGroup!) { createPackageGroup(input: $input) {
  packageGroupId displayName description versionNumber isLatest status productId
  product { refId } } }"""
EDIT = """mutation ($input: EditPackageGroupDetailsInput!) { editPackageGroup(input: $input) {
  displayName description versionNumber isLatest } }"""
SET_ADDONS = """mutation ($input: SetPackageGroupAddons!) { setPackageGroupAddons(input: $input) {
  versionNumber } }"""
GET = """query ($input: GetPackageGroup!) { getPackageGroup(input: $input) {
  displayName versionNumber isLatest } }"""
LIST = """query ($filter: PackageGroupFilter, $paging: CursorPaging) {
  packageGroups(filter: $filter, paging: $paging) {
    totalCount edges { node { packageGroupId versionNumber isLatest product { refId } } } } }"""


@pytest.fixture
def env(runtime: Runtime) -> str:
    return str(runtime.environment.environment_id)


@pytest.fixture
async def features(runtime: Runtime) -> list[FeatureId]:
    """feature-a and feature-b."""
    made = [
        a_feature(
            name,
            id=FeatureId(new_uuid()),
            feature_type=FeatureType.BOOLEAN,
            meter_type=MeterType.NoMeter,
        )
        for name in ("feature-a", "feature-b")
    ]
    async with runtime.new_unit_of_work() as work:
        for feature in made:
            await work.features.add(feature)
        await work.commit()
    return [feature.id for feature in made]


async def group_features(execute: Execute, env: str, *features: str, **given: Any) -> Any:
    values = {
        "environmentId": env,
        "featureGroupId": "group-a",
        "displayName": "A",
        "features": list(features),
    }
    return await execute(CREATE_FEATURES, {"input": values | given})


async def test_a_second_creation_makes_the_next_version(
    execute: Execute, env: str, features: list[FeatureId]
) -> None:
    first = (await group_features(execute, env, "feature-b", str(features[0]))).ok
    assert first["createFeatureGroup"] == {
        "id": first["createFeatureGroup"]["id"],
        "featureGroupId": "group-a",
        "displayName": "A",
        "isLatest": True,
        "versionNumber": 1,
        "status": "PUBLISHED",
        "environmentId": env,
        "features": [{"refId": "feature-b"}, {"refId": "feature-a"}],
    }
    second = (await group_features(execute, env, "feature-a")).ok["createFeatureGroup"]
    assert second["versionNumber"] == 2
    listed = (await execute(LIST_FEATURES, {"filter": {"isLatest": {"is": True}}})).ok
    assert [e["node"]["versionNumber"] for e in listed["featureGroups"]["edges"]] == [2]
    old = await execute(
        "query ($id: UUID!) { featureGroup(id: $id) { versionNumber isLatest } }",
        {"id": first["createFeatureGroup"]["id"]},
    )
    assert old.ok["featureGroup"] == {"versionNumber": 1, "isLatest": False}
    unknown = await execute(
        "query ($id: UUID!) { featureGroup(id: $id) { id } }", {"id": str(UUID(int=7))}
    )
    assert unknown.ok["featureGroup"] is None


async def test_a_group_needs_known_features(
    execute: Execute, env: str, features: list[FeatureId]
) -> None:
    assert features
    unknown = await group_features(execute, env, "feature-a", "feature-none")
    assert unknown.codes == ["FeatureNotFound"]
    assert unknown.errors[0]["extensions"]["refId"] == "feature-none"
    assert (await group_features(execute, env)).codes == ["BadUserInput"]


async def test_a_linked_group_cannot_be_archived(
    execute: Execute, env: str, features: list[FeatureId], runtime: Runtime
) -> None:
    made = (await group_features(execute, env, "feature-a")).ok["createFeatureGroup"]
    entitlement = FeatureEntitlement(
        id=new_uuid(),
        feature_id=features[0],
        feature_group_ids=(UUID(made["id"]),),  # type: ignore[arg-type] # one kind of UUID
        created_at=START,
        updated_at=START,
    )
    plan = a_plan("plan-a", id=PackageId(new_uuid()), entitlements=(entitlement,))
    async with runtime.new_unit_of_work() as work:
        await work.packages.save(plan)
        await work.commit()
    values = {"environmentId": env, "featureGroupId": "group-a"}
    refused = await execute(ARCHIVE_FEATURES, {"input": values})
    assert refused.codes == ["CannotArchiveFeatureGroupError"]


async def test_an_archived_group_takes_no_version_until_it_is_back(
    execute: Execute, env: str, features: list[FeatureId]
) -> None:
    assert features
    await group_features(execute, env, "feature-a")
    values = {"environmentId": env, "featureGroupId": "group-a"}
    archived = await execute(ARCHIVE_FEATURES, {"input": values})
    assert archived.ok["archiveFeatureGroup"]["status"] == "ARCHIVED"
    assert (await group_features(execute, env, "feature-a")).codes == ["EntityIsArchivedError"]
    live = await execute(UNARCHIVE_FEATURES, {"input": values})
    assert live.ok["unarchiveFeatureGroup"]["status"] == "PUBLISHED"
    unknown = {"environmentId": env, "featureGroupId": "group-none"}
    assert (await execute(ARCHIVE_FEATURES, {"input": unknown})).codes == [
        "FeatureGroupNotFoundError"
    ]


@pytest.fixture
async def product(runtime: Runtime) -> ProductId:
    """product-app."""
    made = a_product("product-app", id=ProductId(new_uuid()))
    async with runtime.new_unit_of_work() as work:
        await work.products.add(made)
        await work.commit()
    return made.id


async def create(execute: Execute, group_id: str = "group-a", **given: Any) -> Any:
    values = {"packageGroupId": group_id, "productId": "product-app", "displayName": "A"}
    return await execute(CREATE, {"input": values | given})


async def test_a_package_group_is_published_at_once(execute: Execute, product: ProductId) -> None:
    made = await create(execute, description="d")
    assert made.ok["createPackageGroup"] == {
        "packageGroupId": "group-a",
        "displayName": "A",
        "description": "d",
        "versionNumber": 1,
        "isLatest": True,
        "status": "PUBLISHED",
        "productId": str(product),
        "product": {"refId": "product-app"},
    }
    assert (await create(execute)).codes == ["DuplicatedEntityNotAllowed"]
    assert (await create(execute, "group-b", productId="none")).codes == ["ProductNotFoundError"]


async def test_each_edit_is_a_version_and_old_ones_can_be_read(
    execute: Execute, product: ProductId, env: str, runtime: Runtime
) -> None:
    addon = an_addon("addon-a", id=PackageId(new_uuid()), product_id=product)
    foreign = an_addon("addon-foreign", id=PackageId(new_uuid()))
    async with runtime.new_unit_of_work() as work:
        await work.packages.save(addon, foreign)
        await work.commit()
    await create(execute, description="d")
    edited = await execute(EDIT, {"input": {"packageGroupId": "group-a", "displayName": "B"}})
    assert edited.ok["editPackageGroup"] == {
        "displayName": "B",
        "description": "d",
        "versionNumber": 2,
        "isLatest": True,
    }
    filled = await execute(
        SET_ADDONS, {"input": {"packageGroupId": "group-a", "addons": [str(addon.id), "addon-a"]}}
    )
    assert filled.ok["setPackageGroupAddons"] == {"versionNumber": 3}
    offered = await execute(
        '{ packageGroup(id: "group-a") { addons { refId } none: addons(filter: {refId: {eq: "x"}}) '
        "{ refId } } }"
    )
    assert offered.ok["packageGroup"] == {"addons": [{"refId": "addon-a"}], "none": []}
    for addons, code in ((["none"], "AddonsNotFound"), (["addon-foreign"], "BadUserInput")):
        values = {"packageGroupId": "group-a", "addons": addons}
        assert (await execute(SET_ADDONS, {"input": values})).codes == [code]
    named = {"environmentId": env, "packageGroupId": "group-a"}
    latest = await execute(GET, {"input": named})
    assert latest.ok["getPackageGroup"]["versionNumber"] == 3
    first = await execute(GET, {"input": named | {"versionNumber": 1}})
    assert first.ok["getPackageGroup"] == {
        "displayName": "A",
        "versionNumber": 1,
        "isLatest": False,
    }
    for number in (9, 1.5, 2**31, 1e30):
        none = await execute(GET, {"input": named | {"versionNumber": number}})
        assert none.codes == ["PackageGroupNotFound"]
    document = "query ($id: ID!) { packageGroup(id: $id) { versionNumber } }"
    assert (await execute(document, {"id": "group-a"})).ok["packageGroup"]["versionNumber"] == 3
    assert (await execute(document, {"id": "none"})).ok["packageGroup"] is None


async def test_an_archived_package_group_cannot_be_edited(
    execute: Execute, product: ProductId, env: str
) -> None:
    assert product
    await create(execute)
    archived = await execute(
        "mutation ($input: ArchivePackageGroup!) { archivePackageGroup(input: $input) { status } }",
        {"input": {"environmentId": env, "packageGroupId": "group-a"}},
    )
    assert archived.ok["archivePackageGroup"] == {"status": "ARCHIVED"}
    edited = await execute(EDIT, {"input": {"packageGroupId": "group-a", "displayName": "B"}})
    assert edited.codes == ["EntityIsArchivedError"]


async def test_package_groups_are_filtered_by_product_and_version(
    execute: Execute, product: ProductId, clock: MovableClock, count_statements: Recorder
) -> None:
    await create(execute, "group-0")
    with count_statements() as for_one:
        (await execute(LIST, {"paging": {"first": 20}})).ok  # noqa: B018
    for i in range(1, 10):
        clock.move(seconds=1)
        await create(execute, f"group-{i}")
        await execute(EDIT, {"input": {"packageGroupId": f"group-{i}", "displayName": "B"}})
    with count_statements() as for_many:
        everything = await execute(LIST, {"paging": {"first": 20}})
    assert everything.ok["packageGroups"]["totalCount"] == 19
    assert len(for_many) == len(for_one)
    latest = {"isLatest": {"is": True}, "product": {"refId": {"eq": "product-app"}}}
    listed = (await execute(LIST, {"filter": latest})).ok["packageGroups"]
    assert listed["totalCount"] == 10
    assert listed["edges"][0]["node"]["packageGroupId"] == "group-9"
    by_id = await execute(LIST, {"filter": {"productId": {"eq": str(product)}}})
    assert by_id.ok["packageGroups"]["totalCount"] == 19


async def test_a_list_of_feature_groups_takes_as_many_statements_for_one_as_for_many(
    execute: Execute, env: str, features: list[FeatureId], count_statements: Recorder
) -> None:
    assert features
    await group_features(execute, env, "feature-a", "feature-b")
    with count_statements() as for_one:
        (await execute(LIST_FEATURES, {"paging": {"first": 20}})).ok  # noqa: B018
    for i in range(20):
        await group_features(execute, env, "feature-a", featureGroupId=f"group-{i}")
    with count_statements() as for_many:
        answer = await execute(LIST_FEATURES, {"paging": {"first": 20}})
    assert len(answer.ok["featureGroups"]["edges"]) == 20
    assert len(for_many) == len(for_one)


async def test_concurrent_edits_are_versions_one_after_the_other(
    execute: Execute, product: ProductId
) -> None:
    assert product
    await create(execute)
    edits = await asyncio.gather(
        *(
            execute(EDIT, {"input": {"packageGroupId": "group-a", "displayName": f"B{i}"}})
            for i in range(4)
        )
    )
    numbers = sorted(edit.ok["editPackageGroup"]["versionNumber"] for edit in edits)
    assert numbers == [2, 3, 4, 5]


async def test_versions_are_locked_oldest_first(
    execute: Execute, product: ProductId, count_statements: Recorder
) -> None:
    # Whatever order they are stored in: two that took them in different orders would wait for
    # each other.
    assert product
    await create(execute)
    await execute(EDIT, {"input": {"packageGroupId": "group-a", "displayName": "B"}})
    with count_statements() as executed:
        await execute(EDIT, {"input": {"packageGroupId": "group-a", "displayName": "C"}})
    (locking,) = (statement for statement in executed if "FOR UPDATE" in statement)
    assert "ORDER BY package_groups.version_number FOR UPDATE" in " ".join(locking.split())
