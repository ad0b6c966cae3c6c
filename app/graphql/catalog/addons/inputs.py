"""Command inputs of add-ons."""

import strawberry

from app.graphql.catalog.packages.inputs import NewPackageFields, PackageUpdateFields


@strawberry.input
class AddonArchiveInput:
    environment_id: str | None = strawberry.UNSET
    ref_id: str


@strawberry.input
class AddonAssociatedEntitiesInput:
    environment_id: str
    ref_id: str


@strawberry.input
class AddonCreateInput(NewPackageFields):
    dependencies: list[str] | None = strawberry.UNSET
    max_quantity: float | None = strawberry.UNSET


@strawberry.input
class AddonUnArchiveInput:
    environment_id: str | None = strawberry.UNSET
    id: str


@strawberry.input
class AddonUpdateInput(PackageUpdateFields):
    dependencies: list[str] | None = strawberry.UNSET
    max_quantity: float | None = strawberry.UNSET
