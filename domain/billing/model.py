"""What passes between subscriptions and a billing provider, frozen.

Amounts are computed by `domain/subscriptions`, so every provider bills to the same cent.
Source: spec, subscriptions §12 and §16.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.catalog.enums import Currency
from domain.customers.model import Customer, PaymentMethod
from domain.ids import CustomerId
from domain.money import Money, round_to_minor_unit
from domain.subscriptions.amounts import Discount
from domain.subscriptions.enums import PaymentCollectionMethod, SubscriptionInvoiceBillingReason
from domain.subscriptions.model import Invoice, InvoiceLine, Subscription
from domain.subscriptions.request import ProvisionRequest

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """An invoice to make: rounded lines, then `discount` (>= 0), then exclusive tax.

    A negative total is owed to the customer: 0 is due and the rest joins the balance.
    """

    currency: Currency
    reason: SubscriptionInvoiceBillingReason
    lines: tuple[InvoiceLine, ...]
    discount: Decimal = _ZERO
    tax_percentage: Decimal | None = None
    coupon: Discount | None = None
    """What `discount` was made with, for lines that join a draft; `discount_base` is what of."""
    discount_base: Decimal = _ZERO

    def with_lines(self, lines: tuple[InvoiceLine, ...]) -> Charge:
        """It with more lines, which its coupon discounts with the rest."""
        if not lines:
            return self
        grown = replace(self, lines=(*self.lines, *lines))
        if self.coupon is None:
            return grown
        base = self.discount_base + sum((line.amount for line in lines), _ZERO)
        off = self.coupon.of(Money(base, self.currency)).amount
        return replace(grown, discount=off, discount_base=base)

    @property
    def sub_total(self) -> Decimal:
        return sum((line.amount for line in self.lines), _ZERO)

    @property
    def total_excluding_tax(self) -> Decimal:
        return self.sub_total - self.discount

    @property
    def tax(self) -> Decimal:
        """Exclusive, rounded once, negative on a negative base: 17 % of 50 -> 8.50."""
        if self.tax_percentage is None:
            return _ZERO
        return round_to_minor_unit(
            self.total_excluding_tax * self.tax_percentage / 100, self.currency
        )

    @property
    def total(self) -> Decimal:
        return self.total_excluding_tax + self.tax


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingOrder:
    """One subscription as the provider should have it, and what to invoice now, if anything.

    `is_consolidated`: renewals of the payer at one instant share an invoice.
    """

    payer: Customer
    subscription: Subscription
    billing_id: str | None
    charge: Charge | None
    method: PaymentCollectionMethod
    days_until_due: int | None = None
    is_invoice_paid: bool = False
    is_backdated: bool = False
    wait_for_payment: bool = True
    is_consolidated: bool = False
    at: datetime | None = None
    """The due instant of a transition; None = the operation's own time."""
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """Something bought once at `at`, beside all subscriptions: what to invoice, how it is paid."""

    payer: Customer
    charge: Charge
    method: PaymentCollectionMethod
    at: datetime
    days_until_due: int | None = None
    is_invoice_paid: bool = False
    wait_for_payment: bool = True


class PaymentOutcome(StrEnum):
    """What became of collecting an invoice."""

    PAID = "PAID"
    OPEN = "OPEN"  # sent to be paid later (INVOICE)
    ACTION_REQUIRED = "ACTION_REQUIRED"
    FAILED = "FAILED"
    PROCESSING = "PROCESSING"
    NOTHING_DUE = "NOTHING_DUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingResult:
    """The provider's answer: its subscription, its invoice, and the collection's outcome.

    `billing_id` None: it does not know the subscription yet, or there is none.
    """

    billing_id: str | None
    outcome: PaymentOutcome
    invoice: Invoice | None = None
    billing_link_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutOrder:
    """A checkout to be paid before the stored request is provisioned."""

    payer: Customer
    amount_due: Money
    description: str
    success_url: str
    cancel_url: str
    reference_id: str | None = None
    allow_promo_codes: bool = False
    allow_tax_id_collection: bool = False
    collect_billing_address: bool = False
    collect_phone_number: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSession:
    """A checkout at the provider, and where the payer is sent to."""

    id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCoupon:
    """A coupon as the provider holds it."""

    billing_id: str
    name: str
    percent_off: Decimal | None = None
    amounts_off: tuple[Money, ...] = ()
    duration_in_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCheckout:
    """A provisioning that waits for its checkout; `request` is without billing information."""

    id: str
    customer_id: CustomerId
    request: ProvisionRequest
    created_at: datetime


class ProviderEventType(StrEnum):
    """What a provider tells by webhook (spec, subscriptions §16)."""

    CHECKOUT_COMPLETED = "checkout.completed"
    CHECKOUT_EXPIRED = "checkout.expired"
    INVOICE_CREATED = "invoice.created"  # a draft that awaits the closing period's usage
    INVOICE_PAID = "invoice.paid"
    INVOICE_FAILED = "invoice.payment_failed"
    INVOICE_ACTION_REQUIRED = "invoice.payment_action_required"
    INVOICE_FINALIZED = "invoice.finalized"  # a draft that is to be paid later
    INVOICE_VOIDED = "invoice.voided"
    SUBSCRIPTION_DELETED = "subscription.deleted"
    SUBSCRIPTION_UNPAID = "subscription.unpaid"
    METHOD_ATTACHED = "payment_method.attached"
    METHOD_DETACHED = "payment_method.detached"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """Something that happened at the provider, in the provider's ids.

    `id` is the provider's own: a repeated one has no effect. `at` is when it happened there. An
    invoice without a subscription is one of a purchase.
    """

    id: str
    type: ProviderEventType
    at: datetime
    customer_billing_id: str
    subscription_billing_id: str | None = None
    invoice: Invoice | None = None
    checkout_id: str | None = None
    payment_method: PaymentMethod | None = None
