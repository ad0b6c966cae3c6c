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
from domain.subscriptions.enums import PaymentCollection, SubscriptionCancelReason
from domain.subscriptions.lifecycle import (
    CANCELED,
    PAYMENT_FAILED,
    TRIAL_CONVERTED,
    Told,
    canceled,
)
from domain.subscriptions.model import Subscription

# Why a trial converted: its plan was bought.
BY_PURCHASE = {"reason": "PAID_SUBSCRIPTION_PROVISIONED"}


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


def payment_told(subscription: Subscription, result: BillingResult | None) -> tuple[Told, ...]:
    """CUSTOMER_PAYMENT_FAILED where a collection failed or wants the customer; else nothing."""
    if result is None or result.outcome not in _MISSED:
        return ()
    message = result.invoice.error_message if result.invoice is not None else None
    error = {"code": result.outcome.value, "message": message or _MISSED[result.outcome]}
    return (Told(type=PAYMENT_FAILED, subscription=subscription, extra={"error": error}),)


_MISSED = {
    PaymentOutcome.ACTION_REQUIRED: "The payment needs the customer's action",
    PaymentOutcome.FAILED: "The payment failed",
}


def with_result(
    subscription: Subscription, charged: Charged, result: BillingResult | None
) -> Subscription:
    """The subscription with what was charged and, if collected, what the provider answered."""
    money = replace(
        with_shares(subscription, charged.shares),
        charged_ratio=charged.ratio,
        minimum_prepaid=charged.prepaid,
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

    `is_activation`: `new` had begun already, as a trial or unpaid, so they end now.

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
            if new.usage_from is not None:
                # Usage goes on as it was, with what of it was billed already.
                new = replace(
                    new,
                    usage_charged_until=one.usage_charged_until,
                    overage_billed_until=one.overage_billed_until,
                )
        ended_ones.append(ended)
        if converted:
            told.append(Told(type=TRIAL_CONVERTED, subscription=new, extra=BY_PURCHASE))
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
