"""What a coupon takes off a subtotal, rounded once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from domain.money import Money


def percent_discount(sub_total: Money, percent_off: Decimal) -> Money:
    """`round(sub_total x percent / 100)`: 20 % of 49.99 -> 10.00."""
    return (sub_total * (percent_off / 100)).rounded()


def fixed_discount(sub_total: Money, amounts_off: Iterable[Money]) -> Money:
    """The amount in the subtotal's currency, never more than the subtotal: 15 off 10 -> 10.

    0 when no amount has the currency: a customer's coupon is then skipped (spec, catalog §7).
    """
    for amount in amounts_off:
        if amount.currency is sub_total.currency:
            return Money(max(Decimal(0), min(amount.amount, sub_total.amount)), amount.currency)
    return Money(Decimal(0), sub_total.currency)


def discount(
    sub_total: Money, *, percent_off: Decimal | None, amounts_off: Iterable[Money] = ()
) -> Money:
    """Either kind of coupon's discount on `sub_total` (spec, catalog §7)."""
    if percent_off is not None:
        return percent_discount(sub_total, percent_off)
    return fixed_discount(sub_total, amounts_off)
