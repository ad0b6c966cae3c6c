"""What a subscription costs: in-advance lines, totals, and the way from lines to amount due.

Lines are exact until `Line.amount` rounds each once. Source: spec, subscriptions §10.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.catalog.enums import BillingCadence, BillingModel, Currency
from domain.catalog.model import Coupon, Price
from domain.catalog.pricing.charge import IN_ADVANCE, MODEL_ORDER, charge_total
from domain.catalog.pricing.discount import discount as coupon_discount
from domain.catalog.pricing.discount import fixed_discount, percent_discount
from domain.ids import CurrencyId, FeatureId
from domain.money import Money
from domain.periods import Period, milliseconds
from domain.subscriptions.model import (
    FreeItem,
    SubscriptionAddon,
    SubscriptionCoupon,
    SubscriptionPrice,
)

_ONE = Decimal(1)
LineKey = tuple[str | None, BillingModel, FeatureId | CurrencyId | None, BillingCadence]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One charge of one package for one whole period; `total` is unrounded.

    `addon_ref_id` None = the plan's. `quantity`: units for PER_UNIT, add-on units for FLAT_FEE.
    """

    addon_ref_id: str | None
    price: Price
    quantity: Decimal
    total: Decimal

    @property
    def key(self) -> LineKey:
        """What is matched across a change: (plan or add-on, model, feature)."""
        price = self.price
        charged = price.feature_id or price.top_up_currency_id
        return self.addon_ref_id, price.billing_model, charged, price.billing_cadence

    @property
    def is_one_off(self) -> bool:
        return self.price.billing_cadence is BillingCadence.ONE_OFF

    @property
    def amount(self) -> Money:
        """The line's total, rounded once."""
        return Money(self.total, self.price.currency).rounded()


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A coupon in force, whichever it is a copy of: percent or fixed amounts."""

    ref_id: str
    name: str
    percent_off: Decimal | None = None
    amounts_off: tuple[Money, ...] = ()

    def of(self, sub_total: Money) -> Money:
        """What it takes off a full-period subtotal: rounded, and no more than the subtotal."""
        if sub_total.amount <= 0:
            return Money(Decimal(0), sub_total.currency)
        return coupon_discount(
            sub_total, percent_off=self.percent_off, amounts_off=self.amounts_off
        )


def percent_only(discount: Discount | None) -> Discount | None:
    """A percentage, which applies to whatever is charged; fixed amounts are of whole periods."""
    return discount if discount is not None and discount.percent_off is not None else None


def discount_of(coupon: SubscriptionCoupon | Coupon | None) -> Discount | None:
    """The discount that a coupon gives, None for none."""
    if coupon is None:
        return None
    return Discount(
        ref_id=coupon.ref_id,
        name=coupon.name,
        percent_off=coupon.percent_off,
        amounts_off=coupon.amounts_off,
    )


def in_advance_lines(
    prices: Iterable[SubscriptionPrice],
    addons: Iterable[SubscriptionAddon] = (),
    *,
    free_items: Iterable[FreeItem] = (),
    with_one_off: bool = False,
) -> tuple[Line, ...]:
    """FLAT_FEE and PER_UNIT lines of one whole period, the plan's first, in model order.

    An add-on's charges are taken once per unit that is not free. ONE_OFF charges appear only
    `with_one_off`, on the first invoice.
    """
    free = {item.addon_ref_id: item.quantity for item in free_items}
    units = {a.addon_ref_id: Decimal(a.quantity - free.get(a.addon_ref_id, 0)) for a in addons}
    lines = []
    for sold in prices:
        price = sold.price
        if price.billing_model not in IN_ADVANCE or price.is_overage:
            continue
        if price.billing_cadence is BillingCadence.ONE_OFF and not with_one_off:
            continue
        times = _ONE if sold.addon_ref_id is None else units.get(sold.addon_ref_id, Decimal(0))
        if price.billing_model is BillingModel.FLAT_FEE:
            quantity, total = times, charge_total(price, times)
        else:
            quantity = sold.quantity if sold.quantity is not None else Decimal(0)
            total = charge_total(price, quantity) * times
        lines.append(
            Line(addon_ref_id=sold.addon_ref_id, price=price, quantity=quantity, total=total)
        )
    return tuple(sorted(lines, key=_line_order))


def _line_order(line: Line) -> tuple[object, ...]:
    return (
        line.addon_ref_id is not None,
        line.addon_ref_id or "",
        MODEL_ORDER[line.price.billing_model],
        line.price.created_at,
        str(line.price.id),
    )


def sum_of(lines: Iterable[Line], currency: Currency) -> Money:
    """The sum of rounded lines: parts always add up to the whole."""
    total = Money(Decimal(0), currency)
    for line in lines:
        total += line.amount
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalPrice:
    """A full period's in-advance price: `total` = `sub_total` - discount."""

    sub_total: Money
    addons_total: Money
    discount: Money
    total: Money


