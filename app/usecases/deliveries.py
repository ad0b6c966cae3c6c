"""Sending webhooks that are due: claim, build the message, POST, record.

At least once, unordered, the same `messageId` on every attempt. Source: spec, platform §7.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import orjson

from app.ports import DeliveryQueue, Post, Runtime
from app.usecases.hooks import headers_of
from app.usecases.webhook_bodies import body_of
from domain.ids import EnvironmentId
from domain.webhooks.events import LoggedEvent
from domain.webhooks.model import (
    Delivery,
    Hook,
    after_attempt,
    envelope,
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
        body=await body_of(delivery.type, hook, event, runtime),
    )
    body = orjson.dumps(message)
    answer = await means.post(hook.endpoint, body, headers_of(body, hook.secret_key))
    await means.queue.record(after_attempt(delivery, answer, now=means.now()))
