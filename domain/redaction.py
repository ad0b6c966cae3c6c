"""What must never be written down, taken out of whatever is logged. Source: spec, platform §8."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from domain.changes import REMOVED

# Keys, tokens and passwords by any name, and what is only ever passed on to a billing provider.
_SECRET_NAME = re.compile(
    r"secret|token|password|authorization|api_?key$|billing_?information|card_?number|cvc",
    re.IGNORECASE,
)
# An API key or a customer's signed token, wherever it stands.
_SECRET_TEXT = re.compile(r"(?:server|client|user)-[A-Za-z0-9_-]{43}|HMAC-SHA256 \S+:[0-9a-f]{64}")


def is_secret_name(name: str) -> bool:
    """Whether what goes by the name is a secret: `secretKey`, `token`, `billingInformation`."""
    return _SECRET_NAME.search(name) is not None


def redacted(value: Any, also: Collection[str] = ()) -> Any:
    """A JSON value without its secrets; `also` are further names of such."""
    if isinstance(value, str):
        return _SECRET_TEXT.sub(REMOVED, value)
    if isinstance(value, Mapping):
        return {
            name: REMOVED
            if inner is not None and (name in also or is_secret_name(name))
            else redacted(inner, also)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted(inner, also) for inner in value]
    return value
