"""Query fields of products and their settings."""

import strawberry

from app.graphql.catalog.products.listing import (
    ANY_PRODUCT,
    NEWEST_PRODUCT,
    ProductConnection,
    ProductFilter,
    ProductSort,
)
from app.graphql.catalog.products.mapping import product_to_graphql
from app.graphql.context import Info
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection


@strawberry.type
class ProductsQuery:
    @strawberry.field
    async def products(
        self,
        info: Info,
        filter: ProductFilter | None = ANY_PRODUCT,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[ProductSort] | None = NEWEST_PRODUCT,
    ) -> ProductConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.products.page(query)
        return to_connection(ProductConnection, page, product_to_graphql)
