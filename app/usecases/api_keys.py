"""Making, changing, rotating and revoking API keys. Source: spec, platform §1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.ports import Runtime, UnitOfWork
from app.vault import new_token
from domain.accounts.enums import ApiKeyType
from domain.accounts.keys import require_name, require_scopes, revoked, rotated, updated
from domain.accounts.model import ApiKey
from domain.accounts.scopes import ApiKeyScope
from domain.changes import change_of
from domain.errors import ErrorCode, not_found
from domain.events import Event
from domain.ids import as_uuid
from domain.patch import ABSENT, Absent


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateScopedApiKey:
    display_name: str
    scopes: tuple[ApiKeyScope, ...]
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateApiKey:
    """Absent = unchanged."""

    id: str
    display_name: str | Absent | None = ABSENT
    description: str | Absent | None = ABSENT
    scopes: tuple[ApiKeyScope, ...] | Absent | None = ABSENT
    expire_at: datetime | Absent | None = ABSENT


async def create_scoped_api_key(command: CreateScopedApiKey, *, runtime: Runtime) -> ApiKey:
    """A key with explicit scopes; its token is told in full this once."""
    key = ApiKey(
        id=runtime.ids.new_uuid(),
        environment_id=runtime.environment.environment_id,
        key_type=ApiKeyType.SCOPED,
        display_name=require_name(command.display_name),
        description=command.description,
        token=new_token(ApiKeyType.SCOPED),
        scopes=require_scopes(command.scopes),
        created_at=runtime.real_clock(),
    )
    async with runtime.new_unit_of_work() as work:
        await work.accounts.save_key(key)
        work.publish(_event("CREATED", key))
        await work.commit()
    return key


async def update_api_key(command: UpdateApiKey, *, runtime: Runtime) -> ApiKey:
    """Change what was given."""

    def decide(key: ApiKey) -> ApiKey:
        return updated(
            key,
            display_name=command.display_name,
            description=command.description,
            scopes=command.scopes,
            expire_at=command.expire_at,
            now=runtime.real_clock(),
        )

    return await _change(command.id, "UPDATED", decide, runtime=runtime)


async def revoke_api_key(key_id: str, *, runtime: Runtime) -> ApiKey:
    """End a key now, for good."""
    return await _change(
        key_id, "REVOKED", lambda key: revoked(key, now=runtime.real_clock()), runtime=runtime
    )


async def rotate_api_key(
    key_id: str, *, until: datetime | None, runtime: Runtime
) -> tuple[ApiKey, ApiKey]:
    """The old key with its end, and the new one."""
    async with runtime.new_unit_of_work() as work:
        key = await _key(key_id, work)
        old, new = rotated(
            key,
            until=until,
            now=runtime.real_clock(),
            new_id=runtime.ids.new_uuid(),
            new_token=new_token(key.key_type),
        )
        await work.accounts.save_key(old)
        await work.accounts.save_key(new)
        work.publish(_event("ROTATED", old, key))
        await work.commit()
    return old, new


async def _change(
    key_id: str, what: str, decide: Callable[[ApiKey], ApiKey], *, runtime: Runtime
) -> ApiKey:
    async with runtime.new_unit_of_work() as work:
        key = await _key(key_id, work)
        changed = decide(key)
        await work.accounts.save_key(changed)
        work.publish(_event(what, changed, key))
        await work.commit()
    return changed


async def _key(key_id: str, work: UnitOfWork) -> ApiKey:
    uuid: UUID | None = as_uuid(key_id)
    key = await work.accounts.key_for_update(uuid) if uuid else None
    if key is None:
        raise not_found(ErrorCode.ApiKeyNotFound, "ApiKey", key_id, id=key_id)
    return key


def _event(what: str, key: ApiKey, before: ApiKey | None = None) -> Event:
    return Event(
        type=f"API_KEY_{what}",
        entity_type="API_KEY",
        entity_id=key.id,
        data={
            "id": str(key.id),
            "displayName": key.display_name,
            "keyType": key.key_type.value,
            "scopes": [f"{s.resource.value}:{s.action.value}" for s in key.scopes or ()],
        },
        change=change_of(before, key),
    )
