"""A subscription's own coupon: from what it is made, and when it is in force.

Source: spec, subscriptions §4 (coupon) and catalog §7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.catalog.coupons import DURATION_MONTHS_MAX
from domain.catalog.enums import CouponSource, CouponStatus, CouponType, Currency
from domain.catalog.model import Coupon
from domain.errors import Conflict, ErrorCode, InvalidInput, NotFound, invalid_argument
from domain.periods import add_months
from domain.subscriptions.amounts import Discount, discount_of
from domain.subscriptions.enums import SubscriptionCouponStatus
from domain.subscriptions.facts import CouponFacts
from domain.subscriptions.model import Subscription, SubscriptionCoupon
from domain.subscriptions.request import CouponRequest, DiscountRequest


def require_one_source(request: CouponRequest) -> None:
    """Raise InvalidArgumentError unless exactly one source of the coupon is given."""
    sources = (
        request.coupon_ref_id,
        request.billing_coupon_id,
        request.promotion_code,
        request.discount,
    )
    if sum(source is not None for source in sources) != 1:
        raise invalid_argument(
            "appliedCoupon takes exactly one of couponId, billingCouponId, promotionCode, discount"
        )


def applied_coupon(
    request: CouponRequest,
    facts: CouponFacts,
    *,
    start: datetime,
    currency: Currency | None,
    new_id: Callable[[], UUID],
) -> SubscriptionCoupon:
    """The coupon as applied, in force from `configuration.startDate` or `start`.

    Raises CouponNotFound, ArchivedCouponCantBeApplied, BillingIntegrationMissing for what only a
    provider knows, InvalidArgumentError for a discount that cannot be meant.
    """
    require_one_source(request)
    start_date = request.start_date or start
    coupon_id = new_id()
    if request.coupon_ref_id is not None:
        applied = _from_catalogue(coupon_id, request.coupon_ref_id, facts.coupon, start_date)
    elif request.discount is not None:
        applied = _ad_hoc(coupon_id, request.discount, start_date)
    else:
        applied = _from_provider(coupon_id, request, facts, start_date)
    _require_meant(applied, currency=currency)
    return applied


def _from_catalogue(
    new_id: UUID, ref_id: str, coupon: Coupon | None, start: datetime
) -> SubscriptionCoupon:
    if coupon is None:
        raise NotFound(ErrorCode.CouponNotFound, f"Coupon {ref_id} not found", refId=ref_id)
    if coupon.status is CouponStatus.ARCHIVED:
        raise Conflict(
            ErrorCode.ArchivedCouponCantBeApplied, f"Coupon {ref_id} is archived", refId=ref_id
        )
    return SubscriptionCoupon(
        id=new_id,
        coupon_id=coupon.id,
        ref_id=coupon.ref_id,
        name=coupon.name,
        type=coupon.type,
        source=coupon.source,
        percent_off=coupon.percent_off,
        amounts_off=coupon.amounts_off,
        duration_in_months=coupon.duration_in_months,
        start_date=start,
        expiration_date=_expiration(start, coupon.duration_in_months),
        status=SubscriptionCouponStatus.ACTIVE,
    )


def _ad_hoc(new_id: UUID, discount: DiscountRequest, start: datetime) -> SubscriptionCoupon:
    return SubscriptionCoupon(
        id=new_id,
        coupon_id=None,
        ref_id=f"coupon-{new_id.hex[:6]}",
        name=discount.name or "Discount",
        type=CouponType.PERCENTAGE if discount.percent_off is not None else CouponType.FIXED,
        source=CouponSource.STIGG_ADHOC,
        percent_off=discount.percent_off,
        amounts_off=discount.amounts_off,
        duration_in_months=discount.duration_in_months,
        start_date=start,
        expiration_date=_expiration(start, discount.duration_in_months),
        status=SubscriptionCouponStatus.ACTIVE,
    )


def _from_provider(
    new_id: UUID, request: CouponRequest, facts: CouponFacts, start: datetime
) -> SubscriptionCoupon:
    coupon = facts.provider_coupon
    if coupon is None:
        raise Conflict(
            ErrorCode.BillingIntegrationMissing,
            "Promotion codes and provider coupons need a billing integration",
        )
    return SubscriptionCoupon(
        id=new_id,
        coupon_id=None,
        ref_id=coupon.billing_id,
        name=coupon.name,
        type=CouponType.PERCENTAGE if coupon.percent_off is not None else CouponType.FIXED,
        source=CouponSource.STRIPE,
        percent_off=coupon.percent_off,
        amounts_off=coupon.amounts_off,
        duration_in_months=coupon.duration_in_months,
        start_date=start,
        expiration_date=_expiration(start, coupon.duration_in_months),
        status=SubscriptionCouponStatus.ACTIVE,
        promotion_code=request.promotion_code,
    )


def _expiration(start: datetime, months: int | None) -> datetime | None:
    """From 01-31 for 3 months -> 04-30: invoices 01-31, 02-29, 03-31 are discounted."""
    if months is None:
        return None
    if not 1 <= months <= DURATION_MONTHS_MAX:
        raise invalid_argument(f"durationInMonths must be from 1 to {DURATION_MONTHS_MAX}")
    return add_months(start, months)


def _require_meant(coupon: SubscriptionCoupon, *, currency: Currency | None) -> None:
    if (coupon.percent_off is None) == (not coupon.amounts_off):
        raise invalid_argument("A discount has percentOff or amountsOff, exactly one")
    if coupon.percent_off is not None and not Decimal(1) <= coupon.percent_off <= Decimal(100):
        raise invalid_argument("percentOff must be from 1 to 100")
    if coupon.amounts_off and currency is not None:
        if all(amount.currency is not currency for amount in coupon.amounts_off):
            raise _wrong_currency(coupon, currency)
        if any(amount.amount <= 0 for amount in coupon.amounts_off):
            raise invalid_argument("amountsOff must be above 0")


def with_coupon(subscription: Subscription, coupon: SubscriptionCoupon | None) -> Subscription:
    """The subscription with `coupon` in place of the one in force, which becomes REMOVED."""
    removed = tuple(
        replace(old, status=SubscriptionCouponStatus.REMOVED)
        if old.status is SubscriptionCouponStatus.ACTIVE
        else old
        for old in subscription.coupons
    )
    return replace(subscription, coupons=(*removed, coupon) if coupon else removed)


def expire_coupons(subscription: Subscription, *, now: datetime) -> Subscription:
    """Coupons past their expiration become EXPIRED."""
    return replace(
        subscription,
        coupons=tuple(
            replace(coupon, status=SubscriptionCouponStatus.EXPIRED)
            if coupon.status is SubscriptionCouponStatus.ACTIVE
            and coupon.expiration_date is not None
            and coupon.expiration_date <= now
            else coupon
            for coupon in subscription.coupons
        ),
    )


def _wrong_currency(coupon: SubscriptionCoupon, currency: Currency) -> InvalidInput:
    """Inline: an argument that cannot be; the catalogue's: the wrong coupon (catalog §7)."""
    message = f"amountsOff must be in the subscription's currency, {currency}"
    if coupon.source is CouponSource.STIGG:
        return InvalidInput(ErrorCode.BadUserInput, message, refId=coupon.ref_id)
    return invalid_argument(message)


def discount_in_force(
    subscription: Subscription, customer_coupon: Coupon | None, *, period_start: datetime
) -> Discount | None:
    """What comes off an invoice whose period starts at `period_start`.

    The subscription's own coupon displaces the customer's while in force; never stacked.
    """
    own = subscription.coupon
    if own is not None and is_in_force(own, at=period_start):
        return discount_of(own)
    return discount_of(customer_coupon)


def is_in_force(coupon: SubscriptionCoupon, *, at: datetime) -> bool:
    """Whether an invoice for a period starting `at` is discounted: [start, expiration)."""
    if coupon.start_date > at:
        return False
    return coupon.expiration_date is None or at < coupon.expiration_date
