"""Mutation fields of customers."""

import strawberry

from app.graphql.context import Info
from app.graphql.customers.commands import (
    bulk_command,
    create_command,
    import_command,
    provision_command,
    update_command,
)
from app.graphql.customers.inputs import (
    ArchiveCustomerInput,
    CreateManyPromotionalEntitlementsInput,
    CustomerInput,
    DeleteOnePromotionalEntitlementInput,
    GrantPromotionalEntitlementsGroupInput,
    GrantPromotionalEntitlementsInput,
    ImportCustomerBulkInput,
    ImportCustomerInput,
    ProvisionCustomerInput,
    RemoveCouponFromCustomerInput,
    RevokePromotionalEntitlementInput,
    RevokePromotionalEntitlementsGroupInput,
    SetCouponOnCustomerInput,
    UnarchiveCustomerInput,
    UnlinkPromotionalEntitlementsGroupInput,
    UpdateCustomerInput,
    UpdateOnePromotionalEntitlementInput,
)
from app.graphql.customers.mapping import customer_to_graphql, provisioned_customer_to_graphql
from app.graphql.customers.promotional import (
    deleted_to_graphql,
    grants_from_legacy,
    promotional_to_graphql,
    promotions_from_graphql,
    terms_from_graphql,
)
from app.graphql.customers.types import (
    Customer,
    PromotionalEntitlement,
    PromotionalEntitlementDeleteResponse,
    ProvisionedCustomer,
)
from app.graphql.given import changing, runtime_for
from app.usecases import customers as usecases
from app.usecases import promotions
from app.usecases.customer_imports import import_customers
from app.usecases.customer_lifecycle import archive_customer, provision_customer


