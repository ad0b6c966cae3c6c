"""Query fields of subscription migrations, tasks and imports."""

import strawberry

from app.graphql.context import Info
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection
from app.graphql.subscriptions.migrations.listing import (
    ANY_IMPORT_INTEGRATION_TASK,
    ANY_SUBSCRIPTION_MIGRATION_TASK,
    NEWEST_IMPORT_INTEGRATION_TASK,
    NEWEST_SUBSCRIPTION_MIGRATION_TASK,
    ImportIntegrationTaskConnection,
    ImportIntegrationTaskFilter,
    ImportIntegrationTaskSort,
    SubscriptionMigrationTaskConnection,
    SubscriptionMigrationTaskFilter,
    SubscriptionMigrationTaskSort,
)
from app.graphql.subscriptions.migrations.mapping import import_to_graphql, task_to_graphql


@strawberry.type
class MigrationsQuery:
    @strawberry.field
    async def import_integration_tasks(
        self,
        info: Info,
        filter: ImportIntegrationTaskFilter | None = ANY_IMPORT_INTEGRATION_TASK,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[ImportIntegrationTaskSort] | None = NEWEST_IMPORT_INTEGRATION_TASK,
    ) -> ImportIntegrationTaskConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.customers.import_page(query)
        return to_connection(ImportIntegrationTaskConnection, page, import_to_graphql)

    @strawberry.field
    async def subscription_migration_tasks(
        self,
        info: Info,
        filter: SubscriptionMigrationTaskFilter | None = ANY_SUBSCRIPTION_MIGRATION_TASK,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[SubscriptionMigrationTaskSort] | None = NEWEST_SUBSCRIPTION_MIGRATION_TASK,
    ) -> SubscriptionMigrationTaskConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.packages.tasks_page(query)
        return to_connection(SubscriptionMigrationTaskConnection, page, task_to_graphql)
