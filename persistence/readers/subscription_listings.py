"""How customers, resources and subscriptions are listed: fields and relations of their filters.

Source: spec, platform §6 and subscriptions §1.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Numeric,
    Text,
    Uuid,
    and_,
    cast,
    null,
    select,
)

from persistence.listing import AnyOf, Field, Listing, Relation, column, columns
from persistence.rows.catalog import ProductRow
from persistence.rows.customers import CustomerResourceRow, CustomerRow
from persistence.rows.subscription_parts import (
    SubscriptionAddonView,
    SubscriptionEntitlementView,
    SubscriptionPriceView,
)
from persistence.rows.subscriptions import SubscriptionRow


def never(rows: FromClause) -> ColumnElement[Any]:
    """A field of an integration that has no column here: always null."""
    del rows
    return cast(null(), Text)


# Those areas list customers and subscriptions in turn, so they are asked when a list is read.
def _features() -> Listing:
    from persistence.readers.catalog import FeatureQueries

    return FeatureQueries.listing


def _plans() -> Listing:
    from persistence.readers.package_lists import PLANS

    return PLANS


def _promotions(now: datetime) -> Listing:
    from persistence.readers.entitlements import promotional_listing

    return promotional_listing(now)


def _ref_of(row: Any, key: str, name: str) -> Any:
    """The caller's name of what `key` points at, as a field."""

    def expression(rows: FromClause) -> ColumnElement[Any]:
        table = row.__table__.alias()
        found = select(table.c[name]).where(table.c.id == rows.c[key])
        return found.correlate(rows).scalar_subquery()

    return expression


_CUSTOMER_FIELDS: dict[str, Field] = {
    **columns(
        CustomerRow,
        "awsMarketplaceCustomerId",
        "billingId",
        "createdAt",
        "crmId",
        "deletedAt",
        "email",
        "id",
        "name",
        "refId",
        "salesforceId",
        "updatedAt",
    ),
    "crmHubspotCompanyId": never,
    "crmHubspotCompanyUrl": never,
    "customerId": column("ref_id"),
    "searchQuery": AnyOf((column("ref_id"), column("name"), column("email"), column("billing_id"))),
}


CUSTOMERS: Listing = Listing(
    row=CustomerRow,
    fields=_CUSTOMER_FIELDS,
    relations={
        "subscriptions": Relation(
            lambda: SUBSCRIPTIONS, lambda outer, inner: inner.c.customer_id == outer.c.id
        ),
    },
    where=lambda rows: rows.c.deleted_at.is_(None),
)


def customers_listing(now: datetime) -> Listing:
    """As CUSTOMERS, found by their grants too, which are Active or Expired at `now`."""
    promotions = Relation(
        lambda: _promotions(now), lambda outer, inner: inner.c.customer_id == outer.c.id
    )
    relations = {**CUSTOMERS.relations, "promotionalEntitlements": promotions}
    return replace(CUSTOMERS, relations=relations)


# As a relation of what a customer has or had: an archived one still matches.
CUSTOMERS_EVER: Listing = Listing(row=CustomerRow, fields=_CUSTOMER_FIELDS)

RESOURCES: Listing = Listing(
    row=CustomerResourceRow,
    fields=columns(CustomerResourceRow, "createdAt", "resourceId"),
    relations={
        "customer": Relation(
            lambda: CUSTOMERS_EVER, lambda outer, inner: inner.c.id == outer.c.customer_id
        ),
        "subscriptions": Relation(
            lambda: SUBSCRIPTIONS, lambda outer, inner: inner.c.resource_id == outer.c.id
        ),
    },
)

_SUBSCRIPTION_FIELDS = {
    **columns(
        SubscriptionRow,
        "billingCycleAnchor",
        "billingId",
        "cancelReason",
        "cancellationDate",
        "createdAt",
        "crmId",
        "currentBillingPeriodEnd",
        "currentBillingPeriodStart",
        "customerId",
        "effectiveEndDate",
        "endDate",
        "id",
        "oldBillingId",
        "payingCustomerId",
        "paymentCollection",
        "pricingType",
        "productId",
        "refId",
        "resourceId",
        "salesforceId",
        "startDate",
        "status",
        "trialEndDate",
    ),
    "crmLinkUrl": never,
    "subscriptionId": column("ref_id"),
    # What `subscriptions` calls customerId, resourceId and productId, where no UUID is given.
    "customerRefId": _ref_of(CustomerRow, "customer_id", "ref_id"),
    "resourceRefId": _ref_of(CustomerResourceRow, "resource_id", "resource_id"),
    "productRefId": _ref_of(ProductRow, "product_id", "ref_id"),
}

