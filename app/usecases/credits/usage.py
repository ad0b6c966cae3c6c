"""What a wallet's credits were burned for: by feature, over time, by dimension.

Source: spec, entitlements §9.13.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.ports import Runtime
from app.usecases.credits.reading import scoped
from domain.catalog.model import CustomCurrency, Feature
from domain.credits.enums import CreditUsageTimeRange
from domain.credits.history import Buckets, Series, buckets_of, series_of
from domain.entitlements.model import Scope
from domain.ids import FeatureId
from domain.metering.history import require_group_by


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCreditUsage:
    """A range of what a scope burned; no currency = of every one. `group_by` names dimensions."""

    scope: Scope
    currency_id: str | None = None
    time_range: CreditUsageTimeRange | None = None
    start: datetime | None = None
    end: datetime | None = None
    group_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditUsage:
    """The series, most credits first; `currency` None = they are of several, or there is none."""

    currency: CustomCurrency | None
    buckets: Buckets
    series: tuple[Series, ...]
    features: Mapping[FeatureId, Feature]


async def read_credit_usage(command: ReadCreditUsage, *, runtime: Runtime) -> CreditUsage:
    """What was burned in the range, in one statement.

    Raises InvalidArgumentError (the range, groupBy), CustomerNotFound, CustomerResourceNotFound,
    CustomCurrencyNotFound.
    """
    keys = require_group_by(command.group_by)
    buckets = buckets_of(command.time_range, command.start, command.end, now=runtime.clock())
    customer, currency_id = await scoped(command.scope, command.currency_id, runtime)
    burned = await runtime.readers.credits.burned(
        customer.id, command.scope.resource_key, currency_id, buckets, keys
    )
    features = await runtime.readers.features.by_ids(
        {one.feature_id for one in burned if one.feature_id is not None}
    )
    currency_ids = {currency_id} if currency_id else {one.currency_id for one in burned}
    currencies = await runtime.readers.currencies.by_ids(currency_ids)
    return CreditUsage(
        currency=next(iter(currencies.values())) if len(currencies) == 1 else None,
        buckets=buckets,
        series=series_of(burned, {id: feature.ref_id for id, feature in features.items()}),
        features=features,
    )


async def dimension_names(
    scope: Scope, currency_id: str | None, search: str | None, *, runtime: Runtime
) -> list[str]:
    """The dimensions that credits were burned with, sorted: what `group_by` may name.

    Told by the newest consumptions; `search` is a part of the name, in any case. Raises as
    `read_credit_usage`.
    """
    customer, currency = await scoped(scope, currency_id, runtime)
    names = await runtime.readers.credits.dimension_names(customer.id, scope.resource_key, currency)
    part = (search or "").casefold()
    return sorted(name for name in names if part in name.casefold())
