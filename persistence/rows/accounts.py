"""Tables of accounts, members, environments and API keys.

These are the tenants themselves: `environments` has no environment_id, and keys are found across
all of them by the SHA-256 of their token.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.accounts.enums import ApiKeyType, EnvironmentType
from domain.accounts.scopes import ApiKeyScope
from domain.ids import AccountId, EnvironmentId
from domain.subscriptions.enums import BillingAnchor, ProrationBehavior
from persistence.rows.base import Base, EnvironmentKey, Key, Str, value


class AccountRow(Base):
    __tablename__ = "accounts"

    id: Mapped[Key]
    display_name: Mapped[Str]
    timezone: Mapped[Str | None]
    subscription_billing_anchor: Mapped[BillingAnchor | None]
    subscription_proration_behavior: Mapped[ProrationBehavior | None]
    created_at: Mapped[datetime]


class MemberRow(Base):
    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("account_id", "email"),)

    id: Mapped[Key]
    account_id: Mapped[AccountId] = mapped_column(ForeignKey("accounts.id"))
    user_id: Mapped[EnvironmentKey]
    email: Mapped[Str]
    name: Mapped[Str | None]
    account_role: Mapped[Str]
    production_role: Mapped[Str]
    non_production_role: Mapped[Str]
    status: Mapped[Str]
    created_at: Mapped[datetime]


class EnvironmentRow(Base):
    __tablename__ = "environments"
    __table_args__ = (UniqueConstraint("account_id", "slug"),)

    id: Mapped[Key]
    account_id: Mapped[AccountId] = mapped_column(ForeignKey("accounts.id"))
    display_name: Mapped[Str]
    slug: Mapped[Str]
    type: Mapped[EnvironmentType]
    signing_token: Mapped[Str]
    description: Mapped[Str | None]
    color: Mapped[Str | None]
    harden_client_access_enabled: Mapped[bool]
    frozen_time: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    permanent_deletion_date: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ApiKeyRow(Base):
    __tablename__ = "api_keys"
    __table_args__ = (
        Index("uq_api_keys_token_sha256", "token_sha256", unique=True),
        Index("ix_api_keys_environment_id_created_at", "environment_id", "created_at"),
        # One live system key of each kind; a rotated one carries its end.
        Index(
            "uq_api_keys_live_system_key",
            "environment_id",
            "key_type",
            unique=True,
            postgresql_where=text("expire_at IS NULL AND key_type IN ('SERVER', 'CLIENT')"),
        ),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentId] = mapped_column(ForeignKey("environments.id"))
    key_type: Mapped[ApiKeyType]
    display_name: Mapped[Str]
    description: Mapped[Str | None]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    token_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    token_prefix: Mapped[Str]
    token_last4: Mapped[Str]
    scopes: Mapped[tuple[ApiKeyScope, ...] | None] = value(tuple[ApiKeyScope, ...])
    expire_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
