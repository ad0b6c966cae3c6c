"""A subscription's own coupon (spec, subscriptions §4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.billing.model import ProviderCoupon
from domain.catalog.enums import CouponSource, CouponStatus, CouponType, Currency
from domain.catalog.model import Coupon
from domain.errors import DomainError, ErrorCode
from domain.ids import CouponId
from domain.money import Money
from domain.subscriptions.coupons import (
    applied_coupon,
    discount_in_force,
    expire_coupons,
    with_coupon,
)
from domain.subscriptions.enums import SubscriptionCouponStatus
from domain.subscriptions.model import SubscriptionCoupon
from domain.subscriptions.request import CouponRequest, DiscountRequest
from tests.builders import NOW, a_customer, a_plan, a_price, a_subscription, uid, utc
from tests.domain.subscriptions.facts import content_facts, counted_ids

PLAN = a_plan("plan-pro", a_price(50))
TEN_USD = Money(Decimal(10), Currency.USD)


def a_coupon(**given: Any) -> Coupon:
    defaults: dict[str, Any] = {
        "id": CouponId(uid("coupon")),
        "ref_id": "coupon-id",
        "name": "Less",
        "type": CouponType.PERCENTAGE,
        "percent_off": Decimal(20),
        "source": CouponSource.STIGG,
        "status": CouponStatus.ACTIVE,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Coupon(**defaults | given)


def applied(request: CouponRequest, **facts: Any) -> SubscriptionCoupon:
    return applied_coupon(
        request,
        content_facts(PLAN, **facts),
        start=utc("2024-01-31"),
        currency=Currency.USD,
        new_id=counted_ids(),
    )


def code_of(request: CouponRequest, **facts: Any) -> ErrorCode:
    with pytest.raises(DomainError) as refused:
        applied(request, **facts)
    return refused.value.code


def discount(**given: Any) -> CouponRequest:
    return CouponRequest(discount=DiscountRequest(**given))


def test_three_months_from_the_last_of_january_end_on_the_thirtieth_of_april() -> None:
    coupon = applied(discount(percent_off=Decimal(20), duration_in_months=3))
    assert coupon.expiration_date == utc("2024-04-30")
    assert coupon.source is CouponSource.STIGG_ADHOC


def test_a_catalogue_coupon_is_copied() -> None:
    coupon = applied(CouponRequest(coupon_ref_id="coupon-id"), coupon=a_coupon())
    assert coupon.coupon_id == uid("coupon")
    assert coupon.percent_off == 20


def test_a_provider_coupon_is_copied() -> None:
    known = ProviderCoupon(billing_id="coupon_10_usd", name="Ten", amounts_off=(TEN_USD,))
    coupon = applied(CouponRequest(promotion_code="TEN"), provider_coupon=known)
    assert (coupon.type, coupon.promotion_code) == (CouponType.FIXED, "TEN")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (CouponRequest(), ErrorCode.InvalidArgumentError),
        (CouponRequest(coupon_ref_id="a", promotion_code="b"), ErrorCode.InvalidArgumentError),
        (CouponRequest(coupon_ref_id="coupon-x"), ErrorCode.CouponNotFound),
        (CouponRequest(promotion_code="CODE"), ErrorCode.BillingIntegrationMissing),
        (discount(), ErrorCode.InvalidArgumentError),
        (discount(percent_off=Decimal(20), amounts_off=(TEN_USD,)), ErrorCode.InvalidArgumentError),
        (discount(percent_off=Decimal(101)), ErrorCode.InvalidArgumentError),
        (
            discount(amounts_off=(Money(Decimal(1), Currency.EUR),)),
            ErrorCode.InvalidArgumentError,
        ),
        (
            discount(amounts_off=(Money(Decimal(0), Currency.USD),)),
            ErrorCode.InvalidArgumentError,
        ),
        (
            discount(percent_off=Decimal(20), duration_in_months=0),
            ErrorCode.InvalidArgumentError,
        ),
    ],
)
def test_what_cannot_be_is_refused(request_: CouponRequest, code: ErrorCode) -> None:
    assert code_of(request_) is code


def test_an_archived_coupon_is_refused() -> None:
    coupon = a_coupon(status=CouponStatus.ARCHIVED)
    request = CouponRequest(coupon_ref_id="coupon-id")
    assert code_of(request, coupon=coupon) is ErrorCode.ArchivedCouponCantBeApplied


def test_the_own_coupon_displaces_the_customers_while_in_force() -> None:
    own = applied(discount(percent_off=Decimal(50), duration_in_months=1))
    subscription = with_coupon(a_subscription(a_customer(), PLAN), own)
    customers = a_coupon()
    during = discount_in_force(subscription, customers, period_start=utc("2024-02-10"))
    after = discount_in_force(subscription, customers, period_start=utc("2024-02-29"))
    before = discount_in_force(subscription, None, period_start=utc("2024-01-01"))
    assert during is not None
    assert during.percent_off == 50
    assert after is not None
    assert after.percent_off == 20
    assert before is None


def test_replaced_is_removed_and_over_is_expired() -> None:
    first = applied(discount(percent_off=Decimal(50), duration_in_months=1))
    subscription = with_coupon(a_subscription(a_customer(), PLAN), first)
    replaced = with_coupon(subscription, applied(discount(percent_off=Decimal(10))))
    assert [one.status for one in replaced.coupons] == [
        SubscriptionCouponStatus.REMOVED,
        SubscriptionCouponStatus.ACTIVE,
    ]
    expired = expire_coupons(subscription, now=utc("2024-02-29"))
    assert [one.status for one in expired.coupons] == [SubscriptionCouponStatus.EXPIRED]
    assert expire_coupons(replaced, now=utc("2024-02-01")) == replaced
