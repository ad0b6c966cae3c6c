"""A slow resolver, written straight from spec, entitlements §2, sharing no rule with ours.

It answers, of one feature: (granted, limit or None, unlimited, soft, enum values, reset rule,
budget exceeded); None where there is no candidate.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from domain.catalog.enums import EntitlementBehavior, EntitlementResetPeriod, FeatureType, MeterType
from domain.catalog.model import Feature, ResetRule
from domain.entitlements.resolution import Facts
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import Subscription

Value = dict[str, Any]
LENGTH = {
    EntitlementResetPeriod.HOUR: 1,
    EntitlementResetPeriod.DAY: 24,
    EntitlementResetPeriod.WEEK: 24 * 7,
    EntitlementResetPeriod.MONTH: 24 * 30,
    EntitlementResetPeriod.YEAR: 24 * 365,
}


def resolve_slowly(facts: Facts, feature: Feature, now: datetime) -> Value | None:
    """§2.4 over §2.2 and §2.3."""
    candidates: list[Value] = []
    for subscription in facts.subscriptions:
        if counts(subscription, facts, now):
            value = of_subscription(subscription, facts, feature)
            if value is not None:
                candidates.append(value)
    for promotion in facts.promotional:
        lasts = promotion.end_date is None or now < promotion.end_date
        if promotion.feature_id == feature.id and promotion.start_date <= now and lasts:
            candidates.append(
                {
                    "granted": True,
                    "limit": promotion.usage_limit,
                    "unlimited": promotion.has_unlimited_usage,
                    "soft": promotion.has_soft_limit,
                    "values": set(promotion.enum_values),
                    "reset": promotion.reset_rule,
                    "budget": False,
                    "kind": 2,
                    "since": promotion.start_date,
                    "id": promotion.id,
                }
            )
    if not candidates:
        return None
    first: Value = min(candidates, key=cmp_to_key(compare))
    winner = dict(first)
    if feature.feature_type is FeatureType.ENUM:
        granted = [candidate for candidate in candidates if candidate["granted"]]
        winner["values"] = set().union(*(candidate["values"] for candidate in granted))
    return winner


def compare(a: Value, b: Value) -> int:
    """Below 0 when `a` is the more generous."""
    if a["granted"] != b["granted"]:
        return -1 if a["granted"] else 1
    if a["unlimited"] != b["unlimited"]:
        return -1 if a["unlimited"] else 1
    left, right = a["limit"] or Decimal(0), b["limit"] or Decimal(0)
    if left != right:
        return -1 if left > right else 1
    if a["soft"] != b["soft"]:
        return -1 if a["soft"] else 1
    lengths = [LENGTH[x["reset"].period] if x["reset"] else 10**9 for x in (a, b)]
    if lengths[0] != lengths[1]:
        return -1 if lengths[0] < lengths[1] else 1
    for key in ("kind", "since", "id"):
        if a[key] != b[key]:
            return -1 if a[key] < b[key] else 1
    return 0


def counts(subscription: Subscription, facts: Facts, now: datetime) -> bool:
    """§2.1."""
    if subscription.status.value not in ("ACTIVE", "IN_TRIAL"):
        return False
    if subscription.start_date > now:
        return False
    if subscription.effective_end_date is not None and subscription.effective_end_date <= now:
        return False
    return subscription.resource_id in (None, facts.resource_id)


def of_subscription(  # noqa: C901 - one step after another, as the specification has them
    subscription: Subscription, facts: Facts, feature: Feature
) -> Value | None:
    """§2.2, step by step."""
    base = plan_value(subscription, facts, feature)
    overage = billed = False
    for sold in subscription.prices:
        if sold.price.feature_id != feature.id:
            continue
        if sold.price.is_overage:
            overage = billed = True
        elif sold.price.billing_model.value == "PER_UNIT":
            base = value_of(sold.quantity, reset=sold.price.reset_rule)
        elif sold.price.billing_model.value == "USAGE_BASED":
            base, billed = value_of(None, unlimited=True, reset=sold.price.reset_rule), True
    for override in subscription.entitlements:
        if override.feature_id == feature.id:
            base = value_of(
                override.usage_limit,
                unlimited=override.has_unlimited_usage,
                soft=override.has_soft_limit,
                values=set(override.enum_values),
                reset=override.reset_rule,
            )
    value = with_addons(base, subscription, facts, feature)
    if value is None:
        return None
    metered = feature.feature_type is FeatureType.NUMBER and feature.meter_type.value != "None"
    if metered and value["limit"] is None:
        value["unlimited"] = True
    if value["unlimited"]:
        value["limit"] = None
    value["soft"] = value["soft"] or overage
    budget = subscription.budget
    value["budget"] = (
        billed and subscription.budget_exceeded and budget is not None and not budget.has_soft_limit
    )
    value["kind"] = 1 if subscription.status is SubscriptionStatus.IN_TRIAL else 0
    value["since"], value["id"] = subscription.start_date, subscription.id
    return value


def value_of(
    limit: Decimal | None,
    *,
    granted: bool = True,
    unlimited: bool = False,
    soft: bool = False,
    values: set[str] | None = None,
    reset: ResetRule | None = None,
) -> Value:
    return {
        "granted": granted,
        "limit": limit,
        "unlimited": unlimited,
        "soft": soft,
        "values": values or set(),
        "reset": reset,
    }


def plan_value(subscription: Subscription, facts: Facts, feature: Feature) -> Value | None:
    plan = facts.packages.get(subscription.plan_id)
    while plan is not None:
        for e in plan.feature_entitlements:
            if e.feature_id == feature.id:
                return value_of(
                    e.usage_limit,
                    granted=e.is_granted,
                    unlimited=e.has_unlimited_usage,
                    soft=e.has_soft_limit,
                    values=set(e.enum_values),
                    reset=e.reset_rule,
                )
        plan = facts.packages.get(plan.parent_plan_id) if plan.parent_plan_id else None
    return None


def with_addons(
    base: Value | None, subscription: Subscription, facts: Facts, feature: Feature
) -> Value | None:
    rows = [
        (e, addon.quantity)
        for addon in subscription.addons
        for e in facts.packages[addon.addon_id].feature_entitlements
        if e.feature_id == feature.id
    ]
    if base is None and not rows:
        return None
    granted = [(e, quantity) for e, quantity in rows if e.is_granted]
    overriding = [r for r in granted if r[0].behavior is EntitlementBehavior.Override]
    if base is not None:
        reset = base["reset"]
    else:
        ordered = sorted(
            (e for e, _ in rows),
            key=lambda e: (e.order is None, e.order or 0, e.created_at, e.id),
        )
        reset = ordered[0].reset_rule
    if overriding:
        top = max(
            overriding,
            key=lambda r: (
                r[0].has_unlimited_usage or is_unlimited_row(r[0], feature),
                (r[0].usage_limit or 0) * r[1],
                r[0].has_soft_limit,
            ),
        )
        unlimited = any(
            e.has_unlimited_usage or is_unlimited_row(e, feature) for e, _ in overriding
        )
        return value_of(
            None
            if all(e.usage_limit is None for e, _ in overriding)
            else max((e.usage_limit or Decimal(0)) * q for e, q in overriding),
            unlimited=unlimited,
            soft=top[0].has_soft_limit,
            values=set().union(*(e.enum_values for e, _ in overriding)),
            reset=top[0].reset_rule or reset,
        )
    parts = [
        value_of(
            None if e.usage_limit is None else e.usage_limit * q,
            unlimited=e.has_unlimited_usage or is_unlimited_row(e, feature),
            soft=e.has_soft_limit,
            values=set(e.enum_values),
        )
        for e, q in granted
    ]
    if base is not None and base["granted"]:
        parts.append(base)
    if not parts:
        refused = base if base is not None else value_of(None, granted=False)
        revoked = [e for e, _ in rows]
        limits = [e.usage_limit * q for e, q in rows if e.usage_limit is not None]
        if base is not None and base["limit"] is not None:
            limits.append(base["limit"])
        return value_of(
            sum(limits, Decimal(0)) if limits else None,
            granted=False,
            unlimited=refused["unlimited"] or any(e.has_unlimited_usage for e in revoked),
            soft=refused["soft"] or any(e.has_soft_limit for e in revoked),
            values=refused["values"].union(*(e.enum_values for e in revoked)),
            reset=reset,
        )
    limits = [part["limit"] for part in parts if part["limit"] is not None]
    return value_of(
        sum(limits, Decimal(0)) if limits else None,
        unlimited=any(
            p["unlimited"] or (p["limit"] is None and is_metered(feature)) for p in parts
        ),
        soft=any(part["soft"] for part in parts),
        values=set().union(*(part["values"] for part in parts)),
        reset=reset,
    )


def is_metered(feature: Feature) -> bool:
    return feature.feature_type is FeatureType.NUMBER and feature.meter_type != MeterType.NoMeter


def is_unlimited_row(entitlement: Any, feature: Feature) -> bool:
    return is_metered(feature) and entitlement.usage_limit is None
