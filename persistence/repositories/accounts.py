"""Accounts, environments and keys inside a transaction.

Unlike all other repositories this one may name an environment: it is where tenants are made.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, exists, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.accounts.model import LAST_CHARACTERS, Account, ApiKey, Environment, Member, prefix_of
from domain.ids import AccountId, EnvironmentId
from persistence.mapping.copy import from_row, to_columns
from persistence.repositories.base import Repository
from persistence.rows.accounts import AccountRow, ApiKeyRow, EnvironmentRow, MemberRow
from persistence.rows.base import Base

# Any constant: only those who bootstrap take it.
_BOOTSTRAP_LOCK = 0x504C414E

# Subscriptions, usage and checks all belong to a customer; raw events may name one unknown.
_DATA_TABLES = ("customers", "usage_events", "credit_grants", "promotional_entitlements")


class Vault(Protocol):
    """Seals tokens for storage."""

    def seal(self, token: str) -> bytes: ...
    def open(self, sealed: bytes) -> str: ...


def digest_of(token: str) -> bytes:
    """What a presented token is found by."""
    return hashlib.sha256(token.encode()).digest()


def key_from_row(row: Row[Any], vault: Vault) -> ApiKey:
    return from_row(ApiKey, row, token=vault.open(row.token_sealed))


class SqlAccountRepository(Repository):
    """Implements `app.ports.AccountRepository`."""

    def __init__(
        self, connection: AsyncConnection, environment_id: EnvironmentId, vault: Vault | None
    ) -> None:
        super().__init__(connection, environment_id)
        self._vault = vault

    @property
    def vault(self) -> Vault:
        assert self._vault is not None, "this unit of work was built without a vault"
        return self._vault

    async def lock_bootstrap(self) -> None:
        """Let only one process at a time make first data."""
        await self.connection.execute(
            text("SELECT pg_advisory_xact_lock(:key)"), {"key": _BOOTSTRAP_LOCK}
        )

    async def first_account(self) -> Account | None:
        row = await self.fetch_one(
            select(*AccountRow.__table__.c).order_by(AccountRow.created_at).limit(1)
        )
        return None if row is None else from_row(Account, row)

    async def account(self, *, is_locked: bool = False) -> Account | None:
        """The account of the unit's own environment, locked on request."""
        query = (
            select(*AccountRow.__table__.c)
            .join(EnvironmentRow, EnvironmentRow.account_id == AccountRow.id)
            .where(EnvironmentRow.id == self.environment_id)
        )
        if is_locked:
            query = query.with_for_update(of=AccountRow)
        row = await self.fetch_one(query)
        return None if row is None else from_row(Account, row)

    async def environments(self, account_id: AccountId) -> tuple[Environment, ...]:
        """All of the account's environments, oldest first, archived ones included."""
        rows = await self.fetch(
            select(*EnvironmentRow.__table__.c)
            .where(EnvironmentRow.account_id == account_id)
            .order_by(EnvironmentRow.created_at, EnvironmentRow.slug)
        )
        return tuple(from_row(Environment, row) for row in rows)

    async def environment_for_update(self) -> Environment | None:
        """The unit's own environment, locked."""
        row = await self.fetch_one(
            select(*EnvironmentRow.__table__.c)
            .where(EnvironmentRow.id == self.environment_id)
            .with_for_update()
        )
        return None if row is None else from_row(Environment, row)

    async def save_account(self, account: Account) -> None:
        await self._save(AccountRow, to_columns(account, AccountRow))

    async def save_member(self, member: Member) -> None:
        await self._save(MemberRow, to_columns(member, MemberRow))

    async def save_environment(self, environment: Environment) -> None:
        await self._save(EnvironmentRow, to_columns(environment, EnvironmentRow))

    async def keys_for_update(self, environment_id: EnvironmentId) -> tuple[ApiKey, ...]:
        """The environment's keys, expired ones included, oldest first."""
        rows = await self.fetch(
            select(*ApiKeyRow.__table__.c)
            .where(ApiKeyRow.environment_id == environment_id)
            .order_by(ApiKeyRow.created_at, ApiKeyRow.id)
            .with_for_update()
        )
        return tuple(key_from_row(row, self.vault) for row in rows)

    async def key_for_update(self, key_id: UUID) -> ApiKey | None:
        row = await self.fetch_one(
            select(*ApiKeyRow.__table__.c)
            .where(
                ApiKeyRow.environment_id == self.environment_id,
                ApiKeyRow.id == key_id,
            )
            .with_for_update()
        )
        return None if row is None else key_from_row(row, self.vault)

    async def save_key(self, key: ApiKey) -> None:
        """Insert or update one key; its token is stored as digest and sealed."""
        await self._save(
            ApiKeyRow,
            to_columns(
                key,
                ApiKeyRow,
                token_sha256=digest_of(key.token),
                token_sealed=self.vault.seal(key.token),
                token_prefix=prefix_of(key.key_type),
                token_last4=key.token[-LAST_CHARACTERS:],
            ),
        )

    async def set_frozen_time(self, frozen_time: datetime | None) -> None:
        """Set or remove the environment's test clock."""
        await self.execute(
            update(EnvironmentRow)
            .where(EnvironmentRow.id == self.environment_id)
            .values(frozen_time=frozen_time)
        )

    async def has_data(self) -> bool:
        """Whether anything but the catalogue exists: customers, events, grants."""
        tables = [
            Base.metadata.tables[name] for name in _DATA_TABLES if name in Base.metadata.tables
        ]
        statement = select(
            or_(
                *(exists().where(table.c.environment_id == self.environment_id) for table in tables)
            )
        )
        return bool((await self.connection.execute(statement)).scalar())

    async def _save(self, row_class: Any, values: dict[str, Any]) -> None:
        statement = pg_insert(row_class).values(values)
        changed = {name: statement.excluded[name] for name in values if name != "id"}
        await self.connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_=changed)
        )
