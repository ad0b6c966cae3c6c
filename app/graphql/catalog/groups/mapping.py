"""Package groups between the wire and the domain."""

from app.graphql.catalog.groups.inputs import SetPlanCompatiblePackageGroup
from app.graphql.catalog.groups.types import PackageGroup
from app.graphql.given import given
from app.graphql.numbers import exact_or_none
from app.usecases.packages.group_links import GivenPackageGroup
from domain.catalog import model


def package_group_to_graphql(group: model.PackageGroup) -> PackageGroup:
    return PackageGroup(
        source=group,
        created_at=group.created_at,
        description=group.description,
        display_name=group.display_name,
        is_latest=group.is_latest,
        package_group_id=group.package_group_id,
        product_id=str(group.product_id),
        status=group.status,
        updated_at=group.updated_at,
        version_number=group.version_number,
    )


def offered_group_from_graphql(input: SetPlanCompatiblePackageGroup) -> GivenPackageGroup:
    options = given(input.options)
    return GivenPackageGroup(
        package_group_id=input.package_group_id,
        min_items=exact_or_none(options.min_items) if options else None,
        free_items=exact_or_none(options.free_items) if options else None,
    )
