"""Output types of coupons."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.access import require_right
from app.graphql.catalog.coupons.enums import CouponSource, CouponStatus, CouponType
from app.graphql.context import Info
from app.graphql.customers.listing import (
    ANY_CUSTOMER,
    NEWEST_CUSTOMER,
    CustomerFilter,
    CustomerSort,
)
from app.graphql.filtering import predicate_of
from app.graphql.paging import orders_of
from app.graphql.resolvers import environment, environment_id
from app.graphql.scalars import JSON
from domain.catalog import model

if TYPE_CHECKING:
    from app.graphql.accounts.types import Environment
    from app.graphql.catalog.currencies.types import Money
    from app.graphql.customers.types import Customer
    from app.graphql.integrations.types import SyncState

CustomerRef = Annotated["Customer", strawberry.lazy("app.graphql.customers.types")]
EnvironmentRef = Annotated["Environment", strawberry.lazy("app.graphql.accounts.types")]
MoneyRef = Annotated["Money", strawberry.lazy("app.graphql.catalog.currencies.types")]
SyncStateRef = Annotated["SyncState", strawberry.lazy("app.graphql.integrations.types")]


@strawberry.type
class Coupon:
    source_coupon: strawberry.Private[model.Coupon]
    additional_meta_data: JSON | None
    amounts_off: list[MoneyRef] | None
    billing_id: str | None
    billing_link_url: str | None
    created_at: datetime
    description: str | None
    discount_value: float = strawberry.field(deprecation_reason="No longer supported")
    duration_in_months: float | None
    environment_id: UUID = strawberry.field(resolver=environment_id)
    id: UUID
    name: str
    percent_off: float | None
    ref_id: str
    source: CouponSource
    status: CouponStatus
    sync_states: list[SyncStateRef] | None
    type: CouponType
    updated_at: datetime

    @strawberry.field
    async def environment(self, info: Info) -> EnvironmentRef | None:
        return await environment(info)

    @strawberry.field
    async def customers(
        self,
        info: Info,
        filter: CustomerFilter | None = ANY_CUSTOMER,
        sorting: list[CustomerSort] | None = NEWEST_CUSTOMER,
    ) -> list[CustomerRef] | None:
        """Needs the right to list customers: a coupon's holder must not learn of the others."""
        from app.graphql.customers.mapping import customer_to_graphql

        require_right("customers", info.context.principal)

        loader = info.context.loaders.customers_of_coupon(predicate_of(filter), orders_of(sorting))
        found = await loader.load(self.source_coupon.id)
        return [customer_to_graphql(customer) for customer in found or ()]
