"""What gives way to a new subscription, and what a payment's outcome makes of it.

Source: spec, subscriptions §5 (conversion), §6, §12.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.billing.model import BillingResult, PaymentOutcome
from domain.catalog.enums import PricingType
from domain.subscriptions.charges import (
    Charged,
    with_shares,
)
from domain.subscriptions.enums import (
    PaymentCollection,
    SubscriptionCancelReason,
    SubscriptionStatus,
)
from domain.subscriptions.lifecycle import (
    CANCELED,
    TRIAL_CONVERTED,
    Told,
    canceled,
    lifted,
    with_effective_end,
)
from domain.subscriptions.model import DueCancellation, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an operation came to: the subscription it is about, all that changed, what is told."""

    subscription: Subscription
    changed: tuple[Subscription, ...]
    told: tuple[Told, ...] = ()
    is_scheduled: bool = False


def is_unpaid(result: BillingResult) -> bool:
    """Whether the collection leaves the subscription pending."""
    return result.outcome in {
        PaymentOutcome.ACTION_REQUIRED,
        PaymentOutcome.FAILED,
        PaymentOutcome.PROCESSING,
    }


COLLECTION = {
    PaymentOutcome.ACTION_REQUIRED: PaymentCollection.ACTION_REQUIRED,
    PaymentOutcome.FAILED: PaymentCollection.FAILED,
    PaymentOutcome.PROCESSING: PaymentCollection.PROCESSING,
}


def with_result(
    subscription: Subscription, charged: Charged, result: BillingResult | None
) -> Subscription:
    """The subscription with what was charged and, if collected, what the provider answered."""
    money = replace(
        with_shares(subscription, charged.shares),
        charged_ratio=charged.ratio,
        pending_lines=(*subscription.pending_lines, *charged.deferred),
    )
    if result is None:
        return money
    return replace(
        money,
        billing_id=result.billing_id,
        billing_link_url=result.billing_link_url or money.billing_link_url,
        latest_invoice=result.invoice or money.latest_invoice,
        payment_collection=COLLECTION.get(result.outcome, PaymentCollection.NOT_REQUIRED),
    )


def replaced(
    new: Subscription,
    replaces: Iterable[Subscription],
    *,
    now: datetime,
    is_activation: bool = False,
) -> tuple[list[Subscription], list[Told], Subscription]:
    """End what `new` replaces, at its start; a paid one's provider subscription moves over.

    `is_activation`: `new` waited for its payment, so they end now.

    Also gives the new one as it is then: with the `billing_id` that it takes over.
    """
    ended_ones: list[Subscription] = []
    told: list[Told] = []
    for one in replaces:
        converted = one.is_trial and not new.is_trial
        reason = (
            SubscriptionCancelReason.TrialConverted
            if converted
            else SubscriptionCancelReason.UpgradeOrDowngrade
        )
        at = new.start_date if one.start_date < new.start_date <= now else now
        at = now if is_activation else at
        ended = canceled(one, reason, at=at, now=now)
        if takes_over(one, new):
            new = replace(new, billing_id=new.billing_id or one.billing_id)
            ended = replace(ended, billing_id=None, old_billing_id=one.billing_id)
            new = replace(new, pending_lines=(*one.pending_lines, *new.pending_lines))
            ended = replace(ended, pending_lines=())
            if new.usage_cutoff == one.usage_cutoff:
                # Usage goes on as it was, with what of it was billed already.
                new = replace(
                    new,
                    usage_charged_until=one.usage_charged_until,
                    overage_billed_until=one.overage_billed_until,
                )
        ended_ones.append(ended)
        if converted:
            extra = {"reason": "PAID_SUBSCRIPTION_PROVISIONED"}
            told.append(Told(type=TRIAL_CONVERTED, subscription=new, extra=extra))
        told.append(Told(type=CANCELED, subscription=ended))
    return ended_ones, told, new


def takes_over(old: Subscription, new: Subscription) -> bool:
    """Whether the provider's subscription carries over: PAID to PAID, neither a trial."""
    paid = PricingType.PAID
    return (
        old.pricing_type is paid
        and new.pricing_type is paid
        and not old.is_trial
        and not new.is_trial
    )


def until_next_start(
    new: Subscription, known: Iterable[Subscription], displaced: Iterable[Subscription]
) -> Subscription:
    """A new one gives way to the scope's one of its kind that is already due to start."""
    gone = {one.id for one in displaced}
    for one in known:
        if (
            one.status is SubscriptionStatus.NOT_STARTED
            and one.id not in gone
            and one.product_id == new.product_id
            and one.resource_id == new.resource_id
            and one.is_trial is new.is_trial
            and new.cancellation_date is None
        ):
            reason = SubscriptionCancelReason.UpgradeOrDowngrade
            return with_effective_end(
                replace(
                    new,
                    cancellation_date=one.start_date,
                    due_cancellation=DueCancellation(reason=reason),
                )
            )
    return new


def lift_after(
    ended: Subscription, known: Iterable[Subscription], *, now: datetime
) -> tuple[Subscription, ...]:
    """When a scheduled one ends before it starts, what it would have ended goes on.

    Not what another scheduled one ends: the second takes the place of the first.
    """
    others = tuple(one for one in known if one.id != ended.id)
    return tuple(
        changed
        for one in others
        if one.product_id == ended.product_id
        and one.resource_id == ended.resource_id
        and not _ends_for_another(one, others)
        and (changed := lifted(one, now=now)) is not one
    )


def _ends_for_another(one: Subscription, others: Iterable[Subscription]) -> bool:
    """Whether a scheduled one still there sets this cancellation."""
    return any(
        other.status is SubscriptionStatus.NOT_STARTED
        and other.product_id == one.product_id
        and other.resource_id == one.resource_id
        and (other.is_trial is one.is_trial or other.plan_ref_id == one.plan_ref_id)
        and one.cancellation_date is not None
        and one.cancellation_date <= other.start_date
        for other in others
    )
