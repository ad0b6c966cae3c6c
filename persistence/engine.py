"""The one engine of a process: a pool of asyncpg connections to one database."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
POOL_TIMEOUT_S = 30
"""How long an operation waits for one of the process's connections."""

BESIDES = 2
"""Connections beside those of operations: the one that listens for news, and one for what the
test clock does while it holds another."""


def _dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def new_engine(database_url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine for `postgresql+asyncpg://…`; waits at most 10 s for a lock (spec, platform §4.7).

    The pool is bound to the event loop that first uses it. Its connections are kept: one that is
    made for a burst alone costs more than all that runs on it, and starts without its statements.
    """
    return create_async_engine(
        database_url,
        pool_size=pool_size + BESIDES,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=False,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        connect_args={
            "server_settings": {
                "application_name": "plangate",
                "timezone": "UTC",
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "lock_timeout": str(LOCK_TIMEOUT_MS),
                "jit": "off",
            },
        },
    )


_autocommitting: WeakKeyDictionary[AsyncEngine, AsyncEngine] = WeakKeyDictionary()


def autocommitting(engine: AsyncEngine) -> AsyncEngine:
    """The engine for single statements outside transactions, on the same pool.

    Made once per engine: deriving one costs more than many a statement.
    """
    derived = _autocommitting.get(engine)
    if derived is None:
        derived = engine.execution_options(isolation_level="AUTOCOMMIT")
        _autocommitting[engine] = derived
    return derived


async def answers(engine: AsyncEngine) -> bool:
    """Whether the database can be asked anything at all."""
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return False
    return True


async def dispose(engine: AsyncEngine) -> None:
    """Close the pool, also when the caller is being cancelled."""
    await asyncio.shield(engine.dispose())
