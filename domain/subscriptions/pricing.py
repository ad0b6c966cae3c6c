"""Which price rows are sold, and how many units of each.

Source: spec, subscriptions §4 and catalog §6 (localization).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from domain.catalog.enums import BillingModel, BillingPeriod, Currency, PricingType
from domain.catalog.model import Package, Price
from domain.catalog.pricing.charge import MONEY_MODELS, localized, priced_periods
from domain.errors import ErrorCode, InvalidInput, NotFound, invalid_argument, not_found
from domain.ids import CurrencyId, FeatureId
from domain.subscriptions.enums import ChargeType
from domain.subscriptions.facts import ContentFacts
from domain.subscriptions.model import (
    SubscriptionPrice,
)
from domain.subscriptions.request import (
    ContentRequest,
)

UNIT_QUANTITY_MAX = 999_999
_NOT_GIVEN = Decimal(-1)

ChargeKey = FeatureId | CurrencyId
PriceRows = tuple[tuple[str | None, Price], ...]


def choose_period(
    plan: Package, request: ContentRequest, *, is_trial: bool = False
) -> BillingPeriod | None:
    """The billing period sold.

    One priced period -> that; several -> asked for, else BillingPeriodMissingError (a trial and
    a predefined plan take MONTHLY); PAID and not priced -> PriceNotFound. FREE and CUSTOM keep
    whatever is given.
    """
    asked = request.billing_period
    if plan.pricing_type is not PricingType.PAID:
        return asked
    priced = priced_periods(localized(plan.charges, request.billing_country_code))
    if asked is not None:
        if asked not in priced:
            raise NotFound(
                ErrorCode.PriceNotFound,
                f"Plan {plan.ref_id} has no {asked} price",
                planRefId=plan.ref_id,
                billingPeriod=asked.value,
            )
        return asked
    if not priced:
        raise NotFound(
            ErrorCode.PriceNotFound, f"Plan {plan.ref_id} has no price", planRefId=plan.ref_id
        )
    if len(priced) == 1 or is_trial or request.minimum_quantities:
        return priced[0]
    raise InvalidInput(
        ErrorCode.BillingPeriodMissingError,
        f"Plan {plan.ref_id} is sold by several billing periods: choose one",
        planRefId=plan.ref_id,
    )


def sold_country(plan: Package, country: str | None) -> str | None:
    """The country whose prices apply: the plan decides, its add-ons follow."""
    if country is None:
        return None
    known = any(price.billing_country_code == country for price in plan.prices)
    return country if known or not plan.charges else None


def sold_prices(
    plan: Package,
    addons: Mapping[str, Package],
    *,
    period: BillingPeriod | None,
    country: str | None,
) -> PriceRows:
    """The price rows of the plan (None) and of each add-on by ref_id, overage rows included."""
    rows: list[tuple[str | None, Price]] = [
        (None, price) for price in _in_period(plan, period=period, country=country)
    ]
    for _, addon in sorted(addons.items()):
        rows.extend(addon_prices(addon, period=period, country=country))
    return tuple(rows)


def addon_prices(addon: Package, *, period: BillingPeriod | None, country: str | None) -> PriceRows:
    """An add-on's rows; sold by money but not in this period raises PriceNotFound."""
    found = _in_period(addon, period=period, country=country)
    costs = any(price.billing_model in MONEY_MODELS for price in addon.charges)
    if costs and not any(price.billing_model in MONEY_MODELS for price in found):
        raise NotFound(
            ErrorCode.PriceNotFound,
            f"Add-on {addon.ref_id} has no {period} price",
            addonRefId=addon.ref_id,
        )
    return tuple((addon.ref_id, price) for price in found)


def _in_period(
    package: Package, *, period: BillingPeriod | None, country: str | None
) -> tuple[Price, ...]:
    """Rows of the period; credit rates, which cost no money, of any period when it has none."""
    listed = localized(package.prices, country)
    chosen = tuple(price for price in listed if price.billing_period is period)
    if chosen:
        return chosen
    others = priced_periods(listed)
    if period is None and others:
        return tuple(price for price in listed if price.billing_period is others[0])
    free = tuple(price for price in listed if price.billing_model is BillingModel.CREDIT_BASED)
    first = min((price.billing_period for price in free), default=None, key=lambda p: p.value)
    return tuple(price for price in free if price.billing_period is first)


def currency_of(prices: Iterable[SubscriptionPrice]) -> Currency | None:
    """The one currency of the sold prices; None when nothing is priced."""
    for sold in prices:
        if sold.price.billing_model in MONEY_MODELS:
            return sold.price.currency
    return None


