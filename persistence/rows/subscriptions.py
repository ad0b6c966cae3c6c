"""The table of subscriptions: one row an aggregate.

What lists filter by, sort by or join on is a column; prices, add-ons and entitlements are JSON
columns of their own (lists look into them); everything else of the value is in `detail`. One
statement loads any number of aggregates and one saves them.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.catalog.enums import PricingType
from domain.subscriptions.enums import (
    PaymentCollection,
    SubscriptionCancelReason,
    SubscriptionStatus,
)
from persistence.rows.base import Base, EnvironmentKey, Key


class SubscriptionRow(Base):
    """A subscription with all that hangs on it."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("environment_id", "ref_id"),
        Index(None, "environment_id", "customer_id", "created_at", "id"),
        Index(
            None,
            "environment_id",
            "paying_customer_id",
            postgresql_where=text("paying_customer_id IS NOT NULL"),
        ),
        Index(None, "environment_id", "plan_id"),
        Index(None, "environment_id", "status"),
        Index(None, "environment_id", "created_at", "id"),
        Index(
            None,
            "environment_id",
            "billing_id",
            postgresql_where=text("billing_id IS NOT NULL"),
        ),
        Index(
            None,
            "environment_id",
            "next_due_at",
            postgresql_where=text("next_due_at IS NOT NULL"),
        ),
        Index("ix_subscriptions_addons", "addons", postgresql_using="gin"),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    ref_id: Mapped[str]
    customer_id: Mapped[uuid.UUID]
    paying_customer_id: Mapped[uuid.UUID | None]
    resource_id: Mapped[uuid.UUID | None]
    product_id: Mapped[uuid.UUID]
    plan_id: Mapped[uuid.UUID]
    plan_ref_id: Mapped[str]
    status: Mapped[SubscriptionStatus]
    pricing_type: Mapped[PricingType]
    start_date: Mapped[datetime]
    end_date: Mapped[datetime | None]
    cancellation_date: Mapped[datetime | None]
    effective_end_date: Mapped[datetime | None]
    cancel_reason: Mapped[SubscriptionCancelReason | None]
    trial_end_date: Mapped[datetime | None]
    billing_cycle_anchor: Mapped[datetime]
    current_billing_period_start: Mapped[datetime]
    current_billing_period_end: Mapped[datetime]
    payment_collection: Mapped[PaymentCollection]
    billing_id: Mapped[str | None]
    old_billing_id: Mapped[str | None]
    crm_id: Mapped[str | None]
    salesforce_id: Mapped[str | None]
    prices: Mapped[list[Any]] = mapped_column(JSONB)
    addons: Mapped[list[Any]] = mapped_column(JSONB)
    entitlements: Mapped[list[Any]] = mapped_column(JSONB)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # When the clock next has work with it (domain.subscriptions.due); null once ended.
    next_due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
