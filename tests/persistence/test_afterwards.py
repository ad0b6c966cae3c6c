"""Steps that follow a commit: taken once, without its locks, and never the operation's failure."""

from __future__ import annotations

import logging

import pytest

from app.ports import Runtime
from tests.world import World


async def test_a_step_is_taken_after_the_commit_and_without_its_locks(runtime: Runtime) -> None:
    customer = await World(runtime).customer()
    taken: list[str] = []

    async def step() -> None:
        async with runtime.new_unit_of_work() as other:
            assert await other.customers.lock(customer.id) is not None
        taken.append("step")

    async with runtime.new_unit_of_work() as work:
        await work.customers.lock(customer.id)
        work.afterwards(step)
        await work.commit()
        assert taken == []
    assert taken == ["step"]


async def test_without_a_commit_nothing_follows(runtime: Runtime) -> None:
    async def step() -> None:
        raise AssertionError("nothing was committed")

    async with runtime.new_unit_of_work() as work:
        work.afterwards(step)


async def test_a_step_that_fails_is_only_logged(
    runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[str] = []

    async def fails() -> None:
        raise RuntimeError("out of luck")

    async def follows() -> None:
        taken.append("next")

    with caplog.at_level(logging.ERROR, logger="plangate.persistence"):
        async with runtime.new_unit_of_work() as work:
            work.afterwards(fails)
            work.afterwards(follows)
            await work.commit()
    assert taken == ["next"]
    assert "out of luck" in caplog.text
