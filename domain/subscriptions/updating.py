"""Changing a subscription without changing its plan.

As provisioning, in two steps around the payment. Source: spec, subscriptions §7, §8, §12.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from domain.billing.model import BillingResult
from domain.catalog.model import Coupon, Product
from domain.catalog.price_rules import require_amount
from domain.errors import Conflict, ErrorCode, InvalidInput
from domain.patch import ABSENT
from domain.subscriptions.cancellation import require_open
from domain.subscriptions.changes import (
    Keeper,
    Part,
    execution_time,
    parts_of,
    require_schedulable,
    retimed,
    waits,
    with_parts,
)
from domain.subscriptions.charges import Charged, Terms, change_charge, nothing_new
from domain.subscriptions.content import Selection, select_changed, selection_of, sell, with_content
from domain.subscriptions.coupons import applied_coupon, with_coupon
from domain.subscriptions.cycle import anchor_for, begins_cycle, with_cycle, with_usage_window
from domain.subscriptions.due import TRIAL_ENDS_SOON_BEFORE
from domain.subscriptions.enums import (
    ChargeType,
    PaymentCollection,
    SubscriptionBillingCycleAnchor,
    SubscriptionScheduleStatus,
    SubscriptionScheduleType,
    SubscriptionStatus,
)
from domain.subscriptions.facts import BillingSettings, ContentFacts
from domain.subscriptions.lifecycle import (
    TRIAL_ENDS_SOON,
    UPDATED,
    Told,
    with_effective_end,
    without_updates,
)
from domain.subscriptions.model import (
    DueCancellation,
    ScheduledChange,
    ScheduledUpdate,
    Subscription,
)
from domain.subscriptions.overrides import Seller
from domain.subscriptions.replacement import (
    COLLECTION,
    Decision,
    is_unpaid,
    payment_told,
    with_result,
)
from domain.subscriptions.request import (
    ContentRequest,
    CouponRequest,
    QuantityRequest,
    UpdateRequest,
)
from domain.subscriptions.succession import giving_way, retaken


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFacts:
    """Everything around one update.

    `others`: the customer's further subscriptions; `names`: the callers' names of features and
    currencies.
    """

    now: datetime
    subscription: Subscription
    others: tuple[Subscription, ...] = ()
    product: Product
    content: ContentFacts
    customer_coupon: Coupon | None = None
    settings: BillingSettings = field(default_factory=BillingSettings)
    names: Mapping[UUID, str] = field(default_factory=dict)
    new_id: Callable[[], UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Updating:
    """An update as it will be once paid: `kept` is what stays of the old one if it is not.

    `now_parts` become PendingPayment then. `anchor_moves`: a new cycle begins.
    """

    kept: Subscription
    new: Subscription
    charged: Charged
    now_parts: tuple[Part, ...]
    anchor_moves: bool
    is_scheduled: bool


def decide_update(request: UpdateRequest, facts: UpdateFacts) -> Updating:
    """What the subscription becomes, and what is due for it now.

    Raises SubscriptionAlreadyCanceledOrExpired, InvalidSubscriptionStatus,
    SchedulingAtEndOfBillingPeriod and the errors of §4.
    """
    old = facts.subscription
    require_open(old)
    if old.status is SubscriptionStatus.PAYMENT_PENDING:
        raise invalid_status(old, "A subscription that awaits its payment cannot change")
    kept = _with_details(old, request, facts)
    if not changes_content(request):
        return Updating(
            kept=kept,
            new=kept,
            charged=nothing_new(old),
            now_parts=(),
            anchor_moves=False,
            is_scheduled=False,
        )
    require_schedulable(old, request.schedule_strategy)
    held = selection_of(old)
    wanted = select_changed(old, request.content, facts.content)
    later, soon = _split(held, wanted, request, facts)
    base = _rescheduled(kept, request, facts, later=later, now_parts=soon)
    chosen = with_parts(held, (part.change for part in soon))
    new = _changed(base, request, facts, chosen=chosen, waits_whole=_waits_whole(request, facts))
    anchor_moves = begins_cycle(old, new)
    if anchor_moves:
        known = {update.id for update in old.scheduled_updates}
        waiting = (one for one in new.scheduled_updates if one.id not in known)
        new = retimed(new, waiting, request.schedule_strategy, now=facts.now)
    return Updating(
        kept=base,
        new=new,
        charged=_due(old, new, request, facts, anchor_moves=anchor_moves),
        now_parts=soon,
        anchor_moves=anchor_moves,
        is_scheduled=bool(later),
    )


def invalid_status(subscription: Subscription, message: str) -> Conflict:
    return Conflict(
        ErrorCode.InvalidSubscriptionStatus,
        message,
        refId=subscription.ref_id,
        status=subscription.status.value,
    )


def changes_content(request: UpdateRequest) -> bool:
    """Whether more than metadata, budget or dates is asked: that replaces what is scheduled."""
    nothing = ContentRequest()
    now = SubscriptionBillingCycleAnchor.NOW
    return request.content != nothing or request.billing_cycle_anchor is now


def _with_details(old: Subscription, request: UpdateRequest, facts: UpdateFacts) -> Subscription:
    """Metadata, budget and dates: they change at once and cost nothing."""
    new = replace(old, updated_at=facts.now)
    if request.additional_meta_data is not ABSENT:
        new = replace(new, additional_meta_data=request.additional_meta_data)
    if request.salesforce_id is not ABSENT:
        new = replace(new, salesforce_id=request.salesforce_id)
    if request.budget is not ABSENT:
        if request.budget is not None:
            require_amount(request.budget.limit)
        keeps_one = old.budget is not None and request.budget is not None
        new = replace(
            new,
            budget=request.budget,
            budget_exceeded=False,
            budget_spent_percentage=old.budget_spent_percentage if keeps_one else 0,
        )
    if request.cancellation_date is not ABSENT:
        new = _with_cancellation(new, request.cancellation_date, facts.now)
        if request.cancellation_date is None:
            new = giving_way(new, facts.others, product=facts.product)
    if request.trial_end_date is not None:
        new = _with_trial_end(new, request.trial_end_date, facts.now)
        new = retaken(new, facts.others, product=facts.product, now=facts.now)
    return with_effective_end(new)


def _with_cancellation(
    subscription: Subscription, at: datetime | None, now: datetime
) -> Subscription:
    if at is not None and (at <= subscription.start_date or at <= now):
        raise InvalidInput(
            ErrorCode.InvalidCancellationDate,
            "cancellationDate must lie ahead and after the start",
            refId=subscription.ref_id,
        )
    due = DueCancellation() if at is not None else None
    end_date = subscription.end_date
    if end_date is not None and end_date == subscription.cancellation_date:
        end_date = None
    return replace(subscription, cancellation_date=at, due_cancellation=due, end_date=end_date)


def _with_trial_end(subscription: Subscription, end: datetime, now: datetime) -> Subscription:
    """A new end of the running trial; not after now = now. Extending drops a cancellation."""
    if subscription.status is not SubscriptionStatus.IN_TRIAL:
        raise invalid_status(subscription, "Only a running trial has an end to change")
    assert subscription.trial_end_date is not None
    end = max(end, now)
    new = replace(
        subscription,
        trial_end_date=end,
        trial_ends_soon_told=end - TRIAL_ENDS_SOON_BEFORE <= now,
        current_billing_period_end=max(
            end, subscription.current_billing_period_start + timedelta(milliseconds=1)
        ),
    )
    if end > subscription.trial_end_date:
        new = replace(new, cancellation_date=None, due_cancellation=None)
    return new


def _split(
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
    if _waits_whole(request, facts):
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


def _waits_whole(request: UpdateRequest, facts: UpdateFacts) -> bool:
    """Whether coupon and overrides wait too: only when the caller says so."""
    return waits(facts.subscription, facts.product, request.schedule_strategy, is_downgrade=False)


def _whole_parts(request: UpdateRequest, plan_ref_id: str) -> tuple[Part, ...]:
    """Coupon, price overrides, and the other terms of the whole, as waiting parts."""
    content = request.content
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


def _rescheduled(
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
    plan_change = scheduled_plan_change(kept)
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


def scheduled_plan_change(subscription: Subscription) -> ScheduledUpdate | None:
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


def _changed(
    base: Subscription,
    request: UpdateRequest,
    facts: UpdateFacts,
    *,
    chosen: Selection,
    waits_whole: bool,
) -> Subscription:
    """The subscription with what happens now, in a new cycle where the period changes."""
    content = request.content
    if waits_whole:
        content = ContentRequest()
    seller = Seller(new_id=facts.new_id, now=facts.now)
    sold = sell(chosen, facts.content, content, seller=seller, held=base)
    new = with_content(base, sold)
    if content.coupon is not ABSENT:
        applied = None
        if content.coupon is not None:
            applied = applied_coupon(
                content.coupon,
                facts.content,
                start=facts.now,
                currency=new.currency,
                new_id=facts.new_id,
            )
        new = with_coupon(new, applied)
    moved = new.billing_period is not base.billing_period
    if request.billing_cycle_anchor is SubscriptionBillingCycleAnchor.NOW:
        moved = not waits_whole
    if moved and base.status is SubscriptionStatus.NOT_STARTED and not base.is_trial:
        return _cycled_at_start(new, request, facts)
    if not moved or base.status is not SubscriptionStatus.ACTIVE:
        return new
    return with_usage_window(
        with_cycle(new, anchor=facts.now, at=facts.now),
        origin=base,
        rule=facts.product.usage_reset_cutoff,
        anchor_moves=True,
        at=facts.now,
    )


def _cycled_at_start(
    scheduled: Subscription, request: UpdateRequest, facts: UpdateFacts
) -> Subscription:
    """What has not started, in the first period that it will have by what is known now."""
    start = scheduled.start_date
    if request.billing_cycle_anchor is SubscriptionBillingCycleAnchor.NOW:
        return replace(with_cycle(scheduled, anchor=start, at=start), reanchors=True)
    anchor = anchor_for(start, scheduled.pricing_type, facts.settings)
    return with_cycle(scheduled, anchor=anchor, at=start)


def _due(
    old: Subscription,
    new: Subscription,
    request: UpdateRequest,
    facts: UpdateFacts,
    *,
    anchor_moves: bool,
) -> Charged:
    if old.status is not SubscriptionStatus.ACTIVE:
        return nothing_new(old)
    terms = terms_of_update(request, facts)
    return change_charge(old, new, terms, at=facts.now, anchor_moves=anchor_moves, same_plan=True)


def terms_of_update(request: UpdateRequest, facts: UpdateFacts) -> Terms:
    """The request's tax and proration behaviour, the account's where it has none."""
    return Terms(
        customer_coupon=facts.customer_coupon,
        tax_percentage=request.billing.tax_percentage,
        proration=request.billing.proration_behavior or facts.settings.proration,
    )


def settle_update(
    updating: Updating,
    request: UpdateRequest,
    facts: UpdateFacts,
    *,
    result: BillingResult | None,
) -> Decision:
    """What is after the payment's outcome: unpaid -> the old content, the change PendingPayment."""
    if result is not None and is_unpaid(result):
        pending = pending_parts(updating.now_parts, request, updating.kept)
        keeper = Keeper(new_id=facts.new_id, names=facts.names, now=facts.now)
        status = SubscriptionScheduleStatus.PendingPayment
        invoice_id = result.invoice.billing_id if result.invoice is not None else None
        waiting = tuple(
            replace(keeper.update(part, at=facts.now, status=status), billing_id=invoice_id)
            for part in pending
        )
        kept = replace(
            updating.kept,
            scheduled_updates=(*updating.kept.scheduled_updates, *waiting),
            latest_invoice=result.invoice or updating.kept.latest_invoice,
            payment_collection=COLLECTION[result.outcome],
        )
        return Decision(
            subscription=kept,
            changed=(kept,),
            told=(Told(type=UPDATED, subscription=kept), *payment_told(kept, result)),
        )
    new = with_result(updating.new, updating.charged, result)
    told = [Told(type=UPDATED, subscription=new)]
    if _ends_soon_now(new, facts):
        told.append(Told(type=TRIAL_ENDS_SOON, subscription=new))
    return Decision(
        subscription=new,
        changed=(new,),
        told=tuple(told),
        is_scheduled=updating.is_scheduled,
    )


def _ends_soon_now(new: Subscription, facts: UpdateFacts) -> bool:
    """Whether its new end brings a running trial within the days before which that is told."""
    is_new = new.trial_ends_soon_told and not facts.subscription.trial_ends_soon_told
    return is_new and new.trial_end_date is not None and new.trial_end_date > facts.now


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