def total_price(
    lines: Sequence[Line], *, discount: Discount | None = None, currency: Currency | None = None
) -> TotalPrice | None:
    """`subTotal`, its add-on part and `total` after the coupon in force.

    50 with 20 % -> 50, 10, 40; a fixed 60 -> total 0. None when nothing is priced and no
    `currency` is given (FREE, unpriced CUSTOM).
    """
    if currency is None:
        if not lines:
            return None
        currency = lines[0].price.currency
    sub_total = sum_of(lines, currency)
    addons_total = sum_of((line for line in lines if line.addon_ref_id is not None), currency)
    off = discount.of(sub_total) if discount is not None else Money(Decimal(0), currency)
    return TotalPrice(
        sub_total=sub_total, addons_total=addons_total, discount=off, total=sub_total - off
    )


def minimum_spend_settlement(minimum: Decimal, usage: Decimal) -> tuple[Decimal, Decimal]:
    """(adjustment, charge) when a period with usage `usage` closes under minimum `minimum`.

    The minimum was charged in advance, so usage up to it is deducted, and the next period's
    minimum is charged: M 100, U 70 -> (-70, 100); U 130 -> (-100, 100).
    """
    assert minimum >= 0
    assert usage >= 0
    return -min(usage, minimum), minimum


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceAmounts:
    """An invoice from subtotal to amount due, all in one currency and rounded."""

    sub_total: Money
    discount: Money
    total_excluding_tax: Money
    tax: Money | None
    total: Money
    balance_before: Money
    balance_applied: Money
    balance_after: Money
    amount_due: Money


def invoice_amounts(
    sub_total: Money,
    discount: Money,
    *,
    tax_percentage: Decimal | None = None,
    balance: Money | None = None,
) -> InvoiceAmounts:
    """Discount, exclusive tax, then the payer's credit balance; `amount_due` is never below 0.

    What stays negative goes to the balance: -15 -> due 0, balance +15; next 20 -> due 5.
    17 % on 50 -> tax 8.50, total 58.50; after 20 % off -> 6.80, 46.80.
    """
    zero = Money(Decimal(0), sub_total.currency)
    before = balance if balance is not None else zero
    net = sub_total - discount
    tax = None if tax_percentage is None else percent_discount(net, tax_percentage)
    total = net if tax is None else net + tax
    if total.amount <= 0:
        applied, due, after = zero, zero, before - total
    else:
        applied = Money(min(total.amount, before.amount), before.currency)
        due, after = total - applied, before - applied
    return InvoiceAmounts(
        sub_total=sub_total,
        discount=discount,
        total_excluding_tax=net,
        tax=tax,
        total=total,
        balance_before=before,
        balance_applied=applied,
        balance_after=after,
        amount_due=due,
    )


def stub_ratio(stub: Period, full: Period) -> Decimal:
    """The share of a full period that a stub ending with it covers, by milliseconds.

    Start 11 April, anchored on the 1st: 20 of 30 days -> 2/3 of 30 = 20.00.
    """
    assert stub.end == full.end
    assert full.start <= stub.start
    return Decimal(milliseconds(stub.end - stub.start)) / Decimal(
        milliseconds(full.end - full.start)
    )


def charged_share(sub_total: Money, discount: Discount | None) -> Decimal:
    """The share of a full period's price left after the coupon: the `f` of proration credits.

    No coupon 1; 20 % -> 0.8; 10 off 50 -> 0.8; a free period -> 1 (nothing to give back).
    """
    if discount is None or sub_total.amount <= 0:
        return _ONE
    if discount.percent_off is not None:
        return _ONE - discount.percent_off / 100
    off = fixed_discount(sub_total, discount.amounts_off)
    return (sub_total.amount - off.amount) / sub_total.amount
