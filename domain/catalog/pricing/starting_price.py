"""The starting price of a plan: what a pricing page shows, and how plans compare.

Source: spec, catalog §6.1 (starting price, plan change type) and §8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.catalog.enums import (
    BillingCadence,
    BillingModel,
    BillingPeriod,
    PlanChangeType,
    PricingType,
)
from domain.catalog.model import Package, Price
from domain.catalog.pricing.charge import charge_total, localized, priced_periods
from domain.ids import PackageId

_RANK = {PricingType.FREE: 0, PricingType.PAID: 1, PricingType.CUSTOM: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class StartingPrice:
    """`amount` for the whole period in `currency`; `charges` are the prices it sums."""

    amount: Decimal
    charges: tuple[Price, ...]
    billing_period: BillingPeriod


def minimum_quantity(price: Price) -> Decimal:
    """The least that can be bought of a charge: a flat fee once, `minUnitQuantity` or 1 units."""
    if price.billing_model is BillingModel.PER_UNIT:
        return Decimal(price.min_unit_quantity or 1)
    return Decimal(1)


def starting_price(
    prices: Iterable[Price], period: BillingPeriod, country: str | None = None
) -> StartingPrice | None:
    """The period's RECURRING FLAT_FEE + PER_UNIT at minimum quantity, unrounded.

    If there are none, one unit or block of the first USAGE_BASED charge; None when the period
    has no money price at all.
    """
    listed = [
        p
        for p in localized(prices, country)
        if p.billing_period is period
        and p.billing_cadence is BillingCadence.RECURRING
        and not p.is_overage
    ]
    advance = [
        p for p in listed if p.billing_model in {BillingModel.FLAT_FEE, BillingModel.PER_UNIT}
    ]
    if advance:
        amount = sum((charge_total(p, minimum_quantity(p)) for p in advance), Decimal(0))
        return StartingPrice(amount=amount, charges=tuple(advance), billing_period=period)
    usage = sorted(
        (p for p in listed if p.billing_model is BillingModel.USAGE_BASED),
        key=lambda p: (p.created_at, p.position, str(p.id)),
    )
    if usage:
        first = usage[0]
        return StartingPrice(
            amount=charge_total(first, Decimal(1)), charges=(first,), billing_period=period
        )
    return None


def monthly_equivalent(prices: Iterable[Price], country: str | None = None) -> Decimal | None:
    """The monthly starting price, else the annual one over 12; None without money prices."""
    listed = tuple(prices)
    for period in priced_periods(localized(listed, country)):
        found = starting_price(listed, period, country)
        if found is not None:
            months = 1 if period is BillingPeriod.MONTHLY else 12
            return found.amount / months
    return None


def descends_from(
    plan: Package, ancestor_ref_id: str, *, plans: Mapping[PackageId, Package]
) -> bool:
    """Whether `ancestor_ref_id` is a base plan of `plan`, at any distance."""
    seen: set[PackageId] = set()
    parent_id = plan.parent_plan_id
    while parent_id is not None and parent_id not in seen:
        seen.add(parent_id)
        parent = plans.get(parent_id)
        if parent is None:
            return False
        if parent.ref_id == ancestor_ref_id:
            return True
        parent_id = parent.parent_plan_id
    return False


def plan_change_type(
    current: Package,
    target: Package,
    *,
    plans: Mapping[PackageId, Package],
    country: str | None = None,
    custom_order: Callable[[Package], tuple[object, ...]] | None = None,
) -> PlanChangeType:
    """UPGRADE, DOWNGRADE or NONE from `current` to `target`.

    A descendant of the current plan is an upgrade, an ancestor a downgrade; two paid plans
    compare by monthly-equivalent starting price, two custom ones by paywall order (oldest lineage
    first unless `custom_order` says otherwise), two free ones are equal; else
    FREE < PAID < CUSTOM. `plans` holds both plans' ancestors by id.
    """
    if current.ref_id == target.ref_id:
        return PlanChangeType.NONE
    if descends_from(target, current.ref_id, plans=plans):
        return PlanChangeType.UPGRADE
    if descends_from(current, target.ref_id, plans=plans):
        return PlanChangeType.DOWNGRADE
    before, after = _comparable(current, target, country, custom_order)
    if before == after:
        return PlanChangeType.NONE
    return PlanChangeType.UPGRADE if before < after else PlanChangeType.DOWNGRADE


def _comparable(
    current: Package,
    target: Package,
    country: str | None,
    custom_order: Callable[[Package], tuple[object, ...]] | None,
) -> tuple[tuple[object, ...], tuple[object, ...]]:
    old, new = current.pricing_type, target.pricing_type
    if old is PricingType.PAID and new is PricingType.PAID:
        zero = Decimal(0)
        return (
            (monthly_equivalent(current.charges, country) or zero,),
            (monthly_equivalent(target.charges, country) or zero,),
        )
    if old is PricingType.CUSTOM and new is PricingType.CUSTOM:
        key = custom_order or (lambda plan: (plan.first_created_at, plan.ref_id))
        return key(current), key(target)
    return (_RANK[old or PricingType.FREE],), (_RANK[new or PricingType.FREE],)
