"""Bootstrapping needs an empty database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from persistence.metadata import metadata


@pytest.fixture
async def fresh_engine(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """The engine on a schema of its own, empty."""
    async with engine.begin() as connection:
        await connection.exec_driver_sql("CREATE SCHEMA bootstrap_test")
    fresh = engine.execution_options(schema_translate_map={None: "bootstrap_test"})
    async with fresh.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield fresh
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DROP SCHEMA bootstrap_test CASCADE")
