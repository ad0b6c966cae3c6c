"""How a subscription's state moves: scope, ending, lifting, and what is told of it.

Source: spec, subscriptions §0 (scope), §13, §15.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.catalog.enums import TrialEndBehavior
from domain.catalog.model import Product
from domain.ids import ResourceId
from domain.subscriptions.due import TRIAL_ENDS_SOON_BEFORE
from domain.subscriptions.enums import (
    PaymentCollection,
    SubscriptionCancelReason,
    SubscriptionScheduleStatus,
    SubscriptionStatus,
)
from domain.subscriptions.model import (
    ENDED,
    OPEN,
    DueCancellation,
    PlannedCancellation,
    ScheduledUpdate,
    Subscription,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event of one subscription: `type` is an EventLogType name, `extra` its own fields."""

    type: str
    subscription: Subscription
    extra: Mapping[str, object] = field(default_factory=dict)


CREATED = "SUBSCRIPTION_CREATED"
UPDATED = "SUBSCRIPTION_UPDATED"
CANCELED = "SUBSCRIPTION_CANCELED"
EXPIRED = "SUBSCRIPTION_EXPIRED"
TRIAL_STARTED = "SUBSCRIPTION_TRIAL_STARTED"
TRIAL_CONVERTED = "SUBSCRIPTION_TRIAL_CONVERTED"
TRIAL_EXPIRED = "SUBSCRIPTION_TRIAL_EXPIRED"
TRIAL_ENDS_SOON = "SUBSCRIPTION_TRIAL_ENDS_SOON"
MONTH_ENDS_SOON = "SUBSCRIPTION_BILLING_MONTH_ENDS_SOON"
PAYMENT_FAILED = "CUSTOMER_PAYMENT_FAILED"

# Reasons set by another subscription: they are lifted when that one never starts.
_SET_BY_SUCCESSOR = frozenset(
    {SubscriptionCancelReason.UpgradeOrDowngrade, SubscriptionCancelReason.TrialConverted}
)


def in_scope(subscription: Subscription, product: Product, resource: ResourceId | None) -> bool:
    """Whether it shares the scope (customer, product), and resource where the product has many."""
    if subscription.product_id != product.id:
        return False
    return not product.multiple_subscriptions or subscription.resource_id == resource


def open_in_scope(
    subscriptions: Iterable[Subscription], product: Product, resource: ResourceId | None
) -> tuple[Subscription, ...]:
    """The open ones of the scope, in the order given."""
    return tuple(
        one for one in subscriptions if one.status in OPEN and in_scope(one, product, resource)
    )


def effective_end(subscription: Subscription) -> datetime | None:
    """The earliest of cancellation, end, and the end of a trial that will not convert."""
    ends = [subscription.cancellation_date, subscription.end_date]
    if (
        subscription.is_trial
        and subscription.trial_end_behavior is not TrialEndBehavior.CONVERT_TO_PAID
    ):
        ends.append(subscription.trial_end_date)
    return min((end for end in ends if end is not None), default=None)


def with_effective_end(subscription: Subscription) -> Subscription:
    """The subscription with its `effective_end_date` brought in line with its other dates."""
    return replace(subscription, effective_end_date=effective_end(subscription))


def canceled(
    subscription: Subscription, reason: SubscriptionCancelReason, *, at: datetime, now: datetime
) -> Subscription:
    """Ended as CANCELED at `at`; whatever was scheduled on it is canceled with it."""
    assert subscription.status not in ENDED, "ended is final"
    return replace(
        _ended(subscription, now=now),
        status=SubscriptionStatus.CANCELED,
        cancel_reason=reason,
        cancellation_date=at,
        effective_end_date=at,
        end_date=subscription.end_date if subscription.end_date == at else None,
    )


def expired(
    subscription: Subscription, reason: SubscriptionCancelReason, *, at: datetime, now: datetime
) -> Subscription:
    """Ended as EXPIRED at `at`: an unconverted trial, or a non-recurring one's end."""
    assert subscription.status not in ENDED, "ended is final"
    return replace(
        _ended(subscription, now=now),
        status=SubscriptionStatus.EXPIRED,
        cancel_reason=reason,
        effective_end_date=at,
    )


