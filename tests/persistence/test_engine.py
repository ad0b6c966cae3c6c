"""The pool of a process."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.engine import BESIDES, dispose, new_engine


async def backends(engine: AsyncEngine, operations: int) -> set[int]:
    """The database's processes that as many operations at once were served by."""

    async def pid() -> int:
        async with engine.connect() as connection:
            return int(await connection.scalar(text("SELECT pg_backend_pid()")) or 0)

    return set(await asyncio.gather(*(pid() for _ in range(operations))))


async def test_a_burst_is_served_by_connections_that_are_kept(database_url: str) -> None:
    engine = new_engine(database_url, pool_size=2)
    try:
        first = await backends(engine, 20)
        again = await backends(engine, 20)
    finally:
        await dispose(engine)
    assert len(first) <= 2 + BESIDES
    assert again <= first
