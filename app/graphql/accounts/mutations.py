"""Mutation fields of accounts, environments and the test clock."""

import strawberry

from app.graphql.accounts.inputs import (
    AdvanceTestClockInput,
    CreateScopedApiKeyInput,
    RevokeApiKeyInput,
    RotateApiKeyInput,
    SetTestClockInput,
    UpdateAccountInput,
    UpdateApiKeyInput,
    UpdateOneEnvironmentInput,
)
from app.graphql.accounts.keys import sees_tokens
from app.graphql.accounts.mapping import (
    account_to_graphql,
    environment_to_graphql,
    key_to_graphql,
    scopes_from_graphql,
)
from app.graphql.accounts.types import Account, ApiKey, Environment, RotateApiKeyResult, TestClock
from app.graphql.context import Info
from app.graphql.given import given, maybe, runtime_for
from app.usecases import api_keys
from app.usecases import test_clock as usecases
from app.usecases.accounts import (
    UpdateAccount,
    UpdateEnvironment,
    update_account,
    update_environment,
)


@strawberry.type
class AccountsMutation:
    @strawberry.mutation
    async def create_scoped_api_key(self, info: Info, input: CreateScopedApiKeyInput) -> ApiKey:
        command = api_keys.CreateScopedApiKey(
            display_name=input.display_name,
            description=given(input.description),
            scopes=scopes_from_graphql(input.scopes),
        )
        runtime = runtime_for(info, input.environment_id)
        return key_to_graphql(
            await api_keys.create_scoped_api_key(command, runtime=runtime), is_full=True
        )

    @strawberry.mutation
    async def update_api_key(self, info: Info, input: UpdateApiKeyInput) -> ApiKey:
        scopes = maybe(input.scopes)
        command = api_keys.UpdateApiKey(
            id=input.id,
            display_name=maybe(input.display_name),
            description=maybe(input.description),
            scopes=scopes_from_graphql(scopes) if isinstance(scopes, list) else scopes,
            expire_at=maybe(input.expire_at),
        )
        runtime = runtime_for(info, input.environment_id)
        key = await api_keys.update_api_key(command, runtime=runtime)
        return key_to_graphql(key, is_full=sees_tokens(info))

    @strawberry.mutation
    async def rotate_api_key(self, info: Info, input: RotateApiKeyInput) -> RotateApiKeyResult:
        runtime = runtime_for(info, input.environment_id)
        old, new = await api_keys.rotate_api_key(
            input.id, until=given(input.expiration_date), runtime=runtime
        )
        return RotateApiKeyResult(
            new_api_key=key_to_graphql(new, is_full=True),
            old_api_key=key_to_graphql(old, is_full=sees_tokens(info)),
        )

    @strawberry.mutation
    async def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> ApiKey:
        runtime = runtime_for(info, input.environment_id)
        key = await api_keys.revoke_api_key(input.id, runtime=runtime)
        return key_to_graphql(key, is_full=sees_tokens(info))

    @strawberry.mutation
    async def update_one_environment(
        self, info: Info, input: UpdateOneEnvironmentInput
    ) -> Environment:
        changes = UpdateEnvironment(
            display_name=maybe(input.update.display_name),
            description=maybe(input.update.description),
            color=maybe(input.update.color),
            harden_client_access_enabled=maybe(input.update.harden_client_access_enabled),
        )
        runtime = runtime_for(info, input.id)
        environment = await update_environment(changes, runtime=runtime)
        account = await runtime.readers.accounts.account()
        return environment_to_graphql(environment, account_to_graphql(account) if account else None)

    @strawberry.mutation
    async def update_account(self, info: Info, input: UpdateAccountInput) -> Account:
        command = UpdateAccount(
            display_name=input.display_name,
            timezone=maybe(input.timezone),
            subscription_billing_anchor=maybe(input.subscription_billing_anchor),
            subscription_proration_behavior=maybe(input.subscription_proration_behavior),
        )
        account = await update_account(command, runtime=info.context.runtime)
        return account_to_graphql(account)

    @strawberry.mutation
    async def advance_test_clock(self, info: Info, input: AdvanceTestClockInput) -> TestClock:
        runtime = info.context.runtime
        frozen = await usecases.advance_test_clock(input.frozen_time, runtime=runtime)
        return TestClock(frozen_time=frozen)

    @strawberry.mutation
    async def remove_test_clock(self, info: Info) -> bool:
        return await usecases.remove_test_clock(runtime=info.context.runtime)

    @strawberry.mutation
    async def set_test_clock(self, info: Info, input: SetTestClockInput) -> TestClock:
        runtime = info.context.runtime
        frozen = await usecases.set_test_clock(input.frozen_time, runtime=runtime)
        return TestClock(frozen_time=frozen)
