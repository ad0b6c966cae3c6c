"""Command inputs of coupons."""

import strawberry

from app.graphql.catalog.coupons.enums import CouponType
from app.graphql.catalog.currencies.inputs import MoneyInputDTO
from app.graphql.scalars import JSON


@strawberry.input
class ArchiveCouponInput:
    environment_id: str | None = strawberry.UNSET
    ref_id: str


@strawberry.input
class CreateCouponInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    amounts_off: list[MoneyInputDTO] | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    discount_value: float | None = strawberry.field(
        default=strawberry.UNSET, deprecation_reason="No longer supported"
    )
    duration_in_months: float | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    name: str
    percent_off: float | None = strawberry.UNSET
    ref_id: str
    type: CouponType | None = strawberry.UNSET


@strawberry.input
class UpdateCouponInput:
    additional_meta_data: JSON | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    name: str | None = strawberry.UNSET
    ref_id: str
