"""Query fields of features, feature groups and meters."""

from uuid import UUID

import strawberry

from app.graphql.catalog.features.inputs import (
    DoesFeatureExist,
    FeatureAssociatedLatestPackages,
    FeatureGroupAssociatedLatestPackagesInput,
)
from app.graphql.catalog.features.listing import (
    ANY_FEATURE,
    ANY_FEATURE_GROUP,
    NEWEST_FEATURE,
    NEWEST_FEATURE_GROUP,
    FeatureConnection,
    FeatureFilter,
    FeatureGroupConnection,
    FeatureGroupFilter,
    FeatureGroupSort,
    FeatureSort,
)
from app.graphql.catalog.features.mapping import (
    associated_to_graphql,
    feature_group_to_graphql,
    feature_to_graphql,
)
from app.graphql.catalog.features.types import (
    FeatureAssociatedLatestPackagesResultDTO,
    FeatureGroup,
)
from app.graphql.catalog.packages.mapping import package_dto_to_graphql
from app.graphql.catalog.packages.types import PackageDTO
from app.graphql.context import Info
from app.graphql.given import runtime_for
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection
from app.usecases.catalog import feature_groups, features
from domain.ids import FeatureGroupId


@strawberry.type
class FeaturesQuery:
    @strawberry.field
    async def does_feature_exist(self, info: Info, input: DoesFeatureExist) -> bool:
        readers = runtime_for(info, input.environment_id).readers
        return bool(await readers.features.by_ref_ids([input.ref_id]))

    @strawberry.field
    async def feature_associated_latest_packages(
        self, info: Info, input: FeatureAssociatedLatestPackages
    ) -> FeatureAssociatedLatestPackagesResultDTO:
        runtime = runtime_for(info, input.environment_id)
        found = await features.associated_latest(input.feature_id, runtime=runtime)
        return associated_to_graphql(found)

    @strawberry.field
    async def feature_group(self, info: Info, id: UUID) -> FeatureGroup | None:
        found = await info.context.loaders.feature_groups.load(FeatureGroupId(id))
        return None if found is None else feature_group_to_graphql(found)

    @strawberry.field
    async def feature_group_associated_latest_packages(
        self, info: Info, input: FeatureGroupAssociatedLatestPackagesInput
    ) -> list[PackageDTO]:
        runtime = runtime_for(info, input.environment_id)
        packages = await feature_groups.linking_packages(input.feature_group_id, runtime=runtime)
        return [package_dto_to_graphql(package) for package in packages]

    @strawberry.field
    async def feature_groups(
        self,
        info: Info,
        filter: FeatureGroupFilter | None = ANY_FEATURE_GROUP,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[FeatureGroupSort] | None = NEWEST_FEATURE_GROUP,
    ) -> FeatureGroupConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.feature_groups.page(query)
        return to_connection(FeatureGroupConnection, page, feature_group_to_graphql)

    @strawberry.field
    async def features(
        self,
        info: Info,
        filter: FeatureFilter | None = ANY_FEATURE,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[FeatureSort] | None = NEWEST_FEATURE,
    ) -> FeatureConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.features.page(query)
        return to_connection(FeatureConnection, page, feature_to_graphql)
