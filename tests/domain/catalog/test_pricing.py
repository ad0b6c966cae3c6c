"""Price mathematics against the spec's numbers (catalog §6.1, §12) and as laws."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    Currency,
    PlanChangeType,
    PricingType,
    TiersMode,
    UnitTransformationRound,
)
from domain.catalog.model import PriceTier, UnitTransformation
from domain.catalog.pricing.charge import charge_total, localized, priced_periods
from domain.catalog.pricing.discount import discount
from domain.catalog.pricing.overage import overage_total
from domain.catalog.pricing.per_unit import per_unit_total
from domain.catalog.pricing.starting_price import (
    monthly_equivalent,
    plan_change_type,
    starting_price,
)
from domain.catalog.pricing.tiers import graduated_total, tiers_total, volume_total
from domain.catalog.pricing.usage import billed_quantity
from domain.money import Money, round_to_minor_unit
from tests.builders import a_plan, a_price, some_tiers

T = some_tiers((5, 20, None), (10, 15, None), (None, 10, None))
T_FLAT = some_tiers((5, 20, 10), (10, 15, 8), (None, 10, 5))
API = some_tiers((1000, 0, None), (10000, "0.01", None), (None, "0.005", None))


def test_graduated_sums_each_tier_at_its_own_price() -> None:  # example 1
    assert graduated_total(T, Decimal(20)) == 275


@pytest.mark.parametrize(("quantity", "total"), [(20, 298), (5, 110), (6, 133), (0, 0)])
def test_graduated_adds_the_flat_price_of_each_tier_entered(quantity: int, total: int) -> None:
    assert graduated_total(T_FLAT, Decimal(quantity)) == total  # example 2


def test_volume_prices_all_units_by_the_tier_reached() -> None:  # example 3
    assert volume_total(T, Decimal(20)) == 200


def test_stair_step_is_volume_with_flat_prices_only() -> None:  # example 4
    steps = some_tiers((10, None, 50), (50, None, 200), (None, None, 500))
    assert volume_total(steps, Decimal(30)) == 200
    assert volume_total(steps, Decimal(10)) == 50
    assert volume_total(steps, Decimal(51)) == 500
    assert volume_total(steps, Decimal(0)) == 0


@pytest.mark.parametrize(("usage", "total"), [(500, 5), (1500, 10), (0, 0)])
def test_blocks_begun_are_paid_whole(usage: int, total: int) -> None:  # example 5
    assert per_unit_total(Decimal(5), Decimal(usage), block_size=1000) == total


def test_pay_as_you_go_tiers_of_the_authoring_flow() -> None:  # example 6
    assert tiers_total(API, TiersMode.GRADUATED, Decimal(1000)) == 0
    assert tiers_total(API, TiersMode.GRADUATED, Decimal(12500)) == Decimal("102.50")
    assert tiers_total(API, TiersMode.VOLUME, Decimal(12500)) == Decimal("62.50")


def test_a_line_is_rounded_once_half_up_to_its_currency() -> None:  # example 7
    total = per_unit_total(Decimal("0.00275"), Decimal(1234))
    assert round_to_minor_unit(total, Currency.USD) == Decimal("3.39")
    assert round_to_minor_unit(Decimal("1049.5"), Currency.JPY) == 1050
    assert round_to_minor_unit(Decimal("0.125"), Currency.USD) == Decimal("0.13")
    assert round_to_minor_unit(Decimal("-0.125"), Currency.USD) == Decimal("-0.13")


def test_overage_bills_what_exceeds_the_limit() -> None:  # example 8
    assert overage_total(Decimal("0.01"), usage=Decimal(1300), limit=Decimal(1000)) == 3
    assert overage_total(Decimal(2), usage=Decimal(800), limit=Decimal(500), block_size=100) == 6
    assert overage_total(Decimal(2), usage=Decimal(400), limit=Decimal(500)) == 0


@pytest.mark.parametrize(
    ("raw", "rounding", "quantity"),
    [
        (2500000001, UnitTransformationRound.UP, 3),
        (20000000, UnitTransformationRound.UP, 1),
        (2500000001, UnitTransformationRound.DOWN, 2),
    ],
)
def test_transformed_usage_is_rounded_only_for_billing(
    raw: int, rounding: UnitTransformationRound, quantity: int
) -> None:  # example 11
    divide = UnitTransformation(divide=Decimal(10**9), round=rounding)
    assert billed_quantity(Decimal(raw), divide) == quantity


def test_untransformed_fractions_are_billed_as_they_are() -> None:
    assert per_unit_total(Decimal(2), billed_quantity(Decimal("1.5"), None)) == 3


def test_discounts_are_rounded_and_never_exceed_the_subtotal() -> None:  # example 12
    usd = Currency.USD
    off = discount(Money(Decimal("49.99"), usd), percent_off=Decimal(20))
    assert off == Money(Decimal("10.00"), usd)
    fifteen = (Money(Decimal(15), usd),)
    assert discount(
        Money(Decimal(10), usd), percent_off=None, amounts_off=fifteen
    ).amount == Decimal(10)
    assert not discount(
        Money(Decimal(10), Currency.EUR), percent_off=None, amounts_off=fifteen
    ).amount


def pro_prices() -> tuple:  # type: ignore[type-arg]
    return (
        a_price(20),
        a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats", min_unit_quantity=1),
        a_price(
            model=BillingModel.USAGE_BASED,
            feature="feature-api-calls",
            tiers=((1000, 0, None), (10000, "0.01", None), (None, "0.005", None)),
            mode=TiersMode.GRADUATED,
        ),
    )


def test_the_starting_price_is_what_must_be_paid_in_advance_at_the_least() -> None:
    found = starting_price(pro_prices(), BillingPeriod.MONTHLY)
    assert found is not None
    assert found.amount == 30
    assert starting_price(pro_prices(), BillingPeriod.ANNUALLY) is None


def test_usage_alone_starts_at_one_unit_or_block() -> None:
    usage = a_price(5, model=BillingModel.USAGE_BASED, feature="feature-api", block_size=1000)
    found = starting_price((usage,), BillingPeriod.MONTHLY)
    assert found is not None
    assert found.amount == 5


def test_annual_prices_compare_by_their_twelfth() -> None:
    assert monthly_equivalent((a_price(240, period=BillingPeriod.ANNUALLY),)) == 20


def test_a_country_is_taken_whole_or_not_at_all() -> None:
    usd = a_price(20)
    inr = a_price(1500, billing_country_code="IN", currency=Currency.INR)
    assert localized((usd, inr), "IN") == (inr,)
    assert localized((usd, inr), "FR") == (usd,)
    assert localized((usd, inr), None) == (usd,)


def test_priced_periods_name_monthly_first() -> None:
    prices = (a_price(200, period=BillingPeriod.ANNUALLY), a_price(20))
    assert priced_periods(prices) == (BillingPeriod.MONTHLY, BillingPeriod.ANNUALLY)


def test_a_flat_fee_addon_is_charged_by_quantity() -> None:
    assert charge_total(a_price(15), Decimal(3)) == 45


def test_plan_changes_follow_pricing_type_ancestry_and_price() -> None:  # example 31
    free = a_plan("plan-free")
    pro = a_plan("plan-pro", *pro_prices())
    enterprise = a_plan("plan-enterprise", pricing_type=PricingType.CUSTOM, parent_plan_id=pro.id)
    plans = {p.id: p for p in (free, pro, enterprise)}
    assert plan_change_type(free, pro, plans=plans) is PlanChangeType.UPGRADE
    assert plan_change_type(pro, free, plans=plans) is PlanChangeType.DOWNGRADE
    assert plan_change_type(pro, enterprise, plans=plans) is PlanChangeType.UPGRADE
    assert plan_change_type(enterprise, pro, plans=plans) is PlanChangeType.DOWNGRADE
    cheap = a_plan("plan-cheap", a_price(29))
    same = a_plan("plan-same", a_price(30))
    assert plan_change_type(pro, cheap, plans=plans) is PlanChangeType.DOWNGRADE
    assert plan_change_type(pro, same, plans=plans) is PlanChangeType.NONE


amounts = st.decimals(min_value=0, max_value=1000, places=3)


@st.composite
def tier_lists(draw: st.DrawFn, *, flat: bool) -> tuple[PriceTier, ...]:
    ends = sorted(draw(st.sets(st.integers(1, 500), min_size=1, max_size=5)))
    return tuple(
        PriceTier(
            up_to=end,
            unit_price=draw(amounts),
            flat_price=draw(st.none() | amounts) if flat else None,
        )
        for end in (*ends, None)
    )


quantities = st.decimals(min_value=0, max_value=1000, places=2)


@given(tier_lists(flat=True), quantities, quantities)
def test_graduated_totals_never_fall_with_quantity(
    tiers: tuple[PriceTier, ...], a: Decimal, b: Decimal
) -> None:
    assert graduated_total(tiers, min(a, b)) <= graduated_total(tiers, max(a, b))


@given(tier_lists(flat=False))
def test_graduated_totals_without_flat_prices_are_continuous_at_boundaries(
    tiers: tuple[PriceTier, ...],
) -> None:
    step = Decimal("0.000001")
    dearest = max(t.unit_price or 0 for t in tiers)
    for tier in tiers[:-1]:
        assert tier.up_to is not None
        at = Decimal(tier.up_to)
        jump = graduated_total(tiers, at + step) - graduated_total(tiers, at)
        assert 0 <= jump <= step * dearest


@given(tier_lists(flat=True), quantities.filter(bool))
def test_a_volume_total_is_one_tiers_price_plus_its_flat_price(
    tiers: tuple[PriceTier, ...], quantity: Decimal
) -> None:
    holding = next(t for t in tiers if t.up_to is None or quantity <= t.up_to)
    expected = quantity * (holding.unit_price or 0) + (holding.flat_price or 0)
    assert volume_total(tiers, quantity) == expected
