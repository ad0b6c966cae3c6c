"""Decisions on coupons: percentage or fixed, exactly one. Source: spec, catalog §7."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from domain.catalog.enums import CouponSource, CouponStatus, CouponType, Currency
from domain.catalog.model import Coupon
from domain.catalog.text import require_description, require_length, require_meta_data
from domain.errors import Conflict, ErrorCode, InvalidInput, NotFound, bad_input, not_found
from domain.ids import CouponId, require_ref_id
from domain.money import Money
from domain.patch import ABSENT, Maybe, kept, kept_unless_given

COUPON_NAME_LENGTH_MAX = 40
AMOUNT_MAX = Decimal(999_999_999)
DURATION_MONTHS_MAX = 1_200  # a hundred years: an end that calendars can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCoupon:
    """A coupon as the caller describes it, unchecked; durations in months."""

    ref_id: str
    name: str
    description: str | None = None
    type: CouponType | None = None
    percent_off: Decimal | None = None
    amounts_off: tuple[Money, ...] = ()
    discount_value: Decimal | None = None
    duration_in_months: Decimal | None = None
    additional_meta_data: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponChanges:
    """What an update says of a coupon; absent fields stay, the discount never changes."""

    name: Maybe[str | None] = ABSENT
    description: Maybe[str | None] = ABSENT
    additional_meta_data: object = ABSENT


def coupon_not_found(identifier: str) -> NotFound:
    return not_found(ErrorCode.CouponNotFound, "Coupon", identifier)


def create_coupon(
    new: NewCoupon,
    *,
    id: CouponId,
    now: datetime,
    source: CouponSource = CouponSource.STIGG,
) -> Coupon:
    """Return the coupon that `new` describes.

    Raises BadUserInput unless exactly one of percentOff (1-100) and amountsOff (each above 0,
    currencies unique) is given and agrees with `type`; AmountTooLarge. Worked example: §12 #13.
    """
    percent_off, amounts_off = _discount(new)
    kind = CouponType.FIXED if percent_off is None else CouponType.PERCENTAGE
    if (percent_off is None) == (not amounts_off):
        raise bad_input("Exactly one of percentOff and amountsOff is required")
    if new.type not in {None, kind}:
        raise bad_input(f"type {new.type} does not agree with the discount")
    if percent_off is not None and not 1 <= percent_off <= 100:
        raise bad_input("percentOff must be from 1 to 100")
    _require_amounts(amounts_off)
    return Coupon(
        id=id,
        ref_id=require_ref_id(new.ref_id),
        name=_name(new.name),
        description=require_description(new.description),
        type=kind,
        percent_off=percent_off,
        amounts_off=amounts_off,
        duration_in_months=_months(new.duration_in_months),
        source=source,
        status=CouponStatus.ACTIVE,
        additional_meta_data=require_meta_data(new.additional_meta_data),
        created_at=now,
        updated_at=now,
    )


def change_coupon(coupon: Coupon, changes: CouponChanges, *, now: datetime) -> Coupon:
    """Return the coupon with its name, description or metadata changed."""
    meta_data = coupon.additional_meta_data
    if changes.additional_meta_data is not ABSENT:
        meta_data = require_meta_data(changes.additional_meta_data)
    return replace(
        coupon,
        name=_name(kept_unless_given(changes.name, coupon.name)),
        description=require_description(kept(changes.description, coupon.description)),
        additional_meta_data=meta_data,
        updated_at=now,
    )


def archive_coupon(coupon: Coupon, *, now: datetime) -> Coupon:
    """Return the coupon archived for good; applied ones continue. Twice changes nothing."""
    if coupon.status is CouponStatus.ARCHIVED:
        return coupon
    return replace(coupon, status=CouponStatus.ARCHIVED, updated_at=now)


def require_applicable(coupon: Coupon) -> Coupon:
    """Return the coupon, or raise ArchivedCouponCantBeApplied."""
    if coupon.status is CouponStatus.ARCHIVED:
        raise Conflict(ErrorCode.ArchivedCouponCantBeApplied, f"Coupon {coupon.ref_id} is archived")
    return coupon


def discount_value(coupon: Coupon) -> Decimal:
    """The deprecated single figure: the percentage, else the first amount."""
    if coupon.percent_off is not None:
        return coupon.percent_off
    return coupon.amounts_off[0].amount


def _discount(new: NewCoupon) -> tuple[Decimal | None, tuple[Money, ...]]:
    """Percentage and amounts; the deprecated `discountValue` counts where neither is given."""
    if new.percent_off is not None or new.amounts_off or new.discount_value is None:
        return new.percent_off, new.amounts_off
    if new.type is CouponType.FIXED:
        return None, (Money(new.discount_value, Currency.USD),)
    return new.discount_value, ()


def _require_amounts(amounts: Sequence[Money]) -> None:
    if len({money.currency for money in amounts}) != len(amounts):
        raise bad_input("amountsOff must have one amount a currency")
    for money in amounts:
        if money.amount <= 0:
            raise bad_input("amountsOff must be above 0")
        if money.amount > AMOUNT_MAX:
            raise InvalidInput(ErrorCode.AmountTooLarge, f"amountsOff must not exceed {AMOUNT_MAX}")


def _name(text: str) -> str:
    return require_length(text, field="name", minimum=1, maximum=COUPON_NAME_LENGTH_MAX)


def _months(duration: Decimal | None) -> int | None:
    if duration is None:
        return None
    if not 1 <= duration <= DURATION_MONTHS_MAX or duration != duration.to_integral_value():
        raise bad_input(f"durationInMonths must be a whole number from 1 to {DURATION_MONTHS_MAX}")
    return int(duration)
