"""What the sandbox provider remembers, frozen. No billing information: it is discarded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.catalog.enums import Currency
from domain.subscriptions.amounts import Discount
from domain.subscriptions.enums import PaymentCollectionMethod, SubscriptionInvoiceBillingReason
from domain.subscriptions.model import InvoiceLine

_ZERO = Decimal(0)


class InvoiceState(StrEnum):
    DRAFT = "DRAFT"
    OPEN = "OPEN"
    PAID = "PAID"
    VOID = "VOID"
    UNCOLLECTIBLE = "UNCOLLECTIBLE"


class SubscriptionState(StrEnum):
    ACTIVE = "ACTIVE"
    UNPAID = "UNPAID"
    CANCELED = "CANCELED"


class CheckoutState(StrEnum):
    OPEN = "OPEN"
    COMPLETE = "COMPLETE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxCustomer:
    """A payer: its methods (the default one first) and its credit balance by currency (>= 0).

    `shared_draft` is the invoice that its renewals of one instant share.
    """

    id: str
    methods: tuple[str, ...] = ()
    balances: Mapping[Currency, Decimal] = field(default_factory=dict)
    shared_draft: str | None = None

    @property
    def default_method(self) -> str | None:
        return self.methods[0] if self.methods else None

    def balance(self, currency: Currency) -> Decimal:
        return self.balances.get(currency, _ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSubscription:
    """The provider's counterpart of a subscription: whose it is, and whether it is paid."""

    id: str
    customer_id: str
    state: SubscriptionState = SubscriptionState.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePart:
    """What an invoice has of one subscription: `discount` is what its coupon takes off.

    Without a subscription it is a purchase.
    """

    subscription_id: str | None
    discount: Decimal = _ZERO
    coupon: Discount | None = None
    discount_base: Decimal = _ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxInvoice:
    """An invoice from draft to paid or void, of one subscription or of several (`parts`).

    `tax_percentage` and the discounts are as ordered; the amounts below are set when it is
    finalised, rounded, in major units. `action_at` is when the provider acts next by itself:
    finalises a draft, collects again, or gives up.
    """

    id: str
    customer_id: str
    parts: tuple[InvoicePart, ...]
    state: InvoiceState
    reason: SubscriptionInvoiceBillingReason
    method: PaymentCollectionMethod
    currency: Currency
    lines: tuple[InvoiceLine, ...]
    tax_percentage: Decimal | None = None
    sub_total: Decimal = _ZERO
    total_excluding_tax: Decimal = _ZERO
    tax: Decimal | None = None
    total: Decimal = _ZERO
    starting_balance: Decimal = _ZERO
    applied_balance: Decimal = _ZERO
    ending_balance: Decimal = _ZERO
    amount_due: Decimal = _ZERO
    attempt_count: int = 0
    retries_done: int = 0
    first_failed_at: datetime | None = None
    action_at: datetime | None = None
    due_date: datetime | None = None
    requires_action: bool = False
    error_message: str | None = None
    payment_secret: str | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def subscription_id(self) -> str | None:
        """The first subscription that it is of; None: it is a purchase's."""
        return self.parts[0].subscription_id

    @property
    def discount(self) -> Decimal:
        return sum((part.discount for part in self.parts), _ZERO)

    @property
    def is_shared(self) -> bool:
        return len(self.parts) > 1

    @property
    def is_final(self) -> bool:
        return self.state is not InvoiceState.DRAFT


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxCheckout:
    """A checkout page: what it shows, where it leads to, and until when it is open."""

    id: str
    customer_id: str
    state: CheckoutState = CheckoutState.OPEN
    amount_due: Decimal
    currency: Currency
    description: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    created_at: datetime
