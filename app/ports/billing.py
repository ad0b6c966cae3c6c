"""The billing provider and checkouts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from domain.billing.model import (
    BillingOrder,
    BillingResult,
    CheckoutOrder,
    CheckoutSession,
    PendingCheckout,
    ProviderCoupon,
    ProviderEvent,
    PurchaseOrder,
)
from domain.billing.syncs import Backlog
from domain.catalog.enums import Currency
from domain.customers.model import (
    Customer,
    PaymentMethod,
)
from domain.money import Money
from domain.subscriptions.model import Invoice, InvoiceLine


class BillingProvider(Protocol):
    """The billing system of an environment (spec, subscriptions §16).

    None stands for `manual`: no invoices, nothing ever due. Charges are computed here; the
    provider adds tax and its customer's balance, collects, and answers with the invoice. Every
    write carries an idempotency `key`, so that a call whose answer was lost can be made again: an
    adapter does so itself, and raises `BillingUnavailable` only where nothing was done.
    """

    vendor: str
    supports_checkout: bool

    async def ensure_customer(
        self, customer: Customer, billing_information: Mapping[str, object] | None, *, key: str
    ) -> str:
        """The provider's id of `customer`, made or updated; the information replaces all held."""

    async def attach_payment_method(
        self, billing_id: str, payment_method_id: str, *, key: str
    ) -> PaymentMethod: ...

    async def detach_payment_method(
        self, billing_id: str, payment_method_id: str, *, key: str
    ) -> None: ...

    async def create_checkout(self, order: CheckoutOrder, *, key: str) -> CheckoutSession: ...

    async def create_setup(self, billing_id: str) -> str:
        """The client secret with which a browser adds a payment method."""

    async def create_subscription(self, order: BillingOrder, *, key: str) -> BillingResult: ...

    async def update_subscription(self, order: BillingOrder, *, key: str) -> BillingResult:
        """Also takes over (`order.billing_id`) and renews (reason BILLING_CYCLE)."""

    async def cancel_subscription(
        self, billing_id: str, order: BillingOrder | None, *, key: str
    ) -> BillingResult:
        """End it now; `order` holds the credit or the last charge, if any."""

    async def charge_once(self, order: PurchaseOrder, *, key: str) -> BillingResult:
        """Invoice and collect a purchase that is no subscription's."""

    async def balance(self, billing_id: str, currency: Currency) -> Decimal:
        """What the customer has in credit, >= 0."""

    async def find_coupon(self, billing_coupon_id: str) -> ProviderCoupon | None: ...

    async def validate_promotion_code(
        self, billing_id: str | None, code: str, sub_total: Money | None
    ) -> ProviderCoupon:
        """The coupon behind `code`; raises the PromotionCode... errors."""

    async def add_usage(
        self, invoice_id: str, line: InvoiceLine, *, subscription_id: str, key: str
    ) -> None:
        """Put a line of the closing period's usage of a subscription on a draft invoice.

        Raises Conflict BillingInvoiceStatusError once the invoice is final.
        """

    async def mark_paid(self, invoice_id: str, *, key: str) -> Invoice: ...

    async def void_invoice(self, invoice_id: str, *, key: str) -> Invoice: ...

    def read_webhook(self, body: bytes, signature: str) -> ProviderEvent:
        """The event that the provider signed; raises `BadSignature`."""


class CheckoutRepository(Protocol):
    """Provisionings that wait for their checkout, and the webhooks that were heard."""

    async def add(self, checkout: PendingCheckout) -> None: ...

    async def take(self, checkout_id: str) -> PendingCheckout | None:
        """The waiting request, forgotten: a session provisions once."""

    async def first_hearing(self, webhook_id: str, *, at: datetime) -> bool:
        """Note the webhook; False if it was noted before."""


class BacklogRepository(Protocol):
    """What the provider is still to be told, entity by entity."""

    async def of(self, entity_ids: Iterable[UUID]) -> dict[UUID, Backlog]: ...
    async def save(self, *backlogs: Backlog) -> None: ...
    async def delete(self, entity_id: UUID) -> None: ...

    async def due(
        self, until: datetime, *, limit: int, excluding: Collection[UUID]
    ) -> list[Backlog]:
        """Those to be tried again by `until`, the longest overdue first."""

    async def next_due(self) -> datetime | None:
        """When one is to be tried again next."""
