"""Money and custom currencies between the wire and the domain."""

from decimal import Decimal

from app.graphql.catalog.currencies.inputs import (
    CustomCurrencyInput,
    MoneyInputDTO,
    UnitsInput,
    UpdateCustomCurrencyInput,
)
from app.graphql.catalog.currencies.types import (
    CustomCurrency,
    CustomCurrencyAssociatedEntity,
    Money,
    SlimCustomCurrency,
    Units,
)
from app.graphql.given import given, maybe
from app.graphql.numbers import exact
from app.graphql.scalars import JSON
from domain import money as values
from domain.catalog import model
from domain.catalog.currencies import CurrencyChanges, CurrencyUnits, NewCurrency
from domain.catalog.enums import Currency
from domain.catalog.usage import PackageName
from domain.patch import Absent


def money_of(amount: Decimal, currency: Currency) -> Money:
    return Money(amount=float(amount), currency=currency)


def money_to_graphql(money: values.Money) -> Money:
    return money_of(money.amount, money.currency)


def money_from_graphql(money: MoneyInputDTO) -> values.Money:
    """The amount in major units; USD where no currency is given."""
    return values.Money(exact(money.amount), given(money.currency) or Currency.USD)


def currency_to_graphql(currency: model.CustomCurrency) -> CustomCurrency:
    return CustomCurrency(
        additional_meta_data=None
        if currency.additional_meta_data is None
        else JSON(currency.additional_meta_data),
        archived_at=currency.archived_at,
        created_at=currency.created_at,
        currency_id=currency.currency_id,
        description=currency.description,
        display_name=currency.display_name,
        id=str(currency.id),
        symbol=currency.symbol,
        units=_units(currency),
        updated_at=currency.updated_at,
    )


def slim_currency_to_graphql(currency: model.CustomCurrency) -> SlimCustomCurrency:
    return SlimCustomCurrency(
        currency_id=currency.currency_id,
        display_name=currency.display_name,
        symbol=currency.symbol,
        units=_units(currency),
    )


def associated_entity_to_graphql(package: PackageName) -> CustomCurrencyAssociatedEntity:
    return CustomCurrencyAssociatedEntity(
        display_name=package.display_name,
        id=str(package.id),
        ref_id=package.ref_id,
        type=package.type.value,
    )


def new_currency_from_graphql(input: CustomCurrencyInput) -> NewCurrency:
    return NewCurrency(
        currency_id=input.currency_id,
        display_name=input.display_name,
        description=given(input.description),
        symbol=given(input.symbol),
        units=_units_from(given(input.units)),
        additional_meta_data=given(input.additional_meta_data),
    )


def currency_changes_from_graphql(input: UpdateCustomCurrencyInput) -> CurrencyChanges:
    units = maybe(input.units)
    return CurrencyChanges(
        display_name=maybe(input.display_name),
        description=maybe(input.description),
        symbol=maybe(input.symbol),
        units=units if isinstance(units, Absent) else _units_from(units),
        additional_meta_data=maybe(input.additional_meta_data),
    )


def _units(currency: model.CustomCurrency) -> Units | None:
    if currency.unit_singular is None and currency.unit_plural is None:
        return None
    return Units(singular=currency.unit_singular, plural=currency.unit_plural)


def _units_from(units: UnitsInput | None) -> CurrencyUnits | None:
    if units is None:
        return None
    return CurrencyUnits(singular=units.singular, plural=units.plural)
