"""What a webhook's message holds, by type: the event's own body, or what is read when sending.

Fields are those of spec, platform §7; what an event carries beside them is for thresholds and the
log. What there is nothing of is null, never left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.ports import Runtime
from app.usecases.credits.events import IS_LEFT, WAS_LEFT
from app.usecases.live import entitlements_news
from domain.customers.events import customer_body
from domain.entitlements.model import Answer
from domain.events import CommittedEvent
from domain.periods import wire_time
from domain.subscriptions.model import LIVE
from domain.webhooks.enums import EventLogType
from domain.webhooks.events import LoggedEvent
from domain.webhooks.model import Hook, crossed_downwards, crossed_upwards, thresholds_of

MEASUREMENT = (
    "currentChange",
    "currentUsage",
    "usageUsedPercentage",
    "usageLimit",
    "hasUnlimitedUsage",
    "nextResetDate",
    "feature",
)
EXCEEDED = (
    "usageUsedPercentage",
    "currentUsage",
    "usageLimit",
    "hasUnlimitedUsage",
    "hasSoftLimit",
    "usagePeriodAnchor",
    "usagePeriodStart",
    "usagePeriodEnd",
    "resetPeriod",
    "resetPeriodConfiguration",
    "feature",
    "resource",
)


async def body_of(
    type_: EventLogType, hook: Hook, event: LoggedEvent, runtime: Runtime
) -> Mapping[str, Any]:
    """The message's own fields; the runtime's clock stands at the event."""
    data = event.data
    match type_:
        case EventLogType.ENTITLEMENTS_UPDATED:
            return await _entitlements(event, runtime)
        case EventLogType.SUBSCRIPTION_BILLING_MONTH_ENDS_SOON:
            rows = (await _entitlements(event, runtime))["entitlements"]
            return dict(data) | {"entitlements": rows}
        case EventLogType.MEASUREMENT_REPORTED:
            customer = await _customer(event, runtime)
            return {name: data.get(name) for name in MEASUREMENT} | {"customer": customer}
        case EventLogType.ENTITLEMENT_USAGE_EXCEEDED:
            crossed = _crossed(
                type_, hook, data, "previousUsageUsedPercentage", "usageUsedPercentage"
            )
            return {name: data.get(name) for name in EXCEEDED} | {
                "thresholdPercentage": crossed,
                "customer": await _customer(event, runtime),
                "activeSubscriptions": await _active_subscriptions(event, runtime),
            }
        case (
            EventLogType.SUBSCRIPTION_SPENT_LIMIT_EXCEEDED
            | EventLogType.CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED
        ):
            was = "previousSpendPercentage"
            crossed = _crossed(type_, hook, data, was, "currentSpendPercentage")
            told = {name: value for name, value in data.items() if name != was}
            return told | {"thresholdPercentage": crossed}
        case EventLogType.CREDIT_BALANCE_LOW | EventLogType.CREDIT_GRANT_BALANCE_LOW:
            told = {name: value for name, value in data.items() if name != WAS_LEFT}
            low = crossed_downwards(
                thresholds_of(type_, hook.configuration),
                before=data[WAS_LEFT],
                after=data[IS_LEFT],
            )
            return told | _event_id(type_, event) | {"thresholdPercentage": low}
        case _:
            return dict(data) | _event_id(type_, event)


def _event_id(type_: EventLogType, event: LoggedEvent) -> dict[str, Any]:
    """Messages of grants name the event of the log that they tell of."""
    return {"eventId": str(event.id)} if type_.startswith("CREDIT_GRANT_") else {}


def _crossed(
    type_: EventLogType, hook: Hook, data: Mapping[str, Any], before: str, after: str
) -> float | None:
    """The most severe of the hook's own thresholds that was crossed."""
    thresholds = thresholds_of(type_, hook.configuration)
    return crossed_upwards(thresholds, before=data.get(before) or 0, after=data.get(after) or 0)


async def _customer(event: LoggedEvent, runtime: Runtime) -> Mapping[str, Any] | None:
    """The customer as it is known when the message is sent."""
    if event.customer_id is None:
        return None
    found = await runtime.readers.customers.by_ids([event.customer_id])
    return customer_body(found[event.customer_id]) if event.customer_id in found else None


async def _active_subscriptions(event: LoggedEvent, runtime: Runtime) -> list[dict[str, Any]]:
    if event.customer_id is None:
        return []
    readers = runtime.readers
    found = await readers.subscriptions.of_customers([event.customer_id], statuses=LIVE)
    subscriptions = found.get(event.customer_id, ())
    plans = await readers.packages.by_ids({s.plan_id for s in subscriptions})
    return [
        {
            "id": subscription.ref_id,
            "startDate": wire_time(subscription.start_date),
            "plan": {
                "id": plans[subscription.plan_id].ref_id,
                "name": plans[subscription.plan_id].display_name,
            }
            if subscription.plan_id in plans
            else None,
        }
        for subscription in subscriptions
    ]


async def _entitlements(event: LoggedEvent, runtime: Runtime) -> Mapping[str, Any]:
    """The features' rows of the changed scope, as they stood at the event; credits tell theirs."""
    news = await entitlements_news(_committed(event), runtime)
    resource = event.resource_id
    return {
        "customer": await _customer(event, runtime),
        "resource": {"id": resource} if resource else None,
        "entitlements": [_entitlement(answer) for answer in news.features] if news else [],
        "eventId": str(event.id),
        "actor": dict(event.actor),
    }


def _entitlement(answer: Answer) -> dict[str, Any]:
    feature, grant = answer.feature, answer.row.grant if answer.row else None
    limit = grant.usage_limit if grant else None
    return {
        "isGranted": answer.is_granted,
        "accessDeniedReason": answer.reason.value if answer.reason else None,
        "feature": {
            "id": feature.ref_id,
            "name": feature.display_name,
            "featureType": feature.feature_type.value,
        }
        if feature
        else None,
        "usageLimit": None if limit is None else float(limit),
        "hasUnlimitedUsage": bool(grant and grant.has_unlimited_usage),
        "hasSoftLimit": bool(grant and grant.has_soft_limit),
    }


def _committed(event: LoggedEvent) -> CommittedEvent:
    return CommittedEvent(
        sequence=event.sequence,
        environment_id=event.environment_id,
        type=event.type,
        entity_id=event.entity_id,
        customer_id=event.customer_id,
        resource_id=event.resource_id,
        data=event.data,
        created_at=event.created_at,
    )
