"""Errors at the edge of GraphQL: the documented shape, and a mask over everything unknown.

`finish` turns what went wrong into `message` and `extensions`; it is the only place that may
catch or see failures of no known kind. Source: spec, platform §5.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError, print_ast

from domain.errors import DOCUMENTED_CODES, DomainError, ErrorCode, bad_input

log = logging.getLogger("plangate.errors")

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"

# Failures that are not the caller's: `isValidationError` is false.
_NOT_THE_CALLERS = frozenset(
    {
        ErrorCode.UnexpectedError,
        ErrorCode.OperationTimeout,
        ErrorCode.StripeError,
        ErrorCode.HubspotIntegrationError,
        ErrorCode.AwsMarketplaceIntegrationError,
        ErrorCode.DataExportIntegrationError,
        ErrorCode.AuthorizationServiceError,
    }
)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOCK_NOT_AVAILABLE = "55P03"
_DEADLOCK_DETECTED = "40P01"
_QUERY_CANCELED = "57014"
# Text and JSON cannot hold U+0000 there.
_UNSTORABLE_TEXT = frozenset({"22021", "22P05"})


def extensions_of(
    code: ErrorCode | str, trace_id: str, details: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """`extensions` as documented: code, isValidationError, the code's own fields, traceId."""
    extensions: dict[str, Any] = {
        "code": str(code),
        "isValidationError": code not in _NOT_THE_CALLERS,
    }
    if isinstance(code, ErrorCode) and code in DOCUMENTED_CODES:
        extensions["documentedCode"] = DOCUMENTED_CODES[code]
    return extensions | dict(details or {}) | {"traceId": trace_id}


def extensions_of_error(error: DomainError, trace_id: str) -> dict[str, Any]:
    """`extensions` of a refusal; a bad input always tells `validationErrors`."""
    details = error.details
    if error.code is ErrorCode.BadUserInput:
        told = {"field": _field_named_by(error.message), "message": error.message}
        details = {"validationErrors": [told]} | details
    return extensions_of(error.code, trace_id, details)


# A message is one sentence that names the field (spec, platform §5): by its camelCase or dotted
# wire name somewhere, or as the sentence's subject.
_WIRE_NAME = re.compile(r"\b[a-z]+(?:[A-Z]\w*|\.[a-z]\w*)+(?:\.\w+)*")
_SUBJECT = re.compile(r"([a-z]+) (?:must|can|cannot|is|needs|takes)\b")


def _field_named_by(message: str) -> str:
    if match := _WIRE_NAME.search(message):
        return match[0]
    if match := _SUBJECT.match(message):
        return match[1]
    return "input"


def domain_error_of(error: BaseException) -> DomainError | None:
    """The refusal that `error` is or amounts to; None = nobody foresaw it."""
    if isinstance(error, DomainError):
        return error
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    if sqlstate in {_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED}:
        return DomainError(
            ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError,
            "Another request is changing the same object",
        )
    if sqlstate in _UNSTORABLE_TEXT:
        return bad_input("Text cannot hold the character U+0000")
    if sqlstate == _QUERY_CANCELED or isinstance(error, TimeoutError):
        return DomainError(ErrorCode.OperationTimeout, "The operation took too long")
    return None


def finish(error: GraphQLError, *, trace_id: str) -> None:
    """Give `error` its documented message and extensions, in place."""
    known = domain_error_of(error.original_error) if error.original_error else None
    if isinstance(error, GraphQLSyntaxError):
        error.extensions = extensions_of(PARSE_FAILED, trace_id)
    elif known is not None:
        error.message = known.message
        error.extensions = extensions_of_error(known, trace_id)
    elif fields := _wrong_variable(error):
        error.extensions = extensions_of(
            _code_of_variable(error, fields),
            trace_id,
            {"validationErrors": fields, **_batch_index(fields)},
        )
    elif error.path is None and error.original_error is None:
        error.extensions = extensions_of(VALIDATION_FAILED, trace_id)
    else:
        log.error(
            "unexpected failure at %s, trace %s",
            error.path,
            trace_id,
            exc_info=error.original_error or error,
        )
        error.message = "Unexpected error"
        error.extensions = extensions_of(ErrorCode.UnexpectedError, trace_id)


# graphql-core tells errors of variables from those of the document by their words alone.
_VARIABLE = re.compile(
    r"Variable '\$(?P<name>\w+)' has invalid (?:default )?value(?: at (?P<path>[^:]+))?: (?P<what>.*)",
    re.DOTALL,
)
_NESTED_TOO_DEEPLY = "Variable values are nested too deeply."


# The lists of which a fault names its item's `index` (spec, entitlements §5, §6).
_BATCH_ITEM = re.compile(r"\w+\.(?:usageEvents|usages)\[(?P<index>\d+)\]")


# When usage happened, in a report or a bulk of them.
_REPORTED_AT = re.compile(r"\w+\.(?:usages\[\d+\]\.)?createdAt")


def _code_of_variable(error: GraphQLError, fields: list[dict[str, str]]) -> ErrorCode:
    """`BadUserInput`, but an unparsable `createdAt` of a report is an invalid argument.

    Source: spec, entitlements §5.
    """
    is_report = any("Usage" in print_ast(node) for node in error.nodes or ())
    if is_report and _REPORTED_AT.fullmatch(fields[0]["field"]):
        return ErrorCode.InvalidArgumentError
    return ErrorCode.BadUserInput


def _batch_index(fields: list[dict[str, str]]) -> dict[str, int]:
    """`{index}` of the report or event that is malformed; nothing for other variables."""
    found = _BATCH_ITEM.match(fields[0]["field"])
    return {"index": int(found["index"])} if found else {}


def _wrong_variable(error: GraphQLError) -> list[dict[str, str]]:
    """`[{field, message}]` of an error in the variables' values; empty for any other.

    "Variable '$input' has invalid value at .refId: …" names the field `input.refId`.
    """
    if error.path is not None:
        return []
    if error.message == _NESTED_TOO_DEEPLY:
        return [{"field": "variables", "message": error.message}]
    if match := _VARIABLE.fullmatch(error.message):
        path = (match["path"] or "").strip("'\" ")
        return [{"field": match["name"] + path, "message": match["what"]}]
    return []
