"""Hooks: who wants to be told, and a first word to try them. Source: spec, platform §7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from app.ports import Runtime, UnitOfWork
from app.vault import new_webhook_secret
from domain.changes import change_of
from domain.errors import invalid_argument
from domain.events import Event
from domain.ids import as_uuid
from domain.patch import ABSENT, Absent
from domain.webhooks.enums import EventLogType, HookStatus
from domain.webhooks.model import (
    SECRET_HEADER,
    SIGNATURE_HEADER,
    TYPE_NAMES,
    Answer,
    Hook,
    envelope,
    require_configuration,
    require_endpoint,
    require_types,
    signature_of,
)
from domain.webhooks.samples import sample_body


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveHook:
    """What a hook shall be; absent = the default, or as it was."""

    endpoint: str | Absent | None = ABSENT
    event_log_types: Iterable[EventLogType] | Absent | None = ABSENT
    status: HookStatus | Absent | None = ABSENT
    description: str | Absent | None = ABSENT
    configuration: object | Absent = ABSENT
    secret_key: str | Absent | None = ABSENT


async def create_hook(command: SaveHook, *, runtime: Runtime) -> Hook:
    """A hook, live at once unless told otherwise, with a secret of its own."""
    hook = _changed(
        Hook(
            id=runtime.ids.new_uuid(),
            endpoint=require_endpoint(_given(command.endpoint)),
            event_log_types=require_types(_given(command.event_log_types)),
            status=HookStatus.ACTIVE,
            secret_key=new_webhook_secret(),
            created_at=runtime.clock(),
        ),
        command,
    )
    async with runtime.new_unit_of_work() as work:
        await work.hooks.save(hook)
        work.publish(_event("CREATED", hook))
        await work.commit()
    return hook


async def update_hook(hook_id: str, command: SaveHook, *, runtime: Runtime) -> Hook:
    """Change what was given."""
    async with runtime.new_unit_of_work() as work:
        before = await _known(hook_id, work)
        hook = _changed(before, command)
        await work.hooks.save(hook)
        work.publish(_event("UPDATED", hook, before))
        await work.commit()
    return hook


async def delete_hook(hook_id: str, *, runtime: Runtime) -> Hook:
    """Forget the hook; what it was still to be told is dropped."""
    async with runtime.new_unit_of_work() as work:
        hook = await _known(hook_id, work)
        await work.hooks.delete(hook.id)
        work.publish(_event("DELETED", hook))
        await work.commit()
    return hook


def sample(type_: EventLogType, *, runtime: Runtime) -> tuple[str, dict[str, Any]]:
    """What a hook of the type receives, with made-up data: its type name and the message."""
    message = envelope(
        type_=type_,
        message_id=runtime.ids.new_uuid(),
        trace_id=None,
        occurred_at=runtime.clock(),
        account_id=runtime.environment.account_id,
        environment_id=runtime.environment.environment_id,
        body=sample_body(type_),
    )
    return TYPE_NAMES[type_], message


async def send_test_hook(endpoint: str, type_: EventLogType, *, runtime: Runtime) -> Answer:
    """POST a sample once, without retry; the answer is a result, never an error."""
    body = orjson.dumps(sample(type_, runtime=runtime)[1])
    return await runtime.post(require_endpoint(endpoint), body, headers_of(body, "test"))


def headers_of(body: bytes, secret_key: str) -> Mapping[str, str]:
    """What receivers check: the secret as it is, and a signature of the body."""
    return {SECRET_HEADER: secret_key, SIGNATURE_HEADER: signature_of(body, secret_key)}


async def _known(hook_id: str, work: UnitOfWork) -> Hook:
    uuid = as_uuid(hook_id)
    hook = await work.hooks.for_update(uuid) if uuid else None
    if hook is None:
        raise invalid_argument(f"Hook {hook_id} not found")
    return hook


def _event(what: str, hook: Hook, before: Hook | None = None) -> Event:
    """`HOOK_<what>`, only logged; never with the secret."""
    return Event(
        type=f"HOOK_{what}",
        entity_type="HOOK",
        entity_id=hook.id,
        data={
            "id": str(hook.id),
            "endpoint": hook.endpoint,
            "eventLogTypes": [type_.value for type_ in hook.event_log_types],
            "status": hook.status.value,
            "description": hook.description,
        },
        change=change_of(before, hook),
    )


def _given(value: Any) -> Any:
    return None if isinstance(value, Absent) else value


def _changed(hook: Hook, command: SaveHook) -> Hook:
    if not isinstance(command.endpoint, Absent):
        hook = replace(hook, endpoint=require_endpoint(command.endpoint))
    if not isinstance(command.event_log_types, Absent):
        hook = replace(hook, event_log_types=require_types(command.event_log_types))
    if isinstance(command.status, HookStatus):
        hook = replace(hook, status=command.status)
    if not isinstance(command.description, Absent):
        hook = replace(hook, description=command.description)
    if not isinstance(command.configuration, Absent):
        hook = replace(hook, configuration=require_configuration(command.configuration))
    if isinstance(command.secret_key, str) and command.secret_key:
        hook = replace(hook, secret_key=command.secret_key)
    return hook
