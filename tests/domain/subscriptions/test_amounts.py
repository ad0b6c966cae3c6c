"""Totals, invoices and proration against the spec's numbers (subscriptions §18), and laws."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.enums import BillingCadence, BillingModel, BillingPeriod, Currency
from domain.catalog.model import Price
from domain.ids import PackageId
from domain.money import Money
from domain.periods import Period
from domain.subscriptions.amounts import (
    Discount,
    Line,
    charged_share,
    in_advance_lines,
    invoice_amounts,
    minimum_spend_settlement,
    stub_ratio,
    sum_of,
    total_price,
)
from domain.subscriptions.enums import SubscriptionProrationBehavior as Behavior
from domain.subscriptions.model import FreeItem, SubscriptionAddon, SubscriptionPrice
from domain.subscriptions.proration import prorate, remaining_ratio, settle
from tests.builders import NOW, a_price, uid, utc

APRIL = Period(utc("2024-04-01T00:00"), utc("2024-05-01T00:00"))
HALF = remaining_ratio(APRIL, utc("2024-04-16T00:00"))
ONE = Decimal(1)
TWENTY_PERCENT = Discount(ref_id="c", name="c", percent_off=Decimal(20))


def usd(amount: str | int) -> Money:
    return Money(Decimal(amount), Currency.USD)


def sold(
    price: Price, *, quantity: int | None = None, addon: str | None = None
) -> SubscriptionPrice:
    return SubscriptionPrice(
        id=uid(f"sold:{price.id}:{addon}"),
        price=price,
        addon_ref_id=addon,
        quantity=None if quantity is None else Decimal(quantity),
        created_at=NOW,
        updated_at=NOW,
    )


def addon(ref_id: str, quantity: int) -> SubscriptionAddon:
    return SubscriptionAddon(
        id=uid(f"sub-addon:{ref_id}"),
        addon_id=PackageId(uid(f"package:{ref_id}:1")),
        addon_ref_id=ref_id,
        quantity=quantity,
        created_at=NOW,
        updated_at=NOW,
    )


def flat(amount: str | int, currency: Currency = Currency.USD) -> tuple[Line, ...]:
    return in_advance_lines([sold(a_price(amount, currency=currency))])


def seats(quantity: int) -> tuple[Line, ...]:
    price = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats")
    return in_advance_lines([sold(price, quantity=quantity)])


def test_per_unit_and_addon_lines_add_up() -> None:  # A5
    templates = a_price(1, model=BillingModel.PER_UNIT, feature="feature-01-templates")
    lines = in_advance_lines(
        [sold(templates, quantity=2), sold(a_price(5), addon="addon-10-campaigns")],
        [addon("addon-10-campaigns", 3)],
    )
    price = total_price(lines)
    assert price is not None
    assert (price.sub_total, price.addons_total, price.total) == (usd(17), usd(15), usd(17))


def test_usage_and_overage_are_no_advance_lines() -> None:
    usage = a_price(1, model=BillingModel.USAGE_BASED, feature="feature-api")
    assert in_advance_lines([sold(usage)]) == ()
    assert total_price(()) is None


def test_one_off_charges_stand_on_the_first_invoice_only() -> None:
    fee = a_price(99, billing_cadence=BillingCadence.ONE_OFF)
    assert in_advance_lines([sold(fee)]) == ()
    assert in_advance_lines([sold(fee)], with_one_off=True)[0].amount == usd(99)


def test_free_items_of_a_group_cost_nothing() -> None:
    lines = in_advance_lines(
        [sold(a_price(5), addon="addon-a")],
        [addon("addon-a", 3)],
        free_items=[FreeItem(addon_ref_id="addon-a", quantity=2)],
    )
    assert sum_of(lines, Currency.USD) == usd(5)


def test_a_coupon_comes_off_the_subtotal() -> None:  # §18.14
    price = total_price(flat(50), discount=TWENTY_PERCENT)
    assert price is not None
    assert (price.sub_total, price.discount, price.total) == (usd(50), usd(10), usd(40))
    sixty = Discount(ref_id="f", name="f", amounts_off=(usd(60),))
    fixed = total_price(flat(50), discount=sixty)
    assert fixed is not None
    assert fixed.total == usd(0)


def test_tax_is_exclusive_and_comes_after_the_discount() -> None:  # §18.15
    plain = invoice_amounts(usd(50), usd(0), tax_percentage=Decimal(17))
    assert (plain.tax, plain.total) == (usd("8.50"), usd("58.50"))
    reduced = invoice_amounts(usd(50), usd(10), tax_percentage=Decimal(17))
    assert (reduced.tax, reduced.total) == (usd("6.80"), usd("46.80"))


def test_a_negative_total_becomes_balance_and_is_used_up_later() -> None:  # §18.5
    change = invoice_amounts(usd(-15), usd(0))
    assert (change.amount_due, change.balance_after) == (usd(0), usd(15))
    renewal = invoice_amounts(usd(20), usd(0), balance=change.balance_after)
    assert (renewal.total, renewal.amount_due, renewal.balance_after) == (usd(20), usd(5), usd(0))


@pytest.mark.parametrize(("usage", "total"), [(70, 100), (130, 130)])
def test_usage_is_deducted_from_the_minimum_spend(usage: int, total: int) -> None:  # §18.16
    adjustment, charge = minimum_spend_settlement(Decimal(100), Decimal(usage))
    assert usage + adjustment + charge == total


def test_an_upgrade_at_half_time_charges_half_the_difference() -> None:  # §18.2
    found = prorate(
        flat(20), flat(50), ratio=HALF, charged_share=ONE, anchor_moves=False, currency=Currency.USD
    )
    assert (found.credit, found.debit, found.net) == (usd(-10), usd(25), usd(15))


def test_prorations_are_exact_to_the_millisecond() -> None:  # §18.3
    february = Period(utc("2024-02-01T00:00"), utc("2024-03-01T00:00"))
    ratio = remaining_ratio(february, utc("2024-02-10T06:00"))
    found = prorate(
        flat(49),
        flat(99),
        ratio=ratio,
        charged_share=ONE,
        anchor_moves=False,
        currency=Currency.USD,
    )
    assert (found.credit, found.debit, found.net) == (usd("-33.37"), usd("67.42"), usd("34.05"))


def test_a_moving_anchor_charges_the_new_price_in_full() -> None:  # §18.4, §18.8
    found = prorate(
        flat(20), flat(50), ratio=HALF, charged_share=ONE, anchor_moves=True, currency=Currency.USD
    )
    assert found.net == usd(40)
    annual = in_advance_lines([sold(a_price(200, period=BillingPeriod.ANNUALLY))])
    switched = prorate(
        flat(20), annual, ratio=HALF, charged_share=ONE, anchor_moves=True, currency=Currency.USD
    )
    assert (switched.credit, switched.net) == (usd(-10), usd(190))


def test_a_downgrade_gives_back() -> None:  # §18.5
    found = prorate(
        flat(50), flat(20), ratio=HALF, charged_share=ONE, anchor_moves=False, currency=Currency.USD
    )
    assert (found.credit, found.debit, found.net) == (usd(-25), usd(10), usd(-15))


def test_more_seats_are_charged_for_the_rest_of_the_period() -> None:  # §18.6
    ratio = remaining_ratio(APRIL, utc("2024-04-21T00:00"))
    found = prorate(
        seats(5),
        seats(8),
        ratio=ratio,
        charged_share=ONE,
        anchor_moves=False,
        currency=Currency.USD,
    )
    assert (found.credit, found.debit, found.net) == (usd("-16.67"), usd("26.67"), usd(10))


def test_yen_have_no_minor_unit() -> None:  # §18.7
    ratio = remaining_ratio(APRIL, utc("2024-04-10T08:30"))
    jpy = Currency.JPY
    found = prorate(
        flat(1000, jpy),
        flat(2500, jpy),
        ratio=ratio,
        charged_share=ONE,
        anchor_moves=False,
        currency=jpy,
    )
    parts = (found.credit.amount, found.debit.amount, found.net.amount)
    assert parts == (Decimal(-688), Decimal(1720), Decimal(1032))


def test_cancelling_gives_back_the_unused_time() -> None:  # §18.9
    ratio = remaining_ratio(APRIL, utc("2024-04-11T00:00"))
    found = prorate(
        flat(50), (), ratio=ratio, charged_share=ONE, anchor_moves=False, currency=Currency.USD
    )
    assert found.net == usd("-33.33")


def test_coupons_shrink_credits_by_what_was_paid_and_debits_by_their_share() -> None:  # §18.27
    f = charged_share(usd(20), TWENTY_PERCENT)
    up = prorate(
        flat(20),
        flat(50),
        ratio=HALF,
        charged_share=f,
        anchor_moves=False,
        currency=Currency.USD,
        discount=TWENTY_PERCENT,
    )
    assert (up.credit, up.debit, up.discount, up.net) == (usd(-8), usd(25), usd(5), usd(12))
    down = prorate(
        flat(50),
        flat(20),
        ratio=HALF,
        charged_share=f,
        anchor_moves=False,
        currency=Currency.USD,
        discount=TWENTY_PERCENT,
    )
    assert down.net == usd(-12)
    ten_off = charged_share(usd(50), Discount(ref_id="f", name="f", amounts_off=(usd(10),)))
    cancelled = prorate(
        flat(50), (), ratio=HALF, charged_share=ten_off, anchor_moves=False, currency=Currency.USD
    )
    assert cancelled.net == usd(-20)


def test_a_stub_period_is_charged_by_its_share_of_the_full_one() -> None:  # §18.25
    stub = Period(utc("2024-04-11T00:00"), APRIL.end)
    assert Money(30 * stub_ratio(stub, APRIL), Currency.USD).rounded() == usd(20)
    assert remaining_ratio(stub, stub.start, full=APRIL) == stub_ratio(stub, APRIL)


def test_behaviours_decide_what_is_invoiced_now() -> None:  # §18.4
    change = prorate(
        flat(20), flat(50), ratio=HALF, charged_share=ONE, anchor_moves=False, currency=Currency.USD
    )
    now = settle(change, Behavior.INVOICE_IMMEDIATELY, anchor_moves=False)
    assert now.invoiced_now == usd(15)
    later = settle(change, Behavior.CREATE_PRORATIONS, anchor_moves=False)
    assert later.invoiced_now == usd(0)
    assert sum((p.amount.amount for p in later.deferred), Decimal(50)) == 65
    none = settle(change, Behavior.NONE, anchor_moves=False)
    assert (none.invoiced_now, none.deferred) == (usd(0), ())


prices_ = st.decimals(min_value=0, max_value=10_000, places=2)
instants = st.datetimes(min_value=datetime(2024, 4, 1), max_value=datetime(2024, 4, 30)).map(
    lambda d: d.replace(tzinfo=APRIL.start.tzinfo, microsecond=0)
)


@given(prices_, prices_, instants)
def test_up_and_down_again_at_once_costs_at_most_rounding(
    low: Decimal, high: Decimal, at: datetime
) -> None:
    ratio = remaining_ratio(APRIL, at)
    up = prorate(
        flat(str(low)),
        flat(str(high)),
        ratio=ratio,
        charged_share=ONE,
        anchor_moves=False,
        currency=Currency.USD,
    )
    down = prorate(
        flat(str(high)),
        flat(str(low)),
        ratio=ratio,
        charged_share=ONE,
        anchor_moves=False,
        currency=Currency.USD,
    )
    assert (up.net + down.net).amount == 0


@given(prices_, prices_, instants, st.integers(1, 100))
def test_a_credit_never_exceeds_what_was_paid(
    old: Decimal, new: Decimal, at: datetime, percent: int
) -> None:
    off = Discount(ref_id="c", name="c", percent_off=Decimal(percent))
    paid = total_price(flat(str(old)), discount=off)
    assert paid is not None
    change = prorate(
        flat(str(old)),
        flat(str(new)),
        ratio=remaining_ratio(APRIL, at),
        charged_share=charged_share(paid.sub_total, off),
        anchor_moves=False,
        currency=Currency.USD,
    )
    assert -change.credit.amount <= paid.total.amount + Decimal("0.01")
    assert change.credit.amount <= 0
