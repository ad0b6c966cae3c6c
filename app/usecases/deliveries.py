"""Sending webhooks that are due: claim, build the message, POST, record.

At least once, unordered, the same `messageId` on every attempt. Source: spec, platform §7.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from app.ports import DeliveryQueue, Post, Runtime
from app.usecases.hooks import headers_of
from app.usecases.live import entitlements_news, usage_news
from domain.events import CommittedEvent
from domain.ids import EnvironmentId
from domain.metering.reset_periods import presented, usage_anchor
from domain.periods import wire_time
from domain.subscriptions.model import LIVE
from domain.webhooks.enums import EventLogType
from domain.webhooks.events import LoggedEvent
from domain.webhooks.model import (
    Delivery,
    Hook,
    after_attempt,
    crossed_upwards,
    envelope,
    thresholds_of,
)

AT_ONCE = 50

RuntimeAt = Callable[[EnvironmentId, datetime], Awaitable[Runtime | None]]
"""A runtime of the environment at an instant; None when the environment is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """What sending needs."""

    queue: DeliveryQueue
    post: Post
    runtime_at: RuntimeAt
    now: Callable[[], datetime]


Claimed = tuple[Delivery, Hook, LoggedEvent]


async def claim_due(means: Delivering, *, most: int = AT_ONCE) -> list[Claimed]:
    """Take up to `most` due deliveries; whoever takes them attempts them within a minute."""
    return await means.queue.claim(now=means.now(), most=most)


async def deliver_due(means: Delivering) -> int:
    """Make one attempt of each due delivery, up to a bound; how many were made."""
    claimed = await claim_due(means)
    async with asyncio.TaskGroup() as group:
        for one in claimed:
            group.create_task(attempt(means, one))
    return len(claimed)


async def attempt(means: Delivering, claimed: Claimed) -> None:
    """Send one claimed delivery once, and keep what came of it."""
    delivery, hook, event = claimed
    runtime = await means.runtime_at(event.environment_id, event.created_at)
    if runtime is None:
        return
    message = envelope(
        type_=delivery.type,
        message_id=delivery.id,
        trace_id=event.trace_id,
        occurred_at=event.created_at,
        account_id=runtime.environment.account_id,
        environment_id=event.environment_id,
        body=await _body(delivery, hook, event, runtime),
    )
    body = orjson.dumps(message)
    answer = await means.post(hook.endpoint, body, headers_of(body, hook.secret_key))
    await means.queue.record(after_attempt(delivery, answer, now=means.now()))


async def _body(
    delivery: Delivery, hook: Hook, event: LoggedEvent, runtime: Runtime
) -> Mapping[str, Any]:
    """The event's own body; of some types the part that is read or decided when sending."""
    match delivery.type:
        case EventLogType.ENTITLEMENTS_UPDATED:
            return await _entitlements(event, runtime)
        case EventLogType.SUBSCRIPTION_BILLING_MONTH_ENDS_SOON:
            rows = (await _entitlements(event, runtime)).get("entitlements", [])
            return dict(event.data) | {"entitlements": rows}
        case EventLogType.ENTITLEMENT_USAGE_EXCEEDED:
            return await _exceeded(hook, event, runtime)
        case EventLogType.SUBSCRIPTION_SPENT_LIMIT_EXCEEDED:
            body = dict(event.data)
            before, after = body.pop("previousSpendPercentage"), body["currentSpendPercentage"]
            thresholds = thresholds_of(delivery.type, hook.configuration)
            crossed = crossed_upwards(thresholds, before=before, after=after)
            return body | {"thresholdPercentage": crossed}
        case _:
            return event.data


async def _exceeded(hook: Hook, event: LoggedEvent, runtime: Runtime) -> Mapping[str, Any]:
    """The report that passed one of the hook's thresholds, with the entitlement as it stood."""
    body = dict(event.data) | {
        "thresholdPercentage": crossed_upwards(
            thresholds_of(EventLogType.ENTITLEMENT_USAGE_EXCEEDED, hook.configuration),
            before=event.data.get("previousUsageUsedPercentage") or 0,
            after=event.data.get("usageUsedPercentage") or 0,
        ),
        "activeSubscriptions": await _active_subscriptions(event, runtime),
    }
    news = await usage_news(_committed(event), runtime)
    row = news.answer.row if news else None
    if row is None:
        return body
    start, end = presented(row.window) if row.window else (None, None)
    rule = row.grant.reset_rule
    return body | {
        "usagePeriodAnchor": wire_time(
            usage_anchor(row.usage_rule, row.window) if row.window else None
        ),
        "usagePeriodStart": wire_time(start),
        "usagePeriodEnd": wire_time(end),
        "resetPeriod": rule.period.value if rule else None,
        "resetPeriodConfiguration": {"accordingTo": rule.according_to.value}
        if rule and rule.according_to
        else None,
    }


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


async def _entitlements(event: LoggedEvent, runtime: Runtime) -> Mapping[str, Any]:
    """The rows of the first changed scope, as they stood at the event."""
    news = await entitlements_news(_committed(event), runtime)
    if not news:
        return {"customer": None, "resource": None, "entitlements": [], "eventId": str(event.id)}
    first = news[0]
    resource = first.scope.resource_id
    return {
        "customer": {"id": first.scope.customer_ref_id},
        "resource": {"id": resource} if resource else None,
        "entitlements": [
            {
                "isGranted": answer.is_granted,
                "accessDeniedReason": answer.reason.value if answer.reason else None,
                "feature": {
                    "id": answer.feature.ref_id,
                    "name": answer.feature.display_name,
                    "featureType": answer.feature.feature_type.value,
                }
                if answer.feature
                else None,
                "usageLimit": _number(answer.row.grant.usage_limit) if answer.row else None,
                "hasUnlimitedUsage": bool(answer.row and answer.row.grant.has_unlimited_usage),
                "hasSoftLimit": bool(answer.row and answer.row.grant.has_soft_limit),
            }
            for answer in first.answers
        ],
        "eventId": str(event.id),
        "actor": dict(event.actor),
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