SUBSCRIPTIONS: Listing = Listing(
    row=SubscriptionRow,
    fields=_SUBSCRIPTION_FIELDS,
    relations={
        "addons": Relation(
            lambda: ADDONS, lambda outer, inner: inner.c.subscription_id == outer.c.id
        ),
        "customer": Relation(
            lambda: CUSTOMERS_EVER, lambda outer, inner: inner.c.id == outer.c.customer_id
        ),
        "payingCustomer": Relation(
            lambda: CUSTOMERS_EVER, lambda outer, inner: inner.c.id == outer.c.paying_customer_id
        ),
        "plan": Relation(_plans, lambda outer, inner: inner.c.id == outer.c.plan_id),
        "prices": Relation(
            lambda: PRICES,
            lambda outer, inner: and_(
                inner.c.subscription_id == outer.c.id, inner.c.addon_ref_id.is_(None)
            ),
        ),
        "resource": Relation(
            lambda: RESOURCES, lambda outer, inner: inner.c.id == outer.c.resource_id
        ),
        "subscriptionEntitlements": Relation(
            lambda: ENTITLEMENTS, lambda outer, inner: inner.c.subscription_id == outer.c.id
        ),
    },
)

_OF_SUBSCRIPTION = Relation(
    lambda: SUBSCRIPTIONS, lambda outer, inner: inner.c.id == outer.c.subscription_id
)

SOLD_PRICES: Listing = Listing(
    row=SubscriptionPriceView,
    fields={
        "billingCadence": lambda rows: rows.c.price["billing_cadence"].astext,
        "billingId": lambda rows: rows.c.price["billing_id"].astext,
        "billingModel": lambda rows: rows.c.price["billing_model"].astext,
        "billingPeriod": lambda rows: rows.c.price["billing_period"].astext,
        "createdAt": lambda rows: cast(rows.c.price["created_at"].astext, DateTime(timezone=True)),
        "id": lambda rows: cast(rows.c.price["id"].astext, Uuid),
        "tiersMode": lambda rows: rows.c.price["tiers_mode"].astext,
    },
)

ADDONS: Listing = Listing(
    row=SubscriptionAddonView,
    fields=columns(SubscriptionAddonView, "createdAt", "id", "quantity", "updatedAt"),
    relations={
        "price": Relation(
            lambda: SOLD_PRICES,
            lambda outer, inner: and_(
                inner.c.subscription_id == outer.c.subscription_id,
                inner.c.addon_ref_id == outer.c.addon_ref_id,
            ),
        ),
        "subscription": _OF_SUBSCRIPTION,
    },
)

PRICES: Listing = Listing(
    row=SubscriptionPriceView,
    fields={
        **columns(SubscriptionPriceView, "createdAt", "hasSoftLimit", "id", "updatedAt"),
        "billingModel": lambda rows: rows.c.price["billing_model"].astext,
        "featureId": lambda rows: cast(rows.c.price["feature_id"].astext, Uuid),
        "usageLimit": lambda rows: cast(rows.c.quantity, Numeric),
    },
    relations={
        "price": Relation(
            lambda: SOLD_PRICES,
            lambda outer, inner: and_(
                inner.c.subscription_id == outer.c.subscription_id, inner.c.id == outer.c.id
            ),
        ),
        "subscription": _OF_SUBSCRIPTION,
    },
)

ENTITLEMENTS: Listing = Listing(
    row=SubscriptionEntitlementView,
    fields=columns(SubscriptionEntitlementView, "createdAt", "id", "subscriptionId", "updatedAt"),
    relations={
        "feature": Relation(_features, lambda outer, inner: inner.c.id == outer.c.feature_id),
        "subscription": _OF_SUBSCRIPTION,
    },
    where=lambda rows: rows.c.feature_id.is_not(None),
)
