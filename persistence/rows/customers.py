"""Tables of customers and their resources. Billing information has no column anywhere."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.catalog.enums import Currency
from domain.customers.imports import ItemError
from domain.customers.model import PaymentMethod
from domain.subscriptions.enums import TaskStatus, TaskType
from persistence.rows.base import Base, EnvironmentKey, Key, value


class CustomerRow(Base):
    """A customer; archived ones stay and keep their ref_id."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("environment_id", "ref_id"),
        Index(None, "environment_id", "created_at", "id"),
        Index(
            None,
            "environment_id",
            "billing_id",
            postgresql_where=text("billing_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    ref_id: Mapped[str]
    name: Mapped[str | None]
    email: Mapped[str | None]
    billing_id: Mapped[str | None]
    billing_link_url: Mapped[str | None]
    billing_sync_error: Mapped[str | None]
    crm_id: Mapped[str | None]
    salesforce_id: Mapped[str | None]
    aws_marketplace_customer_id: Mapped[str | None]
    billing_currency: Mapped[Currency | None]
    coupon_id: Mapped[uuid.UUID | None]
    coupon_applied_at: Mapped[datetime | None]
    payment_method: Mapped[PaymentMethod | None] = value(PaymentMethod)
    exclude_from_experiment: Mapped[bool]
    additional_meta_data: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class CustomerResourceRow(Base):
    """Something a customer owns; `resource_id` is the caller's name of it."""

    __tablename__ = "customer_resources"
    __table_args__ = (
        UniqueConstraint("environment_id", "customer_id", "resource_id"),
        Index(None, "environment_id", "created_at", "id"),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    customer_id: Mapped[uuid.UUID]
    resource_id: Mapped[str]
    created_at: Mapped[datetime]


class ImportTaskRow(Base):
    """A bulk import of customers or subscriptions."""

    __tablename__ = "import_tasks"
    __table_args__ = (Index(None, "environment_id", "created_at", "id"),)

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    task_type: Mapped[TaskType]
    status: Mapped[TaskStatus]
    total: Mapped[int]
    imported: Mapped[int]
    errors: Mapped[tuple[ItemError, ...]] = value(tuple[ItemError, ...])
    start_date: Mapped[datetime]
    end_date: Mapped[datetime | None]
    created_at: Mapped[datetime]
