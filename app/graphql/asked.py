"""What an operation was asked and what it answered, as the event log keeps it.

Nothing is computed before an event is written: reads and checks pay nothing.
Source: spec, platform §8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from graphql import FieldNode, GraphQLError

from app.graphql.documents import Operation, argument_values
from domain.redaction import is_secret_name, redacted

LOGGED_BYTES_MAX = 16_384
"""Larger requests and responses are kept as `{"isTooLarge": true}`."""


class Asked:
    """The operation of one request. `id` is set once an event that it caused was written."""

    def __init__(self) -> None:
        self.id: UUID | None = None
        self._operation: Operation | None = None
        self._variables: Mapping[str, Any] = {}

    def note(self, operation: Operation, variables: Mapping[str, Any] | None) -> None:
        """Remember what is about to run."""
        self._operation = operation
        self._variables = operation.variables(variables)

    def body(self) -> dict[str, Any] | None:
        """The operation's name, and its fields with their arguments, variables put in."""
        operation = self._operation
        if operation is None:
            return None
        fields = [
            {"name": node.name.value, "arguments": argument_values(node, self._variables)}
            for node in operation.root_fields
        ]
        named = {"operationName": operation.name}
        return named | _bounded(redacted({"fields": fields}))

    def response(
        self, data: Mapping[str, Any] | None, errors: list[GraphQLError] | None
    ) -> dict[str, Any]:
        """What was answered: `data`, and errors if there are any."""
        assert self._operation is not None, "only what ran is answered"
        answer: dict[str, Any] = {"data": data}
        if errors:
            answer["errors"] = [dict(error.formatted) for error in errors]
        return _bounded(redacted(answer, _renamed_secrets(self._operation)))


def _bounded(body: dict[str, Any]) -> dict[str, Any]:
    if len(orjson.dumps(body, default=str)) > LOGGED_BYTES_MAX:
        return {"isTooLarge": True}
    return body


def _renamed_secrets(operation: Operation) -> set[str]:
    """The aliases under which secrets were asked for."""
    found: set[str] = set()
    waiting: list[FieldNode] = list(operation.root_fields)
    while waiting:
        node = waiting.pop()
        if node.alias is not None and is_secret_name(node.name.value):
            found.add(node.alias.value)
        waiting += operation.fields_of(node.selection_set)
    return found
