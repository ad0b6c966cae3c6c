"""Mutation fields of products and their settings."""

import strawberry

from app.graphql.catalog.products.inputs import (
    ArchiveProductInput,
    CreateOneProductInput,
    DeleteOneProductInput,
    DuplicateProductInput,
    UnArchiveProductInput,
    UpdateOneProductInput,
)
from app.graphql.catalog.products.mapping import (
    deleted_product_to_graphql,
    new_product_from_graphql,
    product_changes_from_graphql,
    product_to_graphql,
)
from app.graphql.catalog.products.types import Product, ProductDeleteResponse
from app.graphql.context import Info
from app.graphql.given import changing, given
from app.usecases.catalog import products
from app.usecases.catalog.duplication import CopyProduct, copy_product
from domain.catalog.duplication import DuplicateProduct


@strawberry.type
class ProductsMutation:
    @strawberry.mutation
    async def archive_one_product(self, info: Info, input: ArchiveProductInput) -> Product:
        runtime = changing(info, input.environment_id)
        return product_to_graphql(await products.archive(input.ref_id, runtime=runtime))

    @strawberry.mutation
    async def create_one_product(self, info: Info, input: CreateOneProductInput) -> Product:
        runtime = changing(info, input.product.environment_id)
        new = new_product_from_graphql(input.product)
        return product_to_graphql(await products.create(new, runtime=runtime))

    @strawberry.mutation
    async def delete_one_product(
        self, info: Info, input: DeleteOneProductInput
    ) -> ProductDeleteResponse:
        deleted = await products.delete(input.id, runtime=changing(info))
        return deleted_product_to_graphql(deleted)

    @strawberry.mutation
    async def duplicate_product(self, info: Info, input: DuplicateProductInput) -> Product:
        command = CopyProduct(
            source_id=input.source_product_id,
            copy=DuplicateProduct(
                ref_id=input.ref_id,
                display_name=given(input.display_name),
                description=given(input.description),
            ),
        )
        runtime = changing(info, input.environment_id)
        return product_to_graphql(await copy_product(command, runtime=runtime))

    @strawberry.mutation
    async def unarchive_one_product(self, info: Info, input: UnArchiveProductInput) -> Product:
        runtime = changing(info, input.environment_id)
        return product_to_graphql(await products.unarchive(input.ref_id, runtime=runtime))

    @strawberry.mutation
    async def update_one_product(self, info: Info, input: UpdateOneProductInput) -> Product:
        changes = product_changes_from_graphql(input.update)
        changed = await products.update(input.id, changes, runtime=changing(info))
        return product_to_graphql(changed)
