"""Which part of a subscription gives a recurring grant. Source: spec, entitlements §2.7, §9.7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.catalog.enums import CreditCadence
from domain.catalog.model import Package
from domain.credits.enums import CreditGrantSourceType
from domain.credits.model import CreditGrant
from domain.credits.recurring import charge_months, plan_and_bases
from domain.ids import FeatureId, PackageId
from domain.subscriptions.model import Subscription

_CADENCES = {1: CreditCadence.MONTH, 12: CreditCadence.YEAR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The plan (of an inherited entitlement the base plan) or the add-on, and what it grants.

    `base_amount` is what it says: before the add-on's quantity and the dependency's limit. A
    charge that is paid once has no cadence.
    """

    subscription: Subscription
    plan: Package | None = None
    addon: Package | None = None
    addon_quantity: int | None = None
    base_amount: Decimal | None = None
    cadence: CreditCadence | None = None
    dependency_feature_id: FeatureId | None = None


def origin_of(
    grant: CreditGrant, subscription: Subscription, packages: Mapping[PackageId, Package]
) -> Origin:
    """Where `subscription` says what `grant` gives; what it says no longer is left out.

    `packages` holds the plan with its base plans, and the add-ons.
    """
    _, _, addon_ref_id = (grant.source_key or "").partition(":")
    held = next((a for a in subscription.addons if a.addon_ref_id == addon_ref_id), None)
    if addon_ref_id:
        addon = None if held is None else packages.get(held.addon_id)
        quantity = None if held is None else held.quantity
        found = Origin(subscription=subscription, addon=addon, addon_quantity=quantity)
        givers: tuple[Package, ...] = () if addon is None else (addon,)
    else:
        givers = plan_and_bases(subscription.plan_id, packages)
        found = Origin(subscription=subscription, plan=givers[0] if givers else None)
    if grant.source_type is CreditGrantSourceType.PRICE:
        return _charged(found, grant, addon_ref_id or None)
    found = _entitled(found, grant, givers)
    return found if addon_ref_id else _overridden(found, grant)


def _charged(found: Origin, grant: CreditGrant, addon_ref_id: str | None) -> Origin:
    for sold in found.subscription.prices:
        price = sold.price
        if price.top_up_currency_id == grant.currency_id and sold.addon_ref_id == addon_ref_id:
            months = charge_months(price, found.subscription)
            cadence = None if months is None else _CADENCES[months]
            return replace(found, base_amount=sold.quantity, cadence=cadence)
    return found


def _entitled(found: Origin, grant: CreditGrant, givers: tuple[Package, ...]) -> Origin:
    """By a credit entitlement: the add-on's, or the nearest of the plan and its base plans."""
    for package in givers:
        for entitlement in package.credit_entitlements:
            if entitlement.currency_id == grant.currency_id:
                return replace(
                    found,
                    plan=None if found.plan is None else package,
                    base_amount=entitlement.amount,
                    cadence=entitlement.cadence,
                    dependency_feature_id=entitlement.dependency_feature_id,
                )
    return found


def _overridden(found: Origin, grant: CreditGrant) -> Origin:
    """By the subscription's own value, which replaces the plan's whole."""
    for own in found.subscription.entitlements:
        if own.currency_id == grant.currency_id:
            return replace(
                found,
                base_amount=own.amount,
                cadence=own.cadence or found.cadence or CreditCadence.MONTH,
                dependency_feature_id=None,
            )
    return found
