"""Brings a database to this version's schema, or says in one sentence why it cannot.

`persistence/migrations` is an ordinary Alembic directory; nothing but this module runs it.
"""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from persistence.errors import UnusableDatabaseError

POSTGRES_MAJOR_MIN = 15
CONNECT_TIMEOUT_S = 10
_MIGRATION_LOCK = 7_526_174_301_945_112  # any number: two servers starting at once take turns


def alembic_config() -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


async def create_database(server_url: str, name: str) -> None:
    """Create the database `name` if the server lacks it. The name is ours, never a user's."""
    assert name.isidentifier()
    engine = create_async_engine(server_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        query = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if await connection.scalar(query, {"name": name}) is None:
            await connection.execute(text(f'CREATE DATABASE "{name}"'))
    await engine.dispose()


async def upgrade(database_url: str) -> None:
    """Migrate to the newest schema, all or nothing.

    Raises UnusableDatabaseError if the database cannot be reached, is older than PostgreSQL 15,
    or was migrated by a newer plangate.
    """
    try:
        address = make_url(database_url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError) as error:
        raise UnusableDatabaseError("The database's address cannot be read.") from error
    engine = create_async_engine(database_url, poolclass=NullPool)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            connection = await engine.connect()
    except TimeoutError as error:
        raise UnusableDatabaseError(
            f"The database {address} did not answer within {CONNECT_TIMEOUT_S} s."
        ) from error
    except (OSError, OverflowError, DBAPIError, TypeError, ValueError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise UnusableDatabaseError(
            f"The database {address} cannot be reached: {_one_line(reason)}."
        ) from error
    try:
        await _require_supported(connection, address)
        async with connection.begin():
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK}
            )
            await connection.run_sync(_upgrade, address)
    finally:
        await connection.close()
        await engine.dispose()


async def _require_supported(connection: AsyncConnection, address: str) -> None:
    number = int(await connection.scalar(text("SHOW server_version_num")))
    await connection.rollback()
    if number // 10_000 < POSTGRES_MAJOR_MIN:
        raise UnusableDatabaseError(
            f"The database {address} is PostgreSQL {number // 10_000}, but plangate needs "
            f"PostgreSQL {POSTGRES_MAJOR_MIN} or newer."
        )


def _upgrade(connection: Connection, address: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise UnusableDatabaseError(
            f"The database {address} was made by another version of plangate: {_one_line(error)}."
        ) from error


def _one_line(reason: object) -> str:
    words = " ".join(str(reason).split())
    return (words or type(reason).__name__).rstrip(".")
