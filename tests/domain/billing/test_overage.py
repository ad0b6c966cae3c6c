"""Overage and usage lines: numbers of spec, catalog §11 and subscriptions §18."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.billing.overage import (
    OverageWindow,
    WindowUsage,
    overage_line,
    overage_windows,
    window_usage,
)
from domain.billing.usage import cuts_off_usage, minimum_adjustment, running_period
from domain.catalog.enums import (
    BillingModel,
    Currency,
    EntitlementResetPeriod,
    MeterType,
    SubscriptionUpdateUsageCutoffBehavior,
)
from domain.catalog.model import AccordingTo, ResetRule
from domain.entitlements.model import EntitlementRow, Grant
from domain.metering.reset_periods import BEGINNING
from domain.periods import Period
from domain.subscriptions.charges import Terms, period_charge
from domain.subscriptions.cycle import anchor_for, with_cycle, with_usage_window
from domain.subscriptions.due import next_monthly_overage
from domain.subscriptions.enums import BillingAnchor, SubscriptionInvoiceBillingReason
from domain.subscriptions.facts import BillingSettings
from domain.subscriptions.model import (
    ClosedUsage,
    Subscription,
    SubscriptionPrice,
)
from domain.subscriptions.transitions import renew
from tests.builders import NOW, a_customer, a_feature, a_plan, a_price, a_subscription, uid, utc

CALLS = a_feature("feature-calls", meter_type=MeterType.Incremental)
APRIL = Period(utc("2024-04-01T00:00"), utc("2024-05-01T00:00"))


def sold(amount: str, block: int = 1) -> SubscriptionPrice:
    price = a_price(
        amount,
        model=BillingModel.USAGE_BASED,
        feature="feature-calls",
        is_overage=True,
        block_size=block,
    )
    return SubscriptionPrice(id=uid("sold"), price=price, created_at=NOW, updated_at=NOW)


def used(whole: int, limit: int, before: int = 0) -> WindowUsage:
    return WindowUsage(limit=Decimal(limit), whole=Decimal(whole), before=Decimal(before))


@pytest.mark.parametrize(
    ("amount", "block", "usage", "limit", "expected"),
    [("0.01", 1, 1300, 1000, "3.00"), ("2", 100, 800, 500, "6.00")],
)
def test_what_exceeds_the_limit_is_billed(
    amount: str, block: int, usage: int, limit: int, expected: str
) -> None:
    line = overage_line(sold(amount, block), CALLS, units=[used(usage, limit)], period=APRIL)
    assert line is not None
    assert line.amount == Decimal(expected)


def test_within_the_limit_there_is_no_line() -> None:
    assert overage_line(sold("1"), CALLS, units=[used(10, 10)], period=APRIL) is None


def test_windows_add_up_and_what_was_billed_before_is_left_out() -> None:
    units = [used(12, 10), used(9, 10), used(15, 10, before=11)]
    line = overage_line(sold("1"), CALLS, units=units, period=APRIL)
    assert line is not None
    assert (line.amount, line.quantity) == (Decimal(6), Decimal(6))


def a_row(rule: ResetRule | None, **feature: Any) -> EntitlementRow:
    return EntitlementRow(
        feature=a_feature("feature-calls", **{"meter_type": MeterType.Incremental} | feature),
        grant=Grant(usage_limit=Decimal(10), reset_rule=rule),
        anchor=APRIL.start,
    )


def test_without_a_reset_a_period_bills_what_it_added() -> None:
    (window,) = overage_windows(a_row(None), APRIL, is_final=False)
    assert window.whole == Period(BEGINNING, APRIL.end)
    assert window.before == Period(BEGINNING, APRIL.start)
    usage = {window.whole: Decimal(30), window.before: Decimal(12)}
    found = window_usage(window, usage, Decimal(10))
    assert (found.whole, found.before) == (Decimal(30), Decimal(12))


def test_a_level_is_billed_as_it_stands() -> None:
    row = a_row(None, meter_type=MeterType.Fluctuating)
    (window,) = overage_windows(row, APRIL, is_final=False)
    assert window == OverageWindow(whole=Period(BEGINNING, APRIL.end))
    assert window_usage(window, {window.whole: Decimal(7)}, Decimal(5)).before == 0


def weekly() -> ResetRule:
    return ResetRule(period=EntitlementResetPeriod.WEEK, according_to=AccordingTo.SubscriptionStart)


def test_windows_count_when_they_end_and_the_last_one_at_an_end() -> None:
    running = overage_windows(a_row(weekly()), APRIL, is_final=False)
    assert [one.whole.end for one in running] == [
        utc(f"2024-04-{day:02}T00:00") for day in (8, 15, 22, 29)
    ]
    final = overage_windows(a_row(weekly()), APRIL, is_final=True)
    assert final[-1].whole == Period(utc("2024-04-29T00:00"), APRIL.end)


def subscribed(**given: Any) -> Subscription:
    customer = a_customer()
    defaults: dict[str, Any] = {
        "start_date": APRIL.start,
        "billing_cycle_anchor": APRIL.start,
        "current_billing_period_start": APRIL.start,
        "current_billing_period_end": APRIL.end,
        "usage_cutoff": APRIL.start,
        "billing_period": a_price(1).billing_period,
    }
    return a_subscription(customer, a_plan("plan-pro", a_price(20)), **defaults | given)


def test_a_renewal_closes_the_usage_of_the_period_that_ends() -> None:
    ending = subscribed(minimum_prepaid=Decimal(100), currency=Currency.USD)
    renewed = renew(ending, Terms(), at=APRIL.end).subscription
    closed = ClosedUsage(start=APRIL.start, end=APRIL.end, prepaid=Decimal(100))
    assert renewed.closed_usage == closed
    assert running_period(renewed, APRIL.end) is None


def test_usage_before_the_start_is_not_billed_here() -> None:
    begun = utc("2024-04-16T00:00")
    late = subscribed(start_date=begun, usage_cutoff=begun)
    assert running_period(late, APRIL.end) == Period(begun, APRIL.end)
    assert running_period(late, begun) is None


@pytest.mark.parametrize("moves", [False, True])
@pytest.mark.parametrize("rule", list(SubscriptionUpdateUsageCutoffBehavior))
def test_usage_is_carried_over_or_cut_off_by_the_rule(
    rule: SubscriptionUpdateUsageCutoffBehavior, *, moves: bool
) -> None:
    at = utc("2024-04-16T00:00")
    old = subscribed(usage_anchor=APRIL.start)
    new = subscribed(
        id=uid("new"), start_date=at, billing_cycle_anchor=at if moves else APRIL.start
    )
    new = with_usage_window(new, origin=old, rule=rule, anchor_moves=moves, at=at)
    kept_by = {SubscriptionUpdateUsageCutoffBehavior.NEVER_RESET} | (
        set() if moves else {SubscriptionUpdateUsageCutoffBehavior.BILLING_PERIOD_CHANGE}
    )
    is_carried = rule in kept_by
    assert cuts_off_usage(old, new) != is_carried
    assert running_period(new, APRIL.end) == (APRIL if is_carried else Period(at, APRIL.end))


def test_nothing_is_carried_over_the_end_of_a_period() -> None:
    old, at = subscribed(usage_anchor=APRIL.start), APRIL.end
    never = SubscriptionUpdateUsageCutoffBehavior.NEVER_RESET
    new = subscribed(id=uid("new"), start_date=at)
    assert cuts_off_usage(
        old, with_usage_window(new, origin=old, rule=never, anchor_moves=False, at=at)
    )


@pytest.mark.parametrize(
    ("usage", "charged", "expected"), [(70, 0, -70), (130, 0, -100), (130, 70, -30), (70, 70, None)]
)
def test_the_minimum_spend_covers_usage_once(
    usage: int, charged: int, expected: int | None
) -> None:
    line = minimum_adjustment(
        Decimal(100), usage=Decimal(usage), charged=Decimal(charged), period=APRIL
    )
    assert (None if line is None else line.amount) == expected


def test_without_a_minimum_nothing_is_covered() -> None:
    assert minimum_adjustment(Decimal(0), usage=Decimal(5), period=APRIL) is None


def test_a_start_before_the_first_is_charged_its_share() -> None:  # §18.25
    begun = utc("2024-04-11T00:00")
    settings = BillingSettings(anchor=BillingAnchor.START_OF_THE_MONTH)
    price = a_price(30)
    sold_flat = SubscriptionPrice(id=uid("flat"), price=price, created_at=NOW, updated_at=NOW)
    made = a_subscription(
        a_customer(),
        a_plan("plan-pro", price),
        start_date=begun,
        billing_period=price.billing_period,
        currency=Currency.USD,
        prices=(sold_flat,),
    )
    anchor = anchor_for(begun, made.pricing_type, settings)
    made = with_cycle(made, anchor=anchor, at=begun)
    reason = SubscriptionInvoiceBillingReason.SUBSCRIPTION_CREATION
    first = period_charge(made, Terms(), reason=reason)
    assert first.charge is not None
    assert first.charge.total == 20
    renewed = renew(made, Terms(), at=anchor)
    assert anchor == utc("2024-05-01T00:00")
    assert renewed.charged.charge is not None
    assert renewed.charged.charge.total == 30


def yearly(**given: Any) -> Subscription:
    price = SubscriptionPrice(
        id=uid("yearly"),
        price=sold("1").price,
        is_monthly_overage=True,
        created_at=NOW,
        updated_at=NOW,
    )
    end = utc("2025-04-01T00:00")
    return subscribed(prices=(price,), current_billing_period_end=end, **given)


def test_monthly_overage_falls_due_at_each_boundary_but_the_renewals() -> None:
    one = yearly()
    instants = []
    while (at := next_monthly_overage(one)) is not None:
        instants.append(at)
        one = replace(one, overage_billed_until=at)
    assert len(instants) == 11
    assert (instants[0], instants[-1]) == (APRIL.end, utc("2025-03-01T00:00"))


def test_months_before_a_start_in_a_kept_cycle_are_not_billed() -> None:
    assert next_monthly_overage(yearly(start_date=utc("2024-07-15T00:00"))) == utc(
        "2024-08-01T00:00"
    )


def test_without_monthly_overage_and_in_a_stub_nothing_falls_due_between() -> None:
    assert next_monthly_overage(subscribed()) is None
    assert next_monthly_overage(yearly(billing_cycle_anchor=utc("2025-04-01T00:00"))) is None
