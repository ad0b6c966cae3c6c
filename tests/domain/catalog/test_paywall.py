"""What a pricing page shows. Source: spec, catalog §8 and §12 (27)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    CreditCadence,
    Currency,
    PricingType,
    ProductStatus,
    WidgetType,
)
from domain.catalog.inheritance import ancestors_of, inherited_entitlements
from domain.catalog.model import (
    CreditEntitlement,
    Feature,
    FeatureEntitlement,
    MinimumSpend,
    Package,
    Price,
)
from domain.catalog.paywall import (
    PriceView,
    choose_product,
    currency_symbol,
    paywall_order,
    price_points,
    shown_currency,
    visible_plans,
    with_prices_for,
)
from domain.errors import DomainError
from domain.ids import CurrencyId, ProductId
from domain.money import Money
from tests.builders import NOW, a_feature, a_plan, a_price, a_product, uid

FREE = a_plan("plan-free")
PRO = a_plan(
    "plan-pro",
    a_price(20),
    a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats", min_unit_quantity=1),
    a_price(model=BillingModel.USAGE_BASED, feature="feature-calls", tiers=((None, 1, None),)),
)
ENTERPRISE = a_plan("plan-enterprise", pricing_type=PricingType.CUSTOM, parent_plan_id=PRO.id)
INR: dict[str, Any] = {"billing_country_code": "IN", "currency": Currency.INR}
LOCAL = a_plan("plan-local", a_price(20), a_price(1500, **INR))


def refs(plans: list[Package]) -> list[str]:
    return [p.ref_id for p in plans]


def test_free_then_paid_by_price_then_custom() -> None:
    cheap = a_plan("plan-cheap", a_price(5))
    yearly = a_plan("plan-yearly", a_price(120, period=BillingPeriod.ANNUALLY))
    plans = [ENTERPRISE, PRO, yearly, cheap, FREE, a_plan("plan-open", pricing_type=None)]
    assert refs(paywall_order(plans)) == [
        "plan-free",
        "plan-open",
        "plan-cheap",
        "plan-yearly",
        "plan-pro",
        "plan-enterprise",
    ]


def test_ties_go_to_the_parent_then_the_older_then_the_name() -> None:
    base = a_plan("plan-z", lineage_created_at=NOW + timedelta(days=9))
    child = a_plan("plan-a", parent_plan_id=base.id)
    old = a_plan("plan-old", lineage_created_at=NOW - timedelta(days=9))
    assert refs(paywall_order([child, FREE, base, old])) == [
        "plan-old",
        "plan-free",
        "plan-z",
        "plan-a",
    ]


def test_the_order_follows_the_countrys_prices() -> None:
    other = a_plan("plan-other", a_price(10), a_price(2000, **INR))
    assert refs(paywall_order([LOCAL, other])) == ["plan-other", "plan-local"]
    assert refs(paywall_order([LOCAL, other], "IN")) == ["plan-local", "plan-other"]


def test_hidden_plans_are_hidden_from_their_widget() -> None:
    hidden = replace(FREE, hidden_from_widgets=(WidgetType.PAYWALL,))
    assert visible_plans([hidden, PRO], WidgetType.PAYWALL) == [PRO]
    assert visible_plans([hidden, PRO], WidgetType.CHECKOUT) == [hidden, PRO]


@pytest.mark.parametrize(
    ("country", "code", "symbol"),
    [("IN", Currency.INR, "₹"), ("FR", Currency.USD, "$"), (None, Currency.USD, "$")],
)
def test_prices_are_all_of_one_country(country: str | None, code: Currency, symbol: str) -> None:
    shown = with_prices_for(LOCAL, PriceView(country=country))
    assert [p.currency for p in shown.prices] == [code]
    assert shown_currency([FREE, shown]) is code
    assert currency_symbol(code) == symbol
    [point] = price_points([LOCAL], PriceView(country=country))
    assert point.currency is code


def test_all_countries_come_default_first() -> None:
    shown = with_prices_for(LOCAL, PriceView(all_countries=True))
    assert [p.billing_country_code for p in shown.prices] == [None, "IN"]
    assert shown_currency([shown]) is Currency.USD
    points = price_points([LOCAL], PriceView(all_countries=True))
    assert [(p.billing_country_code, int(p.amount)) for p in points] == [(None, 20), ("IN", 1500)]


def test_without_prices_the_currency_is_the_dollar() -> None:
    assert shown_currency([FREE]) is Currency.USD
    assert currency_symbol(Currency.CHF) == "CHF"


def test_credit_rates_hold_in_every_country() -> None:
    rated = replace(
        LOCAL,
        prices=(*LOCAL.prices, a_price(model=BillingModel.CREDIT_BASED, feature="feature-calls")),
    )
    models = [p.billing_model for p in with_prices_for(rated, PriceView(country="IN")).prices]
    assert sorted(models) == [BillingModel.CREDIT_BASED, BillingModel.FLAT_FEE]


def point_of(*prices: Price, **given: Any) -> tuple[Any, ...]:
    [point] = price_points([a_plan("plan-x", *prices, **given)], PriceView())
    return point.amount, point.feature_id is not None, point.additional_charges_may_apply


SEATS = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats", min_unit_quantity=2)
CALLS = a_price(3, model=BillingModel.USAGE_BASED, feature="feature-calls")
SPEND = MinimumSpend(
    billing_period=BillingPeriod.MONTHLY, minimum=Money(Decimal(100), Currency.USD)
)


def test_price_points_say_what_they_are_for() -> None:
    assert point_of(a_price(20)) == (20, False, False)
    assert point_of(SEATS) == (20, True, False)
    assert point_of(a_price(20), SEATS) == (40, False, False)
    assert point_of(CALLS) == (3, True, False)
    assert point_of(SEATS, CALLS) == (20, True, True)
    assert point_of(SEATS, replace(CALLS, is_overage=True)) == (20, True, True)
    assert point_of(a_price(20), minimum_spend=(SPEND,)) == (20, False, True)


def test_the_pro_plan_starts_at_thirty() -> None:
    points = price_points([FREE, PRO, ENTERPRISE], PriceView())
    assert [(p.plan_ref_id, int(p.amount), p.additional_charges_may_apply) for p in points] == [
        ("plan-pro", 30, True)
    ]


def test_a_period_with_one_off_charges_only_has_no_point() -> None:
    from domain.catalog.enums import BillingCadence

    once = a_plan("plan-x", a_price(99, billing_cadence=BillingCadence.ONE_OFF))
    assert price_points([once], PriceView()) == []


def test_the_default_product_is_chosen_if_it_sells() -> None:
    default = a_product("product-default", is_default_product=True)
    old, new = a_product("product-old"), a_product("product-new")

    def chosen(*ids: ProductId) -> str:
        return choose_product([old, default, new], with_published_plan=ids).ref_id

    assert chosen(default.id, old.id) == "product-default"
    assert chosen(new.id, old.id) == "product-old"
    assert chosen() == "product-default"
    assert choose_product([old, new], with_published_plan=()) == old
    archived = replace(old, status=ProductStatus.ARCHIVED)
    with pytest.raises(DomainError) as refused:
        choose_product([archived], with_published_plan={archived.id})
    assert refused.value.code.value == "NoProductsAvailable"


# --- inheritance ----------------------------------------------------------------------------------


def entitled(name: str, feature: Feature) -> FeatureEntitlement:
    return FeatureEntitlement(id=uid(name), feature_id=feature.id, created_at=NOW, updated_at=NOW)


SSO, X, CALLS_FEATURE = a_feature("sso"), a_feature("x"), a_feature("feature-calls")


def test_the_nearest_ancestor_wins_and_own_values_hide_it() -> None:
    credit = CreditEntitlement(
        id=uid("credit"),
        currency_id=CurrencyId(uid("tokens")),
        amount=Decimal(1),
        cadence=CreditCadence.MONTH,
        created_at=NOW,
        updated_at=NOW,
    )
    top = a_plan("top", entitlements=(entitled("top-sso", SSO), entitled("top-x", X), credit))
    middle = a_plan(
        "middle",
        parent_plan_id=top.id,
        entitlements=(entitled("mid-x", X), entitled("mid-calls", CALLS_FEATURE)),
    )
    leaf = a_plan("leaf", CALLS, parent_plan_id=middle.id, entitlements=(entitled("own-sso", SSO),))
    plans = {p.id: p for p in (top, middle, leaf)}
    ancestors = ancestors_of(leaf, plans)
    assert ancestors == (middle, top)
    found = inherited_entitlements(leaf, ancestors)
    assert [(plan.ref_id, e.id) for plan, e in found] == [
        ("middle", uid("mid-x")),
        ("top", uid("credit")),
    ]
    whole = inherited_entitlements(leaf, ancestors, include_overridden=True)
    assert [e.id for _, e in whole] == [
        uid("mid-x"),
        uid("mid-calls"),
        uid("top-sso"),
        uid("credit"),
    ]


def test_a_circle_of_ancestors_ends() -> None:
    one = a_plan("one", parent_plan_id=a_plan("two").id)
    two = a_plan("two", parent_plan_id=one.id)
    assert ancestors_of(one, {one.id: one, two.id: two}) == (two,)
    assert ancestors_of(one, {}) == ()
