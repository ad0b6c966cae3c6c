"""A subscription and what hangs on it, frozen.

A subscription keeps the price rows it was sold (`SubscriptionPrice.price` is a snapshot), so
publishing never reprices it. Periods are [start, end), UTC. Source: spec, subscriptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.catalog.enums import (
    BillingPeriod,
    CouponSource,
    CouponType,
    CreditCadence,
    Currency,
    PricingType,
    TrialEndBehavior,
)
from domain.catalog.model import Budget, MetaData, Price, ResetRule
from domain.ids import (
    CouponId,
    CurrencyId,
    CustomerId,
    FeatureId,
    PackageId,
    PriceId,
    ProductId,
    ResourceId,
    SubscriptionId,
)
from domain.money import Money
from domain.subscriptions.enums import (
    InvoiceLineItemType,
    PaymentCollection,
    PaymentCollectionMethod,
    SubscriptionCancellationAction,
    SubscriptionCancelReason,
    SubscriptionCouponStatus,
    SubscriptionInvoiceBillingReason,
    SubscriptionInvoiceStatus,
    SubscriptionScheduleStatus,
    SubscriptionScheduleType,
    SubscriptionStatus,
)
from domain.subscriptions.request import ProvisionRequest, UpdateRequest

LIVE = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.IN_TRIAL})
OPEN = LIVE | {SubscriptionStatus.PAYMENT_PENDING, SubscriptionStatus.NOT_STARTED}
ENDED = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPrice:
    """A sold charge: the price as sold and, for PER_UNIT, the committed `quantity`.

    `addon_ref_id` None = the plan's charge. An overridden price has `price.is_override`.
    `charged_ratio` is the share of its price that was charged for the current period where it
    is not the whole subscription's: what changed without proration was not paid for.
    `is_monthly_overage`: an overage that its package bills at every monthly boundary.
    """

    id: UUID
    price: Price
    addon_ref_id: str | None = None
    quantity: Decimal | None = None
    has_soft_limit: bool | None = None
    charged_ratio: Decimal | None = None
    is_monthly_overage: bool = False
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionAddon:
    """An add-on version with how many units of it."""

    id: UUID
    addon_id: PackageId
    addon_ref_id: str
    quantity: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionEntitlement:
    """A per-subscription value (CUSTOM plans): a feature's or a credit currency's."""

    id: UUID
    feature_id: FeatureId | None = None
    usage_limit: Decimal | None = None
    has_unlimited_usage: bool = False
    has_soft_limit: bool = False
    enum_values: tuple[str, ...] = ()
    reset_rule: ResetRule | None = None
    currency_id: CurrencyId | None = None
    amount: Decimal | None = None
    cadence: CreditCadence | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCoupon:
    """A subscription's own coupon: a copy of what was agreed, in force [start_date, expiration)."""

    id: UUID
    coupon_id: CouponId | None
    ref_id: str
    name: str
    type: CouponType
    source: CouponSource
    percent_off: Decimal | None = None
    amounts_off: tuple[Money, ...] = ()
    duration_in_months: int | None = None
    start_date: datetime
    expiration_date: datetime | None = None
    status: SubscriptionCouponStatus
    promotion_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionMinimumSpend:
    """The minimum spend in force; `is_override` when given on the subscription."""

    minimum: Money | None
    is_override: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeItem:
    """Add-on units that a package group gives free of charge."""

    addon_ref_id: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledChange:
    """What a deferred update does when due: one of a new period, units, add-on, or a request.

    `charge_id`: the feature or top-up currency whose `quantity` changes; `provision`: a whole
    plan change; `update`: coupon, overrides and the like; `migrates`: to the latest versions.
    """

    billing_period: BillingPeriod | None = None
    charge_id: UUID | None = None
    quantity: Decimal | None = None
    addon_ref_id: str | None = None
    provision: ProvisionRequest | None = None
    update: UpdateRequest | None = None
    migrates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledUpdate:
    """A deferred change; one that awaits its payment has the invoice's id as `billing_id`.

    `variables` is what the contract shows of it, in its spelling (`{"addonRefId": ...,
    "newQuantity": ...}`), `change` what the executor applies.
    """

    id: UUID
    type: SubscriptionScheduleType
    status: SubscriptionScheduleStatus
    scheduled_execution_time: datetime
    target_package_id: PackageId | None = None
    variables: Mapping[str, object]
    change: ScheduledChange | None = None
    billing_id: str | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCancellation:
    """A cancellation that a successor's earlier start has put aside, to be restored without it."""

    date: datetime
    action: SubscriptionCancellationAction
    prorate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCancellation:
    """What a `cancellation_date` ahead will do: why, what follows, and whether it credits."""

    reason: SubscriptionCancelReason = SubscriptionCancelReason.ScheduledCancellation
    action: SubscriptionCancellationAction = SubscriptionCancellationAction.DEFAULT
    prorate: bool = True
    puts_aside: PlannedCancellation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedUsage:
    """Usage of [start, end) that a renewal's draft awaits; `prepaid` of it is paid already."""

    start: datetime
    end: datetime
    prepaid: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line of an invoice, in the invoice's currency and major units; for [start, end)."""

    description: str
    amount: Decimal
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    is_proration: bool = False
    type: InvoiceLineItemType = InvoiceLineItemType.Other
    price_id: PriceId | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What is known of an invoice at the provider; amounts in major units."""

    billing_id: str
    status: SubscriptionInvoiceStatus
    billing_reason: SubscriptionInvoiceBillingReason | None = None
    currency: Currency | None = None
    sub_total: Decimal | None = None
    sub_total_excluding_tax: Decimal | None = None
    total: Decimal | None = None
    total_excluding_tax: Decimal | None = None
    tax: Decimal | None = None
    amount_due: Decimal | None = None
    applied_balance: Decimal | None = None
    starting_balance: Decimal | None = None
    ending_balance: Decimal | None = None
    attempt_count: int | None = None
    due_date: datetime | None = None
    requires_action: bool = False
    payment_url: str | None = None
    payment_secret: str | None = None
    pdf_url: str | None = None
    error_message: str | None = None
    lines: tuple[InvoiceLine, ...] = ()
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One record of a customer's contract for one plan version.

    `effective_end_date` = earliest of cancellation, end and trial end under
    CANCEL_SUBSCRIPTION. `reanchors`: it begins a cycle of its own when it starts, whatever it
    replaces. `usage_anchor` and `usage_cutoff` (None: it follows no other, so nothing
    was cut off; `earlier_cutoffs` precede it, oldest first) rule the windows of resettable usage
    (spec, entitlements §4). `charged_ratio` is the share of this period's full price that was
    charged (the proration factor `f` of spec, subscriptions §11). `pending_since` is when it
    became PAYMENT_PENDING; `pending_lines` join its next invoice; `budget_after_trial` takes
    over when a trial converts. `budget_spent_percentage` is what of the budget the period had
    spent when it was last looked at: thresholds are crossed from there. Usage up to
    `usage_charged_until` was charged on request, monthly overage up to `overage_billed_until` at
    a boundary. `usage_from` is since when usage carried over is still to be billed (None: since
    the period's start, or its own); `minimum_prepaid` is what of the minimum spend was charged in
    advance for it, and `closed_usage` the period's before. `credit_currencies` are those that it
    grants, or has granted since it went live.
    """

    id: SubscriptionId
    ref_id: str
    customer_id: CustomerId
    paying_customer_id: CustomerId | None = None
    resource_id: ResourceId | None = None
    product_id: ProductId
    plan_id: PackageId
    plan_ref_id: str
    status: SubscriptionStatus
    pricing_type: PricingType
    billing_period: BillingPeriod | None = None
    billing_country_code: str | None = None
    currency: Currency | None = None
    start_date: datetime
    end_date: datetime | None = None
    cancellation_date: datetime | None = None
    effective_end_date: datetime | None = None
    cancel_reason: SubscriptionCancelReason | None = None
    due_cancellation: DueCancellation | None = None
    trial_end_date: datetime | None = None
    trial_end_behavior: TrialEndBehavior | None = None
    was_in_trial: bool = False
    trial_ends_soon_told: bool = False
    month_end_told: datetime | None = None
    billing_cycle_anchor: datetime
    reanchors: bool = False
    current_billing_period_start: datetime
    current_billing_period_end: datetime
    usage_anchor: datetime
    usage_cutoff: datetime | None
    earlier_cutoffs: tuple[datetime, ...] = ()
    charged_ratio: Decimal = Decimal(1)
    payment_collection: PaymentCollection = PaymentCollection.NOT_REQUIRED
    payment_collection_method: PaymentCollectionMethod = PaymentCollectionMethod.CHARGE
    prices: tuple[SubscriptionPrice, ...] = ()
    addons: tuple[SubscriptionAddon, ...] = ()
    entitlements: tuple[SubscriptionEntitlement, ...] = ()
    coupons: tuple[SubscriptionCoupon, ...] = ()
    scheduled_updates: tuple[ScheduledUpdate, ...] = ()
    free_items: tuple[FreeItem, ...] = ()
    minimum_spend: SubscriptionMinimumSpend | None = None
    budget: Budget | None = None
    budget_after_trial: Budget | None = None
    budget_exceeded: bool = False
    budget_spent_percentage: int = 0
    pending_since: datetime | None = None
    pending_lines: tuple[InvoiceLine, ...] = ()
    latest_invoice: Invoice | None = None
    last_usage_invoice: Invoice | None = None
    usage_charged_until: datetime | None = None
    overage_billed_until: datetime | None = None
    usage_from: datetime | None = None
    minimum_prepaid: Decimal = Decimal(0)
    closed_usage: ClosedUsage | None = None
    credit_currencies: tuple[CurrencyId, ...] = ()
    billing_id: str | None = None
    old_billing_id: str | None = None
    billing_link_url: str | None = None
    billing_sync_error: str | None = None
    crm_id: str | None = None
    salesforce_id: str | None = None
    additional_meta_data: MetaData | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def is_trial(self) -> bool:
        """In trial, or created as one that has not converted."""
        return self.trial_end_date is not None and not self.was_in_trial

    @property
    def coupon(self) -> SubscriptionCoupon | None:
        """The coupon in force, if any."""
        for coupon in self.coupons:
            if coupon.status is SubscriptionCouponStatus.ACTIVE:
                return coupon
        return None
