"""What decisions are given: everything looked up beforehand, so that they need no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.billing.model import ProviderCoupon
from domain.catalog.model import Coupon, Package, PackageGroup, Product
from domain.customers.model import Customer, CustomerResource
from domain.ids import CurrencyId, CustomerId, FeatureId, PackageId
from domain.subscriptions.enums import BillingAnchor, SubscriptionProrationBehavior
from domain.subscriptions.model import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingSettings:
    """The account's billing rules (spec, subscriptions §9, §11)."""

    anchor: BillingAnchor = BillingAnchor.SUBSCRIPTION_START
    proration: SubscriptionProrationBehavior = SubscriptionProrationBehavior.INVOICE_IMMEDIATELY


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponFacts:
    """What a request's coupon turned out to be: the catalogue's, or the provider's."""

    coupon: Coupon | None = None
    provider_coupon: ProviderCoupon | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFacts(CouponFacts):
    """The catalogue around one plan version.

    `addons`: the versions that may be sold, by ref_id. `features` and `currencies`: ids of the
    caller's names.
    """

    plan: Package
    addons: Mapping[str, Package] = field(default_factory=dict)
    groups: Mapping[str, PackageGroup] = field(default_factory=dict)
    features: Mapping[str, FeatureId] = field(default_factory=dict)
    currencies: Mapping[str, CurrencyId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionFacts:
    """Everything around one provisioning.

    `subscriptions` are all the customer's own in the product, every status, oldest first.
    `payers`: those of the live ones, where that is another customer.
    `packages` holds plan versions by id: those of the open subscriptions and all base plans.
    """

    now: datetime
    customer: Customer
    payer: Customer | None = None
    payers: Mapping[CustomerId, Customer] = field(default_factory=dict)
    product: Product
    resource: CustomerResource | None = None
    content: ContentFacts
    subscriptions: tuple[Subscription, ...] = ()
    packages: Mapping[PackageId, Package] = field(default_factory=dict)
    customer_coupon: Coupon | None = None
    settings: BillingSettings = field(default_factory=BillingSettings)
    new_id: Callable[[], UUID]
    ref_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFacts:
    """Everything around one update.

    `others`: the customer's further subscriptions; `names`: the callers' names of features and
    currencies.
    """

    now: datetime
    subscription: Subscription
    others: tuple[Subscription, ...] = ()
    product: Product
    content: ContentFacts
    customer_coupon: Coupon | None = None
    settings: BillingSettings = field(default_factory=BillingSettings)
    names: Mapping[UUID, str] = field(default_factory=dict)
    new_id: Callable[[], UUID]
