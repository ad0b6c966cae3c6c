"""Ending a subscription on request, and what follows an end.

Source: spec, subscriptions §13.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.billing.model import Charge
from domain.catalog.enums import (
    PricingType,
    SubscriptionCancellationTime,
    SubscriptionEndSetup,
)
from domain.catalog.model import Product
from domain.errors import Conflict, ErrorCode, InvalidInput
from domain.subscriptions.charges import unused_credit
from domain.subscriptions.enums import (
    SubscriptionCancellationAction,
    SubscriptionCancelReason,
    SubscriptionStatus,
)
from domain.subscriptions.lifecycle import canceled, in_scope, with_effective_end
from domain.subscriptions.model import ENDED, LIVE, OPEN, DueCancellation, Subscription

IMMEDIATE = SubscriptionCancellationTime.IMMEDIATE
END_OF_BILLING_PERIOD = SubscriptionCancellationTime.END_OF_BILLING_PERIOD
SPECIFIC_DATE = SubscriptionCancellationTime.SPECIFIC_DATE

_NEVER_DOWNGRADED = frozenset(
    {
        SubscriptionCancelReason.UpgradeOrDowngrade,
        SubscriptionCancelReason.CustomerArchived,
        SubscriptionCancelReason.DetachBilling,
        SubscriptionCancelReason.TrialConverted,
        SubscriptionCancelReason.PendingPaymentExpired,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest:
    """`time` None = the product's; `prorate` None = credit for unused time."""

    subscription_ref_id: str
    time: SubscriptionCancellationTime | None = None
    end_date: datetime | None = None
    action: SubscriptionCancellationAction = SubscriptionCancellationAction.DEFAULT
    prorate: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """The subscription as canceled or as due to be, and the credit for its unused time."""

    subscription: Subscription
    credit: Charge | None = None


def require_open(subscription: Subscription) -> None:
    """Raise SubscriptionAlreadyCanceledOrExpired for an ended one: ended is final."""
    if subscription.status in ENDED:
        raise Conflict(
            ErrorCode.SubscriptionAlreadyCanceledOrExpired,
            f"Subscription {subscription.ref_id} is already {subscription.status.lower()}",
            refId=subscription.ref_id,
            status=subscription.status.value,
        )


def cancel(
    subscription: Subscription, request: CancelRequest, *, product: Product, now: datetime
) -> Cancellation:
    """Cancel at once, at the period's end, or on a date; a new cancel replaces the earlier one.

    `50 USD for 30 days, cancelled after 10 -> 33.33 USD back`. Raises
    SubscriptionAlreadyCanceledOrExpired, SubscriptionDoesNotHaveBillingPeriod,
    TrialMustBeCancelledImmediately, InvalidCancellationDate.
    """
    require_open(subscription)
    time = cancellation_time(subscription, request, product)
    prorate = request.prorate is not False
    if time is IMMEDIATE:
        reason = SubscriptionCancelReason.Immediate
        ended = replace(canceled(subscription, reason, at=now, now=now), end_date=None)
        charged = prorate and subscription.status in LIVE  # what waits has no period running
        credit = unused_credit(subscription, at=now) if charged else None
        return Cancellation(subscription=ended, credit=credit)
    if time is SPECIFIC_DATE:
        end = request.end_date
        if end is None or end <= now:
            raise InvalidInput(
                ErrorCode.InvalidCancellationDate,
                "endDate must be in the future",
                refId=subscription.ref_id,
            )
        scheduled = replace(subscription, end_date=end, cancellation_date=end)
    else:
        # At the period's end nothing is left to credit, unless a new period begins before.
        end = subscription.current_billing_period_end
        scheduled = replace(subscription, cancellation_date=end)
        if subscription.end_date == subscription.cancellation_date:
            scheduled = replace(scheduled, end_date=None)
    due = DueCancellation(action=request.action, prorate=prorate)
    scheduled = replace(scheduled, due_cancellation=due, updated_at=now)
    return Cancellation(subscription=with_effective_end(scheduled))


def cancellation_time(
    subscription: Subscription, request: CancelRequest, product: Product
) -> SubscriptionCancellationTime:
    """The request's time, else the product's; a default that cannot apply is IMMEDIATE."""
    if subscription.status in {SubscriptionStatus.NOT_STARTED, SubscriptionStatus.PAYMENT_PENDING}:
        return IMMEDIATE
    time = request.time
    if time is None:
        time = SPECIFIC_DATE if request.end_date is not None else None
    in_trial = subscription.status is SubscriptionStatus.IN_TRIAL
    custom = subscription.pricing_type is PricingType.CUSTOM
    if time is None:
        time = product.settings.subscription_cancellation_time
        if time is not END_OF_BILLING_PERIOD or in_trial or custom:
            return IMMEDIATE
    if time is IMMEDIATE:
        return time
    if in_trial:
        raise Conflict(
            ErrorCode.TrialMustBeCancelledImmediately,
            "A trial can only be canceled immediately",
            refId=subscription.ref_id,
        )
    if time is END_OF_BILLING_PERIOD:
        if custom:
            raise Conflict(
                ErrorCode.SubscriptionDoesNotHaveBillingPeriod,
                "A custom subscription has no billing period to wait for",
                refId=subscription.ref_id,
            )
        if subscription.pricing_type is PricingType.FREE:
            return IMMEDIATE
    return time


# --- what follows an end -----------------------------------------------------------------


def downgrades_to_free(
    before: Subscription,
    ended: Subscription,
    others: Iterable[Subscription],
    *,
    product: Product,
    action: SubscriptionCancellationAction,
) -> str | None:
    """The free plan (ref_id) that follows the end, or None.

    Only after something live that is not FREE, where the product says DOWNGRADE_TO_FREE and no
    non-trial of the scope is live; never after the reasons that have a successor of their own.
    """
    settings = product.settings
    if (
        before.status not in LIVE
        or action is SubscriptionCancellationAction.REVOKE_ENTITLEMENTS
        or settings.subscription_end_setup is not SubscriptionEndSetup.DOWNGRADE_TO_FREE
        or ended.pricing_type is PricingType.FREE
        or ended.cancel_reason in _NEVER_DOWNGRADED
    ):
        return None
    if any(
        one.id != ended.id
        and one.status in LIVE
        and not one.is_trial
        and in_scope(one, product, ended.resource_id)
        for one in others
    ):
        return None
    return settings.downgrade_plan_ref_id


def auto_canceled(
    ended: Subscription, others: Iterable[Subscription], *, product: Product
) -> tuple[Subscription, ...]:
    """The customer's open subscriptions that the end of this one ends, by the product's rules.

    None while another live one of the same plan remains.
    """
    listed = tuple(one for one in others if one.id != ended.id)
    if any(one.status in LIVE and one.plan_ref_id == ended.plan_ref_id for one in listed):
        return ()
    targets = {
        rule.target_plan_ref_id
        for rule in product.auto_cancellation_rules
        if rule.source_plan_ref_id == ended.plan_ref_id
    }
    return tuple(one for one in listed if one.status in OPEN and one.plan_ref_id in targets)
