"""Tables of what the server keeps of its dealings with a billing provider."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

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


class HeardWebhookRow(Base):
    """The id of a provider's webhook that had its effect."""

    __tablename__ = "heard_webhooks"

    environment_id: Mapped[EnvironmentKey] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime]
