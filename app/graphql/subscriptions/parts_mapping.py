"""What hangs on a subscription → its output types."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from app.graphql.catalog.currencies.mapping import money_to_graphql
from app.graphql.numbers import float_or_none
from app.graphql.subscriptions.types.parts import (
    CustomerSubscriptionTotalPrice,
    SubscriptionAddon,
    SubscriptionCoupon,
    SubscriptionCreditEntitlement,
    SubscriptionEntitlement,
    SubscriptionFeatureEntitlement,
    SubscriptionMinimumSpend,
    SubscriptionPrice,
)
from domain.catalog.enums import PricingType
from domain.catalog.model import Coupon
from domain.catalog.pricing.charge import MODEL_ORDER
from domain.subscriptions import model
from domain.subscriptions.amounts import discount_of, in_advance_lines, total_price

T = TypeVar("T")


def newest_first(
    items: tuple[T, ...], created_at: Callable[[T], datetime], then: Callable[[T], object]
) -> list[T]:
    """CreatedAt DESC, ties by `then` (spec, subscriptions §1)."""
    ordered = sorted(items, key=then)  # type: ignore[arg-type]  # keys compare
    return sorted(ordered, key=created_at, reverse=True)


def addons_to_graphql(subscription: model.Subscription) -> list[SubscriptionAddon]:
    """The add-ons, newest first, then by refId."""
    ordered = newest_first(
        subscription.addons, lambda addon: addon.created_at, lambda addon: addon.addon_ref_id
    )
    return [
        SubscriptionAddon(
            parent=subscription,
            source=addon,
            addon_id=str(addon.addon_id),
            created_at=addon.created_at,
            id=addon.id,
            quantity=float(addon.quantity),
            updated_at=addon.updated_at,
        )
        for addon in ordered
    ]


def prices_to_graphql(subscription: model.Subscription) -> list[SubscriptionPrice]:
    """The plan's sold charges, newest first, then in model order; an add-on's stand there."""
    own = tuple(sold for sold in subscription.prices if sold.addon_ref_id is None)
    ordered = newest_first(
        own, lambda sold: sold.created_at, lambda sold: MODEL_ORDER[sold.price.billing_model]
    )
    return [_price_to_graphql(subscription, sold) for sold in ordered]


def _price_to_graphql(
    subscription: model.Subscription, sold: model.SubscriptionPrice
) -> SubscriptionPrice:
    price = sold.price
    is_top_up = price.top_up_currency_id is not None
    quantity = float_or_none(sold.quantity)
    return SubscriptionPrice(
        parent=subscription,
        source=sold,
        billing_model=price.billing_model,
        created_at=sold.created_at,
        credit_grant_cadence=price.credit_grant_cadence,
        credits_quantity=quantity if is_top_up else None,
        feature_id=None if price.feature_id is None else str(price.feature_id),
        has_soft_limit=sold.has_soft_limit,
        id=sold.id,
        subscription_id=str(subscription.id),
        top_up_custom_currency_id=str(price.top_up_currency_id) if is_top_up else None,
        updated_at=sold.updated_at,
        usage_limit=None if is_top_up else quantity,
    )


def coupon_to_graphql(coupon: model.SubscriptionCoupon) -> SubscriptionCoupon:
    """`discount_value` is the percentage, or the first amount off."""
    percent = coupon.percent_off
    value = percent if percent is not None else coupon.amounts_off[0].amount
    return SubscriptionCoupon(
        amounts_off=[money_to_graphql(off) for off in coupon.amounts_off],
        discount_value=float(value),
        duration_in_months=float_or_none(coupon.duration_in_months),
        expiration_date=coupon.expiration_date,
        id=str(coupon.id),
        name=coupon.name,
        percent_off=float_or_none(percent),
        ref_id=coupon.ref_id,
        start_date=coupon.start_date,
        status=coupon.status,
        type=coupon.type,
    )


def minimum_spend_to_graphql(
    minimum_spend: model.SubscriptionMinimumSpend | None,
) -> SubscriptionMinimumSpend | None:
    if minimum_spend is None:
        return None
    minimum = minimum_spend.minimum
    return SubscriptionMinimumSpend(
        is_override=minimum_spend.is_override,
        minimum=None if minimum is None else money_to_graphql(minimum),
    )


def total_price_to_graphql(
    subscription: model.Subscription, customer_coupon: Coupon | None
) -> CustomerSubscriptionTotalPrice | None:
    """The full period's in-advance price; null for FREE and unpriced CUSTOM (§10).

    The customer's coupon comes off where the subscription has none of its own.
    """
    if subscription.pricing_type is PricingType.FREE:
        return None
    lines = in_advance_lines(
        subscription.prices, subscription.addons, free_items=subscription.free_items
    )
    currency = subscription.currency if subscription.pricing_type is PricingType.PAID else None
    discount = discount_of(subscription.coupon or customer_coupon)
    total = total_price(lines, discount=discount, currency=currency)
    if total is None:
        return None
    return CustomerSubscriptionTotalPrice(
        addons_total=money_to_graphql(total.addons_total),
        sub_total=money_to_graphql(total.sub_total),
        total=money_to_graphql(total.total),
    )


def entitlements_to_graphql(
    subscription: model.Subscription,
) -> list[SubscriptionCreditEntitlement | SubscriptionFeatureEntitlement]:
    """The per-subscription values, features' and credits'."""
    return [_entitlement_to_graphql(subscription, own) for own in subscription.entitlements]


def _entitlement_to_graphql(
    subscription: model.Subscription, own: model.SubscriptionEntitlement
) -> SubscriptionCreditEntitlement | SubscriptionFeatureEntitlement:
    if own.currency_id is not None:
        assert own.amount is not None
        assert own.cadence is not None
        return SubscriptionCreditEntitlement(
            source=own,
            amount=float(own.amount),
            cadence=own.cadence,
            created_at=own.created_at,
            custom_currency_id=str(own.currency_id),
            description=None,
            has_soft_limit=own.has_soft_limit,
            id=str(own.id),
            subscription_id=str(subscription.id),
            updated_at=own.updated_at,
        )
    return SubscriptionFeatureEntitlement(
        source=own,
        created_at=own.created_at,
        description=None,
        enum_values=list(own.enum_values) or None,
        feature_group_ids=None,
        feature_groups=None,
        feature_id=str(own.feature_id),
        has_soft_limit=own.has_soft_limit,
        has_unlimited_usage=own.has_unlimited_usage,
        id=str(own.id),
        reset_period=None if own.reset_rule is None else own.reset_rule.period,
        subscription_id=str(subscription.id),
        updated_at=own.updated_at,
        usage_limit=float_or_none(own.usage_limit),
    )


def legacy_entitlements_to_graphql(
    subscription: model.Subscription,
) -> list[SubscriptionEntitlement]:
    """The feature values in the legacy shape, newest first."""
    features = tuple(own for own in subscription.entitlements if own.feature_id is not None)
    ordered = newest_first(features, lambda own: own.created_at, lambda own: str(own.id))
    return [
        SubscriptionEntitlement(
            parent=subscription,
            source=own,
            created_at=own.created_at,
            description=None,
            feature_id=str(own.feature_id),
            has_soft_limit=own.has_soft_limit,
            has_unlimited_usage=own.has_unlimited_usage,
            id=own.id,
            reset_period=None if own.reset_rule is None else own.reset_rule.period,
            subscription_id=str(subscription.id),
            updated_at=own.updated_at,
            usage_limit=float_or_none(own.usage_limit),
        )
        for own in ordered
    ]
