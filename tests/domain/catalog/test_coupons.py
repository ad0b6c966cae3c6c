"""Coupons: percentage or fixed, exactly one (spec, catalog §7)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.coupons import (
    CouponChanges,
    NewCoupon,
    archive_coupon,
    change_coupon,
    create_coupon,
    discount_value,
    require_applicable,
)
from domain.catalog.enums import CouponSource, CouponStatus, CouponType, Currency
from domain.catalog.model import Coupon
from domain.errors import DomainError, ErrorCode
from domain.ids import CouponId
from domain.money import Money
from tests.builders import NOW, uid

LATER = NOW + timedelta(days=1)
TEN = Money(Decimal(10), Currency.USD)


def new(**given: Any) -> Coupon:
    defaults: dict[str, Any] = {"ref_id": "coupon-x", "name": "X"}
    return create_coupon(NewCoupon(**(defaults | given)), id=CouponId(uid("coupon-x")), now=NOW)


def test_the_type_is_inferred() -> None:
    percentage = new(percent_off=Decimal(20))
    assert (percentage.type, discount_value(percentage)) == (CouponType.PERCENTAGE, Decimal(20))
    fixed = new(amounts_off=(TEN,))
    assert (fixed.type, discount_value(fixed)) == (CouponType.FIXED, Decimal(10))
    assert fixed.source is CouponSource.STIGG
    assert fixed.duration_in_months is None


def test_the_deprecated_value_is_understood_both_ways() -> None:
    assert new(discount_value=Decimal(15)).percent_off == Decimal(15)
    assert new(discount_value=Decimal(15), type=CouponType.FIXED).amounts_off == (
        Money(Decimal(15), Currency.USD),
    )


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, ErrorCode.BadUserInput),
        # worked example 13: percentOff 0; percentOff with amountsOff
        ({"percent_off": Decimal(0)}, ErrorCode.BadUserInput),
        ({"percent_off": Decimal(20), "amounts_off": (TEN,)}, ErrorCode.BadUserInput),
        ({"percent_off": Decimal(101)}, ErrorCode.BadUserInput),
        ({"percent_off": Decimal(20), "type": CouponType.FIXED}, ErrorCode.BadUserInput),
        ({"amounts_off": (TEN,), "type": CouponType.PERCENTAGE}, ErrorCode.BadUserInput),
        ({"amounts_off": (TEN, TEN)}, ErrorCode.BadUserInput),
        ({"amounts_off": (Money(Decimal(0), Currency.USD),)}, ErrorCode.BadUserInput),
        ({"amounts_off": (Money(Decimal(10**9), Currency.USD),)}, ErrorCode.AmountTooLarge),
        ({"percent_off": Decimal(20), "name": "x" * 41}, ErrorCode.BadUserInput),
        ({"percent_off": Decimal(20), "description": "x" * 256}, ErrorCode.BadUserInput),
        ({"percent_off": Decimal(20), "duration_in_months": Decimal(0)}, ErrorCode.BadUserInput),
        (
            {"percent_off": Decimal(20), "duration_in_months": Decimal("1.5")},
            ErrorCode.BadUserInput,
        ),
        ({"percent_off": Decimal(20), "ref_id": "_x"}, ErrorCode.BadUserInput),
        (
            {"percent_off": Decimal(20), "additional_meta_data": {"a": {}}},
            ErrorCode.InvalidMetadataError,
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], code: ErrorCode) -> None:
    with pytest.raises(DomainError) as error:
        new(**given)
    assert error.value.code is code


def test_only_name_description_and_metadata_change() -> None:
    coupon = new(percent_off=Decimal(20), description="d", duration_in_months=Decimal(3))
    changed = change_coupon(
        coupon,
        CouponChanges(name="Y", description=None, additional_meta_data={"a": "b"}),
        now=LATER,
    )
    assert (changed.name, changed.description) == ("Y", None)
    assert changed.additional_meta_data == {"a": "b"}
    assert (changed.percent_off, changed.duration_in_months) == (Decimal(20), 3)
    assert change_coupon(coupon, CouponChanges(), now=LATER).description == "d"


def test_an_archived_coupon_cannot_be_applied() -> None:
    coupon = new(percent_off=Decimal(20))
    assert require_applicable(coupon) is coupon
    archived = archive_coupon(coupon, now=LATER)
    assert archived.status is CouponStatus.ARCHIVED
    assert archive_coupon(archived, now=LATER) is archived
    with pytest.raises(DomainError) as error:
        require_applicable(archived)
    assert error.value.code is ErrorCode.ArchivedCouponCantBeApplied
