"""The order of denials, credit-backed rows, and summaries. Source: spec, entitlements §2.7, §3."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.catalog.enums import BillingModel, CreditCadence
from domain.catalog.model import CreditEntitlement, CreditRate
from domain.entitlements.check import check, require_request
from domain.entitlements.enums import AccessDeniedReason as Reason
from domain.entitlements.enums import EntitlementsStateAccessDeniedReason as StateReason
from domain.entitlements.model import Answer, CreditStanding, EntitlementRow, Request, Scope
from domain.entitlements.resolution import Facts, contributions
from domain.entitlements.summary import summaries
from domain.errors import InvalidInput
from domain.ids import CurrencyId
from tests.builders import NOW, a_feature, a_plan, a_price, an_addon, uid
from tests.domain.entitlements.test_worked_examples import (
    F,
    added,
    gives,
    overrides,
    promotes,
    resolved,
    row_of,
    sold,
    subscribed,
)

CURRENCY = CurrencyId(uid("currency"))


def ask(
    *,
    scope: StateReason | None = None,
    is_known: bool = True,
    has_feature: bool = True,
    row: EntitlementRow | None = None,
) -> Answer:
    return check(
        scope_reason=scope,
        feature=F if has_feature else None,
        is_resource_known=is_known,
        row=row,
        usage=None,
        request=Request(),
    )


def test_scope_reasons_come_in_their_order() -> None:
    nobody = ask(scope=StateReason.CustomerNotFound, has_feature=False, is_known=False)
    assert nobody.reason is Reason.CustomerNotFound
    archived = ask(scope=StateReason.CustomerIsArchived, has_feature=False)
    assert archived.reason is Reason.CustomerIsArchived
    assert ask(has_feature=False, is_known=False).reason is Reason.FeatureNotFound
    unknown = ask(scope=StateReason.NoActiveSubscription, is_known=False)
    assert unknown.reason is Reason.CustomerResourceNotFound
    assert ask(scope=StateReason.NoActiveSubscription).reason is Reason.NoActiveSubscription
    assert ask().reason is Reason.NoFeatureEntitlementInSubscription
    assert Scope(customer_ref_id="c").resource_key == ""


def test_a_request_is_a_finite_quantity_of_zero_or_more() -> None:
    for usage in (Decimal(-1), Decimal("Infinity")):
        with pytest.raises(InvalidInput):
            require_request(usage, ())


def credit_backed(*, is_soft: bool) -> EntitlementRow:
    """Two credits a unit; softness is the wallet's."""
    price = a_price(
        model=BillingModel.CREDIT_BASED,
        feature="feature-f",
        credit_rate=CreditRate(amount=Decimal(2), currency_id=CURRENCY),
    )
    grants = CreditEntitlement(
        id=uid("credits"),
        currency_id=CURRENCY,
        amount=Decimal(10),
        cadence=CreditCadence.MONTH,
        has_soft_limit=is_soft,
        created_at=NOW,
        updated_at=NOW,
    )
    base = a_plan("plan-base", entitlements=(grants,))
    plan = a_plan("plan-credits", parent_plan_id=base.id, entitlements=(gives(),))
    gone = an_addon("addon-gone")
    subscription = subscribed(plan, prices=(sold(price),), addons=(added(gone),))
    return row_of(subscription, packages=(base, plan))


def spend(row: EntitlementRow, balance: int, r: int | None = None) -> Reason | None:
    request = require_request(None if r is None else Decimal(r), ())
    return check(
        scope_reason=None,
        feature=F,
        is_resource_known=True,
        row=row,
        usage=None,
        request=request,
        credit=CreditStanding(balance=Decimal(balance), has_soft_limit=row.grant.has_soft_limit),
    ).reason


def test_25_credits_bound_what_no_limit_does() -> None:
    hard, soft = credit_backed(is_soft=False), credit_backed(is_soft=True)
    assert (hard.grant.usage_limit, hard.grant.has_unlimited_usage) == (None, False)
    assert spend(hard, 0) is Reason.InsufficientCredits
    assert spend(soft, 0) is None
    assert spend(hard, 5, 2) is None
    assert spend(hard, 5, 3) is Reason.InsufficientCredits


def test_a_credit_charge_without_an_entitlement_grants_too() -> None:
    price = a_price(
        model=BillingModel.CREDIT_BASED,
        feature="feature-f",
        credit_rate=CreditRate(amount=Decimal(2), currency_id=CURRENCY),
    )
    plan = a_plan("plan-credits")
    flat = sold(a_price(5, feature="feature-f"))
    row = row_of(subscribed(plan, prices=(sold(price), flat)), packages=(plan,))
    assert row.grant.is_granted
    assert row.credit_rate == price.credit_rate


def test_an_add_ons_charge_increments() -> None:
    plan = a_plan(entitlements=(gives(limit=10),))
    addon = an_addon("addon-seats")
    charge = sold(a_price(1, model=BillingModel.PER_UNIT, feature="feature-f"), 4)
    flat = sold(a_price(1, feature="feature-f"))
    prices = tuple(replace(each, addon_ref_id="addon-seats") for each in (charge, flat))
    for units, limit in ((1, 14), (3, 22)):
        subscription = subscribed(plan, prices=prices, addons=(added(addon, units),))
        assert row_of(subscription, packages=(plan, addon)).grant.usage_limit == limit


def test_features_that_are_gone_have_no_row() -> None:
    plan = a_plan(entitlements=(gives(limit=10),))
    other = a_feature("feature-other")
    assert resolved(subscribed(plan), packages=(plan,), features=(other,)).rows == {}
    assert resolved(promotional=(promotes(1),), features=(other,)).rows == {}


def test_summaries_show_an_override_in_its_rows_place() -> None:
    plan = a_plan(entitlements=(gives(limit=10),))
    subscription = subscribed(plan, entitlements=(overrides(12),))
    facts = Facts(
        subscriptions=(subscription,),
        packages={plan.id: plan},
        features={F.id: F},
        promotional=(promotes(3),),
    )
    rows = summaries(F, contributions(facts, NOW)[F.id])
    assert [row.is_effective for row in rows] == [True, False]
    assert rows[0].entitlement
    assert rows[0].entitlement.usage_limit == 12
    assert rows[1].promotional == promotes(3)
