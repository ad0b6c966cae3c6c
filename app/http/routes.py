"""The addresses of the server: /graphql over HTTP and WebSocket, the Explorer's files, health."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from app.clock import system_now
from app.context import Principal, RuntimeOf
from app.graphql.asked import Asked
from app.http.auth import Authentication, Authenticator
from app.http.billing_webhooks import billing_webhooks
from app.http.explorer import explorer_assets
from app.http.graphql_http import GraphQLHttp
from app.http.metrics import CONTENT_TYPE, Metrics
from app.http.responses import json_response, refusal
from app.http.sandbox_pages import sandbox_pages
from app.http.sockets import GraphQLSockets
from app.http.trace import HEADER, Tracing
from app.ports import KeyLookup, LiveUpdates, Runtime
from app.settings import Settings
from domain.errors import DomainError, ErrorCode


@dataclass(kw_only=True)
class Services:
    """What requests need; `main` fills it in when the application starts."""

    settings: Settings
    keys: KeyLookup | None = None
    make_runtime: RuntimeOf | None = None
    runtime_in: Callable[[UUID], Awaitable[Runtime | None]] | None = None
    is_ready: Callable[[], Awaitable[bool]] | None = None
    now: Callable[[], datetime] = system_now
    live: LiveUpdates | None = None
    sockets: GraphQLSockets | None = None
    development_key: str | None = None

    def authenticator(self) -> Authenticator:
        assert self.keys is not None, "the application has not started"
        return Authenticator(self.keys, self.now)

    def runtime_of(self, principal: Principal, trace_id: str, asked: Asked) -> Runtime:
        assert self.make_runtime is not None, "the application has not started"
        return self.make_runtime(principal, trace_id, asked)

    async def runtime_of_environment(self, environment_id: UUID) -> Runtime | None:
        assert self.runtime_in is not None, "the application has not started"
        return await self.runtime_in(environment_id)


def middleware() -> list[Middleware]:
    """Any origin may call, without cookies; every answer has a trace id (spec, platform §4.6)."""
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=[HEADER, "Retry-After"],
            max_age=86400,
        ),
        Middleware(Tracing),
    ]


async def failed(request: Request, _error: Exception) -> Response:
    """What nobody foresaw outside of an operation: it is logged by the server, and masked here.

    Written outside of the middleware, so with their headers.
    """
    trace_id: str = request.scope.get("state", {}).get("trace_id", "")
    error = DomainError(ErrorCode.UnexpectedError, "Unexpected error")
    headers = {HEADER: trace_id, "Access-Control-Allow-Origin": "*"}
    return refusal(error, trace_id, 500, headers)


def routes(services: Services) -> list[BaseRoute]:
    """The application's routes."""

    async def health(_request: Request) -> Response:
        return json_response({"status": "ok"})

    async def ready(_request: Request) -> Response:
        usable = services.is_ready is not None and await services.is_ready()
        return json_response({"status": "ok" if usable else "unavailable"}, 200 if usable else 503)

    sockets = GraphQLSockets(
        authenticator=services.authenticator,
        runtime_of=services.runtime_of,
        live=lambda: services.live,
        introspection=services.settings.introspection,
    )
    services.sockets = sockets
    metrics = Metrics(
        gauges={
            "plangate_websockets": ("Open WebSockets.", lambda: len(sockets.sockets)),
            "plangate_subscriptions": (
                "Running GraphQL subscriptions.",
                lambda: services.live.listeners if services.live else 0,
            ),
        }
    )
    http = GraphQLHttp(
        services.settings, services.runtime_of, lambda: services.development_key, metrics
    )

    async def numbers(_request: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return [
        WebSocketRoute("/graphql", sockets),
        Route("/graphql", Authentication(http, services.authenticator)),
        explorer_assets(),
        *sandbox_pages(services.runtime_of_environment),
        *billing_webhooks(
            services.runtime_of_environment, body_bytes_max=services.settings.body_bytes_max
        ),
        Route("/health", health),
        Route("/ready", ready),
        Route("/metrics", numbers),
    ]
