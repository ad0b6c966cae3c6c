"""Tasks of migrations and imports between the wire and the domain."""

from app.graphql.subscriptions.migrations.types import (
    ImportIntegrationTask,
    ImportSubTaskError,
    SubscriptionMigrationTask,
)
from domain.catalog.migration import MigrationTask
from domain.customers.imports import ImportTask
from domain.subscriptions.enums import TaskType


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


def import_to_graphql(task: ImportTask) -> ImportIntegrationTask:
    is_of_customers = task.task_type is TaskType.IMPORT_INTEGRATION_CUSTOMERS
    return ImportIntegrationTask(
        created_at=task.created_at,
        customers_count=task.total if is_of_customers else 0,
        end_date=task.end_date,
        id=task.id,
        import_errors=[
            ImportSubTaskError(id=one.entity_id, error=f"{one.code}: {one.message}")
            for one in task.errors
        ],
        products_count=0,
        progress=task.progress,
        start_date=task.start_date,
        status=task.status,
        task_type=task.task_type,
        total_subtasks_count=task.total,
    )
