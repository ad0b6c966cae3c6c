"""A provisioning input as its caller put it, for those who hear that it was refused."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from app.graphql.given import plain
from domain.periods import wire_time

# What is passed on to the billing provider is stored nowhere and told to nobody.
_PROVIDERS_ALONE = frozenset({"billingInformation", "paymentMethodId"})


def wording_of(input: Any) -> Mapping[str, object]:
    """The input as JSON in the contract's spelling, without what is the provider's alone."""
    said: Mapping[str, object] = plain(input, leaf=_json)
    return {name: value for name, value in said.items() if name not in _PROVIDERS_ALONE}


def _json(value: Any) -> Any:
    match value:
        case datetime():
            return wire_time(value)
        case Enum():
            return value.name
        case UUID():
            return str(value)
        case _:
            return value
