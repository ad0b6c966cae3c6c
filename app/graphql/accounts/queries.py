"""Query fields of accounts, environments and the test clock."""

import strawberry

from app.graphql.accounts.enums import ApiKeyScopeAction, ApiKeyScopeResource
from app.graphql.accounts.inputs import GetApiKeysInput
from app.graphql.accounts.keys import key_connection
from app.graphql.accounts.listing import (
    ANY_ENVIRONMENT,
    NEWEST_ENVIRONMENT,
    ApiKeyConnection,
    EnvironmentConnection,
    EnvironmentFilter,
    EnvironmentSort,
)
from app.graphql.accounts.mapping import (
    account_to_graphql,
    environment_item_to_graphql,
    environment_to_graphql,
)
from app.graphql.accounts.types import (
    Account,
    ApiKeyScope,
    EnvironmentListItem,
    SdkConfiguration,
    TestClock,
)
from app.graphql.context import Info
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection
from app.usecases import test_clock as usecases


@strawberry.type
class AccountsQuery:
    @strawberry.field
    async def current_environment(self, info: Info) -> str:
        return str(info.context.principal.scope.environment_id)

    @strawberry.field
    async def fetch_account(self, info: Info) -> Account | None:
        account = await info.context.runtime.readers.accounts.account()
        return account_to_graphql(account) if account else None

    @strawberry.field
    async def environments(
        self,
        info: Info,
        filter: EnvironmentFilter | None = ANY_ENVIRONMENT,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[EnvironmentSort] | None = NEWEST_ENVIRONMENT,
    ) -> EnvironmentConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        accounts = info.context.runtime.readers.accounts
        page = await accounts.environment_page(query)
        account = await accounts.account()
        return to_connection(
            EnvironmentConnection,
            page,
            lambda one: environment_to_graphql(
                one, account_to_graphql(account) if account else None
            ),
        )

    @strawberry.field
    async def list_environments(self, info: Info) -> list[EnvironmentListItem]:
        environment = await info.context.runtime.readers.accounts.environment()
        return [environment_item_to_graphql(environment)] if environment else []

    @strawberry.field
    async def api_keys(self, info: Info, input: GetApiKeysInput) -> ApiKeyConnection:
        return await key_connection(info, input)

    @strawberry.field
    async def available_scopes(self) -> list[ApiKeyScope]:
        return [
            ApiKeyScope(action=action, resource=resource)
            for resource in ApiKeyScopeResource
            for action in ApiKeyScopeAction
            if (resource, action) != (ApiKeyScopeResource.EVENT_QUEUE, ApiKeyScopeAction.WRITE)
        ]

    @strawberry.field
    async def sdk_configuration(self) -> SdkConfiguration | None:
        return SdkConfiguration(
            is_widget_watermark_enabled=False, sentry_dsn=None, show_watermark=False
        )

    @strawberry.field
    async def test_clock(self, info: Info) -> TestClock | None:
        frozen = await usecases.test_clock(runtime=info.context.runtime)
        return None if frozen is None else TestClock(frozen_time=frozen)
