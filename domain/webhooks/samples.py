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
_MEASUREMENT: Mapping[str, Any] = {
    "currentChange": 3,
    "currentUsage": 83,
    "usageUsedPercentage": 83,
    "usageLimit": 100,
    "hasUnlimitedUsage": False,
    "nextResetDate": "2025-02-01T00:00:00.000Z",
    "feature": _FEATURE,
    "customer": _CUSTOMER,
}
_EXCEEDED: Mapping[str, Any] = {
    "thresholdPercentage": 80,
    "usageUsedPercentage": 83,
    "currentUsage": 83,
    "usageLimit": 100,
    "hasUnlimitedUsage": False,
    "hasSoftLimit": False,
    "usagePeriodAnchor": _DAY,
    "usagePeriodStart": _DAY,
    "usagePeriodEnd": "2025-02-01T00:00:00.000Z",
    "resetPeriod": "MONTH",
    "resetPeriodConfiguration": {"accordingTo": "SubscriptionStart"},
    "feature": _FEATURE,
    "customer": _CUSTOMER,
    "resource": None,
    "activeSubscriptions": [
        {
            "id": "subscription-demo",
            "startDate": _DAY,
            "plan": {"id": "plan-demo", "name": "Demo plan"},
        }
    ],
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

_ENTITLEMENT: Mapping[str, Any] = {
    "isGranted": True,
    "accessDeniedReason": None,
    "feature": {"id": "feature-demo", "name": "Demo feature", "featureType": "NUMBER"},
    "usageLimit": 100,
    "hasUnlimitedUsage": False,
    "hasSoftLimit": False,
}
_PRODUCT: Mapping[str, Any] = {
    "entityId": _ID,
    "id": "product-demo",
    "name": "Demo product",
    "description": None,
    "status": "PUBLISHED",
    "multipleSubscriptions": False,
    "metadata": None,
}
_FEATURE_GROUP: Mapping[str, Any] = {
    "entityId": _ID,
    "id": "feature-group-demo",
    "name": "Demo feature group",
    "description": None,
    "version": 1,
    "status": "ACTIVE",
}
_CURRENCY: Mapping[str, Any] = {
    "id": "currency-demo",
    "name": "Demo credits",
    "description": None,
    "unitLabel": "credits",
}
_GRANT: Mapping[str, Any] = {
    "customer": _CUSTOMER,
    "creditCurrency": _CURRENCY,
    "grant": {
        "id": "grant-demo",
        "entityId": _ID,
        "displayName": "Demo grant",
        "grantType": "PROMOTIONAL",
        "priority": 0,
        "effectiveAt": _DAY,
        "expireAt": None,
        "amount": 1000,
        "remainingBalance": 200,
        "cost": {"amount": 0, "currency": "usd"},
    },
    "eventId": _ID,
}
_SHARES: Mapping[str, Any] = {
    "remainingBalancePercentage": 20,
    "consumedPercentage": 80,
    "thresholdPercentage": 20,
}
_BALANCE: Mapping[str, Any] = {
    "customer": _CUSTOMER,
    "creditCurrency": _CURRENCY,
    "totalGranted": 1000,
    "remainingBalance": 200,
    **_SHARES,
}
_RECHARGE: Mapping[str, Any] = {
    "customer": _CUSTOMER,
    "creditCurrency": _CURRENCY,
    "configuration": {
        "id": _ID,
        "isEnabled": True,
        "thresholdType": "CreditAmount",
        "thresholdValue": 20,
        "targetBalance": 50,
        "grantExpirationPeriod": "OneYear",
        "maxSpendLimit": 100,
    },
}

# What a message has beside, or instead of, its entity.
_BY_NAME: Mapping[str, Mapping[str, Any]] = {
    "subscription.create_failed": {
        "input": {"customerId": "customer-demo", "planId": "plan-demo"},
        "error": {"code": "PlanNotFound", "message": "Plan plan-demo not found"},
    },
    "subscription.trial_started": {**_SUBSCRIPTION, "isUpgrade": True, "isDowngrade": False},
    "subscription.trial_converted": {**_SUBSCRIPTION, "reason": "TRIAL_ENDED"},
    "subscription.billing_month.ends_soon": {
        **_SUBSCRIPTION,
        "currentBillingMonthStart": _DAY,
        "currentBillingMonthEnd": "2025-02-01T00:00:00.000Z",
        "entitlements": [_ENTITLEMENT],
    },
    "subscription.spend_limit.exceeded": {
        **_SUBSCRIPTION,
        "spendLimit": 100,
        "currentSpend": 83,
        "currentSpendPercentage": 83,
        "thresholdPercentage": 80,
        "isSoftLimit": False,
    },
    "credit_grant.balance.low": {**_GRANT, **_SHARES},
    "customer.payment_failed": {
        "customer": _CUSTOMER,
        "subscription": _SUBSCRIPTION,
        "error": {"code": "FAILED", "message": "Your card was declined."},
    },
    "sync.failed": {
        "error": {"code": "StripeError", "message": "The billing provider does not answer"},
        "id": "customer-demo",
        "entityType": "CUSTOMER",
        "vendorIdentifier": "STRIPE",
    },
    "automatic_recharge.configuration.changed": {**_RECHARGE, "changedBy": "REQUEST"},
    "automatic_recharge.operation.attempted": {
        **_RECHARGE,
        "grant": _GRANT["grant"],
        "isSuccessful": True,
        "paymentCollection": "NOT_REQUIRED",
        "error": None,
        "attemptedAt": _DAY,
    },
    "credits.automatic_recharge_limit_exceeded": {
        "customer": _CUSTOMER,
        "creditCurrency": _CURRENCY,
        "maxSpendLimit": 100,
        "currentMonthlySpend": 83,
        "currentSpendPercentage": 83,
        "thresholdPercentage": 80,
    },
}
_BY_PREFIX: Mapping[str, Mapping[str, Any]] = {
    "customer.": _CUSTOMER,
    "subscription.": _SUBSCRIPTION,
    "measurement.": _MEASUREMENT,
    "entitlement.": _EXCEEDED,
    "entitlements.": {
        "customer": _CUSTOMER,
        "resource": None,
        "entitlements": [_ENTITLEMENT],
        "eventId": _ID,
        "actor": {"type": "APP_SERVER"},
    },
    "promotionalEntitlement.": _PROMOTION,
    "plan.": _PACKAGE,
    "addon.": {**_PACKAGE, "id": "addon-demo", "name": "Demo add-on"},
    "feature.": _FEATURE,
    "feature_group.": _FEATURE_GROUP,
    "product.": _PRODUCT,
    "coupon.": _COUPON,
    "credit_grant.": _GRANT,
    "credit_balance.": _BALANCE,
    "credit_type.": _CURRENCY,
    "credits.": _GRANT,
}


def sample_body(type_: EventLogType) -> Mapping[str, Any]:
    """What a message of the type holds. Raises InvalidArgumentError for log-only types."""
    name = TYPE_NAMES.get(type_)
    if name is None:
        raise invalid_argument(f"{type_.value} is only logged, never sent")
    return _BY_NAME.get(name) or _BY_PREFIX[name.partition(".")[0] + "."]
