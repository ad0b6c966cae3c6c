"""Coupons between the wire and the domain."""

from app.graphql.catalog.coupons.inputs import CreateCouponInput, UpdateCouponInput
from app.graphql.catalog.coupons.types import Coupon
from app.graphql.catalog.currencies.mapping import money_from_graphql, money_to_graphql
from app.graphql.given import given, maybe
from app.graphql.numbers import exact_or_none, float_or_none
from app.graphql.scalars import JSON
from domain.catalog import model
from domain.catalog.coupons import CouponChanges, NewCoupon, discount_value


def coupon_to_graphql(coupon: model.Coupon) -> Coupon:
    return Coupon(
        source_coupon=coupon,
        additional_meta_data=None
        if coupon.additional_meta_data is None
        else JSON(coupon.additional_meta_data),
        amounts_off=[money_to_graphql(money) for money in coupon.amounts_off],
        billing_id=coupon.billing_id,
        billing_link_url=None,
        created_at=coupon.created_at,
        description=coupon.description,
        discount_value=float(discount_value(coupon)),
        duration_in_months=float_or_none(coupon.duration_in_months),
        id=coupon.id,
        name=coupon.name,
        percent_off=float_or_none(coupon.percent_off),
        ref_id=coupon.ref_id,
        source=coupon.source,
        status=coupon.status,
        sync_states=[],
        type=coupon.type,
        updated_at=coupon.updated_at,
    )


def new_coupon_from_graphql(input: CreateCouponInput) -> NewCoupon:
    return NewCoupon(
        ref_id=input.ref_id,
        name=input.name,
        description=given(input.description),
        type=given(input.type),
        percent_off=exact_or_none(input.percent_off),
        amounts_off=tuple(money_from_graphql(m) for m in given(input.amounts_off) or ()),
        discount_value=exact_or_none(input.discount_value),
        duration_in_months=exact_or_none(input.duration_in_months),
        additional_meta_data=given(input.additional_meta_data),
    )


def coupon_changes_from_graphql(input: UpdateCouponInput) -> CouponChanges:
    return CouponChanges(
        name=maybe(input.name),
        description=maybe(input.description),
        additional_meta_data=maybe(input.additional_meta_data),
    )
