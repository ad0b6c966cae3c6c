"""Credits, frozen: grants, the wallets that hold them, and the ledger that tells every change.

Amounts are in credits, exact to ten places. Source: spec, entitlements §9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID, uuid5

from domain.catalog.enums import Currency
from domain.credits.enums import (
    CreditGrantSourceType,
    CreditGrantStatus,
    CreditGrantType,
    CreditLedgerEventType,
)
from domain.ids import CurrencyId, CustomerId, FeatureId, SubscriptionId
from domain.money import Money
from domain.subscriptions.enums import PaymentCollection
from domain.subscriptions.model import Invoice

CreditGrantId = NewType("CreditGrantId", UUID)

ZERO = Decimal(0)
_PLACES = Decimal(1).scaleb(-10)


def credits_of(amount: Decimal) -> Decimal:
    """An amount as it is kept: ten places, half up."""
    return amount.quantize(_PLACES, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, order=True)
class WalletKey:
    """(customer, resource or "" for none, currency): wallets never lend to each other (§9.1)."""

    customer_id: CustomerId
    resource_id: str
    currency_id: CurrencyId


class GrantStage(StrEnum):
    """What the ledger has told of a grant: nothing yet, that it was granted, that it ended."""

    WAITING = "WAITING"
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditGrant:
    """Credits given to a wallet over [effective_at, expire_at); None = for ever.

    `cost` is what the whole grant costs; while `is_payment_pending` it is not in the wallet yet.
    Of a recurring grant `subscription_id` gives it and `source_key` says which of the
    subscription's entitlements or charges; `recharge_id` are the settings that had it bought.
    `grant_id` is the caller's handle, beside the UUID.
    """

    id: CreditGrantId
    grant_id: str
    customer_id: CustomerId
    resource_id: str
    currency_id: CurrencyId
    display_name: str
    grant_type: CreditGrantType
    amount: Decimal
    consumed_amount: Decimal = ZERO
    cost: Money = field(default_factory=lambda: Money(ZERO, Currency.USD))
    priority: Decimal = ZERO
    effective_at: datetime
    expire_at: datetime | None = None
    comment: str | None = None
    additional_meta_data: Mapping[str, object] | None = None
    payment_collection: PaymentCollection = PaymentCollection.NOT_REQUIRED
    is_payment_pending: bool = False
    invoice_id: str | None = None
    latest_invoice: Invoice | None = None
    source_type: CreditGrantSourceType | None = None
    subscription_id: SubscriptionId | None = None
    source_key: str | None = None
    recharge_id: UUID | None = None
    stage: GrantStage = GrantStage.WAITING
    voided_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> WalletKey:
        return WalletKey(self.customer_id, self.resource_id, self.currency_id)

    @property
    def remaining(self) -> Decimal:
        """What is left of it; of an overdraft the deficit, negative."""
        return self.amount - self.consumed_amount

    @property
    def is_overdraft(self) -> bool:
        return self.grant_type is CreditGrantType.OVERDRAFT

    @property
    def is_spendable(self) -> bool:
        """Whether burning may draw on it."""
        return self.stage is GrantStage.ACTIVE and not self.is_overdraft and self.remaining > 0


def status_of(grant: CreditGrant, now: datetime) -> CreditGrantStatus:
    """VOIDED > PAYMENT_PENDING > SCHEDULED > EXPIRED > ACTIVE, by the clock (§9.2)."""
    if grant.voided_at is not None:
        return CreditGrantStatus.VOIDED
    if grant.is_payment_pending:
        return CreditGrantStatus.PAYMENT_PENDING
    if now < grant.effective_at:
        return CreditGrantStatus.SCHEDULED
    if grant.expire_at is not None and grant.expire_at <= now:
        return CreditGrantStatus.EXPIRED
    return CreditGrantStatus.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A wallet's standing order: what one source of a subscription grants it, period by period.

    `amount` is granted anew every `months` counted from `anchor`, next at `renews_at` (None and
    None: it was granted once, for good). `given` is what the present period got: it stays when the
    amount falls, and what is voided by hand is not given again. From `holds_from` on (None: never)
    a change is due that may alter the terms: it is awaited. At `ends_at` the subscription ends:
    then the order `is_over`, and stays until the subscription itself is told so, since what
    changed it before its end may come to be known later. If it goes on after all, what was
    `taken_back` at that end is granted again.
    """

    id: UUID
    subscription_id: SubscriptionId
    source_type: CreditGrantSourceType
    source_key: str
    display_name: str
    amount: Decimal
    given: Decimal = ZERO
    months: int | None
    anchor: datetime
    renews_at: datetime | None
    holds_from: datetime | None = None
    ends_at: datetime | None = None
    is_over: bool = False
    taken_back: Decimal = ZERO

    def awaits(self, now: datetime) -> bool:
        """Whether its subscription is due to change, or to end, and has not been told so yet."""
        return self.is_over or any(
            at is not None and at <= now for at in (self.holds_from, self.ends_at)
        )

    @property
    def next_end(self) -> datetime | None:
        """When the clock alone ends it."""
        return None if self.is_over else self.ends_at

    @property
    def next_renewal(self) -> datetime | None:
        """When the clock alone brings the next grant."""
        at = self.renews_at
        is_held = at is not None and self.holds_from is not None and self.holds_from <= at
        return None if self.is_over or is_held else at

    def grant(
        self, key: WalletKey, amount: Decimal, *, effective_at: datetime, at: datetime
    ) -> CreditGrant:
        """A grant by this order, made at `at`, until the order renews.

        Its id follows from the order's, so that what the clock brings needs no other source of
        ids: `given` only grows within a period.
        """
        id = CreditGrantId(uuid5(self.id, f"{effective_at.isoformat()} {self.given}"))
        return CreditGrant(
            id=id,
            grant_id=str(id),
            customer_id=key.customer_id,
            resource_id=key.resource_id,
            currency_id=key.currency_id,
            display_name=self.display_name,
            grant_type=CreditGrantType.RECURRING,
            amount=amount,
            effective_at=effective_at,
            expire_at=self.renews_at,
            source_type=self.source_type,
            subscription_id=self.subscription_id,
            source_key=self.source_key,
            created_at=at,
            updated_at=at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """The totals of a wallet's counted grants, true until `next_change`, and what renews them.

    `updated_at` is also its version: strictly increasing, whatever the clock says.
    """

    key: WalletKey
    granted: Decimal = ZERO
    consumed: Decimal = ZERO
    recurrences: tuple[Recurrence, ...] = ()
    next_change: datetime | None = None
    updated_at: datetime

    @property
    def balance(self) -> Decimal:
        return self.granted - self.consumed

    def is_current(self, now: datetime) -> bool:
        """Whether nothing became effective or expired since it was written."""
        return self.next_change is None or now < self.next_change

    def awaits(self, now: datetime) -> bool:
        """Whether a change of a subscription is due that decides what it holds now."""
        return any(one.awaits(now) for one in self.recurrences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What credits were burned for: a feature, or nothing but the caller's own account of it."""

    feature_id: FeatureId | None = None
    event_id: str | None = None
    dimensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One append-only line; the amounts of a wallet's entries add up to its balance (§9.6)."""

    grant_id: CreditGrantId
    type: CreditLedgerEventType
    amount: Decimal
    timestamp: datetime
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEntry:
    """An entry as lists show it."""

    id: UUID
    key: WalletKey
    entry: LedgerEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumed:
    """What a consumption's idempotency key stands for: repeats are answered with it."""

    amount: Decimal
    timestamp: datetime
