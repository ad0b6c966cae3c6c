"""A world per test."""

from __future__ import annotations

import pytest

from app.ports import Runtime
from tests.builders import utc
from tests.support import MovableClock
from tests.world import World


@pytest.fixture
def world(runtime: Runtime, clock: MovableClock) -> World:
    clock.set(utc("2024-03-10T12:00"))
    return World(runtime)
