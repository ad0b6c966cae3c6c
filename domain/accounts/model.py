"""Accounts, environments, API keys and members as values.

Source: spec, platform §1-§2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.accounts.enums import ApiKeyType, EnvironmentType
from domain.accounts.scopes import ApiKeyScope
from domain.ids import AccountId, EnvironmentId
from domain.subscriptions.enums import BillingAnchor, ProrationBehavior

SIGNING_TOKEN_HEX_DIGITS = 64
TOKEN_BYTES = 32
LAST_CHARACTERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The owner of environments; its billing rules hold in all of them (None = the default)."""

    id: AccountId
    display_name: str
    created_at: datetime
    timezone: str | None = None
    subscription_billing_anchor: BillingAnchor | None = None
    subscription_proration_behavior: ProrationBehavior | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A human of the account; the owner may do everything."""

    id: UUID
    account_id: AccountId
    user_id: UUID
    email: str
    name: str | None = None
    account_role: str = "MEMBER"
    production_role: str = "VIEWER"
    non_production_role: str = "VIEWER"
    status: str = "INVITED"
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One tenant; `frozen_time` is its test clock, None = real time."""

    id: EnvironmentId
    account_id: AccountId
    display_name: str
    slug: str
    type: EnvironmentType
    signing_token: str = field(repr=False)
    description: str | None = None
    color: str | None = None
    harden_client_access_enabled: bool = False
    frozen_time: datetime | None = None
    archived_at: datetime | None = None
    permanent_deletion_date: datetime | None = None
    created_at: datetime

    @property
    def is_sandbox(self) -> bool:
        return self.type is EnvironmentType.SANDBOX


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key that reaches one environment; `scopes` is None unless SCOPED."""

    id: UUID
    environment_id: EnvironmentId
    key_type: ApiKeyType
    display_name: str
    description: str | None = None
    token: str = field(repr=False)
    scopes: tuple[ApiKeyScope, ...] | None = None
    expire_at: datetime | None = None
    created_at: datetime

    def expired(self, now: datetime) -> bool:
        """Whether it no longer opens anything: `expire_at <= now`."""
        return self.expire_at is not None and self.expire_at <= now


def prefix_of(key_type: ApiKeyType) -> str:
    """`client-` for client keys, `server-` for all else (spec, platform §1)."""
    return "client-" if key_type is ApiKeyType.CLIENT else "server-"


def masked(token: str) -> str:
    """Prefix, `****`, last four characters: what those may see who do not own the key."""
    prefix, dash, _ = token.partition("-")
    return f"{prefix}{dash}****{token[-LAST_CHARACTERS:]}"
