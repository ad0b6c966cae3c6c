"""Command inputs of drafts, publishing and their differences."""

import strawberry

from app.graphql.catalog.drafts.enums import PublishMigrationType


@strawberry.input
class DiscardPackageDraftInput:
    environment_id: str
    ref_id: str


@strawberry.input
class PackagePublishInput:
    id: strawberry.ID
    migration_type: PublishMigrationType


@strawberry.input
class RollbackPackageInput:
    environment_id: str
    ref_id: str
    version_number: int
