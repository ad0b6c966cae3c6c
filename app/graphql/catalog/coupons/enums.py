"""GraphQL enums of coupons: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import (
    CouponSource,
    CouponStatus,
    CouponType,
    DiscountDurationType,
    DiscountType,
)

__all__ = [
    "CouponSource",
    "CouponStatus",
    "CouponType",
    "DiscountDurationType",
    "DiscountType",
]

for _enum in (
    CouponSource,
    CouponStatus,
    CouponType,
    DiscountDurationType,
    DiscountType,
):
    strawberry.enum(_enum)
