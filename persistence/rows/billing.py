"""Tables of what the server keeps of its dealings with a billing provider."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from domain.billing.syncs import BillingCall, SyncedEntity
from domain.subscriptions.request import ProvisionRequest
from persistence.rows.base import Base, EnvironmentKey, value


class CheckoutRow(Base):
    """A provisioning that waits for its checkout session; no billing information."""

    __tablename__ = "checkouts"
    __table_args__ = (Index(None, "environment_id", "customer_id"),)

    environment_id: Mapped[EnvironmentKey] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    customer_id: Mapped[uuid.UUID]
    request: Mapped[ProvisionRequest] = value(ProvisionRequest)
    created_at: Mapped[datetime]


class BacklogRow(Base):
    """What a provider that did not answer is still to be told of an entity."""

    __tablename__ = "billing_backlogs"
    __table_args__ = (Index(None, "environment_id", "next_attempt_at"),)

    environment_id: Mapped[EnvironmentKey] = mapped_column(primary_key=True)
    entity_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    entity_type: Mapped[SyncedEntity]
    calls: Mapped[tuple[BillingCall, ...]] = value(tuple[BillingCall, ...])
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime]


class HeardWebhookRow(Base):
    """The id of a provider's webhook that had its effect."""

    __tablename__ = "heard_webhooks"

    environment_id: Mapped[EnvironmentKey] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime]
