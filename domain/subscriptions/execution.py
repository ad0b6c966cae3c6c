"""Starting what was scheduled and applying what was deferred, at the due instant.

Source: spec, subscriptions §6 (future start), §7 (execution), §12.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain.billing.model import BillingResult
from domain.patch import ABSENT
from domain.subscriptions.changes import with_parts
from domain.subscriptions.charges import (
    Charged,
    Terms,
    change_charge,
    is_charged,
    nothing_new,
    period_charge,
    uncharged_shares,
    with_shares,
)
from domain.subscriptions.content import selection_of, sell, with_content
from domain.subscriptions.coupons import applied_coupon, with_coupon
from domain.subscriptions.cycle import begins_cycle, with_cycle, with_usage_window
from domain.subscriptions.enums import (
    SubscriptionBillingCycleAnchor,
    SubscriptionInvoiceBillingReason,
    SubscriptionScheduleStatus,
    SubscriptionStatus,
)
from domain.subscriptions.facts import ProvisionFacts
from domain.subscriptions.lifecycle import (
    TRIAL_STARTED,
    UPDATED,
    Told,
    open_in_scope,
    with_effective_end,
)
from domain.subscriptions.migration import rebound
from domain.subscriptions.model import ScheduledUpdate, Subscription
from domain.subscriptions.overrides import Seller
from domain.subscriptions.provisioning import Provisioning
from domain.subscriptions.replacement import (
    COLLECTION,
    Decision,
    is_unpaid,
    payment_told,
    replaced,
    with_result,
)
from domain.subscriptions.request import AddonRequest, ContentRequest, PriceOverrideRequest
from domain.subscriptions.starting import (
    Start,
    due_at_start,
    replaced_at_start,
    with_first_cycle,
)
from domain.subscriptions.succession import giving_way
from domain.subscriptions.transitions import Step, outlived

_DONE = SubscriptionScheduleStatus.Done
_SCHEDULED = SubscriptionScheduleStatus.Scheduled


def start_due(scheduled: Subscription, facts: ProvisionFacts, terms: Terms) -> Step:
    """A NOT_STARTED one begins at `facts.now`, on the latest versions, replacing its like.

    Unpaid -> PAYMENT_PENDING; what it would have ended goes on.
    """
    at = facts.now
    seller = Seller(new_id=facts.new_id, now=at)
    bound = rebound(scheduled, facts.content, seller=seller)
    is_trial = scheduled.trial_end_date is not None
    scope = open_in_scope(facts.subscriptions, facts.product, scheduled.resource_id)
    origin = replaced_at_start(scope, trial=is_trial)
    converts = None
    if not is_trial:
        converts = next(
            (
                one
                for one in scope
                if one.status is SubscriptionStatus.IN_TRIAL
                and one.plan_ref_id == scheduled.plan_ref_id
            ),
            None,
        )
    start = Start(at=at, is_future=False, is_backdated=False, converts=converts)
    live = SubscriptionStatus.IN_TRIAL if is_trial else SubscriptionStatus.ACTIVE
    begun = with_first_cycle(replace(bound, status=live), facts, start=start, origin=origin)
    begun = with_effective_end(begun)
    charged = due_at_start(begun, terms, start=start, origin=origin)
    replaces = tuple(one for one in (origin, converts) if one is not None)

    def finish(result: BillingResult | None, charged: Charged) -> Decision:
        new = with_result(begun, charged, result)
        if result is not None and is_unpaid(result):
            new = replace(new, status=SubscriptionStatus.PAYMENT_PENDING, pending_since=at)
            lifted_ones = tuple(outlived(one, now=at) for one in replaces)
            told = (Told(type=UPDATED, subscription=new), *payment_told(new, result))
            return Decision(subscription=new, changed=(*lifted_ones, new), told=told)
        ended, told_of_ended, new = replaced(new, replaces, now=at)
        rest = tuple(one for one in facts.subscriptions if one.id != new.id)
        new = giving_way(new, rest, product=facts.product)
        kind = TRIAL_STARTED if is_trial else UPDATED
        return Decision(
            subscription=new,
            changed=(*ended, new),
            told=(Told(type=kind, subscription=new), *told_of_ended),
        )

    return Step(subscription=begun, charged=charged, finish=finish, replaces=replaces)


def due_updates(subscription: Subscription, *, at: datetime) -> tuple[ScheduledUpdate, ...]:
    """The scheduled updates whose time has come."""
    return tuple(
        update
        for update in subscription.scheduled_updates
        if update.status is _SCHEDULED and update.scheduled_execution_time <= at
    )


def content_of(updates: Iterable[ScheduledUpdate]) -> ContentRequest:
    """What the catalogue has to be asked for before these updates can be applied."""
    changes = [update.change for update in updates if update.change is not None]
    asked = ContentRequest(
        addons=tuple(
            AddonRequest(ref_id=change.addon_ref_id)
            for change in changes
            if change.addon_ref_id is not None
        )
    )
    overrides: tuple[PriceOverrideRequest, ...] = ()
    for change in changes:
        if change.update is None:
            continue
        content = change.update.content
        if content.coupon is not ABSENT:
            asked = replace(asked, coupon=content.coupon)
        if content.entitlements is not ABSENT:
            asked = replace(asked, entitlements=content.entitlements)
        if content.price_overrides is not ABSENT:
            overrides = (*overrides, *content.price_overrides)
    return replace(asked, price_overrides=overrides)


def marked(
    subscription: Subscription,
    updates: Iterable[ScheduledUpdate],
    status: SubscriptionScheduleStatus = _DONE,
) -> Subscription:
    """The subscription with these updates in another status."""
    ids = {update.id for update in updates}
    return replace(
        subscription,
        scheduled_updates=tuple(
            replace(update, status=status) if update.id in ids else update
            for update in subscription.scheduled_updates
        ),
    )


def apply_parts(
    subscription: Subscription, updates: tuple[ScheduledUpdate, ...], facts: ProvisionFacts
) -> Subscription:
    """The record with these parts changed: units, add-ons, period, coupon, overrides, versions.

    A new period re-anchors at `facts.now`, and so does what was to begin a new cycle.
    """
    at = facts.now
    seller = Seller(new_id=facts.new_id, now=at)
    changes = tuple(update.change for update in updates if update.change is not None)
    new = marked(subscription, updates)
    if any(change.migrates for change in changes):
        new = rebound(new, facts.content, seller=seller)
    chosen = with_parts(selection_of(new), changes)
    content = sell(chosen, facts.content, ContentRequest(), seller=seller, held=new)
    new = with_content(new, content)
    for change in changes:
        if change.update is None:
            continue
        asked = change.update.content
        content = sell(selection_of(new), facts.content, asked, seller=seller, held=new)
        new = with_content(new, content)
        if asked.coupon is not ABSENT:
            applied = None
            if asked.coupon is not None:
                applied = applied_coupon(
                    asked.coupon,
                    facts.content,
                    start=at,
                    currency=new.currency,
                    new_id=facts.new_id,
                )
            new = with_coupon(new, applied)
    begins = any(
        change.update.billing_cycle_anchor is SubscriptionBillingCycleAnchor.NOW
        for change in changes
        if change.update is not None
    )
    if begins or new.billing_period is not subscription.billing_period:
        new = with_usage_window(
            with_cycle(new, anchor=at, at=at),
            origin=subscription,
            rule=facts.product.usage_reset_cutoff,
            anchor_moves=True,
            at=at,
        )
    return replace(new, updated_at=at)


def updates_due(subscription: Subscription, facts: ProvisionFacts, terms: Terms) -> Step:
    """Deferred parts happen, without proration; a new cycle that they begin is charged."""
    updates = due_updates(subscription, at=facts.now)
    new = apply_parts(subscription, updates, facts)
    charged = replace(nothing_new(subscription), shares=uncharged_shares(subscription, new))
    if begins_cycle(subscription, new):
        charged = _as_renewal(new, terms, carried=subscription)
        new = replace(new, pending_lines=()) if charged.charge is not None else new

    def finish(result: BillingResult | None, charged: Charged) -> Decision:
        after = with_result(new, charged, result)
        told = (Told(type=UPDATED, subscription=after), *payment_told(after, result))
        return Decision(subscription=after, changed=(after,), told=told)

    return Step(subscription=new, charged=charged, finish=finish)


def _as_renewal(new: Subscription, terms: Terms, *, carried: Subscription) -> Charged:
    charged = period_charge(
        new,
        terms,
        reason=SubscriptionInvoiceBillingReason.BILLING_CYCLE,
        with_one_off=new.plan_ref_id != carried.plan_ref_id,
        carried=carried.pending_lines,
    )
    if new.usage_from is None:
        return charged
    return replace(charged, prepaid=charged.prepaid + carried.minimum_prepaid)


def plan_change_due(
    current: Subscription, update: ScheduledUpdate, provisioning: Provisioning, terms: Terms
) -> Provisioning:
    """A deferred plan change at its instant: the new record, charged as a renewal.

    In the middle of a kept cycle nothing is charged: the new price comes with the next period.
    """
    new = provisioning.new
    charged = replace(nothing_new(current), shares=uncharged_shares(current, new))
    if is_charged(new) and new.current_billing_period_start == new.start_date:
        charged = _as_renewal(new, terms, carried=current)
    done = marked(current, (update,))
    return replace(
        provisioning,
        charged=charged,
        replaces=tuple(done if one.id == current.id else one for one in provisioning.replaces),
    )


def renewal_result(decision: Decision, result: BillingResult | None) -> Decision:
    """A deferred plan change whose charge failed: ACTIVE all the same, the collection FAILED."""
    if result is None:
        return decision
    new = decision.subscription
    after = replace(
        new,
        billing_id=result.billing_id,
        latest_invoice=result.invoice or new.latest_invoice,
        payment_collection=COLLECTION.get(result.outcome, new.payment_collection),
    )
    return replace(
        decision,
        subscription=after,
        changed=tuple(after if one.id == after.id else one for one in decision.changed),
        told=(*decision.told, *payment_told(after, result)),
    )


def pending_update_paid(
    subscription: Subscription, facts: ProvisionFacts, terms: Terms
) -> Decision:
    """The payment of an update arrived: it applies as it was asked."""
    updates = tuple(
        update
        for update in subscription.scheduled_updates
        if update.status is SubscriptionScheduleStatus.PendingPayment
    )
    new = apply_parts(subscription, updates, facts)
    anchor_moves = begins_cycle(subscription, new)
    charged = change_charge(
        subscription, new, terms, at=facts.now, anchor_moves=anchor_moves, same_plan=True
    )
    after = replace(
        with_shares(new, charged.shares),
        charged_ratio=charged.ratio,
        minimum_prepaid=charged.prepaid,
    )
    if anchor_moves and new.usage_from is None:
        # Its invoice has the usage up to when it was asked for.
        after = replace(after, usage_from=min(update.created_at for update in updates))
    return Decision(
        subscription=after, changed=(after,), told=(Told(type=UPDATED, subscription=after),)
    )
