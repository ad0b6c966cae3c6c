"""The task of moving subscriptions to a published version. Source: spec, catalog §4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.ids import PackageId
from domain.subscriptions.enums import TaskStatus, TaskType


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationTask:
    """What publishing for ALL_CUSTOMERS has to do, and how far it is (`progress` 0-100)."""

    id: UUID
    task_type: TaskType = TaskType.SUBSCRIPTION_MIGRATION
    status: TaskStatus = TaskStatus.PENDING
    initiated_package_id: PackageId
    package_ids: tuple[PackageId, ...]
    affected_customers_count: int = 0
    migrated_customers_count: int = 0
    progress: int = 0
    start_date: datetime | None = None
    end_date: datetime | None = None
    created_at: datetime
