"""What may be done to an API key, and what becomes of it.

`now` is real time always: keys do not live by the test clock. Source: spec, platform §1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.accounts.enums import ApiKeyType
from domain.accounts.model import ApiKey
from domain.accounts.scopes import ApiKeyScope, ApiKeyScopeAction, ApiKeyScopeResource
from domain.errors import Conflict, ErrorCode, invalid_argument
from domain.patch import ABSENT, Absent

EXPIRY_AHEAD_MAX = timedelta(days=365)
NAME_LENGTH_MAX = 255


def require_scopes(scopes: Iterable[ApiKeyScope]) -> tuple[ApiKeyScope, ...]:
    """Each scope once, at least one, never writing event queues. Raises InvalidArgumentError."""
    unique = tuple(dict.fromkeys(scopes))
    if not unique:
        raise invalid_argument("scopes must name at least one scope")
    writes = ApiKeyScopeAction.WRITE
    if any(s.resource is ApiKeyScopeResource.EVENT_QUEUE and s.action is writes for s in unique):
        raise invalid_argument("scopes cannot hold EVENT_QUEUE:WRITE")
    return unique


def require_name(name: str | None) -> str:
    """1-255 characters that are not all blank. Raises InvalidArgumentError."""
    text = (name or "").strip()
    if not 1 <= len(text) <= NAME_LENGTH_MAX:
        raise invalid_argument(f"displayName must have 1-{NAME_LENGTH_MAX} characters")
    return text


def rotated(
    key: ApiKey, *, until: datetime | None, now: datetime, new_id: UUID, new_token: str
) -> tuple[ApiKey, ApiKey]:
    """The key as it ends, and its successor without an end; `until` None = at once.

    Raises ApiKeyExpired, ApiKeyHasExpiry, and InvalidArgumentError for a past end or one more
    than a year ahead.
    """
    _require_live(key, now)
    if key.expire_at is not None:
        raise Conflict(
            ErrorCode.ApiKeyHasExpiry, f"ApiKey {key.id} expires already", apiKeyId=str(key.id)
        )
    end = now if until is None else _require_end(until, now, "expirationDate")
    new = replace(key, id=new_id, token=new_token, created_at=now, expire_at=None)
    return replace(key, expire_at=end), new


def updated(
    key: ApiKey,
    *,
    display_name: str | Absent | None = ABSENT,
    description: str | Absent | None = ABSENT,
    scopes: tuple[ApiKeyScope, ...] | Absent | None = ABSENT,
    expire_at: datetime | Absent | None = ABSENT,
    now: datetime,
) -> ApiKey:
    """The key with what was given changed.

    Scopes only of SCOPED keys; an end only of keys that have one, at most 365 days ahead.
    """
    _require_live(key, now)
    changed = key
    if display_name is not ABSENT:
        changed = replace(changed, display_name=require_name(display_name))
    if description is not ABSENT:
        changed = replace(changed, description=description)
    if scopes is not ABSENT and scopes is not None:
        if key.key_type is not ApiKeyType.SCOPED:
            raise invalid_argument("scopes belong to SCOPED keys only")
        changed = replace(changed, scopes=require_scopes(scopes))
    if expire_at is not ABSENT and expire_at is not None:
        if key.expire_at is None:
            raise invalid_argument("expireAt can be moved only on a key that expires; rotate it")
        changed = replace(changed, expire_at=_require_end(expire_at, now, "expireAt"))
    return changed


def revoked(key: ApiKey, *, now: datetime) -> ApiKey:
    """The key ended now, for good. A system key must be expiring: rotate it first."""
    _require_live(key, now)
    if key.key_type is not ApiKeyType.SCOPED and key.expire_at is None:
        raise invalid_argument("This key is the environment's only one of its kind; rotate it")
    return replace(key, expire_at=now)


def _require_live(key: ApiKey, now: datetime) -> None:
    if key.expired(now):
        raise Conflict(
            ErrorCode.ApiKeyExpired, f"ApiKey {key.id} has expired", apiKeyId=str(key.id)
        )


def _require_end(end: datetime, now: datetime, field: str) -> datetime:
    if end < now or end > now + EXPIRY_AHEAD_MAX:
        raise invalid_argument(f"{field} must lie within a year from now")
    return end
