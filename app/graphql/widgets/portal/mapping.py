"""The customer portal between the wire and the use case, and its relations."""

from datetime import datetime, timedelta

from app.graphql.catalog.currencies.mapping import money_of
from app.graphql.catalog.prices.mapping import credit_rate_to_graphql
from app.graphql.context import Info
from app.graphql.customers.mapping import resource_to_graphql
from app.graphql.entitlements.mapping import answers_to_graphql, entitlement_to_graphql
from app.graphql.entitlements.types import DateRange
from app.graphql.given import given
from app.graphql.numbers import float_or_none
from app.graphql.widgets.portal import types
from app.graphql.widgets.portal.inputs import CustomerPortalInput
from app.usecases.widgets.portal import PortalRead, ReadPortal
from domain.catalog.pricing.charge import price_sort_key
from domain.customers.model import Customer, PromotionalEntitlement
from domain.entitlements.model import Scope
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import Subscription, SubscriptionPrice

_DAY = timedelta(days=1)


def query_from_graphql(input: CustomerPortalInput) -> ReadPortal:
    return ReadPortal(
        customer_id=input.customer_id,
        resource_id=given(input.resource_id),
        product_id=given(input.product_id),
    )


def portal_to_graphql(read: PortalRead, scope: Scope, info: Info) -> types.CustomerPortal:
    runtime = info.context.runtime
    has_billing = runtime.billing_vendor is not None
    return types.CustomerPortal(
        billing_information=_billing_to_graphql(read.customer),
        billing_portal_url=read.customer.billing_link_url if has_billing else None,
        can_upgrade_subscription=read.can_upgrade,
        entitlements=[
            entitlement_to_graphql(answer, scope) for answer in read.entitlements.features
        ],
        entitlements_v2=answers_to_graphql(read.entitlements),
        promotional_entitlements=[_promotion_to_graphql(one) for one in read.promotional],
        resource=None if read.resource is None else resource_to_graphql(read.resource),
        show_watermark=False,
        subscriptions=[_subscription_to_graphql(s, runtime.clock()) for s in read.subscriptions],
    )


def _billing_to_graphql(customer: Customer) -> types.CustomerPortalBillingInformation:
    method = customer.payment_method
    return types.CustomerPortalBillingInformation(
        default_payment_expiration_month=None if method is None else method.expiration_month,
        default_payment_expiration_year=None if method is None else method.expiration_year,
        default_payment_method_id=None if method is None else method.id,
        default_payment_method_last4_digits=None if method is None else method.last4_digits,
        default_payment_method_type=None if method is None else method.type,
        email=customer.email,
        name=customer.name,
    )


def _promotion_to_graphql(
    grant: PromotionalEntitlement,
) -> types.CustomerPortalPromotionalEntitlement:
    return types.CustomerPortalPromotionalEntitlement(
        source=grant,
        end_date=grant.end_date,
        has_soft_limit=grant.has_soft_limit,
        has_unlimited_usage=grant.has_unlimited_usage,
        period=grant.period,
        start_date=grant.start_date,
        usage_limit=float_or_none(grant.usage_limit),
    )


def _subscription_to_graphql(
    subscription: Subscription, now: datetime
) -> types.CustomerPortalSubscription:
    return types.CustomerPortalSubscription(
        source=subscription,
        billing_period_range=DateRange(
            start=subscription.current_billing_period_start,
            end=subscription.current_billing_period_end,
        ),
        plan_id=subscription.plan_ref_id,
        prices=[
            price_to_graphql(sold)
            for sold in sorted(
                subscription.prices,
                key=lambda sold: (sold.addon_ref_id or "", price_sort_key(sold.price)),
            )
        ],
        pricing_type=subscription.pricing_type,
        status=subscription.status,
        subscription_id=subscription.ref_id,
        trial_remaining_days=_days_left(subscription, now),
    )


def _days_left(subscription: Subscription, now: datetime) -> int | None:
    """Days of trial left, the last one counted whole; None outside a trial."""
    end = subscription.trial_end_date
    if subscription.status is not SubscriptionStatus.IN_TRIAL or end is None:
        return None
    return max(-((now - end) // _DAY), 0)


def price_to_graphql(sold: SubscriptionPrice) -> types.CustomerPortalSubscriptionPrice:
    price = sold.price
    return types.CustomerPortalSubscriptionPrice(
        feature_id=price.feature_id,
        billing_model=price.billing_model,
        billing_period=price.billing_period,
        block_size=float_or_none(price.block_size),
        credit_rate=credit_rate_to_graphql(price.credit_rate),
        price=None if price.amount is None else money_of(price.amount, price.currency),
    )
