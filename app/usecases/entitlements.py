"""Reading entitlements: a scope from its snapshot, recomputed where it no longer holds.

Warm, a scope costs one statement. A snapshot that time or a change has overtaken is resolved
anew and kept in the same call; a window without a counter is folded from the log once; a wallet
in which a grant has begun or ended meanwhile is settled.
Source: spec, entitlements §2, §3, §13.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from app.ports import PackageSource, Runtime, UnitOfWork
from app.usecases.counting import fold_missing
from app.usecases.credits.wallets import settle_wallets
from domain.catalog.model import Feature, Package
from domain.customers.model import Customer, PromotionalEntitlement
from domain.entitlements.check import (
    check,
    check_currency,
    denied_until,
    require_request,
    standing,
    unknown,
)
from domain.entitlements.enums import EntitlementsStateAccessDeniedReason as StateReason
from domain.entitlements.model import (
    Answer,
    CreditAnswer,
    EntitlementRow,
    HeldCredits,
    Request,
    Scope,
    ScopeAnswers,
    ScopeRead,
    ScopeView,
    Snapshot,
    Usage,
)
from domain.entitlements.resolution import (
    Facts,
    is_in_scope,
    resolve,
    stamped,
    stamped_terms,
)
from domain.errors import ErrorCode, not_found
from domain.ids import CustomerId, FeatureId, PackageId, ResourceId
from domain.metering.model import Bucket
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import LIVE, Subscription

log = logging.getLogger("plangate.entitlements")
_RESOLVED = LIVE | {SubscriptionStatus.NOT_STARTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEntitlement:
    """One check; ids are the caller's."""

    scope: Scope
    feature_ref_id: str
    request: Request = field(default_factory=Request)


async def check_entitlement(command: CheckEntitlement, *, runtime: Runtime) -> Answer:
    """Whether the customer may use the feature: never an error, a denial has a reason."""
    request = require_request(command.request.usage, command.request.values)
    view = await view_scope(command.scope, runtime=runtime, feature_ref_id=command.feature_ref_id)
    return answer(view, command.feature_ref_id, request)


async def credit_check(
    scope: Scope, currency_id: str, request: Request, *, runtime: Runtime
) -> CreditAnswer:
    """Whether the customer may spend credits: never an error, a denial has a reason (§3)."""
    request = require_request(request.usage, request.values)
    view = await view_scope(scope, runtime=runtime, currency_id=currency_id)
    return check_currency(view, currency_id, request)


def answer(view: ScopeView, feature_ref_id: str, request: Request) -> Answer:
    """The check of one feature against a scope that was read."""
    row = view.rows.get(feature_ref_id)
    return check(
        scope_reason=view.reason,
        feature=view.feature,
        is_resource_known=view.is_resource_known,
        row=row,
        usage=view.usages.get(feature_ref_id),
        request=request,
        credit=standing(view, row) if row else None,
    )


async def list_entitlements(scope: Scope, *, runtime: Runtime) -> ScopeAnswers:
    """The scope's rows evaluated without options: features, then credits (§2.6)."""
    view = await view_scope(scope, runtime=runtime)
    return ScopeAnswers(
        view=view,
        features=tuple(_of_row(view, ref_id) for ref_id in sorted(view.rows)),
        credits=tuple(
            check_currency(view, held.currency.currency_id, Request()) for held in view.credits
        ),
    )


def _of_row(view: ScopeView, ref_id: str) -> Answer:
    """One row of a list: if it fails unexpectedly it is Unknown, and the others stand (§3)."""
    try:
        return answer(view, ref_id, Request())
    except Exception:
        log.exception("the entitlement to %s failed", ref_id)
        return unknown(view.rows[ref_id])


# --- upkeep -------------------------------------------------------------------------------------


async def purge(scope: Scope, *, runtime: Runtime) -> None:
    """Forget what is kept of the scope and resolve it anew at once."""
    customer = await live_customer(scope.customer_ref_id, runtime)
    async with runtime.new_unit_of_work() as work:
        await work.snapshots.invalidate(customer.id, scope.resource_id)
        await work.commit()
    await view_scope(scope, runtime=runtime)


async def live_customer(ref_id: str, runtime: Runtime) -> Customer:
    """The customer by the caller's id. Raises CustomerNotFound, also when archived."""
    found = (await runtime.readers.customers.by_ref_ids([ref_id])).get(ref_id)
    if found is None or found.deleted_at is not None:
        raise not_found(ErrorCode.CustomerNotFound, "Customer", ref_id, refId=ref_id)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMade:
    """A check that a client made on its own cache; `result` as the client reports it."""

    scope: Scope
    feature_ref_id: str
    requested_usage: Decimal | None
    result: Mapping[str, object]


