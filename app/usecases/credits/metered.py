"""Burning the credits of raw events, as they are counted.

A meter that aggregates tells of one event only with its window: that is folded where it has no
counter. Which meters burn is read from the snapshots of the events' scopes, within the transaction
that counts; a snapshot that no longer holds is resolved outside of it, since whoever resolves
takes the locks that the counting holds.
Source: spec, entitlements §6, §9.1, §9.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.ports import CountedUsage, EventCounting, Runtime, UnitOfWork
from app.usecases.credits.burning import cost_of_usage, open_burner
from app.usecases.entitlements import bucket_of, rows_of
from domain.credits.cost import units_of_change, units_of_event
from domain.credits.model import ZERO, Usage, WalletKey
from domain.entitlements.model import EntitlementRow, Scope, ScopeRead
from domain.ids import CustomerId
from domain.metering.aggregation import matches
from domain.metering.model import Bucket, UsageEvent
from domain.metering.reset_periods import window_at
from domain.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A scope's event meters that burn credits."""

    customer_id: CustomerId
    rows: tuple[EntitlementRow, ...]


Payers = Mapping[Scope, Payer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burning:
    """An event that burns: `window` None = it alone tells what."""

    event: UsageEvent
    row: EntitlementRow
    bucket: Bucket
    window: Period | None


async def payers_of(
    work: UnitOfWork,
    counting: EventCounting,
    events: Iterable[UsageEvent],
    known: Payers,
    *,
    now: datetime,
) -> tuple[Payers, tuple[Scope, ...]]:
    """The events' scopes that credits pay for something in, and those to be resolved first.

    `known` were resolved for this call. Where no customer has such a price, no statement.
    """
    scopes = {
        Scope(customer_ref_id=event.customer_id, resource_id=event.resource_id)
        for event in events
        if event.customer_id in counting.credit_customers
    }
    asked = scopes - known.keys()
    if not asked:
        return known, ()
    found = await work.promotional.credit_rows(asked)
    payers = dict(known)
    unresolved = []
    for scope, read in found.items():
        if read.is_archived or (scope.resource_id is not None and read.resource_uuid is None):
            continue
        if read.is_current(now):
            payers[scope] = _payer(read)
        else:
            unresolved.append(scope)
    return payers, tuple(unresolved)


def _payer(read: ScopeRead) -> Payer:
    assert read.customer_id is not None
    assert read.snapshot is not None
    return Payer(customer_id=read.customer_id, rows=_burning(read.snapshot.rows.values()))


def _burning(rows: Iterable[EntitlementRow]) -> tuple[EntitlementRow, ...]:
    return tuple(
        row
        for row in rows
        if row.credit_rate is not None and row.feature.meter is not None and row.grant.is_granted
    )


async def resolved_payer(scope: Scope, *, runtime: Runtime) -> Payer:
    """The known customer's scope resolved anew, outside of any transaction."""
    customer_id, rows = await rows_of(scope, runtime=runtime)
    assert customer_id is not None, "customers are archived, never gone"
    return Payer(customer_id=customer_id, rows=_burning(rows.values()))


async def open_burning(
    counting: EventCounting, events: Iterable[UsageEvent], payers: Payers
) -> list[Burning]:
    """What burns of the events, in their order; the windows that must tell have counters now."""
    burning = []
    for event in events:
        scope = Scope(customer_ref_id=event.customer_id, resource_id=event.resource_id)
        payer = payers.get(scope)
        for row in payer.rows if payer else ():
            meter, rate = row.feature.meter, row.credit_rate
            assert payer is not None
            assert meter is not None
            assert rate is not None
            if not matches(meter.filters, event):
                continue
            bucket = bucket_of(payer.customer_id, scope, row.feature)
            window = None
            if rate.cost_formula is None and units_of_event(meter, event) is None:
                window = window_at(row.usage_rule, event.timestamp)
                if not counting.has(bucket, window):
                    await counting.open(event.customer_id, bucket, window, row)
            burning.append(Burning(event=event, row=row, bucket=bucket, window=window))
    return burning


async def burn_events(
    work: UnitOfWork,
    burning: Sequence[Burning],
    counted: Iterable[CountedUsage],
    *,
    runtime: Runtime,
    now: datetime,
) -> None:
    """Burn what the events cost, in their order; nothing that costs = no statement.

    Late events burn now, like all others.
    """
    grown = _grown(counted) if any(one.window for one in burning) else {}
    due: list[tuple[WalletKey, Decimal, Usage]] = []
    for one in burning:
        cost = _cost(one, grown)
        if cost:
            assert one.row.credit_rate is not None
            currency = one.row.credit_rate.currency_id
            key = WalletKey(one.bucket.customer_id, one.bucket.resource_id, currency)
            usage = Usage(
                feature_id=one.row.feature.id,
                event_id=str(one.event.id),
                dimensions=one.event.dimensions,
            )
            due.append((key, cost, usage))
    burner = await open_burner(work, (key for key, _, _ in due), runtime=runtime, now=now)
    for key, cost, usage in due:
        burner.burn(key, cost, usage)
    await burner.close(work)


Grown = Mapping[tuple[Bucket, Period, object], Decimal]


def _grown(counted: Iterable[CountedUsage]) -> Grown:
    """By how much each event raised the value of each window that holds it."""
    grown: dict[tuple[Bucket, Period, object], Decimal] = {}
    for window in counted:
        before = window.before
        for event, after in window.values:
            grown[window.bucket, window.window, event.id] = units_of_change(before, after)
            before = after
    return grown


def _cost(one: Burning, grown: Grown) -> Decimal:
    rate, meter = one.row.credit_rate, one.row.feature.meter
    assert rate is not None
    assert meter is not None
    if one.window is not None:
        units = grown[one.bucket, one.window, one.event.id]
    else:
        units = units_of_event(meter, one.event) or ZERO
    return cost_of_usage(rate, units=units, dimensions=one.event.dimensions)
