"""Gives every request a trace id: in the answer's header, in errors, logs and webhooks.

Source: spec, platform §4.6.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.ids import RandomIds

HEADER = "x-trace-id"
_ids = RandomIds()

# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


def trace_id_of(headers: Headers) -> str:
    """The caller's trace from `traceparent` or `x-request-id`, else a new one."""
    if match := _TRACEPARENT.fullmatch(headers.get("traceparent", "")):
        return match["trace"]
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else _ids.new_hex(32)


class Tracing:
    """ASGI, http and websocket: `scope["state"]["trace_id"]`, and the header of answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        trace_id = trace_id_of(Headers(scope=scope))
        scope.setdefault("state", {})["trace_id"] = trace_id

        async def send_traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = trace_id
            await send(message)

        await self.app(scope, receive, send_traced)
