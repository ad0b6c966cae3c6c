"""The quantity that measured usage is billed as."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from domain.catalog.enums import UnitTransformationRound
from domain.catalog.model import UnitTransformation


def billed_quantity(raw_usage: Decimal, transformation: UnitTransformation | None) -> Decimal:
    """Presented units rounded for billing: raw 2500000001 by 10^9, UP -> 3.

    Without a transformation fractions are billed as they are. Access checks never round.
    Source: spec, catalog §2 and §6.1.
    """
    if transformation is None:
        return raw_usage
    rounding = ROUND_CEILING if transformation.round is UnitTransformationRound.UP else ROUND_FLOOR
    return (raw_usage / transformation.divide).to_integral_value(rounding=rounding)
