"""Tables of the sandbox billing provider: its own books, apart from everything of ours.

What is looked for by is a column; the record itself is one JSON value. Names, addresses and other
billing information have no place here: the provider discards them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.billing.model import ProviderEvent
from domain.billing.sandbox.model import (
    SandboxCheckout,
    SandboxCustomer,
    SandboxInvoice,
    SandboxSubscription,
)
from persistence.rows.base import Base, EnvironmentKey, value


class SandboxCustomerRow(Base):
    __tablename__ = "sandbox_customers"

    environment_id: Mapped[EnvironmentKey] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    record: Mapped[SandboxCustomer] = value(SandboxCustomer)


class SandboxSubscriptionRow(Base):
    __tablename__ = "sandbox_subscriptions"

    environment_id: Mapped[EnvironmentKey] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    record: Mapped[SandboxSubscription] = value(SandboxSubscription)


class SandboxInvoiceRow(Base):
    """`due_at` is when the provider acts on it next by itself."""

    __tablename__ = "sandbox_invoices"
    __table_args__ = (
        Index(None, "environment_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(None, "environment_id", "subscription_id"),
    )

    environment_id: Mapped[EnvironmentKey] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    subscription_id: Mapped[str | None]
    due_at: Mapped[datetime | None]
    record: Mapped[SandboxInvoice] = value(SandboxInvoice)


class SandboxCheckoutRow(Base):
    __tablename__ = "sandbox_checkouts"
    __table_args__ = (
        Index(None, "environment_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    environment_id: Mapped[EnvironmentKey] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    due_at: Mapped[datetime | None]
    record: Mapped[SandboxCheckout] = value(SandboxCheckout)


class SandboxAnswerRow(Base):
    """The answer to each write, by its idempotency key."""

    __tablename__ = "sandbox_answers"

    environment_id: Mapped[EnvironmentKey] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    answer: Mapped[Any] = mapped_column(JSONB)


class SandboxEventRow(Base):
    """A webhook to be sent, in the order of `sequence`; gone once it was received."""

    __tablename__ = "sandbox_events"
    __table_args__ = (UniqueConstraint("environment_id", "id"),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    environment_id: Mapped[EnvironmentKey]
    id: Mapped[str]
    record: Mapped[ProviderEvent] = value(ProviderEvent)
