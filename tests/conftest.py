"""The test database: one per session, migrated once; tenants keep tests apart."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.internal.constants_ast import Constants
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import app.http.sockets
import persistence.engine
from app.main import create_app
from app.ports import Runtime
from persistence.embedded import EmbeddedPostgres
from persistence.engine import new_engine
from persistence.metadata import metadata
from tests.support import (
    SEED_VARIABLE,
    SEEDS,
    WAIT_S,
    Answer,
    MovableClock,
    TestEnvironment,
    execute_document,
    new_environment,
    test_settings,
)

# Variables of the machine configure servers, not tests.
for name in [name for name in os.environ if name.startswith("PLANGATE_")]:
    if not name.startswith(("PLANGATE_TEST_", "PLANGATE_YEAR_")):
        del os.environ[name]

# A machine that is slow is no failure: nothing that waits gives up before minutes have passed.
persistence.engine.LOCK_TIMEOUT_MS = persistence.engine.STATEMENT_TIMEOUT_MS = WAIT_S * 1000
persistence.engine.POOL_TIMEOUT_S = app.http.sockets.INIT_TIMEOUT_S = WAIT_S

# Every run draws the same, so that what fails, fails for everyone. To look further:
#     PLANGATE_TEST_SEED=1 scripts/test
settings.register_profile(
    "plangate",
    derandomize=SEED_VARIABLE not in os.environ,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("plangate")
# Hypothesis would also draw the constants of our modules: of those imported by then, so the
# examples would hang on which tests ran before, and on every line of the product.
HypothesisProvider._local_constants = Constants()  # type: ignore[assignment]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: random ids are this test's from now on."""
    SEEDS.test = item.nodeid


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The PostgreSQL that tests use: PLANGATE_TEST_DATABASE_URL, else an embedded throw-away."""
    url = os.environ.get("PLANGATE_TEST_DATABASE_URL")
    if url:
        yield url
        return
    with (
        tempfile.TemporaryDirectory(prefix="plangate-test-") as directory,
        EmbeddedPostgres(Path(directory), durable=False) as server,
    ):
        yield server.url_of("postgres")


@pytest.fixture(scope="session")
async def database_url(server_url: str) -> AsyncIterator[str]:
    """A fresh database with the whole schema, dropped at the end of the session."""
    name = f"plangate_test_{secrets.token_hex(6)}"
    admin = create_async_engine(server_url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    yield url
    async with admin.connect() as connection:
        await connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    await admin.dispose()


@pytest.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The product's own engine on the test database, schema made."""
    engine = new_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield engine
    await engine.dispose()


Recorder = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def count_statements(engine: AsyncEngine) -> Recorder:
    """`with count_statements() as executed:` lists the SQL sent meanwhile."""

    @contextmanager
    def recorder() -> Iterator[list[str]]:
        executed: list[str] = []

        def before(_c: object, _cur: object, statement: str, *_rest: object) -> None:
            executed.append(statement)

        event.listen(engine.sync_engine, "before_cursor_execute", before)
        try:
            yield executed
        finally:
            event.remove(engine.sync_engine, "before_cursor_execute", before)

    return recorder


@pytest.fixture
async def environment(engine: AsyncEngine) -> TestEnvironment:
    """A fresh tenant: environment, keys, movable clock, runtime."""
    return await new_environment(engine)


@pytest.fixture
def runtime(environment: TestEnvironment) -> Runtime:
    """A runtime bound to a fresh environment; its clock is `environment.clock`."""
    return environment.runtime


@pytest.fixture
def clock(environment: TestEnvironment) -> MovableClock:
    """The clock of `runtime`, moved by hand."""
    return environment.clock


Execute = Callable[..., Awaitable[Answer]]


@pytest.fixture
def execute(runtime: Runtime) -> Execute:
    """`await execute(document, variables)`: run against the real schema, as the server key."""
    return partial(execute_document, runtime)


@pytest.fixture
async def client(environment: TestEnvironment) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the whole application, with the environment's server key."""
    app = create_app(test_settings(), composition=environment.composition)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://plangate.test",
            headers={"X-API-KEY": environment.server_key},
        ) as client,
    ):
        yield client
