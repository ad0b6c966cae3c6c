"""Output types of the customer portal."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.graphql.billing.enums import PaymentMethodType
from app.graphql.catalog.features.enums import FeatureType, MeterType
from app.graphql.catalog.packages.enums import PricingType
from app.graphql.catalog.prices.enums import BillingModel, BillingPeriod
from app.graphql.context import Info
from app.graphql.customers.enums import PromotionalEntitlementPeriod
from app.graphql.subscriptions import nested
from app.graphql.subscriptions.enums import SubscriptionStatus
from app.graphql.widgets.portal import relations
from domain.customers.model import PromotionalEntitlement
from domain.ids import FeatureId
from domain.subscriptions.model import Subscription

if TYPE_CHECKING:
    from app.graphql.billing.types import SubscriptionInvoicePreview
    from app.graphql.catalog.currencies.types import Money
    from app.graphql.catalog.prices.types import CreditRate
    from app.graphql.customers.types import CustomerResource
    from app.graphql.entitlements.types import DateRange, Entitlement, EntitlementUnion
    from app.graphql.subscriptions.schedules.types import SubscriptionScheduledUpdate
    from app.graphql.subscriptions.types import CustomerSubscriptionTotalPrice
    from app.graphql.widgets.appearance.types import TypographyConfiguration

CreditRateRef = Annotated["CreditRate", strawberry.lazy("app.graphql.catalog.prices.types")]
CustomerResourceRef = Annotated["CustomerResource", strawberry.lazy("app.graphql.customers.types")]
CustomerSubscriptionTotalPriceRef = Annotated[
    "CustomerSubscriptionTotalPrice", strawberry.lazy("app.graphql.subscriptions.types")
]
DateRangeRef = Annotated["DateRange", strawberry.lazy("app.graphql.entitlements.types")]
EntitlementRef = Annotated["Entitlement", strawberry.lazy("app.graphql.entitlements.types")]
EntitlementUnionRef = Annotated[
    "EntitlementUnion", strawberry.lazy("app.graphql.entitlements.types")
]
MoneyRef = Annotated["Money", strawberry.lazy("app.graphql.catalog.currencies.types")]
SubscriptionInvoicePreviewRef = Annotated[
    "SubscriptionInvoicePreview", strawberry.lazy("app.graphql.billing.types")
]
SubscriptionScheduledUpdateRef = Annotated[
    "SubscriptionScheduledUpdate", strawberry.lazy("app.graphql.subscriptions.schedules.types")
]
TypographyConfigurationRef = Annotated[
    "TypographyConfiguration", strawberry.lazy("app.graphql.widgets.appearance.types")
]


@strawberry.type
class CustomerPortalBillingInformation:
    default_payment_expiration_month: int | None
    default_payment_expiration_year: int | None
    default_payment_method_id: str | None
    default_payment_method_last4_digits: str | None
    default_payment_method_type: PaymentMethodType | None
    email: str | None
    name: str | None


@strawberry.type
class CustomerPortalColorsPalette:
    background_color: str | None
    border_color: str | None
    current_plan_background: str | None
    icons_color: str | None
    paywall_background_color: str | None
    primary: str | None
    text_color: str | None


@strawberry.type
class CustomerPortalConfiguration:
    custom_css: str | None
    palette: CustomerPortalColorsPalette | None
    typography: TypographyConfigurationRef | None


@strawberry.type
class CustomerPortalPromotionalEntitlement:
    source: strawberry.Private[PromotionalEntitlement]

    @strawberry.field
    def description(self) -> str | None:
        return self.source.description

    @strawberry.field
    async def display_name(self, info: Info) -> str:
        return (await relations.feature_of(info, self.source)).display_name

    end_date: datetime | None
    has_soft_limit: bool | None
    has_unlimited_usage: bool | None
    period: PromotionalEntitlementPeriod
    start_date: datetime
    usage_limit: float | None


@strawberry.type
class CustomerPortalAddon:
    addon_id: str
    description: str | None
    display_name: str
    quantity: int


@strawberry.type
class CustomerPortalPricingFeature:
    description: str | None
    display_name: str
    feature_type: FeatureType
    feature_units: str | None
    feature_units_plural: str | None
    id: str
    meter_type: MeterType | None
    ref_id: str


@strawberry.type
class CustomerPortalSubscriptionPrice:
    feature_id: strawberry.Private[FeatureId | None]
    billing_model: BillingModel | None
    billing_period: BillingPeriod | None
    block_size: float | None
    credit_rate: CreditRateRef | None

    @strawberry.field
    async def feature(self, info: Info) -> CustomerPortalPricingFeature | None:
        return await relations.feature_to_graphql(info, self.feature_id)

    price: MoneyRef | None


@strawberry.type
class CustomerPortalSubscriptionPricing:
    source: strawberry.Private[Subscription]
    feature_id: strawberry.Private[FeatureId | None]
    billing_country_code: str | None
    billing_model: BillingModel | None
    billing_period: BillingPeriod | None
    credit_rate: CreditRateRef | None

    @strawberry.field
    async def feature(self, info: Info) -> CustomerPortalPricingFeature | None:
        return await relations.feature_to_graphql(info, self.feature_id)

    price: MoneyRef | None
    pricing_type: PricingType
    unit_quantity: int | None

    @strawberry.field
    async def usage_based_estimated_bill(self, info: Info) -> float | None:
        return await relations.usage_bill_of(info, self.source)


@strawberry.type
class CustomerPortalSubscription:
    source: strawberry.Private[Subscription]

    @strawberry.field
    async def addons(self, info: Info) -> list[CustomerPortalAddon]:
        return [await relations.addon_to_graphql(info, held) for held in self.source.addons]

    billing_period_range: DateRangeRef | None
    plan_id: str

    @strawberry.field
    async def plan_name(self, info: Info) -> str:
        return await relations.plan_name_of(info, self.source)

    @strawberry.field
    async def preview_next_invoice(self, info: Info) -> SubscriptionInvoicePreviewRef | None:
        return await relations.next_invoice_of(info, self.source)

    prices: list[CustomerPortalSubscriptionPrice]

    @strawberry.field(deprecation_reason="No longer supported")  # type: ignore[untyped-decorator]  # an untyped overload
    def pricing(self) -> CustomerPortalSubscriptionPricing:
        return relations.pricing_to_graphql(self.source)

    pricing_type: PricingType

    @strawberry.field
    async def scheduled_updates(self, info: Info) -> list[SubscriptionScheduledUpdateRef] | None:
        return await nested.scheduled_updates(info, self.source)

    status: SubscriptionStatus
    subscription_id: str

    @strawberry.field
    async def total_price(self, info: Info) -> CustomerSubscriptionTotalPriceRef | None:
        return await nested.total_price(info, self.source)

    trial_remaining_days: int | None


@strawberry.type
class CustomerPortal:
    billing_information: CustomerPortalBillingInformation
    billing_portal_url: str | None
    can_upgrade_subscription: bool

    @strawberry.field
    async def configuration(self, info: Info) -> CustomerPortalConfiguration | None:
        from app.graphql.widgets.configuration.mapping import portal_configuration_of

        return await portal_configuration_of(info)

    entitlements: list[EntitlementRef]
    entitlements_v2: list[EntitlementUnionRef] | None
    promotional_entitlements: list[CustomerPortalPromotionalEntitlement]
    resource: CustomerResourceRef | None
    show_watermark: bool
    subscriptions: list[CustomerPortalSubscription]
