"""Accounts, environments and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.accounts.model import Account, ApiKey, Environment, Member
from domain.ids import (
    AccountId,
    EnvironmentId,
)
from domain.listing import ListQuery, Page


class AccountRepository(Protocol):
    """Accounts, environments and keys: the one repository that may name another tenant."""

    async def lock_bootstrap(self) -> None:
        """Let only one process at a time make first data."""

    async def first_account(self) -> Account | None: ...

    async def account(self, *, is_locked: bool = False) -> Account | None:
        """The account of the unit's own environment, locked on request."""

    async def environments(self, account_id: AccountId) -> tuple[Environment, ...]:
        """All of the account's environments, oldest first, archived ones included."""

    async def environment_for_update(self) -> Environment | None:
        """The unit's own environment, locked."""

    async def save_account(self, account: Account) -> None: ...
    async def save_member(self, member: Member) -> None: ...
    async def save_environment(self, environment: Environment) -> None: ...

    async def keys_for_update(self, environment_id: EnvironmentId) -> tuple[ApiKey, ...]:
        """The environment's keys, expired ones included, oldest first."""

    async def key_for_update(self, key_id: UUID) -> ApiKey | None: ...
    async def save_key(self, key: ApiKey) -> None: ...
    async def set_frozen_time(self, frozen_time: datetime | None) -> None: ...

    async def has_data(self) -> bool:
        """Whether anything but the catalogue exists in the unit's environment."""


class AccountReader(Protocol):
    """The environment, its account and its keys."""

    async def environment(self) -> Environment | None: ...
    async def account(self) -> Account | None: ...

    async def keys(self) -> tuple[ApiKey, ...]:
        """All keys, expired ones included, newest first."""

    async def key_page(self, query: ListQuery) -> Page[ApiKey]:
        """The keys that a list asks for."""

    async def environment_page(self, query: ListQuery) -> Page[Environment]:
        """The reader's own environment, as a list of at most one."""


class KeyLookup(Protocol):
    """Finds whom a presented token belongs to, across environments."""

    async def by_token(self, token: str) -> tuple[ApiKey, Environment] | None:
        """The key and its environment, expired and archived ones included; None = unknown."""
