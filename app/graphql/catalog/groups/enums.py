"""GraphQL enums of package groups: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import PackageGroupStatus

__all__ = [
    "PackageGroupStatus",
]

for _enum in (PackageGroupStatus,):
    strawberry.enum(_enum)
