"""Migration tasks between the wire and the domain."""

from app.graphql.subscriptions.migrations.types import SubscriptionMigrationTask
from domain.catalog.migration import MigrationTask


def task_to_graphql(task: MigrationTask) -> SubscriptionMigrationTask:
    return SubscriptionMigrationTask(
        source=task,
        affected_customers_count=task.affected_customers_count,
        created_at=task.created_at,
        end_date=task.end_date,
        id=task.id,
        initiated_package_id=str(task.initiated_package_id),
        migrated_customers_count=task.migrated_customers_count,
        progress=task.progress,
        start_date=task.start_date,
        status=task.status,
        task_type=task.task_type,
    )
