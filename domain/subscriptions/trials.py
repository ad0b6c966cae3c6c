"""Whether a subscription starts as a trial, until when, and what its end does.

Source: spec, subscriptions §5.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.catalog.enums import PricingType, TrialEndBehavior, TrialPeriodUnits
from domain.catalog.model import Budget, Package, TrialConfig
from domain.errors import invalid_argument
from domain.ids import ProductId
from domain.periods import add_months
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import ENDED, Subscription
from domain.subscriptions.request import TrialRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTerms:
    """A trial that will be: its end, what then, and its own budget."""

    end: datetime
    behavior: TrialEndBehavior
    budget: Budget | None = None


def is_eligible(history: Iterable[Subscription], product_id: ProductId) -> bool:
    """Whether a default trial is still due: never a trial nor an active payer in the product.

    Any resource counts; what ended before it started or was paid does not.
    """
    return not any(
        _has_begun(old) and (old.trial_end_date is not None or _is_bought(old))
        for old in history
        if old.product_id == product_id
    )


def _is_bought(subscription: Subscription) -> bool:
    return subscription.pricing_type in {PricingType.PAID, PricingType.CUSTOM}


def _has_begun(subscription: Subscription) -> bool:
    if subscription.status is SubscriptionStatus.NOT_STARTED:
        # A scheduled trial uses the one trial up; a scheduled purchase has not been paid.
        return subscription.trial_end_date is not None
    if subscription.pending_since is not None:
        return False
    if subscription.status in ENDED:
        end = subscription.effective_end_date
        # Ended before its start = it was never more than announced.
        return end is None or end >= subscription.start_date
    return True


def decide_trial(
    request: TrialRequest,
    *,
    plan: Package,
    eligible: bool,
    is_conversion: bool,
    start: datetime,
    budget: Budget | None,
) -> TrialTerms | None:
    """The trial that the request gets, or None for a plain subscription.

    The override wins over all; else skipping; else the plan's default trial if eligible. A
    running trial of the same plan (`is_conversion`) makes what is not forced a purchase. Raises
    InvalidArgumentError for a forced trial of a FREE plan, skip with isTrial, or a missing end.
    """
    if request.skip and request.is_trial:
        raise invalid_argument("skipTrial and isTrial exclude each other")
    if request.is_trial:
        if plan.pricing_type is PricingType.FREE:
            raise invalid_argument("A free plan has no trial", planId=plan.ref_id)
        return _terms(request, plan.default_trial_config, start=start, budget=budget)
    config = plan.default_trial_config
    if request.is_trial is False or request.skip or config is None or is_conversion:
        return None
    if not eligible or plan.pricing_type is PricingType.FREE:
        return None
    return _terms(request, config, start=start, budget=budget)


def _terms(
    request: TrialRequest, config: TrialConfig | None, *, start: datetime, budget: Budget | None
) -> TrialTerms:
    end = request.end_date
    if end is None and config is not None:
        end = trial_end(start, config)
    if end is None or end <= start:
        raise invalid_argument("A trial needs an end after its start: give trialEndDate")
    behavior = request.end_behavior or (
        config.trial_end_behavior if config else TrialEndBehavior.CANCEL_SUBSCRIPTION
    )
    trial_budget = budget or (config.budget if config else None)
    return TrialTerms(end=end, behavior=behavior, budget=trial_budget)


def trial_end(start: datetime, config: TrialConfig) -> datetime:
    """Days of 24 h, or clamped months: 14 DAY from 03-01T12:00Z -> 03-15T12:00Z;
    1 MONTH from 2024-01-31 -> 2024-02-29.
    """  # noqa: D205
    if config.units is TrialPeriodUnits.DAY:
        return start + timedelta(days=config.duration)
    return add_months(start, config.duration)
