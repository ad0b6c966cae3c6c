"""Setting, advancing and removing an environment's test clock."""

from __future__ import annotations

from datetime import datetime

from app.ports import Runtime
from app.usecases.due import run_due
from domain.accounts.test_clock import (
    require_advance,
    require_settable,
    require_test_clock_allowed,
)


async def test_clock(*, runtime: Runtime) -> datetime | None:
    """The environment's frozen time, read anew."""
    environment = await runtime.readers.accounts.environment()
    return environment.frozen_time if environment else None


async def set_test_clock(frozen_time: datetime, *, runtime: Runtime) -> datetime:
    """Freeze time at `frozen_time`; what falls due until then happens first, at its own instant."""
    require_test_clock_allowed(runtime.environment.environment_type)
    async with runtime.new_unit_of_work() as work:
        environment = await work.accounts.environment_for_update()
        assert environment is not None, "the key's environment exists"
        now = environment.frozen_time or runtime.clock()
        if environment.frozen_time == frozen_time:
            return frozen_time
        has_data = await work.accounts.has_data()
        require_settable(frozen_time, now=now, has_data=has_data)
        if has_data:
            await run_due(runtime, frozen_time)
        await work.accounts.set_frozen_time(frozen_time)
        await work.commit()
    return frozen_time


async def advance_test_clock(frozen_time: datetime, *, runtime: Runtime) -> datetime:
    """Move a set clock forward; what falls due on the way happens at its own instant."""
    require_test_clock_allowed(runtime.environment.environment_type)
    async with runtime.new_unit_of_work() as work:
        environment = await work.accounts.environment_for_update()
        assert environment is not None, "the key's environment exists"
        require_advance(frozen_time, frozen_time=environment.frozen_time)
        if environment.frozen_time != frozen_time:
            await run_due(runtime, frozen_time)
            await work.accounts.set_frozen_time(frozen_time)
            await work.commit()
    return frozen_time


async def remove_test_clock(*, runtime: Runtime) -> bool:
    """Return to real time; whether a clock was set."""
    require_test_clock_allowed(runtime.environment.environment_type)
    async with runtime.new_unit_of_work() as work:
        environment = await work.accounts.environment_for_update()
        assert environment is not None, "the key's environment exists"
        await work.accounts.set_frozen_time(None)
        await work.commit()
    return environment.frozen_time is not None
