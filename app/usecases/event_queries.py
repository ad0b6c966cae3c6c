"""Looking into raw events: a preview, the fields they carry, and aggregates by customer.

Nothing here is kept: the stored events are read, a bounded number at a time.
Source: spec, entitlements §9.15 (further read roots).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.ports import Runtime
from domain.catalog.enums import AggregationFunction
from domain.catalog.model import Meter, MeterFilter
from domain.errors import ErrorCode, invalid_argument, not_found
from domain.metering.aggregation import matches
from domain.metering.history import RunningTally
from domain.metering.model import UsageEvent

PREVIEW_MAX = 100
PREVIEW_SCAN_MAX = 20_000
FIELDS_DEFAULT = 100
OWN_FIELDS = ("customerId", "eventName", "resourceId")


async def preview_events(
    customer_id: str | None, filters: Sequence[MeterFilter], *, runtime: Runtime
) -> list[UsageEvent]:
    """The newest matching events, at most a hundred of the newest 20,000."""
    found: list[UsageEvent] = []
    scanned = 0
    async with runtime.new_unit_of_work() as work:
        async for chunk in work.events.scan(customer_id=customer_id, newest_first=True):
            found += [event for event in chunk if matches(filters, event)]
            scanned += len(chunk)
            if len(found) >= PREVIEW_MAX or scanned >= PREVIEW_SCAN_MAX:
                break
    return found[:PREVIEW_MAX]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFields:
    """Which events' fields are asked for; with a feature those of its meter."""

    customer_id: str | None = None
    resource_id: str | None = None
    feature_id: str | None = None
    filters: tuple[MeterFilter, ...] = ()
    search: str | None = None
    limit: int | None = None


async def event_fields(command: ListFields, *, runtime: Runtime) -> list[str]:
    """The names that conditions may use, sorted: the events' own and their dimensions'.

    Told by the newest 20,000 events; `search` is a part of the name, in any case.
    """
    if command.limit is not None and command.limit < 1:
        raise invalid_argument("limit must be 1 or more")
    filters = command.filters
    if command.feature_id is not None:
        feature = await runtime.readers.features.by_any_id(command.feature_id)
        if feature is None:
            ref_id = command.feature_id
            raise not_found(ErrorCode.FeatureNotFound, "Feature", ref_id, refId=ref_id)
        filters = feature.meter.filters if feature.meter else ()
    names, scanned = set(OWN_FIELDS), 0
    async with runtime.new_unit_of_work() as work:
        async for chunk in work.events.scan(
            customer_id=command.customer_id, resource_id=command.resource_id, newest_first=True
        ):
            names.update(n for e in chunk if matches(filters, e) for n in e.dimensions)
            scanned += len(chunk)
            if scanned >= PREVIEW_SCAN_MAX:
                break
    part = (command.search or "").casefold()
    found = sorted(name for name in names if part in name.casefold())
    return found[: command.limit or FIELDS_DEFAULT]


async def aggregate_by_customer(
    meter: Meter, customer_id: str | None, *, runtime: Runtime
) -> list[tuple[str, Decimal]]:
    """What the aggregation gives for each customer over all stored events, the most first.

    Raises InvalidArgumentError for an aggregation without the field that it needs.
    """
    if meter.function is not AggregationFunction.COUNT and not meter.field:
        raise invalid_argument(f"{meter.function.value} needs a field")
    tallies: dict[str, RunningTally] = {}
    async with runtime.new_unit_of_work() as work:
        async for chunk in work.events.scan(customer_id=customer_id):
            for event in chunk:
                if matches(meter.filters, event):
                    tallies.setdefault(event.customer_id, RunningTally(meter)).apply(event)
    values = [(customer, tally.value) for customer, tally in tallies.items()]
    return sorted(values, key=lambda pair: (-pair[1], pair[0]))
