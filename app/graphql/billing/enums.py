"""GraphQL enums of checkout, payment and invoices: the domain's own, made known to Strawberry."""

import strawberry

from domain.customers.enums import PaymentMethodType
from domain.subscriptions.enums import (
    BillingAnchor,
    InvoiceLineItemType,
    PaymentCollection,
    PaymentCollectionMethod,
    ProrationBehavior,
    SubscriptionInvoiceBillingReason,
    SubscriptionInvoiceStatus,
)

__all__ = [
    "BillingAnchor",
    "InvoiceLineItemType",
    "PaymentCollection",
    "PaymentCollectionMethod",
    "PaymentMethodType",
    "ProrationBehavior",
    "SubscriptionInvoiceBillingReason",
    "SubscriptionInvoiceStatus",
]

for _enum in (
    BillingAnchor,
    InvoiceLineItemType,
    PaymentCollection,
    PaymentCollectionMethod,
    PaymentMethodType,
    ProrationBehavior,
    SubscriptionInvoiceBillingReason,
    SubscriptionInvoiceStatus,
):
    strawberry.enum(_enum)
