"""Reporting usage: one transaction a call, of one report or up to a hundred.

Facts are read first (each scope from its snapshot); under the buckets' locks every report is
applied in input order to all counters whose window holds it, and logged. Usage that credits pay for
burns them in the same transaction. Any bad report fails the call. Source: spec, entitlements §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from app.ports import Runtime, UnitOfWork
from app.usecases.budgets import refresh_budgets
from app.usecases.credits.burning import Burned, Burner, cost_of_usage, open_burner
from app.usecases.entitlements import bucket_of, view_scope
from app.usecases.usage_news import UsageChange, expected_reset, usage_events
from domain.catalog.model import Feature
from domain.credits.cost import units_of_change
from domain.credits.model import ZERO, Usage, WalletKey
from domain.entitlements.enums import EntitlementsStateAccessDeniedReason as StateReason
from domain.entitlements.model import EntitlementRow, Scope, ScopeView, divisor, is_metered
from domain.errors import (
    Conflict,
    DomainError,
    ErrorCode,
    InvalidInput,
    NotFound,
    at_index,
    invalid_argument,
    not_found,
)
from domain.metering.counter import Counter, applied, require_total, require_value
from domain.metering.enums import UsageUpdateBehavior
from domain.metering.events import (
    ID_LENGTH_MAX,
    canonical_dimensions,
    dimensions_fault,
    is_storable,
)
from domain.metering.model import Bucket, Dimensions, LoggedMeasurement, Measurement, Repeat
from domain.metering.reset_periods import BEGINNING, presented, window_at
from domain.periods import Period

BULK_MAX = 100
AHEAD_MAX = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUsage:
    """One report; ids are the caller's, `value` in raw units, `created_at` None = now.

    `dimensions` may be any JSON until they are validated.
    """

    scope: Scope
    feature_ref_id: str
    value: Decimal
    behavior: UsageUpdateBehavior = UsageUpdateBehavior.DELTA
    created_at: datetime | None = None
    idempotency_key: str | None = None
    dimensions: object = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report made: `window` holds the measurement, `usage` is that window's total.

    `usage` is in presented units; `next_reset` ends the live window. `credit` is the wallet after
    the report, of credit-backed features only.
    """

    id: UUID
    command: ReportUsage
    timestamp: datetime
    value: Decimal
    window: Period
    usage: Decimal
    next_reset: datetime | None
    credit: Burned | None = None
    credit_currency_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A report that passed validation, with what it counts in."""

    command: ReportUsage
    bucket: Bucket
    row: EntitlementRow
    timestamp: datetime
    window: Period
    value: Decimal
    dimensions: Dimensions

    @property
    def wallet(self) -> WalletKey | None:
        """The wallet that pays for it; None = credits do not."""
        rate = self.row.credit_rate
        if rate is None:
            return None
        return WalletKey(self.bucket.customer_id, self.bucket.resource_id, rate.currency_id)


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """The state of a call while its reports are applied one after another."""

    counters: dict[tuple[Bucket, Period], Counter]
    repeats: dict[tuple[Bucket, str], Repeat]
    burner: Burner
    changed: set[tuple[Bucket, Period]] = field(default_factory=set)
    unwritten: list[LoggedMeasurement] = field(default_factory=list)
    remembered: dict[tuple[Bucket, str], Repeat] = field(default_factory=dict)
    folded: set[tuple[Bucket, Period]] = field(default_factory=set)
    resets: set[tuple[Bucket, datetime]] = field(default_factory=set)


async def report_usage(command: ReportUsage, *, runtime: Runtime) -> Reported:
    """Count one report. Raises the errors of spec, entitlements §5, in their order."""
    return (await _report([command], runtime=runtime, is_bulk=False))[0]


async def report_usage_bulk(commands: Sequence[ReportUsage], *, runtime: Runtime) -> list[Reported]:
    """Count up to 100 reports in input order, all or none; an error tells its `index`."""
    if not 1 <= len(commands) <= BULK_MAX:
        raise invalid_argument(f"usages must hold 1-{BULK_MAX} reports")
    return await _report(commands, runtime=runtime, is_bulk=True)


async def _report(
    commands: Sequence[ReportUsage], *, runtime: Runtime, is_bulk: bool
) -> list[Reported]:
    now = runtime.clock()
    views = await _views(commands, runtime)
    prepared = []
    for index, command in enumerate(commands):
        try:
            prepared.append(_prepare(command, views[command.scope], now=now))
        except DomainError as error:
            raise at_index(index, error) if is_bulk else error from None
    async with runtime.new_unit_of_work() as work:
        ledger = await _open(work, prepared, runtime, now)
        results = []
        for index, report in enumerate(prepared):
            try:
                results.append(await _apply(work, ledger, report, runtime, now))
            except DomainError as error:
                raise at_index(index, error) if is_bulk else error from None
        await _close(work, ledger, now)
        await work.commit()
    for customer in sorted(
        {r.command.scope.customer_ref_id for r in prepared if r.row.is_budgeted}
    ):
        await refresh_budgets(customer, runtime=runtime)
    return results


async def forget_keys(runtime: Runtime) -> None:
    """Drop what is kept to recognise repeats, 30 days after it was of use."""
    async with runtime.new_unit_of_work() as work:
        await work.usage.forget_keys(now=runtime.clock())
        await work.credits.forget_keys(now=runtime.clock())
        await work.commit()


# --- validation -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """A scope and, of features that it has no row of, what they are."""

    scope: ScopeView
    features: Mapping[str, Feature]


async def _views(commands: Sequence[ReportUsage], runtime: Runtime) -> dict[Scope, _View]:
    """Each scope read once: the one feature's row where a single one is reported."""
    asked: dict[Scope, set[str]] = {}
    for command in commands:
        asked.setdefault(command.scope, set()).add(command.feature_ref_id)
    views: dict[Scope, _View] = {}
    for scope, ref_ids in asked.items():
        if len(ref_ids) == 1:
            (only,) = ref_ids
            view = await view_scope(scope, runtime=runtime, feature_ref_id=only)
            features = {only: view.feature} if view.feature else {}
        else:
            view = await view_scope(scope, runtime=runtime)
            missing = ref_ids - view.rows.keys()
            features = await runtime.readers.features.by_ref_ids(missing) if missing else {}
        views[scope] = _View(scope=view, features=features)
    return views


