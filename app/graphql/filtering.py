"""Any generated filter input → `Predicate`: what filters mean, said once.

Fields, and several operators in one comparison, are ANDed; `and`/`or` arrays are bracketed and
ANDed with the fields. A field, operand or relation filter that is null or empty restricts nothing,
save `is: null`, which tests NULL. Source: spec, platform §6.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, cast
from uuid import UUID

import strawberry
from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    get_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition

from app.graphql.given import camel
from app.graphql.numbers import exact
from domain.errors import InvalidInput, bad_input
from domain.listing import (
    EVERYTHING,
    And,
    Compare,
    Operand,
    Operator,
    Or,
    Predicate,
    Related,
    Scalar,
)

NESTING_MAX = 20
OPERANDS_MAX = 10_000

_AS_EQUALITY = {
    Operator.LIKE: Operator.EQ,
    Operator.I_LIKE: Operator.EQ,
    Operator.NOT_LIKE: Operator.NEQ,
    Operator.NOT_I_LIKE: Operator.NEQ,
}
_PATTERNS = frozenset(_AS_EQUALITY)


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a filter input, looked up once per class."""

    attribute: str
    name: str
    kind: type

    @property
    def is_comparison(self) -> bool:
        return self.kind.__name__.endswith("Comparison")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What a comparison input offers, looked up once per class."""

    operators: tuple[tuple[str, Operator], ...]
    is_boolean: bool
    is_exact: bool  # enums and UUIDs: `like` is equality


def predicate_of(filter: object, *, path: str = "filter") -> Predicate:
    """What the caller's filter means; None and UNSET mean everything.

    Raises BadUserInput with `validationErrors` naming the field.
    """
    return _predicate(filter, path, 0)


def described_fields(filter: type) -> dict[str, type | None]:
    """The contract's names in a filter input: None for a comparison, else the relation's filter."""
    return {
        field.name: None if field.is_comparison else field.kind
        for field in _fields(cast("Hashable", filter))
        if field.name not in {"and", "or"}
    }


def _predicate(filter: Any, path: str, depth: int) -> Predicate:
    if not _given(filter):
        return EVERYTHING
    if depth > NESTING_MAX:
        raise _refusal(path, f"Filters may be nested at most {NESTING_MAX} deep")
    parts: list[Predicate] = []
    for field in _fields(cast("Hashable", type(filter))):
        value = getattr(filter, field.attribute)
        if not _given(value):
            continue
        where = f"{path}.{field.name}"
        if field.name in {"and", "or"}:
            branches = tuple(
                _predicate(branch, f"{where}.{i}", depth + 1) for i, branch in enumerate(value)
            )
            if branches:
                parts.append(And(branches) if field.name == "and" else Or(branches))
        elif field.is_comparison:
            parts.extend(_comparisons(field.name, value, where))
        else:
            related = _predicate(value, where, depth + 1)
            if related != EVERYTHING:
                parts.append(Related(field.name, related))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _comparisons(field: str, comparison: Any, path: str) -> Iterator[Compare]:
    described = _comparison(cast("Hashable", type(comparison)))
    for attribute, operator in described.operators:
        value = getattr(comparison, attribute)
        if value is strawberry.UNSET:
            continue
        where = f"{path}.{operator.value}"
        if operator in {Operator.IS, Operator.IS_NOT}:
            if value is not None and not described.is_boolean:
                raise _refusal(where, f"{operator.value} takes only null for a non-boolean field")
            yield Compare(field, operator, value)
        elif value is not None:
            if described.is_exact:
                yield Compare(field, _AS_EQUALITY.get(operator, operator), _operand(value, where))
            else:
                if operator in _PATTERNS:
                    _require_pattern(value, where)
                yield Compare(field, operator, _operand(value, where))


def _operand(value: Any, path: str) -> Operand:
    """A wire value as the domain has it: enums as text, floats as Decimals."""
    if isinstance(value, list):
        name = path.rpartition(".")[2]
        if not value:
            raise _refusal(path, f"Invalid {name} value expected a non-empty array got []")
        if len(value) > OPERANDS_MAX:
            raise _refusal(path, f"{name} takes at most {OPERANDS_MAX} values")
        return tuple(_scalar(item, path) for item in value)
    if get_object_definition(type(value)) is not None:
        return (_scalar(value.lower, f"{path}.lower"), _scalar(value.upper, f"{path}.upper"))
    return _scalar(value, path)


def _scalar(value: Any, path: str) -> Scalar:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return exact(value)
    if isinstance(value, str) and "\0" in value:
        raise _refusal(path, "Text cannot hold the character U+0000")
    assert isinstance(value, Scalar)
    return value


def _require_pattern(pattern: str, path: str) -> None:
    """Refuse a pattern whose last backslash escapes nothing: the database would."""
    if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        raise _refusal(path, "A pattern cannot end with its escape character")


def _given(value: object) -> bool:
    return value is not None and value is not strawberry.UNSET


def _refusal(path: str, message: str) -> InvalidInput:
    return bad_input(message, validationErrors=[{"field": path, "message": message}])


def _definition(cls: type) -> StrawberryObjectDefinition:
    definition = get_object_definition(cls, strict=True)
    assert definition.is_input, f"{cls.__name__} is no filter input"
    return definition


@cache
def _fields(cls: Any) -> tuple[_Field, ...]:
    return tuple(
        _Field(
            attribute=field.python_name,
            name=field.graphql_name or camel(field.python_name),
            kind=_named(field.type),
        )
        for field in _definition(cls).fields
    )


@cache
def _comparison(cls: Any) -> _Comparison:
    fields = _definition(cls).fields
    kinds = {field.python_name: _named(field.type) for field in fields}
    return _Comparison(
        operators=tuple(
            (field.python_name, Operator(field.graphql_name or camel(field.python_name)))
            for field in fields
        ),
        is_boolean=set(kinds) == {"is_", "is_not"},
        is_exact=(kind := kinds.get("eq")) is not None and issubclass(kind, UUID | Enum),
    )


def _named(type_: Any) -> type:
    """The class inside optionals and lists."""
    while isinstance(type_, StrawberryOptional | StrawberryList):
        type_ = type_.of_type
    if isinstance(type_, StrawberryEnumDefinition):
        type_ = type_.wrapped_cls
    assert isinstance(type_, type)
    return type_
