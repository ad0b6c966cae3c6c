"""Feature groups and package groups: lineages of versions (spec, catalog §2 and §4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.catalog.enums import FeatureGroupStatus, PackageGroupStatus, PackageStatus
from domain.catalog.groups import (
    NewFeatureGroup,
    NewPackageGroup,
    archive_feature_group,
    archive_package_group,
    create_package_group,
    next_feature_group,
    rename_package_group,
    require_group_addons,
    set_group_addons,
    unarchive_feature_group,
)
from domain.catalog.model import FeatureGroup, PackageGroup
from domain.errors import DomainError, ErrorCode
from domain.ids import FeatureGroupId, ProductId
from domain.patch import ABSENT
from tests.builders import NOW, an_addon, feature_id, uid

LATER = NOW + timedelta(days=1)
A, B = feature_id("feature-a"), feature_id("feature-b")
P = ProductId(uid("p"))


def feature_group(latest: FeatureGroup | None = None, **given: Any) -> FeatureGroup:
    defaults: dict[str, Any] = {
        "feature_group_id": "group-a",
        "display_name": "A",
        "feature_ids": (A,),
    }
    return next_feature_group(
        NewFeatureGroup(**(defaults | given)), latest=latest, id=FeatureGroupId(uid("g")), now=NOW
    )


def package_group(**given: Any) -> PackageGroup:
    defaults: dict[str, Any] = {
        "package_group_id": "group-a",
        "product_id": P,
        "display_name": "A",
    }
    return create_package_group(NewPackageGroup(**(defaults | given)), id=uid("g1"), now=NOW)


def test_each_creation_on_a_live_lineage_is_the_next_version() -> None:
    first = feature_group()
    assert (first.version_number, first.status) == (1, FeatureGroupStatus.PUBLISHED)
    second = feature_group(first, feature_ids=(B, A, B))
    assert (second.version_number, second.is_latest) == (2, True)
    assert second.feature_ids == (B, A)


@pytest.mark.parametrize(
    "given", [{"feature_ids": ()}, {"feature_group_id": "@"}, {"display_name": ""}]
)
def test_a_feature_group_that_cannot_be_meant_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as error:
        feature_group(**given)
    assert error.value.code is ErrorCode.BadUserInput


def test_an_archived_feature_group_gets_no_new_version_until_it_is_back() -> None:
    archived = archive_feature_group(feature_group(), linked_by=[], now=LATER)
    with pytest.raises(DomainError) as error:
        feature_group(archived)
    assert error.value.code is ErrorCode.EntityIsArchivedError
    assert archive_feature_group(archived, linked_by=["p"], now=LATER) is archived
    live = unarchive_feature_group(archived, now=LATER)
    assert feature_group(live).version_number == 2
    assert unarchive_feature_group(live, now=LATER) is live


def test_a_linked_feature_group_cannot_be_archived() -> None:
    with pytest.raises(DomainError) as error:
        archive_feature_group(feature_group(), linked_by=["plan-pro"], now=LATER)
    assert error.value.code is ErrorCode.CannotArchiveFeatureGroupError


def test_a_package_group_is_published_at_once_and_each_edit_is_a_version() -> None:
    group = package_group(description="d")
    assert (group.status, group.version_number) == (PackageGroupStatus.PUBLISHED, 1)
    renamed = rename_package_group(
        group, display_name="B", description=ABSENT, id=uid("g2"), now=LATER
    )
    assert (renamed.version_number, renamed.display_name, renamed.description) == (2, "B", "d")
    filled = set_group_addons(renamed, ["addon-a", "addon-b", "addon-a"], id=uid("g3"), now=LATER)
    assert (filled.version_number, filled.addon_ref_ids) == (3, ("addon-a", "addon-b"))
    assert filled.id == uid("g3")


def test_an_archived_package_group_cannot_be_edited() -> None:
    archived = archive_package_group(package_group(), now=LATER)
    assert archive_package_group(archived, now=LATER) is archived
    with pytest.raises(DomainError) as error:
        set_group_addons(archived, [], id=uid("g2"), now=LATER)
    assert error.value.code is ErrorCode.EntityIsArchivedError


def test_group_addons_are_known_live_and_of_the_product() -> None:
    fine = an_addon("addon-a", product_id=P)
    assert require_group_addons(package_group(), [str(fine.id)], {str(fine.id): fine}) == (
        "addon-a",
    )
    for found, code in (
        ({}, ErrorCode.AddonsNotFound),
        ({"a": an_addon("a")}, ErrorCode.BadUserInput),
        (
            {"a": an_addon("a", product_id=P, status=PackageStatus.ARCHIVED)},
            ErrorCode.EntityIsArchivedError,
        ),
    ):
        with pytest.raises(DomainError) as error:
            require_group_addons(package_group(), ["a"], found)
        assert error.value.code is code
