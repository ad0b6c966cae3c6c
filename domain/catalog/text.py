"""The common text rules of catalogue entities. Source: spec, catalog §1."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping

from domain.catalog.model import MetaData
from domain.errors import ErrorCode, InvalidInput, bad_input
from domain.metadata import require_object

DISPLAY_NAME_LENGTH_MAX = 255
DESCRIPTION_LENGTH_MAX = 255


def require_display_name(text: str, *, field: str = "displayName") -> str:
    """Return `text`, or raise BadUserInput unless 1-255 characters."""
    return require_length(text, field=field, minimum=1, maximum=DISPLAY_NAME_LENGTH_MAX)


def require_description(text: str | None, *, field: str = "description") -> str | None:
    """Return `text`, or raise BadUserInput when longer than 255 characters."""
    if text is None:
        return None
    return require_length(text, field=field, minimum=0, maximum=DESCRIPTION_LENGTH_MAX)


def require_length(text: str, *, field: str, minimum: int, maximum: int) -> str:
    """Return `text`, or raise BadUserInput naming `field` when its length is out of bounds."""
    if "\0" in text:
        raise bad_input(f"{field} cannot hold the character U+0000")
    if not minimum <= len(text) <= maximum:
        message = f"{field} must be {minimum}-{maximum} characters long"
        raise bad_input(message, validationErrors=[{"field": field, "message": message}])
    return text


def require_meta_data(value: object) -> MetaData | None:
    """Return the catalogue's metadata: a flat object of strings, 64 KB at most; None stays None.

    Raises InvalidMetadataError.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping) or not all(
        isinstance(k, str) and isinstance(v, str) for k, v in value.items()
    ):
        raise InvalidInput(
            ErrorCode.InvalidMetadataError, "additionalMetaData must map strings to strings"
        )
    require_object(value)
    return dict(value)


def slug(text: str) -> str:
    """Lower-case ASCII words of `text` joined by hyphens; `x` when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "x"


def free_ref_id(prefix: str, display_name: str, *, taken: Collection[str]) -> str:
    """`<prefix>-<slug>`, else with `-2`, `-3`… : the first that is not `taken`."""
    base = f"{prefix}-{slug(display_name)}"[:240]
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"
