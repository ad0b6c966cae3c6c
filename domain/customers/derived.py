"""What is known of a customer from its subscriptions. Source: spec, subscriptions §2, §5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from domain.catalog.enums import PricingType
from domain.subscriptions.model import LIVE, Subscription


def live(subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """The ACTIVE and IN_TRIAL ones: what every count of a customer counts."""
    return tuple(s for s in subscriptions if s.status in LIVE)


def live_by_pricing_type(subscriptions: Iterable[Subscription]) -> dict[PricingType, int]:
    """How many live ones of each pricing type, FREE, PAID, CUSTOM; zeros are omitted."""
    counts = Counter(s.pricing_type for s in live(subscriptions))
    order = (PricingType.FREE, PricingType.PAID, PricingType.CUSTOM)
    return {type_: counts[type_] for type_ in order if counts[type_]}


def trialed(subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """The first trial of each plan ever trialed, oldest first; converted trials count."""
    first: dict[str, Subscription] = {}
    for subscription in sorted(subscriptions, key=lambda s: s.created_at):
        if was_trialed(subscription):
            first.setdefault(subscription.plan_ref_id, subscription)
    return tuple(first.values())


def was_trialed(subscription: Subscription) -> bool:
    """Whether it is, or began as, a trial."""
    return subscription.trial_end_date is not None or subscription.was_in_trial
