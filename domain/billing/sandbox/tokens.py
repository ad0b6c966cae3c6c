"""Payment methods, coupons and promotion codes whose names fix what happens with them.

`pm_ok` pays, `pm_fail` is declined, `pm_action` wants the customer's confirmation, and
`pm_processing` takes time; a suffix (`pm_fail_2`) makes several of a kind, and any other name
pays. Coupon `coupon_20` is 20 % off, `coupon_10_usd` is 10 USD off. Source: spec, subscriptions
§16 (tokens); the names of coupons and codes are this provider's own.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum

from domain.billing.model import PaymentOutcome, ProviderCoupon
from domain.catalog.enums import Currency
from domain.customers.enums import PaymentMethodType
from domain.customers.model import PaymentMethod
from domain.errors import Conflict, DomainError, ErrorCode, NotFound
from domain.money import Money

_OUTCOMES = {
    "pm_fail": PaymentOutcome.FAILED,
    "pm_action": PaymentOutcome.ACTION_REQUIRED,
    "pm_processing": PaymentOutcome.PROCESSING,
}
_LAST4 = {"pm_fail": "0341", "pm_action": "3155", "pm_processing": "0077"}
_PERCENT_COUPON = re.compile(r"coupon_(\d{1,3})")
_AMOUNT_COUPON = re.compile(r"coupon_(\d+)_([a-z]{3})")
MINIMUM_ORDER = Decimal(100)
EXPIRATION_MONTH = 12
EXPIRATION_YEAR = 2034
DECLINED = "Your card was declined."
NO_METHOD = "The customer has no payment method."


class PromotionCode(StrEnum):
    """The codes there are: two that work, and one for each reason why a code does not."""

    TWENTY_OFF = "SANDBOX20"
    TEN_OFF = "SANDBOX10USD"
    NOT_ACTIVE = "SANDBOX_INACTIVE"
    USED_UP = "SANDBOX_USED_UP"
    BIG_ORDERS = "SANDBOX_MINIMUM"
    FIRST_ORDER = "SANDBOX_FIRST"
    OTHERS = "SANDBOX_OTHERS"


_REFUSALS = {
    PromotionCode.NOT_ACTIVE: ErrorCode.PromotionCodeNotActive,
    PromotionCode.USED_UP: ErrorCode.PromotionCodeMaxRedemptionsReached,
    PromotionCode.BIG_ORDERS: ErrorCode.PromotionCodeMinimumAmountNotReached,
    PromotionCode.FIRST_ORDER: ErrorCode.PromotionCodeCustomerNotFirstPurchase,
    PromotionCode.OTHERS: ErrorCode.PromotionCodeNotForCustomer,
}


def _kind(token: str) -> str:
    return next((kind for kind in _OUTCOMES if token == kind or token.startswith(f"{kind}_")), "")


def outcome_of(token: str | None) -> PaymentOutcome:
    """What collecting by this method comes to; without one it fails."""
    if token is None:
        return PaymentOutcome.FAILED
    return _OUTCOMES.get(_kind(token), PaymentOutcome.PAID)


def method_of(token: str) -> PaymentMethod:
    """What a person recognises of the method."""
    return PaymentMethod(
        id=token,
        type=PaymentMethodType.CARD,
        last4_digits=_LAST4.get(_kind(token), "4242"),
        expiration_month=EXPIRATION_MONTH,
        expiration_year=EXPIRATION_YEAR,
    )


def coupon_of(coupon_id: str) -> ProviderCoupon | None:
    """The coupon that the name spells out; None if it spells none."""
    percent = _PERCENT_COUPON.fullmatch(coupon_id)
    if percent and 1 <= int(percent[1]) <= 100:
        return ProviderCoupon(
            billing_id=coupon_id, name=f"{percent[1]} % off", percent_off=Decimal(percent[1])
        )
    amount = _AMOUNT_COUPON.fullmatch(coupon_id)
    if amount and amount[2].upper() in Currency.__members__ and int(amount[1]) > 0:
        off = Money(Decimal(amount[1]), Currency[amount[2].upper()])
        return ProviderCoupon(
            billing_id=coupon_id,
            name=f"{off.amount} {off.currency.value} off",
            amounts_off=(off,),
        )
    return None


def coupon_of_code(code: str, sub_total: Money | None = None) -> ProviderCoupon:
    """The coupon behind a promotion code; `sub_total` None: what is bought is not known yet.

    Raises PromotionCodeNotFound, or the refusal that the code stands for: SANDBOX_MINIMUM's below
    100 in whatever currency.
    """
    try:
        known = PromotionCode(code)
    except ValueError:
        raise NotFound(
            ErrorCode.PromotionCodeNotFound, f"Promotion code {code} not found"
        ) from None
    if known is PromotionCode.BIG_ORDERS:
        if sub_total is not None and sub_total.amount < MINIMUM_ORDER:
            raise _refused(known)
    elif known in _REFUSALS:
        raise _refused(known)
    coupon = coupon_of("coupon_10_usd" if known is PromotionCode.TEN_OFF else "coupon_20")
    assert coupon is not None
    return coupon


def _refused(code: PromotionCode) -> DomainError:
    return Conflict(_REFUSALS[code], f"Promotion code {code.value} cannot be used")
