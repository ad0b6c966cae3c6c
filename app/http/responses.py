"""JSON answers of the transport: executed results and whole-document refusals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from starlette.responses import Response

from app.graphql.errors import extensions_of_error
from domain.errors import DomainError, ErrorCode

STATUS_OF: Mapping[str, int] = {
    ErrorCode.Unauthenticated: 401,
    ErrorCode.IdentityForbidden: 403,
    ErrorCode.AccessDeniedError: 403,
    ErrorCode.AuthCustomerMismatch: 403,
    ErrorCode.RateLimitExceeded: 429,
    # The operation ran, or failed of itself: not the document's fault, and never 5xx.
    ErrorCode.OperationTimeout: 200,
    ErrorCode.UnexpectedError: 200,
}
"""The HTTP status of a refused document by its first error's code; all else is 400."""


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError


def json_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        orjson.dumps(content, default=_plain, option=orjson.OPT_NON_STR_KEYS),
        status_code=status,
        headers=headers,
        media_type="application/json",
    )


def refused(error: DomainError, trace_id: str) -> dict[str, Any]:
    """The body of a refusal of the whole document: errors, and no `data`."""
    return {
        "errors": [
            {
                "message": error.message,
                "extensions": extensions_of_error(error, trace_id),
            }
        ]
    }


def refusal(
    error: DomainError,
    trace_id: str,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    status = STATUS_OF.get(error.code, 400) if status is None else status
    return json_response(refused(error, trace_id), status, headers)
