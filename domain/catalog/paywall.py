"""What a pricing page shows: which plans, in which order, at which starting prices.

Source: spec, catalog §8 (and §6, localization).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    Currency,
    PricingType,
    ProductStatus,
    WidgetType,
)
from domain.catalog.inheritance import ancestors_of
from domain.catalog.model import Package, Price, Product
from domain.catalog.pricing.charge import localized, price_sort_key, priced_periods
from domain.catalog.pricing.starting_price import StartingPrice, monthly_equivalent, starting_price
from domain.catalog.publishing import countries_of
from domain.errors import Conflict, ErrorCode
from domain.ids import FeatureId, PackageId, ProductId

_SYMBOLS = {
    Currency.USD: "$",
    Currency.EUR: "€",
    Currency.GBP: "£",
    Currency.JPY: "¥",
    Currency.INR: "₹",
    Currency.ILS: "₪",
    Currency.KRW: "₩",
    Currency.VND: "₫",
}
_RANK = {PricingType.FREE: 0, PricingType.PAID: 1, PricingType.CUSTOM: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceView:
    """Whose prices are shown: those of `country`, else the defaults; or all countries'."""

    country: str | None = None
    all_countries: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """A plan's starting price in one billing period and country, major units."""

    plan_ref_id: str
    billing_period: BillingPeriod
    billing_country_code: str | None
    amount: Decimal
    currency: Currency
    feature_id: FeatureId | None
    additional_charges_may_apply: bool


def currency_symbol(currency: Currency) -> str:
    """`$` for USD and its like; the code where no symbol is agreed."""
    return _SYMBOLS.get(currency, currency.value)


def choose_product(
    products: Iterable[Product], *, with_published_plan: Collection[ProductId]
) -> Product:
    """The product of a paywall that names none.

    The default one if it has a published plan, else the oldest with one, else the default;
    `products` oldest first. Raises NoProductsAvailable without a published product.
    """
    live = [p for p in products if p.status is ProductStatus.PUBLISHED]
    if not live:
        raise Conflict(ErrorCode.NoProductsAvailable, "no product is published")
    default = [p for p in live if p.is_default_product]
    for product in [*default, *live]:
        if product.id in with_published_plan:
            return product
    return (default or live)[0]


def visible_plans(plans: Iterable[Package], context: WidgetType) -> list[Package]:
    """Those not hidden from the widget."""
    return [p for p in plans if context not in p.hidden_from_widgets]


def country_for(plan: Package, country: str | None) -> str | None:
    """`country` if the plan is localized for it, else None = the default entries."""
    return country if country is not None and country in countries_of(plan) else None


def with_prices_for(package: Package, view: PriceView) -> Package:
    """The package with the prices that `view` shows, in the order of price lists."""
    if view.all_countries:
        return replace(package, prices=tuple(sorted(package.prices, key=price_sort_key)))
    chosen = (
        *localized(package.charges, view.country),
        *localized(package.overage_prices, view.country),
    )
    return replace(package, prices=tuple(sorted(chosen, key=price_sort_key)))


def paywall_key(
    country: str | None, *, plans: Mapping[PackageId, Package]
) -> Callable[[Package], tuple[object, ...]]:
    """The order of plans: FREE, PAID by monthly-equivalent starting price, CUSTOM.

    Ties, and CUSTOM: parents first, then the older lineage, then refId. `plans` holds all plans
    that may be base plans.
    """

    def key(plan: Package) -> tuple[object, ...]:
        type_ = plan.pricing_type or PricingType.FREE
        price = Decimal(0)
        if type_ is PricingType.PAID:
            price = monthly_equivalent(plan.charges, country_for(plan, country)) or Decimal(0)
        depth = len(ancestors_of(plan, plans))
        return (_RANK[type_], price, depth, plan.first_created_at, plan.ref_id)

    return key


def paywall_order(plans: Sequence[Package], country: str | None = None) -> list[Package]:
    """The plans as a pricing page lists them. Source: spec, catalog §8 (order)."""
    return sorted(plans, key=paywall_key(country, plans={p.id: p for p in plans}))


def price_points(plans: Iterable[Package], view: PriceView) -> list[PricePoint]:
    """One for each PAID plan × period (× country, if all are shown).

    Of prices as stored, not yet reduced to the view's country.
    """
    found: list[PricePoint] = []
    for plan in plans:
        if plan.pricing_type is not PricingType.PAID:
            continue
        countries: list[str | None] = [country_for(plan, view.country)]
        if view.all_countries:
            countries = [None, *sorted(countries_of(plan))]
        for country in countries:
            found += _points_of(plan, country)
    return found


def _points_of(plan: Package, country: str | None) -> list[PricePoint]:
    prices = localized(plan.charges, country)
    found: list[PricePoint] = []
    for period in priced_periods(prices):
        start = starting_price(prices, period, country)
        if start is None:
            continue
        found.append(
            PricePoint(
                plan_ref_id=plan.ref_id,
                billing_period=period,
                billing_country_code=country,
                amount=start.amount,
                currency=start.charges[0].currency,
                feature_id=_sole_feature(start),
                additional_charges_may_apply=_more_may_apply(plan, prices, start),
            )
        )
    return found


def _sole_feature(start: StartingPrice) -> FeatureId | None:
    """The feature that the amount is for: of one PER_UNIT charge, or one USAGE_BASED, alone."""
    return start.charges[0].feature_id if len(start.charges) == 1 else None


def _more_may_apply(plan: Package, prices: Iterable[Price], start: StartingPrice) -> bool:
    """Whether usage, overage or a minimum spend comes on top of the amount."""
    shown = {charge.id for charge in start.charges}
    usage = any(
        p.billing_model is BillingModel.USAGE_BASED
        and p.billing_period is start.billing_period
        and p.id not in shown
        for p in prices
    )
    overage = any(p.billing_period is start.billing_period for p in plan.overage_prices)
    minimum = any(
        s.billing_period is start.billing_period and s.minimum.amount > 0
        for s in plan.minimum_spend
    )
    return usage or overage or minimum


def shown_currency(plans: Iterable[Package]) -> Currency:
    """The currency of the resolved prices (default entries first); USD without any."""
    prices = [p for plan in plans for p in plan.prices if p.billing_model in _MONEY]
    for price in sorted(prices, key=lambda p: p.billing_country_code is not None):
        return price.currency
    return Currency.USD


_MONEY = frozenset({BillingModel.FLAT_FEE, BillingModel.PER_UNIT, BillingModel.USAGE_BASED})
