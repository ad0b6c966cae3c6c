"""Prices between the wire and the domain: floats outside, Decimals inside."""

from decimal import Decimal

from app.graphql.catalog.currencies.mapping import money_from_graphql, money_of, money_to_graphql
from app.graphql.catalog.currencies.types import Money
from app.graphql.catalog.entitlements.mapping import (
    given_feature_from_graphql,
    reset_configuration_to_graphql,
    reset_rule_from_graphql,
)
from app.graphql.catalog.prices.inputs import (
    CreditRateInput,
    MinimumSpendInput,
    OveragePricingModelCreateInput,
    PackagePricingInput,
    PricePeriodInput,
    PriceTierInput,
    PricingModelCreateInput,
)
from app.graphql.catalog.prices.types import (
    CreditRate,
    MinimumSpend,
    Price,
    PriceDeleteResponse,
    PriceTier,
)
from app.graphql.given import given
from app.graphql.numbers import exact, exact_or_none, float_or_none
from app.usecases.packages.pricing import GivenCreditRate, GivenEntry, GivenModel, SetPricing
from domain.catalog import model
from domain.catalog.enums import BillingCadence, Currency
from domain.catalog.price_input import PriceEntry, PricingModel, TierEntry
from domain.catalog.pricing.charge import price_sort_key


def _money_or_none(amount: Decimal | None, currency: Currency) -> Money | None:
    return None if amount is None else money_of(amount, currency)


def price_tiers_to_graphql(price: model.Price) -> list[PriceTier]:
    return [
        PriceTier(
            flat_price=_money_or_none(tier.flat_price, price.currency),
            unit_price=_money_or_none(tier.unit_price, price.currency),
            up_to=float_or_none(tier.up_to),
        )
        for tier in price.tiers
    ]


def credit_rate_to_graphql(rate: model.CreditRate | None) -> CreditRate | None:
    if rate is None:
        return None
    return CreditRate(
        amount=float(rate.amount),
        cost_formula=rate.cost_formula,
        currency_id=str(rate.currency_id),
        custom_currency_id=str(rate.currency_id),
    )


def price_to_graphql(price: model.Price) -> Price:
    return Price(
        source=price,
        billing_cadence=price.billing_cadence,
        billing_country_code=price.billing_country_code,
        billing_id=price.billing_id,
        billing_model=price.billing_model,
        billing_period=price.billing_period,
        block_size=float(price.block_size),
        created_at=price.created_at,
        credit_grant_cadence=price.credit_grant_cadence,
        credit_rate=credit_rate_to_graphql(price.credit_rate),
        crm_id=None,
        crm_link_url=None,
        feature_id=str(price.feature_id) if price.feature_id else None,
        id=price.id,
        is_override_price=price.is_override,
        max_unit_quantity=float_or_none(price.max_unit_quantity),
        min_unit_quantity=float_or_none(price.min_unit_quantity),
        package_id=str(price.package_id) if price.package_id else None,
        price=_money_or_none(price.amount, price.currency),
        reset_period=price.reset_rule.period if price.reset_rule else None,
        reset_period_configuration=reset_configuration_to_graphql(price.reset_rule),
        tiers=price_tiers_to_graphql(price),
        tiers_mode=price.tiers_mode,
        top_up_custom_currency_id=(
            str(price.top_up_currency_id) if price.top_up_currency_id else None
        ),
    )


def prices_to_graphql(prices: tuple[model.Price, ...]) -> list[Price]:
    """Default country, MONTHLY first, models in the documented order."""
    return [price_to_graphql(p) for p in sorted(prices, key=price_sort_key)]


def deleted_price_to_graphql(price: model.Price, environment_id: str) -> PriceDeleteResponse:
    """The price that was, without what it was related to."""
    shown = price_to_graphql(price)
    return PriceDeleteResponse(
        **{
            name: getattr(shown, name)
            for name in (
                "billing_cadence",
                "billing_country_code",
                "billing_id",
                "billing_model",
                "billing_period",
                "block_size",
                "created_at",
                "credit_grant_cadence",
                "credit_rate",
                "crm_id",
                "crm_link_url",
                "feature_id",
                "id",
                "max_unit_quantity",
                "min_unit_quantity",
                "package_id",
                "price",
                "reset_period",
                "reset_period_configuration",
                "tiers",
                "tiers_mode",
                "top_up_custom_currency_id",
            )
        },
        source=price,
        environment_id=environment_id,
        used_in_subscriptions=False,
    )


