"""Hooks and logged events as the wire shows them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from app.graphql.events.enums import EventActor, EventEntityType, EventLogType
from app.graphql.events.inputs import CreateHook, UpdateHook
from app.graphql.events.types import (
    EventActorInfo,
    EventLog,
    EventRequest,
    EventWebhook,
    Hook,
    HookDeleteResponse,
)
from app.graphql.given import maybe
from app.ports import EnvironmentScope
from app.usecases.hooks import SaveHook
from domain.webhooks import model
from domain.webhooks.events import LoggedEvent, LoggedRequest


def hook_from_graphql(given: CreateHook | UpdateHook) -> SaveHook:
    return SaveHook(
        endpoint=maybe(given.endpoint),
        event_log_types=maybe(given.event_log_types),
        status=maybe(given.status),
        description=maybe(given.description),
        configuration=maybe(given.configuration),
        secret_key=maybe(given.secret_key),
    )


def hook_to_graphql(hook: model.Hook, environment_id: UUID) -> Hook:
    return Hook(
        configuration=hook.configuration,  # type: ignore[arg-type] # JSON
        created_at=hook.created_at,
        description=hook.description,
        endpoint=hook.endpoint,
        environment_id=environment_id,
        event_log_types=list(hook.event_log_types),
        id=hook.id,
        secret_key=hook.secret_key,
        status=hook.status,
    )


def deleted_hook_to_graphql(hook: model.Hook, environment_id: UUID) -> HookDeleteResponse:
    return HookDeleteResponse(
        configuration=hook.configuration,  # type: ignore[arg-type] # JSON
        created_at=hook.created_at,
        description=hook.description,
        endpoint=hook.endpoint,
        environment_id=environment_id,
        event_log_types=list(hook.event_log_types),
        id=hook.id,
        secret_key=hook.secret_key,
        status=hook.status,
    )


def event_to_graphql(
    event: LoggedEvent,
    scope: EnvironmentScope,
    hooks: Iterable[model.Hook],
    request: LoggedRequest | None,
) -> EventLog:
    """A row of the event log; an entity type of ours that the contract lacks is null."""
    known = EventEntityType.__members__
    return EventLog(
        account_id=str(scope.account_id),
        actor=_actor_to_graphql(event.actor),
        after=event.after,  # type: ignore[arg-type] # JSON
        before=event.before,  # type: ignore[arg-type] # JSON
        created_at=event.created_at,
        entity_id=str(event.entity_id),
        entity_type=known.get(event.entity_type),
        environment_id=str(event.environment_id),
        event_log_type=EventLogType(event.type),
        id=str(event.id),
        parent_entity_id=str(event.customer_id) if event.customer_id else None,
        payload=dict(event.data),  # type: ignore[arg-type] # JSON
        request=EventRequest(
            body=request.body if request else None,  # type: ignore[arg-type] # JSON
            response=request.response if request else None,  # type: ignore[arg-type] # JSON
            trace_id=event.trace_id,
        ),
        trace_id=event.trace_id,
        webhooks=[EventWebhook(endpoint=hook.endpoint, id=str(hook.id)) for hook in hooks],
    )


def _actor_to_graphql(actor: Mapping[str, Any]) -> EventActorInfo:
    return EventActorInfo(
        email=None,
        ip_address=None,
        name=None,
        scoped_key_id=actor.get("scopedKeyId"),
        scoped_key_name=actor.get("scopedKeyName"),
        type=EventActor(actor.get("type", EventActor.SYSTEM.value)),
        workflow_execution_id=None,
        workflow_execution_time=None,
        workflow_id=None,
        workflow_name=None,
    )
