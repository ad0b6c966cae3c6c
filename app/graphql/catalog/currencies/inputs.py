"""Command inputs of money and custom currencies."""

import strawberry

from app.graphql.catalog.currencies.enums import Currency, CustomCurrencyStatus
from app.graphql.scalars import JSON


@strawberry.input
class ArchiveCustomCurrencyInput:
    currency_id: str
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class CustomCurrencyAssociatedEntitiesInput:
    currency_id: str
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class UnitsInput:
    plural: str
    singular: str


@strawberry.input
class CustomCurrencyInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    currency_id: str
    description: str | None = strawberry.UNSET
    display_name: str
    environment_id: str | None = strawberry.UNSET
    symbol: str | None = strawberry.UNSET
    units: UnitsInput | None = strawberry.UNSET


@strawberry.input
class FetchCustomCurrenciesInput:
    environment_id: str | None = strawberry.UNSET
    status: list[CustomCurrencyStatus] | None = strawberry.UNSET


@strawberry.input
class MoneyInputDTO:
    amount: float
    currency: Currency | None = strawberry.UNSET


@strawberry.input
class UnarchiveCustomCurrencyInput:
    currency_id: str
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class UpdateCustomCurrencyInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    currency_id: str
    description: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    symbol: str | None = strawberry.UNSET
    units: UnitsInput | None = strawberry.UNSET
