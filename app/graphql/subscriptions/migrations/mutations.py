"""Mutation fields of subscription migrations, tasks and imports."""

import strawberry

from app.graphql.context import Info
from app.graphql.given import changing, given
from app.graphql.numbers import version_number
from app.graphql.subscriptions.commands import import_from_graphql
from app.graphql.subscriptions.mapping import subscription_to_graphql
from app.graphql.subscriptions.migrations.inputs import (
    ImportSubscriptionsBulkInput,
    SubscriptionMigrationInput,
    TriggerSubscriptionMigrationInput,
)
from app.graphql.subscriptions.migrations.types import TriggerSubscriptionMigrationResult
from app.graphql.subscriptions.types import CustomerSubscription
from app.usecases.packages.migration import trigger_migration
from app.usecases.subscriptions import imports, migrate


@strawberry.type
class MigrationsMutation:
    @strawberry.mutation
    async def import_subscriptions_bulk(
        self, info: Info, input: ImportSubscriptionsBulkInput
    ) -> str | None:
        items, refused = import_from_graphql(input.subscriptions)
        runtime = changing(info, input.environment_id)
        return str(await imports.import_subscriptions(items, refused, runtime=runtime))

    @strawberry.mutation
    async def migrate_subscription_to_latest(
        self, info: Info, input: SubscriptionMigrationInput
    ) -> CustomerSubscription:
        migrated = await migrate.migrate_to_latest(
            input.subscription_id,
            time=given(input.subscription_migration_time),
            runtime=changing(info, input.environment_id),
        )
        return subscription_to_graphql(migrated)

    @strawberry.mutation
    async def trigger_plan_subscription_migration(
        self, info: Info, input: TriggerSubscriptionMigrationInput
    ) -> TriggerSubscriptionMigrationResult:
        runtime = changing(info, input.environment_id)
        number = version_number(input.version_number)
        task_id = await trigger_migration(input.ref_id, number, runtime=runtime)
        return TriggerSubscriptionMigrationResult(task_id=str(task_id))