def _prepare(command: ReportUsage, found: _View, *, now: datetime) -> _Prepared:
    view = found.scope
    row = require_entitled(view, command.feature_ref_id, found.features.get(command.feature_ref_id))
    value = require_value(command.value, command.behavior)
    timestamp = command.created_at or now
    if timestamp > now + AHEAD_MAX:
        raise invalid_argument("createdAt is more than 5 minutes ahead")
    if timestamp < BEGINNING:
        raise invalid_argument(f"createdAt must not lie before {BEGINNING:%Y-%m-%d}")
    dimensions = require_dimensions(command.dimensions)
    key = command.idempotency_key
    if key is not None and not (is_storable(key) and len(key) <= ID_LENGTH_MAX):
        raise invalid_argument(f"idempotencyKey must have at most {ID_LENGTH_MAX} characters")
    assert view.customer_id is not None
    return _Prepared(
        command=command,
        bucket=bucket_of(view.customer_id, command.scope, row.feature),
        row=row,
        timestamp=timestamp,
        window=window_at(row.usage_rule, timestamp),
        value=value,
        dimensions=dimensions,
    )


def require_entitled(
    view: ScopeView, feature_ref_id: str, feature: Feature | None
) -> EntitlementRow:
    """The granted row that usage may be reported for, or the first documented refusal."""
    customer = view.scope.customer_ref_id
    if view.reason in (StateReason.CustomerNotFound, StateReason.CustomerIsArchived):
        raise not_found(ErrorCode.CustomerNotFound, "Customer", customer, refId=customer)
    row = view.rows.get(feature_ref_id)
    feature = row.feature if row else feature
    if feature is None:
        raise not_found(ErrorCode.FeatureNotFound, "Feature", feature_ref_id, refId=feature_ref_id)
    _require_reported(feature)
    if not view.is_resource_known:
        resource = view.scope.resource_id or ""
        raise not_found(ErrorCode.CustomerResourceNotFound, "Resource", resource)
    if view.reason is not None:
        raise NotFound(
            ErrorCode.NoActiveSubscriptionForCustomer,
            f"Customer {customer} has no active subscription",
            customerRefId=customer,
        )
    if row is None or not row.grant.is_granted:
        raise Conflict(
            ErrorCode.NoFeatureEntitlementInSubscription,
            f"Customer {customer} is not entitled to feature {feature_ref_id}",
        )
    return row


