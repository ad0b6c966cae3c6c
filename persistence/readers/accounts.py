"""Reads of accounts, environments and keys."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.accounts.model import Account, ApiKey, Environment
from domain.ids import EnvironmentId
from domain.listing import ListQuery, Page
from persistence.engine import autocommitting
from persistence.listing import Listing, columns, read_page
from persistence.mapping.copy import from_row
from persistence.readers.pages import mapped
from persistence.repositories.accounts import Vault, digest_of, key_from_row
from persistence.repositories.base import Reader
from persistence.rows.accounts import AccountRow, ApiKeyRow, EnvironmentRow
from persistence.rows.base import Base

_KEY = [column.label(f"key_{column.name}") for column in ApiKeyRow.__table__.c]


class SqlAccountReader(Reader):
    """Implements `app.ports.AccountReader`."""

    def __init__(
        self, engine: AsyncEngine, environment_id: EnvironmentId, vault: Vault | None
    ) -> None:
        super().__init__(engine, environment_id)
        self._vault = vault

    @property
    def vault(self) -> Vault:
        assert self._vault is not None, "these readers were built without a vault"
        return self._vault

    async def environment(self) -> Environment | None:
        """The reader's own environment."""
        row = await self.fetch_one(
            select(*EnvironmentRow.__table__.c).where(EnvironmentRow.id == self.environment_id)
        )
        return None if row is None else from_row(Environment, row)

    async def account(self) -> Account | None:
        """The account of the reader's environment."""
        row = await self.fetch_one(
            select(*AccountRow.__table__.c)
            .join(EnvironmentRow, EnvironmentRow.account_id == AccountRow.id)
            .where(EnvironmentRow.id == self.environment_id)
        )
        return None if row is None else from_row(Account, row)

    async def keys(self) -> tuple[ApiKey, ...]:
        """All keys, expired ones included, newest first."""
        rows = await self.fetch(
            select(*ApiKeyRow.__table__.c)
            .where(ApiKeyRow.environment_id == self.environment_id)
            .order_by(ApiKeyRow.created_at.desc(), ApiKeyRow.id.desc())
        )
        return tuple(key_from_row(row, self.vault) for row in rows)

    async def key_page(self, query: ListQuery) -> Page[ApiKey]:
        """The keys that a list asks for."""
        page = await read_page(self, KEYS, query)
        return mapped(page, lambda row: key_from_row(row, self.vault))

    async def environment_page(self, query: ListQuery) -> Page[Environment]:
        """The reader's own environment, as a list of at most one."""
        page = await read_page(self, ENVIRONMENTS, query)
        return mapped(page, lambda row: from_row(Environment, row))


KEYS = Listing(
    row=ApiKeyRow,
    fields=columns(ApiKeyRow, "createdAt", "displayName", "expireAt", "id", "keyType"),
)


class _OwnEnvironment(Base):
    """An environment as a list of itself: its id is what it belongs to."""

    __table__ = (
        select(*EnvironmentRow.__table__.c, EnvironmentRow.id.label("environment_id"))
    ).subquery("own_environment")
    __mapper_args__ = {"primary_key": [__table__.c.id]}  # noqa: RUF012 - SQLAlchemy's own way


ENVIRONMENTS = Listing(
    row=_OwnEnvironment,
    fields=columns(
        _OwnEnvironment, "createdAt", "displayName", "id", "permanentDeletionDate", "slug"
    ),
)


class SqlKeyLookup:
    """Finds whom a presented token belongs to: one statement, across all environments."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = autocommitting(engine)

    async def by_token(self, token: str) -> tuple[ApiKey, Environment] | None:
        """The key and its environment, expired and archived ones included; None = unknown."""
        async with self._engine.connect() as connection:
            found = await connection.execute(_BY_TOKEN, {"digest": digest_of(token)})
            row = found.one_or_none()
        if row is None:
            return None
        key = ApiKey(
            id=row.key_id,
            environment_id=row.key_environment_id,
            key_type=row.key_key_type,
            display_name=row.key_display_name,
            description=row.key_description,
            token=token,
            scopes=row.key_scopes,
            expire_at=row.key_expire_at,
            created_at=row.key_created_at,
        )
        return key, from_row(Environment, row)

    async def environments(self) -> tuple[Environment, ...]:
        """Every live environment: what background work goes through."""
        async with self._engine.connect() as connection:
            rows: Sequence[Row[tuple[object, ...]]] = (
                await connection.execute(
                    select(*EnvironmentRow.__table__.c).where(EnvironmentRow.archived_at.is_(None))
                )
            ).all()
        return tuple(from_row(Environment, row) for row in rows)

    async def environment(self, environment_id: UUID) -> Environment | None:
        async with self._engine.connect() as connection:
            row = (
                await connection.execute(
                    select(*EnvironmentRow.__table__.c).where(EnvironmentRow.id == environment_id)
                )
            ).one_or_none()
        return None if row is None else from_row(Environment, row)


# Made once and given parameters: building a statement costs as much as running this one.
_BY_TOKEN: Select[tuple[object, ...]] = (
    select(*_KEY, *EnvironmentRow.__table__.c)
    .join(EnvironmentRow, EnvironmentRow.id == ApiKeyRow.environment_id)
    .where(ApiKeyRow.token_sha256 == bindparam("digest"))
)
