"""What a change altered, field by field, as the event log keeps it.

Values are written as the wire writes them; secrets never are: of a secret that changed only that
it did. Source: spec, platform §8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from domain.periods import wire_time

REMOVED = "***"
"""Stands for a secret, wherever something is logged."""

T = TypeVar("T")

_SECRETS = frozenset({"token", "secret_key", "signing_token", "payment_secret"})
# Every change alters some of these and none is news; `change` is how a deferred update is kept.
_NO_NEWS = frozenset(
    {
        "id",
        "is_latest",
        "created_at",
        "updated_at",
        "change",
        "budget_spent_percentage",
        "trial_ends_soon_told",
        "month_end_told",
        "stage",
        "credit_currencies",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The altered fields of one entity, by the contract's names, before and after."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]


def change_of(before: T | None, after: T) -> Change | None:
    """What differs between two states of an entity; None where there was no state before."""
    if before is None:
        return None
    old, new = _logged(before), _logged(after)
    altered = [
        name
        for name in old
        if old[name] != new[name]
        or (name in _SECRETS and getattr(before, name) != getattr(after, name))
    ]
    return Change(
        before={camel_case(name): old[name] for name in altered},
        after={camel_case(name): new[name] for name in altered},
    )


def camel_case(name: str) -> str:
    """`display_name` → `displayName`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _logged(entity: Any) -> dict[str, Any]:
    return {
        f.name: _secret(getattr(entity, f.name))
        if f.name in _SECRETS
        else _json(getattr(entity, f.name))
        for f in fields(entity)
        if f.name not in _NO_NEWS
    }


def _secret(value: object) -> str | None:
    return None if value is None else REMOVED


def _json(value: Any) -> Any:  # one line a kind of value
    match value:
        case Enum():
            return value.value
        case Decimal():
            return float(value)
        case datetime():
            return wire_time(value)
        case UUID():
            return str(value)
        case Mapping():
            return {str(key): _json(inner) for key, inner in value.items()}
        case tuple() | list() | frozenset() | set():
            return [_json(inner) for inner in value]
        case _ if is_dataclass(value):
            return {camel_case(name): inner for name, inner in _logged(value).items()}
        case _:
            return value
