"""Output types of usage."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.context import Info
from app.graphql.customers import nested
from app.graphql.paging import PageInfo
from app.graphql.resolvers import environment_id, required_environment
from app.graphql.scalars import JSON
from app.graphql.usage.enums import UsageMarkerType
from domain.catalog import model
from domain.ids import FeatureId
from domain.metering.model import Bucket

if TYPE_CHECKING:
    from app.graphql.accounts.types import Environment
    from app.graphql.catalog.features.types import Feature
    from app.graphql.customers.types import Customer, EntitlementReference
    from app.graphql.entitlements.types import Entitlement

CustomerRef = Annotated["Customer", strawberry.lazy("app.graphql.customers.types")]
EntitlementRef = Annotated["Entitlement", strawberry.lazy("app.graphql.entitlements.types")]
EntitlementReferenceRef = Annotated[
    "EntitlementReference", strawberry.lazy("app.graphql.customers.types")
]
EnvironmentRef = Annotated["Environment", strawberry.lazy("app.graphql.accounts.types")]
FeatureRef = Annotated["Feature", strawberry.lazy("app.graphql.catalog.features.types")]


async def feature_of(info: Info, feature_id: FeatureId) -> model.Feature:
    """The feature of a stored report: one with usage is never deleted."""
    found = await info.context.loaders.features.load(feature_id)
    assert found is not None, f"feature {feature_id} vanished"
    return found


@strawberry.type
class CustomerAggregatedUsage:
    customer_id: str
    usage: float


@strawberry.type
class AggregatedEventsByCustomer:
    aggregated_usage: list[CustomerAggregatedUsage]


@strawberry.type
class EventsFields:
    fields: JSON


@strawberry.type
class GroupInfo:
    key: str
    value: str


@strawberry.type
class UsageMeasurementPoint:
    date: datetime
    is_reset_point: bool
    value: float


@strawberry.type
class GroupUsageHistory:
    group_info: list[GroupInfo]
    usage_measurements: list[UsageMeasurementPoint]


@strawberry.type
class UsageCharged:
    feature_id: str | None
    usage_amount: float


@strawberry.type
class UsageEvent:
    customer_id: str
    dimensions: JSON | None
    event_name: str
    id: str
    idempotency_key: str
    resource_id: str | None
    timestamp: str

    @strawberry.field
    async def customer(self, info: Info) -> CustomerRef | None:
        from app.graphql.customers.mapping import customer_to_graphql

        found = await info.context.loaders.customers_by_ref_id.load(self.customer_id)
        return None if found is None else customer_to_graphql(found)


@strawberry.type
class UsageEventsPreview:
    events: list[UsageEvent]


@strawberry.type
class UsageMarker:
    timestamp: datetime
    type: UsageMarkerType


@strawberry.type
class UsageHistory:
    end_date: datetime | None
    groups: list[GroupUsageHistory] | None
    markers: list[UsageMarker]
    start_date: datetime
    usage_measurements: list[UsageMeasurementPoint]


@strawberry.type
class UsageHistoryPoint:
    is_reset_point: bool
    timestamp: datetime
    value: float


@strawberry.type
class UsageHistorySeriesTag:
    key: str
    value: str


@strawberry.type
class UsageHistorySeries:
    points: list[UsageHistoryPoint]
    tags: list[UsageHistorySeriesTag]


@strawberry.type
class UsageHistoryV2:
    markers: list[UsageMarker]
    page_info: PageInfo | None
    series: list[UsageHistorySeries]


@strawberry.type
class UsageMeasurement:
    bucket: strawberry.Private[Bucket]
    created_at: datetime
    environment: EnvironmentRef = strawberry.field(resolver=required_environment)
    environment_id: UUID = strawberry.field(resolver=environment_id)
    id: UUID
    value: float

    @strawberry.field
    async def customer(self, info: Info) -> CustomerRef:
        return await nested.customer(info, self.bucket.customer_id)

    @strawberry.field
    async def customer_id(self, info: Info) -> str:
        return (await nested.customer(info, self.bucket.customer_id)).customer_id

    @strawberry.field
    async def feature(self, info: Info) -> FeatureRef:
        from app.graphql.catalog.features.mapping import feature_to_graphql

        return feature_to_graphql(await feature_of(info, self.bucket.feature_id))

    @strawberry.field
    async def feature_id(self, info: Info) -> str:
        return (await feature_of(info, self.bucket.feature_id)).ref_id


@strawberry.type
class UsageMeasurementCredit:
    consumed: float
    currency_id: str
    current_usage: float
    timestamp: datetime
    usage_limit: float
    usage_period_end: datetime | None


@strawberry.type
class UsageMeasurementUpdated:
    account_id: str
    current_usage: float
    customer_id: str
    environment_id: str
    feature_id: str
    next_reset_date: float | None = strawberry.field(deprecation_reason="No longer supported")
    resource_id: str | None
    usage_period_end: float | None
    usage_period_start: float | None


@strawberry.type
class UsageMeasurementWithCurrentUsage:
    created_at: datetime
    credit: UsageMeasurementCredit | None
    current_usage: float | None
    customer_id: str
    environment_id: str
    feature_id: str
    id: str
    next_reset_date: datetime | None = strawberry.field(deprecation_reason="No longer supported")
    resource_id: str | None
    timestamp: datetime
    usage_period_end: datetime | None
    usage_period_start: datetime | None
    value: float


@strawberry.type
class UsageUpdated:
    entitlement: EntitlementRef
    usage: UsageMeasurementUpdated


@strawberry.type
class UsageV2:
    current_usage: float
    usage_period_end: datetime | None
    usage_period_start: datetime | None
    usage_updated_at: datetime


@strawberry.type
class UsageUpdatedV2:
    account_id: str
    customer_id: str
    entitlement_reference: EntitlementReferenceRef
    environment_id: str
    resource_id: str | None
    usage: UsageV2
