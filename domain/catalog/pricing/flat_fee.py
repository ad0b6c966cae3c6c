"""FLAT_FEE: a fixed amount each period, in advance."""

from __future__ import annotations

from decimal import Decimal


def flat_fee_total(amount: Decimal, *, quantity: Decimal = Decimal(1)) -> Decimal:
    """`amount` once, or once per unit of an add-on: 15, 2 -> 30. Unrounded."""
    return amount * quantity
