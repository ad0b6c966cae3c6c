"""Subscriptions → their output types."""

from typing import Any

from app.graphql.billing.mapping import free_item_to_graphql, invoice_to_graphql
from app.graphql.catalog.packages.types import BudgetConfiguration
from app.graphql.scalars import JSON
from app.graphql.subscriptions.parts_mapping import (
    coupon_to_graphql,
    entitlements_to_graphql,
    minimum_spend_to_graphql,
)
from app.graphql.subscriptions.types import CustomerSubscription, SubscriptionQuery
from app.graphql.subscriptions.types.parts import TrialConfiguration
from domain.catalog.enums import PricingType
from domain.catalog.model import Budget
from domain.subscriptions.model import Subscription


def subscription_to_graphql(subscription: Subscription) -> CustomerSubscription:
    return CustomerSubscription(
        **_common(subscription),
        customer_id=subscription.customer_id,
        id=subscription.id,
        is_custom_price_subscription=subscription.pricing_type is PricingType.CUSTOM,
        paying_customer_id=subscription.paying_customer_id,
        ref_id=subscription.ref_id,
        resource_id=subscription.resource_id,
    )


def subscription_query_to_graphql(subscription: Subscription) -> SubscriptionQuery:
    """The shape of `subscriptions`."""
    return SubscriptionQuery(
        **_common(subscription), id=str(subscription.id), ref_id=subscription.ref_id
    )


def _common(subscription: Subscription) -> dict[str, Any]:
    """The fields that both shapes have, apart from relations."""
    coupon = subscription.coupon
    behavior = subscription.trial_end_behavior
    last_usage, latest = subscription.last_usage_invoice, subscription.latest_invoice
    metadata = subscription.additional_meta_data
    return {
        "source": subscription,
        "additional_meta_data": None if metadata is None else JSON(metadata),
        "billing_cycle_anchor": subscription.billing_cycle_anchor,
        "billing_id": subscription.billing_id,
        "billing_link_url": subscription.billing_link_url,
        "billing_period": subscription.billing_period,
        "billing_sync_error": subscription.billing_sync_error,
        "budget": budget_to_graphql(subscription.budget),
        "budget_exceeded": subscription.budget_exceeded,
        "cancel_reason": subscription.cancel_reason,
        "cancellation_date": subscription.cancellation_date,
        "coupon": None if coupon is None else coupon_to_graphql(coupon),
        "coupons": [coupon_to_graphql(c) for c in subscription.coupons],
        "created_at": subscription.created_at,
        "crm_id": subscription.crm_id,
        "crm_link_url": None,
        "current_billing_period_end": subscription.current_billing_period_end,
        "current_billing_period_start": subscription.current_billing_period_start,
        "effective_end_date": subscription.effective_end_date,
        "end_date": subscription.end_date,
        "entitlements": entitlements_to_graphql(subscription),
        "free_items": [free_item_to_graphql(item) for item in subscription.free_items],
        "last_usage_invoice": None if last_usage is None else invoice_to_graphql(last_usage),
        "latest_invoice": None if latest is None else invoice_to_graphql(latest),
        "minimum_spend": minimum_spend_to_graphql(subscription.minimum_spend),
        "old_billing_id": subscription.old_billing_id,
        "payment_collection": subscription.payment_collection,
        "payment_collection_method": subscription.payment_collection_method,
        "pricing_type": subscription.pricing_type,
        "salesforce_id": subscription.salesforce_id,
        "start_date": subscription.start_date,
        "status": subscription.status,
        "subscription_id": subscription.ref_id,
        "trial_configuration": (
            None if behavior is None else TrialConfiguration(trial_end_behavior=behavior)
        ),
        "trial_end_date": subscription.trial_end_date,
        "was_in_trial": subscription.was_in_trial,
    }


def budget_to_graphql(budget: Budget | None) -> BudgetConfiguration | None:
    if budget is None:
        return None
    return BudgetConfiguration(has_soft_limit=budget.has_soft_limit, limit=float(budget.limit))
