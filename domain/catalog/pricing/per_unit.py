"""Per unit or block: PER_UNIT's committed quantity and USAGE_BASED without tiers."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal


def blocks_begun(quantity: Decimal, block_size: int) -> Decimal:
    """Whole blocks that `quantity` enters: 500 and 1500 by 1000 -> 1 and 2; 0 -> 0.

    A fraction of a unit counts as is where blocks are single units (spec, catalog §6.1:
    untransformed fractions are billed as is).
    """
    assert block_size >= 1
    if block_size == 1:
        return quantity
    return (quantity / block_size).to_integral_value(rounding=ROUND_CEILING)


def per_unit_total(amount: Decimal, quantity: Decimal, *, block_size: int = 1) -> Decimal:
    """`amount` x blocks begun, unrounded: 5 a block of 1000, 1500 units -> 10.

    Source: spec, catalog §6.1 (per unit).
    """
    assert quantity >= 0
    return amount * blocks_begun(quantity, block_size)