def _require_reported(feature: Feature) -> None:
    """Only usage meters take reports; event meters count raw events."""
    if not is_metered(feature):
        raise InvalidInput(
            ErrorCode.MeteringNotAvailableForFeatureType,
            f"Feature {feature.ref_id} is not metered",
            featureType=feature.feature_type.value,
        )
    if feature.meter is not None:
        raise InvalidInput(
            ErrorCode.CannotReportUsageForEntitlementWithMeterError,
            f"Feature {feature.ref_id} is metered by events",
        )


def require_dimensions(dimensions: object) -> Dimensions:
    """Dimensions as they are kept, or InvalidArgumentError."""
    fault = dimensions_fault(dimensions)
    if fault is not None:
        raise invalid_argument(fault)
    return canonical_dimensions(dimensions)


# --- applying -------------------------------------------------------------------------------


async def _open(
    work: UnitOfWork, prepared: Sequence[_Prepared], runtime: Runtime, now: datetime
) -> _Ledger:
    """Lock the buckets, then the wallets, and read what both hold and what was reported before."""
    buckets = [report.bucket for report in prepared]
    await work.usage.lock(buckets)
    keys = [
        (report.bucket, report.command.idempotency_key)
        for report in prepared
        if report.command.idempotency_key is not None
    ]
    instants = [report.timestamp for report in prepared]
    wallets = [report.wallet for report in prepared if report.wallet is not None]
    return _Ledger(
        burner=await open_burner(work, wallets, runtime=runtime, now=now),
        repeats=await work.usage.repeats(keys, now=now),
        counters=await work.usage.counters(buckets, first=min(instants), last=max(instants)),
    )


async def _apply(
    work: UnitOfWork, ledger: _Ledger, report: _Prepared, runtime: Runtime, now: datetime
) -> Reported:
    key = report.command.idempotency_key
    repeat = ledger.repeats.get((report.bucket, key)) if key is not None else None
    if repeat is not None:
        return await _repeated(work, ledger, report, repeat, now)
    own = await _counter(work, ledger, report.bucket, report.window)
    measurement = Measurement(
        id=runtime.ids.new_uuid(),
        timestamp=report.timestamp,
        value=report.value,
        behavior=report.command.behavior,
        dimensions=report.dimensions,
    )
    ledger.unwritten.append(
        LoggedMeasurement(bucket=report.bucket, measurement=measurement, reported_at=now)
    )
    for bucket, window in list(ledger.counters):
        if bucket == report.bucket and report.timestamp in window:
            await _count(work, ledger, bucket, window, measurement)
    after = require_total(ledger.counters[report.bucket, report.window])
    made = Repeat(
        measurement_id=measurement.id, timestamp=report.timestamp, value=measurement.value
    )
    if key is not None:
        ledger.remembered[report.bucket, key] = ledger.repeats[report.bucket, key] = made
    change = UsageChange(
        id=measurement.id,
        customer_id=report.bucket.customer_id,
        customer_ref_id=report.command.scope.customer_ref_id,
        resource_id=report.command.scope.resource_id,
        feature=report.row.feature,
        row=report.row,
        window=report.window,
        before=own.total,
        after=after.total,
        change=measurement.value,
    )
    for event in usage_events(change, now):
        work.publish(event)
    reset_at = expected_reset(change, now)
    if reset_at is not None:
        ledger.resets.add((report.bucket, reset_at))
    units = units_of_change(own.total, after.total)
    credit = _burned(ledger, report, units, event_id=str(measurement.id))
    return _reported(report, made, report.window, after, credit, now)


