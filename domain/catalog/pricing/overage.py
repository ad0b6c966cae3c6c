"""Overage: what a reset window's usage exceeds its limit by, in units or blocks."""

from __future__ import annotations

from decimal import Decimal

from domain.catalog.pricing.per_unit import per_unit_total


def overage_total(
    amount: Decimal, *, usage: Decimal, limit: Decimal, block_size: int = 1
) -> Decimal:
    """`amount` x blocks begun beyond `limit`, unrounded; below it 0.

    Limit 500, usage 800, blocks of 100 at 2 -> 6. Source: spec, catalog §6.1 (overage).
    """
    exceeding = max(Decimal(0), usage - limit)
    return per_unit_total(amount, exceeding, block_size=block_size)
