"""Where recurring grants come from: the plan, a base plan, an add-on, a charge."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.catalog.enums import (
    BillingCadence,
    BillingPeriod,
    CreditCadence,
    CreditGrantCadence,
)
from domain.catalog.model import Package
from domain.credits.enums import CreditGrantSourceType, CreditGrantType
from domain.credits.model import CreditGrant, CreditGrantId
from domain.credits.origins import Origin, origin_of
from domain.subscriptions.model import Subscription, SubscriptionEntitlement
from tests.builders import (
    NOW,
    a_credit,
    a_customer,
    a_plan,
    a_subscription,
    an_addon,
    currency_id,
    uid,
)
from tests.domain.credits.test_recurring import SEATS, held, sold

PLAN = CreditGrantSourceType.PLAN_ENTITLEMENT
ADDON = CreditGrantSourceType.ADDON_ENTITLEMENT
PRICE = CreditGrantSourceType.PRICE


def origin(
    type_: CreditGrantSourceType, key: str | None, plan: Package, *others: Package, **given: Any
) -> Origin:
    subscription: Subscription = a_subscription(a_customer(), plan, **given)
    grant = CreditGrant(
        id=CreditGrantId(uid("grant")),
        grant_id="grant",
        customer_id=subscription.customer_id,
        resource_id="",
        currency_id=currency_id(),
        display_name="grant",
        grant_type=CreditGrantType.RECURRING,
        amount=Decimal(1),
        effective_at=NOW,
        source_type=type_,
        source_key=key,
        created_at=NOW,
        updated_at=NOW,
    )
    packages = {package.id: package for package in (plan, *others)}
    found = origin_of(grant, subscription, packages)
    assert found.subscription == subscription
    return found


def test_a_plans_credits_name_the_plan_that_defines_them() -> None:
    each = a_credit(200, dependency_feature_id=SEATS.id, cadence=CreditCadence.YEAR)
    base = a_plan("plan-base", entitlements=(a_credit(5, "coins"), each))
    plan = a_plan("plan-top", entitlements=(a_credit(1, "coins"),), parent_plan_id=base.id)
    found = origin(PLAN, "plan", plan, base)
    assert (found.plan, found.addon, found.addon_quantity) == (base, None, None)
    assert (found.base_amount, found.cadence) == (Decimal(200), CreditCadence.YEAR)
    assert found.dependency_feature_id == SEATS.id


def test_a_value_of_the_subscriptions_own_shows_in_the_plans_place() -> None:
    own = SubscriptionEntitlement(
        id=uid("own"),
        currency_id=currency_id(),
        amount=Decimal(70),
        created_at=NOW,
        updated_at=NOW,
    )
    each = a_credit(200, dependency_feature_id=SEATS.id, cadence=CreditCadence.YEAR)
    plan = a_plan(entitlements=(each,))
    found = origin(PLAN, "plan", plan, entitlements=(own,))
    assert (found.plan, found.base_amount, found.cadence) == (plan, Decimal(70), CreditCadence.YEAR)
    assert found.dependency_feature_id is None
    bare = origin(PLAN, "plan", a_plan("plan-bare"), entitlements=(own,))
    assert (bare.base_amount, bare.cadence) == (Decimal(70), CreditCadence.MONTH)


def test_an_add_ons_credits_name_it_with_its_quantity() -> None:
    plan = a_plan(entitlements=(a_credit(100),))
    addon = an_addon("addon-more", entitlements=(a_credit(50),))
    found = origin(ADDON, "addon:addon-more", plan, addon, addons=(held(addon, 3),))
    assert (found.plan, found.addon, found.addon_quantity) == (None, addon, 3)
    assert (found.base_amount, found.cadence) == (Decimal(50), CreditCadence.MONTH)


def test_a_charge_shows_its_quantity_and_cadence() -> None:
    plan, addon = a_plan(), an_addon("addon-pack")
    monthly = sold(9, "addon-pack", credit_grant_cadence=CreditGrantCadence.MONTHLY)
    both = (monthly, sold(40, period=BillingPeriod.ANNUALLY))
    yearly = BillingPeriod.ANNUALLY
    found = origin(PRICE, "price", plan, prices=both, billing_period=yearly)
    assert (found.plan, found.base_amount, found.cadence) == (plan, Decimal(40), CreditCadence.YEAR)
    pack = origin(PRICE, "price:addon-pack", plan, addon, prices=both, addons=(held(addon, 2),))
    assert (pack.plan, pack.addon, pack.addon_quantity) == (None, addon, 2)
    assert (pack.base_amount, pack.cadence) == (Decimal(9), CreditCadence.MONTH)
    once = sold(5, billing_cadence=BillingCadence.ONE_OFF)
    assert origin(PRICE, "price", plan, prices=(once,)).cadence is None


def test_what_the_subscription_says_no_longer_is_left_out() -> None:
    plan = a_plan("plan-bare")
    for type_, key in ((PLAN, "plan"), (PRICE, "price"), (PLAN, None)):
        found = origin(type_, key, plan)
        assert (found.plan, found.base_amount, found.cadence) == (plan, None, None)
    gone = origin(ADDON, "addon:addon-gone", plan)
    assert (gone.plan, gone.addon, gone.base_amount) == (None, None, None)
    addon = an_addon("addon-gone", entitlements=(a_credit(1),))
    missing = origin(ADDON, "addon:addon-gone", plan, addons=(held(addon),))
    assert (missing.addon, missing.addon_quantity) == (None, 1)
