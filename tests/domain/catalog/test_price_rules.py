"""Which pricing can be meant, and what it becomes. Source: spec, catalog §6 and §12 (18, 28)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from domain.catalog.enums import (
    BillingCadence,
    BillingModel,
    BillingPeriod,
    CreditGrantCadence,
    Currency,
    EntitlementResetPeriod,
    FeatureStatus,
    FeatureType,
    MeterType,
    PricingType,
    TiersMode,
)
from domain.catalog.model import CreditRate, MinimumSpend, PriceTier, ResetRule
from domain.catalog.price_input import PriceEntry, Pricing, PricingModel, TierEntry
from domain.catalog.price_rules import price_rows, require_amount, require_pricing
from domain.errors import DomainError
from domain.ids import CurrencyId, PackageId
from domain.money import Money
from tests.builders import NOW, a_feature, uid

SEATS = a_feature("feature-seats")
CALLS = a_feature("feature-api-calls", meter_type=MeterType.Incremental)
CONFIG = a_feature("feature-config", meter_type=MeterType.NoMeter)
SSO = a_feature("feature-sso", feature_type=FeatureType.BOOLEAN, meter_type=MeterType.NoMeter)
TOKENS = CurrencyId(uid("currency:tokens"))
MONTH, YEAR = BillingPeriod.MONTHLY, BillingPeriod.ANNUALLY


def usd(amount: str | int, currency: Currency = Currency.USD) -> Money:
    return Money(Decimal(amount), currency)


def entry(amount: str | int | None = 10, period: BillingPeriod = MONTH, **given: Any) -> PriceEntry:
    price = None if amount is None else usd(amount, given.pop("currency", Currency.USD))
    return PriceEntry(billing_period=period, price=price, **given)


def flat(*entries: PriceEntry, **given: Any) -> PricingModel:
    return PricingModel(billing_model=BillingModel.FLAT_FEE, entries=entries or (entry(),), **given)


def per_unit(*entries: PriceEntry, **given: Any) -> PricingModel:
    defaults: dict[str, Any] = {
        "billing_model": BillingModel.PER_UNIT,
        "feature": SEATS,
        "entries": entries or (entry(),),
    }
    return PricingModel(**defaults | given)


def usage(*entries: PriceEntry, **given: Any) -> PricingModel:
    return per_unit(
        *entries, **{"billing_model": BillingModel.USAGE_BASED, "feature": CALLS} | given
    )


def overage(*entries: PriceEntry, **given: Any) -> PricingModel:
    return usage(*entries, **{"is_overage": True, "feature": SEATS} | given)


def credits(*entries: PriceEntry, **given: Any) -> PricingModel:
    rate = CreditRate(amount=Decimal(2), currency_id=TOKENS)
    defaults: dict[str, Any] = {
        "billing_model": BillingModel.CREDIT_BASED,
        "feature": CALLS,
        "entries": entries or (entry(None, credit_rate=rate),),
    }
    return PricingModel(**defaults | given)


def tier(up_to: str | int | None, unit: int | None = 1, flat_price: int | None = None) -> TierEntry:
    return TierEntry(
        up_to=None if up_to is None else Decimal(up_to),
        unit_price=None if unit is None else usd(unit),
        flat_price=None if flat_price is None else usd(flat_price),
    )


def tiered(*tiers: TierEntry, mode: TiersMode | None = TiersMode.GRADUATED) -> PricingModel:
    return per_unit(entry(None, tiers=tiers), tiers_mode=mode)


def paid(*models: PricingModel, **given: Any) -> Pricing:
    defaults: dict[str, Any] = {"pricing_type": PricingType.PAID, "models": models}
    return Pricing(**defaults | given)


def code_of(pricing: Pricing) -> str | None:
    try:
        require_pricing(pricing)
    except DomainError as error:
        return error.code.value
    return None


def minimum(amount: int, period: BillingPeriod = MONTH, currency: Currency = Currency.USD) -> Any:
    return MinimumSpend(billing_period=period, minimum=usd(amount, currency))


VALID = {
    "the documented pro plan": paid(
        flat(entry(20)),
        per_unit(min_unit_quantity=Decimal(1), max_unit_quantity=Decimal(50)),
        usage(
            entry(None, tiers=(tier(1000, 0), tier(10000, 1), tier(None, 1))),
            tiers_mode=TiersMode.GRADUATED,
            reset_rule=ResetRule(EntitlementResetPeriod.MONTH),
        ),
    ),
    "pay as you go by the year": paid(usage(entry(period=YEAR))),
    "a one-off set-up fee beside a monthly fee": paid(
        flat(), flat(entry(99, YEAR), billing_cadence=BillingCadence.ONE_OFF)
    ),
    "both periods": paid(flat(entry(), entry(100, YEAR)), per_unit(entry(), entry(1, YEAR))),
    "a country on every charge": paid(
        flat(entry(), entry(900, billing_country_code="IN", currency=Currency.INR)),
        per_unit(entry(), entry(90, billing_country_code="IN", currency=Currency.INR)),
    ),
    "stair steps": paid(tiered(tier(10, None, 50), tier(None, None, 200), mode=TiersMode.VOLUME)),
    "blocks": paid(usage(entry(block_size=Decimal(1000)))),
    "five decimals": paid(usage(entry("0.00275"))),
    "overage of committed seats": paid(per_unit(), overage()),
    "minimum spend": paid(usage(), minimum_spend=(minimum(100), minimum(1000, YEAR))),
    "a credit top-up": paid(per_unit(feature=None, top_up_currency_id=TOKENS)),
    "free with credit rates": Pricing(pricing_type=PricingType.FREE, models=(credits(),)),
    "free without anything": Pricing(pricing_type=PricingType.FREE),
    "custom with display prices": Pricing(pricing_type=PricingType.CUSTOM, models=(flat(),)),
    "credit rates beside localized money": paid(
        flat(entry(), entry(900, billing_country_code="IN", currency=Currency.INR)), credits()
    ),
    "units of a configuration": paid(per_unit(feature=CONFIG)),
}


@pytest.mark.parametrize("pricing", VALID.values(), ids=VALID.keys())
def test_documented_pricing_is_accepted(pricing: Pricing) -> None:
    assert code_of(pricing) is None


REFUSED: dict[str, tuple[Pricing, str]] = {
    "PAID without prices": (paid(), "BadUserInput"),
    "PAID with credit rates only": (paid(credits()), "BadUserInput"),
    "FREE with money": (Pricing(pricing_type=PricingType.FREE, models=(flat(),)), "BadUserInput"),
    "overage of a CUSTOM package": (
        Pricing(pricing_type=PricingType.CUSTOM, models=(per_unit(), overage())),
        "BadUserInput",
    ),
    "minimum spend of a FREE package": (
        Pricing(pricing_type=PricingType.FREE, minimum_spend=(minimum(1),)),
        "BadUserInput",
    ),
    "two monthly flat fees": (paid(flat(), flat()), "BadUserInput"),
    "two charges for a feature": (paid(per_unit(), usage(feature=SEATS)), "BadUserInput"),
    "two overages for a feature": (paid(per_unit(), overage(), overage()), "BadUserInput"),
    "two credit rates for a feature": (paid(flat(), credits(), credits()), "BadUserInput"),
    "overage of measured usage": (paid(usage(), overage(feature=CALLS)), "BadUserInput"),
    "overage per committed unit": (
        paid(per_unit(), overage(billing_model=BillingModel.PER_UNIT)),
        "BadUserInput",
    ),
    "different periods": (paid(flat(), usage(entry(period=YEAR))), "BadUserInput"),
    "a country on one charge only": (
        paid(
            flat(entry(), entry(900, billing_country_code="IN", currency=Currency.INR)),
            per_unit(),
        ),
        "BadUserInput",
    ),
    "a country in one period only": (
        paid(flat(entry(), entry(1, YEAR), entry(900, billing_country_code="IN"))),
        "BadUserInput",
    ),
    "a country without a default": (
        paid(flat(entry(900, billing_country_code="IN"))),
        "BadUserInput",
    ),
    "no country code": (paid(flat(entry(), entry(billing_country_code="India"))), "BadUserInput"),
    "two currencies": (paid(flat(), per_unit(entry(currency=Currency.EUR))), "BadUserInput"),
    "minimum spend in another currency": (
        paid(flat(), minimum_spend=(minimum(1, currency=Currency.EUR),)),
        "BadUserInput",
    ),
    "minimum spend twice": (paid(flat(), minimum_spend=(minimum(1), minimum(2))), "BadUserInput"),
    "the same period twice": (paid(flat(entry(1), entry(2))), "BadUserInput"),
    "no entry": (
        paid(PricingModel(billing_model=BillingModel.FLAT_FEE, entries=())),
        "BadUserInput",
    ),
    "one-off usage": (paid(usage(billing_cadence=BillingCadence.ONE_OFF)), "BadUserInput"),
    "a flat fee of a feature": (paid(flat(feature=SEATS)), "BadUserInput"),
    "units of nothing": (paid(per_unit(feature=None)), "BadUserInput"),
    "units of a boolean": (paid(per_unit(feature=SSO)), "BadUserInput"),
    "usage of nothing": (paid(usage(feature=None)), "BadUserInput"),
    "usage of a configuration": (
        paid(usage(feature=CONFIG)),
        "MeteringNotAvailableForFeatureType",
    ),
    "usage of an archived feature": (
        paid(usage(feature=replace(CALLS, feature_status=FeatureStatus.SUSPENDED))),
        "EntityIsArchivedError",
    ),
    "top-up with a feature": (paid(per_unit(top_up_currency_id=TOKENS)), "BadUserInput"),
    "top-up by usage": (paid(usage(top_up_currency_id=TOKENS, feature=None)), "BadUserInput"),
    "a grant cadence without top-up": (
        paid(per_unit(entry(credit_grant_cadence=CreditGrantCadence.MONTHLY))),
        "BadUserInput",
    ),
    "minimum spend as a charge": (
        paid(flat(), PricingModel(billing_model=BillingModel.MINIMUM_SPEND, entries=(entry(),))),
        "BadUserInput",
    ),
    "a credit rate on usage": (
        paid(usage(entry(credit_rate=CreditRate(amount=Decimal(1), currency_id=TOKENS)))),
        "BadUserInput",
    ),
    "credits without a rate": (paid(flat(), credits(entry(None))), "BadUserInput"),
    "credits with a price": (
        paid(
            flat(),
            credits(entry(1, credit_rate=CreditRate(amount=Decimal(1), currency_id=TOKENS))),
        ),
        "BadUserInput",
    ),
    "credits for a country": (
        paid(
            flat(),
            credits(
                entry(
                    None,
                    credit_rate=CreditRate(amount=Decimal(1), currency_id=TOKENS),
                    billing_country_code="IN",
                )
            ),
        ),
        "BadUserInput",
    ),
    "a negative credit rate": (
        paid(
            flat(),
            credits(entry(None, credit_rate=CreditRate(amount=Decimal(-1), currency_id=TOKENS))),
        ),
        "BadUserInput",
    ),
    "a huge credit rate": (
        paid(
            flat(),
            credits(entry(None, credit_rate=CreditRate(amount=Decimal(10**9), currency_id=TOKENS))),
        ),
        "AmountTooLarge",
    ),
    "a formula that cannot be parsed": (
        paid(
            flat(),
            credits(
                entry(
                    None,
                    credit_rate=CreditRate(
                        amount=Decimal(1), currency_id=TOKENS, cost_formula="1.1*in +"
                    ),
                )
            ),
        ),
        "InvalidArgumentError",
    ),
    "a negative amount": (paid(flat(entry(-1))), "BadUserInput"),
    "six decimals": (paid(flat(entry("0.000001"))), "BadUserInput"),
    "a huge amount": (paid(flat(entry(1_000_000_000))), "AmountTooLarge"),
    "a huge tier": (paid(tiered(tier(None, 1_000_000_000))), "AmountTooLarge"),
    "tiers and a price": (
        paid(per_unit(entry(1, tiers=(tier(None),)), tiers_mode=TiersMode.VOLUME)),
        "BadUserInput",
    ),
    "neither tiers nor a price": (paid(per_unit(entry(None))), "BadUserInput"),
    "tiers without a mode": (paid(tiered(tier(None), mode=None)), "BadUserInput"),
    "a mode without tiers": (paid(per_unit(tiers_mode=TiersMode.VOLUME)), "BadUserInput"),
    "a flat fee in tiers": (
        paid(flat(entry(None, tiers=(tier(None),)), tiers_mode=TiersMode.VOLUME)),
        "BadUserInput",
    ),
    "tiers that repeat a boundary": (paid(tiered(tier(10), tier(10), tier(None))), "BadUserInput"),
    "tiers with an end": (paid(tiered(tier(10), tier(100))), "BadUserInput"),
    "tiers open in the middle": (paid(tiered(tier(None), tier(10))), "BadUserInput"),
    "tiers at a fraction": (paid(tiered(tier("1.5"), tier(None))), "BadUserInput"),
    "a tier without a price": (paid(tiered(tier(None, None))), "BadUserInput"),
    "other boundaries in the other period": (
        paid(
            per_unit(
                entry(None, tiers=(tier(10), tier(None))),
                entry(None, YEAR, tiers=(tier(20), tier(None))),
                tiers_mode=TiersMode.VOLUME,
            )
        ),
        "BadUserInput",
    ),
    "blocks of nothing": (paid(usage(entry(block_size=Decimal(0)))), "BadUserInput"),
    "blocks of a fraction": (paid(usage(entry(block_size=Decimal("1.5")))), "BadUserInput"),
    "blocks of a flat fee": (paid(flat(entry(block_size=Decimal(2)))), "BadUserInput"),
    "blocks with tiers": (
        paid(
            per_unit(
                entry(None, tiers=(tier(None),), block_size=Decimal(2)),
                tiers_mode=TiersMode.VOLUME,
            )
        ),
        "BadUserInput",
    ),
    "a minimum of no units": (paid(per_unit(min_unit_quantity=Decimal(0))), "InvalidQuantity"),
    "a minimum above the maximum": (
        paid(per_unit(min_unit_quantity=Decimal(5), max_unit_quantity=Decimal(4))),
        "InvalidQuantity",
    ),
    "a maximum of a million": (
        paid(per_unit(max_unit_quantity=Decimal(1_000_000))),
        "InvalidQuantity",
    ),
    "a fraction of a unit": (paid(per_unit(min_unit_quantity=Decimal("1.5"))), "InvalidQuantity"),
    "units of a flat fee": (paid(flat(min_unit_quantity=Decimal(1))), "BadUserInput"),
    "a flat fee that resets": (
        paid(flat(reset_rule=ResetRule(EntitlementResetPeriod.DAY))),
        "BadUserInput",
    ),
    "a configuration that resets": (
        paid(per_unit(feature=CONFIG, reset_rule=ResetRule(EntitlementResetPeriod.DAY))),
        "InvalidEntitlementResetPeriod",
    ),
    "too many charges": (paid(*(flat() for _ in range(201))), "BadUserInput"),
    "too many prices": (paid(flat(*(entry() for _ in range(2001)))), "BadUserInput"),
}


@pytest.mark.parametrize(("pricing", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_pricing_that_cannot_be_meant_is_refused(pricing: Pricing, code: str) -> None:
    assert code_of(pricing) == code


def test_an_unmetered_feature_is_named_by_its_type() -> None:
    with pytest.raises(DomainError) as refused:
        require_pricing(paid(usage(feature=SSO)))
    assert refused.value.details == {"featureType": "BOOLEAN"}


def test_amounts_up_to_the_limit_are_accepted() -> None:
    for amount in ("0", "0.00001", "999999999", "10", "1E+2"):
        require_amount(Decimal(amount))


def rows_of(*models: PricingModel) -> Any:
    numbers = count(1)
    return price_rows(
        paid(*models),
        package_id=PackageId(uid("package")),
        new_id=lambda: UUID(int=next(numbers)),
        now=NOW,
    )


def test_each_period_of_each_charge_is_a_row_in_the_order_written() -> None:
    rows = rows_of(flat(entry(10), entry(100, YEAR)), per_unit(), overage())
    assert [(r.billing_model, r.billing_period, r.position) for r in rows] == [
        (BillingModel.FLAT_FEE, MONTH, 0),
        (BillingModel.FLAT_FEE, YEAR, 1),
        (BillingModel.PER_UNIT, MONTH, 2),
        (BillingModel.USAGE_BASED, MONTH, 3),
    ]
    assert [r.amount for r in rows] == [10, 100, 10, 10]
    assert len({r.id for r in rows}) == 4
    assert [r.is_overage for r in rows] == [False, False, False, True]
    assert rows[2].min_unit_quantity == 1
    assert rows[0].min_unit_quantity is None


def test_tiers_blocks_and_bounds_are_kept() -> None:
    [row] = rows_of(tiered(tier(10, 2), tier(None, None, 5)))
    assert row.tiers == (
        PriceTier(up_to=10, unit_price=Decimal(2)),
        PriceTier(up_to=None, flat_price=Decimal(5)),
    )
    assert (row.amount, row.currency, row.tiers_mode) == (None, Currency.USD, TiersMode.GRADUATED)
    [blocks] = rows_of(
        usage(entry(5, block_size=Decimal(1000), currency=Currency.EUR), billing_id="b1")
    )
    assert (blocks.block_size, blocks.currency, blocks.billing_id) == (1000, Currency.EUR, "b1")
    [bounded] = rows_of(per_unit(min_unit_quantity=Decimal(2), max_unit_quantity=Decimal(9)))
    assert (bounded.min_unit_quantity, bounded.max_unit_quantity) == (2, 9)


def test_a_top_up_grants_at_the_beginning_of_the_period() -> None:
    [row] = rows_of(per_unit(feature=None, top_up_currency_id=TOKENS))
    assert row.top_up_currency_id == TOKENS
    assert row.credit_grant_cadence is CreditGrantCadence.BEGINNING_OF_BILLING_PERIOD
    [rate] = rows_of(credits())
    assert (rate.amount, rate.credit_rate) == (
        None,
        CreditRate(amount=Decimal(2), currency_id=TOKENS),
    )
