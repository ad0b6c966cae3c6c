"""GraphQL enums of drafts, publishing and their differences: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import ChangeType, PublishMigrationType

__all__ = [
    "ChangeType",
    "PublishMigrationType",
]

for _enum in (
    ChangeType,
    PublishMigrationType,
):
    strawberry.enum(_enum)
