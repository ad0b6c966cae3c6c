"""Moving a subscription to a newly published version, at the price that it was sold.

Source: spec, catalog §4 (ALL_CUSTOMERS).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from domain.catalog.model import Package, PackageType
from domain.ids import PackageId
from domain.subscriptions.model import OPEN, Subscription


def move_to_version(
    subscription: Subscription, version: Package, *, older: Collection[PackageId], now: datetime
) -> Subscription:
    """The subscription on `version` where it was on one of its `older` rows; else unchanged.

    Prices stay the rows that were sold. A subscription of another pricing type stays, and so do
    add-ons that the new version no longer lists.
    """
    if subscription.status not in OPEN:
        return subscription
    if version.type is PackageType.Plan:
        if subscription.plan_id not in older or subscription.pricing_type != version.pricing_type:
            return subscription
        return replace(subscription, plan_id=version.id, updated_at=now)
    if not any(addon.addon_id in older for addon in subscription.addons):
        return subscription
    addons = tuple(
        replace(addon, addon_id=version.id, updated_at=now) if addon.addon_id in older else addon
        for addon in subscription.addons
    )
    return replace(subscription, addons=addons, updated_at=now)
