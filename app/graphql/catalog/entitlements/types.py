"""Output types of package entitlements."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog import relations
from app.graphql.catalog.drafts.enums import ChangeType
from app.graphql.catalog.entitlements.enums import (
    CreditCadence,
    EntitlementBehavior,
    EntitlementResetPeriod,
    MonthlyAccordingTo,
    WeeklyAccordingTo,
    YearlyAccordingTo,
)
from app.graphql.catalog.packages.enums import WidgetType
from app.graphql.context import Info
from app.graphql.resolvers import environment_id, environment_id_text
from domain.catalog import model
from domain.ids import PackageId

if TYPE_CHECKING:
    from app.graphql.catalog.currencies.types import CustomCurrency
    from app.graphql.catalog.features.types import Feature, FeatureDependency, FeatureGroup, Meter
    from app.graphql.catalog.packages.types import PackageDTO

CustomCurrencyRef = Annotated[
    "CustomCurrency", strawberry.lazy("app.graphql.catalog.currencies.types")
]
FeatureRef = Annotated["Feature", strawberry.lazy("app.graphql.catalog.features.types")]
FeatureDependencyRef = Annotated[
    "FeatureDependency", strawberry.lazy("app.graphql.catalog.features.types")
]
FeatureGroupRef = Annotated["FeatureGroup", strawberry.lazy("app.graphql.catalog.features.types")]
MeterRef = Annotated["Meter", strawberry.lazy("app.graphql.catalog.features.types")]
PackageDTORef = Annotated["PackageDTO", strawberry.lazy("app.graphql.catalog.packages.types")]


@strawberry.type
class MonthlyResetPeriodConfig:
    monthly_according_to: MonthlyAccordingTo | None


@strawberry.type
class WeeklyResetPeriodConfig:
    weekly_according_to: WeeklyAccordingTo | None


@strawberry.type
class YearlyResetPeriodConfig:
    yearly_according_to: YearlyAccordingTo | None


ResetPeriodConfiguration = Annotated[
    MonthlyResetPeriodConfig | WeeklyResetPeriodConfig | YearlyResetPeriodConfig,
    strawberry.union("ResetPeriodConfiguration"),
]


@strawberry.type
class AnyPackageEntitlement:
    """What every package entitlement says and leads to."""

    source: strawberry.Private[model.PackageEntitlement]
    source_package_id: strawberry.Private[PackageId]
    behavior: EntitlementBehavior
    created_at: datetime | None
    description: str | None
    display_name_override: str | None
    has_soft_limit: bool | None
    hidden_from_widgets: list[WidgetType] | None
    is_custom: bool | None
    is_granted: bool
    order: float | None
    package_id: str
    updated_at: datetime | None

    @strawberry.field
    async def dependency(self, info: Info) -> FeatureDependencyRef | None:
        return await relations.dependency_of(
            info, self.source_package_id, self.source.dependency_feature_id
        )

    @strawberry.field
    async def dependency_feature(self, info: Info) -> FeatureRef | None:
        return await relations.feature_of(info, self.source.dependency_feature_id)

    @strawberry.field
    async def package(self, info: Info) -> PackageDTORef | None:
        return await relations.package_dto_of(info, self.source_package_id)


@strawberry.type
class AnyFeatureEntitlement(AnyPackageEntitlement):
    """What an entitlement of a feature says and leads to."""

    source: strawberry.Private[model.FeatureEntitlement]
    enum_values: list[str] | None
    feature_id: str
    has_unlimited_usage: bool | None
    reset_period: EntitlementResetPeriod | None
    reset_period_configuration: ResetPeriodConfiguration | None
    usage_limit: float | None

    @strawberry.field
    async def feature(self, info: Info) -> FeatureRef:
        return await relations.require_feature(info, self.source.feature_id)

    @strawberry.field
    async def feature_group_ids(self, info: Info) -> list[str] | None:
        groups = await relations.feature_groups_of(info, self.source)
        return [group.feature_group_id for group in groups]

    @strawberry.field
    async def feature_groups(self, info: Info) -> list[FeatureGroupRef] | None:
        return await relations.feature_groups_of(info, self.source)

    @strawberry.field
    async def meter(self, info: Info) -> MeterRef | None:
        return await relations.meter_of(info, self.source.feature_id)


@strawberry.type
class FeatureAssociatedPackageEntitlementDTO:
    enum_values: list[str] | None
    has_soft_limit: bool | None
    has_unlimited_usage: bool | None
    is_custom: bool | None
    reset_period: EntitlementResetPeriod | None
    usage_limit: float | None


@strawberry.type
class PackageCreditEntitlement(AnyPackageEntitlement):
    source: strawberry.Private[model.CreditEntitlement]

    amount: float | None
    cadence: CreditCadence
    custom_currency_id: str
    environment_id: str = strawberry.field(resolver=environment_id_text)
    id: str

    @strawberry.field
    async def custom_currency(self, info: Info) -> CustomCurrencyRef:
        return await relations.require_currency(info, self.source.currency_id)


@strawberry.type
class PackageCreditEntitlementChange:
    after: PackageCreditEntitlement | None
    before: PackageCreditEntitlement | None
    change_type: ChangeType | None


@strawberry.type
class PackageEntitlement(AnyFeatureEntitlement):
    environment_id: UUID = strawberry.field(resolver=environment_id)
    id: UUID


@strawberry.type
class PackageEntitlementChange:
    after: PackageEntitlement | None
    before: PackageEntitlement | None
    change_type: ChangeType | None


@strawberry.type
class PackageFeatureEntitlement(AnyFeatureEntitlement):
    environment_id: str = strawberry.field(resolver=environment_id_text)
    id: str


@strawberry.type
class PackageFeatureEntitlementChange:
    after: PackageFeatureEntitlement | None
    before: PackageFeatureEntitlement | None
    change_type: ChangeType | None


PackageEntitlementChangeUnion = Annotated[
    PackageCreditEntitlementChange | PackageFeatureEntitlementChange,
    strawberry.union("PackageEntitlementChangeUnion"),
]


@strawberry.type
class PackageEntitlementDeleteResponse:
    source: strawberry.Private[model.FeatureEntitlement]
    source_package_id: strawberry.Private[PackageId]
    behavior: EntitlementBehavior | None
    created_at: datetime | None
    description: str | None
    display_name_override: str | None
    enum_values: list[str] | None
    environment_id: UUID | None = strawberry.field(resolver=environment_id)
    feature_id: str | None
    has_soft_limit: bool | None
    has_unlimited_usage: bool | None
    hidden_from_widgets: list[WidgetType] | None
    id: UUID | None
    is_custom: bool | None
    is_granted: bool | None
    order: float | None
    package_id: str | None
    reset_period: EntitlementResetPeriod | None
    reset_period_configuration: ResetPeriodConfiguration | None
    updated_at: datetime | None
    usage_limit: float | None

    @strawberry.field
    async def feature_group_ids(self, info: Info) -> list[str] | None:
        groups = await relations.feature_groups_of(info, self.source)
        return [group.feature_group_id for group in groups]

    @strawberry.field
    async def feature_groups(self, info: Info) -> list[FeatureGroupRef] | None:
        return await relations.feature_groups_of(info, self.source)


PackageEntitlementUnion = Annotated[
    PackageCreditEntitlement | PackageFeatureEntitlement,
    strawberry.union("PackageEntitlementUnion"),
]


@strawberry.type
class UpdateEntitlementsOrderDTO:
    id: str
    order: float | None
