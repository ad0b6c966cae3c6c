"""Command inputs of prices and charges."""

import strawberry

from app.graphql.catalog.currencies.inputs import MoneyInputDTO
from app.graphql.catalog.entitlements.enums import EntitlementBehavior
from app.graphql.catalog.entitlements.inputs import (
    PackageFeatureEntitlementFields,
    ResetPeriodFields,
)
from app.graphql.catalog.packages.enums import PricingType
from app.graphql.catalog.prices.enums import (
    BillingCadence,
    BillingModel,
    BillingPeriod,
    ChargeType,
    OverageBillingPeriod,
    TiersMode,
)
from app.graphql.credits.enums import CreditGrantCadence


@strawberry.input
class BillableFeatureInput:
    feature_id: str
    quantity: float


@strawberry.input
class ChargeInput:
    id: str
    quantity: float
    type: ChargeType


@strawberry.input
class CreditRateInput:
    amount: float
    cost_formula: str | None = strawberry.UNSET
    currency_id: str
    custom_currency_id: str | None = strawberry.UNSET


@strawberry.input
class DeleteOnePriceInput:
    id: str


@strawberry.input
class MinimumSpendInput:
    billing_period: BillingPeriod
    minimum: MoneyInputDTO


@strawberry.input
class OverageEntitlementCreateInput(PackageFeatureEntitlementFields):
    behavior: EntitlementBehavior | None = EntitlementBehavior.Increment
    dependency_feature_id: str | None = strawberry.UNSET
    feature_group_id: str | None = strawberry.UNSET
    feature_id: str


@strawberry.input
class PriceTierInput:
    flat_price: MoneyInputDTO | None = strawberry.UNSET
    unit_price: MoneyInputDTO | None = strawberry.UNSET
    up_to: float | None = strawberry.UNSET


@strawberry.input
class PricePeriodInput:
    billing_country_code: str | None = strawberry.UNSET
    billing_id: str | None = strawberry.UNSET
    billing_period: BillingPeriod
    block_size: float | None = strawberry.UNSET
    credit_grant_cadence: CreditGrantCadence | None = strawberry.UNSET
    credit_rate: CreditRateInput | None = strawberry.UNSET
    price: MoneyInputDTO | None = strawberry.UNSET
    price_group_package_billing_id: str | None = strawberry.UNSET
    tiers: list[PriceTierInput] | None = strawberry.UNSET


@strawberry.input
class OveragePricingModelCreateInput:
    billing_cadence: BillingCadence | None = BillingCadence.RECURRING
    billing_id: str | None = strawberry.UNSET
    billing_model: BillingModel
    entitlement: OverageEntitlementCreateInput | None = strawberry.UNSET
    feature_id: str | None = strawberry.UNSET
    price_periods: list[PricePeriodInput]
    top_up_custom_currency_id: str | None = strawberry.UNSET


@strawberry.input
class PricingModelCreateInput(ResetPeriodFields):
    billing_cadence: BillingCadence | None = BillingCadence.RECURRING
    billing_id: str | None = strawberry.UNSET
    billing_model: BillingModel
    feature_id: str | None = strawberry.UNSET
    max_unit_quantity: float | None = strawberry.UNSET
    min_unit_quantity: float | None = strawberry.UNSET
    price_periods: list[PricePeriodInput]
    tiers_mode: TiersMode | None = strawberry.UNSET
    top_up_custom_currency_id: str | None = strawberry.UNSET


@strawberry.input
class PackagePricingInput:
    environment_id: str
    minimum_spend: list[MinimumSpendInput] | None = strawberry.UNSET
    overage_billing_period: OverageBillingPeriod | None = strawberry.UNSET
    overage_pricing_models: list[OveragePricingModelCreateInput] | None = strawberry.UNSET
    package_id: str
    price_group_package_billing_id: str | None = strawberry.UNSET
    pricing_models: list[PricingModelCreateInput] | None = strawberry.UNSET
    pricing_type: PricingType


@strawberry.input
class PriceOverrideInput:
    addon_id: str | None = strawberry.UNSET
    base_charge: bool | None = strawberry.UNSET
    block_size: float | None = strawberry.UNSET
    credit_grant_cadence: CreditGrantCadence | None = strawberry.UNSET
    credit_rate: CreditRateInput | None = strawberry.UNSET
    currency_id: str | None = strawberry.UNSET
    feature_id: str | None = strawberry.UNSET
    price: MoneyInputDTO | None = strawberry.UNSET
    tiers: list[PriceTierInput] | None = strawberry.UNSET
