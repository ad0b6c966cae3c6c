"""Subscription fields of drafts, publishing and their differences."""

from collections.abc import AsyncGenerator

import strawberry

from app.graphql.catalog.drafts.types import PackagePublished
from app.graphql.context import Info
from app.graphql.live import heard
from domain.catalog.enums import PublishMigrationType


@strawberry.type
class DraftsSubscription:
    @strawberry.subscription
    async def package_published(self, info: Info) -> AsyncGenerator[PackagePublished, None]:
        context = info.context
        async for event in heard(context, "PACKAGE_PUBLISHED", of_customer=False):
            yield PackagePublished(
                account_id=str(context.principal.scope.account_id),
                environment_id=str(event.environment_id),
                migration_type=PublishMigrationType(event.data["migrationType"]),
                package_ref_id=event.data["packageRefId"],
                package_type=event.data["packageType"],
                package_version=event.data["packageVersion"],
            )
