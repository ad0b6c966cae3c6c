"""The test clock: set, advanced, removed, refused (subscriptions §0; platform §11, 16)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.accounts.enums import EnvironmentType
from tests.conftest import Execute
from tests.support import TestEnvironment, execute_document, new_environment

SET = "mutation ($t: DateTime!) { setTestClock(input: {frozenTime: $t}) { frozenTime } }"
ADVANCE = "mutation ($t: DateTime!) { advanceTestClock(input: {frozenTime: $t}) { frozenTime } }"
READ = "{ testClock { frozenTime } }"


async def test_an_offset_is_stored_as_utc(execute: Execute) -> None:
    answer = await execute(SET, {"t": "2025-01-01T00:00:00+02:00"})
    assert answer.ok == {"setTestClock": {"frozenTime": "2024-12-31T22:00:00.000Z"}}
    assert (await execute(READ)).ok == {"testClock": {"frozenTime": "2024-12-31T22:00:00.000Z"}}


async def test_a_runtime_lives_at_the_frozen_time(
    execute: Execute, environment: TestEnvironment
) -> None:
    await execute(SET, {"t": "2030-05-05"})
    stored = await environment.runtime.readers.accounts.environment()
    assert stored is not None
    from app.context import scope_of

    runtime = environment.composition.runtime(scope_of(stored))
    assert runtime.clock().isoformat() == "2030-05-05T00:00:00+00:00"


async def test_an_unset_clock_cannot_be_advanced(execute: Execute) -> None:
    assert (await execute(ADVANCE, {"t": "2030-01-01"})).codes == ["InvalidArgumentError"]


async def test_the_clock_advances_but_never_back(execute: Execute) -> None:
    await execute(SET, {"t": "2030-01-01"})
    assert not (await execute(ADVANCE, {"t": "2030-01-01"})).errors
    assert not (await execute(ADVANCE, {"t": "2030-02-01"})).errors
    assert (await execute(ADVANCE, {"t": "2030-01-15"})).codes == ["InvalidArgumentError"]


async def test_without_data_the_clock_may_be_set_back(execute: Execute) -> None:
    await execute(SET, {"t": "2030-01-01"})
    assert not (await execute(SET, {"t": "2029-01-01"})).errors


async def test_removing_returns_to_real_time(execute: Execute) -> None:
    await execute(SET, {"t": "2030-01-01"})
    assert (await execute("mutation { removeTestClock }")).ok == {"removeTestClock": True}
    assert (await execute(READ)).ok == {"testClock": None}


async def test_production_has_no_test_clock(engine: AsyncEngine) -> None:
    production = await new_environment(engine, type_=EnvironmentType.PRODUCTION)
    answer = await execute_document(production.runtime, SET, {"t": "2030-01-01"})
    assert answer.codes == ["AccessDeniedError"]
