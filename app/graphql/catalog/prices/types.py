"""Output types of prices and charges."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.catalog import relations
from app.graphql.catalog.entitlements.enums import EntitlementResetPeriod
from app.graphql.catalog.packages.enums import PricingType
from app.graphql.catalog.prices.enums import BillingCadence, BillingModel, BillingPeriod, TiersMode
from app.graphql.context import Info
from app.graphql.credits.enums import CreditGrantCadence
from app.graphql.resolvers import environment_id_text
from domain.catalog import model

if TYPE_CHECKING:
    from app.graphql.catalog.currencies.types import CustomCurrency, Money
    from app.graphql.catalog.entitlements.types import ResetPeriodConfiguration
    from app.graphql.catalog.features.types import Feature
    from app.graphql.catalog.packages.types import PackageDTO

CustomCurrencyRef = Annotated[
    "CustomCurrency", strawberry.lazy("app.graphql.catalog.currencies.types")
]
FeatureRef = Annotated["Feature", strawberry.lazy("app.graphql.catalog.features.types")]
MoneyRef = Annotated["Money", strawberry.lazy("app.graphql.catalog.currencies.types")]
PackageDTORef = Annotated["PackageDTO", strawberry.lazy("app.graphql.catalog.packages.types")]
ResetPeriodConfigurationRef = Annotated[
    "ResetPeriodConfiguration", strawberry.lazy("app.graphql.catalog.entitlements.types")
]


@strawberry.type
class BillableFeature:
    feature_id: str
    quantity: float


@strawberry.type
class CreditRate:
    amount: float
    cost_formula: str | None
    currency_id: str
    custom_currency_id: str | None


@strawberry.type
class MinimumSpend:
    billing_period: BillingPeriod
    minimum: MoneyRef


@strawberry.type
class PackagePrice:
    package_id: str
    pricing_type: PricingType


@strawberry.type
class PriceTier:
    flat_price: MoneyRef | None
    unit_price: MoneyRef | None
    up_to: float | None


@strawberry.type
class PriceRelations:
    """What every price leads to."""

    source: strawberry.Private[model.Price]

    @strawberry.field
    async def custom_currency(self, info: Info) -> CustomCurrencyRef | None:
        rate = self.source.credit_rate
        currency_id = rate.currency_id if rate else self.source.top_up_currency_id
        return await relations.currency_of(info, currency_id)

    @strawberry.field
    async def feature(self, info: Info) -> FeatureRef | None:
        return await relations.feature_of(info, self.source.feature_id)


@strawberry.type
class Price(PriceRelations):
    billing_cadence: BillingCadence
    billing_country_code: str | None
    billing_id: str | None
    billing_model: BillingModel
    billing_period: BillingPeriod
    block_size: float | None
    created_at: datetime | None
    credit_grant_cadence: CreditGrantCadence | None
    credit_rate: CreditRate | None
    crm_id: str | None
    crm_link_url: str | None
    environment_id: str | None = strawberry.field(resolver=environment_id_text)
    feature_id: str | None
    id: UUID
    is_override_price: bool
    max_unit_quantity: float | None
    min_unit_quantity: float | None
    package_id: str | None
    price: MoneyRef | None
    reset_period: EntitlementResetPeriod | None
    reset_period_configuration: ResetPeriodConfigurationRef | None
    tiers: list[PriceTier] | None
    tiers_mode: TiersMode | None
    top_up_custom_currency_id: str | None

    @strawberry.field
    async def package(self, info: Info) -> PackageDTORef:
        package = await relations.package_dto_of(info, self.source.package_id)
        assert package is not None, f"price {self.id} belongs to no package"
        return package

    @strawberry.field
    async def used_in_subscriptions(self, info: Info) -> bool | None:
        return await info.context.loaders.price_in_use.load(self.source.id)


@strawberry.type
class PriceDeleteResponse(PriceRelations):
    billing_cadence: BillingCadence | None
    billing_country_code: str | None
    billing_id: str | None
    billing_model: BillingModel | None
    billing_period: BillingPeriod | None
    block_size: float | None
    created_at: datetime | None
    credit_grant_cadence: CreditGrantCadence | None
    credit_rate: CreditRate | None
    crm_id: str | None
    crm_link_url: str | None
    environment_id: str | None
    feature_id: str | None
    id: UUID | None
    max_unit_quantity: float | None
    min_unit_quantity: float | None
    package_id: str | None
    price: MoneyRef | None
    reset_period: EntitlementResetPeriod | None
    reset_period_configuration: ResetPeriodConfigurationRef | None
    tiers: list[PriceTier] | None
    tiers_mode: TiersMode | None
    top_up_custom_currency_id: str | None
    used_in_subscriptions: bool | None


@strawberry.type
class PriceEntitlement:
    description: str | None
    feature: FeatureRef
    feature_id: str
    has_soft_limit: bool | None
    has_unlimited_usage: bool | None
    package: PackageDTORef
    package_id: str
    reset_period: EntitlementResetPeriod | None
    reset_period_configuration: ResetPeriodConfigurationRef | None
    updated_at: datetime | None
    usage_limit: float | None


@strawberry.type
class PriceOverrideChangeVariables:
    addon_ref_id: str | None
    feature_id: str | None
    plan_ref_id: str | None
