"""Output types of subscription migrations, tasks and imports."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog.packages.listing import (
    ANY_PACKAGE_DTO,
    NEWEST_PACKAGE_DTO,
    PackageDTOFilter,
    PackageDTOSort,
)
from app.graphql.context import Info
from app.graphql.filtering import predicate_of
from app.graphql.paging import orders_of
from app.graphql.resolvers import environment_id_text
from app.graphql.subscriptions.migrations.enums import TaskStatus, TaskType
from domain.catalog.migration import MigrationTask

if TYPE_CHECKING:
    from app.graphql.catalog.packages.types import PackageDTO

PackageDTORef = Annotated["PackageDTO", strawberry.lazy("app.graphql.catalog.packages.types")]


@strawberry.type
class SubscriptionMigrationTask:
    source: strawberry.Private[MigrationTask]
    affected_customers_count: int | None
    created_at: datetime | None
    end_date: datetime | None
    environment_id: str = strawberry.field(resolver=environment_id_text)
    id: UUID
    initiated_package_id: str | None
    migrated_customers_count: int | None
    progress: int
    start_date: datetime | None
    status: TaskStatus
    task_type: TaskType

    @strawberry.field
    async def packages(
        self,
        info: Info,
        filter: PackageDTOFilter | None = ANY_PACKAGE_DTO,
        sorting: list[PackageDTOSort] | None = NEWEST_PACKAGE_DTO,
    ) -> list[PackageDTORef]:
        from app.graphql.catalog.packages.mapping import package_dto_to_graphql

        loader = info.context.loaders.packages_among(predicate_of(filter), orders_of(sorting))
        found = await loader.load(self.source.package_ids)
        return [package_dto_to_graphql(package) for package in found]


@strawberry.type
class ImportSubTaskError:
    error: str
    id: str


@strawberry.type
class ImportIntegrationTask:
    created_at: datetime | None
    customers_count: int
    end_date: datetime | None
    environment_id: str = strawberry.field(resolver=environment_id_text)
    id: UUID
    import_errors: list[ImportSubTaskError]
    products_count: int
    progress: int
    start_date: datetime | None
    status: TaskStatus
    task_type: TaskType
    total_subtasks_count: int


@strawberry.type
class TriggerSubscriptionMigrationResult:
    task_id: str | None
