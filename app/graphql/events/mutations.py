"""Mutation fields of hooks."""

import strawberry

from app.graphql.context import Info
from app.graphql.events.inputs import CreateOneHookInput, DeleteOneHookInput, UpdateOneHookInput
from app.graphql.events.mapping import (
    deleted_hook_to_graphql,
    hook_from_graphql,
    hook_to_graphql,
)
from app.graphql.events.types import Hook, HookDeleteResponse
from app.graphql.given import given, runtime_for
from app.usecases import hooks as usecases


@strawberry.type
class EventsMutation:
    @strawberry.mutation
    async def create_one_hook(self, info: Info, input: CreateOneHookInput) -> Hook:
        runtime = runtime_for(info, given(input.hook.environment_id))
        hook = await usecases.create_hook(hook_from_graphql(input.hook), runtime=runtime)
        return hook_to_graphql(hook, runtime.environment.environment_id)

    @strawberry.mutation
    async def update_one_hook(self, info: Info, input: UpdateOneHookInput) -> Hook:
        runtime = runtime_for(info, given(input.update.environment_id))
        hook = await usecases.update_hook(
            input.id, hook_from_graphql(input.update), runtime=runtime
        )
        return hook_to_graphql(hook, runtime.environment.environment_id)

    @strawberry.mutation
    async def delete_one_hook(self, info: Info, input: DeleteOneHookInput) -> HookDeleteResponse:
        runtime = info.context.runtime
        hook = await usecases.delete_hook(input.id, runtime=runtime)
        return deleted_hook_to_graphql(hook, runtime.environment.environment_id)