async def log_check(command: CheckMade, *, runtime: Runtime) -> None:
    """Keep a check that a client made on its own."""
    async with runtime.new_unit_of_work() as work:
        await work.snapshots.log_check(
            id=runtime.ids.new_uuid(),
            customer_id=command.scope.customer_ref_id,
            resource_id=command.scope.resource_id,
            feature_id=command.feature_ref_id,
            requested_usage=command.requested_usage,
            result=command.result,
            created_at=runtime.clock(),
        )
        await work.commit()


# --- reading a scope ------------------------------------------------------------------------


async def view_scope(
    scope: Scope,
    *,
    runtime: Runtime,
    feature_ref_id: str | None = None,
    currency_id: str | None = None,
) -> ScopeView:
    """The scope as it stands now; with a feature its row alone, with a currency its wallet."""
    now = runtime.clock()
    read = await runtime.readers.entitlements.scope(scope, feature_ref_id, currency_id=currency_id)
    if read.customer_id is None:
        return _view(scope, read, StateReason.CustomerNotFound)
    if read.is_archived:
        return _view(scope, read, StateReason.CustomerIsArchived)
    if scope.resource_id is not None and read.resource_uuid is None:
        return _view(scope, read, StateReason.NoActiveSubscription)
    snapshot = await _current(scope, read, runtime, now)
    is_recomputed = snapshot is not read.snapshot
    usages = {} if is_recomputed else read.usages
    rows = snapshot.rows if currency_id is None else {}
    if feature_ref_id is not None:
        rows = {key: row for key, row in rows.items() if key == feature_ref_id}
    if any(row.window is not None and key not in usages for key, row in rows.items()):
        usages = await read_usages(runtime, scope, read.customer_id, rows)
    again = partial(
        runtime.readers.entitlements.scope, scope, feature_ref_id, currency_id=currency_id
    )
    credits = read.credits
    if is_recomputed and any(row.credit_rate for row in rows.values()):
        # The wallet that pays for a feature was not known before its row was.
        credits = (await again()).credits
    credits = await _settled(credits, again, runtime)
    feature = read.feature
    if feature is None and feature_ref_id is not None and feature_ref_id not in rows:
        found = await runtime.readers.features.by_ref_ids([feature_ref_id])
        feature = found.get(feature_ref_id)
    return ScopeView(
        scope=scope,
        customer_id=read.customer_id,
        is_resource_known=True,
        reason=snapshot.reason,
        rows=rows,
        usages=usages,
        credits=credits,
        credit_terms=snapshot.credit_terms,
        feature=feature,
        currency=read.currency,
    )


async def rows_of(
    scope: Scope, *, runtime: Runtime
) -> tuple[CustomerId | None, Mapping[str, EntitlementRow]]:
    """The customer and the scope's rows as they stand now, without their usage and wallets.

    Of an unknown or archived customer, and of an unknown resource, there are none.
    """
    read = await runtime.readers.entitlements.scope(scope)
    is_unknown = scope.resource_id is not None and read.resource_uuid is None
    if read.customer_id is None or read.is_archived or is_unknown:
        return read.customer_id, {}
    snapshot = await _current(scope, read, runtime, runtime.clock())
    return read.customer_id, snapshot.rows


async def _current(scope: Scope, read: ScopeRead, runtime: Runtime, now: datetime) -> Snapshot:
    """The snapshot that was read, resolved anew where it no longer holds."""
    assert read.customer_id is not None
    if read.snapshot is not None and read.is_current(now):
        return read.snapshot
    facts = await gather_facts(runtime, read.customer_id, read.resource_uuid)
    return await _recompute(runtime, scope, read, facts, now)


async def _settled(
    credits: tuple[HeldCredits, ...], again: Callable[[], Awaitable[ScopeRead]], runtime: Runtime
) -> tuple[HeldCredits, ...]:
    """The wallets as they stand now: a grant begins and ends at its instant, worker or not."""
    now = runtime.clock()
    stale = [held.wallet.key for held in credits if not held.wallet.is_current(now)]
    if not stale:
        return credits
    await settle_wallets(stale, runtime=runtime)
    return (await again()).credits


def _view(scope: Scope, read: ScopeRead, reason: StateReason) -> ScopeView:
    return ScopeView(
        scope=scope,
        customer_id=read.customer_id,
        is_resource_known=scope.resource_id is None or read.resource_uuid is not None,
        reason=reason,
        rows={},
        usages={},
        feature=read.feature,
        currency=read.currency,
    )


