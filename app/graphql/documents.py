"""Documents, parsed and validated once: a cache by text, with what limits and rights look at.

Source: spec, platform §4.4 (limits) and §5 (codes of refused documents).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Undefined,
    parse,
    validate,
)
from graphql.language import DirectiveNode, Visitor, visit

from app.graphql.scalars import json_from_literal
from domain.errors import DomainError, ErrorCode, InvalidInput, bad_input

DOCUMENTS_MAX = 1024
CACHED_CHARACTERS_MAX = 50_000
TOKENS_MAX = 20_000
ALIASES_MAX = 30
DEPTH_MAX = 15
INPUT_DEPTH_MAX = 12
SUPPORTED_DIRECTIVES = frozenset({"skip", "include"})
# Input fields of type JSON.
FREE_JSON = frozenset(
    {"additionalMetaData", "configuration", "dimensions", "invoiceCustomFields", "metadata"}
)
INTROSPECTION = frozenset({"__schema", "__type", "__typename"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a document: its kind, every root field it may reach, variables' defaults."""

    name: str | None
    kind: OperationType
    root_fields: tuple[FieldNode, ...]
    fragments: Mapping[str, FragmentDefinitionNode]
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(node.name.value for node in self.root_fields)

    def fields_of(self, selections: SelectionSetNode | None) -> Iterator[FieldNode]:
        """The fields of a selection within the operation, fragments opened."""
        return _fields(selections, self.fragments) if selections is not None else iter(())

    def variables(self, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """The variables as the operation will see them: an absent one is its default."""
        return {**self.defaults, **(given or {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed document; with `errors` it must not be executed."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    operations: Mapping[str | None, Operation] = field(default_factory=dict)

    def operation(self, name: str | None) -> Operation | None:
        """The operation to run: the only one, or the one of that name."""
        if name:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None


def document_of(query: str, schema: GraphQLSchema) -> Document:
    """Parse, measure and validate `query`; the same text is looked at once, if not huge."""
    read = _read if len(query) > CACHED_CHARACTERS_MAX else _cached_read
    return read(query, schema)


def _read(query: str, schema: GraphQLSchema) -> Document:
    try:
        return _examined(query, schema)
    except GraphQLError as error:
        return Document(node=None, errors=(error,))
    except RecursionError:
        return Document(node=None, errors=(_error(bad_input("The document is too deep")),))


def _examined(query: str, schema: GraphQLSchema) -> Document:
    node = parse(query, max_tokens=TOKENS_MAX)
    refusal = _beyond_limits(node)
    if refusal is not None:
        return Document(node=node, errors=(_error(refusal),))
    errors = validate(schema, node)
    if errors:
        return Document(node=node, errors=tuple(errors))
    fragments = _fragments(node)
    return Document(
        node=node,
        operations={
            definition.name.value if definition.name else None: Operation(
                name=definition.name.value if definition.name else None,
                fragments=fragments,
                kind=definition.operation,
                root_fields=tuple(_fields(definition.selection_set, fragments)),
                defaults={
                    variable.variable.name.value: json_from_literal(variable.default_value)
                    for variable in definition.variable_definitions or ()
                    if variable.default_value is not None
                },
            )
            for definition in node.definitions
            if isinstance(definition, OperationDefinitionNode)
        },
    )


_cached_read = lru_cache(maxsize=DOCUMENTS_MAX)(_read)


def _error(refusal: DomainError) -> GraphQLError:
    return GraphQLError(refusal.message, original_error=refusal)


def _fragments(node: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        definition.name.value: definition
        for definition in node.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


def _fields(
    selections: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    seen: set[str] | None = None,
) -> Iterator[FieldNode]:
    """The fields of a selection, fragments opened: each once, as execution merges them.

    Fragments that spread the next one twice would otherwise double with every one of them.
    """
    seen = set() if seen is None else seen
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            yield selection
        elif isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name in fragments and name not in seen:
                seen.add(name)
                yield from _fields(fragments[name].selection_set, fragments, seen)
        else:
            inline: Any = selection
            yield from _fields(inline.selection_set, fragments, seen)


class _Measure(Visitor):
    """Counts aliases, notes foreign directives and endless numbers, over the whole text."""

    def __init__(self) -> None:
        super().__init__()
        self.aliases = 0
        self.directives: set[str] = set()
        self.beyond_float = ""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.aliases += node.alias is not None

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.directives.add(node.name.value)

    def enter_int_value(self, node: IntValueNode, *_: Any) -> None:
        self._number(node.value)

    def enter_float_value(self, node: FloatValueNode, *_: Any) -> None:
        self._number(node.value)

    def _number(self, text: str) -> None:
        # As JSON refuses them in variables: `1e400` would be read as infinity.
        if not math.isfinite(float(text)):
            self.beyond_float = text[:20]


def _beyond_limits(node: DocumentNode) -> DomainError | None:
    measure = _Measure()
    visit(node, measure)
    foreign = measure.directives - SUPPORTED_DIRECTIVES
    if foreign:
        return InvalidInput(
            ErrorCode.GraphQLUnsupportedDirective,
            f"Directive @{min(foreign)} is not supported",
        )
    if measure.aliases > ALIASES_MAX:
        return InvalidInput(
            ErrorCode.GraphQLAliasesLimitExceeded,
            f"{measure.aliases} aliases, where {ALIASES_MAX} are allowed",
        )
    if measure.beyond_float:
        return bad_input(f"{measure.beyond_float} is beyond what a number can hold")
    if _depth(node) > DEPTH_MAX:
        return bad_input(
            f"The document is deeper than {DEPTH_MAX} levels",
            validationErrors=[{"field": "query", "message": "too deep"}],
        )
    return None


def _depth(node: DocumentNode) -> int:
    """The deepest nesting of fields of any operation; introspection counts one level."""
    fragments = _fragments(node)
    known: dict[str, int] = {}

    def of_fragment(name: str) -> int:
        if name not in known:
            known[name] = 0  # a fragment within itself is refused by validation
            fragment = fragments.get(name)
            known[name] = of(fragment.selection_set) if fragment else 0
        return known[name]

    def of(selections: SelectionSetNode | None) -> int:
        deepest = 0
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                inner = 0 if selection.name.value in INTROSPECTION else of(selection.selection_set)
                depth = 1 + inner
            elif isinstance(selection, FragmentSpreadNode):
                depth = of_fragment(selection.name.value)
            else:
                inline: Any = selection
                depth = of(inline.selection_set)
            deepest = max(deepest, depth)
        return deepest

    return max(
        (
            of(definition.selection_set)
            for definition in node.definitions
            if isinstance(definition, OperationDefinitionNode)
        ),
        default=0,
    )


def argument_values(node: FieldNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The field's arguments as JSON values, variables put in; nothing is coerced.

    `variables` are `Operation.variables`: a default that is left out here would go unseen.
    """
    values = {
        argument.name.value: json_from_literal(argument.value, dict(variables))
        for argument in node.arguments or ()
    }
    return {name: value for name, value in values.items() if value is not Undefined}


def named_values(
    value: Any, names: Sequence[str], *, depth: int = INPUT_DEPTH_MAX
) -> Iterator[tuple[str, str]]:
    """Every `(name, text)` in a JSON value, for the names asked for; not below `depth` levels.

    The caller's own JSON is not looked into: its names mean nothing here.
    """
    if depth == 0:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in names and isinstance(inner, str) and inner:
                yield name, inner
            if name not in FREE_JSON:
                yield from named_values(inner, names, depth=depth - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from named_values(inner, names, depth=depth - 1)


__all__ = [
    "INTROSPECTION",
    "Document",
    "Operation",
    "argument_values",
    "document_of",
    "named_values",
]
