"""Customers, their resources and promotional grants, frozen.

Billing information is passed on to the provider and never stored, so it is no part of these
values. Source: spec, subscriptions §2; entitlements §8.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.catalog.enums import Currency
from domain.catalog.model import MetaData, ResetRule
from domain.customers.enums import PaymentMethodType, PromotionalEntitlementPeriod
from domain.ids import CouponId, CustomerId, FeatureGroupId, FeatureId, ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    """What is kept of a payment method: its id at the provider and what a person recognises."""

    id: str
    type: PaymentMethodType
    last4_digits: str | None = None
    expiration_month: int | None = None
    expiration_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """`deleted_at` set = archived: name and email are gone, the ref_id stays taken."""

    id: CustomerId
    ref_id: str
    name: str | None = None
    email: str | None = None
    billing_id: str | None = None
    billing_link_url: str | None = None
    billing_sync_error: str | None = None
    """Why the billing provider does not know its present state; None = it does, or need not."""
    crm_id: str | None = None
    salesforce_id: str | None = None
    aws_marketplace_customer_id: str | None = None
    billing_currency: Currency | None = None
    coupon_id: CouponId | None = None
    coupon_applied_at: datetime | None = None
    payment_method: PaymentMethod | None = None
    exclude_from_experiment: bool = False
    additional_meta_data: MetaData | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerResource:
    """Something a customer owns that subscriptions may be for; made on first mention."""

    id: ResourceId
    customer_id: CustomerId
    resource_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionalEntitlement:
    """A grant of one feature to one customer over [start_date, end_date); None = for ever."""

    id: UUID
    customer_id: CustomerId
    feature_id: FeatureId
    usage_limit: Decimal | None = None
    has_unlimited_usage: bool = False
    has_soft_limit: bool = False
    enum_values: tuple[str, ...] = ()
    reset_rule: ResetRule | None = None
    period: PromotionalEntitlementPeriod
    start_date: datetime
    end_date: datetime | None = None
    is_visible: bool = True
    description: str | None = None
    feature_group_ids: tuple[FeatureGroupId, ...] = ()
    created_at: datetime
    updated_at: datetime
