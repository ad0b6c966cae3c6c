"""The events of subscriptions, with the body that webhooks carry.

Source: spec, platform §7 (objects).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from domain.changes import change_of
from domain.customers.model import Customer
from domain.events import Event
from domain.periods import wire_time
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.lifecycle import PAYMENT_FAILED, Told
from domain.subscriptions.model import Subscription

if TYPE_CHECKING:
    from app.usecases.subscriptions.book import Book


def event_of(told: Told, *, at: datetime, book: Book, before: Subscription | None = None) -> Event:
    """What is told of a subscription, at the instant it happened."""
    one = book.subscriptions.get(told.subscription.id, told.subscription)
    resource = book.resources.get(one.resource_id) if one.resource_id is not None else None
    return Event(
        type=told.type,
        entity_type="SUBSCRIPTION",
        entity_id=told.subscription.id,
        customer_id=book.customer.id,
        resource_id=resource.resource_id if resource is not None else None,
        data=_data(told, book),
        occurred_at=at,
        change=change_of(before, told.subscription),
    )


def _data(told: Told, book: Book) -> dict[str, object]:
    """The subscription with the event's own fields; of a failed payment what it was for."""
    body = subscription_body(told.subscription, book)
    if told.type == PAYMENT_FAILED:
        body = {"customer": body["customer"], "subscription": body}
    return {**body, **told.extra}


def subscription_body(one: Subscription, book: Book) -> dict[str, object]:
    """The `subscription` object of webhooks."""
    plan = book.packages.get(one.plan_id)
    payer = book.payers.get(one.paying_customer_id) if one.paying_customer_id else None
    resource = book.resources.get(one.resource_id) if one.resource_id is not None else None
    return {
        "entityId": str(one.id),
        "id": one.ref_id,
        "billingId": one.billing_id,
        "status": one.status.value,
        "startDate": wire_time(one.start_date),
        "endDate": wire_time(one.end_date),
        "cancellationDate": wire_time(one.cancellation_date),
        "trialEndDate": wire_time(one.trial_end_date),
        "currentBillingPeriodStart": wire_time(one.current_billing_period_start),
        "currentBillingPeriodEnd": wire_time(one.current_billing_period_end),
        "billingPeriod": one.billing_period.value if one.billing_period else None,
        "billingCurrency": one.currency.value if one.currency else None,
        "isTrialSubscription": one.status is SubscriptionStatus.IN_TRIAL,
        "paymentCollection": one.payment_collection.value,
        "customer": customer_body(book.customer),
        "payingCustomer": customer_body(payer) if payer is not None else None,
        "resource": {"id": resource.resource_id} if resource is not None else None,
        "plan": {
            "id": one.plan_ref_id,
            "name": plan.display_name if plan is not None else None,
            "description": plan.description if plan is not None else None,
            "pricingType": one.pricing_type.value,
        },
        "addons": [
            {
                "id": addon.addon_ref_id,
                "name": held.display_name if (held := book.packages.get(addon.addon_id)) else None,
                "description": held.description if held is not None else None,
                "quantity": addon.quantity,
            }
            for addon in one.addons
        ],
        "metadata": dict(one.additional_meta_data) if one.additional_meta_data else None,
    }


def customer_body(customer: Customer) -> dict[str, object]:
    """The `customer` object of webhooks."""
    return {
        "entityId": str(customer.id),
        "id": customer.ref_id,
        "name": customer.name,
        "email": customer.email,
        "billingId": customer.billing_id,
        "crmId": customer.crm_id,
        "metadata": dict(customer.additional_meta_data) if customer.additional_meta_data else None,
        "billingCurrency": customer.billing_currency.value if customer.billing_currency else None,
    }
