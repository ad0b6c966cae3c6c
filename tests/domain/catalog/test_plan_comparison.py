"""Which of two plans is more. Source: spec, catalog §6.1 (plan change type) and §12 (31)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.catalog.enums import BillingModel, BillingPeriod, PlanChangeType, PricingType, TiersMode
from domain.catalog.model import Package
from domain.catalog.pricing.charge import charge_total
from domain.catalog.pricing.starting_price import (
    descends_from,
    monthly_equivalent,
    plan_change_type,
)
from tests.builders import NOW, a_plan, a_price

FREE = a_plan("plan-free")
PRO = a_plan("plan-pro", a_price(20))
ENTERPRISE = a_plan("plan-enterprise", pricing_type=PricingType.CUSTOM, parent_plan_id=PRO.id)
PLANS = {p.id: p for p in (FREE, PRO, ENTERPRISE)}
UP, DOWN, NONE = PlanChangeType.UPGRADE, PlanChangeType.DOWNGRADE, PlanChangeType.NONE


@pytest.mark.parametrize(
    ("current", "target", "expected"),
    [
        (FREE, PRO, UP),
        (PRO, FREE, DOWN),
        (PRO, ENTERPRISE, UP),
        (ENTERPRISE, PRO, DOWN),
        (PRO, replace(PRO, version_number=2), NONE),
        (FREE, a_plan("plan-other-free"), NONE),
        (PRO, a_plan("plan-same", a_price(20)), NONE),
        (PRO, a_plan("plan-dear", a_price(30)), UP),
        (PRO, a_plan("plan-yearly", a_price(120, period=BillingPeriod.ANNUALLY)), DOWN),
        (a_plan("plan-none", pricing_type=PricingType.PAID), PRO, UP),
    ],
)
def test_plans_compare_as_documented(
    current: Package, target: Package, expected: PlanChangeType
) -> None:
    assert plan_change_type(current, target, plans=PLANS) is expected


def test_custom_plans_compare_by_the_order_of_the_paywall() -> None:
    old = a_plan("plan-a", pricing_type=PricingType.CUSTOM)
    new = a_plan(
        "plan-b", pricing_type=PricingType.CUSTOM, lineage_created_at=NOW + timedelta(days=1)
    )
    assert plan_change_type(old, new, plans={}) is UP
    by_name = plan_change_type(new, old, plans={}, custom_order=lambda p: (p.ref_id != "plan-b",))
    assert by_name is UP


def test_descent_ends_at_the_unknown_and_in_circles() -> None:
    assert descends_from(ENTERPRISE, "plan-pro", plans=PLANS)
    assert not descends_from(ENTERPRISE, "plan-pro", plans={})
    assert not descends_from(ENTERPRISE, "plan-top", plans=PLANS)
    circle = replace(PRO, parent_plan_id=PRO.id)
    assert not descends_from(circle, "plan-top", plans={PRO.id: circle})


def test_without_a_recurring_price_there_is_nothing_to_compare() -> None:
    from domain.catalog.enums import BillingCadence

    assert monthly_equivalent([]) is None
    assert monthly_equivalent([a_price(9, billing_cadence=BillingCadence.ONE_OFF)]) is None


def test_each_model_is_charged_by_its_own_mathematics() -> None:
    one, three = Decimal(1), Decimal(3)
    assert charge_total(a_price(20), three) == 60
    seats = a_price(10, model=BillingModel.PER_UNIT, feature="seats", block_size=2)
    assert charge_total(seats, three) == 20
    rate = a_price(model=BillingModel.CREDIT_BASED, feature="calls")
    assert charge_total(rate, one) == 0
    tiered = a_price(
        model=BillingModel.PER_UNIT,
        feature="seats",
        tiers=((2, 5, None), (None, 1, None)),
        mode=TiersMode.GRADUATED,
    )
    assert charge_total(tiered, three) == 11
