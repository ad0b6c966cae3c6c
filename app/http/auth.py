"""From a presented key to a principal: one ASGI class for http and websocket.

A key is found by the SHA-256 of its token, in one statement. Over HTTP a wrong or missing key
ends here with 401; a browser asking for the Explorer passes without one; a socket may still name
its key in the init payload. Source: spec, platform §1, §4.3, §4.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.context import Principal, principal_of
from app.graphql.access import unauthenticated
from app.http.explorer import wants_explorer
from app.http.responses import refusal
from app.ports import KeyLookup
from domain.accounts.customer_tokens import SCHEME, verified_customer
from domain.accounts.enums import ApiKeyType

KEY_HEADER = "x-api-key"
CUSTOMER_TOKEN_HEADER = "x-customer-token"  # noqa: S105 - a name
_KEY_PARAMETERS = ("X-API-KEY", "apiKey")
_KEY_NAMES = ("x-api-key", "apikey")
_TOKEN_NAMES = ("x-customer-token", "customertoken", "authorization")


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketNames:
    """Who a socket's init payload says that it is."""

    key: str | None
    customer_token: str | None
    customer_id: str


class Authenticator:
    """Turns tokens into principals; None for whatever opens nothing."""

    def __init__(self, keys: KeyLookup, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now

    async def principal(
        self, token: str | None, *, customer_token: str | None = None
    ) -> Principal | None:
        """The holder of `token`: known, unexpired, of a live environment.

        A customer token that comes along must be rightly signed even where none is demanded.
        """
        if not token:
            return None
        found = await self._keys.by_token(token)
        if found is None:
            return None
        key, environment = found
        if key.expired(self._now()) or environment.archived_at is not None:
            return None
        principal = principal_of(key, environment)
        if customer_token and key.key_type is ApiKeyType.CLIENT:
            customer = verified_customer(customer_token, environment.signing_token)
            return None if customer is None else replace(principal, customer_ref_id=customer)
        return principal

    async def of_headers(self, connection: HTTPConnection) -> Principal | None:
        """The principal of a request's headers."""
        return await self.principal(
            connection.headers.get(KEY_HEADER),
            customer_token=customer_token_in(connection.headers),
        )

    @staticmethod
    def names_in(payload: Mapping[str, Any]) -> SocketNames:
        """What a socket's init payload says of key, customer token and customer."""
        flat = flattened(payload)
        key = next((flat[name] for name in _KEY_NAMES if flat.get(name)), None)
        token = next((flat[name] for name in _TOKEN_NAMES if flat.get(name)), None)
        if token is not None and not is_customer_token(token):
            token = None
        return SocketNames(key=key, customer_token=token, customer_id=flat.get("customerid", ""))


def is_customer_token(text: str) -> bool:
    """Whether `text` claims to be one, as opposed to another use of Authorization."""
    return text.strip().upper().startswith(SCHEME + " ")


def customer_token_in(headers: Mapping[str, str]) -> str | None:
    """The token of X-CUSTOMER-TOKEN, or of Authorization where it is of that kind."""
    if token := headers.get(CUSTOMER_TOKEN_HEADER):
        return token
    given = headers.get("authorization", "")
    return given if is_customer_token(given) else None


def flattened(payload: Mapping[str, Any]) -> dict[str, str]:
    """The payload's texts by lower-case name, those under `headers` included."""
    flat: dict[str, str] = {}
    for name, value in payload.items():
        if isinstance(value, Mapping) and name.lower() == "headers":
            flat |= flattened(value)
    flat |= {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
    return flat


class Authentication:
    """Sets `scope["state"]["principal"]`, or answers 401."""

    def __init__(self, app: ASGIApp, authenticator: Callable[[], Authenticator]) -> None:
        self.app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.setdefault("state", {})
        connection = HTTPConnection(scope)
        principal = await self._authenticator().of_headers(connection)
        if scope["type"] == "http" and principal is None:
            request = Request(scope)
            if request.method == "GET":
                principal = await self._of_parameters(request)
            anonymous = request.method == "GET" and wants_explorer(request)
            if principal is None and not anonymous:
                await refusal(unauthenticated(), state["trace_id"])(scope, receive, send)
                return
        state["principal"] = principal
        await self.app(scope, receive, send)

    async def _of_parameters(self, request: Request) -> Principal | None:
        """A key in the address opens introspection only, and only without a key header."""
        if KEY_HEADER in request.headers:
            return None
        given = next(
            (
                request.query_params[name]
                for name in _KEY_PARAMETERS
                if name in request.query_params
            ),
            None,
        )
        principal = await self._authenticator().principal(given)
        return None if principal is None else replace(principal, introspection_only=True)
