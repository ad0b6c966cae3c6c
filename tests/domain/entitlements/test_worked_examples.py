"""Worked examples of spec, entitlements §15, same numbers; the domain's part of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import BillingModel, EntitlementBehavior, FeatureType, MeterType
from domain.catalog.enums import EntitlementResetPeriod as Every
from domain.catalog.model import (
    AccordingTo,
    Budget,
    EnumValue,
    Feature,
    FeatureEntitlement,
    Package,
    ResetRule,
    UnitTransformation,
)
from domain.customers.enums import PromotionalEntitlementPeriod
from domain.customers.model import PromotionalEntitlement
from domain.entitlements.check import check, current_usage, require_request
from domain.entitlements.enums import AccessDeniedReason as Reason
from domain.entitlements.model import Answer, EntitlementRow, Usage
from domain.entitlements.resolution import Facts, Resolution, resolve
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import (
    Subscription,
    SubscriptionAddon,
    SubscriptionEntitlement,
    SubscriptionPrice,
)
from tests.builders import (
    NOW,
    a_customer,
    a_feature,
    a_plan,
    a_price,
    a_resource,
    a_subscription,
    an_addon,
    feature_id,
    uid,
    utc,
)

CUSTOMER = a_customer()
TENTH = utc("2024-01-10")
F = a_feature("feature-f", meter_type=MeterType.Incremental)
MONTHLY = ResetRule(Every.MONTH, AccordingTo.SubscriptionStart)


def gives(feature: str = "feature-f", limit: int | None = None, **given: Any) -> FeatureEntitlement:
    defaults: dict[str, Any] = {
        "id": uid(f"entitlement:{feature}:{limit}:{given}"),
        "feature_id": feature_id(feature),
        "usage_limit": None if limit is None else Decimal(limit),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return FeatureEntitlement(**defaults | given)


def promotes(limit: int | None = None, **given: Any) -> PromotionalEntitlement:
    defaults: dict[str, Any] = {
        "id": uid("promotional"),
        "customer_id": CUSTOMER.id,
        "feature_id": F.id,
        "usage_limit": None if limit is None else Decimal(limit),
        "period": PromotionalEntitlementPeriod.LIFETIME,
        "start_date": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return PromotionalEntitlement(**defaults | given)


def added(addon: Package, quantity: int = 1) -> SubscriptionAddon:
    return SubscriptionAddon(
        id=uid(f"added:{addon.ref_id}"),
        addon_id=addon.id,
        addon_ref_id=addon.ref_id,
        quantity=quantity,
        created_at=NOW,
        updated_at=NOW,
    )


def sold(price: Any, quantity: int | None = None) -> SubscriptionPrice:
    return SubscriptionPrice(
        id=uid(f"sold:{price.id}"),
        price=price,
        quantity=None if quantity is None else Decimal(quantity),
        created_at=NOW,
        updated_at=NOW,
    )


def overrides(limit: int, feature: str = "feature-f", **given: Any) -> SubscriptionEntitlement:
    return SubscriptionEntitlement(
        id=uid("override"),
        feature_id=feature_id(feature),
        usage_limit=Decimal(limit),
        created_at=NOW,
        updated_at=NOW,
        **given,
    )


def subscribed(plan: Package, ref_id: str | None = None, **given: Any) -> Subscription:
    return a_subscription(CUSTOMER, plan, ref_id, **{"usage_cutoff": None} | given)


def resolved(
    *subscriptions: Subscription,
    packages: tuple[Package, ...] = (),
    features: tuple[Feature, ...] = (F,),
    promotional: tuple[PromotionalEntitlement, ...] = (),
    now: datetime = TENTH,
    resource: Any = None,
) -> Resolution:
    facts = Facts(
        subscriptions=subscriptions,
        packages={package.id: package for package in packages},
        features={feature.id: feature for feature in features},
        promotional=promotional,
        resource_id=resource.id if resource else None,
    )
    return resolve(facts, now)


def row_of(*args: Any, **kwargs: Any) -> EntitlementRow:
    return resolved(*args, **kwargs).rows["feature-f"]


def limit_of(*args: Any, **kwargs: Any) -> Decimal | None:
    return row_of(*args, **kwargs).grant.usage_limit


def asked(
    row: EntitlementRow, used: str | int = 0, r: str | int | None = None, *values: str
) -> Answer:
    request = require_request(None if r is None else Decimal(r), values)
    usage = Usage(raw=Decimal(used))
    return check(
        scope_reason=None,
        feature=row.feature,
        is_resource_known=True,
        row=row,
        usage=usage,
        request=request,
    )


def reason(
    row: EntitlementRow, used: str | int = 0, r: str | int | None = None, *values: str
) -> Reason | None:
    return asked(row, used, r, *values).reason


# --- 1-3: inside one subscription -------------------------------------------------------------


def test_01_the_nearest_definition_wins_even_if_lower() -> None:
    base = a_plan("plan-base", entitlements=(gives(limit=10),))

    def child(*entitlements: FeatureEntitlement) -> EntitlementRow:
        plan = a_plan("plan-child", parent_plan_id=base.id, entitlements=entitlements)
        return row_of(subscribed(plan), packages=(base, plan))

    assert child().grant.usage_limit == 10
    assert child(gives(limit=5)).grant.usage_limit == 5
    assert reason(child(gives(is_granted=False))) is Reason.Revoked


def test_02_add_ons_increment_by_quantity_and_an_override_replaces_all() -> None:
    plan = a_plan(entitlements=(gives(limit=10),))
    plus = an_addon("addon-plus", entitlements=(gives(limit=20),))
    override = EntitlementBehavior.Override
    big = an_addon("addon-big", entitlements=(gives(limit=500, behavior=override),))
    small = an_addon("addon-small", entitlements=(gives(limit=100, behavior=override),))
    tiny = an_addon("addon-tiny", entitlements=(gives(limit=5, behavior=override),))
    packages = (plan, plus, big, small, tiny)

    def limit(*addons: SubscriptionAddon) -> Decimal | None:
        return limit_of(subscribed(plan, addons=addons), packages=packages)

    assert limit(added(plus, 3)) == 70
    assert limit(added(plus, 3), added(big, 1), added(small, 2)) == 500
    assert limit(added(tiny)) == 5


def test_add_ons_on_a_plan_as_the_catalogue_shows_them() -> None:  # catalog §12, 14 and 15
    override = EntitlementBehavior.Override
    plan = a_plan(entitlements=(gives(limit=10),))
    twenty = an_addon("addon-twenty", entitlements=(gives(limit=20),))
    five = an_addon("addon-five", entitlements=(gives(limit=5),))
    forty = an_addon("addon-forty", entitlements=(gives(limit=40, behavior=override),))
    more = an_addon("addon-more", entitlements=(gives(limit=25, behavior=override),))
    packages = (plan, twenty, five, forty, more)

    def limit(*addons: SubscriptionAddon) -> Decimal | None:
        return limit_of(subscribed(plan, addons=addons), packages=packages)

    assert limit(added(twenty, 1)) == 30
    assert limit(added(twenty, 3)) == 70
    assert limit(added(five, 2), added(forty, 1), added(more, 2)) == 50


def test_03_a_charge_replaces_the_plan_an_override_the_charge_and_add_ons_add() -> None:
    base = a_plan("plan-base", entitlements=(gives(limit=3),))
    plan = a_plan("plan-custom", parent_plan_id=base.id)
    plus = an_addon("addon-plus", entitlements=(gives(limit=1),))
    charge = sold(a_price(10, model=BillingModel.PER_UNIT, feature="feature-f"), 7)
    packages = (base, plan, plus)
    subscription = subscribed(plan, prices=(charge,))
    assert limit_of(subscription, packages=packages) == 7
    subscription = replace(subscription, entitlements=(overrides(12),))
    assert limit_of(subscription, packages=packages) == 12
    subscription = replace(subscription, addons=(added(plus, 2),))
    assert limit_of(subscription, packages=packages) == 14


def test_a_usage_based_charge_grants_without_limit_and_overage_only_softens() -> None:
    plan = a_plan(entitlements=(gives(limit=10),))
    payg = sold(a_price(1, model=BillingModel.USAGE_BASED, feature="feature-f"))
    overage = sold(a_price(1, model=BillingModel.USAGE_BASED, feature="feature-f", is_overage=True))
    unlimited = row_of(subscribed(plan, prices=(payg,)), packages=(plan,)).grant
    assert (unlimited.has_unlimited_usage, unlimited.usage_limit) == (True, None)
    softened = row_of(subscribed(plan, prices=(overage,)), packages=(plan,)).grant
    assert (softened.usage_limit, softened.has_soft_limit) == (Decimal(10), True)


def test_a_custom_value_that_was_never_given_is_zero() -> None:
    plan = a_plan(entitlements=(gives(is_custom=True),))
    assert limit_of(subscribed(plan), packages=(plan,)) == 0


def test_a_metered_row_without_limit_is_unlimited() -> None:
    plan = a_plan(entitlements=(gives(),))
    assert row_of(subscribed(plan), packages=(plan,)).grant.has_unlimited_usage


# --- 4-6: combining -----------------------------------------------------------------------------


def basic_and_trial() -> tuple[tuple[Subscription, ...], tuple[Package, ...]]:
    basic = a_plan("plan-basic", entitlements=(gives(limit=100, reset_rule=MONTHLY),))
    pro = a_plan("plan-pro", entitlements=(gives(limit=1000, reset_rule=MONTHLY),))
    start, end = utc("2024-01-10"), utc("2024-01-24")
    trial = subscribed(
        pro,
        status=SubscriptionStatus.IN_TRIAL,
        start_date=start,
        usage_anchor=start,
        trial_end_date=end,
        effective_end_date=end,
    )
    return (subscribed(basic), trial), (basic, pro)


def test_04_a_trial_beside_a_paid_plan() -> None:
    subscriptions, packages = basic_and_trial()
    row = row_of(*subscriptions, packages=packages, now=utc("2024-01-13"))
    assert row.grant.usage_limit == 1000
    assert row.valid_until == utc("2024-01-24")
    assert row.window
    assert utc("2024-01-12") in row.window
    row = row_of(*subscriptions, packages=packages, now=utc("2024-01-25"))
    assert row.grant.usage_limit == 100
    assert row.window
    assert (row.window.start, row.window.end) == (utc("2024-01-01"), utc("2024-02-01"))
    assert reason(row, 250) is Reason.RequestedUsageExceedingLimit


def test_05_a_resource_sees_its_own_and_the_global_subscriptions() -> None:
    plain = a_plan("plan-global", entitlements=(gives(limit=10),))
    better = a_plan("plan-resource", entitlements=(gives(limit=25),))
    one, two = a_resource(CUSTOMER, "r1"), a_resource(CUSTOMER, "r2")
    subscriptions = (subscribed(plain), subscribed(better, resource_id=one.id))

    def limit(resource: Any) -> Decimal | None:
        return limit_of(*subscriptions, packages=(plain, better), resource=resource)

    assert [limit(None), limit(one), limit(two)] == [10, 25, 10]


def test_06_a_promotion_wins_while_it_lasts_and_only_if_more_generous() -> None:
    plan = a_plan(entitlements=(gives(limit=50),))
    start, end = utc("2024-01-31T10:00"), utc("2024-02-29T10:00")
    grant = promotes(200, start_date=start, end_date=end)
    subscription = subscribed(plan)
    during, after = utc("2024-02-29T09:59"), utc("2024-02-29T10:00")
    assert limit_of(subscription, packages=(plan,), promotional=(grant,), now=during) == 200
    assert limit_of(subscription, packages=(plan,), promotional=(grant,), now=after) == 50
    less = promotes(20)
    assert limit_of(subscription, packages=(plan,), promotional=(less,)) == 50


def test_26_a_promotion_alone_entitles() -> None:
    assert list(resolved(promotional=(promotes(5),)).rows) == ["feature-f"]
    assert resolved().reason == "NoActiveSubscription"


def test_27_valid_until_is_the_first_of_window_and_trial_end() -> None:
    plan = a_plan(entitlements=(gives(limit=5, reset_rule=MONTHLY),))
    end = utc("2024-01-20")
    trial = subscribed(
        plan, status=SubscriptionStatus.IN_TRIAL, trial_end_date=end, effective_end_date=end
    )
    row = row_of(trial, packages=(plan,))
    assert row.window
    assert row.window.end == utc("2024-02-01")
    assert row.valid_until == end
    assert end.timestamp() * 1000 == 1705708800000


def test_29_a_spent_hard_budget_denies_what_it_bills_only() -> None:
    plan = a_plan(entitlements=(gives("feature-b"),))
    b = a_feature("feature-b", feature_type=FeatureType.BOOLEAN, meter_type=MeterType.NoMeter)
    payg = sold(a_price(1, model=BillingModel.USAGE_BASED, feature="feature-f"))
    subscription = subscribed(
        plan,
        prices=(payg,),
        budget=Budget(limit=Decimal(10), has_soft_limit=False),
        budget_exceeded=True,
    )
    rows = resolved(subscription, packages=(plan,), features=(F, b)).rows
    assert reason(rows["feature-f"]) is Reason.BudgetExceeded
    assert asked(rows["feature-b"]).is_granted
    soft = replace(subscription, budget=Budget(limit=Decimal(10), has_soft_limit=True))
    assert asked(row_of(soft, packages=(plan,))).is_granted


# --- 9, 10, 13: the check -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "r", "granted"),
    [
        (9, None, True),
        (9, 1, True),
        (9, 2, False),
        (10, None, False),
        (10, 0, True),
        (12, 0, False),
    ],
)
def test_09_a_hard_limit(used: int, r: int | None, granted: bool) -> None:
    plan = a_plan(entitlements=(gives(limit=10),))
    row = row_of(subscribed(plan), packages=(plan,))
    assert asked(row, used, r).is_granted is granted
    soft = replace(row, grant=replace(row.grant, has_soft_limit=True))
    assert asked(soft, used, r).is_granted


def test_10_values_of_an_enum() -> None:
    region = a_feature(
        "feature-f",
        feature_type=FeatureType.ENUM,
        meter_type=MeterType.NoMeter,
        enum_configuration=tuple(EnumValue(value=v, display_name=v) for v in ("us", "eu", "in")),
    )
    plan = a_plan(entitlements=(gives(enum_values=("eu", "us")),))
    row = row_of(subscribed(plan), packages=(plan,), features=(region,))
    assert row.grant.enum_values == ("us", "eu")
    assert asked(row, 0, None, "eu").is_granted
    assert reason(row, 0, None, "eu", "in") is Reason.RequestedValuesMismatch
    assert reason(row, 0, 1) is Reason.FeatureTypeMismatch


def test_13_limits_are_in_presented_units_and_reports_in_raw_ones() -> None:
    storage = replace(F, unit_transformation=UnitTransformation(divide=Decimal(10) ** 9))
    plan = a_plan(entitlements=(gives(limit=3),))
    row = row_of(subscribed(plan), packages=(plan,), features=(storage,))
    assert current_usage(row, Usage(raw=Decimal(24) * 10**8)) == Decimal("2.4")
    assert asked(row, 24 * 10**8).is_granted
    assert asked(row, 24 * 10**8, 6 * 10**8).is_granted
    assert reason(row, 24 * 10**8, 7 * 10**8) is Reason.RequestedUsageExceedingLimit
    assert reason(row, 3 * 10**9) is Reason.RequestedUsageExceedingLimit


def test_a_numeric_configuration_is_compared_with_the_request_alone() -> None:
    seats = a_feature("feature-f", meter_type=MeterType.NoMeter)
    plan = a_plan(entitlements=(gives(limit=3),))
    row = row_of(subscribed(plan), packages=(plan,), features=(seats,))
    assert asked(row).is_granted
    assert asked(row, 0, 3).is_granted
    assert reason(row, 0, 4) is Reason.RequestedUsageExceedingLimit
    assert current_usage(row, None) is None
    assert row.window is None


# --- 16: windows after a transition -----------------------------------------------------------


def test_16_the_window_follows_the_subscriptions_anchor_and_cut_off() -> None:
    plan = a_plan(
        "plan-up",
        entitlements=(gives(limit=1000, reset_rule=MONTHLY), gives("feature-seats", 5)),
    )
    seats = a_feature("feature-seats")
    at = utc("2024-01-15T12:00")
    cut = subscribed(plan, start_date=at, usage_anchor=at, usage_cutoff=at)
    rows = resolved(cut, packages=(plan,), features=(F, seats), now=at).rows
    window = rows["feature-f"].window
    assert window
    assert (window.start, window.end) == (at, utc("2024-02-15T12:00"))
    assert not rows["feature-seats"].has_reset_window
    kept = subscribed(plan, start_date=at)
    window = row_of(kept, packages=(plan,), now=at).window
    assert window
    assert (window.start, window.end) == (utc("2024-01-01"), utc("2024-02-01"))
