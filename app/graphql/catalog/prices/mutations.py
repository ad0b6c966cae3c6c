"""Mutation fields of prices and charges."""

import strawberry

from app.graphql.catalog.prices.inputs import DeleteOnePriceInput, PackagePricingInput
from app.graphql.catalog.prices.mapping import deleted_price_to_graphql, set_pricing_from_graphql
from app.graphql.catalog.prices.types import PackagePrice, PriceDeleteResponse
from app.graphql.context import Info
from app.graphql.given import changing
from app.graphql.resolvers import environment_id_text
from app.usecases.packages import pricing


@strawberry.type
class PricesMutation:
    @strawberry.mutation
    async def delete_one_price(self, info: Info, input: DeleteOnePriceInput) -> PriceDeleteResponse:
        _, price = await pricing.delete_price(input.id, runtime=changing(info))
        return deleted_price_to_graphql(price, environment_id_text(info))

    @strawberry.mutation
    async def set_package_pricing(self, info: Info, input: PackagePricingInput) -> PackagePrice:
        runtime = changing(info, input.environment_id)
        command = set_pricing_from_graphql(input)
        package = await pricing.set_package_pricing(command, runtime=runtime)
        assert package.pricing_type is not None
        return PackagePrice(package_id=str(package.id), pricing_type=package.pricing_type)
