"""GraphQL over HTTP: one operation or a batch in, statuses and shapes as documented.

Source: spec, platform §4-§5.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from app.context import Context, Principal, RuntimeOf
from app.graphql.asked import Asked
from app.graphql.loaders import Loaders
from app.graphql.schema import schema
from app.http.explorer import explorer_response, wants_explorer
from app.http.metrics import Metrics
from app.http.rate_limits import RateLimits
from app.http.responses import STATUS_OF, json_response, refusal, refused
from app.settings import Settings
from domain.errors import DomainError, ErrorCode, InvalidInput, bad_input

BATCH_MAX = 50
_QUERIES = frozenset({OperationType.QUERY})
_QUERIES_AND_MUTATIONS = frozenset({OperationType.QUERY, OperationType.MUTATION})

Outcome = tuple[int, dict[str, Any]]


class GraphQLHttp:
    """The ASGI application behind `/graphql` for http; the principal is known already."""

    def __init__(
        self,
        settings: Settings,
        runtime_of: RuntimeOf,
        development_key: Callable[[], str | None],
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._runtime_of = runtime_of
        self._development_key = development_key
        self._metrics = metrics
        self._limits = RateLimits() if settings.rate_limits == "reference" else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        started_s = time.monotonic()
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        self._metrics.answered(response.status_code, time.monotonic() - started_s)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        trace_id: str = request.state.trace_id
        if request.method == "GET":
            return await self._get(request)
        if request.method != "POST":
            error = bad_input("Use POST, or GET for queries")
            return refusal(error, trace_id, 405, {"Allow": "GET, POST"})
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return refusal(bad_input("Content-Type must be application/json"), trace_id, 415)
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            return refusal(bad_input("Content-Encoding must be identity"), trace_id, 415)
        body = await self._body(request)
        if body is None:
            error = bad_input(f"The body is larger than {self._settings.body_bytes_max} bytes")
            return refusal(error, trace_id, 413)
        try:
            payload = orjson.loads(body)
        except orjson.JSONDecodeError:
            return refusal(bad_input("The body is not JSON"), trace_id)
        if isinstance(payload, list):
            return await self._batch(payload, request)
        status, content = await self._run(payload, request, _QUERIES_AND_MUTATIONS)
        return self._response(status, content)

    async def _get(self, request: Request) -> Response:
        if wants_explorer(request):
            return explorer_response(request, development_key=self._development_key())
        parameters = request.query_params
        payload: dict[str, Any] = dict(parameters)
        for name in ("variables", "extensions"):
            try:
                payload[name] = orjson.loads(parameters.get(name) or "null")
            except orjson.JSONDecodeError:
                return refusal(bad_input(f"{name} is not JSON"), request.state.trace_id)
        status, content = await self._run(payload, request, _QUERIES)
        return self._response(status, content)

    async def _body(self, request: Request) -> bytes | None:
        """The whole body, or None as soon as it is too large."""
        most = self._settings.body_bytes_max
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > most:
            return None
        chunks: list[bytes] = []
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                return None
            chunks.append(chunk)
        return b"".join(chunks)

    async def _batch(self, payloads: list[Any], request: Request) -> Response:
        """Results in the operations' order; each stands for itself, the answer is 200."""
        if len(payloads) > BATCH_MAX:
            error = InvalidInput(
                ErrorCode.GraphQLBatchedOperationsLimitExceeded,
                f"{len(payloads)} operations, where {BATCH_MAX} are allowed",
            )
            return refusal(error, request.state.trace_id)
        if not payloads:
            return refusal(bad_input("The batch is empty"), request.state.trace_id)
        return json_response(
            [(await self._run(payload, request, _QUERIES_AND_MUTATIONS))[1] for payload in payloads]
        )

    def _response(self, status: int, content: dict[str, Any]) -> Response:
        if status == 429:
            wait_s = content["errors"][0]["extensions"].get("retryAfterSeconds", 60)
            return json_response(content, status, {"Retry-After": str(wait_s)})
        if status == 405:
            return json_response(content, status, {"Allow": "POST"})
        return json_response(content, status)

    async def _run(
        self, payload: Any, request: Request, allowed: frozenset[OperationType]
    ) -> Outcome:
        """Execute one operation: its status, and its result as the wire has it."""
        trace_id: str = request.state.trace_id
        principal: Principal = request.state.principal
        try:
            query, variables, name = operation_in(payload)
            if self._limits is not None:
                self._limits.check(principal, query, variables, name)
        except DomainError as error:
            return STATUS_OF.get(error.code, 400), refused(error, trace_id)
        asked = Asked()
        runtime = self._runtime_of(principal, trace_id, asked)
        context = Context(
            principal=principal,
            runtime=runtime,
            loaders=Loaders(runtime),
            trace_id=trace_id,
            introspection=self._settings.introspection,
            asked=asked,
        )
        try:
            async with asyncio.timeout(self._settings.operation_timeout_s):
                result = await schema.execute(
                    query,
                    variable_values=variables,
                    context_value=context,
                    operation_name=name,
                    allowed_operation_types=allowed,
                )
        except TimeoutError:
            late = DomainError(ErrorCode.OperationTimeout, "The operation took too long")
            return 200, refused(late, trace_id) | {"data": None}
        except CannotGetOperationTypeError:
            return 400, refused(bad_input("operationName names no operation"), trace_id)
        except InvalidOperationTypeError as error:
            return self._wrong_kind(error, request, trace_id)
        return outcome_of(result)

    def _wrong_kind(
        self, error: InvalidOperationTypeError, request: Request, trace_id: str
    ) -> Outcome:
        if error.operation_type is OperationType.SUBSCRIPTION:
            return 400, refused(bad_input("Subscriptions need a WebSocket"), trace_id)
        assert request.method == "GET"
        return 405, refused(bad_input("Mutations need POST"), trace_id)


def operation_in(payload: Any) -> tuple[str, dict[str, Any] | None, str | None]:
    """`query`, `variables` and `operationName` of a body.

    Raises BadUserInput, and UnsupportedParameter for a persisted query's digest without its text.
    """
    if not isinstance(payload, Mapping):
        raise bad_input("The body must be an object with `query`, or an array of such")
    query = payload.get("query")
    variables = payload.get("variables")
    name = payload.get("operationName")
    extensions = payload.get("extensions")
    if query is None and isinstance(extensions, Mapping) and "persistedQuery" in extensions:
        # The words that published clients know: they send the text from then on.
        raise InvalidInput(ErrorCode.UnsupportedParameter, "PersistedQueryNotSupported")
    if not isinstance(query, str) or not query.strip():
        raise bad_input("query must be a GraphQL document")
    if variables is not None and not isinstance(variables, dict):
        raise bad_input("variables must be an object")
    if name is not None and not isinstance(name, str):
        raise bad_input("operationName must be a string")
    return query, variables, name or None


def outcome_of(result: ExecutionResult) -> Outcome:
    """The HTTP status of a result and its body.

    Nothing ran where all errors lack a path: then the status says why and there is no `data`.
    A field that found the key not entitled refuses the whole document too.
    """
    if not result.errors:
        return 200, {"data": result.data}
    errors = [dict(error.formatted) for error in result.errors]
    code = str((result.errors[0].extensions or {}).get("code"))
    status = STATUS_OF.get(code, 400)
    if result.data is None and (
        status in {401, 403} or (status != 200 and all("path" not in error for error in errors))
    ):
        return status, {"errors": errors}
    return 200, {"errors": errors, "data": result.data}
