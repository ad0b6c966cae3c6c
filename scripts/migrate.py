"""Writes and checks migrations, on a throw-away PostgreSQL.

    migrate.py revision "customers: what changes"    a migration from what the rows have become
    migrate.py check                                 fails where rows and migrations differ

Servers migrate by themselves when they start (persistence/migrate.py).
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from persistence.embedded import EmbeddedPostgres
from persistence.migrate import alembic_config, upgrade


def main() -> None:
    match sys.argv[1:]:
        case ["revision", message]:
            run(lambda config: command.revision(config, message, autogenerate=True))
        case ["check"]:
            run(command.check)
        case _:
            sys.exit(__doc__)


def run(action: Callable[[Config], object]) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="plangate-migrate-") as directory,
        EmbeddedPostgres(Path(directory), durable=False) as server,
    ):
        asyncio.run(on_migrated(server.url_of("postgres"), action))


async def on_migrated(url: str, action: Callable[[Config], object]) -> None:
    await upgrade(url)
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(act, action)
    await engine.dispose()


def act(connection: Connection, action: Callable[[Config], object]) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        action(config)
    except CommandError as error:
        sys.exit(f"plangate: {error}")


if __name__ == "__main__":
    main()
