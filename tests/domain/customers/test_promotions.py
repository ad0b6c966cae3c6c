"""Promotional grants. Source: spec, entitlements §8."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import (
    EntitlementResetPeriod,
    FeatureGroupStatus,
    FeatureStatus,
    FeatureType,
    MeterType,
)
from domain.catalog.model import EnumValue, Feature, FeatureGroup, ResetRule
from domain.customers.enums import PromotionalEntitlementPeriod as Lasting
from domain.customers.enums import PromotionalEntitlementStatus as Status
from domain.customers.model import PromotionalEntitlement
from domain.customers.promotions import (
    PromotionTerms,
    changed,
    end_of,
    granted,
    group_revoked,
    linked,
    require_covered,
    require_revocable,
    status_of,
    unlinked,
)
from domain.errors import DomainError
from domain.ids import FeatureGroupId
from tests.builders import NOW, a_customer, a_feature, uid, utc

CUSTOMER = a_customer()
DAILY = ResetRule(EntitlementResetPeriod.DAY)
LIMIT = PromotionTerms(period=Lasting.LIFETIME, usage_limit=Decimal(5))


def grant(
    terms: PromotionTerms = LIMIT,
    feature: Feature | None = None,
    existing: PromotionalEntitlement | None = None,
) -> PromotionalEntitlement:
    return granted(
        terms,
        feature or a_feature(),
        customer_id=CUSTOMER.id,
        existing=existing,
        id=uid("grant"),
        now=NOW,
    )


def refusal(**given: Any) -> str:
    with pytest.raises(DomainError) as caught:
        grant(**given)
    return caught.value.code.value


def a_group(ref_id: str, *features: Feature) -> FeatureGroup:
    return FeatureGroup(
        id=FeatureGroupId(uid(f"group:{ref_id}")),
        feature_group_id=ref_id,
        display_name=ref_id,
        feature_ids=tuple(feature.id for feature in features),
        status=FeatureGroupStatus.PUBLISHED,
        is_latest=True,
        version_number=1,
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.parametrize(
    ("period", "end"),
    [
        (Lasting.ONE_WEEK, "2024-02-07T10:00"),
        (Lasting.ONE_MONTH, "2024-02-29T10:00"),
        (Lasting.SIX_MONTH, "2024-07-31T10:00"),
        (Lasting.ONE_YEAR, "2025-01-31T10:00"),
        (Lasting.CUSTOM, "2024-12-24T00:00"),
    ],
)
def test_periods_are_calendar_months_clamped(period: Lasting, end: str) -> None:
    start, custom = utc("2024-01-31T10:00"), utc("2024-12-24")
    assert end_of(period, start, custom_end_date=custom, now=start) == utc(end)
    assert end_of(Lasting.LIFETIME, start, custom_end_date=None, now=start) is None


def test_values_fit_the_features_kind() -> None:
    flag = a_feature("flag", feature_type=FeatureType.BOOLEAN, meter_type=MeterType.NoMeter)
    assert grant(feature=flag).usage_limit is None
    values = (EnumValue(value="us", display_name="US"), EnumValue(value="eu", display_name="EU"))
    choice = replace(flag, feature_type=FeatureType.ENUM, enum_configuration=values)
    terms = PromotionTerms(period=Lasting.LIFETIME, enum_values=("us",))
    assert grant(terms, choice).enum_values == ("us",)
    assert refusal(feature=choice) == "InvalidArgumentError"
    unlimited = replace(LIMIT, has_unlimited_usage=True, reset_rule=DAILY)
    assert (grant(unlimited).usage_limit, grant(unlimited).reset_rule) == (None, DAILY)
    for limit in (None, Decimal(-1), Decimal("NaN")):
        assert refusal(terms=replace(LIMIT, usage_limit=limit)) == "InvalidArgumentError"
    configuration = a_feature(meter_type=MeterType.NoMeter)
    reset = replace(LIMIT, reset_rule=DAILY)
    assert refusal(terms=reset, feature=configuration) == "InvalidEntitlementResetPeriod"


def test_an_archived_feature_takes_no_new_grants_but_keeps_old_ones() -> None:
    archived = a_feature(feature_status=FeatureStatus.SUSPENDED)
    assert refusal(feature=archived) == "EntityIsArchivedError"
    assert grant(feature=archived, existing=grant()).id == uid("grant")


def test_another_period_counts_from_the_grants_own_start() -> None:
    old = grant(replace(LIMIT, period=Lasting.ONE_WEEK))
    later = utc("2024-01-03")
    month = changed(old, replace(LIMIT, period=Lasting.ONE_MONTH), a_feature(), later)
    assert month.end_date == utc("2024-02-01")
    same = changed(old, replace(LIMIT, period=Lasting.ONE_WEEK), a_feature(), later)
    assert (same.end_date, same.updated_at) == (old.end_date, later)


def test_the_status_is_told_by_the_clock() -> None:
    week = grant(replace(LIMIT, period=Lasting.ONE_WEEK))
    assert week.end_date
    assert status_of(week, is_archived=False, now=NOW) is Status.Active
    assert status_of(week, is_archived=True, now=NOW) is Status.Paused
    assert status_of(week, is_archived=True, now=week.end_date) is Status.Expired


def test_groups_cover_hold_and_release() -> None:
    one, two, three = (a_feature(f"feature-{n}") for n in range(3))
    group, other = a_group("group", one, two), a_group("other", two, three)
    require_covered(group, [one.id], held=[two.id])
    for listed in ([one.id], [one.id, two.id, three.id]):
        with pytest.raises(DomainError):
            require_covered(group, listed, held=[])
    held = linked(grant(feature=one), group, [group.id])
    shared = linked(linked(grant(feature=two), group, [group.id]), other, [other.id])
    assert shared.feature_group_ids == (group.id, other.id)
    assert linked(shared, group, [group.id]).feature_group_ids == (other.id, group.id)
    outcome = group_revoked([held, shared, grant(feature=three)], [group.id])
    assert (outcome.deleted, outcome.kept) == ((held,), (unlinked(shared, [group.id]),))
    with pytest.raises(DomainError, match="belongs to a feature group"):
        require_revocable(held)
    with pytest.raises(DomainError, match="not found"):
        require_revocable(None)
    assert require_revocable(grant()) == grant()