async def _recompute(
    runtime: Runtime, scope: Scope, read: ScopeRead, facts: Facts, now: datetime
) -> Snapshot:
    """Resolve the scope anew and keep it under the version that was read before the facts."""
    assert read.customer_id is not None
    before: Mapping[str, EntitlementRow] = {}
    if read.snapshot is not None:
        before = await runtime.readers.entitlements.all_rows(read.customer_id, scope.resource_key)
    resolution = resolve(facts, now)
    rows = await _with_currencies(resolution.rows, runtime)
    snapshot = Snapshot(
        customer_id=read.customer_id,
        resource_id=scope.resource_key,
        reason=resolution.reason,
        rows=stamped(rows, before, now),
        credit_terms=stamped_terms(
            resolution.credit_terms,
            read.snapshot.credit_terms if read.snapshot else None,
            now,
        ),
        valid_until=resolution.valid_until,
        version=read.version,
        computed_at=now,
    )
    async with runtime.new_unit_of_work() as work:
        await work.snapshots.save(snapshot)
        await _expect_resets(work, snapshot, scope)
        await work.commit()
    return snapshot


async def _expect_resets(work: UnitOfWork, snapshot: Snapshot, scope: Scope) -> None:
    """See to it that a limit which a change put below what was used is looked at again."""
    limited = {
        (bucket_of(snapshot.customer_id, scope, row.feature), row.window): row
        for row in snapshot.rows.values()
        if row.window is not None and denied_until(row, row.window, Decimal("Infinity")) is not None
    }
    if limited:
        found = await work.usage.usages(limited)
        ends = {key: denied_until(limited[key], key[1], usage.raw) for key, usage in found.items()}
        await work.usage.expect_resets((key[0], end) for key, end in ends.items() if end)


async def _with_currencies(
    rows: Mapping[str, EntitlementRow], runtime: Runtime
) -> Mapping[str, EntitlementRow]:
    """The rows, credit-backed ones with the caller's id of their currency."""
    ids = {row.credit_rate.currency_id for row in rows.values() if row.credit_rate}
    if not ids:
        return rows
    found = await runtime.readers.currencies.by_ids(ids)
    return {
        ref_id: replace(row, credit_currency_id=found[row.credit_rate.currency_id].currency_id)
        if row.credit_rate and row.credit_rate.currency_id in found
        else row
        for ref_id, row in rows.items()
    }


async def gather_facts(
    runtime: Runtime, customer_id: CustomerId, resource_uuid: ResourceId | None
) -> Facts:
    """All that resolution reads, in a fixed number of statements."""
    readers = runtime.readers
    found = await readers.subscriptions.of_customers([customer_id], statuses=_RESOLVED)
    subscriptions = tuple(
        subscription
        for subscription in found.get(customer_id, ())
        if is_in_scope(subscription, resource_uuid)
    )
    promotional = await readers.entitlements.promotional_of(customer_id)
    packages = await _packages(readers.packages, subscriptions)
    features = await readers.features.by_ids(
        feature_ids(subscriptions, packages.values(), promotional)
    )
    return Facts(
        subscriptions=subscriptions,
        packages=packages,
        features=features,
        promotional=promotional,
        resource_id=resource_uuid,
    )


async def _packages(
    source: PackageSource, subscriptions: Iterable[Subscription]
) -> dict[PackageId, Package]:
    plan_ids = {subscription.plan_id for subscription in subscriptions}
    addon_ids = {addon.addon_id for s in subscriptions for addon in s.addons}
    plans = await source.with_ancestors(plan_ids) if plan_ids else {}
    addons = await source.by_ids(addon_ids) if addon_ids else {}
    return {**plans, **addons}


def feature_ids(
    subscriptions: Iterable[Subscription],
    packages: Iterable[Package],
    promotional: Iterable[PromotionalEntitlement],
) -> set[FeatureId]:
    """Every feature that some source may give."""
    ids = {grant.feature_id for grant in promotional}
    ids |= {e.feature_id for package in packages for e in package.feature_entitlements}
    for subscription in subscriptions:
        ids |= {s.price.feature_id for s in subscription.prices if s.price.feature_id}
        ids |= {e.feature_id for e in subscription.entitlements if e.feature_id}
    return ids


# --- usage of rows --------------------------------------------------------------------------


async def read_usages(
    runtime: Runtime, scope: Scope, customer_id: CustomerId, rows: Mapping[str, EntitlementRow]
) -> dict[str, Usage]:
    """The usage of the rows' windows; a window without a counter is folded and kept."""
    windows = {
        ref_id: (bucket_of(customer_id, scope, row.feature), row.window)
        for ref_id, row in rows.items()
        if row.window is not None
    }
    async with runtime.new_unit_of_work() as work:
        found = await work.usage.usages(windows.values())
        missing = [(b, w) for b, w in windows.values() if (b, w) not in found]
        if missing:
            features = {row.feature.id: row.feature for row in rows.values()}
            found |= await fold_missing(work, missing, features, scope)
            await work.commit()
    return {ref_id: found[window] for ref_id, window in windows.items()}


def bucket_of(customer_id: CustomerId, scope: Scope, feature: Feature) -> Bucket:
    """The scope's bucket of a feature: the exact resource, even under a global winner (§4)."""
    return Bucket(customer_id=customer_id, resource_id=scope.resource_key, feature_id=feature.id)
