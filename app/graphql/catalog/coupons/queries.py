"""Query fields of coupons."""

from uuid import UUID

import strawberry

from app.graphql.catalog.coupons.listing import (
    ANY_COUPON,
    NEWEST_COUPON,
    CouponConnection,
    CouponFilter,
    CouponSort,
)
from app.graphql.catalog.coupons.mapping import coupon_to_graphql
from app.graphql.catalog.coupons.types import Coupon
from app.graphql.context import Info
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection
from domain.catalog.enums import CouponSource
from domain.ids import CouponId
from domain.listing import Compare, Operator, mentions


@strawberry.type
class CouponsQuery:
    @strawberry.field
    async def coupon(self, info: Info, id: UUID) -> Coupon | None:
        found = await info.context.loaders.coupons.load(CouponId(id))
        return None if found is None else coupon_to_graphql(found)

    @strawberry.field
    async def coupons(
        self,
        info: Info,
        filter: CouponFilter | None = ANY_COUPON,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[CouponSort] | None = NEWEST_COUPON,
    ) -> CouponConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        if not mentions(query.predicate, "source"):
            query = query.narrowed(Compare("source", Operator.NEQ, CouponSource.STIGG_ADHOC.value))
        page = await info.context.runtime.readers.coupons.page(query)
        return to_connection(CouponConnection, page, coupon_to_graphql)
