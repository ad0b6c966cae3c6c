"""The composition root: the one module of `app` that knows how things are stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from app.billing.sandbox import SANDBOX_VENDOR, SandboxProvider
from app.billing.store import SandboxStore
from app.clock import system_now
from app.context import Context, Principal, scope_of
from app.demo import load_demo_catalogue
from app.graphql.asked import Asked
from app.graphql.loaders import Loaders
from app.graphql.schema import schema
from app.http.outbound import OutboundPost
from app.http.routes import Services, failed, middleware, routes
from app.ids import RandomIds
from app.ports import EnvironmentScope, Ids, Post, Runtime, UnitOfWork
from app.settings import Settings
from app.usecases.accounts import Bootstrap, Bootstrapped, bootstrap
from app.usecases.catalog import products
from app.usecases.deliveries import Delivering
from app.vault import FernetVault
from app.worker import Worker
from domain.accounts.enums import ApiKeyType, EnvironmentType
from domain.accounts.scopes import EventActor
from domain.ids import EnvironmentId
from persistence.engine import answers, dispose, new_engine
from persistence.live import LiveOutbox
from persistence.outbox import Outbox
from persistence.readers.accounts import SqlKeyLookup
from persistence.readers.bundle import SqlReaders
from persistence.repositories.queued_tasks import SqlTaskQueue
from persistence.repositories.webhooks import SqlDeliveryQueue
from persistence.unit_of_work import SqlUnitOfWork

if TYPE_CHECKING:
    from pydantic import SecretStr


def _nobody_waits() -> None:
    """Committed events are found by the next reader."""


@dataclass(frozen=True, kw_only=True)
class Composition:
    """Builds what operations touch, all on one engine."""

    engine: AsyncEngine
    vault: FernetVault
    ids: Ids = field(default_factory=RandomIds)
    now: Callable[[], datetime] = system_now
    committed: Callable[[], None] = _nobody_waits
    queued: Callable[[], None] = _nobody_waits
    post: Post = field(default_factory=OutboundPost)
    has_sandbox_billing: bool = False
    base_url: str = "http://127.0.0.1:8080"

    def runtime(
        self,
        scope: EnvironmentScope,
        *,
        actor: Mapping[str, Any] | None = None,
        trace_id: str | None = None,
        clock: Callable[[], datetime] | None = None,
        asked: Asked | None = None,
    ) -> Runtime:
        """A runtime bound to `scope`; its clock is the test clock's instant while one is set."""
        frozen = scope.frozen_time
        clock = clock or (self.now if frozen is None else lambda: frozen)
        outbox = Outbox(
            clock=clock,
            new_uuid=self.ids.new_uuid,
            actor=actor or {"type": "SYSTEM"},
            trace_id=trace_id,
            committed=self.committed,
            queued=self.queued,
            asked=asked,
        )

        def new_unit_of_work() -> UnitOfWork:
            return SqlUnitOfWork(
                self.engine,
                scope.environment_id,
                outbox=outbox,
                vault=self.vault,
                billing=provider if sandboxed else None,
            )

        # Production money never meets an imitation.
        sandboxed = (
            self.has_sandbox_billing and scope.environment_type is not EnvironmentType.PRODUCTION
        )

        def provider(store: SandboxStore) -> SandboxProvider:
            return SandboxProvider(
                store=store,
                environment_id=scope.environment_id,
                clock=clock,
                ids=self.ids,
                base_url=self.base_url,
                secret=self.vault.derived(f"sandbox webhooks {scope.environment_id}"),
            )

        readers = SqlReaders(self.engine, scope.environment_id, vault=self.vault)
        return Runtime(
            environment=scope,
            clock=clock,
            real_clock=self.now,
            ids=self.ids,
            post=self.post,
            new_unit_of_work=new_unit_of_work,
            readers=readers,
            billing_vendor=SANDBOX_VENDOR if sandboxed else None,
        )

    def runtime_of(
        self, principal: Principal, trace_id: str, asked: Asked | None = None
    ) -> Runtime:
        """The runtime of one request."""
        actor = principal.actor_info()
        return self.runtime(principal.scope, actor=actor, trace_id=trace_id, asked=asked)

    async def runtime_in(self, environment_id: UUID) -> Runtime | None:
        """A runtime of an environment that is named by an address; None for an unknown one."""
        readers = SqlReaders(self.engine, EnvironmentId(environment_id), vault=self.vault)
        environment = await readers.accounts.environment()
        if environment is None or environment.archived_at is not None:
            return None
        return self.runtime(scope_of(environment), trace_id=self.ids.new_hex(32))

    async def runtimes(self) -> list[Runtime]:
        """A runtime of every live environment: what background work goes through."""
        actor = {"type": EventActor.SCHEDULER.value}
        environments = await SqlKeyLookup(self.engine).environments()
        return [
            self.runtime(scope_of(one), actor=actor, trace_id=self.ids.new_hex(32))
            for one in environments
        ]

    async def runtime_at(self, environment_id: EnvironmentId, instant: datetime) -> Runtime | None:
        """A runtime of the environment as it was at `instant`."""
        environment = await SqlKeyLookup(self.engine).environment(environment_id)
        return (
            None
            if environment is None
            else self.runtime(scope_of(environment), clock=lambda: instant)
        )

    async def is_ready(self) -> bool:
        """Whether the database answers."""
        return await answers(self.engine)


