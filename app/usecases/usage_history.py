"""Usage over time, read from the logs. Source: spec, entitlements §7."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from app.ports import Runtime, UnitOfWork
from app.usecases.entitlements import bucket_of, view_scope
from domain.catalog.model import Feature, ResetRule
from domain.entitlements.enums import EntitlementsStateAccessDeniedReason as StateReason
from domain.entitlements.model import Scope, ScopeView, divisor, is_metered
from domain.errors import ErrorCode, InvalidInput, not_found
from domain.metering.aggregation import matches
from domain.metering.history import (
    Frame,
    Marker,
    Recorder,
    RunningTally,
    RunningTotal,
    Series,
    ordered,
    presented,
    require_group_by,
    require_range,
    tags_of,
)
from domain.metering.model import Bucket
from domain.metering.reset_periods import UsageRule, window_at
from domain.periods import Period

Logged = TypeVar("Logged")
Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHistory:
    """A range of one feature's usage; `group_by` names dimensions."""

    scope: Scope
    feature_ref_id: str
    start: datetime
    end: datetime | None = None
    group_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a history shows; without `is_subscribed` no markers."""

    end: datetime
    series: tuple[Series, ...]
    markers: tuple[Marker, ...]
    is_subscribed: bool


async def read_history(
    command: ReadHistory, *, runtime: Runtime, include_inactive: bool
) -> History:
    """The history under the effective entitlement's windows.

    Without a counted subscription it is empty, unless `include_inactive`.
    """
    now = runtime.clock()
    end = require_range(command.start, command.end, now)
    view = await view_scope(command.scope, runtime=runtime, feature_ref_id=command.feature_ref_id)
    feature = require_metered(view, command.feature_ref_id)
    row = view.rows.get(command.feature_ref_id)
    is_subscribed = view.reason is None
    if not is_subscribed and not include_inactive:
        return History(end=end, series=(), markers=(), is_subscribed=False)
    rule = row.usage_rule if row else UsageRule(reset_rule=None, anchor=command.start)
    return await _record(command, view, feature, rule, end, runtime)


async def read_history_by_rule(
    command: ReadHistory, rule: ResetRule | None, *, runtime: Runtime
) -> History:
    """The history under a reset rule of the caller's; None = no periodic resets."""
    now = runtime.clock()
    end = require_range(command.start, command.end, now)
    view = await view_scope(command.scope, runtime=runtime, feature_ref_id=command.feature_ref_id)
    feature = require_metered(view, command.feature_ref_id)
    row = view.rows.get(command.feature_ref_id)
    anchor = row.anchor if row else command.start
    cutoffs = row.usage_rule.cutoffs if row and rule else ()
    usage_rule = UsageRule(reset_rule=rule, anchor=anchor, cutoffs=cutoffs)
    return await _record(command, view, feature, usage_rule, end, runtime)


def require_metered(view: ScopeView, feature_ref_id: str) -> Feature:
    """The metered feature of a known customer (and resource), or the documented error."""
    customer = view.scope.customer_ref_id
    if view.reason in (StateReason.CustomerNotFound, StateReason.CustomerIsArchived):
        raise not_found(ErrorCode.CustomerNotFound, "Customer", customer, refId=customer)
    row = view.rows.get(feature_ref_id)
    feature = row.feature if row else view.feature
    if feature is None:
        raise not_found(ErrorCode.FeatureNotFound, "Feature", feature_ref_id, refId=feature_ref_id)
    if not is_metered(feature):
        raise InvalidInput(
            ErrorCode.MeteringNotAvailableForFeatureType,
            f"Feature {feature_ref_id} is not metered",
            featureType=feature.feature_type.value,
        )
    if not view.is_resource_known:
        resource = view.scope.resource_id or ""
        raise not_found(ErrorCode.CustomerResourceNotFound, "Resource", resource)
    return feature


async def _record(
    command: ReadHistory,
    view: ScopeView,
    feature: Feature,
    rule: UsageRule,
    end: datetime,
    runtime: Runtime,
) -> History:
    keys = require_group_by(command.group_by)
    frame = Frame.of(rule, command.start, end, now=runtime.clock())
    read = Period(window_at(rule, command.start).start, frame.until)
    assert view.customer_id is not None
    bucket = bucket_of(view.customer_id, command.scope, feature)
    async with runtime.new_unit_of_work() as work:
        if feature.meter is None:
            recorders = await _of_reports(work, bucket, read, frame, keys)
        else:
            recorders = await _of_events(work, command.scope, read, frame, keys, feature)
    series = ordered([recorder.series(tags) for tags, recorder in recorders.items()])
    is_subscribed = view.reason is None
    return History(
        end=end,
        series=tuple(presented(each, divisor(feature)) for each in series),
        markers=frame.markers if is_subscribed else (),
        is_subscribed=is_subscribed,
    )


async def _of_reports(
    work: UnitOfWork, bucket: Bucket, read: Period, frame: Frame, keys: tuple[str, ...]
) -> dict[Tags, Recorder]:
    recorders: dict[Tags, tuple[Recorder, RunningTotal]] = {}

    def recorder(tags: Tags) -> tuple[Recorder, RunningTotal]:
        if tags not in recorders:
            running = RunningTotal()
            recorders[tags] = (Recorder(frame=frame, running=running), running)
        return recorders[tags]

    if not keys:
        recorder(())
    async for measurement in _each(work.usage.chunks(bucket, read)):
        recording, running = recorder(tags_of(measurement.dimensions, keys))
        recording.before(measurement.timestamp)
        running.apply(measurement)
        recording.after(measurement.timestamp)
    return {tags: recording for tags, (recording, _) in recorders.items()}


async def _of_events(
    work: UnitOfWork,
    scope: Scope,
    read: Period,
    frame: Frame,
    keys: tuple[str, ...],
    feature: Feature,
) -> dict[Tags, Recorder]:
    assert feature.meter is not None
    meter = feature.meter
    recorders: dict[Tags, tuple[Recorder, RunningTally]] = {}

    def recorder(tags: Tags) -> tuple[Recorder, RunningTally]:
        if tags not in recorders:
            running = RunningTally(meter)
            recorders[tags] = (Recorder(frame=frame, running=running), running)
        return recorders[tags]

    if not keys:
        recorder(())
    chunks = work.events.chunks(scope.customer_ref_id, scope.resource_key, read)
    async for event in _each(chunks):
        if matches(meter.filters, event):
            recording, running = recorder(tags_of(event.dimensions, keys))
            recording.before(event.timestamp)
            running.apply(event)
            recording.after(event.timestamp)
    return {tags: recording for tags, (recording, _) in recorders.items()}


async def _each(chunks: AsyncIterator[list[Logged]]) -> AsyncIterator[Logged]:
    async for chunk in chunks:
        for entry in chunk:
            yield entry