def minimum_spend_to_graphql(spend: model.MinimumSpend) -> MinimumSpend:
    return MinimumSpend(
        billing_period=spend.billing_period, minimum=money_to_graphql(spend.minimum)
    )


def minimum_spend_from_graphql(
    inputs: list[MinimumSpendInput] | None,
) -> tuple[model.MinimumSpend, ...]:
    return tuple(
        model.MinimumSpend(billing_period=i.billing_period, minimum=money_from_graphql(i.minimum))
        for i in given(inputs) or ()
    )


def set_pricing_from_graphql(input: PackagePricingInput) -> SetPricing:
    return SetPricing(
        package_id=input.package_id,
        pricing_type=input.pricing_type,
        models=(
            *(_charge(m) for m in given(input.pricing_models) or ()),
            *(_overage(m) for m in given(input.overage_pricing_models) or ()),
        ),
        overage_billing_period=given(input.overage_billing_period),
        minimum_spend=minimum_spend_from_graphql(input.minimum_spend),
    )


def _charge(input: PricingModelCreateInput) -> GivenModel:
    return GivenModel(
        model=PricingModel(
            billing_model=input.billing_model,
            billing_cadence=given(input.billing_cadence) or BillingCadence.RECURRING,
            min_unit_quantity=exact_or_none(input.min_unit_quantity),
            max_unit_quantity=exact_or_none(input.max_unit_quantity),
            tiers_mode=given(input.tiers_mode),
            reset_rule=reset_rule_from_graphql(input),
            billing_id=given(input.billing_id),
            entries=(),
        ),
        feature_id=given(input.feature_id),
        top_up_currency_id=given(input.top_up_custom_currency_id),
        entries=tuple(_entry(e) for e in input.price_periods),
    )


def _overage(input: OveragePricingModelCreateInput) -> GivenModel:
    entitlement = given(input.entitlement)
    feature_id = given(input.feature_id)
    if feature_id is None and entitlement is not None:
        feature_id = entitlement.feature_id
    return GivenModel(
        model=PricingModel(
            billing_model=input.billing_model,
            billing_cadence=given(input.billing_cadence) or BillingCadence.RECURRING,
            billing_id=given(input.billing_id),
            entries=(),
            is_overage=True,
        ),
        feature_id=feature_id,
        top_up_currency_id=given(input.top_up_custom_currency_id),
        entries=tuple(_entry(e) for e in input.price_periods),
        entitlement=given_feature_from_graphql(entitlement) if entitlement else None,
    )


def _entry(input: PricePeriodInput) -> GivenEntry:
    price = given(input.price)
    return GivenEntry(
        entry=PriceEntry(
            billing_period=input.billing_period,
            billing_country_code=given(input.billing_country_code),
            price=money_from_graphql(price) if price else None,
            block_size=exact_or_none(input.block_size),
            tiers=tuple(tier_from_graphql(t) for t in given(input.tiers) or ()),
            credit_grant_cadence=given(input.credit_grant_cadence),
            billing_id=given(input.billing_id),
        ),
        credit_rate=_credit_rate(given(input.credit_rate)),
    )


def tier_from_graphql(input: PriceTierInput) -> TierEntry:
    flat, unit = given(input.flat_price), given(input.unit_price)
    return TierEntry(
        up_to=exact_or_none(input.up_to),
        unit_price=money_from_graphql(unit) if unit else None,
        flat_price=money_from_graphql(flat) if flat else None,
    )


def _credit_rate(input: CreditRateInput | None) -> GivenCreditRate | None:
    if input is None:
        return None
    return GivenCreditRate(
        amount=exact(input.amount),
        currency_id=given(input.custom_currency_id) or input.currency_id,
        cost_formula=given(input.cost_formula),
    )
