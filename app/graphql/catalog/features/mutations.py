"""Mutation fields of features, feature groups and meters."""

import strawberry

from app.graphql.catalog.features.inputs import (
    ArchiveFeatureGroupInput,
    ArchiveFeatureInput,
    CreateFeatureGroupInput,
    DeleteFeatureInput,
    FeatureInput,
    UnArchiveFeatureGroupInput,
    UnArchiveFeatureInput,
    UpdateFeatureInput,
)
from app.graphql.catalog.features.mapping import (
    feature_changes_from_graphql,
    feature_group_to_graphql,
    feature_to_graphql,
    new_feature_from_graphql,
)
from app.graphql.catalog.features.types import Feature, FeatureGroup
from app.graphql.context import Info
from app.graphql.given import changing, given
from app.usecases.catalog import feature_groups, features


@strawberry.type
class FeaturesMutation:
    @strawberry.mutation
    async def archive_feature(self, info: Info, input: ArchiveFeatureInput) -> Feature:
        runtime = changing(info, input.environment_id)
        return feature_to_graphql(await features.archive(input.id, runtime=runtime))

    @strawberry.mutation
    async def archive_feature_group(
        self, info: Info, input: ArchiveFeatureGroupInput
    ) -> FeatureGroup:
        runtime = changing(info, input.environment_id)
        group = await feature_groups.archive(input.feature_group_id, runtime=runtime)
        return feature_group_to_graphql(group)

    @strawberry.mutation
    async def create_feature(self, info: Info, input: FeatureInput) -> Feature:
        runtime = changing(info, input.environment_id)
        new = new_feature_from_graphql(input)
        return feature_to_graphql(await features.create(new, runtime=runtime))

    @strawberry.mutation
    async def create_feature_group(
        self, info: Info, input: CreateFeatureGroupInput
    ) -> FeatureGroup:
        command = feature_groups.CreateFeatureGroup(
            feature_group_id=input.feature_group_id,
            display_name=input.display_name,
            description=given(input.description),
            features=tuple(input.features),
        )
        runtime = changing(info, input.environment_id)
        return feature_group_to_graphql(await feature_groups.create(command, runtime=runtime))

    @strawberry.mutation
    async def delete_feature(self, info: Info, input: DeleteFeatureInput) -> Feature:
        runtime = changing(info, input.environment_id)
        return feature_to_graphql(await features.delete(input.id, runtime=runtime))

    @strawberry.mutation
    async def delete_one_feature(self, info: Info, input: DeleteFeatureInput) -> Feature:
        runtime = changing(info, input.environment_id)
        return feature_to_graphql(await features.delete(input.id, runtime=runtime))

    @strawberry.mutation
    async def unarchive_feature(self, info: Info, input: UnArchiveFeatureInput) -> Feature:
        runtime = changing(info, input.environment_id)
        return feature_to_graphql(await features.unarchive(input.id, runtime=runtime))

    @strawberry.mutation
    async def unarchive_feature_group(
        self, info: Info, input: UnArchiveFeatureGroupInput
    ) -> FeatureGroup:
        runtime = changing(info, input.environment_id)
        group = await feature_groups.unarchive(input.feature_group_id, runtime=runtime)
        return feature_group_to_graphql(group)

    @strawberry.mutation
    async def update_feature(self, info: Info, input: UpdateFeatureInput) -> Feature:
        runtime = changing(info, input.environment_id)
        changes = feature_changes_from_graphql(input)
        return feature_to_graphql(await features.update(input.ref_id, changes, runtime=runtime))
