"""Tables of credits: wallets, the grants they hold, the ledger, and the keys of consumptions.

A wallet's row holds the totals of its counted grants until `next_change`, so that a check reads
one row. Whoever changes a wallet holds its lock. Source: spec, entitlements §9, §13.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.credits.enums import CreditGrantSourceType, CreditGrantType, CreditLedgerEventType
from domain.credits.model import GrantStage, Recurrence
from domain.money import Money
from domain.subscriptions.enums import PaymentCollection
from domain.subscriptions.model import Invoice
from persistence.rows.base import Base, EnvironmentKey, Key, Quantity, value


class CreditWalletRow(Base):
    """A wallet that ever held a grant; `next_change` = when the clock alone changes it.

    `recurrences`: what subscriptions grant it anew each period.
    """

    __tablename__ = "credit_wallets"
    __table_args__ = (
        Index(
            "ix_credit_wallets_due",
            "environment_id",
            "next_change",
            postgresql_where=text("next_change IS NOT NULL"),
        ),
    )

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(primary_key=True)
    currency_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    granted: Mapped[Quantity]
    consumed: Mapped[Quantity]
    recurrences: Mapped[tuple[Recurrence, ...]] = value(tuple[Recurrence, ...])
    next_change: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class CreditGrantRow(Base):
    """A grant; ended ones stay. `is_open`: what may change in the wallet yet, or be burned."""

    __tablename__ = "credit_grants"
    __table_args__ = (
        UniqueConstraint("environment_id", "grant_id"),
        Index(
            "ix_credit_grants_open",
            "environment_id",
            "customer_id",
            "resource_id",
            "currency_id",
            postgresql_where=text("is_open"),
        ),
        Index(
            "ix_credit_grants_listed",
            "environment_id",
            "customer_id",
            "resource_id",
            "created_at",
            "id",
        ),
        Index(
            "ix_credit_grants_subscription",
            "environment_id",
            "subscription_id",
            postgresql_where=text("subscription_id IS NOT NULL"),
        ),
        Index(
            "ix_credit_grants_recharge",
            "environment_id",
            "recharge_id",
            "created_at",
            postgresql_where=text("recharge_id IS NOT NULL"),
        ),
        Index(
            "ix_credit_grants_invoice",
            "environment_id",
            "invoice_id",
            postgresql_where=text("invoice_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    grant_id: Mapped[str]
    customer_id: Mapped[uuid.UUID]
    resource_id: Mapped[str]
    currency_id: Mapped[uuid.UUID]
    display_name: Mapped[str]
    grant_type: Mapped[CreditGrantType]
    amount: Mapped[Quantity]
    consumed_amount: Mapped[Quantity]
    cost: Mapped[Money] = value(Money)
    priority: Mapped[Quantity]
    effective_at: Mapped[datetime]
    expire_at: Mapped[datetime | None]
    comment: Mapped[str | None]
    additional_meta_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    payment_collection: Mapped[PaymentCollection]
    is_payment_pending: Mapped[bool]
    invoice_id: Mapped[str | None]
    latest_invoice: Mapped[Invoice | None] = value(Invoice)
    source_type: Mapped[CreditGrantSourceType | None]
    subscription_id: Mapped[uuid.UUID | None]
    source_key: Mapped[str | None]
    recharge_id: Mapped[uuid.UUID | None]
    stage: Mapped[GrantStage]
    is_open: Mapped[bool]
    voided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CreditLedgerRow(Base):
    """One append-only entry; `position` is the order of arrival."""

    __tablename__ = "credit_ledger"
    __table_args__ = (
        Index(
            "ix_credit_ledger_listed",
            "environment_id",
            "customer_id",
            "resource_id",
            "position",
        ),
        Index(
            "ix_credit_ledger_consumed",
            "environment_id",
            "customer_id",
            "resource_id",
            "currency_id",
            "timestamp",
            postgresql_where=text("type = 'CREDITS_CONSUMED'"),
        ),
    )

    id: Mapped[Key]
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True, cache=1))
    environment_id: Mapped[EnvironmentKey]
    customer_id: Mapped[uuid.UUID]
    resource_id: Mapped[str]
    currency_id: Mapped[uuid.UUID]
    grant_id: Mapped[uuid.UUID]
    type: Mapped[CreditLedgerEventType]
    amount: Mapped[Quantity]
    timestamp: Mapped[datetime]
    feature_id: Mapped[uuid.UUID | None]
    event_id: Mapped[str | None]
    dimensions: Mapped[dict[str, Any]] = mapped_column(JSONB)


class CreditConsumptionKeyRow(Base):
    """The keys of consumptions: a repeat within 30 days burns nothing."""

    __tablename__ = "credit_consumption_keys"
    # Rows come in the order of time, so that a few kilobytes find the old ones.
    __table_args__ = (Index(None, "reported_at", postgresql_using="brin"),)

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(primary_key=True)
    currency_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[Quantity]
    timestamp: Mapped[datetime]
    reported_at: Mapped[datetime]
