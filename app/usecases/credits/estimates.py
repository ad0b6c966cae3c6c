"""What a report or an event would cost: the same prices, and nothing is burned.

Source: spec, entitlements §9.12.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from app.ports import Runtime
from app.usecases.credits.burning import cost_of_usage
from app.usecases.credits.scope import customer_in
from app.usecases.entitlements import bucket_of, view_scope
from app.usecases.usage import require_dimensions
from domain.catalog.enums import BillingModel
from domain.catalog.model import Feature
from domain.credits.cost import units_of_change, units_of_event
from domain.credits.enums import EstimationRequestWarning as Warning_
from domain.credits.enums import EstimationWarningCode
from domain.credits.estimates import Estimation, Item, by_currency, is_unsupported
from domain.credits.model import ZERO
from domain.entitlements.model import EntitlementRow, Scope, ScopeView
from domain.entitlements.resolution import is_counted
from domain.ids import CustomerId, FeatureId
from domain.metering.aggregation import distinct_text, matches
from domain.metering.counter import require_value
from domain.metering.enums import UsageUpdateBehavior
from domain.metering.model import Dimensions, UsageEvent
from domain.subscriptions.model import LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateUsage:
    """A report that nobody makes; `value` in raw units, `dimensions` any JSON."""

    scope: Scope
    feature_ref_id: str
    value: Decimal
    behavior: UsageUpdateBehavior = UsageUpdateBehavior.DELTA
    dimensions: object = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateEvent:
    """An event that nobody sends, of now; `dimensions` any JSON."""

    scope: Scope
    event_name: str
    dimensions: object = field(default_factory=dict)


async def estimate_usage(command: EstimateUsage, *, runtime: Runtime) -> Estimation:
    """What the report would burn; a feature that burns nothing is a warning, no error.

    Raises CustomerNotFound, CustomerResourceNotFound, UsageMeasurementDiffOutOfRangeError and
    InvalidArgumentError (the dimensions).
    """
    value = require_value(command.value, command.behavior)
    dimensions = require_dimensions(command.dimensions)
    customer = await customer_in(runtime.readers, command.scope)
    ref_id = command.feature_ref_id
    view = await view_scope(command.scope, runtime=runtime, feature_ref_id=ref_id)
    row = view.rows.get(ref_id)
    named = row.feature if row else view.feature
    if named is None:
        return Estimation(estimates=(), warnings=(Warning_.FEATURE_NOT_FOUND,))
    id = named.id
    rows = [row] if row and _burns(row) else []
    units = value
    if command.behavior is UsageUpdateBehavior.SET:
        usage = view.usages.get(ref_id)
        units = units_of_change(usage.raw if usage else ZERO, value)
    items = [_item(row, max(units, ZERO), dimensions) for row in rows]
    warnings = [] if rows else [Warning_.FEATURE_NOT_CREDIT_BASED]
    warnings += await _of_resources(
        command.scope, customer.id, lambda feature: feature.id == id, runtime
    )
    return _estimation(view, items, warnings)


async def estimate_event(command: EstimateEvent, *, runtime: Runtime) -> Estimation:
    """What the event would burn of each feature whose meter counts it.

    No meter counts it: FEATURE_NOT_FOUND; none that burns: FEATURE_NOT_CREDIT_BASED. Raises
    CustomerNotFound, CustomerResourceNotFound and InvalidArgumentError (the dimensions).
    """
    event = UsageEvent(
        id=runtime.ids.new_uuid(),
        customer_id=command.scope.customer_ref_id,
        resource_id=command.scope.resource_id,
        event_name=command.event_name,
        idempotency_key="",
        timestamp=runtime.clock(),
        dimensions=require_dimensions(command.dimensions),
    )

    def counts(feature: Feature) -> bool:
        return feature.meter is not None and matches(feature.meter.filters, event)

    customer = await customer_in(runtime.readers, command.scope)
    view = await view_scope(command.scope, runtime=runtime)
    rows = [row for row in view.rows.values() if _burns(row) and counts(row.feature)]
    seen = await _seen(view, rows, event, runtime)
    items = [_item(row, _units(row, event, seen), event.dimensions) for row in rows]
    warnings: list[Warning_] = []
    if not rows:
        features = await runtime.readers.features.with_meters()
        is_known = any(counts(feature) for feature in features)
        warnings.append(
            Warning_.FEATURE_NOT_CREDIT_BASED if is_known else Warning_.FEATURE_NOT_FOUND
        )
    warnings += await _of_resources(command.scope, customer.id, counts, runtime)
    return _estimation(view, items, warnings)


def _burns(row: EntitlementRow) -> bool:
    return row.grant.is_granted and row.credit_rate is not None


def _item(row: EntitlementRow, units: Decimal, dimensions: Dimensions) -> Item:
    """What the feature would burn; of no units nothing, as when they are reported."""
    rate, currency_id = row.credit_rate, row.credit_currency_id
    assert rate is not None
    assert currency_id is not None, "resolved with its rate"
    cost, warning = ZERO, None
    if is_unsupported(rate, row.feature.meter):
        warning = EstimationWarningCode.UNSUPPORTED_AGGREGATION
    elif units:
        cost = cost_of_usage(rate, units=units, dimensions=dimensions)
    return Item(
        feature_ref_id=row.feature.ref_id, currency_id=currency_id, cost=cost, warning=warning
    )


def _units(row: EntitlementRow, event: UsageEvent, seen: Collection[FeatureId]) -> Decimal:
    """The units of the event; by a formula it always is one, of UNIQUE on first sight only."""
    meter, rate = row.feature.meter, row.credit_rate
    assert meter is not None
    assert rate is not None
    if rate.cost_formula is not None:
        return Decimal(1)
    units = units_of_event(meter, event)
    if units is not None:
        return units
    is_new = distinct_text(meter.field, event) is not None and row.feature.id not in seen
    return Decimal(is_new)


async def _seen(
    view: ScopeView, rows: Iterable[EntitlementRow], event: UsageEvent, runtime: Runtime
) -> set[FeatureId]:
    """The features whose live window has seen the event's text; reading the scope counted it."""
    asked = [
        (bucket_of(view.customer_id, view.scope, row.feature), row.window, text)
        for row in rows
        if view.customer_id is not None
        and row.window is not None
        and row.feature.meter is not None
        and (text := distinct_text(row.feature.meter.field, event)) is not None
    ]
    if not asked:
        return set()
    async with runtime.new_unit_of_work() as work:
        return {
            bucket.feature_id
            for bucket, window, text in asked
            if await work.events.has_text(bucket, window, text)
        }


async def _of_resources(
    scope: Scope, customer_id: CustomerId, is_meant: Callable[[Feature], bool], runtime: Runtime
) -> list[Warning_]:
    """Without a resource: whether a subscription of some resource pays for what is meant."""
    if scope.resource_id is not None:
        return []
    found = await runtime.readers.subscriptions.of_customers([customer_id], statuses=LIVE)
    now = runtime.clock()
    ids = {
        sold.price.feature_id
        for subscription in found.get(customer_id, ())
        if subscription.resource_id is not None and is_counted(subscription, now)
        for sold in subscription.prices
        if sold.price.billing_model is BillingModel.CREDIT_BASED
        and sold.price.credit_rate is not None
        and sold.price.feature_id is not None
    }
    features = await runtime.readers.features.by_ids(ids) if ids else {}
    is_paid = any(is_meant(feature) for feature in features.values())
    return [Warning_.RESOURCE_SCOPED_SUBSCRIPTION_EXISTS] if is_paid else []


def _estimation(view: ScopeView, items: Iterable[Item], warnings: Iterable[Warning_]) -> Estimation:
    balances = {held.currency.currency_id: held.wallet.balance for held in view.credits}
    return Estimation(estimates=by_currency(items, balances), warnings=tuple(warnings))
