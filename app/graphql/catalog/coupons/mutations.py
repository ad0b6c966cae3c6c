"""Mutation fields of coupons."""

import strawberry

from app.graphql.catalog.coupons.inputs import (
    ArchiveCouponInput,
    CreateCouponInput,
    UpdateCouponInput,
)
from app.graphql.catalog.coupons.mapping import (
    coupon_changes_from_graphql,
    coupon_to_graphql,
    new_coupon_from_graphql,
)
from app.graphql.catalog.coupons.types import Coupon
from app.graphql.context import Info
from app.graphql.given import changing
from app.usecases.catalog import coupons


@strawberry.type
class CouponsMutation:
    @strawberry.mutation
    async def archive_one_coupon(self, info: Info, input: ArchiveCouponInput) -> Coupon:
        runtime = changing(info, input.environment_id)
        return coupon_to_graphql(await coupons.archive(input.ref_id, runtime=runtime))

    @strawberry.mutation
    async def create_one_coupon(self, info: Info, input: CreateCouponInput) -> Coupon:
        runtime = changing(info, input.environment_id)
        new = new_coupon_from_graphql(input)
        return coupon_to_graphql(await coupons.create(new, runtime=runtime))

    @strawberry.mutation
    async def update_one_coupon(self, info: Info, input: UpdateCouponInput) -> Coupon:
        runtime = changing(info, input.environment_id)
        changes = coupon_changes_from_graphql(input)
        return coupon_to_graphql(await coupons.update(input.ref_id, changes, runtime=runtime))
