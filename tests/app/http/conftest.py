"""A running application, and two customers whose usage is told of."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette

from app.main import create_app
from tests.support import TestEnvironment, test_settings
from tests.world import World


@pytest.fixture
async def app(environment: TestEnvironment) -> AsyncIterator[Starlette]:
    app = create_app(test_settings(), composition=environment.composition)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def world(app: Starlette, environment: TestEnvironment) -> World:
    """Two customers with up to 5 of feature-f; changes made here are told at once."""
    world = World(app.state.composition.runtime(environment.runtime.environment))
    await world.feature()
    await world.plan("plan-a", world.gives(limit=5))
    for customer in ("customer-1", "customer-2"):
        await world.customer(customer)
        await world.subscribe("plan-a", customer)
    return world
