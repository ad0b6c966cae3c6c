"""Proration: what a change in the middle of a period gives back and charges.

At t in [ps, pe): R = (pe - t) / (pe - ps) in milliseconds. Per changed line credit =
-round(old x f x R), debit = round(new x R), or the new price in full if the anchor moves (then
every line counts). Source: spec, subscriptions §11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.catalog.enums import Currency
from domain.money import Money
from domain.periods import Period, milliseconds
from domain.subscriptions.amounts import Discount, Line, LineKey
from domain.subscriptions.enums import SubscriptionProrationBehavior

_ZERO = Decimal(0)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProrationLine:
    """A rounded part of a proration: credits are negative, `is_full_period` marks whole prices."""

    line: Line
    amount: Money
    is_credit: bool
    is_full_period: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proration:
    """credit + debit - discount = net; credit <= 0."""

    lines: tuple[ProrationLine, ...]
    credit: Money
    debit: Money
    discount: Money

    @property
    def net(self) -> Money:
        return self.credit + self.debit - self.discount


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a proration is settled: what is invoiced now, and lines that join the next invoice."""

    invoiced_now: Money
    is_invoiced: bool
    deferred: tuple[ProrationLine, ...] = ()


def remaining_ratio(period: Period, at: datetime, *, full: Period | None = None) -> Decimal:
    """R of `at`; in a stub period it spans the `full` period ending there."""
    assert period.start <= at <= period.end
    whole = full if full is not None else period
    assert whole.end == period.end
    return Decimal(milliseconds(period.end - at)) / Decimal(milliseconds(whole.end - whole.start))


def prorate(
    old: Sequence[Line],
    new: Sequence[Line],
    *,
    ratio: Decimal,
    charged_share: Decimal,
    anchor_moves: bool,
    currency: Currency,
    discount: Discount | None = None,
    with_credit: bool = True,
    shares: Mapping[LineKey, Decimal] | None = None,
) -> Proration:
    """Credits for what is left of `old` and debits for `new`, matched by line key.

    `ratio` is R, `charged_share` is f. 20 -> 50 with R 0.5: -10.00 + 25.00 = 15.00; with the
    anchor moving: -10.00 + 50.00 = 40.00. ONE_OFF lines are paid whole when they are new and
    never given back. A percent coupon in force takes its share of the debits, a fixed one only
    of full-period lines; credits are in no coupon's base. `with_credit` False: nothing is given
    back (behaviour NONE with a moving anchor). `shares` holds the f of lines that differ.
    """
    assert _ZERO <= ratio <= _ONE
    assert _ZERO <= charged_share <= _ONE
    before = {line.key: line for line in old}
    after = {line.key: line for line in new}
    parts = []
    for key in (*before, *(k for k in after if k not in before)):
        was, becomes = before.get(key), after.get(key)
        same = was is not None and becomes is not None and was.total == becomes.total
        if same and not anchor_moves:
            continue
        if was is not None and with_credit and not was.is_one_off:
            share = (shares or {}).get(key, charged_share)
            parts.append(_part(was, -(was.total * share * ratio), is_credit=True))
        if becomes is not None and not (becomes.is_one_off and was is not None):
            full = anchor_moves or becomes.is_one_off
            share = _ONE if full else ratio
            parts.append(_part(becomes, becomes.total * share, is_credit=False, full=full))
    credit = _sum((p for p in parts if p.is_credit), currency)
    debit = _sum((p for p in parts if not p.is_credit), currency)
    off = discount_of_debits(parts, discount, currency)
    return Proration(lines=tuple(parts), credit=credit, debit=debit, discount=off)


def _part(line: Line, amount: Decimal, *, is_credit: bool, full: bool = False) -> ProrationLine:
    rounded = Money(amount, line.price.currency).rounded()
    return ProrationLine(line=line, amount=rounded, is_credit=is_credit, is_full_period=full)


def _sum(parts: Iterable[ProrationLine], currency: Currency) -> Money:
    total = Money(_ZERO, currency)
    for part in parts:
        total += part.amount
    return total


def discount_of_debits(
    parts: Sequence[ProrationLine], discount: Discount | None, currency: Currency
) -> Money:
    """What a coupon in force takes off the debits; credits are in no coupon's base."""
    if discount is None:
        return Money(_ZERO, currency)
    return discount.of(debits_to_discount(parts, discount, currency))


def debits_to_discount(
    parts: Sequence[ProrationLine], discount: Discount | None, currency: Currency
) -> Money:
    """The debits that a coupon applies to: all for a percentage, full periods for an amount."""
    fixed = discount is not None and discount.percent_off is None
    return _sum((p for p in parts if not p.is_credit and (p.is_full_period or not fixed)), currency)


def settle(
    proration: Proration, behavior: SubscriptionProrationBehavior, *, anchor_moves: bool
) -> Settlement:
    """What happens to a proration under `behavior`.

    INVOICE_IMMEDIATELY invoices the net now (below zero goes to the payer's balance);
    CREATE_PRORATIONS defers the lines unless the anchor moves; NONE does nothing, or with a
    moving anchor invoices the full new price (prorated `with_credit=False`).
    """
    if anchor_moves or behavior is SubscriptionProrationBehavior.INVOICE_IMMEDIATELY:
        return Settlement(invoiced_now=proration.net, is_invoiced=True)
    waits = behavior is SubscriptionProrationBehavior.CREATE_PRORATIONS
    return Settlement(
        invoiced_now=Money(_ZERO, proration.credit.currency),
        is_invoiced=False,
        deferred=proration.lines if waits else (),
    )
