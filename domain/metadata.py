"""The metadata of customers and subscriptions: any JSON object, 64 KB at most.

Source: spec, subscriptions §0 and platform §6. (The catalogue's is stricter.)
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from domain.errors import ErrorCode, InvalidInput

META_DATA_BYTES_MAX = 64 * 1024


def require_object(value: object) -> Mapping[str, object] | None:
    """Return `value`, or raise InvalidMetadataError unless it is null or a JSON object."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidInput(
            ErrorCode.InvalidMetadataError, "additionalMetaData must be a JSON object"
        )
    if len(_as_stored(value).encode()) > META_DATA_BYTES_MAX:
        raise InvalidInput(
            ErrorCode.InvalidMetadataError, "additionalMetaData must not exceed 64 KB"
        )
    return dict(value)


def _as_stored(value: Mapping[str, object]) -> str:
    """The shortest JSON, so that a letter counts as the bytes it has in UTF-8."""
    return json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"))
