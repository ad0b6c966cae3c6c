"""Builders of domain values: a test spells out only the fact under test."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    CreditCadence,
    FeatureType,
    MeterType,
    PackageStatus,
    PricingType,
    TiersMode,
)
from domain.catalog.model import (
    CreditEntitlement,
    CustomCurrency,
    Feature,
    Package,
    PackageType,
    Price,
    PriceTier,
    Product,
)
from domain.customers.model import Customer, CustomerResource
from domain.ids import (
    CurrencyId,
    CustomerId,
    FeatureId,
    PackageId,
    PriceId,
    ProductId,
    ResourceId,
    SubscriptionId,
)
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import Subscription

_SPACE = UUID("00000000-0000-0000-0000-00000000beef")
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def uid(name: str) -> UUID:
    """A stable UUID for a name."""
    return uuid5(_SPACE, name)


def utc(text: str) -> datetime:
    """`2024-02-10T06:00` as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def feature_id(ref_id: str) -> FeatureId:
    return FeatureId(uid(f"feature:{ref_id}"))


def a_feature(ref_id: str = "feature-seats", **given: Any) -> Feature:
    defaults: dict[str, Any] = {
        "id": feature_id(ref_id),
        "ref_id": ref_id,
        "display_name": ref_id,
        "feature_type": FeatureType.NUMBER,
        "meter_type": MeterType.Fluctuating,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Feature(**defaults | given)


def a_product(ref_id: str = "product-app", **given: Any) -> Product:
    defaults: dict[str, Any] = {
        "id": ProductId(uid(f"product:{ref_id}")),
        "ref_id": ref_id,
        "display_name": ref_id,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Product(**defaults | given)


def a_price(
    amount: str | int | None = None,
    *,
    model: BillingModel = BillingModel.FLAT_FEE,
    period: BillingPeriod = BillingPeriod.MONTHLY,
    feature: str | None = None,
    tiers: tuple[tuple[int | None, str | int | None, str | int | None], ...] = (),
    mode: TiersMode | None = None,
    **given: Any,
) -> Price:
    """`a_price(20)` is a monthly flat fee of 20 USD; tiers are (up_to, unit, flat)."""
    name = f"{model}{period}{feature}{amount}{given.get('billing_country_code')}{tiers}"
    defaults: dict[str, Any] = {
        "id": PriceId(uid(f"price:{name}")),
        "billing_model": model,
        "billing_period": period,
        "amount": None if amount is None else Decimal(amount),
        "feature_id": None if feature is None else feature_id(feature),
        "tiers": some_tiers(*tiers),
        "tiers_mode": mode,
        "created_at": NOW,
    }
    return Price(**defaults | given)


def some_tiers(
    *tiers: tuple[int | None, str | int | None, str | int | None],
) -> tuple[PriceTier, ...]:
    """(up_to, unit price, flat price) triples as tiers."""
    return tuple(
        PriceTier(
            up_to=up_to,
            unit_price=None if unit is None else Decimal(unit),
            flat_price=None if flat is None else Decimal(flat),
        )
        for up_to, unit, flat in tiers
    )


def a_plan(ref_id: str = "plan-pro", *prices: Price, **given: Any) -> Package:
    version = given.get("version_number", 1)
    defaults: dict[str, Any] = {
        "id": PackageId(uid(f"package:{ref_id}:{version}")),
        "type": PackageType.Plan,
        "ref_id": ref_id,
        "version_number": 1,
        "is_latest": True,
        "status": PackageStatus.PUBLISHED,
        "product_id": ProductId(uid("product:product-app")),
        "display_name": ref_id,
        "pricing_type": PricingType.PAID if prices else PricingType.FREE,
        "prices": prices,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Package(**defaults | given)


def currency_id(name: str = "tokens") -> CurrencyId:
    return CurrencyId(uid(f"currency:{name}"))


def a_currency(name: str = "tokens") -> CustomCurrency:
    return CustomCurrency(
        id=currency_id(name),
        currency_id=name,
        display_name=name.capitalize(),
        created_at=NOW,
        updated_at=NOW,
    )


def a_credit(amount: int | str | None, currency: str = "tokens", **given: Any) -> CreditEntitlement:
    """`a_credit(100)` grants 100 tokens a month."""
    defaults: dict[str, Any] = {
        "id": uid(f"credit:{currency}:{amount}:{given}"),
        "currency_id": currency_id(currency),
        "amount": None if amount is None else Decimal(amount),
        "cadence": CreditCadence.MONTH,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return CreditEntitlement(**defaults | given)


def an_addon(ref_id: str = "addon-support", *prices: Price, **given: Any) -> Package:
    return a_plan(ref_id, *prices, type=PackageType.Addon, **given)


def a_customer(ref_id: str = "customer-demo-01", **given: Any) -> Customer:
    defaults: dict[str, Any] = {
        "id": CustomerId(uid(f"customer:{ref_id}")),
        "ref_id": ref_id,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Customer(**defaults | given)


def a_resource(customer: Customer, resource_id: str = "resource-01") -> CustomerResource:
    return CustomerResource(
        id=ResourceId(uid(f"resource:{customer.ref_id}:{resource_id}")),
        customer_id=customer.id,
        resource_id=resource_id,
        created_at=NOW,
    )


def a_subscription(
    customer: Customer, plan: Package, ref_id: str | None = None, **given: Any
) -> Subscription:
    """A live monthly subscription from NOW to a month later."""
    ref_id = ref_id or f"subscription-{plan.ref_id}-{customer.ref_id}"
    defaults: dict[str, Any] = {
        "id": SubscriptionId(uid(f"subscription:{ref_id}")),
        "ref_id": ref_id,
        "customer_id": customer.id,
        "product_id": plan.product_id,
        "plan_id": plan.id,
        "plan_ref_id": plan.ref_id,
        "status": SubscriptionStatus.ACTIVE,
        "pricing_type": plan.pricing_type,
        "start_date": NOW,
        "billing_cycle_anchor": NOW,
        "current_billing_period_start": NOW,
        "current_billing_period_end": utc("2024-02-01"),
        "usage_anchor": NOW,
        "usage_cutoff": None,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Subscription(**defaults | given)
