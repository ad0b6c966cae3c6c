"""What a pricing team writes down, before it is known to be meant: charges as authored.

One `PricingModel` is one charge; each of its entries (a billing period in a country) becomes one
`Price` row. Source: spec, catalog §6.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.catalog.enums import (
    BillingCadence,
    BillingModel,
    BillingPeriod,
    CreditGrantCadence,
    OverageBillingPeriod,
    PricingType,
    TiersMode,
)
from domain.catalog.model import CreditRate, Feature, MinimumSpend, ResetRule
from domain.ids import CurrencyId
from domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class TierEntry:
    """Units up to `up_to` (as written: it must turn out a whole number) at these prices."""

    up_to: Decimal | None
    unit_price: Money | None = None
    flat_price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEntry:
    """One billing period of a charge in one country; None = the default entry."""

    billing_period: BillingPeriod
    billing_country_code: str | None = None
    price: Money | None = None
    block_size: Decimal | None = None
    tiers: tuple[TierEntry, ...] = ()
    credit_rate: CreditRate | None = None
    credit_grant_cadence: CreditGrantCadence | None = None
    billing_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PricingModel:
    """One charge, or with `is_overage` one overage charge."""

    billing_model: BillingModel
    billing_cadence: BillingCadence = BillingCadence.RECURRING
    feature: Feature | None = None
    top_up_currency_id: CurrencyId | None = None
    min_unit_quantity: Decimal | None = None
    max_unit_quantity: Decimal | None = None
    tiers_mode: TiersMode | None = None
    reset_rule: ResetRule | None = None
    billing_id: str | None = None
    entries: tuple[PriceEntry, ...]
    is_overage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """Everything that `setPackagePricing` replaces on a draft."""

    pricing_type: PricingType
    models: tuple[PricingModel, ...] = ()
    overage_billing_period: OverageBillingPeriod | None = None
    minimum_spend: tuple[MinimumSpend, ...] = ()

    @property
    def charges(self) -> tuple[PricingModel, ...]:
        return tuple(m for m in self.models if not m.is_overage)

    @property
    def overages(self) -> tuple[PricingModel, ...]:
        return tuple(m for m in self.models if m.is_overage)
