"""What is told of a change of usage: the body of `measurement.reported` and of its thresholds.

`previousUsageUsedPercentage` is there for the live window only (`isLive`): who wants to know of a
crossed threshold, or of a limit reached, compares it with `usageUsedPercentage`.
Source: spec, platform §7.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from app.usecases.catalog.events import feature_body
from domain.catalog.model import Feature
from domain.entitlements.check import denied_until
from domain.entitlements.model import EntitlementRow, divisor
from domain.events import Event
from domain.ids import CustomerId
from domain.metering.reset_periods import presented, usage_anchor, window_at
from domain.periods import Period, wire_time

THRESHOLDS = (100, 80)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageChange:
    """A window's usage before and after, in raw units; `row` None = not entitled now."""

    id: UUID
    customer_id: CustomerId
    customer_ref_id: str
    resource_id: str | None
    feature: Feature
    row: EntitlementRow | None
    window: Period
    before: Decimal
    after: Decimal
    change: Decimal


def usage_events(change: UsageChange, now: datetime) -> list[Event]:
    """`MEASUREMENT_REPORTED`, and of a crossed default threshold one for the log."""
    events = [_event("MEASUREMENT_REPORTED", "Measurement", change, _data(change, now))]
    row = change.row
    if row is not None and change.window == window_at(row.usage_rule, now):
        share = divisor(change.feature)
        crossed = crossed_threshold(row, change.before / share, change.after / share)
        if crossed is not None:
            data = {**_data(change, now), "thresholdPercentage": crossed}
            events.append(_event("ENTITLEMENT_USAGE_EXCEEDED", "Entitlement", change, data))
    return events


def expected_reset(change: UsageChange, now: datetime) -> datetime | None:
    """The end of the live window, if the change has just used up what it allows."""
    row = change.row
    if row is None or now not in change.window:
        return None
    if denied_until(row, change.window, change.before) is not None:
        return None
    return denied_until(row, change.window, change.after)


def _event(type_: str, entity: str, change: UsageChange, data: dict[str, object]) -> Event:
    return Event(
        type=type_,
        entity_type=entity,
        entity_id=change.id,
        customer_id=change.customer_id,
        resource_id=change.resource_id,
        data=data,
    )


def _data(change: UsageChange, now: datetime) -> dict[str, object]:
    feature, row, share = change.feature, change.row, divisor(change.feature)
    data: dict[str, object] = {
        "currentChange": float(change.change),
        "currentUsage": float(change.after / share),
        "feature": feature_body(feature),
        "customer": {"id": change.customer_ref_id},
        "resource": {"id": change.resource_id} if change.resource_id else None,
    }
    if row is None:
        return data
    live = window_at(row.usage_rule, now)
    is_live = change.window == live
    start, end = presented(change.window)
    rule, limit = row.grant.reset_rule, row.grant.usage_limit
    return data | {
        "usageUsedPercentage": used_percent(row, change.after / share),
        "previousUsageUsedPercentage": (
            used_percent(row, change.before / share) if is_live else None
        ),
        "isLive": is_live,
        "usageLimit": None if limit is None else float(limit),
        "hasUnlimitedUsage": row.grant.has_unlimited_usage,
        "hasSoftLimit": row.grant.has_soft_limit,
        "nextResetDate": wire_time(presented(live)[1]),
        "usagePeriodAnchor": wire_time(usage_anchor(row.usage_rule, change.window)),
        "usagePeriodStart": wire_time(start),
        "usagePeriodEnd": wire_time(end),
        "resetPeriod": rule.period.value if rule else None,
        "resetPeriodConfiguration": (
            {"accordingTo": rule.according_to.value} if rule and rule.according_to else None
        ),
    }


def used_percent(row: EntitlementRow, usage: Decimal) -> int | None:
    """Usage in percent of the limit, floored; None without a limit."""
    limit = row.grant.usage_limit
    if limit is None or row.grant.has_unlimited_usage:
        return None
    if limit == 0:
        return 100 if usage > 0 else 0
    return int(usage * 100 // limit)


def crossed_threshold(
    row: EntitlementRow, before: Decimal, after: Decimal, thresholds: Iterable[int] = THRESHOLDS
) -> int | None:
    """The highest threshold T with before < T ≤ after, in percent of the limit."""
    low, high = used_percent(row, before), used_percent(row, after)
    if low is None or high is None:
        return None
    return max((t for t in thresholds if low < t <= high), default=None)
