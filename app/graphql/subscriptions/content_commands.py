"""What an input buys → `ContentRequest`: quantities, add-ons, overrides, entitlements, coupon.

Not every input has every field; `field_of` reads whichever of them a given input has.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from app.graphql.catalog.currencies.inputs import MoneyInputDTO
from app.graphql.catalog.currencies.mapping import money_from_graphql
from app.graphql.catalog.prices.inputs import PriceOverrideInput
from app.graphql.given import field_of, given, says
from app.graphql.numbers import exact, exact_or_none
from app.graphql.subscriptions.inputs import (
    PurchaseFields,
    SubscriptionBillingInfo,
    SubscriptionCouponInput,
    SubscriptionEntitlementInputV2,
    UpdateSubscriptionInput,
)
from app.graphql.subscriptions.migrations.inputs import ImportSubscriptionInput
from app.graphql.subscriptions.previews.inputs import EstimateSubscriptionUpdateInput
from domain.catalog.enums import EntitlementResetPeriod
from domain.catalog.model import AccordingTo, PriceTier, ResetRule
from domain.errors import invalid_argument
from domain.patch import ABSENT
from domain.subscriptions.enums import ChargeType
from domain.subscriptions.request import (
    AddonRequest,
    ContentRequest,
    CouponRequest,
    DiscountRequest,
    EntitlementRequest,
    PriceOverrideRequest,
    QuantityRequest,
)

Content = (
    PurchaseFields
    | EstimateSubscriptionUpdateInput
    | ImportSubscriptionInput
    | UpdateSubscriptionInput
)


def content_of(input: Content) -> ContentRequest:
    """What is bought: quantities, add-ons, overrides, coupon."""
    unit_quantity = field_of(input, "unit_quantity")
    addons, overrides = field_of(input, "addons"), field_of(input, "price_overrides")
    spend = field_of(input, "minimum_spend")
    minimum = None if spend is None else field_of(spend, "minimum")
    return ContentRequest(
        billing_period=field_of(input, "billing_period"),
        billing_country_code=country_of(field_of(input, "billing_country_code")),
        quantities=_quantities(input),
        unit_quantity=(
            None if unit_quantity is None or unit_quantity == -1 else exact(unit_quantity)
        ),
        addons=(
            ABSENT
            if addons is None
            else tuple(
                AddonRequest(
                    ref_id=one.addon_id,
                    quantity=given(one.quantity, 1),
                )
                for one in addons
            )
        ),
        price_overrides=(
            ABSENT if overrides is None else tuple(_override(one) for one in overrides)
        ),
        price_unit_amount=exact_or_none(field_of(input, "price_unit_amount")),
        entitlements=_entitlements(input),
        coupon=_coupon(input),
        minimum_spend=(
            (None if minimum is None else money_from_graphql(minimum))
            if says(input, "minimum_spend")
            else ABSENT
        ),
    )


def country_of(code: str | None) -> str | None:
    """An ISO 3166-1 alpha-2 code, in capitals."""
    if code is None or not code:
        return None
    if len(code) != 2 or not code.isalpha() or not code.isascii():
        raise invalid_argument("billingCountryCode is an ISO 3166-1 alpha-2 code")
    return code.upper()


def _quantities(input: Content) -> tuple[QuantityRequest, ...]:
    charges = tuple(
        QuantityRequest(id=one.id, quantity=exact(one.quantity), type=ChargeType(one.type))
        for one in field_of(input, "charges") or ()
    )
    features = tuple(
        QuantityRequest(id=one.feature_id, quantity=exact(one.quantity))
        for one in field_of(input, "billable_features") or ()
    )
    return (*charges, *features)


def _override(input: PriceOverrideInput) -> PriceOverrideRequest:
    price, block = given(input.price), given(input.block_size)
    named = given(input.feature_id), given(input.currency_id), given(input.base_charge)
    if sum(bool(one) for one in named) != 1:
        raise invalid_argument("A price override is of baseCharge, featureId or currencyId")
    currency = None if price is None else given(price.currency)
    rate = given(input.credit_rate)
    return PriceOverrideRequest(
        addon_ref_id=given(input.addon_id),
        base_charge=bool(given(input.base_charge)),
        feature_ref_id=given(input.feature_id),
        currency_ref_id=given(input.currency_id),
        amount=None if price is None else exact(price.amount),
        currency=None if currency is None else currency.value,
        block_size=exact_or_none(block),
        credit_amount=None if rate is None else exact(rate.amount),
        credit_formula=None if rate is None else given(rate.cost_formula),
        tiers=tuple(
            PriceTier(
                up_to=_whole(given(tier.up_to), "upTo"),
                unit_price=_amount(given(tier.unit_price)),
                flat_price=_amount(given(tier.flat_price)),
            )
            for tier in given(input.tiers) or ()
        ),
    )


def _whole(number: float | None, name: str) -> int | None:
    if number is not None and not float(number).is_integer():
        raise invalid_argument(f"{name} is a whole number", field=name)
    return None if number is None else int(number)


def _amount(input: MoneyInputDTO | None) -> Decimal | None:
    return None if input is None else exact(input.amount)


def _entitlements(input: Content) -> Any:
    if not says(input, "entitlements") and not says(input, "subscription_entitlements"):
        return ABSENT
    newer: Iterable[SubscriptionEntitlementInputV2] = field_of(input, "entitlements") or ()
    legacy: Iterable[Any] = field_of(input, "subscription_entitlements") or ()
    asked = [*(_entitlement(one) for one in newer), *(_feature(one) for one in legacy)]
    return tuple(asked) if asked else ABSENT


def _entitlement(input: SubscriptionEntitlementInputV2) -> EntitlementRequest:
    credit, feature = given(input.credit), given(input.feature)
    if feature is not None and credit is None:
        return _feature(feature)
    if credit is not None and feature is None:
        return EntitlementRequest(
            currency_ref_id=credit.custom_currency_id,
            amount=exact(credit.amount),
            cadence=credit.cadence,
            has_soft_limit=given(credit.has_soft_limit),
        )
    raise invalid_argument("An entitlement is of a feature or of a credit, exactly one")


def _feature(input: Any) -> EntitlementRequest:
    return EntitlementRequest(
        feature_ref_id=field_of(input, "feature_id"),
        usage_limit=exact_or_none(field_of(input, "usage_limit")),
        has_unlimited_usage=field_of(input, "has_unlimited_usage"),
        has_soft_limit=field_of(input, "has_soft_limit"),
        enum_values=tuple(field_of(input, "enum_values") or ()),
        reset_rule=_reset_rule(input),
        entitlement_id=field_of(input, "id"),
    )


def _reset_rule(input: object) -> ResetRule | None:
    period = field_of(input, "reset_period")
    if period is None:
        return None
    configuration = {
        EntitlementResetPeriod.YEAR: "yearly_reset_period_configuration",
        EntitlementResetPeriod.MONTH: "monthly_reset_period_configuration",
        EntitlementResetPeriod.WEEK: "weekly_reset_period_configuration",
    }.get(period)
    if configuration is None:
        return ResetRule(period)
    configured = field_of(input, configuration)
    if configured is None:
        return ResetRule(period, AccordingTo.SubscriptionStart)
    return ResetRule(period, AccordingTo(configured.according_to.value))


def _coupon(input: Content) -> Any:
    """`appliedCoupon`, else the legacy promotion code, else billingInformation.couponId."""
    applied: SubscriptionCouponInput | None = field_of(input, "applied_coupon")
    code = field_of(input, "promotion_code")
    billing: SubscriptionBillingInfo | None = field_of(input, "billing_information")
    legacy_id = None if billing is None else field_of(billing, "coupon_id")
    if applied is not None:
        return _applied(applied)
    if says(input, "applied_coupon"):
        return None
    if code:
        return CouponRequest(promotion_code=code)
    if legacy_id:
        return CouponRequest(coupon_ref_id=legacy_id)
    return ABSENT


def _applied(input: SubscriptionCouponInput) -> CouponRequest:
    discount = given(input.discount)
    configuration = given(input.configuration)
    wanted = None
    if discount is not None:
        wanted = DiscountRequest(
            name=given(discount.name),
            description=given(discount.description),
            percent_off=exact_or_none(discount.percent_off),
            amounts_off=tuple(money_from_graphql(one) for one in given(discount.amounts_off) or ()),
            duration_in_months=_whole(given(discount.duration_in_months), "durationInMonths"),
        )
    return CouponRequest(
        coupon_ref_id=given(input.coupon_id),
        billing_coupon_id=given(input.billing_coupon_id),
        promotion_code=given(input.promotion_code),
        discount=wanted,
        start_date=None if configuration is None else given(configuration.start_date),
    )
