"""Command inputs of hooks."""

from datetime import datetime

import strawberry

from app.graphql.events.enums import EventLogType, HookStatus
from app.graphql.scalars import JSON


@strawberry.input
class CreateHook:
    configuration: JSON | None = strawberry.UNSET
    created_at: datetime | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    endpoint: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    event_log_types: list[EventLogType] | None = strawberry.UNSET
    id: str | None = strawberry.UNSET
    secret_key: str | None = strawberry.UNSET
    status: HookStatus | None = strawberry.UNSET


@strawberry.input
class CreateOneHookInput:
    hook: CreateHook


@strawberry.input
class UpdateHook:
    configuration: JSON | None = strawberry.UNSET
    created_at: datetime | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    endpoint: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    event_log_types: list[EventLogType] | None = strawberry.UNSET
    id: str | None = strawberry.UNSET
    secret_key: str | None = strawberry.UNSET
    status: HookStatus | None = strawberry.UNSET


@strawberry.input
class UpdateOneHookInput:
    id: str
    update: UpdateHook


@strawberry.input
class DeleteOneHookInput:
    id: str


@strawberry.input
class TestHookInput:
    endpoint_url: str
    environment_id: str
    hook_event_type: EventLogType
