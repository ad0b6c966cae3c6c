"""Which mathematics a price row asks for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from domain.catalog.enums import BillingModel, BillingPeriod
from domain.catalog.model import Price
from domain.catalog.pricing.flat_fee import flat_fee_total
from domain.catalog.pricing.per_unit import per_unit_total
from domain.catalog.pricing.tiers import tiers_total

IN_ADVANCE = frozenset({BillingModel.FLAT_FEE, BillingModel.PER_UNIT})
MONEY_MODELS = IN_ADVANCE | {BillingModel.USAGE_BASED}

# The order in which the contract's billing models are listed (spec, catalog §6).
MODEL_ORDER = {
    BillingModel.FLAT_FEE: 0,
    BillingModel.PER_UNIT: 1,
    BillingModel.USAGE_BASED: 2,
    BillingModel.CREDIT_BASED: 3,
    BillingModel.MINIMUM_SPEND: 4,
}


def charge_total(price: Price, quantity: Decimal) -> Decimal:
    """What `quantity` units of `price` cost, unrounded, in the price's currency.

    FLAT_FEE ignores no quantity: pass 1 (a plan) or the add-on's. CREDIT_BASED costs no money.
    """
    if price.billing_model is BillingModel.CREDIT_BASED:
        return Decimal(0)
    if price.tiers:
        assert price.tiers_mode is not None
        return tiers_total(price.tiers, price.tiers_mode, quantity)
    assert price.amount is not None, "a money price has an amount or tiers"
    if price.feature_id is None and price.top_up_currency_id is None:
        return flat_fee_total(price.amount, quantity=quantity)
    return per_unit_total(price.amount, quantity, block_size=price.block_size)


def localized(prices: Iterable[Price], country: str | None) -> tuple[Price, ...]:
    """All charges of `country` if the charges are localized for it, else all defaults.

    Never mixed: a country on one charge is on all (spec, catalog §6, localization).
    """
    listed = tuple(prices)
    if country is not None and any(p.billing_country_code == country for p in listed):
        # Credit rates cost no money, so they have no country and hold everywhere.
        return tuple(
            p
            for p in listed
            if p.billing_country_code == country
            or (p.billing_country_code is None and p.billing_model not in MONEY_MODELS)
        )
    return tuple(p for p in listed if p.billing_country_code is None)


def priced_periods(prices: Iterable[Price]) -> tuple[BillingPeriod, ...]:
    """The billing periods that have a money price, MONTHLY first."""
    found = {p.billing_period for p in prices if p.billing_model in MONEY_MODELS}
    return tuple(p for p in (BillingPeriod.MONTHLY, BillingPeriod.ANNUALLY) if p in found)


def price_sort_key(price: Price) -> tuple[object, ...]:
    """The order of price lists: default country, MONTHLY first, model order (spec, catalog §8)."""
    return (
        price.billing_country_code is not None,
        price.billing_country_code or "",
        price.billing_period is not BillingPeriod.MONTHLY,
        MODEL_ORDER[price.billing_model],
        price.created_at,
        price.position,
        str(price.feature_id or ""),
        str(price.id),
    )
