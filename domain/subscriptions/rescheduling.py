"""Which parts of an update wait, for their instant or their payment, and the schedule they make.

Source: spec, subscriptions §7 (deferred, Q0), §12 (a failed update).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast
from uuid import UUID

from domain.patch import ABSENT
from domain.subscriptions.changes import (
    Keeper,
    Part,
    execution_time,
    parts_of,
    waits,
)
from domain.subscriptions.content import Selection
from domain.subscriptions.enums import (
    ChargeType,
    PaymentCollection,
    SubscriptionBillingCycleAnchor,
    SubscriptionScheduleStatus,
    SubscriptionScheduleType,
    SubscriptionStatus,
)
from domain.subscriptions.facts import UpdateFacts
from domain.subscriptions.lifecycle import without_updates
from domain.subscriptions.model import ScheduledChange, ScheduledUpdate, Subscription
from domain.subscriptions.overrides import require_meant
from domain.subscriptions.request import (
    ContentRequest,
    CouponRequest,
    QuantityRequest,
    UpdateRequest,
)


def split(
    held: Selection, wanted: Selection, request: UpdateRequest, facts: UpdateFacts
) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """(parts that wait, parts that happen now)."""
    parts = parts_of(held, wanted)
    strategy = request.schedule_strategy
    later = tuple(
        part
        for part in parts
        if waits(facts.subscription, facts.product, strategy, is_downgrade=part.is_downgrade)
        or (strategy is None and _waiting_units(facts.subscription, part) is not None)
    )
    if waits_whole(request, facts):
        later = (*later, *_whole_parts(request, facts.subscription.plan_ref_id))
    return later, tuple(part for part in parts if part not in later)


def _waiting_units(subscription: Subscription, part: Part) -> ScheduledUpdate | None:
    """The scheduled number of units that fewer units take the place of: it goes on waiting."""
    if part.type is not SubscriptionScheduleType.UnitAmount or not part.is_downgrade:
        return None
    for update in subscription.scheduled_updates:
        if update.status is SubscriptionScheduleStatus.Scheduled and (
            update.change is not None and update.change.charge_id == part.change.charge_id
        ):
            return update
    return None


def waits_whole(request: UpdateRequest, facts: UpdateFacts) -> bool:
    """Whether coupon and overrides wait too: only when the caller says so."""
    return waits(facts.subscription, facts.product, request.schedule_strategy, is_downgrade=False)


def _whole_parts(request: UpdateRequest, plan_ref_id: str) -> tuple[Part, ...]:
    """Coupon, price overrides, and the other terms of the whole, as waiting parts."""
    content = request.content
    require_meant(content)
    parts = []
    shown: dict[str, object]
    if content.coupon is not ABSENT:
        shown = {"couponId": _name_of(content.coupon)}
        only = ContentRequest(coupon=content.coupon)
        parts.append(_request_part(SubscriptionScheduleType.Coupon, only, shown))
    for override in () if content.price_overrides is ABSENT else content.price_overrides:
        shown = {
            "planRefId": plan_ref_id,
            "addonRefId": override.addon_ref_id,
            "featureId": override.feature_ref_id,
        }
        only = ContentRequest(price_overrides=(override,))
        parts.append(_request_part(SubscriptionScheduleType.PriceOverride, only, shown))
    rest = ContentRequest(
        price_unit_amount=content.price_unit_amount,
        minimum_spend=content.minimum_spend,
        entitlements=content.entitlements,
    )
    if rest != ContentRequest():
        shown = {"planRefId": plan_ref_id}
        parts.append(_request_part(SubscriptionScheduleType.PriceOverride, rest, shown))
    return tuple(parts)


def _name_of(coupon: CouponRequest | None) -> str:
    """What a coupon is asked for by; empty for its removal."""
    if coupon is None:
        return ""
    inline = coupon.discount.name if coupon.discount is not None else None
    named = coupon.coupon_ref_id or coupon.billing_coupon_id or coupon.promotion_code
    return named or inline or "Discount"


def _request_part(
    type_: SubscriptionScheduleType,
    content: ContentRequest,
    variables: Mapping[str, object],
    *,
    anchor: SubscriptionBillingCycleAnchor = SubscriptionBillingCycleAnchor.UNCHANGED,
) -> Part:
    update = UpdateRequest(subscription_ref_id="", content=content, billing_cycle_anchor=anchor)
    change = ScheduledChange(update=update)
    return Part(type=type_, change=change, is_downgrade=False, variables=variables)


def rescheduled(
    kept: Subscription,
    request: UpdateRequest,
    facts: UpdateFacts,
    *,
    later: tuple[Part, ...],
    now_parts: tuple[Part, ...],
) -> Subscription:
    """The new schedule in the old one's place.

    More seats under a scheduled plan change leave it: it takes the new quantity.
    """
    plan_change = _scheduled_plan_change(kept)
    only_more = now_parts and all(
        part.type is SubscriptionScheduleType.UnitAmount and not part.is_downgrade
        for part in now_parts
    )
    if plan_change is not None and only_more and not later:
        taken = _with_quantities(plan_change, now_parts, facts.names)
        return replace(
            kept,
            scheduled_updates=tuple(
                taken if update is plan_change else update for update in kept.scheduled_updates
            ),
        )
    cleared = settled_collection(without_updates(kept))
    at = execution_time(facts.subscription, request.schedule_strategy, now=facts.now)
    keeper = Keeper(new_id=facts.new_id, names=facts.names, now=facts.now)
    scheduled = tuple(
        keeper.update(part, at=_due_at(part, request, kept, by_default=at)) for part in later
    )
    return replace(cleared, scheduled_updates=(*cleared.scheduled_updates, *scheduled))


def _due_at(
    part: Part, request: UpdateRequest, kept: Subscription, *, by_default: datetime
) -> datetime:
    """When a part that waits happens: units at the instant that was scheduled, unless told."""
    before = _waiting_units(kept, part) if request.schedule_strategy is None else None
    return by_default if before is None else before.scheduled_execution_time


def settled_collection(subscription: Subscription) -> Subscription:
    """NOT_REQUIRED once nothing awaits a payment any more."""
    if subscription.status is SubscriptionStatus.PAYMENT_PENDING:
        return subscription
    return replace(subscription, payment_collection=PaymentCollection.NOT_REQUIRED)


def _scheduled_plan_change(subscription: Subscription) -> ScheduledUpdate | None:
    """The plan change that waits, if one does."""
    for update in subscription.scheduled_updates:
        if update.status is SubscriptionScheduleStatus.Scheduled and (
            update.change is not None and update.change.provision is not None
        ):
            return update
    return None


def _with_quantities(
    update: ScheduledUpdate, parts: Iterable[Part], names: Mapping[UUID, str]
) -> ScheduledUpdate:
    """The plan change with the new quantities, of what the plan ahead prices by the unit too."""
    assert update.change is not None
    provision = update.change.provision
    assert provision is not None
    asked = provision.content.quantities
    shown = cast("list[dict[str, object]]", update.variables.get("billableFeatures") or [])
    for part in parts:
        assert part.change.quantity is not None
        assert part.change.charge_id is not None
        id = str(part.change.charge_id)
        name = names.get(part.change.charge_id, id)
        if not any(one["featureId"] in {id, name} for one in shown):
            continue
        shown = [one for one in shown if one["featureId"] not in {id, name}]
        shown.append({"featureId": name, "quantity": float(part.change.quantity)})
        kinds = [one.type for one in asked if one.id in {id, name}]
        kind = kinds[0] if kinds else ChargeType.FEATURE
        wanted = QuantityRequest(id=name, quantity=part.change.quantity, type=kind)
        asked = (*(one for one in asked if one.id not in {id, name}), wanted)
    content = replace(provision.content, quantities=asked)
    if asked:  # unitQuantity stands for the only per-unit charge: it is among them now
        content = replace(content, unit_quantity=None)
    change = replace(update.change, provision=replace(provision, content=content))
    variables = {**update.variables, "billableFeatures": shown}
    return replace(update, change=change, variables=variables)


def pending_parts(
    parts: tuple[Part, ...], request: UpdateRequest, kept: Subscription
) -> tuple[Part, ...]:
    """What awaits a payment: the changed parts, the terms of the whole, a new cycle."""
    waiting = (*parts, *_whole_parts(request, kept.plan_ref_id))
    now = SubscriptionBillingCycleAnchor.NOW
    if request.billing_cycle_anchor is not now:
        return waiting
    period = kept.billing_period.value if kept.billing_period is not None else None
    cycle = _request_part(
        SubscriptionScheduleType.BillingPeriod,
        ContentRequest(),
        {"billingPeriod": period},
        anchor=now,
    )
    return (*waiting, cycle)
