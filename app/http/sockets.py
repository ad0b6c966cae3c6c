"""GraphQL over WebSocket: `graphql-transport-ws` and the legacy `graphql-ws`.

The protocols are Strawberry's; here is who may connect and for how long. A key comes with the
upgrade's headers or in the init payload; each operation on the socket looks it up anew, and idle
sockets lose a key that stopped working within a minute. Source: spec, platform §4.5,
entitlements §10.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketState
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.types.unset import UNSET, UnsetType

from app.context import Context, Principal, RuntimeOf
from app.graphql.asked import Asked
from app.graphql.loaders import Loaders
from app.graphql.schema import schema
from app.http.auth import KEY_HEADER, Authenticator, customer_token_in
from app.ports import LiveUpdates
from domain.accounts.enums import ApiKeyType

INIT_TIMEOUT_S = 10
KEEP_ALIVE_S = 20
KEYS_CHECKED_EVERY_S = 30
OPERATIONS_MAX = 100

FORBIDDEN = 4403
INIT_TIMED_OUT = 4408
KEY_EXPIRED = 4401


class ClientSocket:
    """One WebSocket: its connection parameters, and the principal they name."""

    def __init__(self, websocket: WebSocket, view: GraphQLSockets, trace_id: str) -> None:
        self.connection_params: Mapping[str, Any] | None = None
        self.trace_id = trace_id
        self.key: str | None = None
        self.customer_token: str | None = None
        self.customer_id = ""
        self.connected = asyncio.Event()
        self._websocket = websocket
        self._view = view

    async def authenticate(self) -> Principal | None:
        """The principal as of now."""
        return await self._view.authenticator().principal(
            self.key, customer_token=self.customer_token
        )

    async def new_context(self) -> Context | None:
        principal = await self.authenticate()
        if principal is None:
            return None
        asked = Asked()
        runtime = self._view.runtime_of(principal, self.trace_id, asked)
        return Context(
            principal=principal,
            runtime=runtime,
            loaders=Loaders(runtime),
            trace_id=self.trace_id,
            introspection=self._view.introspection,
            live=self._view.live(),
            socket=self,
            listens_to=self._audience(principal),
            asked=asked,
        )

    def _audience(self, principal: Principal) -> str | None:
        """The customer that a client key hears of: the token's, else the one it names itself."""
        if principal.key_type is not ApiKeyType.CLIENT:
            return None
        if principal.customer_ref_id is not None or principal.hardened:
            return principal.customer_ref_id
        return self.customer_id or None

    async def close(self, code: int, reason: str) -> None:
        if self._websocket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, OSError):
                await self._websocket.close(code=code, reason=reason)


class _TransportHandler(BaseGraphQLTransportWSHandler[ClientSocket, None]):
    """The current protocol; a reader that went away while it was told something is no error."""

    async def handle_task_exception(self, error: Exception) -> None:
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)


class GraphQLSockets(GraphQL[ClientSocket, None]):
    """The ASGI application behind `/graphql` for websockets."""

    graphql_transport_ws_handler_class = _TransportHandler

    def __init__(
        self,
        *,
        authenticator: Callable[[], Authenticator],
        runtime_of: RuntimeOf,
        live: Callable[[], LiveUpdates | None],
        introspection: bool,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            keep_alive=True,
            keep_alive_interval=KEEP_ALIVE_S,
            connection_init_wait_timeout=timedelta.max,  # `_expect_init`, in either protocol
            max_subscriptions_per_connection=OPERATIONS_MAX,
            allowed_origins=["*"],
        )
        self.authenticator = authenticator
        self.runtime_of = runtime_of
        self.live = live
        self.introspection = introspection
        self.sockets: set[ClientSocket] = set()
        self.init_timeout_s: float = INIT_TIMEOUT_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = asyncio.Event()

        async def sending(message: Message) -> None:
            await send(message)
            if message["type"] == "websocket.accept":
                accepted.set()

        websocket = WebSocket(scope, receive=receive, send=sending)
        socket = ClientSocket(websocket, self, scope["state"]["trace_id"])
        socket.key = websocket.headers.get(KEY_HEADER)
        socket.customer_token = customer_token_in(websocket.headers)
        waiting = asyncio.create_task(_expect_init(socket, accepted, self.init_timeout_s))
        self.sockets.add(socket)
        try:
            await self.run(websocket, context=socket)
        finally:
            self.sockets.discard(socket)
            waiting.cancel()

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> ClientSocket:
        raise NotImplementedError  # `run` is given the context

    async def on_ws_connect(self, context: ClientSocket) -> UnsetType:
        """Accept the socket if its payload, else its headers, hold a working key."""
        given = context.connection_params
        names = self.authenticator().names_in(given if isinstance(given, Mapping) else {})
        context.key = names.key or context.key
        context.customer_token = names.customer_token or context.customer_token
        context.customer_id = names.customer_id
        if await context.authenticate() is None:
            raise ConnectionRejectionError({"message": "Forbidden"})
        context.connected.set()
        return cast("UnsetType", UNSET)

    async def check_keys(self) -> None:
        """Close the sockets whose key has stopped working; one look-up per distinct key."""
        by_key: dict[str | None, list[ClientSocket]] = {}
        for socket in [s for s in self.sockets if s.connected.is_set()]:
            by_key.setdefault(socket.key, []).append(socket)
        for key, sockets in by_key.items():
            if await self.authenticator().principal(key) is None:
                for socket in sockets:
                    await socket.close(KEY_EXPIRED, "The API key is no longer valid")

    async def check_keys_forever(self) -> None:
        """Run for the life of the application."""
        while True:
            await asyncio.sleep(KEYS_CHECKED_EVERY_S)
            await self.check_keys()

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS).decode()

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)


async def _expect_init(socket: ClientSocket, accepted: asyncio.Event, timeout_s: float) -> None:
    """Close with 4408 what does not say who it is in time, in either protocol."""
    await accepted.wait()
    try:
        async with asyncio.timeout(timeout_s):
            await socket.connected.wait()
    except TimeoutError:
        await socket.close(INIT_TIMED_OUT, "Connection initialisation timeout")
