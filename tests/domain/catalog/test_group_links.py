"""Feature groups on drafts, decided (spec, catalog §2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.catalog.enums import CreditCadence, FeatureGroupStatus, PackageStatus
from domain.catalog.features import features_by_any_id
from domain.catalog.group_links import link_group, linked_group_ids, remove_group, unlink_group
from domain.catalog.model import CreditEntitlement, FeatureEntitlement, FeatureGroup
from domain.errors import DomainError, ErrorCode
from domain.ids import CurrencyId, FeatureGroupId
from tests.builders import NOW, a_feature, a_plan, feature_id, uid

LATER = NOW + timedelta(days=1)
A, B = feature_id("feature-a"), feature_id("feature-b")
CREDIT = CreditEntitlement(
    id=uid("credit"),
    currency_id=CurrencyId(uid("cred")),
    amount=Decimal(5),
    cadence=CreditCadence.MONTH,
    created_at=NOW,
    updated_at=NOW,
)
GROUP = FeatureGroup(
    id=FeatureGroupId(uid("group")),
    feature_group_id="group-a",
    display_name="A",
    feature_ids=(A,),
    status=FeatureGroupStatus.PUBLISHED,
    is_latest=True,
    version_number=1,
    created_at=NOW,
    updated_at=NOW,
)
DRAFT = a_plan(
    "plan-a",
    status=PackageStatus.DRAFT,
    entitlements=(
        CREDIT,
        *(
            FeatureEntitlement(id=uid(str(f)), feature_id=f, created_at=NOW, updated_at=NOW)
            for f in (A, B)
        ),
    ),
)
VERSIONS = {GROUP.id: GROUP}


def test_credits_are_never_grouped_and_removing_leaves_them() -> None:
    linked = link_group(DRAFT, GROUP, versions={}, now=LATER)
    assert linked_group_ids(linked) == {GROUP.id}
    assert linked.entitlements[0] == CREDIT
    removed = remove_group(linked, "group-a", versions=VERSIONS, now=LATER)
    assert [e.id for e in removed.entitlements] == [CREDIT.id, uid(str(B))]


def test_linking_twice_is_linking_once_and_unlinking_undoes_it() -> None:
    once = link_group(DRAFT, GROUP, versions={}, now=LATER)
    assert link_group(once, GROUP, versions=VERSIONS, now=LATER) == once
    undone = unlink_group(once, "group-a", versions=VERSIONS, now=LATER)
    assert linked_group_ids(undone) == frozenset()
    assert [e.id for e in undone.entitlements] == [e.id for e in DRAFT.entitlements]


def test_an_archived_group_cannot_be_linked() -> None:
    archived = replace(GROUP, status=FeatureGroupStatus.ARCHIVED)
    with pytest.raises(DomainError) as error:
        link_group(DRAFT, archived, versions={}, now=LATER)
    assert error.value.code is ErrorCode.EntityIsArchivedError


def test_features_are_named_in_order_and_the_first_unknown_is_told() -> None:
    one = a_feature("feature-a")
    assert features_by_any_id(["feature-a"], {"feature-a": one}) == (one,)
    with pytest.raises(DomainError) as error:
        features_by_any_id(["feature-a", "feature-b"], {"feature-a": one})
    assert error.value.code is ErrorCode.FeatureNotFound
    assert error.value.details == {"refId": "feature-b"}
