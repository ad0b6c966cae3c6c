"""Output types of hooks and event logs."""

from datetime import datetime
from uuid import UUID

import strawberry

from app.graphql import resolvers
from app.graphql.accounts.types import Account, Environment
from app.graphql.context import Info
from app.graphql.events.enums import EventActor, EventEntityType, EventLogType, HookStatus
from app.graphql.scalars import JSON


@strawberry.type
class EventActorInfo:
    email: str | None
    ip_address: str | None
    name: str | None
    scoped_key_id: str | None
    scoped_key_name: str | None
    type: EventActor | None
    workflow_execution_id: str | None
    workflow_execution_time: str | None
    workflow_id: str | None
    workflow_name: str | None


@strawberry.type
class EventRequest:
    body: JSON | None
    response: JSON | None
    trace_id: str | None


@strawberry.type
class EventWebhook:
    endpoint: str
    id: str


@strawberry.type
class EventLog:
    account_id: str
    actor: EventActorInfo | None
    after: JSON | None
    before: JSON | None
    created_at: datetime
    entity_id: str | None
    entity_type: EventEntityType | None
    environment_id: str
    event_log_type: EventLogType
    id: str
    parent_entity_id: str | None
    payload: JSON
    request: EventRequest | None
    trace_id: str | None
    webhooks: list[EventWebhook] | None


@strawberry.type
class Hook:
    configuration: JSON | None
    created_at: datetime | None
    description: str | None
    endpoint: str
    environment_id: UUID
    event_log_types: list[EventLogType]
    id: UUID
    secret_key: str | None
    status: HookStatus

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return await resolvers.account(info)

    @strawberry.field
    async def environment(self, info: Info) -> Environment | None:
        return await resolvers.environment(info)


@strawberry.type
class HookDeleteResponse:
    configuration: JSON | None
    created_at: datetime | None
    description: str | None
    endpoint: str | None
    environment_id: UUID | None
    event_log_types: list[EventLogType] | None
    id: UUID | None
    secret_key: str | None
    status: HookStatus | None


@strawberry.type
class TestHook:
    test_hook_event_type: str
    test_hook_payload: str


@strawberry.type
class TestHookResult:
    response_status_code: float | None
    response_status_text: str | None
    response_success: bool