def charge_key(price: Price) -> ChargeKey | None:
    """What a charge is for: its feature or its top-up currency; None for a flat fee."""
    return price.feature_id or price.top_up_currency_id


# --- quantities -------------------------------------------------------------------------------


def unit_quantities(
    rows: PriceRows,
    request: ContentRequest,
    facts: ContentFacts,
    *,
    kept: Mapping[ChargeKey, Decimal],
) -> dict[ChargeKey, Decimal]:
    """The committed quantity of each PER_UNIT charge: asked for, else `kept`.

    Raises InvalidQuantity, PriceNotFound for what is not priced, InvalidArgumentError for
    conflicting numbers.
    """
    asked = requested_quantities(rows, request, facts)
    quantities: dict[ChargeKey, Decimal] = {}
    for _, price in rows:
        key = charge_key(price)
        if price.billing_model is not BillingModel.PER_UNIT or key is None:
            continue
        quantity = asked.get(key, kept.get(key))
        if quantity is None and request.minimum_quantities:
            quantity = Decimal(price.min_unit_quantity or 1)
        quantities[key] = require_quantity(quantity, price)
    return quantities


def requested_quantities(
    rows: Iterable[tuple[str | None, Price]], request: ContentRequest, facts: ContentFacts
) -> dict[ChargeKey, Decimal]:
    """The quantities asked for, from charges, billableFeatures and the legacy unitQuantity."""
    per_unit = [
        (addon_ref_id, price)
        for addon_ref_id, price in rows
        if price.billing_model is BillingModel.PER_UNIT
    ]
    sold_keys = {charge_key(price) for _, price in per_unit}
    asked: dict[ChargeKey, Decimal] = {}
    for wanted in request.quantities:
        key = charge_id(wanted.id, wanted.type, facts)
        if key not in sold_keys:
            raise _not_priced(wanted.id)
        if asked.setdefault(key, wanted.quantity) != wanted.quantity:
            raise invalid_argument(f"Conflicting quantities of {wanted.id}", id=wanted.id)
    if request.unit_quantity is not None and request.unit_quantity != _NOT_GIVEN:
        if not sold_keys:
            raise _not_priced("unitQuantity")
        if len(sold_keys) > 1:
            raise invalid_argument("unitQuantity needs exactly one per-unit price; use charges")
        (only,) = sold_keys
        assert only is not None
        if asked.setdefault(only, request.unit_quantity) != request.unit_quantity:
            raise invalid_argument("unitQuantity conflicts with charges")
    return asked


def charge_id(name: str, kind: ChargeType, facts: ContentFacts) -> ChargeKey:
    """What a quantity is of, by the caller's name. Raises CustomCurrencyNotFound or as unpriced."""
    if kind is ChargeType.CREDIT:
        if name not in facts.currencies:
            raise not_found(ErrorCode.CustomCurrencyNotFound, "Custom currency", name)
        return facts.currencies[name]
    if name not in facts.features:  # what the environment does not have, nothing here prices
        raise _not_priced(name)
    return facts.features[name]


def feature_id_of(name: str, facts: ContentFacts) -> FeatureId:
    """The feature of that name. Raises FeatureNotFound."""
    if name not in facts.features:
        raise not_found(ErrorCode.FeatureNotFound, "Feature", name, refId=name)
    return facts.features[name]


def _not_priced(name: str) -> NotFound:
    return NotFound(ErrorCode.PriceNotFound, f"{name} has no per-unit price here", id=name)


def require_quantity(quantity: Decimal | None, price: Price) -> Decimal:
    """A whole number within the charge's bounds, else InvalidQuantity."""
    least = price.min_unit_quantity or 1
    most = price.max_unit_quantity or UNIT_QUANTITY_MAX
    if quantity is None:
        raise InvalidInput(ErrorCode.InvalidQuantity, "A per-unit charge needs its quantity")
    if quantity != quantity.to_integral_value() or not least <= quantity <= most:
        raise InvalidInput(
            ErrorCode.InvalidQuantity,
            f"Quantity must be a whole number from {least} to {most}",
            quantity=float(quantity),
            minUnitQuantity=least,
            maxUnitQuantity=most,
        )
    return quantity


def kept_quantities(prices: Iterable[SubscriptionPrice]) -> dict[ChargeKey, Decimal]:
    """The committed quantities of sold prices, by what they count."""
    kept: dict[ChargeKey, Decimal] = {}
    for sold in prices:
        key = charge_key(sold.price)
        if sold.quantity is not None and key is not None:
            kept[key] = sold.quantity
    return kept
