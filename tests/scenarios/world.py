"""One environment with the demo catalogue and a test clock, driven by GraphQL alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.demo import load_demo_catalogue
from persistence.engine import new_engine
from tests.support import Answer, TestEnvironment, execute_document, new_environment

START = datetime(2024, 1, 31, 10, tzinfo=UTC)


def wire(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parsed(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


class World:
    """One environment with the demo catalogue and a clock, shared by all lives."""

    def __init__(self, database_url: str) -> None:
        self.runner = asyncio.Runner()
        self.customers = 0
        self.now = START
        self.engine = new_engine(database_url, pool_size=2)
        self.environment: TestEnvironment = self.runner.run(self._prepare())

    async def _prepare(self) -> TestEnvironment:
        environment = await new_environment(self.engine, now=self.now)
        runtime = environment.runtime

        async def execute(document: str, variables: Any) -> Any:
            return (await execute_document(runtime, document, variables)).ok

        await load_demo_catalogue(execute, environment_id=str(environment.environment.id))
        await execute(
            "mutation ($i: SetTestClockInput!) { setTestClock(input: $i) { frozenTime } }",
            {"i": {"frozenTime": wire(self.now)}},
        )
        return environment

    def send(self, document: str, **variables: Any) -> Answer:
        scope = replace(self.environment.runtime.environment, frozen_time=self.now)
        runtime = self.environment.composition.runtime(scope)
        return self.runner.run(execute_document(runtime, document, variables))

    def advance(self, by: timedelta) -> None:
        target = self.now + by
        answer = self.send(
            "mutation ($i: AdvanceTestClockInput!) { advanceTestClock(input: $i) { frozenTime } }",
            i={"frozenTime": wire(target)},
        )
        assert not answer.errors, answer.errors
        self.now = target

    def close(self) -> None:
        self.runner.run(self.engine.dispose())
        self.runner.close()
