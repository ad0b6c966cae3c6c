"""How many credits a subscription's credit entitlements grant each cadence period.

Pure: the wallets that will hold the grants read it. Source: spec, catalog §5 (credit), and
entitlements §9.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from domain.catalog.enums import EntitlementBehavior
from domain.catalog.model import CreditEntitlement
from domain.ids import FeatureId

_NOTHING = Decimal(0)


def granted_amount(
    entitlement: CreditEntitlement, limits: Mapping[FeatureId, Decimal | None]
) -> Decimal:
    """The entitlement's amount, times its dependency's effective limit.

    200 for each of 5 seats -> 1000; an unlimited (None) or missing limit gives 0. A revoked
    entitlement, or a custom one without an amount, gives 0.
    """
    if not entitlement.is_granted or entitlement.amount is None:
        return _NOTHING
    if entitlement.dependency_feature_id is None:
        return entitlement.amount
    return entitlement.amount * (limits.get(entitlement.dependency_feature_id) or _NOTHING)


def recurring_amount(
    plan: CreditEntitlement | None,
    addons: Iterable[tuple[CreditEntitlement, int]],
    *,
    limits: Mapping[FeatureId, Decimal | None],
) -> Decimal:
    """All credits of one currency: increments add up, the largest override replaces everything.

    Plan 100 and an Increment of 50 -> 150; with an Override of 500 as well -> 500.
    """
    increments = _NOTHING if plan is None else granted_amount(plan, limits)
    overrides = []
    for entitlement, quantity in addons:
        amount = granted_amount(entitlement, limits) * quantity
        if entitlement.behavior is EntitlementBehavior.Override:
            overrides.append(amount)
        else:
            increments += amount
    return max(overrides) if overrides else increments