def _burned(ledger: _Ledger, report: _Prepared, units: Decimal, *, event_id: str) -> Burned | None:
    """Burn what `units` more of the window's total cost: nothing for none, formula or not.

    So a negative delta and a lower total give nothing back, and a report that changes no total,
    since a later SET covers it, was paid for with that.
    """
    rate, wallet = report.row.credit_rate, report.wallet
    if rate is None or wallet is None:
        return None
    cost = ZERO
    if units:
        cost = cost_of_usage(rate, units=units, dimensions=report.dimensions)
    usage = Usage(feature_id=report.row.feature.id, event_id=event_id, dimensions=report.dimensions)
    return ledger.burner.burn(wallet, cost, usage)


async def _counter(work: UnitOfWork, ledger: _Ledger, bucket: Bucket, window: Period) -> Counter:
    """The window's counter, folded from the log where none is kept."""
    counter = ledger.counters.get((bucket, window))
    if counter is None:
        await _write(work, ledger)
        counter = await work.usage.folded(bucket, window)
        ledger.counters[bucket, window] = counter
        ledger.folded.add((bucket, window))
    return counter


async def _count(
    work: UnitOfWork, ledger: _Ledger, bucket: Bucket, window: Period, measurement: Measurement
) -> None:
    counter = applied(ledger.counters[bucket, window], measurement)
    if counter is None:
        await _write(work, ledger)
        counter = await work.usage.folded(bucket, window)
    ledger.counters[bucket, window] = counter
    ledger.changed.add((bucket, window))


async def _repeated(
    work: UnitOfWork, ledger: _Ledger, report: _Prepared, repeat: Repeat, now: datetime
) -> Reported:
    """The answer to a repeat: the first report's id, its window and wallet as they stand."""
    window = window_at(report.row.usage_rule, repeat.timestamp)
    counter = ledger.counters.get((report.bucket, window))
    if counter is None:
        await _write(work, ledger)
        counter = await work.usage.folded(report.bucket, window)
    credit = _burned(ledger, report, ZERO, event_id=str(repeat.measurement_id))
    return _reported(report, repeat, window, counter, credit, now)


def _reported(
    report: _Prepared,
    made: Repeat,
    window: Period,
    counter: Counter,
    credit: Burned | None,
    now: datetime,
) -> Reported:
    return Reported(
        id=made.measurement_id,
        command=report.command,
        timestamp=made.timestamp,
        value=made.value,
        window=window,
        usage=counter.total / divisor(report.row.feature),
        next_reset=presented(window_at(report.row.usage_rule, now))[1],
        credit=credit,
        credit_currency_id=report.row.credit_currency_id,
    )


async def _write(work: UnitOfWork, ledger: _Ledger) -> None:
    """Bring the log up to date, so that a fold sees the reports of this call."""
    await work.usage.append(ledger.unwritten)
    ledger.unwritten.clear()


async def _close(work: UnitOfWork, ledger: _Ledger, now: datetime) -> None:
    await _write(work, ledger)
    changed = {key: ledger.counters[key] for key in ledger.changed}
    await work.usage.save_counters(changed, now=now)
    await work.usage.remember(ledger.remembered, now=now)
    await work.usage.expect_resets(ledger.resets)
    await ledger.burner.close(work)
