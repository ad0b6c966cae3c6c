"""A WebSocket client that speaks ASGI to the application, on the test's own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import orjson
from starlette.applications import Starlette
from starlette.types import ASGIApp

from tests.support import WAIT_S


class Closed(Exception):
    """The server closed the socket."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


async def listening(app: Starlette, count: int = 1) -> None:
    """Return once this many subscriptions listen."""
    async with asyncio.timeout(WAIT_S):
        while app.state.live.listeners < count:  # noqa: ASYNC110 - the hub has no event for it
            await asyncio.sleep(0)


class SocketClient:
    """`await socket.send({...})`, `await socket.receive()`; a close raises `Closed`."""

    def __init__(self, reads_ahead: int = 0) -> None:
        """`reads_ahead` messages are taken off the server without being asked for; 0 = all."""
        self.to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.to_client: asyncio.Queue[dict[str, Any]] = asyncio.Queue(reads_ahead)

    async def send(self, message: dict[str, Any]) -> None:
        text = orjson.dumps(message).decode()
        await self.to_server.put({"type": "websocket.receive", "text": text})

    async def receive(self) -> dict[str, Any]:
        """The next message; keep-alives are skipped."""
        while True:
            async with asyncio.timeout(WAIT_S):
                message = await self.to_client.get()
            if message["type"] == "websocket.close":
                raise Closed(message.get("code", 1000), message.get("reason", ""))
            received: dict[str, Any] = orjson.loads(message["text"])
            if received["type"] not in {"ka", "ping"}:
                return received

    async def init(self, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send connection_init and return the answer."""
        await self.send({"type": "connection_init", "payload": payload or {}})
        return await self.receive()

    async def subscribe(self, query: str, *, id: str = "1", type: str = "subscribe") -> None:
        await self.send({"type": type, "id": id, "payload": {"query": query}})

    async def data(self) -> Any:
        """The `data` of the next result."""
        message = await self.receive()
        assert message["type"] in {"next", "data"}, message
        assert not message["payload"].get("errors"), message
        return message["payload"]["data"]


@asynccontextmanager
async def connect(
    app: ASGIApp,
    *,
    protocol: str = "graphql-transport-ws",
    headers: dict[str, str] | None = None,
    reads_ahead: int = 0,
) -> AsyncIterator[SocketClient]:
    """An open WebSocket on `/graphql`; leaving the block disconnects."""
    client = SocketClient(reads_ahead)
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
        "client": ("127.0.0.1", 1),
        "server": ("plangate.test", 80),
        "subprotocols": [protocol],
        "extensions": {},
    }
    running: Any = app(scope, cast("Any", client.to_server.get), cast("Any", client.to_client.put))
    task: asyncio.Task[None] = asyncio.create_task(running)
    await client.to_server.put({"type": "websocket.connect"})
    async with asyncio.timeout(WAIT_S):
        accepted = await client.to_client.get()
    assert accepted == {"type": "websocket.accept", "subprotocol": protocol, "headers": []}
    try:
        yield client
    finally:
        await client.to_server.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(WAIT_S):
            await task
