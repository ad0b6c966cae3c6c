"""Who gives way to a scheduled subscription: its like in the scope, and the trial it was bought in.

What a scheduled one will end says so beforehand (`cancellationDate` = S), and goes on as planned
when that one never starts. Source: spec, subscriptions §5 (conversion), §6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain.catalog.model import Product
from domain.subscriptions.enums import SubscriptionCancelReason, SubscriptionStatus
from domain.subscriptions.lifecycle import in_scope, lifted, put_aside, with_effective_end
from domain.subscriptions.model import LIVE, DueCancellation, Subscription


def giving_way(
    one: Subscription, known: Iterable[Subscription], *, product: Product
) -> Subscription:
    """`one` with the end that the next scheduled one of its scope brings it.

    What it was to end with is put aside; an own cancellation before that stays.
    """
    found = _next_end(one, known, product)
    if found is None:
        return one
    at, reason = found
    due = one.due_cancellation
    is_own = due is None or due.reason is SubscriptionCancelReason.ScheduledCancellation
    if is_own and one.cancellation_date is not None and one.cancellation_date <= at:
        return one
    set_by_it = DueCancellation(reason=reason, puts_aside=put_aside(one))
    return with_effective_end(replace(one, cancellation_date=at, due_cancellation=set_by_it))


def _next_end(
    one: Subscription, known: Iterable[Subscription], product: Product
) -> tuple[datetime, SubscriptionCancelReason] | None:
    """When and why a scheduled one ends `one`: the first of those that will."""
    found = []
    for other in known:
        if not _succeeds(other, one, product):
            continue
        if other.is_trial is one.is_trial:
            found.append((other.start_date, SubscriptionCancelReason.UpgradeOrDowngrade))
        else:
            assert one.trial_end_date is not None
            at = min(other.start_date, one.trial_end_date)
            found.append((at, SubscriptionCancelReason.TrialConverted))
    return min(found, default=None, key=lambda end: end[0])


def _succeeds(other: Subscription, one: Subscription, product: Product) -> bool:
    """Whether `other` is scheduled and ends `one` when it starts."""
    if other.id == one.id or other.status is not SubscriptionStatus.NOT_STARTED:
        return False
    if one.status not in LIVE or not _share_scope(one, other, product):
        return False
    bought = one.is_trial and not other.is_trial and other.plan_ref_id == one.plan_ref_id
    return bought or other.is_trial is one.is_trial


def _share_scope(one: Subscription, other: Subscription, product: Product) -> bool:
    return one.product_id == product.id and in_scope(other, product, one.resource_id)


def retaken(
    one: Subscription, known: Iterable[Subscription], *, product: Product, now: datetime
) -> Subscription:
    """`one` as it ends with these scheduled ones, whatever others had set before."""
    after = giving_way(lifted(one, now=now), known, product=product)
    same = (after.cancellation_date, after.due_cancellation) == (
        one.cancellation_date,
        one.due_cancellation,
    )
    return one if same else after


def lift_after(
    ended: Subscription, known: Iterable[Subscription], *, product: Product, now: datetime
) -> tuple[Subscription, ...]:
    """When a scheduled one ends before it starts, what it would have ended goes on.

    Not past what another scheduled one ends: the second takes the place of the first.
    """
    others = tuple(one for one in known if one.id != ended.id)
    return tuple(
        after
        for one in others
        if one.status in LIVE
        and _share_scope(one, ended, product)
        and (after := retaken(one, others, product=product, now=now)) is not one
    )


def successor_of(
    ending: Subscription, others: Iterable[Subscription], *, product: Product, at: datetime
) -> Subscription | None:
    """The scheduled one that takes over at this very instant, if the end is its doing."""
    due = ending.due_cancellation
    by_successor = {
        SubscriptionCancelReason.UpgradeOrDowngrade,
        SubscriptionCancelReason.TrialConverted,
    }
    if due is None or due.reason not in by_successor:
        return None
    for one in others:
        if one.start_date == at and _succeeds(one, ending, product):
            return one
    return None