@strawberry.type
class CustomersMutation:
    @strawberry.mutation
    async def archive_customer(self, info: Info, input: ArchiveCustomerInput) -> Customer:
        runtime = changing(info, input.environment_id)
        return customer_to_graphql(await archive_customer(input.customer_id, runtime=runtime))

    @strawberry.mutation
    async def create_many_promotional_entitlements(
        self, info: Info, input: CreateManyPromotionalEntitlementsInput
    ) -> list[PromotionalEntitlement]:
        for item in input.promotional_entitlements:
            runtime_for(info, item.environment_id)
        grants = await promotions.grant_to_many(
            grants_from_legacy(input.promotional_entitlements), runtime=changing(info)
        )
        return [promotional_to_graphql(grant, info) for grant in grants]

    @strawberry.mutation(deprecation_reason="No longer supported")  # type: ignore[untyped-decorator]  # an untyped overload
    async def create_one_customer(self, info: Info, input: CustomerInput) -> Customer:
        runtime = changing(info, input.environment_id)
        created = await usecases.create_customer(create_command(input), runtime=runtime)
        return customer_to_graphql(created)

    @strawberry.mutation
    async def delete_one_promotional_entitlement(
        self, info: Info, input: DeleteOnePromotionalEntitlementInput
    ) -> PromotionalEntitlementDeleteResponse:
        deleted = await promotions.delete_promotion(input.id, runtime=changing(info))
        return deleted_to_graphql(deleted, info)

    @strawberry.mutation
    async def grant_promotional_entitlements(
        self, info: Info, input: GrantPromotionalEntitlementsInput
    ) -> list[PromotionalEntitlement]:
        command = promotions.GrantPromotions(
            customer_ref_id=input.customer_id,
            promotions=promotions_from_graphql(input.promotional_entitlements),
        )
        runtime = changing(info, input.environment_id)
        grants = await promotions.grant_promotions(command, runtime=runtime)
        return [promotional_to_graphql(grant, info) for grant in grants]

    @strawberry.mutation
    async def grant_promotional_entitlements_group(
        self, info: Info, input: GrantPromotionalEntitlementsGroupInput
    ) -> list[PromotionalEntitlement]:
        command = promotions.GrantPromotions(
            customer_ref_id=input.customer_id,
            promotions=promotions_from_graphql(input.promotional_entitlements),
            feature_group_id=input.feature_group_id,
        )
        runtime = changing(info, input.environment_id)
        grants = await promotions.grant_promotions(command, runtime=runtime)
        return [promotional_to_graphql(grant, info) for grant in grants]

    @strawberry.mutation
    async def import_customers_bulk(self, info: Info, input: ImportCustomerBulkInput) -> str | None:
        runtime = changing(info, input.environment_id)
        return str(await import_customers(bulk_command(input.customers), runtime=runtime))

    @strawberry.mutation
    async def import_one_customer(self, info: Info, input: ImportCustomerInput) -> Customer:
        runtime = changing(info, input.environment_id)
        imported = await usecases.import_customer(import_command(input), runtime=runtime)
        return customer_to_graphql(imported)

    @strawberry.mutation
    async def provision_customer(
        self, info: Info, input: ProvisionCustomerInput
    ) -> ProvisionedCustomer:
        runtime = changing(info, input.environment_id)
        provisioned = await provision_customer(provision_command(input), runtime=runtime)
        return provisioned_customer_to_graphql(provisioned)

    @strawberry.mutation
    async def remove_coupon_from_customer(
        self, info: Info, input: RemoveCouponFromCustomerInput
    ) -> Customer:
        changed = await usecases.remove_coupon(input.id, input.relation_id, runtime=changing(info))
        return customer_to_graphql(changed)

    @strawberry.mutation
    async def revoke_promotional_entitlement(
        self, info: Info, input: RevokePromotionalEntitlementInput
    ) -> PromotionalEntitlement:
        runtime = changing(info, input.environment_id)
        revoked = await promotions.revoke_promotion(
            input.customer_id, input.feature_id, runtime=runtime
        )
        return promotional_to_graphql(revoked, info)

    @strawberry.mutation
    async def revoke_promotional_entitlements_group(
        self, info: Info, input: RevokePromotionalEntitlementsGroupInput
    ) -> list[PromotionalEntitlement]:
        runtime = changing(info, input.environment_id)
        revoked = await promotions.revoke_group(
            input.customer_id, input.feature_group_id, runtime=runtime
        )
        return [promotional_to_graphql(grant, info) for grant in revoked]

    @strawberry.mutation
    async def set_coupon_on_customer(self, info: Info, input: SetCouponOnCustomerInput) -> Customer:
        changed = await usecases.set_coupon(input.id, input.relation_id, runtime=changing(info))
        return customer_to_graphql(changed)

    @strawberry.mutation
    async def unarchive_customer(self, info: Info, input: UnarchiveCustomerInput) -> Customer:
        runtime = changing(info, input.environment_id)
        customer = await usecases.unarchive_customer(input.customer_id, runtime=runtime)
        return customer_to_graphql(customer)

    @strawberry.mutation
    async def unlink_promotional_entitlements_group(
        self, info: Info, input: UnlinkPromotionalEntitlementsGroupInput
    ) -> list[PromotionalEntitlement]:
        runtime = changing(info, input.environment_id)
        unlinked = await promotions.unlink_group(
            input.customer_id, input.feature_group_id, runtime=runtime
        )
        return [promotional_to_graphql(grant, info) for grant in unlinked]

    @strawberry.mutation
    async def update_one_customer(self, info: Info, input: UpdateCustomerInput) -> Customer:
        runtime = changing(info, input.environment_id)
        updated = await usecases.update_customer(update_command(input), runtime=runtime)
        return customer_to_graphql(updated)

    @strawberry.mutation
    async def update_one_promotional_entitlement(
        self, info: Info, input: UpdateOnePromotionalEntitlementInput
    ) -> PromotionalEntitlement:
        terms = terms_from_graphql(input.update)
        updated = await promotions.update_promotion(input.id, terms, runtime=changing(info))
        return promotional_to_graphql(updated, info)
