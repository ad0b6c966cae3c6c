"""Command inputs of checkout, payment and invoices."""

import strawberry

from app.graphql.catalog.currencies.enums import Currency
from app.graphql.integrations.enums import VendorIdentifier


@strawberry.input
class Address:
    address_line1: str | None = strawberry.UNSET
    address_line2: str | None = strawberry.UNSET
    city: str | None = strawberry.UNSET
    country: str | None = strawberry.UNSET
    phone_number: str | None = strawberry.UNSET
    postal_code: str | None = strawberry.UNSET
    state: str | None = strawberry.UNSET


@strawberry.input
class AttachCustomerPaymentMethodInput:
    billing_currency: Currency | None = strawberry.UNSET
    customer_id: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    integration_id: str | None = strawberry.UNSET
    payment_method_id: str
    ref_id: str | None = strawberry.UNSET
    vendor_identifier: VendorIdentifier


@strawberry.input
class BillingAddress:
    city: str | None = strawberry.UNSET
    country: str | None = strawberry.UNSET
    line1: str | None = strawberry.UNSET
    line2: str | None = strawberry.UNSET
    postal_code: str | None = strawberry.UNSET
    state: str | None = strawberry.UNSET


@strawberry.input
class CheckoutOptions:
    allow_promo_codes: bool | None = False
    allow_tax_id_collection: bool | None = False
    cancel_url: str
    collect_billing_address: bool | None = False
    collect_phone_number: bool | None = False
    reference_id: str | None = strawberry.UNSET
    success_url: str


@strawberry.input
class CheckoutStateInput:
    billing_country_code: str | None = strawberry.UNSET
    customer_id: str
    plan_id: str
    product_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class DetachCustomerPaymentMethodInput:
    customer_id: str
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class MarkInvoiceAsPaidInput:
    credit_grant_id: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    subscription_id: str | None = strawberry.UNSET


@strawberry.input
class PaymentSessionInput:
    billing_country_code: str | None = strawberry.UNSET
    customer_id: str
    plan_id: str


@strawberry.input
class PreviewNextInvoiceInput:
    environment_id: str | None = strawberry.UNSET
    subscription_id: str


@strawberry.input
class TaxExempt:
    type: str
    value: str
