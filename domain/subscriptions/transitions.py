"""What the clock does to a subscription: each job of §15, decided at its due instant.

A step whose payment is still to be made is finished with the payment's result, None where
nothing is collected. Source: spec, subscriptions §5-§7, §12, §15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.billing.model import BillingResult, Charge
from domain.catalog.enums import TrialEndBehavior
from domain.catalog.model import Product
from domain.periods import wire_time
from domain.subscriptions.charges import (
    NOTHING,
    Charged,
    Terms,
    change_charge,
    is_charged,
    period_charge,
    unused_credit,
)
from domain.subscriptions.coupons import expire_coupons
from domain.subscriptions.cycle import (
    closing_usage,
    cycle_period,
    period_at,
    with_cycle,
    with_usage_window,
)
from domain.subscriptions.due import billing_month
from domain.subscriptions.enums import (
    PaymentCollection,
    SubscriptionCancelReason,
    SubscriptionInvoiceBillingReason,
    SubscriptionScheduleStatus,
    SubscriptionStatus,
)
from domain.subscriptions.lifecycle import (
    CANCELED,
    EXPIRED,
    MONTH_ENDS_SOON,
    TRIAL_CONVERTED,
    TRIAL_ENDS_SOON,
    TRIAL_EXPIRED,
    UPDATED,
    Told,
    canceled,
    expired,
    in_scope,
    lifted,
    with_effective_end,
    without_updates,
)
from domain.subscriptions.model import LIVE, DueCancellation, Subscription
from domain.subscriptions.replacement import (
    BY_PURCHASE,
    COLLECTION,
    Decision,
    is_unpaid,
    payment_told,
    replaced,
    with_result,
)
from domain.subscriptions.succession import giving_way

_BILLING_CYCLE = SubscriptionInvoiceBillingReason.BILLING_CYCLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A transition up to its payment: what is charged for whom, and how it ends either way.

    `finish` takes the payment's result and what was charged in the end: usage that the step cuts
    off may have joined `charged`. `replaces`: what ends when it succeeds.
    """

    subscription: Subscription
    charged: Charged
    finish: Callable[[BillingResult | None, Charged], Decision]
    replaces: tuple[Subscription, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A subscription that ended, with what is owed for its unused time."""

    decision: Decision
    credit: Charge | None = None


def expire_pending(subscription: Subscription, *, at: datetime) -> Decision:
    """23 h unpaid: a new one is CANCELED; an update fails and the old content stays."""
    if subscription.status is SubscriptionStatus.PAYMENT_PENDING:
        reason = SubscriptionCancelReason.PendingPaymentExpired
        ended = canceled(subscription, reason, at=at, now=at)
        return _decision(ended, CANCELED)
    failed = without_updates(
        subscription,
        SubscriptionScheduleStatus.PendingPayment,
        to=SubscriptionScheduleStatus.Failed,
    )
    failed = replace(failed, payment_collection=PaymentCollection.NOT_REQUIRED, updated_at=at)
    return _decision(failed, UPDATED)


def cancel_due(subscription: Subscription, *, at: datetime) -> Ended:
    """The cancellation date has come; credit where a specific date cuts a paid period."""
    due = subscription.due_cancellation or DueCancellation()
    ended = canceled(subscription, due.reason, at=at, now=at)
    credit = None
    if due.prorate and at < subscription.current_billing_period_end:
        credit = unused_credit(subscription, at=at)
    decision = _decision(ended, CANCELED)
    if due.reason is SubscriptionCancelReason.TrialConverted:
        converted = Told(type=TRIAL_CONVERTED, subscription=ended, extra=BY_PURCHASE)
        decision = replace(decision, told=(converted, *decision.told))
    return Ended(decision=decision, credit=credit)


def end_due(subscription: Subscription, *, at: datetime) -> Decision:
    """A non-recurring subscription's end: EXPIRED."""
    return _decision(
        expired(subscription, SubscriptionCancelReason.Expired, at=at, now=at), EXPIRED
    )


def end_trial(
    trial: Subscription,
    others: Iterable[Subscription],
    *,
    at: datetime,
    product: Product,
    terms: Terms,
    can_pay: bool,
) -> Step:
    """A trial's end: expired, or converted in place with a full first charge.

    `can_pay` False (a provider collects by CHARGE and there is no method): as if it did not
    convert.
    """
    if trial.trial_end_behavior is not TrialEndBehavior.CONVERT_TO_PAID or not can_pay:
        ended = expired(trial, SubscriptionCancelReason.TrialEnded, at=at, now=at)
        return _done(_decision(ended, TRIAL_EXPIRED))
    active = replace(
        trial,
        status=SubscriptionStatus.ACTIVE,
        was_in_trial=True,
        budget=trial.budget_after_trial,
        budget_after_trial=None,
        budget_exceeded=False,
        budget_spent_percentage=0,
        updated_at=at,
    )
    active = with_usage_window(
        with_cycle(active, anchor=at, at=at),
        origin=trial,
        rule=product.usage_reset_cutoff,
        anchor_moves=True,
        at=at,
    )
    active = with_effective_end(active)
    replaces = tuple(
        one
        for one in others
        if one.id != trial.id
        and one.status in LIVE
        and not one.is_trial
        and in_scope(one, product, trial.resource_id)
    )
    charged = _conversion_charge(active, replaces, terms, at=at)

    def finish(result: BillingResult | None, charged: Charged) -> Decision:
        converted = with_result(active, charged, result)
        if result is not None and is_unpaid(result):
            pending = replace(
                converted, status=SubscriptionStatus.PAYMENT_PENDING, pending_since=at
            )
            told_of = (Told(type=UPDATED, subscription=pending), *payment_told(pending, result))
            return Decision(subscription=pending, changed=(pending,), told=told_of)
        ended, told, converted = replaced(converted, replaces, now=at, is_activation=True)
        extra = {"reason": "TRIAL_ENDED"}
        return Decision(
            subscription=converted,
            changed=(*ended, converted),
            told=(Told(type=TRIAL_CONVERTED, subscription=converted, extra=extra), *told),
        )

    return Step(subscription=active, charged=charged, finish=finish, replaces=replaces)


def _conversion_charge(
    active: Subscription, replaces: Iterable[Subscription], terms: Terms, *, at: datetime
) -> Charged:
    """The full first charge, less what is left of the paid one that it replaces."""
    for one in replaces:
        if is_charged(one):
            same_plan = one.plan_ref_id == active.plan_ref_id
            return change_charge(one, active, terms, at=at, anchor_moves=True, same_plan=same_plan)
    return period_charge(
        active,
        terms,
        reason=SubscriptionInvoiceBillingReason.SUBSCRIPTION_UPDATE,
        with_one_off=True,
    )


def renew(subscription: Subscription, terms: Terms, *, at: datetime) -> Step:
    """The next period begins: its charge with what joined the invoice meanwhile.

    A failed renewal leaves it ACTIVE with FAILED until the provider gives up.
    """
    length = cycle_period(subscription.pricing_type, subscription.billing_period)
    period = period_at(subscription.billing_cycle_anchor, length, at, start=subscription.start_date)
    renewed = replace(
        subscription,
        current_billing_period_start=period.start,
        current_billing_period_end=period.end,
        budget_exceeded=False,
        budget_spent_percentage=0,
        updated_at=at,
    )
    charged = period_charge(
        renewed, terms, reason=_BILLING_CYCLE, carried=subscription.pending_lines
    )
    if is_charged(renewed):
        closed = closing_usage(subscription)
        renewed = replace(renewed, pending_lines=(), usage_from=None, closed_usage=closed)

    def finish(result: BillingResult | None, charged: Charged) -> Decision:
        after = with_result(renewed, charged, result)
        return Decision(subscription=after, changed=(after,), told=payment_told(after, result))

    return Step(subscription=renewed, charged=charged, finish=finish)


def coupons_due(subscription: Subscription, *, at: datetime) -> Decision:
    """Coupons whose time is over become EXPIRED; nothing is told."""
    after = replace(expire_coupons(subscription, now=at), updated_at=at)
    return Decision(subscription=after, changed=(after,))


def trial_ends_soon(subscription: Subscription) -> Decision:
    """Seven days before a trial's end, once."""
    told = replace(subscription, trial_ends_soon_told=True)
    return _decision(told, TRIAL_ENDS_SOON)


def month_ends_soon(subscription: Subscription) -> Decision:
    """One hour before the end of a billing month, once; the entitlements are read when sending."""
    month = billing_month(subscription)
    told = replace(subscription, month_end_told=month.end)
    extra = {
        "currentBillingMonthStart": wire_time(month.start),
        "currentBillingMonthEnd": wire_time(month.end),
    }
    return Decision(
        subscription=told,
        changed=(told,),
        told=(Told(type=MONTH_ENDS_SOON, subscription=told, extra=extra),),
    )


def paid(
    pending: Subscription, others: Iterable[Subscription], *, at: datetime, product: Product
) -> Decision:
    """A pending subscription's payment arrived: ACTIVE, and what it replaces ends."""
    active = replace(
        pending,
        status=SubscriptionStatus.ACTIVE,
        pending_since=None,
        payment_collection=PaymentCollection.NOT_REQUIRED,
        updated_at=at,
    )
    replaces = tuple(
        one
        for one in others
        if one.id != pending.id
        and one.status in LIVE
        and in_scope(one, product, pending.resource_id)
        and (not one.is_trial or one.plan_ref_id == pending.plan_ref_id)
    )
    ended, told, active = replaced(active, replaces, now=at, is_activation=True)
    active = giving_way(active, others, product=product)
    return Decision(
        subscription=active,
        changed=(*ended, active),
        told=(Told(type=UPDATED, subscription=active), *told),
    )


def payment_lost(subscription: Subscription, result: BillingResult, *, at: datetime) -> Decision:
    """A payment still outstanding has another outcome: failed, or action is needed."""
    after = replace(
        subscription,
        payment_collection=COLLECTION.get(result.outcome, subscription.payment_collection),
        latest_invoice=result.invoice or subscription.latest_invoice,
        updated_at=at,
    )
    return Decision(subscription=after, changed=(after,), told=payment_told(after, result))


def canceled_by_billing(
    subscription: Subscription, *, at: datetime, reason: SubscriptionCancelReason
) -> Decision:
    """The provider canceled it or marked it unpaid, or its integration was removed."""
    return _decision(canceled(subscription, reason, at=at, now=at), CANCELED)


def outlived(old: Subscription, *, now: datetime) -> Subscription:
    """What a successor was to end, but the successor is not paid: it goes on for now."""
    return lifted(old, now=now)


def _decision(subscription: Subscription, told: str) -> Decision:
    return Decision(
        subscription=subscription,
        changed=(subscription,),
        told=(Told(type=told, subscription=subscription),),
    )


def _done(decision: Decision) -> Step:
    return Step(
        subscription=decision.subscription,
        charged=NOTHING,
        finish=lambda _result, _charged: decision,
    )
