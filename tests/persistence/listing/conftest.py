"""The tables, and a fresh tenant a test."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.persistence.listing.store import OwnBase, Store


@pytest.fixture(scope="session")
async def tables(engine: AsyncEngine) -> AsyncEngine:
    async with engine.begin() as connection:
        await connection.run_sync(OwnBase.metadata.create_all)
    return engine


@pytest.fixture
def store(tables: AsyncEngine) -> Store:
    return Store(tables)
