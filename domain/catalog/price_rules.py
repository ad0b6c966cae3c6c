"""Whether a package's pricing can be meant, and the price rows that it becomes.

Source: spec, catalog §6 (validation, localization, overage).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.catalog.entitlement_rules import first_repeated, grants, invalid_reset
from domain.catalog.enums import (
    BillingCadence,
    BillingModel,
    BillingPeriod,
    CreditGrantCadence,
    Currency,
    FeatureType,
    PricingType,
)
from domain.catalog.features import is_metered, require_live_feature
from domain.catalog.model import Feature, MinimumSpend, Price, PriceTier
from domain.catalog.price_input import PriceEntry, Pricing, PricingModel, TierEntry
from domain.catalog.pricing.charge import MONEY_MODELS
from domain.credits.cost import parsed_formula
from domain.errors import ErrorCode, InvalidInput, LimitExceeded, bad_input
from domain.ids import PackageId, PriceId
from domain.money import Money

AMOUNT_MAX = Decimal(999_999_999)
AMOUNT_DECIMALS_MAX = 5
UNIT_QUANTITY_MAX = 999_999
BLOCK_SIZE_MAX = 999_999_999
PRICING_MODELS_MAX = 200
ENTRIES_MAX = 2_000

_ONE_OFF_MODELS = frozenset({BillingModel.FLAT_FEE, BillingModel.PER_UNIT})
_COUNTRY = re.compile(r"[A-Z]{2}")


def require_pricing(pricing: Pricing) -> None:
    """Raises what spec, catalog §6 says of pricing that cannot be meant; see each rule below."""
    _require_bounds(pricing)
    _require_type_fits(pricing)
    for model in pricing.models:
        _require_model(model)
    _require_single_flat_fees(pricing.charges)
    _require_single_feature_charges(pricing)
    _require_same_periods(pricing.charges)
    _require_localized_alike(pricing.models)
    _require_one_currency_each(pricing)


def price_rows(
    pricing: Pricing, *, package_id: PackageId, new_id: Callable[[], UUID], now: datetime
) -> tuple[Price, ...]:
    """One `Price` per entry, in the order written (`position`), of valid pricing."""
    rows: list[Price] = []
    for model in pricing.models:
        for entry in model.entries:
            rows.append(
                _price_row(
                    model,
                    entry,
                    id=PriceId(new_id()),
                    package_id=package_id,
                    position=len(rows),
                    now=now,
                )
            )
    return tuple(rows)


def _price_row(
    model: PricingModel,
    entry: PriceEntry,
    *,
    id: PriceId,
    package_id: PackageId,
    position: int,
    now: datetime,
) -> Price:
    monies = _monies(entry)
    grant_cadence = entry.credit_grant_cadence
    if model.top_up_currency_id is not None and grant_cadence is None:
        grant_cadence = CreditGrantCadence.BEGINNING_OF_BILLING_PERIOD
    minimum = model.min_unit_quantity
    if model.billing_model is BillingModel.PER_UNIT and minimum is None:
        minimum = Decimal(1)
    return Price(
        id=id,
        package_id=package_id,
        billing_model=model.billing_model,
        billing_period=entry.billing_period,
        billing_cadence=model.billing_cadence,
        billing_country_code=entry.billing_country_code,
        currency=monies[0].currency if monies else Currency.USD,
        amount=entry.price.amount if entry.price else None,
        block_size=int(entry.block_size or 1),
        tiers=tuple(_tier_row(tier) for tier in entry.tiers),
        tiers_mode=model.tiers_mode,
        feature_id=model.feature.id if model.feature else None,
        top_up_currency_id=model.top_up_currency_id,
        credit_rate=entry.credit_rate,
        credit_grant_cadence=grant_cadence,
        min_unit_quantity=None if minimum is None else int(minimum),
        max_unit_quantity=(
            None if model.max_unit_quantity is None else int(model.max_unit_quantity)
        ),
        reset_rule=model.reset_rule,
        is_overage=model.is_overage,
        billing_id=entry.billing_id or model.billing_id,
        position=position,
        created_at=now,
    )


def _tier_row(tier: TierEntry) -> PriceTier:
    return PriceTier(
        up_to=None if tier.up_to is None else int(tier.up_to),
        unit_price=tier.unit_price.amount if tier.unit_price else None,
        flat_price=tier.flat_price.amount if tier.flat_price else None,
    )


# --- the whole ------------------------------------------------------------------------------


def _require_bounds(pricing: Pricing) -> None:
    if len(pricing.models) > PRICING_MODELS_MAX:
        raise bad_input(f"a package has at most {PRICING_MODELS_MAX} charges")
    if sum(len(m.entries) for m in pricing.models) > ENTRIES_MAX:
        raise bad_input(f"a package has at most {ENTRIES_MAX} prices")


def _require_type_fits(pricing: Pricing) -> None:
    has_money = any(m.billing_model in MONEY_MODELS for m in pricing.charges)
    if pricing.pricing_type is PricingType.PAID:
        if not has_money:
            raise bad_input("a PAID package needs a price in money")
        return
    name = pricing.pricing_type.value
    if pricing.pricing_type is PricingType.FREE and has_money:
        raise bad_input("a FREE package can have CREDIT_BASED charges only")
    if pricing.overages:
        raise bad_input(f"overage is for PAID packages, not {name}")
    if pricing.minimum_spend:
        raise bad_input(f"minimum spend is for PAID packages, not {name}")


def _require_single_flat_fees(models: Iterable[PricingModel]) -> None:
    repeated = first_repeated(
        m.billing_cadence for m in models if m.billing_model is BillingModel.FLAT_FEE
    )
    if repeated is not None:
        raise bad_input(f"a package has at most one {repeated.value} flat fee")


def _require_single_feature_charges(pricing: Pricing) -> None:
    charged = [m for m in pricing.charges if grants(m.billing_model) and m.feature]
    for what, models in (("charge", charged), ("overage charge", pricing.overages)):
        repeated = first_repeated(m.feature.ref_id for m in models if m.feature)
        if repeated is not None:
            raise bad_input(f"feature {repeated} has more than one {what}")
    rated = (m.feature.ref_id for m in pricing.charges if m.feature and not grants(m.billing_model))
    repeated = first_repeated(rated)
    if repeated is not None:
        raise bad_input(f"feature {repeated} has more than one credit rate")
    measured = {
        m.feature.ref_id
        for m in charged
        if m.feature and m.billing_model is BillingModel.USAGE_BASED
    }
    for overage in pricing.overages:
        if overage.feature and overage.feature.ref_id in measured:
            raise bad_input(f"feature {overage.feature.ref_id} is charged by usage already")


def _require_same_periods(models: Iterable[PricingModel]) -> None:
    covered = {
        frozenset(e.billing_period for e in m.entries if e.billing_country_code is None)
        for m in models
        if m.billing_model in MONEY_MODELS and m.billing_cadence is BillingCadence.RECURRING
    }
    if len(covered) > 1:
        raise bad_input("all recurring charges must cover the same billing periods")


def _require_localized_alike(models: Iterable[PricingModel]) -> None:
    """A country on one charge is on all, in each of their billing periods."""
    money = [m for m in models if m.billing_model in MONEY_MODELS]
    countries = {e.billing_country_code for m in money for e in m.entries}
    for model in money:
        defaults = _periods_of(model, None)
        for country in countries:
            if _periods_of(model, country) != defaults:
                raise bad_input(f"every charge must be localized for {country}")


def _periods_of(model: PricingModel, country: str | None) -> frozenset[BillingPeriod]:
    return frozenset(e.billing_period for e in model.entries if e.billing_country_code == country)


def _require_one_currency_each(pricing: Pricing) -> None:
    """One currency for the defaults (minimum spend too), one per country."""
    currencies: dict[str | None, set[Currency]] = {}
    for model in pricing.models:
        for entry in model.entries:
            used = currencies.setdefault(entry.billing_country_code, set())
            used |= {money.currency for money in _monies(entry)}
    require_minimum_spend(pricing.minimum_spend)
    currencies.setdefault(None, set()).update(s.minimum.currency for s in pricing.minimum_spend)
    for country, used in currencies.items():
        if len(used) > 1:
            raise bad_input(f"prices of {country or 'the default'} must share one currency")


def require_minimum_spend(minimum_spend: Iterable[MinimumSpend]) -> None:
    """Raises BadUserInput for a repeated period or a wrong amount, AmountTooLarge for a huge."""
    listed = tuple(minimum_spend)
    repeated = first_repeated(s.billing_period for s in listed)
    if repeated is not None:
        raise bad_input(f"minimum spend is given twice for {repeated.value}")
    for spend in listed:
        require_amount(spend.minimum.amount)


# --- one charge -----------------------------------------------------------------------------


def _require_model(model: PricingModel) -> None:
    name = model.billing_model.value
    if model.is_overage and model.billing_model is not BillingModel.USAGE_BASED:
        raise bad_input("overage is charged USAGE_BASED")
    if model.billing_cadence is BillingCadence.ONE_OFF and (
        model.billing_model not in _ONE_OFF_MODELS or model.is_overage
    ):
        raise bad_input(f"{name} cannot be ONE_OFF")
    if not model.entries:
        raise bad_input(f"{name} needs at least one price period")
    _require_feature(model)
    _require_units(model)
    _require_reset(model)
    for entry in model.entries:
        _require_entry(model, entry)
    repeated = first_repeated((e.billing_period, e.billing_country_code) for e in model.entries)
    if repeated is not None:
        raise bad_input(f"{name} has two prices for {repeated[0].value}")
    if len({tuple(t.up_to for t in e.tiers) for e in model.entries}) > 1:
        raise bad_input("tiers must have the same boundaries in all billing periods")


def _require_feature(model: PricingModel) -> None:
    name = model.billing_model.value
    feature = model.feature
    if feature is not None:
        require_live_feature(feature)
    if model.top_up_currency_id is not None and (
        model.billing_model is not BillingModel.PER_UNIT or feature is not None
    ):
        raise bad_input("topUpCustomCurrencyId is for PER_UNIT charges without a feature")
    match model.billing_model:
        case BillingModel.MINIMUM_SPEND:
            raise bad_input("use minimumSpend for a minimum spend")
        case BillingModel.FLAT_FEE:
            if feature is not None:
                raise bad_input("FLAT_FEE has no feature")
        case BillingModel.PER_UNIT:
            if feature is None and model.top_up_currency_id is None:
                raise bad_input("PER_UNIT needs featureId or topUpCustomCurrencyId")
            if feature is not None and feature.feature_type is not FeatureType.NUMBER:
                raise bad_input(f"PER_UNIT needs a NUMBER feature, not {feature.ref_id}")
        case _:
            if feature is None:
                raise bad_input(f"{name} needs featureId")
            _require_metered(feature)


def _require_metered(feature: Feature) -> None:
    if not is_metered(feature):
        raise InvalidInput(
            ErrorCode.MeteringNotAvailableForFeatureType,
            f"feature {feature.ref_id} is not metered",
            featureType=feature.feature_type.value,
        )


def _require_units(model: PricingModel) -> None:
    minimum, maximum = model.min_unit_quantity, model.max_unit_quantity
    if minimum is None and maximum is None:
        return
    if model.billing_model is BillingModel.FLAT_FEE:
        raise bad_input("FLAT_FEE has no unit quantity")
    low = Decimal(1) if minimum is None else minimum
    high = Decimal(UNIT_QUANTITY_MAX) if maximum is None else maximum
    whole = low == int(low) and high == int(high)
    if not (whole and 1 <= low <= high <= UNIT_QUANTITY_MAX):
        raise InvalidInput(
            ErrorCode.InvalidQuantity,
            f"unit quantities must satisfy 1 <= min <= max <= {UNIT_QUANTITY_MAX}",
        )


def _require_reset(model: PricingModel) -> None:
    if model.reset_rule is None:
        return
    if not grants(model.billing_model) or model.is_overage:
        raise bad_input(f"{model.billing_model.value} has no reset period")
    if model.feature is None or not is_metered(model.feature):
        raise invalid_reset("only charges for metered features reset")


# --- one entry ------------------------------------------------------------------------------


def _require_entry(model: PricingModel, entry: PriceEntry) -> None:
    country = entry.billing_country_code
    if country is not None and not _COUNTRY.fullmatch(country):
        raise bad_input(f"billingCountryCode {country} is not ISO 3166-1 alpha-2")
    if entry.credit_grant_cadence is not None and model.top_up_currency_id is None:
        raise bad_input("creditGrantCadence is for charges with topUpCustomCurrencyId")
    if model.billing_model is BillingModel.CREDIT_BASED:
        _require_credit_entry(entry)
        return
    if entry.credit_rate is not None:
        raise bad_input("creditRate is for CREDIT_BASED charges")
    _require_money_entry(model, entry)


def _require_credit_entry(entry: PriceEntry) -> None:
    rate = entry.credit_rate
    if rate is None:
        raise bad_input("CREDIT_BASED needs creditRate")
    if entry.price is not None or entry.tiers or entry.block_size is not None:
        raise bad_input("CREDIT_BASED costs no money: it has neither price, tiers nor blockSize")
    if entry.billing_country_code is not None:
        raise bad_input("CREDIT_BASED is not localized")
    require_credit_rate(rate.amount, rate.cost_formula)


def require_credit_rate(amount: Decimal, cost_formula: str | None) -> None:
    """Raises for an amount or a formula that cannot be meant.

    BadUserInput for a negative amount, AmountTooLarge for a huge one (its decimals are not
    limited: credits are no money), InvalidArgumentError for a formula that cannot be parsed.
    """
    if amount < 0:
        raise bad_input("creditRate.amount must not be negative")
    if amount > AMOUNT_MAX:
        raise _amount_too_large()
    if cost_formula is not None:
        parsed_formula(cost_formula)


def _require_money_entry(model: PricingModel, entry: PriceEntry) -> None:
    if model.billing_model is BillingModel.FLAT_FEE and (
        entry.tiers or entry.block_size is not None or model.tiers_mode is not None
    ):
        raise bad_input("FLAT_FEE has neither tiers nor blockSize")
    if (entry.price is None) == (not entry.tiers):
        raise bad_input("a price period has either price or tiers")
    if bool(entry.tiers) != (model.tiers_mode is not None):
        raise bad_input("tiers need tiersMode, in every price period")
    if entry.block_size is not None:
        if entry.tiers:
            raise bad_input("blockSize does not go with tiers")
        require_block_size(entry.block_size)
    for money in _monies(entry):
        require_amount(money.amount)
    if entry.tiers:
        require_tiers(entry.tiers)


def require_tiers(tiers: Sequence[TierEntry | PriceTier]) -> None:
    """`upTo` increasing whole numbers, only the last without end; each tier with a price."""
    previous: Decimal | int = 0
    for number, tier in enumerate(tiers, start=1):
        if tier.unit_price is None and tier.flat_price is None:
            raise bad_input("each tier needs unitPrice or flatPrice")
        if (tier.up_to is None) != (number == len(tiers)):
            raise bad_input("the last tier, and only the last, has no upTo")
        if tier.up_to is None:
            continue
        if tier.up_to <= previous or tier.up_to != int(tier.up_to):
            raise bad_input("upTo must be whole numbers that increase")
        previous = tier.up_to


def require_block_size(size: Decimal) -> None:
    """Raises BadUserInput unless whole and from 1 to 999 999 999."""
    if not 1 <= size <= BLOCK_SIZE_MAX or size != int(size):
        raise bad_input(f"blockSize must be a whole number from 1 to {BLOCK_SIZE_MAX}")


def require_amount(amount: Decimal) -> None:
    """Raises AmountTooLarge above 999 999 999, BadUserInput below 0 or beyond 5 decimals."""
    if amount > AMOUNT_MAX:
        raise _amount_too_large()
    if amount < 0:
        raise bad_input("amounts must not be negative")
    exponent = amount.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > AMOUNT_DECIMALS_MAX:
        raise bad_input(f"amounts have at most {AMOUNT_DECIMALS_MAX} decimals")


def _amount_too_large() -> LimitExceeded:
    return LimitExceeded(ErrorCode.AmountTooLarge, f"amounts must not exceed {AMOUNT_MAX}")


def _monies(entry: PriceEntry) -> list[Money]:
    found = [entry.price] if entry.price else []
    for tier in entry.tiers:
        found += [m for m in (tier.unit_price, tier.flat_price) if m is not None]
    return found
