"""Tiered prices: GRADUATED, VOLUME, and stair-step (VOLUME with flat prices only).

`up_to` is inclusive and only the last tier has none; 0 costs 0 in every mode, and a flat price
makes totals jump where its tier is entered. Source: spec, catalog §6.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.catalog.enums import TiersMode
from domain.catalog.model import PriceTier

_ZERO = Decimal(0)


def tiers_total(tiers: Sequence[PriceTier], mode: TiersMode, quantity: Decimal) -> Decimal:
    """The unrounded total of `quantity` units (fractions allowed) under `tiers`."""
    match mode:
        case TiersMode.GRADUATED:
            return graduated_total(tiers, quantity)
        case TiersMode.VOLUME:
            return volume_total(tiers, quantity)


def graduated_total(tiers: Sequence[PriceTier], quantity: Decimal) -> Decimal:
    """Each unit at its own tier's price, plus the flat price of every tier entered.

    `<=5 @20, <=10 @15, then @10`: 20 units -> 5x20 + 5x15 + 10x10 = 275.
    """
    _require_tiers(tiers, quantity)
    total = _ZERO
    below = _ZERO
    for tier in tiers:
        if quantity <= below:
            break
        top = quantity if tier.up_to is None else min(quantity, Decimal(tier.up_to))
        total += (top - below) * (tier.unit_price or _ZERO) + (tier.flat_price or _ZERO)
        below = top
    return total


def volume_total(tiers: Sequence[PriceTier], quantity: Decimal) -> Decimal:
    """All units at the price of the one tier that holds `quantity`, plus its flat price.

    `<=5 @20, <=10 @15, then @10`: 20 units -> 20x10 = 200.
    """
    _require_tiers(tiers, quantity)
    if quantity == 0:
        return _ZERO
    tier = next(t for t in tiers if t.up_to is None or quantity <= t.up_to)
    return quantity * (tier.unit_price or _ZERO) + (tier.flat_price or _ZERO)


def _require_tiers(tiers: Sequence[PriceTier], quantity: Decimal) -> None:
    assert quantity >= 0
    assert tiers, "a tiered price has tiers"
    assert tiers[-1].up_to is None, "the last tier has no end"