def _ended(subscription: Subscription, *, now: datetime) -> Subscription:
    return replace(
        without_updates(subscription),
        due_cancellation=None,
        payment_collection=PaymentCollection.NOT_REQUIRED
        if subscription.payment_collection is PaymentCollection.PROCESSING
        else subscription.payment_collection,
        updated_at=now,
    )


def given_up(before: Subscription, after: Subscription) -> tuple[ScheduledUpdate, ...]:
    """The changes that `before` waited to have paid and `after` does not."""
    pending = SubscriptionScheduleStatus.PendingPayment
    waits = {update.id for update in after.scheduled_updates if update.status is pending}
    return tuple(
        update
        for update in before.scheduled_updates
        if update.status is pending and update.id not in waits
    )


def without_updates(
    subscription: Subscription,
    *statuses: SubscriptionScheduleStatus,
    to: SubscriptionScheduleStatus = SubscriptionScheduleStatus.Canceled,
) -> Subscription:
    """Its updates of these statuses (default: all that are ahead) marked `to`."""
    ahead = statuses or (
        SubscriptionScheduleStatus.Scheduled,
        SubscriptionScheduleStatus.PendingPayment,
    )
    if not any(update.status in ahead for update in subscription.scheduled_updates):
        return subscription
    return replace(
        subscription,
        scheduled_updates=tuple(
            replace(update, status=to) if update.status in ahead else update
            for update in subscription.scheduled_updates
        ),
    )


def lifted(subscription: Subscription, *, now: datetime) -> Subscription:
    """Without the cancellation that a successor had set: the successor will never start."""
    due = subscription.due_cancellation
    if due is None or due.reason not in _SET_BY_SUCCESSOR or subscription.status in ENDED:
        return subscription
    free = replace(subscription, cancellation_date=None, due_cancellation=None, updated_at=now)
    planned = due.puts_aside
    if planned is not None:
        restored = DueCancellation(action=planned.action, prorate=planned.prorate)
        free = replace(free, cancellation_date=planned.date, due_cancellation=restored)
    return with_effective_end(free)


def put_aside(subscription: Subscription) -> PlannedCancellation | None:
    """The cancellation that is planned for it, to be restored if a successor never starts."""
    due = subscription.due_cancellation
    if due is not None and due.puts_aside is not None:
        return due.puts_aside
    if subscription.cancellation_date is None or (due and due.reason in _SET_BY_SUCCESSOR):
        return None
    due = due or DueCancellation()
    return PlannedCancellation(
        date=subscription.cancellation_date, action=due.action, prorate=due.prorate
    )


def newest(subscriptions: Iterable[Subscription]) -> Subscription | None:
    """The one created last; None of none."""
    return max(subscriptions, key=lambda one: (one.created_at, one.id), default=None)


def is_told_only(before: Subscription, after: Subscription) -> bool:
    """Whether all that changed is that somebody was told of what is to come."""
    return before == replace(
        after,
        trial_ends_soon_told=before.trial_ends_soon_told,
        month_end_told=before.month_end_told,
        updated_at=before.updated_at,
    )


def merged(
    known: Iterable[Subscription], changed: Iterable[Subscription]
) -> tuple[Subscription, ...]:
    """`known` with the `changed` ones in their place and new ones appended."""
    latest = {one.id: one for one in known}
    for one in changed:
        latest[one.id] = one
    return tuple(latest.values())


def trial_begun(trial: Subscription, *, is_upgrade: bool | None) -> tuple[Subscription, list[Told]]:
    """A trial as it starts, and what is told: a short one ends soon from its first moment."""
    assert trial.trial_end_date is not None
    is_short = trial.trial_end_date - TRIAL_ENDS_SOON_BEFORE <= trial.start_date
    trial = replace(trial, trial_ends_soon_told=is_short)
    extra = {"isUpgrade": bool(is_upgrade), "isDowngrade": is_upgrade is False}
    told = [
        Told(type=CREATED, subscription=trial),
        Told(type=TRIAL_STARTED, subscription=trial, extra=extra),
    ]
    if is_short:
        told.append(Told(type=TRIAL_ENDS_SOON, subscription=trial))
    return trial, told
