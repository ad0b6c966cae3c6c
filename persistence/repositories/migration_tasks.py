"""Tasks of subscription migrations."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from domain.catalog.migration import MigrationTask
from persistence.mapping.copy import from_row, to_columns
from persistence.repositories.base import Repository
from persistence.rows.packages import SubscriptionMigrationTaskRow

_TASK = SubscriptionMigrationTaskRow.__table__.c


class SqlMigrationTaskRepository(Repository):
    """Fits `app.ports.MigrationTaskRepository`."""

    async def get(self, task_id: UUID) -> MigrationTask | None:
        row = await self.fetch_one(
            select(*_TASK).where(_TASK.environment_id == self.environment_id, _TASK.id == task_id)
        )
        return None if row is None else from_row(MigrationTask, row)

    async def save(self, task: MigrationTask) -> None:
        columns = to_columns(task, SubscriptionMigrationTaskRow)
        await self.upsert(SubscriptionMigrationTaskRow, [columns], key=["id"])
