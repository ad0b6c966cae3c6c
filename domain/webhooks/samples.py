"""Made-up bodies, so that receivers can be tried before anything happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.errors import invalid_argument
from domain.webhooks.enums import EventLogType
from domain.webhooks.model import TYPE_NAMES

_ID = "00000000-0000-4000-8000-000000000001"
_DAY = "2025-01-01T00:00:00.000Z"

_CUSTOMER: Mapping[str, Any] = {
    "entityId": _ID,
    "id": "customer-demo",
    "name": "Demo customer",
    "email": "customer@example.com",
    "billingId": None,
    "crmId": None,
    "metadata": {},
    "billingCurrency": None,
}
_FEATURE: Mapping[str, Any] = {
    "id": "feature-demo",
    "name": "Demo feature",
    "description": None,
    "featureType": "NUMBER",
    "meterType": "Incremental",
    "unit": "unit",
    "units": "units",
    "status": "ACTIVE",
}
_PLAN: Mapping[str, Any] = {
    "id": "plan-demo",
    "name": "Demo plan",
    "description": None,
    "pricingType": "PAID",
}
_SUBSCRIPTION: Mapping[str, Any] = {
    "entityId": _ID,
    "id": "subscription-demo",
    "billingId": None,
    "status": "ACTIVE",
    "startDate": _DAY,
    "endDate": None,
    "cancellationDate": None,
    "trialEndDate": None,
    "currentBillingPeriodStart": _DAY,
    "currentBillingPeriodEnd": "2025-02-01T00:00:00.000Z",
    "billingPeriod": "MONTHLY",
    "billingCurrency": "usd",
    "isTrialSubscription": False,
    "paymentCollection": "NOT_REQUIRED",
    "customer": _CUSTOMER,
    "payingCustomer": None,
    "resource": None,
    "plan": _PLAN,
    "addons": [],
    "metadata": {},
}
_USAGE: Mapping[str, Any] = {
    "currentUsage": 83,
    "usageLimit": 100,
    "usageUsedPercentage": 83,
    "hasUnlimitedUsage": False,
    "nextResetDate": None,
    "feature": _FEATURE,
    "customer": _CUSTOMER,
}
_PROMOTION: Mapping[str, Any] = {
    "id": _ID,
    "status": "Active",
    "feature": _FEATURE,
    "customer": _CUSTOMER,
    "hasUnlimitedUsage": False,
    "usageLimit": 10,
    "resetPeriod": None,
    "resetPeriodConfiguration": None,
    "isVisible": True,
    "period": "LIFETIME",
    "endDate": None,
}
_PACKAGE: Mapping[str, Any] = {
    "id": "plan-demo",
    "name": "Demo plan",
    "description": None,
    "productId": "product-demo",
    "status": "PUBLISHED",
    "isLatest": True,
    "version": 1,
    "packageEntitlements": [],
    "prices": [],
    "metadata": {},
}
_COUPON: Mapping[str, Any] = {
    "entityId": _ID,
    "name": "Demo coupon",
    "description": None,
    "couponType": "PERCENTAGE",
    "status": "ACTIVE",
    "discountValue": 10,
    "createdAt": _DAY,
    "updatedAt": _DAY,
}

_ERROR: Mapping[str, Any] = {
    "code": "PlanNotFound",
    "message": "Plan plan-demo not found",
}
# Bodies that are not their entity's.
_BY_NAME: Mapping[str, Mapping[str, Any]] = {
    "subscription.create_failed": {
        "input": {"customerId": "customer-demo", "planId": "plan-demo"},
        "error": _ERROR,
    },
}
_BY_PREFIX: Mapping[str, Mapping[str, Any]] = {
    "customer.": _CUSTOMER,
    "subscription.": _SUBSCRIPTION,
    "measurement.": _USAGE,
    "entitlement.": {**_USAGE, "thresholdPercentage": 80, "hasSoftLimit": False},
    "entitlements.": {"customer": _CUSTOMER, "resource": None, "entitlements": []},
    "promotionalEntitlement.": _PROMOTION,
    "plan.": _PACKAGE,
    "addon.": {**_PACKAGE, "id": "addon-demo", "name": "Demo add-on"},
    "feature.": _FEATURE,
    "coupon.": _COUPON,
}


def sample_body(type_: EventLogType) -> Mapping[str, Any]:
    """What a message of the type holds. Raises InvalidArgumentError for log-only types."""
    name = TYPE_NAMES.get(type_)
    if name is None:
        raise invalid_argument(f"{type_.value} is only logged, never sent")
    prefix = name.partition(".")[0] + "."
    return _BY_NAME.get(name) or _BY_PREFIX.get(prefix, {"id": _ID, "name": "Demo"})
