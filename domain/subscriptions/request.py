"""What callers ask of a subscription, in the callers' words (ref_ids), before any lookup.

`ABSENT` marks an argument that was not given where null means something else (spec,
subscriptions §2, §8: absent = unchanged, null clears).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from domain.catalog.enums import BillingPeriod, CreditCadence, TrialEndBehavior
from domain.catalog.model import Budget, MetaData, PriceTier, ResetRule
from domain.money import Money
from domain.patch import ABSENT, Absent
from domain.subscriptions.enums import (
    ChargeType,
    PaymentCollectionMethod,
    ScheduleStrategy,
    SubscriptionBillingCycleAnchor,
    SubscriptionProrationBehavior,
)

# The enum itself, not its Literal: stored requests are read back by its value.
AbsentType: TypeAlias = Absent


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityRequest:
    """How many units of a charge: `id` names a feature, or a top-up credit currency."""

    id: str
    quantity: Decimal
    type: ChargeType = ChargeType.FEATURE


@dataclass(frozen=True, slots=True, kw_only=True)
class AddonRequest:
    """An add-on by ref_id; quantity 0 = without it."""

    ref_id: str
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOverrideRequest:
    """Another price for one sold charge: the flat fee, a feature's, or a currency's.

    `credit_amount` and `credit_formula`: the rate at which the feature burns credits instead;
    an amount alone replaces a formula too, which would make it meaningless.
    """

    addon_ref_id: str | None = None
    base_charge: bool = False
    feature_ref_id: str | None = None
    currency_ref_id: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    block_size: Decimal | None = None
    tiers: tuple[PriceTier, ...] = ()
    credit_amount: Decimal | None = None
    credit_formula: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitlementRequest:
    """A value given per subscription: of a feature or of a credit currency."""

    feature_ref_id: str | None = None
    usage_limit: Decimal | None = None
    has_unlimited_usage: bool | None = None
    has_soft_limit: bool | None = None
    enum_values: tuple[str, ...] = ()
    reset_rule: ResetRule | None = None
    currency_ref_id: str | None = None
    amount: Decimal | None = None
    cadence: CreditCadence | None = None
    entitlement_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountRequest:
    """A coupon written into the request (source STIGG_ADHOC)."""

    name: str | None = None
    description: str | None = None
    percent_off: Decimal | None = None
    amounts_off: tuple[Money, ...] = ()
    duration_in_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponRequest:
    """Exactly one of the four sources; `start_date` defers its beginning."""

    coupon_ref_id: str | None = None
    billing_coupon_id: str | None = None
    promotion_code: str | None = None
    discount: DiscountRequest | None = None
    start_date: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRequest:
    """What is asked about a trial; `is_trial` None = as the plan has it."""

    is_trial: bool | None = None
    end_date: datetime | None = None
    end_behavior: TrialEndBehavior | None = None
    skip: bool = False
    administrative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingRequest:
    """The billing options that decide something here; the rest is passed on, never stored."""

    proration_behavior: SubscriptionProrationBehavior | None = None
    tax_percentage: Decimal | None = None
    invoice_days_until_due: int | None = None
    is_invoice_paid: bool = False
    is_backdated: bool = False
    metadata: Mapping[str, object] | None = None
    information: Mapping[str, object] | None = None

    def to_keep(self) -> BillingRequest:
        """What of it may be stored with a request that waits: nothing for the provider alone."""
        return replace(self, metadata=None, information=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutRequest:
    """Where a payer comes back to from a checkout, and what it may ask for there."""

    success_url: str
    cancel_url: str
    reference_id: str | None = None
    allow_promo_codes: bool = False
    allow_tax_id_collection: bool = False
    collect_billing_address: bool = False
    collect_phone_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRequest:
    """What is bought, of whichever plan. Absent = nothing asked, or unchanged on an update."""

    billing_period: BillingPeriod | None = None
    billing_country_code: str | None = None
    quantities: tuple[QuantityRequest, ...] = ()
    unit_quantity: Decimal | None = None
    addons: tuple[AddonRequest, ...] | AbsentType = ABSENT
    price_overrides: tuple[PriceOverrideRequest, ...] | AbsentType = ABSENT
    price_unit_amount: Decimal | None = None
    entitlements: tuple[EntitlementRequest, ...] | AbsentType = ABSENT
    coupon: CouponRequest | AbsentType | None = ABSENT
    minimum_spend: Money | AbsentType | None = ABSENT
    minimum_quantities: bool = False
    """Per-unit quantities not given take their minimum (predefined start plans)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionRequest:
    """A subscription to be made. Source: spec, subscriptions §3."""

    customer_ref_id: str
    plan_ref_id: str
    ref_id: str | None = None
    resource_id: str | None = None
    paying_customer_ref_id: str | None = None
    content: ContentRequest = ContentRequest()
    trial: TrialRequest = TrialRequest()
    start_date: datetime | None = None
    cancellation_date: datetime | None = None
    end_date: datetime | None = None
    budget: Budget | None = None
    billing_cycle_anchor: SubscriptionBillingCycleAnchor = SubscriptionBillingCycleAnchor.UNCHANGED
    schedule_strategy: ScheduleStrategy | None = None
    payment_collection_method: PaymentCollectionMethod = PaymentCollectionMethod.CHARGE
    await_payment_confirmation: bool = True
    billing: BillingRequest = BillingRequest()
    checkout: CheckoutRequest | None = None
    billing_id: str | None = None
    crm_id: str | None = None
    salesforce_id: str | None = None
    additional_meta_data: MetaData | None = None
    wording: Mapping[str, object] = field(default_factory=dict)
    """The input as its caller put it, in the contract's spelling, without billing information."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRequest:
    """Changes to one subscription; the plan stays. Source: spec, subscriptions §8."""

    subscription_ref_id: str
    content: ContentRequest = ContentRequest()
    trial_end_date: datetime | None = None
    cancellation_date: datetime | AbsentType | None = ABSENT
    budget: Budget | AbsentType | None = ABSENT
    billing_cycle_anchor: SubscriptionBillingCycleAnchor = SubscriptionBillingCycleAnchor.UNCHANGED
    schedule_strategy: ScheduleStrategy | None = None
    await_payment_confirmation: bool = True
    billing: BillingRequest = BillingRequest()
    salesforce_id: str | AbsentType | None = ABSENT
    additional_meta_data: MetaData | AbsentType | None = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportItem:
    """One subscription as it is elsewhere; skipped when what is stored is newer."""

    request: ProvisionRequest
    updated_at: datetime | None = None
