"""Mutation fields of money and custom currencies."""

import strawberry

from app.graphql.catalog.currencies.inputs import (
    ArchiveCustomCurrencyInput,
    CustomCurrencyInput,
    UnarchiveCustomCurrencyInput,
    UpdateCustomCurrencyInput,
)
from app.graphql.catalog.currencies.mapping import (
    currency_changes_from_graphql,
    currency_to_graphql,
    new_currency_from_graphql,
)
from app.graphql.catalog.currencies.types import CustomCurrency
from app.graphql.context import Info
from app.graphql.given import changing
from app.usecases.catalog import currencies


@strawberry.type
class CurrenciesMutation:
    @strawberry.mutation
    async def archive_custom_currency(
        self, info: Info, input: ArchiveCustomCurrencyInput
    ) -> CustomCurrency:
        runtime = changing(info, input.environment_id)
        return currency_to_graphql(await currencies.archive(input.currency_id, runtime=runtime))

    @strawberry.mutation
    async def create_custom_currency(
        self, info: Info, input: CustomCurrencyInput
    ) -> CustomCurrency:
        runtime = changing(info, input.environment_id)
        new = new_currency_from_graphql(input)
        return currency_to_graphql(await currencies.create(new, runtime=runtime))

    @strawberry.mutation
    async def unarchive_custom_currency(
        self, info: Info, input: UnarchiveCustomCurrencyInput
    ) -> CustomCurrency:
        runtime = changing(info, input.environment_id)
        return currency_to_graphql(await currencies.unarchive(input.currency_id, runtime=runtime))

    @strawberry.mutation
    async def update_custom_currency(
        self, info: Info, input: UpdateCustomCurrencyInput
    ) -> CustomCurrency:
        runtime = changing(info, input.environment_id)
        changes = currency_changes_from_graphql(input)
        changed = await currencies.update(input.currency_id, changes, runtime=runtime)
        return currency_to_graphql(changed)
