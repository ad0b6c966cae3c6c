"""Output types of the paywall."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from app.graphql.catalog import relations
from app.graphql.catalog.currencies.enums import Currency
from app.graphql.catalog.packages.enums import PricingType, WidgetType
from app.graphql.catalog.prices.enums import BillingCadence, BillingModel, BillingPeriod, TiersMode
from app.graphql.context import Info
from app.graphql.scalars import JSON
from app.graphql.widgets.appearance.enums import Alignment
from domain.catalog.model import Price
from domain.catalog.paywall import PricePoint

if TYPE_CHECKING:
    from app.graphql.catalog.currencies.types import CustomCurrency, Money
    from app.graphql.catalog.entitlements.types import PackageEntitlementUnion
    from app.graphql.catalog.features.types import Feature
    from app.graphql.catalog.packages.types import DefaultTrialConfig
    from app.graphql.catalog.plans.types import Plan
    from app.graphql.catalog.prices.types import CreditRate, MinimumSpend, PriceTier
    from app.graphql.customers.types import Customer, CustomerResource
    from app.graphql.entitlements.types import Entitlement, EntitlementFeature
    from app.graphql.subscriptions.types import CustomerSubscription
    from app.graphql.widgets.appearance.types import TypographyConfiguration

CreditRateRef = Annotated["CreditRate", strawberry.lazy("app.graphql.catalog.prices.types")]
CustomCurrencyRef = Annotated[
    "CustomCurrency", strawberry.lazy("app.graphql.catalog.currencies.types")
]
CustomerRef = Annotated["Customer", strawberry.lazy("app.graphql.customers.types")]
CustomerResourceRef = Annotated["CustomerResource", strawberry.lazy("app.graphql.customers.types")]
CustomerSubscriptionRef = Annotated[
    "CustomerSubscription", strawberry.lazy("app.graphql.subscriptions.types")
]
DefaultTrialConfigRef = Annotated[
    "DefaultTrialConfig", strawberry.lazy("app.graphql.catalog.packages.types")
]
EntitlementRef = Annotated["Entitlement", strawberry.lazy("app.graphql.entitlements.types")]
EntitlementFeatureRef = Annotated[
    "EntitlementFeature", strawberry.lazy("app.graphql.entitlements.types")
]
FeatureRef = Annotated["Feature", strawberry.lazy("app.graphql.catalog.features.types")]
MinimumSpendRef = Annotated["MinimumSpend", strawberry.lazy("app.graphql.catalog.prices.types")]
MoneyRef = Annotated["Money", strawberry.lazy("app.graphql.catalog.currencies.types")]
PackageEntitlementUnionRef = Annotated[
    "PackageEntitlementUnion", strawberry.lazy("app.graphql.catalog.entitlements.types")
]
PlanRef = Annotated["Plan", strawberry.lazy("app.graphql.catalog.plans.types")]
PriceTierRef = Annotated["PriceTier", strawberry.lazy("app.graphql.catalog.prices.types")]
TypographyConfigurationRef = Annotated[
    "TypographyConfiguration", strawberry.lazy("app.graphql.widgets.appearance.types")
]


@strawberry.type
class PaywallLayoutConfiguration:
    alignment: Alignment | None
    plan_margin: float | None
    plan_padding: float | None
    plan_width: float | None


@strawberry.type
class PaywallColorsPalette:
    background_color: str | None
    border_color: str | None
    current_plan_background: str | None
    primary: str | None
    text_color: str | None


@strawberry.type
class PaywallConfiguration:
    custom_css: str | None
    layout: PaywallLayoutConfiguration | None
    palette: PaywallColorsPalette | None
    typography: TypographyConfigurationRef | None


@strawberry.type
class PaywallBasePlan:
    display_name: str
    ref_id: str


@strawberry.type
class PaywallPrice:
    source: strawberry.Private[Price]
    billing_cadence: BillingCadence | None
    billing_country_code: str | None
    billing_id: str | None
    billing_model: BillingModel
    billing_period: BillingPeriod
    block_size: float | None
    credit_rate: CreditRateRef | None
    feature_id: str | None
    max_unit_quantity: float | None
    min_unit_quantity: float | None
    price: MoneyRef | None
    tiers: list[PriceTierRef] | None
    tiers_mode: TiersMode | None
    top_up_custom_currency_id: str | None

    @strawberry.field
    async def custom_currency(self, info: Info) -> CustomCurrencyRef | None:
        rate = self.source.credit_rate
        currency_id = rate.currency_id if rate else self.source.top_up_currency_id
        return await relations.currency_of(info, currency_id)

    @strawberry.field
    async def feature(self, info: Info) -> EntitlementFeatureRef | None:
        from app.graphql.entitlements.mapping import feature_to_graphql

        if self.source.feature_id is None:
            return None
        feature = await info.context.loaders.features.load(self.source.feature_id)
        return None if feature is None else feature_to_graphql(feature)


@strawberry.type
class PaywallAddon:
    additional_meta_data: JSON | None
    billing_id: str | None
    dependencies: "list[PaywallAddon] | None"
    description: str | None
    display_name: str
    entitlements: list[EntitlementRef]
    hidden_from_widgets: list[WidgetType] | None
    max_quantity: float | None
    package_entitlements: list[PackageEntitlementUnionRef] | None
    prices: list[PaywallPrice]
    pricing_type: PricingType | None
    ref_id: str


@strawberry.type
class PaywallPlanCompatiblePackageGroupOptions:
    free_items: float | None
    min_items: float | None


@strawberry.type
class PaywallPlanCompatiblePackageGroup:
    addons: list[PaywallAddon] | None
    description: str | None
    display_name: str
    options: PaywallPlanCompatiblePackageGroupOptions
    package_group_id: str


@strawberry.type
class PaywallProduct:
    additional_meta_data: JSON | None
    description: str | None
    display_name: str | None
    ref_id: str


@strawberry.type
class PaywallPlan:
    additional_meta_data: JSON | None
    base_plan: PaywallBasePlan | None
    billing_id: str | None
    compatible_addons: list[PaywallAddon] | None
    compatible_package_groups: list[PaywallPlanCompatiblePackageGroup] | None
    default_trial_config: DefaultTrialConfigRef | None
    description: str | None
    display_name: str
    entitlements: list[EntitlementRef] | None
    inherited_entitlements: list[EntitlementRef] | None
    inherited_package_entitlements: list[PackageEntitlementUnionRef] | None
    minimum_spend: list[MinimumSpendRef] | None
    package_entitlements: list[PackageEntitlementUnionRef] | None
    prices: list[PaywallPrice]
    pricing_type: PricingType | None
    product: PaywallProduct
    ref_id: str


async def paywall_configuration(info: Info) -> PaywallConfiguration | None:
    """The stored look of the paywall, read only when asked for."""
    from app.graphql.widgets.configuration.mapping import paywall_configuration_of

    return await paywall_configuration_of(info)


@strawberry.type
class MockPaywall:
    configuration: PaywallConfiguration | None = strawberry.field(resolver=paywall_configuration)
    plans: list[PaywallPlan]


@strawberry.type
class PaywallCurrency:
    code: Currency
    symbol: str


@strawberry.type
class PaywallPricePoint:
    source: strawberry.Private[PricePoint]
    additional_charges_may_apply: bool | None
    amount: float
    billing_country_code: str | None
    billing_period: BillingPeriod
    currency: Currency
    plan_id: str

    @strawberry.field
    async def feature(self, info: Info) -> FeatureRef | None:
        return await relations.feature_of(info, self.source.feature_id)


@strawberry.type
class Paywall:
    active_subscriptions: list[CustomerSubscriptionRef] | None
    configuration: PaywallConfiguration | None = strawberry.field(resolver=paywall_configuration)
    currency: PaywallCurrency
    customer: CustomerRef | None
    paywall_calculated_price_points: list[PaywallPricePoint] | None
    plans: list[PlanRef]
    resource: CustomerResourceRef | None
