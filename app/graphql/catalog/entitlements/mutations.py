"""Mutation fields of package entitlements."""

import strawberry

from app.graphql.catalog.entitlements.inputs import (
    CreateManyPackageEntitlementsInput,
    CreatePackageEntitlementsInput,
    DeleteOnePackageEntitlementInput,
    DeletePackageEntitlementInput,
    UpdateOnePackageEntitlementInput,
    UpdatePackageEntitlementInput,
    UpdatePackageEntitlementOrderInput,
)
from app.graphql.catalog.entitlements.mapping import (
    change_from_graphql,
    deleted_entitlement_to_graphql,
    entitlement_to_graphql,
    feature_change_from_graphql,
    feature_entitlement_to_graphql,
    given_feature_from_graphql,
    given_from_graphql,
)
from app.graphql.catalog.entitlements.types import (
    PackageEntitlement,
    PackageEntitlementDeleteResponse,
    PackageEntitlementUnion,
    UpdateEntitlementsOrderDTO,
)
from app.graphql.context import Info
from app.graphql.given import changing
from app.graphql.numbers import exact_or_none, float_or_none
from app.usecases.packages import entitlements
from domain.catalog.model import FeatureEntitlement
from domain.catalog.model import PackageEntitlement as Entitlement
from domain.errors import bad_input


@strawberry.type
class PackageEntitlementsMutation:
    @strawberry.mutation
    async def create_many_package_entitlements(
        self, info: Info, input: CreateManyPackageEntitlementsInput
    ) -> list[PackageEntitlement]:
        runtime = changing(info)
        for one in input.package_entitlements:
            runtime = changing(info, one.environment_id)
        given = tuple(
            (one.package_id, given_feature_from_graphql(one)) for one in input.package_entitlements
        )
        created = await entitlements.create_entitlements_of_many(given, runtime=runtime)
        return [
            feature_entitlement_to_graphql(_require_feature(e), package.id)
            for package, e in created
        ]

    @strawberry.mutation
    async def create_package_entitlements(
        self, info: Info, input: CreatePackageEntitlementsInput
    ) -> list[PackageEntitlementUnion]:
        runtime = changing(info, input.environment_id)
        given = tuple(given_from_graphql(one) for one in input.entitlements)
        package, created = await entitlements.create_entitlements(
            input.package_id, given, runtime=runtime
        )
        return [entitlement_to_graphql(e, package.id) for e in created]

    @strawberry.mutation
    async def delete_one_package_entitlement(
        self, info: Info, input: DeleteOnePackageEntitlementInput
    ) -> PackageEntitlementDeleteResponse:
        package, deleted = await entitlements.delete_entitlement(
            input.id, kind="FEATURE", runtime=changing(info)
        )
        return deleted_entitlement_to_graphql(_require_feature(deleted), package.id)

    @strawberry.mutation
    async def delete_package_entitlement(
        self, info: Info, input: DeletePackageEntitlementInput
    ) -> PackageEntitlementUnion:
        package, deleted = await entitlements.delete_entitlement(input.id, runtime=changing(info))
        return entitlement_to_graphql(deleted, package.id)

    @strawberry.mutation
    async def update_entitlements_order(
        self, info: Info, input: UpdatePackageEntitlementOrderInput
    ) -> list[UpdateEntitlementsOrderDTO]:
        runtime = changing(info, input.environment_id)
        orders = tuple((e.id, exact_or_none(e.order)) for e in input.entitlements)
        ordered = await entitlements.reorder_entitlements(input.package_id, orders, runtime=runtime)
        return [
            UpdateEntitlementsOrderDTO(id=id, order=float_or_none(order)) for id, order in ordered
        ]

    @strawberry.mutation
    async def update_one_package_entitlement(
        self, info: Info, input: UpdateOnePackageEntitlementInput
    ) -> PackageEntitlement:
        package, changed = await entitlements.update_entitlement(
            input.id, feature_change_from_graphql(input.update), runtime=changing(info)
        )
        return feature_entitlement_to_graphql(_require_feature(changed), package.id)

    @strawberry.mutation
    async def update_package_entitlement(
        self, info: Info, input: UpdatePackageEntitlementInput
    ) -> PackageEntitlementUnion:
        package, changed = await entitlements.update_entitlement(
            input.id, change_from_graphql(input), runtime=changing(info)
        )
        return entitlement_to_graphql(changed, package.id)


def _require_feature(entitlement: Entitlement) -> FeatureEntitlement:
    """The legacy roots know feature entitlements only."""
    if not isinstance(entitlement, FeatureEntitlement):
        raise bad_input(f"entitlement {entitlement.id} is of a credit")
    return entitlement
