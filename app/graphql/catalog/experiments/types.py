"""Output types of experiments."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog.experiments.enums import ExperimentGroupType, ExperimentStatus

if TYPE_CHECKING:
    from app.graphql.accounts.types import Environment
    from app.graphql.catalog.products.types import Product, ProductSettings
    from app.graphql.customers.types import Customer

CustomerRef = Annotated["Customer", strawberry.lazy("app.graphql.customers.types")]
EnvironmentRef = Annotated["Environment", strawberry.lazy("app.graphql.accounts.types")]
ProductRef = Annotated["Product", strawberry.lazy("app.graphql.catalog.products.types")]
ProductSettingsRef = Annotated[
    "ProductSettings", strawberry.lazy("app.graphql.catalog.products.types")
]


@strawberry.type
class Experiment:
    control_group_name: str
    created_at: datetime
    customers: CustomerRef | None
    description: str | None
    environment: EnvironmentRef | None
    environment_id: UUID
    id: UUID
    initial_product_settings: ProductSettingsRef | None
    name: str
    product: ProductRef | None
    product_id: str
    product_settings: ProductSettingsRef
    ref_id: str
    started_at: datetime | None
    status: ExperimentStatus
    stopped_at: datetime | None
    updated_at: datetime
    variant_group_name: str
    variant_percentage: float


@strawberry.type(name="experimentInfo")
class ExperimentInfo:
    group_name: str
    group_type: ExperimentGroupType
    id: str
    name: str
    status: ExperimentStatus
