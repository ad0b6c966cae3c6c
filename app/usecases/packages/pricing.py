"""Setting a draft's pricing, whole. Source: spec, catalog §6."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from app.ports import Runtime, UnitOfWork
from app.usecases.packages.entitlements import GivenFeature, add_entitlements
from app.usecases.packages.resolving import (
    features_of,
    require_currencies,
    require_features,
    require_lineage,
)
from domain.catalog.currencies import require_live_currency
from domain.catalog.entitlement_rules import validated_feature_entitlement, with_replaced
from domain.catalog.enums import OverageBillingPeriod, PricingType
from domain.catalog.model import (
    CreditRate,
    CustomCurrency,
    Feature,
    FeatureEntitlement,
    MinimumSpend,
    Package,
    Price,
)
from domain.catalog.packages import with_pricing, without_price
from domain.catalog.price_input import PriceEntry, Pricing, PricingModel
from domain.catalog.price_rules import require_pricing
from domain.catalog.publishing import require_package_editable
from domain.errors import ErrorCode, NotFound
from domain.ids import PriceId, as_uuid


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCreditRate:
    amount: Decimal
    currency_id: str
    cost_formula: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenEntry:
    """A price entry as written; its credit rate names the currency by the caller's id."""

    entry: PriceEntry
    credit_rate: GivenCreditRate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenModel:
    """A charge as written; `entitlement` goes with an overage charge."""

    model: PricingModel
    feature_id: str | None = None
    top_up_currency_id: str | None = None
    entries: tuple[GivenEntry, ...]
    entitlement: GivenFeature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPricing:
    package_id: str
    pricing_type: PricingType
    models: tuple[GivenModel, ...] = ()
    overage_billing_period: OverageBillingPeriod | None = None
    minimum_spend: tuple[MinimumSpend, ...] = ()


async def set_package_pricing(command: SetPricing, *, runtime: Runtime) -> Package:
    """Replace the draft's pricing type, prices, overages and minimum spend, or change nothing."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        package, _ = await require_lineage(work, None, command.package_id)
        require_package_editable(package)
        pricing = await _resolved(work, command)
        require_pricing(pricing)
        # The type first: what entitlements may say depends on it. Old overages end here.
        package = replace(
            package,
            pricing_type=pricing.pricing_type,
            prices=tuple(p for p in package.prices if not p.is_overage),
        )
        given = tuple(m.entitlement for m in command.models if m.entitlement)
        package = await _with_overage_entitlements(work, package, given, runtime=runtime)
        features = await features_of(work, package)
        features |= {m.feature.id: m.feature for m in pricing.models if m.feature}
        package = with_pricing(
            package, pricing, features=features, new_id=runtime.ids.new_uuid, now=now
        )
        await work.packages.save(package)
        await work.commit()
    return package


async def _resolved(work: UnitOfWork, command: SetPricing) -> Pricing:
    features = await require_features(work, [m.feature_id for m in command.models if m.feature_id])
    currencies = await require_currencies(
        work,
        [m.top_up_currency_id for m in command.models if m.top_up_currency_id]
        + [e.credit_rate.currency_id for m in command.models for e in m.entries if e.credit_rate],
    )
    for currency in currencies.values():
        require_live_currency(currency)
    overage_period = command.overage_billing_period
    if overage_period is None and any(m.model.is_overage for m in command.models):
        overage_period = OverageBillingPeriod.ON_SUBSCRIPTION_RENEWAL
    return Pricing(
        pricing_type=command.pricing_type,
        models=tuple(_model(m, features, currencies) for m in command.models),
        overage_billing_period=overage_period,
        minimum_spend=command.minimum_spend,
    )


def _model(
    given: GivenModel, features: dict[str, Feature], currencies: dict[str, CustomCurrency]
) -> PricingModel:
    top_up = currencies[given.top_up_currency_id] if given.top_up_currency_id else None
    return replace(
        given.model,
        feature=features[given.feature_id] if given.feature_id else None,
        top_up_currency_id=top_up.id if top_up else None,
        entries=tuple(
            replace(e.entry, credit_rate=_rate(e.credit_rate, currencies)) for e in given.entries
        ),
    )


def _rate(
    given: GivenCreditRate | None, currencies: dict[str, CustomCurrency]
) -> CreditRate | None:
    if given is None:
        return None
    return CreditRate(
        amount=given.amount,
        currency_id=currencies[given.currency_id].id,
        cost_formula=given.cost_formula,
    )


async def _with_overage_entitlements(
    work: UnitOfWork, package: Package, given: tuple[GivenFeature, ...], *, runtime: Runtime
) -> Package:
    """The draft with the entitlements that come with overage charges: changed, or added."""
    features = await require_features(work, [g.feature_id for g in given])
    own = {e.feature_id: e for e in package.feature_entitlements}
    new: list[GivenFeature] = []
    for one in given:
        feature = features[one.feature_id]
        old = own.get(feature.id)
        if old is None:
            new.append(one)
            continue
        package = with_replaced(package, _changed(package, old, one, feature), now=runtime.clock())
    if not new:
        return package
    # The charges being replaced grant nothing any more.
    bare = replace(package, prices=())
    bare, _ = await add_entitlements(work, bare, tuple(new), runtime=runtime)
    return replace(bare, prices=package.prices)


def _changed(
    package: Package, old: FeatureEntitlement, given: GivenFeature, feature: Feature
) -> FeatureEntitlement:
    wanted = replace(
        FeatureEntitlement(
            id=old.id,
            feature_id=old.feature_id,
            created_at=old.created_at,
            updated_at=package.updated_at,
            order=old.order,
            feature_group_ids=old.feature_group_ids,
        ),
        **{name: value for name, value in given.values.items() if name != "order"},
    )
    return validated_feature_entitlement(wanted, feature=feature, package=package, previous=old)


async def delete_price(price_id: str, *, runtime: Runtime) -> tuple[Package, Price]:
    """The draft without one price row, and what it was. Unknown → PriceNotFound."""
    async with runtime.new_unit_of_work() as work:
        id = as_uuid(price_id)
        package = await work.packages.of_price(PriceId(id)) if id else None
        if package is None:
            raise NotFound(ErrorCode.PriceNotFound, f"Price {price_id} not found")
        price = next(p for p in package.prices if p.id == id)
        package = without_price(package, price.id, now=runtime.clock())
        await work.packages.save(package)
        await work.commit()
    return package, price
