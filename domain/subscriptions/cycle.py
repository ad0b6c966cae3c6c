"""Billing cycles: where a subscription's periods are anchored, and which holds an instant.

Source: spec, subscriptions §9.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.catalog.enums import BillingPeriod, PricingType, SubscriptionUpdateUsageCutoffBehavior
from domain.periods import Period, add_months, billing_period_at, months_of, start_of_next_month
from domain.subscriptions.enums import BillingAnchor
from domain.subscriptions.facts import BillingSettings
from domain.subscriptions.model import ClosedUsage, Subscription

# Of past changes that cut usage off, as many are remembered; they matter for past usage only.
EARLIER_CUTOFFS_MAX = 50


def cycle_period(pricing_type: PricingType, billing_period: BillingPeriod | None) -> BillingPeriod:
    """The length of a period: FREE, and CUSTOM without one, run yearly."""
    if pricing_type is PricingType.FREE or billing_period is None:
        return BillingPeriod.ANNUALLY
    return billing_period


def anchor_for(start: datetime, pricing_type: PricingType, settings: BillingSettings) -> datetime:
    """The anchor of a new cycle beginning at `start`.

    PAID under START_OF_THE_MONTH or consolidated billing: the next first, 00:00Z.
    """
    by_month = settings.anchor is not BillingAnchor.SUBSCRIPTION_START
    return start_of_next_month(start) if by_month and pricing_type is PricingType.PAID else start


def period_at(anchor: datetime, length: BillingPeriod, at: datetime, *, start: datetime) -> Period:
    """The period of the cycle that holds `at`; before the anchor the stub from `start` to it."""
    if at < anchor:
        return Period(start, anchor)
    return billing_period_at(anchor, length, at)


def full_period(subscription: Subscription) -> Period:
    """The whole period that ends when the current one does: longer than a stub."""
    length = cycle_period(subscription.pricing_type, subscription.billing_period)
    end = subscription.current_billing_period_end
    if end != subscription.billing_cycle_anchor:
        return current_period(subscription)
    return Period(add_months(end, -months_of(length)), end)


def current_period(subscription: Subscription) -> Period:
    """The billing period [start, end) that the subscription is in."""
    return Period(
        subscription.current_billing_period_start, subscription.current_billing_period_end
    )


def is_stub(subscription: Subscription) -> bool:
    """Whether the current period is the short one before the anchor."""
    return subscription.current_billing_period_end == subscription.billing_cycle_anchor


def with_cycle(subscription: Subscription, *, anchor: datetime, at: datetime) -> Subscription:
    """The subscription in the period of `anchor` that holds `at`."""
    length = cycle_period(subscription.pricing_type, subscription.billing_period)
    period = period_at(anchor, length, at, start=at)
    return replace(
        subscription,
        billing_cycle_anchor=anchor,
        current_billing_period_start=period.start,
        current_billing_period_end=period.end,
        closed_usage=None,
    )


def begins_cycle(old: Subscription, new: Subscription) -> bool:
    """Whether `new` is in another cycle than `old`: its anchor or its length has changed.

    A new length may have the old anchor: by the calendar month both begin on the next first.
    """
    moves = new.billing_cycle_anchor != old.billing_cycle_anchor
    return moves or new.billing_period is not old.billing_period


def usage_start(subscription: Subscription) -> datetime:
    """Since when its usage is still to be billed: the period's start, or its own if later.

    Usage that it carries on from before is its to bill too, at its own prices.
    """
    if subscription.usage_from is not None:
        return subscription.usage_from
    return max(subscription.current_billing_period_start, subscription.start_date)


def closing_usage(subscription: Subscription) -> ClosedUsage | None:
    """What the end of its current period leaves to be billed in arrears; None of no time."""
    start, end = usage_start(subscription), subscription.current_billing_period_end
    if start >= end:
        return None
    return ClosedUsage(start=start, end=end, prepaid=subscription.minimum_prepaid)


def with_usage_window(
    subscription: Subscription,
    *,
    origin: Subscription | None,
    rule: SubscriptionUpdateUsageCutoffBehavior,
    anchor_moves: bool,
    at: datetime,
) -> Subscription:
    """Where resettable usage counts from after a transition at `at`.

    ALWAYS_RESET: from `at`; NEVER_RESET: carried over from `origin`; BILLING_PERIOD_CHANGE: as
    the first if the billing anchor moves, else as the second. What follows none (`origin` None)
    has no cut-off. Earlier cut-offs stay, so that a past window is not counted otherwise
    afterwards. What is carried over within a paid period is billed with what follows; at the
    period's end nothing is left to carry. Source: spec, entitlements §4, subscriptions §10.
    """
    keeps = rule is SubscriptionUpdateUsageCutoffBehavior.NEVER_RESET or (
        rule is SubscriptionUpdateUsageCutoffBehavior.BILLING_PERIOD_CHANGE and not anchor_moves
    )
    if origin is None:
        return replace(
            subscription, usage_anchor=at, usage_cutoff=None, earlier_cutoffs=(), usage_from=None
        )
    if not keeps:
        cutoffs = (*origin.earlier_cutoffs, origin.usage_cutoff)
        earlier = tuple(cutoff for cutoff in cutoffs if cutoff is not None and cutoff < at)
        return replace(
            subscription,
            usage_anchor=at,
            usage_cutoff=at,
            earlier_cutoffs=earlier[-EARLIER_CUTOFFS_MAX:],
            usage_from=None,
        )
    is_billed = origin.pricing_type is PricingType.PAID and not origin.is_trial
    is_running = usage_start(origin) < at < origin.current_billing_period_end
    return replace(
        subscription,
        usage_anchor=origin.usage_anchor,
        usage_cutoff=origin.usage_cutoff,
        earlier_cutoffs=origin.earlier_cutoffs,
        usage_from=usage_start(origin) if is_billed and is_running else None,
    )


def next_monthly_boundary(subscription: Subscription, *, now: datetime) -> datetime:
    """END_OF_BILLING_MONTH: the next monthly step of the anchor after `now`.

    Annual anchored 2024-01-31, asked on 03-10 -> 2024-03-31.
    """
    anchor = subscription.billing_cycle_anchor
    return billing_period_at(anchor, BillingPeriod.MONTHLY, now).end


def next_period(subscription: Subscription) -> Subscription:
    """The subscription one period on: never a stub any more."""
    length = cycle_period(subscription.pricing_type, subscription.billing_period)
    at = max(subscription.current_billing_period_end, subscription.billing_cycle_anchor)
    period = billing_period_at(subscription.billing_cycle_anchor, length, at)
    return replace(
        subscription,
        current_billing_period_start=period.start,
        current_billing_period_end=period.end,
    )
