"""Command inputs of package groups."""

import strawberry


@strawberry.input
class ArchivePackageGroup:
    environment_id: str
    package_group_id: str


@strawberry.input
class CreatePackageGroup:
    description: str | None = strawberry.UNSET
    display_name: str
    environment_id: str | None = strawberry.UNSET
    package_group_id: str
    product_id: str


@strawberry.input
class EditPackageGroupDetailsInput:
    description: str | None = strawberry.UNSET
    display_name: str
    environment_id: str | None = strawberry.UNSET
    package_group_id: str


@strawberry.input
class GetPackageGroup:
    environment_id: str
    package_group_id: str
    version_number: float | None = strawberry.UNSET


@strawberry.input
class SetPackageGroupAddons:
    addons: list[str]
    environment_id: str | None = strawberry.UNSET
    package_group_id: str


@strawberry.input
class SetPlanCompatiblePackageGroupOptions:
    free_items: float | None = strawberry.UNSET
    min_items: float | None = strawberry.UNSET


@strawberry.input
class SetPlanCompatiblePackageGroup:
    options: SetPlanCompatiblePackageGroupOptions | None = strawberry.UNSET
    package_group_id: str


@strawberry.input
class SetPlanCompatiblePackageGroups:
    environment_id: str | None = strawberry.UNSET
    id: str
    package_groups: list[SetPlanCompatiblePackageGroup]
