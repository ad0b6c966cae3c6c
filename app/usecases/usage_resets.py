"""Windows of usage that end by the clock alone, and grant again what usage in them denied.

Counts need no job: a window begins at 0. But nobody would tell the subscribers. A report that
uses up a hard limit, or a change that puts the limit below what was used, leaves a due row at the
window's end; customers within their limits cost nothing. Source: spec, entitlements §10.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from app.ports import Runtime
from app.usecases.entitlements import answer, read_usages, view_scope
from domain.entitlements.check import denied_until
from domain.entitlements.model import Request, Scope
from domain.events import Event
from domain.metering.model import Bucket
from domain.metering.reset_periods import window_at

DUE_BATCH = 100
RESET = "reset"
"""In the data of ENTITLEMENTS_UPDATED: which feature's usage began anew in the scope."""
_MOMENT = timedelta(milliseconds=1)
"""Instants are whole milliseconds: the last one of a window."""


async def next_reset(runtime: Runtime) -> datetime | None:
    """When the next window ends that somebody is to be told of."""
    async with runtime.new_unit_of_work() as work:
        return await work.usage.next_reset()


async def run_due_resets(runtime: Runtime, until: datetime) -> int:
    """Tell of the resets by `until` that grant a denied feature again; how many were told."""
    told = 0
    while True:
        async with runtime.new_unit_of_work() as work:
            due = await work.usage.resets_due(until, limit=DUE_BATCH)
        for bucket, due_at in due:
            told += await _look_at(replace(runtime, clock=partial(_stood, due_at)), bucket, due_at)
        if len(due) < DUE_BATCH:
            return told


def _stood(instant: datetime) -> datetime:
    return instant


async def _look_at(runtime: Runtime, bucket: Bucket, due_at: datetime) -> bool:
    event = await _news(runtime, bucket, due_at)
    async with runtime.new_unit_of_work() as work:
        # Whoever deletes the row tells: once, however many processes looked.
        is_mine = await work.usage.forget_reset(bucket, due_at)
        if is_mine and event is not None:
            work.publish(event)
        await work.commit()
    return is_mine and event is not None


async def _news(runtime: Runtime, bucket: Bucket, due_at: datetime) -> Event | None:
    """What is told of a window's end; None where it changed nothing."""
    readers = runtime.readers
    customer = (await readers.customers.by_ids([bucket.customer_id])).get(bucket.customer_id)
    feature = (await readers.features.by_ids([bucket.feature_id])).get(bucket.feature_id)
    if customer is None or feature is None:
        return None
    scope = Scope(customer_ref_id=customer.ref_id, resource_id=bucket.resource_id or None)
    view = await view_scope(scope, runtime=runtime, feature_ref_id=feature.ref_id)
    row = view.rows.get(feature.ref_id)
    if row is None or not answer(view, feature.ref_id, Request()).is_granted:
        return None
    before = window_at(row.usage_rule, due_at - _MOMENT)
    ended = {feature.ref_id: replace(row, window=before)}
    usages = await read_usages(runtime, scope, bucket.customer_id, ended)
    if denied_until(row, before, usages[feature.ref_id].raw) != due_at:
        return None
    return Event(
        type="ENTITLEMENTS_UPDATED",
        entity_type="ENTITLEMENT",
        entity_id=customer.id,
        customer_id=customer.id,
        resource_id=scope.resource_id,
        data={RESET: {"feature": {"id": feature.ref_id}}},
        occurred_at=due_at,
    )
