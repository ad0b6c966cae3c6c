"""Tables of entitlements: promotional grants, and what checks read.

A snapshot holds a scope's resolved rows. It stands while the scope's configuration version is the
one it was computed under: a change adds to `entitlement_versions` in its own transaction and
leaves the snapshot alone, so a recomputation that raced with the change cannot pass for current,
and what the rows were before (their stamps) stays readable. Source: spec, entitlements §13.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Index, Numeric, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.catalog.model import ResetRule
from domain.customers.enums import PromotionalEntitlementPeriod
from domain.entitlements.enums import EntitlementsStateAccessDeniedReason
from persistence.rows.base import Base, EnvironmentKey, Key, value

EVERYBODY = uuid.UUID(int=0)


class PromotionalEntitlementRow(Base):
    """A grant of one feature to one customer; at most one a customer and feature."""

    __tablename__ = "promotional_entitlements"
    __table_args__ = (
        UniqueConstraint("environment_id", "customer_id", "feature_id"),
        Index(None, "environment_id", "created_at", "id"),
        Index(
            "ix_promotional_entitlements_untold",
            "environment_id",
            "end_date",
            postgresql_where=text("end_told_at IS NULL AND end_date IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    customer_id: Mapped[uuid.UUID]
    feature_id: Mapped[uuid.UUID]
    usage_limit: Mapped[Decimal | None] = mapped_column(Numeric(38, 10))
    has_unlimited_usage: Mapped[bool]
    has_soft_limit: Mapped[bool]
    enum_values: Mapped[tuple[str, ...]] = mapped_column(ARRAY(Text, as_tuple=True))
    reset_rule: Mapped[ResetRule | None] = value(ResetRule)
    period: Mapped[PromotionalEntitlementPeriod]
    start_date: Mapped[datetime]
    end_date: Mapped[datetime | None]
    is_visible: Mapped[bool]
    description: Mapped[str | None]
    feature_group_ids: Mapped[tuple[uuid.UUID, ...]] = mapped_column(
        ARRAY(Uuid(as_uuid=True), as_tuple=True)
    )
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # When it was told that the grant ends within a week, and that it has ended.
    ends_soon_told_at: Mapped[datetime | None]
    end_told_at: Mapped[datetime | None]


class EntitlementVersionRow(Base):
    """How often a scope's configuration changed.

    Counted for a customer's resource, for all of a customer's scopes (resource ""), and for the
    whole environment (customer `EVERYBODY`); a scope's version is the sum of the three.
    """

    __tablename__ = "entitlement_versions"

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


class EntitlementSnapshotRow(Base):
    """The resolved rows of a scope as JSON by feature ref_id; current while `version` is.

    `credit_terms`: which currencies its wallets may overdraw.
    """

    __tablename__ = "entitlement_snapshots"

    environment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[EntitlementsStateAccessDeniedReason | None]
    rows: Mapped[dict[str, Any]] = mapped_column(JSONB)
    credit_terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    valid_until: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(BigInteger)
    computed_at: Mapped[datetime]


class EntitlementCheckRow(Base):
    """A check that a client made on its own cache and reported afterwards."""

    __tablename__ = "entitlement_checks"

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    customer_id: Mapped[str]
    resource_id: Mapped[str | None]
    feature_id: Mapped[str]
    requested_usage: Mapped[Decimal | None] = mapped_column(Numeric(38, 10))
    result: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
