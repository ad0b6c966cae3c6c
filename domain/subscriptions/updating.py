"""Changing a subscription without changing its plan.

As provisioning, in two steps around the payment. Source: spec, subscriptions §7, §8, §12.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.billing.model import BillingResult
from domain.catalog.price_rules import require_amount
from domain.errors import Conflict, ErrorCode, InvalidInput
from domain.patch import ABSENT
from domain.subscriptions.cancellation import require_open
from domain.subscriptions.changes import (
    Keeper,
    Part,
    require_schedulable,
    retimed,
    with_parts,
)
from domain.subscriptions.charges import Charged, Terms, change_charge, nothing_new
from domain.subscriptions.content import Selection, select_changed, selection_of, sell, with_content
from domain.subscriptions.coupons import applied_coupon, with_coupon
from domain.subscriptions.cycle import anchor_for, begins_cycle, with_cycle, with_usage_window
from domain.subscriptions.due import TRIAL_ENDS_SOON_BEFORE
from domain.subscriptions.enums import (
    SubscriptionBillingCycleAnchor,
    SubscriptionScheduleStatus,
    SubscriptionStatus,
)
from domain.subscriptions.facts import UpdateFacts
from domain.subscriptions.lifecycle import (
    TRIAL_ENDS_SOON,
    UPDATED,
    Told,
    with_effective_end,
)
from domain.subscriptions.model import (
    DueCancellation,
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
    UpdateRequest,
)
from domain.subscriptions.rescheduling import pending_parts, rescheduled, split, waits_whole
from domain.subscriptions.succession import giving_way, retaken


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
    later, soon = split(held, wanted, request, facts)
    base = rescheduled(kept, request, facts, later=later, now_parts=soon)
    chosen = with_parts(held, (part.change for part in soon))
    new = _changed(base, request, facts, chosen=chosen, waits_whole=waits_whole(request, facts))
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
