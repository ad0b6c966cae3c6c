"""From GraphQL's UNSET to what commands know, and the check of `environmentId` inputs."""

from collections.abc import Callable
from typing import Any, TypeVar, overload
from uuid import UUID

import strawberry
from strawberry.types.base import get_object_definition

from app.graphql.context import Info
from app.ports import Runtime
from domain.errors import ErrorCode, Forbidden
from domain.ids import as_uuid
from domain.patch import ABSENT, Absent

T = TypeVar("T")
Default = TypeVar("Default")


@overload
def given(value: T | None) -> T | None: ...
@overload
def given(value: T | None, default: Default) -> T | Default: ...
def given(value: T | None, default: Default | None = None) -> T | Default | None:
    """The value, or `default` where the caller said nothing or null."""
    return default if value is None or value is strawberry.UNSET else value


def maybe(value: T) -> T | Absent:
    """The value, null included, or ABSENT where the caller said nothing."""
    return ABSENT if value is strawberry.UNSET else value


def field_of(input: object, name: str) -> Any:
    """The field's value; None where it is null, left out, or no field of this input."""
    return given(getattr(input, name, None))


def says(input: object, name: str) -> bool:
    """Whether the caller said anything of the field, null included."""
    return getattr(input, name, strawberry.UNSET) is not strawberry.UNSET


def runtime_for(info: Info, environment_id: str | UUID | None = None) -> Runtime:
    """The request's runtime, if `environment_id` is its own environment or left out.

    Another raises AccessDeniedError (spec, platform §2).
    """
    runtime = info.context.runtime
    asked = given(environment_id)
    if asked is not None and as_uuid(str(asked)) != runtime.environment.environment_id:
        raise Forbidden(
            ErrorCode.AccessDeniedError, "environmentId is not the environment of the key"
        )
    return runtime


def changing(info: Info, environment_id: str | UUID | None = None) -> Runtime:
    """As `runtime_for`, of a mutation: what was loaded before it is read again after it."""
    info.context.forget_loaded()
    return runtime_for(info, environment_id)


def _unchanged(value: Any) -> Any:
    return value


def plain(value: Any, *, leaf: Callable[[Any], Any] = _unchanged) -> Any:
    """An input's fields by the contract's names, null ones left out; `leaf` turns their values.

    `{"billingAddress": {"city": …}}`.
    """
    definition = get_object_definition(type(value))
    if definition is not None:
        return {
            camel(field.python_name): plain(said, leaf=leaf)
            for field in definition.fields
            if (said := getattr(value, field.python_name)) not in (None, strawberry.UNSET)
        }
    if isinstance(value, list):
        return [plain(item, leaf=leaf) for item in value]
    return leaf(value)


def camel(name: str) -> str:
    """`ref_id` → `refId`."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
