"""Where billing providers send their webhooks (spec, subscriptions §16).

A bad signature is 400; a repeated id 200 without effect. The sandbox's integration has the id of
its environment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.http.responses import json_response
from app.ports import Runtime
from app.usecases.billing.webhooks import receive_webhook
from domain.errors import BadSignature, DomainError, ErrorCode

# Not now, but the same webhook again: the customer is held, or the provider does not answer.
_LATER = frozenset({ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError, ErrorCode.StripeError})
SIGNATURE_HEADER = "X-Billing-Signature"


def billing_webhooks(
    runtime_in: Callable[[UUID], Awaitable[Runtime | None]], *, body_bytes_max: int
) -> list[Route]:
    """`POST /webhooks/billing/{integrationId}`."""

    async def receive(request: Request) -> Response:
        try:
            runtime = await runtime_in(UUID(request.path_params["integration_id"]))
        except ValueError:
            runtime = None
        if runtime is None:
            return json_response({"error": "unknown integration"}, 404)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > body_bytes_max:
                return json_response({"error": "too large"}, 413)
        signature = request.headers.get(SIGNATURE_HEADER, "")
        try:
            is_new = await receive_webhook(body, signature, runtime=runtime)
        except BadSignature:
            return json_response({"error": "bad signature"}, 400)
        except ValidationError:
            return json_response({"error": "not an event"}, 400)
        except DomainError as error:
            status = 503 if error.code in _LATER else 400
            return json_response({"error": error.message}, status)
        return json_response({"received": True, "repeated": not is_new})

    return [Route("/webhooks/billing/{integration_id}", receive, methods=["POST"])]
