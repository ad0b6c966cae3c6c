"""What falls due on a subscription by the clock alone, when, and in which order.

Jobs act with the *due* instant, never the tick's, so a late tick changes nothing. Source: spec,
subscriptions §15.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

from domain.catalog.enums import BillingPeriod, PricingType
from domain.periods import Period, billing_period_at
from domain.subscriptions.enums import (
    SubscriptionCouponStatus,
    SubscriptionScheduleStatus,
    SubscriptionStatus,
)
from domain.subscriptions.model import ENDED, Subscription

PENDING_FOR = timedelta(hours=23)
TRIAL_ENDS_SOON_BEFORE = timedelta(days=7)
MONTH_ENDS_SOON_BEFORE = timedelta(hours=1)


class Job(IntEnum):
    """The jobs in their order at one instant."""

    EXPIRE_PENDING = 0
    CANCEL_DUE = 1
    END_DUE = 2
    END_TRIALS = 3
    APPLY_UPDATES = 4
    START_DUE = 5
    EXPIRE_COUPONS = 6
    RENEW = 7
    TRIAL_ENDS_SOON = 8
    OVERAGE_DUE = 9
    MONTH_ENDS_SOON = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One job of one subscription at its instant."""

    at: datetime
    job: Job
    subscription: Subscription

    @property
    def order(self) -> tuple[datetime, int, datetime, UUID]:
        return self.at, self.job.value, self.subscription.created_at, self.subscription.id


def due_jobs(subscription: Subscription) -> Iterator[Due]:
    """Every job that the clock will bring to the subscription as it stands now."""
    if subscription.status in ENDED:
        return
    for at, job in _jobs(subscription):
        yield Due(at=at, job=job, subscription=subscription)


def _jobs(one: Subscription) -> Iterator[tuple[datetime, Job]]:
    if one.status is SubscriptionStatus.PAYMENT_PENDING:
        yield (one.pending_since or one.created_at) + PENDING_FOR, Job.EXPIRE_PENDING
        return
    if one.status is SubscriptionStatus.NOT_STARTED:
        yield one.start_date, Job.START_DUE
        return
    yield from _marked(one)
    if one.status is SubscriptionStatus.IN_TRIAL:
        assert one.trial_end_date is not None
        yield one.trial_end_date, Job.END_TRIALS
        if not one.trial_ends_soon_told:
            soon = one.trial_end_date - TRIAL_ENDS_SOON_BEFORE
            yield max(soon, one.start_date), Job.TRIAL_ENDS_SOON
        return
    if one.end_date is not None:
        yield one.end_date, Job.END_DUE
    yield one.current_billing_period_end, Job.RENEW
    if one.pricing_type is PricingType.PAID:
        month = billing_month(one)
        yield max(month.end - MONTH_ENDS_SOON_BEFORE, month.start), Job.MONTH_ENDS_SOON
    overage = next_monthly_overage(one)
    if overage is not None:
        yield overage, Job.OVERAGE_DUE


def billing_month(one: Subscription) -> Period:
    """The billing month whose end is still to be told: monthly steps of the anchor.

    Before the anchor it is the stub. Months that had ended when the record was made are not told.
    """
    after = max(
        one.current_billing_period_start, one.created_at, one.month_end_told or one.start_date
    )
    if after < one.billing_cycle_anchor:
        return Period(one.current_billing_period_start, one.billing_cycle_anchor)
    return billing_period_at(one.billing_cycle_anchor, BillingPeriod.MONTHLY, after)


def next_monthly_overage(one: Subscription) -> datetime | None:
    """The next monthly boundary within a longer period, where overage is billed monthly.

    The period's own end is the renewal's.
    """
    if not any(sold.is_monthly_overage for sold in one.prices):
        return None
    after = max(one.current_billing_period_start, one.start_date)
    if one.overage_billed_until is not None:
        after = max(after, one.overage_billed_until)
    if after < one.billing_cycle_anchor:
        return None
    boundary = billing_period_at(one.billing_cycle_anchor, BillingPeriod.MONTHLY, after).end
    return boundary if boundary < one.current_billing_period_end else None


def _marked(one: Subscription) -> Iterator[tuple[datetime, Job]]:
    """What was put on a live one: its cancellation, deferred changes, coupons."""
    if one.cancellation_date is not None:
        yield one.cancellation_date, Job.CANCEL_DUE
    for update in one.scheduled_updates:
        if update.status is SubscriptionScheduleStatus.PendingPayment:
            yield update.created_at + PENDING_FOR, Job.EXPIRE_PENDING
        elif update.status is SubscriptionScheduleStatus.Scheduled:
            yield update.scheduled_execution_time, Job.APPLY_UPDATES
    for coupon in one.coupons:
        active = coupon.status is SubscriptionCouponStatus.ACTIVE
        if active and coupon.expiration_date is not None:
            yield coupon.expiration_date, Job.EXPIRE_COUPONS


def next_due(subscription: Subscription) -> datetime | None:
    """When the clock next has work with the subscription; None once it has ended."""
    return min((due.at for due in due_jobs(subscription)), default=None)


def earliest(subscriptions: Iterable[Subscription], *, until: datetime) -> Due | None:
    """The next job of any of them that is due by `until`, in order; None when all is done."""
    jobs = (due for one in subscriptions for due in due_jobs(one) if due.at <= until)
    return min(jobs, key=lambda due: due.order, default=None)
