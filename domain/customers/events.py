"""What happened to a customer, in the words of webhooks. Source: spec, platform §7."""

from __future__ import annotations

from collections.abc import Mapping

from domain.changes import change_of
from domain.customers.model import Customer
from domain.events import Event

CREATED = "CUSTOMER_CREATED"
UPDATED = "CUSTOMER_UPDATED"
DELETED = "CUSTOMER_DELETED"


def customer_body(customer: Customer) -> Mapping[str, object]:
    """The customer as webhooks carry it: `id` is the caller's, `entityId` the UUID."""
    currency = customer.billing_currency
    return {
        "entityId": str(customer.id),
        "id": customer.ref_id,
        "name": customer.name,
        "email": customer.email,
        "billingId": customer.billing_id,
        "crmId": customer.crm_id,
        "metadata": customer.additional_meta_data,
        "billingCurrency": None if currency is None else currency.value,
    }


def customer_event(type_: str, customer: Customer, before: Customer | None = None) -> Event:
    """`type_` is CREATED, UPDATED or DELETED; `before` is its state until now."""
    return Event(
        type=type_,
        entity_type="Customer",
        entity_id=customer.id,
        customer_id=customer.id,
        data=customer_body(customer),
        change=change_of(before, customer),
    )
