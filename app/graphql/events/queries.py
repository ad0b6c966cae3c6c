"""Query fields of hooks and event logs."""

from collections.abc import Mapping
from uuid import UUID

import orjson
import strawberry

from app.graphql.context import Info
from app.graphql.events.enums import EventLogType
from app.graphql.events.inputs import TestHookInput
from app.graphql.events.listing import (
    ANY_EVENT_LOG,
    ANY_HOOK,
    NEWEST_EVENT_LOG,
    NEWEST_HOOK,
    EventLogConnection,
    EventLogFilter,
    EventLogSort,
    HookConnection,
    HookFilter,
    HookSort,
)
from app.graphql.events.mapping import event_to_graphql, hook_to_graphql
from app.graphql.events.types import Hook, TestHook, TestHookResult
from app.graphql.given import runtime_for
from app.graphql.numbers import float_or_none
from app.graphql.paging import FIRST_PAGE, CursorPaging, is_selected, list_query, to_connection
from app.usecases import hooks as usecases
from domain.webhooks import model
from domain.webhooks.events import LoggedRequest


@strawberry.type
class EventsQuery:
    @strawberry.field
    async def hook(self, info: Info, id: UUID) -> Hook | None:
        runtime = info.context.runtime
        hook = await runtime.readers.hooks.by_id(id)
        return None if hook is None else hook_to_graphql(hook, runtime.environment.environment_id)

    @strawberry.field
    async def hooks(
        self,
        info: Info,
        filter: HookFilter | None = ANY_HOOK,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[HookSort] | None = NEWEST_HOOK,
    ) -> HookConnection:
        runtime = info.context.runtime
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await runtime.readers.hooks.page(query)
        environment_id = runtime.environment.environment_id
        return to_connection(
            HookConnection, page, lambda hook: hook_to_graphql(hook, environment_id)
        )

    @strawberry.field
    async def event_logs(
        self,
        info: Info,
        filter: EventLogFilter | None = ANY_EVENT_LOG,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[EventLogSort] | None = NEWEST_EVENT_LOG,
    ) -> EventLogConnection:
        runtime = info.context.runtime
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await runtime.readers.hooks.event_page(query)
        hooks: Mapping[UUID, tuple[model.Hook, ...]] = {}
        requests: Mapping[UUID, LoggedRequest] = {}
        if is_selected(info, "edges", "node", "webhooks"):
            hooks = await runtime.readers.hooks.hooks_of_events([one.id for one in page.items])
        if is_selected(info, "edges", "node", "request"):
            ids = {one.request_id for one in page.items if one.request_id is not None}
            requests = await runtime.readers.hooks.requests(ids)
        return to_connection(
            EventLogConnection,
            page,
            lambda event: event_to_graphql(
                event,
                runtime.environment,
                hooks.get(event.id, ()),
                requests.get(event.request_id) if event.request_id else None,
            ),
        )

    @strawberry.field
    async def test_hook_data(self, info: Info, event_log_type: EventLogType) -> TestHook:
        name, message = usecases.sample(event_log_type, runtime=info.context.runtime)
        return TestHook(test_hook_event_type=name, test_hook_payload=orjson.dumps(message).decode())

    @strawberry.field
    async def send_test_hook(self, info: Info, test_hook_input: TestHookInput) -> TestHookResult:
        answer = await usecases.send_test_hook(
            test_hook_input.endpoint_url,
            test_hook_input.hook_event_type,
            runtime=runtime_for(info, test_hook_input.environment_id),
        )
        return TestHookResult(
            response_status_code=float_or_none(answer.code),
            response_status_text=answer.text,
            response_success=answer.is_success,
        )
