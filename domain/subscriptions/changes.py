"""Which parts of a change happen now and which wait, and how waiting ones are kept.

Longer periods, more units and more add-ons are upgrades, the opposite downgrades, each part by
itself. Source: spec, subscriptions §7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.catalog.enums import PricingType
from domain.catalog.model import Product
from domain.errors import Conflict, ErrorCode
from domain.periods import months_of
from domain.subscriptions.content import Selection
from domain.subscriptions.cycle import next_monthly_boundary
from domain.subscriptions.enums import (
    ScheduleStrategy,
    SubscriptionScheduleStatus,
    SubscriptionScheduleType,
    SubscriptionStatus,
)
from domain.subscriptions.model import ScheduledChange, ScheduledUpdate, Subscription
from domain.subscriptions.pricing import ChargeKey

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One difference between what is held and what is wanted.

    `variables`: what the contract shows of a part whose change is a request.
    """

    type: SubscriptionScheduleType
    change: ScheduledChange
    is_downgrade: bool
    variables: Mapping[str, object] = field(default_factory=dict)


def parts_of(held: Selection, wanted: Selection) -> tuple[Part, ...]:
    """The differences in period, units and add-ons, in this order."""
    parts = []
    if held.billing_period is not wanted.billing_period:
        shorter = (
            held.billing_period is not None
            and wanted.billing_period is not None
            and months_of(wanted.billing_period) < months_of(held.billing_period)
        )
        parts.append(
            Part(
                type=SubscriptionScheduleType.BillingPeriod,
                change=ScheduledChange(billing_period=wanted.billing_period),
                is_downgrade=shorter,
            )
        )
    for key in (*held.quantities, *(k for k in wanted.quantities if k not in held.quantities)):
        before = held.quantities.get(key, _ZERO)
        after = wanted.quantities.get(key)
        if after is not None and after != before:
            change = ScheduledChange(charge_id=key, quantity=after)
            parts.append(
                Part(
                    type=SubscriptionScheduleType.UnitAmount,
                    change=change,
                    is_downgrade=after < before,
                )
            )
    for ref_id in sorted({*held.addons, *wanted.addons}):
        units_before, units_after = held.addons.get(ref_id, 0), wanted.addons.get(ref_id, 0)
        if units_before != units_after:
            change = ScheduledChange(addon_ref_id=ref_id, quantity=Decimal(units_after))
            parts.append(
                Part(
                    type=SubscriptionScheduleType.Addon,
                    change=change,
                    is_downgrade=units_after < units_before,
                )
            )
    return tuple(parts)


def with_parts(held: Selection, changes: Iterable[ScheduledChange]) -> Selection:
    """What is held with these parts changed."""
    chosen = held
    for change in changes:
        if change.billing_period is not None:
            chosen = replace(chosen, billing_period=change.billing_period)
        elif change.charge_id is not None and change.quantity is not None:
            quantities = {**chosen.quantities, _key(change.charge_id): change.quantity}
            chosen = replace(chosen, quantities=quantities)
        elif change.addon_ref_id is not None and change.quantity is not None:
            addons = {**chosen.addons, change.addon_ref_id: int(change.quantity)}
            chosen = replace(chosen, addons={r: q for r, q in addons.items() if q > 0})
    return chosen


def _key(charge_id: UUID) -> ChargeKey:
    return charge_id  # type: ignore[return-value]  # both kinds of key are UUIDs


def can_schedule(subscription: Subscription) -> bool:
    """Only an ACTIVE PAID subscription has a period's end to wait for."""
    return (
        subscription.status is SubscriptionStatus.ACTIVE
        and subscription.pricing_type is PricingType.PAID
    )


def require_schedulable(
    subscription: Subscription | None, strategy: ScheduleStrategy | None
) -> None:
    """Raise SchedulingAtEndOfBillingPeriod for a wait asked of what has nothing to wait for."""
    if strategy is None or strategy is ScheduleStrategy.IMMEDIATE:
        return
    if subscription is None or not can_schedule(subscription):
        raise Conflict(
            ErrorCode.SchedulingAtEndOfBillingPeriod,
            "Only active paid subscriptions can change at the end of a billing period",
        )


def waits(
    subscription: Subscription,
    product: Product,
    strategy: ScheduleStrategy | None,
    *,
    is_downgrade: bool,
) -> bool:
    """Whether a change waits: as asked; else downgrades do where the product says so."""
    if strategy is not None:
        return strategy is not ScheduleStrategy.IMMEDIATE
    return (
        is_downgrade
        and product.settings.prorate_at_end_of_billing_period
        and can_schedule(subscription)
    )


def execution_time(
    subscription: Subscription, strategy: ScheduleStrategy | None, *, now: datetime
) -> datetime:
    """When a waiting change happens: at the end of the billing period, or of its month."""
    if strategy is ScheduleStrategy.END_OF_BILLING_MONTH:
        return next_monthly_boundary(subscription, now=now)
    return subscription.current_billing_period_end


def retimed(
    subscription: Subscription,
    updates: Iterable[ScheduledUpdate],
    strategy: ScheduleStrategy | None,
    *,
    now: datetime,
) -> Subscription:
    """The subscription with these waiting updates due by its own cycle, which may have moved."""
    at = execution_time(subscription, strategy, now=now)
    due = {one.id: replace(one, scheduled_execution_time=at) for one in updates}
    known = tuple(due.pop(one.id, one) for one in subscription.scheduled_updates)
    return replace(subscription, scheduled_updates=(*known, *due.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """The maker of updates: ids, names of what is counted, the instant."""

    new_id: Callable[[], UUID]
    names: Mapping[UUID, str]
    now: datetime

    def update(
        self,
        part: Part,
        *,
        at: datetime,
        status: SubscriptionScheduleStatus = SubscriptionScheduleStatus.Scheduled,
    ) -> ScheduledUpdate:
        """A waiting part of a change, shown as the contract shows it."""
        return ScheduledUpdate(
            id=self.new_id(),
            type=part.type,
            status=status,
            scheduled_execution_time=at,
            variables=self._variables(part),
            change=part.change,
            created_at=self.now,
        )

    def _variables(self, part: Part) -> dict[str, object]:
        change = part.change
        if change.update is not None:
            return dict(part.variables)
        match part.type:
            case SubscriptionScheduleType.BillingPeriod:
                assert change.billing_period is not None
                return {"billingPeriod": change.billing_period.value}
            case SubscriptionScheduleType.UnitAmount:
                assert change.charge_id is not None
                assert change.quantity is not None
                name = self.names.get(change.charge_id, str(change.charge_id))
                return {"featureId": name, "newUnitAmount": float(change.quantity)}
            case SubscriptionScheduleType.Addon:
                assert change.quantity is not None
                return {
                    "addonRefId": change.addon_ref_id,
                    "newQuantity": float(change.quantity),
                }
            case _:
                return {}
