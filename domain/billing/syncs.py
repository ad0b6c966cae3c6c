"""What a billing provider has not been told yet because it did not answer: kept, and told again.

The server's state stands; the provider's follows. An entity whose calls wait carries the reason as
`billing_sync_error`, and everything else that concerns it queues behind them, so the provider
hears of it in order. Source: spec, subscriptions §16; the back-off is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.billing.model import BillingResult, Charge, PaymentOutcome
from domain.customers.model import Customer
from domain.errors import DomainError
from domain.events import Event
from domain.ids import CustomerId, SubscriptionId
from domain.subscriptions.enums import PaymentCollectionMethod, SubscriptionInvoiceBillingReason
from domain.subscriptions.model import ClosedUsage, Subscription

SYNC_FAILED = "SYNC_FAILED"
FIRST_RETRY_AFTER = timedelta(minutes=1)
RETRY_AFTER_MAX = timedelta(hours=6)
_DOUBLINGS_MAX = 10
_FIRST_PAYMENTS = frozenset(
    {
        SubscriptionInvoiceBillingReason.SUBSCRIPTION_CREATION,
        SubscriptionInvoiceBillingReason.SUBSCRIPTION_UPDATE,
    }
)


class SyncedEntity(StrEnum):
    """What a provider has a copy of."""

    CUSTOMER = "CUSTOMER"
    SUBSCRIPTION = "SUBSCRIPTION"
    CREDIT_GRANT = "CREDIT_GRANT"


class CallKind(StrEnum):
    """What the provider is told."""

    CUSTOMER = "CUSTOMER"  # the customer as it is now
    CHARGE = "CHARGE"  # the subscription made or changed, and what that costs
    CANCEL = "CANCEL"
    VOID = "VOID"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingCall:
    """One thing to tell; its customer and subscription are read when it is told.

    It holds no billing information, which may not be kept: that is lost with the call that it
    came with. `taken_over`: whose provider subscription this one continues. `closed_usage`: of
    which period the usage belongs on a renewal.
    """

    kind: CallKind
    key: str
    charge: Charge | None = None
    method: PaymentCollectionMethod = PaymentCollectionMethod.CHARGE
    days_until_due: int | None = None
    is_invoice_paid: bool = False
    is_backdated: bool = False
    is_consolidated: bool = False
    taken_over: SubscriptionId | None = None
    invoice_id: str | None = None
    closed_usage: ClosedUsage | None = None

    @property
    def outcome(self) -> PaymentOutcome:
        """What is known of its payment while it waits."""
        if self.charge is None or self.charge.total <= 0 or self.kind is not CallKind.CHARGE:
            return PaymentOutcome.NOTHING_DUE
        if self.method is not PaymentCollectionMethod.CHARGE:
            return PaymentOutcome.OPEN
        return PaymentOutcome.PROCESSING

    @property
    def is_awaited(self) -> bool:
        """Whether a start or a change waits for its payment, and is given up together with it."""
        return (
            self.outcome is PaymentOutcome.PROCESSING
            and self.charge is not None
            and self.charge.reason in _FIRST_PAYMENTS
        )

    @property
    def is_overage(self) -> bool:
        """Whether its invoice is one of usage alone, beside the subscription's own."""
        other = SubscriptionInvoiceBillingReason.OTHER
        return self.charge is not None and self.charge.reason is other


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What an entity's provider has to be told, first things first, and when it is tried next.

    Of a customer or a credit grant no calls are kept: what they are now is told.
    """

    entity_type: SyncedEntity
    entity_id: UUID
    calls: tuple[BillingCall, ...]
    attempts: int = 0
    next_attempt_at: datetime


def waiting_result(one: Subscription, call: BillingCall, billing_id: str | None) -> BillingResult:
    """What the server goes on with while the provider does not answer: no invoice yet.

    A charge is PROCESSING: it will be made, with an outcome that nobody knows.
    """
    return BillingResult(billing_id=billing_id or one.billing_id, outcome=call.outcome)


def queued(
    known: Backlog | None,
    calls: tuple[BillingCall, ...],
    *,
    entity_type: SyncedEntity,
    entity_id: UUID,
    now: datetime,
) -> Backlog:
    """The calls behind those that wait already, which keep their time."""
    if known is not None:
        return replace(known, calls=(*known.calls, *calls))
    return Backlog(
        entity_type=entity_type,
        entity_id=entity_id,
        calls=calls,
        next_attempt_at=now + FIRST_RETRY_AFTER,
    )


def tried_in_vain(backlog: Backlog, calls: tuple[BillingCall, ...], *, now: datetime) -> Backlog:
    """After another attempt, with the calls that are left: 1, 2, 4 … minutes, at most 6 hours.

    A wait is thus no longer than the provider has been away already.
    """
    attempts = backlog.attempts + 1
    wait = FIRST_RETRY_AFTER * 2 ** min(attempts, _DOUBLINGS_MAX)
    return replace(
        backlog,
        calls=calls,
        attempts=attempts,
        next_attempt_at=now + min(wait, RETRY_AFTER_MAX),
    )


def subscription_sync_failed(one: Subscription, error: DomainError, *, vendor: str) -> Event:
    """What is told once when a subscription falls behind at the provider."""
    return _failed(
        SyncedEntity.SUBSCRIPTION, one.id, one.ref_id, error, vendor, customer_id=one.customer_id
    )


def customer_sync_failed(customer: Customer, error: DomainError, *, vendor: str) -> Event:
    """As `subscription_sync_failed`, of a customer."""
    return _failed(
        SyncedEntity.CUSTOMER, customer.id, customer.ref_id, error, vendor, customer_id=customer.id
    )


def _failed(  # the body's parts
    entity_type: SyncedEntity,
    id: UUID,
    ref_id: str,
    error: DomainError,
    vendor: str,
    *,
    customer_id: CustomerId,
) -> Event:
    body: Mapping[str, object] = {
        "error": {"code": error.code.value, "message": error.message},
        "id": ref_id,
        "entityType": entity_type.value,
        "vendorIdentifier": vendor,
    }
    return Event(
        type=SYNC_FAILED,
        entity_type=entity_type.value,
        entity_id=id,
        customer_id=customer_id,
        data=body,
    )
