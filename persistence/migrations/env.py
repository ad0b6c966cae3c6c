"""Alembic's entry: runs migrations on the connection that `persistence.migrate` hands over.

For writing migrations by `alembic revision --autogenerate` set PLANGATE_DATABASE_URL.
"""

import asyncio
import os
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from persistence.metadata import metadata
from persistence.rows.base import Instant, Value


def render_item(kind: str, item: Any, generated: AutogenContext) -> str | Literal[False]:
    """Plain SQL types for ours: a migration must not change when the code does."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Value):
        generated.imports.add("from sqlalchemy.dialects import postgresql")
        return "postgresql.JSONB()"
    return False


def run(connection: Connection) -> None:
    # Partitions are made by their table's DDL and as time goes on: no row class describes them.
    partitions = set(
        connection.scalars(
            text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
        )
    )

    def include_name(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name not in partitions

    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        include_name=include_name,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on_own_connection() -> None:
    engine = create_async_engine(os.environ["PLANGATE_DATABASE_URL"])
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is None:
    asyncio.run(run_on_own_connection())
else:
    run(given)
