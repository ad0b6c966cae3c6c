"""What a subscription grants: plan, base plans, add-ons, charges, and how they meet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.catalog.enums import (
    BillingCadence,
    BillingModel,
    BillingPeriod,
    CreditCadence,
    CreditGrantCadence,
    EntitlementBehavior,
    MeterType,
)
from domain.catalog.model import CreditEntitlement, Feature, FeatureEntitlement, Package
from domain.credits.enums import CreditGrantSourceType
from domain.credits.recurring import (
    CreditSource,
    dependencies_of,
    goes_on_as,
    is_alike,
    is_timed_alike,
    limits_of,
    next_grant_at,
    sources_of,
)
from domain.ids import SubscriptionId
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import (
    Subscription,
    SubscriptionAddon,
    SubscriptionEntitlement,
    SubscriptionPrice,
)
from tests.builders import (
    NOW,
    a_credit,
    a_customer,
    a_feature,
    a_plan,
    a_price,
    a_subscription,
    an_addon,
    currency_id,
    uid,
    utc,
)

SEATS = a_feature("feature-seats", meter_type=MeterType.Fluctuating)
OVERRIDE = EntitlementBehavior.Override


def gives(limit: int | None = None, **given: Any) -> FeatureEntitlement:
    return FeatureEntitlement(
        id=uid(f"gives:{limit}:{given}"),
        feature_id=SEATS.id,
        usage_limit=None if limit is None else Decimal(limit),
        created_at=NOW,
        updated_at=NOW,
        **given,
    )


def held(addon: Package, quantity: int = 1) -> SubscriptionAddon:
    return SubscriptionAddon(
        id=uid(f"held:{addon.ref_id}"),
        addon_id=addon.id,
        addon_ref_id=addon.ref_id,
        quantity=quantity,
        created_at=NOW,
        updated_at=NOW,
    )


def sold(quantity: int, addon: str | None = None, **given: Any) -> SubscriptionPrice:
    defaults: dict[str, Any] = {"top_up_currency_id": currency_id()}
    return SubscriptionPrice(
        id=uid(f"sold:{addon}"),
        price=a_price(1, model=BillingModel.PER_UNIT, **defaults | given),
        addon_ref_id=addon,
        quantity=Decimal(quantity),
        created_at=NOW,
        updated_at=NOW,
    )


def sources(
    plan: Package, *others: Package, features: tuple[Feature, ...] = (SEATS,), **given: Any
) -> list[CreditSource]:
    one: Subscription = a_subscription(a_customer(), plan, **given)
    packages = {package.id: package for package in (plan, *others)}
    known = {f.id: f for f in features if f.id in dependencies_of(one, packages)}
    return list(sources_of(one, packages, limits_of(one, packages, known, at=NOW)))


def amounts(*packages: Package, **given: Any) -> list[int]:
    return [int(source.amount) for source in sources(*packages, **given)]


def addon_with(ref_id: str, *entitlements: CreditEntitlement) -> Package:
    return an_addon(ref_id, entitlements=entitlements)


def test_increments_are_grants_of_their_own_and_the_largest_override_is_the_only_one() -> None:
    # Catalog §12, example 16.
    plan = a_plan(entitlements=(a_credit(100),))
    more = addon_with("addon-more", a_credit(50))
    instead = addon_with("addon-instead", a_credit(500, behavior=OVERRIDE))
    less = addon_with("addon-less", a_credit(20, behavior=OVERRIDE))
    assert amounts(plan, more, addons=(held(more),)) == [100, 50]
    assert amounts(plan, more, addons=(held(more, 3),)) == [100, 150]
    none = addon_with("addon-none", a_credit(900, behavior=OVERRIDE, is_granted=False))
    assert amounts(plan, none, addons=(held(none),)) == [100]
    every = (held(more), held(instead), held(less, 2))
    assert amounts(plan, more, instead, less, addons=every) == [500]
    assert amounts(plan, more, less, addons=(held(more), held(less, 2))) == [40]


def test_credits_may_depend_on_a_limit() -> None:  # example 17
    each = a_credit(200, dependency_feature_id=SEATS.id)
    assert amounts(a_plan(entitlements=(each, gives(5)))) == [1000]
    assert amounts(a_plan(entitlements=(each, gives(has_unlimited_usage=True)))) == []
    assert amounts(a_plan(entitlements=(each, gives(5, is_granted=False)))) == []
    assert amounts(a_plan(entitlements=(each,))) == []


def test_a_limit_is_the_subscription_s_own_with_seats_and_add_ons() -> None:
    each = a_credit(1000, dependency_feature_id=SEATS.id)
    plan = a_plan(entitlements=(each, gives(1)))
    seats = sold(7, feature="feature-seats", top_up_currency_id=None)
    extra = an_addon("addon-seats", entitlements=(gives(2),))
    assert amounts(plan, prices=(seats,)) == [7000]
    assert amounts(plan, extra, prices=(seats,), addons=(held(extra, 2),)) == [11000]


def test_the_nearest_base_plan_s_credits_are_inherited_by_currency() -> None:
    base = a_plan("plan-base", entitlements=(a_credit(10), a_credit(7, "coins")))
    middle = a_plan("plan-middle", entitlements=(a_credit(20),), parent_plan_id=base.id)
    plan = a_plan("plan-top", parent_plan_id=middle.id)
    assert sorted(amounts(plan, middle, base)) == [7, 20]
    refused = replace(plan, entitlements=(a_credit(5, is_granted=False),))
    assert amounts(refused, middle, base) == [7]


def test_a_value_of_the_subscription_s_own_replaces_the_plan_s() -> None:
    own = SubscriptionEntitlement(
        id=uid("own"),
        currency_id=currency_id(),
        amount=Decimal(70),
        created_at=NOW,
        updated_at=NOW,
    )
    yearly = a_credit(None, is_custom=True, cadence=CreditCadence.YEAR)
    plan = a_plan(entitlements=(yearly,))
    assert amounts(plan) == []
    (source,) = sources(plan, entitlements=(own,))
    assert (int(source.amount), source.months) == (70, 12)
    of_a_feature = replace(own, id=uid("seats"), currency_id=None, feature_id=SEATS.id)
    assert amounts(a_plan(entitlements=(a_credit(5),)), entitlements=(of_a_feature,)) == [5]
    monthly = replace(own, cadence=CreditCadence.MONTH)
    assert [s.months for s in sources(plan, entitlements=(monthly,))] == [1]
    assert [s.months for s in sources(a_plan(), entitlements=(own,))] == [1]


def test_a_charge_for_credits_grants_its_quantity_by_its_cadence() -> None:
    def months(period: BillingPeriod, **given: Any) -> list[int | None]:
        paid = sold(500, period=period, **given)
        plan = a_plan("plan-pro", paid.price)
        found = sources(plan, prices=(paid,), billing_period=period)
        assert [(int(s.amount), s.type) for s in found] == [(500, CreditGrantSourceType.PRICE)]
        return [s.months for s in found]

    at_start = CreditGrantCadence.BEGINNING_OF_BILLING_PERIOD
    assert months(BillingPeriod.MONTHLY, credit_grant_cadence=at_start) == [1]
    assert months(BillingPeriod.ANNUALLY, credit_grant_cadence=at_start) == [12]
    monthly = CreditGrantCadence.MONTHLY
    assert months(BillingPeriod.ANNUALLY, credit_grant_cadence=monthly) == [1]
    assert months(BillingPeriod.MONTHLY, billing_cadence=BillingCadence.ONE_OFF) == [None]


def test_a_charge_of_an_add_on_grants_for_each_unit() -> None:
    addon = an_addon("addon-pack")
    plan = a_plan("plan-pro", a_price(1), entitlements=(a_credit(100),))
    found = sources(plan, addon, prices=(sold(10, "addon-pack"),), addons=(held(addon, 3),))
    assert [(s.key, s.display_name, int(s.amount)) for s in found] == [
        ("plan", "plan-pro", 100),
        ("price:addon-pack", "addon-pack", 30),
    ]


def test_a_grant_is_never_more_than_a_number_carries() -> None:
    each = a_credit(999_999_999_999_999, dependency_feature_id=SEATS.id)
    plan = a_plan(entitlements=(each, gives(999_999_999_999_999)))
    assert amounts(plan) == [2**53 - 1]


def test_a_charge_grants_next_at_its_own_boundary() -> None:
    def at(end: str | None = None, **given: Any) -> datetime | None:
        paid = sold(5, **given)
        ends = None if end is None else utc(end)
        one = a_subscription(a_customer(), a_plan("plan-pro", paid.price), effective_end_date=ends)
        return next_grant_at(one, paid.price, now=utc("2024-01-20"))

    assert at(credit_grant_cadence=CreditGrantCadence.MONTHLY) == utc("2024-02-01")
    assert at() == utc("2025-01-01"), "without a period of its own a year is one"
    assert at("2024-01-31", credit_grant_cadence=CreditGrantCadence.MONTHLY) is None
    assert at("2024-01-10") is None
    assert at(billing_cadence=BillingCadence.ONE_OFF) is None
    assert at(top_up_currency_id=None) is None


def test_who_goes_on_as_whom() -> None:
    old = a_subscription(a_customer(), a_plan())
    new = replace(old, id=SubscriptionId(uid("new")))
    ended = replace(old, status=SubscriptionStatus.CANCELED)
    assert goes_on_as(old, ended, new)
    assert not goes_on_as(old, old, new)
    assert not goes_on_as(old, ended, replace(new, billing_cycle_anchor=utc("2024-01-09")))
    assert not goes_on_as(old, ended, replace(new, plan_ref_id="plan-other"))
    assert not goes_on_as(old, ended, replace(new, status=SubscriptionStatus.NOT_STARTED))
    trial = replace(old, status=SubscriptionStatus.IN_TRIAL)
    assert not goes_on_as(trial, ended, new)


def test_what_does_not_matter_for_credits() -> None:
    one = a_subscription(a_customer(), a_plan())
    renewed = replace(one, current_billing_period_end=utc("2024-03-01"))
    assert is_alike(one, renewed)
    assert is_timed_alike(one, renewed)
    ends = replace(one, effective_end_date=utc("2024-03-01"))
    assert is_alike(one, ends)
    assert not is_timed_alike(one, ends)
    assert not is_alike(one, replace(one, billing_cycle_anchor=utc("2024-01-09")))
    assert not is_alike(replace(one, status=SubscriptionStatus.NOT_STARTED), one)
