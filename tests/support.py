"""A runtime, a client and an executor on a fresh environment: what tests across areas share."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.context import Context, Principal
from app.graphql.loaders import Loaders
from app.main import Composition, compose
from app.ports import EnvironmentScope, Runtime
from app.settings import Settings
from app.vault import new_signing_token, new_token
from domain.accounts.enums import ApiKeyType, EnvironmentType
from domain.accounts.model import Account, ApiKey, Environment
from domain.ids import AccountId, EnvironmentId

ENCRYPTION_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
START = datetime(2025, 1, 1, tzinfo=UTC)
SEED_VARIABLE = "PLANGATE_TEST_SEED"
WAIT_S = 1800
"""How long to wait for what will come on any machine; only a failure takes that long."""


class MovableClock:
    """A clock that stands still until it is moved: `clock.set(…)`, `clock.move(days=3)`."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        self.now = now

    def move(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


class Seeds:
    """The seeds of a test's random ids: of its name and of how many it has asked for before.

    So ids differ between tests and between the environments of one test, and every run of a test
    has the same ones, whatever ran before it and wherever. `PLANGATE_TEST_SEED` gives others.
    """

    def __init__(self) -> None:
        self.test = ""
        self._asked: Counter[str] = Counter()

    def next(self) -> str:
        self._asked[self.test] += 1
        return f"{os.environ.get(SEED_VARIABLE)} {self.test} {self._asked[self.test]}"


SEEDS = Seeds()


class SeededIds:
    """The same ids in every run of a test, yet different between environments."""

    def __init__(self, seed: int | str | None = None) -> None:
        self._random = random.Random(SEEDS.next() if seed is None else seed)

    def new_uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)

    def new_hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"


def new_uuid() -> UUID:
    """A random id of this test, for what is made outside an environment."""
    return SeededIds().new_uuid()


@dataclass
class TestEnvironment:
    """A fresh tenant with its keys, clock and runtime."""

    __test__ = False

    composition: Composition
    environment: Environment
    clock: MovableClock
    runtime: Runtime
    tokens: dict[ApiKeyType, str] = field(default_factory=dict)

    @property
    def principal(self) -> Principal:
        return Principal(scope=self.runtime.environment)

    @property
    def server_key(self) -> str:
        return self.tokens[ApiKeyType.SERVER]

    @property
    def client_key(self) -> str:
        return self.tokens[ApiKeyType.CLIENT]


def test_settings(**changes: Any) -> Settings:
    """Settings that need neither the machine nor its environment variables."""
    given: dict[str, Any] = {
        "encryption_key": SecretStr(ENCRYPTION_KEY),
        "worker": False,
        "operation_timeout_s": WAIT_S,
    }
    return Settings(**given | changes)


test_settings.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it


async def new_environment(
    engine: AsyncEngine,
    *,
    type_: EnvironmentType = EnvironmentType.DEVELOPMENT,
    now: datetime = START,
    billing: str = "manual",
    **changes: Any,
) -> TestEnvironment:
    """Make a tenant of its own in the shared test database, with a server and a client key."""
    ids = SeededIds()
    clock = MovableClock(now)
    composition = compose(test_settings(billing=billing), engine, ids=ids, now=clock)
    account = Account(id=AccountId(ids.new_uuid()), display_name="Test", created_at=now)
    environment = Environment(
        id=EnvironmentId(ids.new_uuid()),
        account_id=account.id,
        display_name="Test",
        slug="test",
        type=type_,
        signing_token=changes.pop("signing_token", new_signing_token()),
        created_at=now,
        **changes,
    )
    runtime = composition.runtime(
        EnvironmentScope(
            account_id=account.id,
            environment_id=environment.id,
            environment_type=type_,
            frozen_time=environment.frozen_time,
        )
    )
    made = TestEnvironment(
        composition=composition, environment=environment, clock=clock, runtime=runtime
    )
    async with runtime.new_unit_of_work() as work:
        await work.accounts.save_account(account)
        await work.accounts.save_environment(environment)
        for key_type in (ApiKeyType.SERVER, ApiKeyType.CLIENT):
            made.tokens[key_type] = new_token(key_type)
            await work.accounts.save_key(
                ApiKey(
                    id=ids.new_uuid(),
                    environment_id=environment.id,
                    key_type=key_type,
                    display_name=key_type.value,
                    token=made.tokens[key_type],
                    created_at=now,
                )
            )
        await work.commit()
    return made


@dataclass(frozen=True)
class Answer:
    """`data` and `errors` of an executed document; `codes` are the errors' codes."""

    data: Any
    errors: list[Mapping[str, Any]]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def ok(self) -> Any:
        """The data, where no error is expected."""
        assert not self.errors, self.errors
        return self.data


async def execute_document(
    runtime: Runtime,
    document: str,
    variables: Mapping[str, Any] | None = None,
    *,
    principal: Principal | None = None,
) -> Answer:
    """Run a document in-process against the real schema; data and formatted errors."""
    from app.graphql.schema import schema

    result = await schema.execute(
        document,
        variable_values=dict(variables or {}),
        context_value=Context(
            principal=principal or Principal(scope=runtime.environment),
            runtime=runtime,
            loaders=Loaders(runtime),
            trace_id="trace",
        ),
    )
    return Answer(result.data, [dict(error.formatted) for error in result.errors or ()])


async def until_somebody_waits(engine: AsyncEngine) -> None:
    """Return once a transaction of this database waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(WAIT_S), engine.connect() as connection:
        while not (await connection.execute(waiting)).scalar_one():
            await connection.rollback()
