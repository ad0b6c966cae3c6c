"""The package groups that a plan offers."""

from app.graphql.catalog.groups.types import (
    PlanCompatiblePackageGroupOptions,
    PlanCompatiblePackageGroups,
)
from app.graphql.context import Info
from app.graphql.numbers import float_or_none
from app.graphql.resolvers import environment_id_text
from domain.catalog import model
from domain.catalog.paywall import PriceView


async def groups_of_plan(
    info: Info, plan: model.Package, *, view: PriceView | None = None
) -> list[PlanCompatiblePackageGroups]:
    """The latest version of each group, with what the plan asks of it, as the plan lists them."""
    offered = plan.compatible_package_groups
    groups = await info.context.loaders.package_groups.load_many(
        [one.package_group_id for one in offered]
    )
    return [
        _offered(info, one, group, view)
        for one, group in zip(offered, groups, strict=True)
        if group is not None
    ]


def _offered(
    info: Info,
    offered: model.CompatiblePackageGroup,
    group: model.PackageGroup,
    view: PriceView | None,
) -> PlanCompatiblePackageGroups:
    return PlanCompatiblePackageGroups(
        source=group,
        view=view,
        created_at=group.created_at,
        description=group.description,
        display_name=group.display_name,
        environment_id=environment_id_text(info),
        is_latest=group.is_latest,
        options=PlanCompatiblePackageGroupOptions(
            free_items=float_or_none(offered.free_items),
            min_items=float_or_none(offered.min_items),
        ),
        package_group_id=group.package_group_id,
        product_id=str(group.product_id),
        status=group.status,
        updated_at=group.updated_at,
        version_number=group.version_number,
    )
