"""Query fields of money and custom currencies."""

import strawberry

from app.graphql.catalog.currencies.inputs import (
    CustomCurrencyAssociatedEntitiesInput,
    FetchCustomCurrenciesInput,
)
from app.graphql.catalog.currencies.mapping import (
    associated_entity_to_graphql,
    currency_to_graphql,
)
from app.graphql.catalog.currencies.types import CustomCurrency, CustomCurrencyAssociatedEntity
from app.graphql.context import Info
from app.graphql.given import given, runtime_for
from app.usecases.catalog import currencies
from domain.catalog.enums import CustomCurrencyStatus


@strawberry.type
class CurrenciesQuery:
    @strawberry.field
    async def custom_currencies(
        self, info: Info, input: FetchCustomCurrenciesInput
    ) -> list[CustomCurrency]:
        readers = runtime_for(info, input.environment_id).readers
        statuses = given(input.status)
        if statuses is None:
            statuses = [CustomCurrencyStatus.ACTIVE]
        found = await readers.currencies.with_status(statuses)
        return [currency_to_graphql(currency) for currency in found]

    @strawberry.field
    async def custom_currency_associated_entities(
        self, info: Info, input: CustomCurrencyAssociatedEntitiesInput
    ) -> list[CustomCurrencyAssociatedEntity]:
        runtime = runtime_for(info, input.environment_id)
        packages = await currencies.associated_packages(input.currency_id, runtime=runtime)
        return [associated_entity_to_graphql(package) for package in packages]
