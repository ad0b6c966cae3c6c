"""How a subscription starts: when, what ends by it, its first period, what is due at once.

Both ways to start share it: a purchase (`provisioning`) and a scheduled start that falls due
(`execution`). Source: spec, subscriptions §6, §9, §11.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.catalog.enums import PricingType
from domain.subscriptions.charges import (
    NOTHING,
    Charged,
    Terms,
    change_charge,
    is_charged,
    period_charge,
)
from domain.subscriptions.cycle import anchor_for, begins_cycle, with_cycle, with_usage_window
from domain.subscriptions.enums import (
    SubscriptionInvoiceBillingReason,
    SubscriptionStatus,
)
from domain.subscriptions.facts import ProvisionFacts
from domain.subscriptions.model import LIVE, Subscription
from domain.subscriptions.request import ProvisionRequest

BACKDATED_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """When a new subscription starts, and the trial of the same plan that it converts."""

    at: datetime
    is_future: bool
    is_backdated: bool
    converts: Subscription | None


def decide_start(
    request: ProvisionRequest, *, converts: Subscription | None, now: datetime
) -> Start:
    """S: `startDate`, else now; a conversion waits for the trial's end unless told otherwise."""
    at = request.start_date
    if at is None and converts is not None:
        skips = request.trial.skip or request.trial.is_trial is False
        at = now if skips else converts.trial_end_date
    if at is None:
        at = now
    if converts is not None and at <= now:
        at = now
    return Start(
        at=at,
        is_future=at > now,
        is_backdated=at < now - BACKDATED_AFTER,
        converts=converts,
    )


def replaced_at_start(scope: Iterable[Subscription], *, trial: bool) -> Subscription | None:
    """The live one of the same kind, which ends when the new one starts."""
    for one in scope:
        if one.status in LIVE and one.is_trial is trial:
            return one
    return None


def with_first_cycle(
    new: Subscription,
    facts: ProvisionFacts,
    *,
    start: Start,
    origin: Subscription | None,
) -> Subscription:
    """Anchor, first period and usage window (§9): a trial's period is the trial itself."""
    if new.trial_end_date is not None:
        return with_usage_window(
            replace(new, current_billing_period_end=new.trial_end_date),
            origin=None,
            rule=facts.product.usage_reset_cutoff,
            anchor_moves=True,
            at=start.at,
        )
    kept = origin is not None and start.converts is None and keeps_anchor(origin, new)
    anchor = anchor_for(start.at, new.pricing_type, facts.settings)
    if new.reanchors:
        anchor = start.at
    at = start.at
    if kept:
        assert origin is not None
        anchor = origin.billing_cycle_anchor
    if start.is_backdated and facts.now >= anchor:
        at = facts.now  # the period that contains now, not the first one
    cycled = with_cycle(new, anchor=anchor, at=at)
    return with_usage_window(
        cycled,
        origin=start.converts or origin,
        rule=facts.product.usage_reset_cutoff,
        anchor_moves=not kept,
        at=start.at,
    )


def keeps_anchor(old: Subscription, new: Subscription) -> bool:
    """UNCHANGED keeps the anchor where both are PAID non-trials of equal period."""
    return (
        not new.reanchors
        and old.status is SubscriptionStatus.ACTIVE
        and old.pricing_type is PricingType.PAID
        and new.pricing_type is PricingType.PAID
        and old.billing_period is new.billing_period
    )


def due_at_start(
    new: Subscription, terms: Terms, *, start: Start, origin: Subscription | None
) -> Charged:
    """What the start charges: the difference to what it replaces, or the first period."""
    if start.is_future or not is_charged(new):
        return NOTHING
    if start.is_backdated:
        # The running period is free of charge; the first invoice comes at its end.
        return Charged(ratio=NOTHING.ratio * 0)
    if origin is not None and origin.pricing_type is PricingType.PAID:
        return change_charge(
            origin,
            new,
            terms,
            at=start.at,
            anchor_moves=begins_cycle(origin, new),
            same_plan=origin.plan_ref_id == new.plan_ref_id,
        )
    return period_charge(
        new,
        terms,
        reason=SubscriptionInvoiceBillingReason.SUBSCRIPTION_CREATION,
        with_one_off=True,
    )