def compose(settings: Settings, engine: AsyncEngine, **overrides: Any) -> Composition:
    """The composition of `settings`; tests override clock and ids."""
    assert settings.encryption_key is not None, "serving sets the encryption key"
    vault = FernetVault(settings.encryption_key.get_secret_value())
    given: dict[str, Any] = {
        "has_sandbox_billing": settings.billing == "sandbox",
        "base_url": base_url_of(settings),
        "post": OutboundPost(allow_private=settings.webhooks_to_private_addresses),
    }
    return Composition(engine=engine, vault=vault, **given | overrides)


def base_url_of(settings: Settings) -> str:
    """Where the server is reached: the public address, else the one it listens on."""
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    anywhere = settings.host in {"0.0.0.0", "::"}  # noqa: S104  # compared, not bound
    host = "localhost" if anywhere else settings.host
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{settings.port}"


def engine_of(settings: Settings) -> AsyncEngine:
    """The engine of `settings`, whose database is known by now."""
    assert settings.database_url is not None, "serving sets the database"
    return new_engine(settings.database_url, pool_size=settings.pool_size)


async def bootstrap_database(settings: Settings) -> dict[str, Bootstrapped]:
    """Make first data in the database of `settings`; the environments and tokens by slug."""
    engine = engine_of(settings)
    try:
        return await bootstrap(
            Bootstrap(pinned_tokens=_pinned(settings)),
            runtime_of=compose(settings, engine).runtime,
            make_default_product=products.make_default,
        )
    finally:
        await dispose(engine)


async def load_demo(settings: Settings, development: Bootstrapped) -> None:
    """Make what is missing of the demo catalogue, through the same schema that requests reach."""
    engine = engine_of(settings)
    composition = compose(settings, engine)
    principal = Principal(scope=scope_of(development.environment))
    trace_id = composition.ids.new_hex(32)
    runtime = composition.runtime_of(principal, trace_id)

    async def execute(document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        context = Context(
            principal=principal, runtime=runtime, loaders=Loaders(runtime), trace_id=trace_id
        )
        answer = await schema.execute(
            document, variable_values=dict(variables), context_value=context
        )
        if answer.errors or answer.data is None:
            raise RuntimeError(f"the demo catalogue was refused: {answer.errors}: {document}")
        return answer.data

    try:
        await load_demo_catalogue(execute, environment_id=str(development.environment.id))
    finally:
        await dispose(engine)


def _pinned(settings: Settings) -> dict[ApiKeyType, str]:
    given: dict[ApiKeyType, SecretStr | None] = {
        ApiKeyType.SERVER: settings.server_key,
        ApiKeyType.CLIENT: settings.client_key,
    }
    return {kind: token.get_secret_value() for kind, token in given.items() if token}


def create_app(settings: Settings, *, composition: Composition | None = None) -> Starlette:
    """The ASGI application; it makes and disposes of the engine unless given a composition."""
    server_key = settings.server_key
    services = Services(
        settings=settings,
        development_key=None if server_key is None else server_key.get_secret_value(),
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if composition is not None:
            async with _running(app, services, composition):
                yield
            return
        engine = engine_of(settings)
        try:
            async with _running(app, services, compose(settings, engine)):
                yield
        finally:
            await dispose(engine)

    return Starlette(
        routes=routes(services),
        middleware=middleware(),
        exception_handlers={Exception: failed},
        lifespan=lifespan,
    )


def worker_of(settings: Settings, composition: Composition) -> Worker:
    """The background work of one process."""
    return Worker(
        delivering=Delivering(
            queue=SqlDeliveryQueue(composition.engine),
            post=composition.post,
            runtime_at=composition.runtime_at,
            now=composition.now,
        ),
        task_queue=SqlTaskQueue(composition.engine),
        runtimes=composition.runtimes,
        runtime_in=composition.runtime_in,
        retention_days=settings.event_log_retention_days,
    )


async def work(settings: Settings) -> None:
    """Do background work only, until cancelled."""
    engine = engine_of(settings)
    live = LiveOutbox(engine)
    composition = compose(settings, engine, committed=live.committed)
    try:
        async with live.running(), worker_of(settings, composition).running():
            await asyncio.Event().wait()
    finally:
        await dispose(engine)


@asynccontextmanager
async def _running(
    app: Starlette, services: Services, composition: Composition
) -> AsyncIterator[None]:
    """Give the routes what they need, and run what goes on beside requests."""
    live = LiveOutbox(composition.engine)
    worker = worker_of(services.settings, composition)

    composition = replace(composition, committed=live.committed, queued=worker.wake)
    worker = replace(worker, runtimes=composition.runtimes, runtime_in=composition.runtime_in)
    services.keys = SqlKeyLookup(composition.engine)
    services.make_runtime = composition.runtime_of
    services.is_ready = composition.is_ready
    services.runtime_in = composition.runtime_in
    services.now = composition.now
    services.live = app.state.live = live
    app.state.composition = composition
    app.state.services = services
    assert services.sockets is not None, "routes are made"
    app.state.sockets = services.sockets
    checking = asyncio.create_task(services.sockets.check_keys_forever())
    try:
        async with live.running(), worker.running() if services.settings.worker else nullcontext():
            yield
    finally:
        checking.cancel()
