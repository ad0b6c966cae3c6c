"""GraphQL enums of experiments: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import ExperimentGroupType, ExperimentStatus

__all__ = [
    "ExperimentGroupType",
    "ExperimentStatus",
]

strawberry.enum(ExperimentGroupType, name="experimentGroupType")
for _enum in (ExperimentStatus,):
    strawberry.enum(_enum)
