from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from tests.app.billing.shop import Shop
from tests.conftest import Execute
from tests.support import MovableClock, TestEnvironment, new_environment


@pytest.fixture
async def environment(engine: AsyncEngine) -> TestEnvironment:
    """A fresh tenant whose billing provider is the sandbox."""
    return await new_environment(engine, billing="sandbox")


@pytest.fixture
def shop(runtime: Runtime, clock: MovableClock, execute: Execute) -> Shop:
    return Shop(runtime, clock, execute)
