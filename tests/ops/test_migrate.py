"""Databases that plangate is pointed at: migrated, or refused in one sentence."""

import secrets
from collections.abc import AsyncIterator

import pytest
from alembic import command
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from persistence import migrate
from persistence.errors import UnusableDatabaseError


@pytest.fixture
async def empty_database(server_url: str) -> AsyncIterator[str]:
    name = f"plangate_test_{secrets.token_hex(6)}"
    await migrate.create_database(server_url, name)
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    await execute(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


async def execute(url: str, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def test_migrating_twice_is_migrating_once(empty_database: str) -> None:
    await migrate.upgrade(empty_database)
    await migrate.upgrade(empty_database)


async def test_migrations_make_what_the_rows_describe(empty_database: str) -> None:
    def check(connection: Connection) -> None:
        config = migrate.alembic_config()
        config.attributes["connection"] = connection
        command.check(config)  # raises where they differ: scripts/migrate.py revision

    await migrate.upgrade(empty_database)
    engine = create_async_engine(empty_database)
    async with engine.connect() as connection:
        await connection.run_sync(check)
    await engine.dispose()


async def test_a_database_of_a_newer_plangate_is_refused(empty_database: str) -> None:
    await migrate.upgrade(empty_database)
    await execute(
        empty_database, "CREATE TABLE IF NOT EXISTS alembic_version (version_num text PRIMARY KEY)"
    )
    await execute(empty_database, "DELETE FROM alembic_version")
    await execute(empty_database, "INSERT INTO alembic_version VALUES ('from_the_future')")

    with pytest.raises(UnusableDatabaseError, match="made by another version of plangate"):
        await migrate.upgrade(empty_database)


async def test_a_too_old_server_is_refused(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "POSTGRES_MAJOR_MIN", 99)

    with pytest.raises(UnusableDatabaseError, match="plangate needs PostgreSQL 99 or newer"):
        await migrate.upgrade(empty_database)


async def test_a_missing_database_is_refused(empty_database: str) -> None:
    missing = make_url(empty_database).set(database="no_such_database")

    with pytest.raises(UnusableDatabaseError, match='database "no_such_database" does not exist'):
        await migrate.upgrade(missing.render_as_string(hide_password=False))
