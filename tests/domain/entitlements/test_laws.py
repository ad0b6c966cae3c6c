"""Laws of resolution over random facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.enums import FeatureType
from domain.entitlements.model import EntitlementRow
from domain.entitlements.resolution import Facts, resolve, stamped
from tests.domain.entitlements.random_facts import NOW, Maker
from tests.domain.entitlements.reference import Value, resolve_slowly

T = TypeVar("T")
seeds = st.integers(0, 2**32)


def same(row: EntitlementRow | None, value: Value | None) -> bool:
    """Whether a row says what the slow resolver says; of a revoked one only that it is."""
    if row is None or value is None:
        return row is None and value is None
    grant = row.grant
    if not value["granted"]:
        return not grant.is_granted
    if row.feature.feature_type is FeatureType.ENUM:
        values: set[str] = value["values"]
        return set(grant.enum_values) == values
    if row.feature.feature_type is FeatureType.BOOLEAN:
        return grant.is_granted
    found: tuple[object, ...] = (
        grant.is_granted,
        grant.usage_limit,
        grant.has_unlimited_usage,
        grant.has_soft_limit,
        grant.reset_rule,
        row.is_budget_exceeded,
    )
    expected: tuple[object, ...] = (
        True,
        value["limit"],
        value["unlimited"],
        value["soft"],
        value["reset"],
        value["budget"],
    )
    return found == expected


@given(seeds)
def test_resolution_says_what_the_slow_resolver_says(seed: int) -> None:
    facts = Maker(Random(seed)).facts()
    rows = resolve(facts, NOW).rows
    for feature in facts.features.values():
        assert same(rows.get(feature.ref_id), resolve_slowly(facts, feature, NOW)), feature.ref_id


@given(seeds)
def test_resolution_does_not_depend_on_the_order_of_sources(seed: int) -> None:
    random = Random(seed)
    facts = Maker(random).facts()
    assert resolve(shuffled(facts, random), NOW) == resolve(facts, NOW)


def shuffled(facts: Facts, random: Random) -> Facts:
    def mixed(items: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(random.sample(items, len(items)))

    return replace(
        facts,
        subscriptions=mixed(
            tuple(
                replace(
                    subscription,
                    addons=mixed(subscription.addons),
                    prices=mixed(subscription.prices),
                    entitlements=mixed(subscription.entitlements),
                )
                for subscription in facts.subscriptions
            )
        ),
        promotional=mixed(facts.promotional),
        packages={
            id: replace(package, entitlements=mixed(package.entitlements))
            for id, package in facts.packages.items()
        },
    )


@given(seeds)
def test_a_row_holds_until_the_instant_that_it_names(seed: int) -> None:
    facts = Maker(Random(seed)).facts()
    resolution = resolve(facts, NOW)
    until = resolution.valid_until
    assert until is None or until > NOW
    if until is not None:
        middle = NOW + (until - NOW) / 2
        later = resolve(facts, middle)
        assert later.rows.keys() == resolution.rows.keys()
        for ref_id, row in later.rows.items():
            assert row.configuration == resolution.rows[ref_id].configuration
            assert row.window == resolution.rows[ref_id].window


def test_stamps_move_on_only_where_a_row_was_configured_anew() -> None:
    rows = resolve(Maker(Random(7)).facts(), NOW).rows
    assert rows
    first = stamped(rows, {}, NOW)
    assert {row.updated_at for row in first.values()} == {NOW}
    later = NOW + timedelta(hours=1)
    assert stamped(rows, first, later) == first
    changed = {key: replace(row, is_budgeted=not row.is_budgeted) for key, row in rows.items()}
    assert {row.updated_at for row in stamped(changed, first, later).values()} == {later}
    # Two changes of one instant still have two stamps.
    again = stamped(changed, first, NOW)
    assert {row.updated_at for row in again.values()} == {NOW + timedelta(milliseconds=1)}
