"""Inside one subscription: what each of its parts gives of a feature, and their merge.

The base is one value (the plan's, replaced by a charge's, replaced by an override); add-ons add
to it or override it. Source: spec, entitlements §2.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.catalog.enums import BillingModel, EntitlementBehavior
from domain.catalog.model import Feature, FeatureEntitlement, Package, Price, ResetRule
from domain.entitlements.model import Grant, is_metered
from domain.ids import FeatureId, PackageId
from domain.subscriptions.model import Subscription, SubscriptionEntitlement, SubscriptionPrice

ZERO = Decimal(0)


class Origin(StrEnum):
    """Which part of a subscription a value comes from."""

    PLAN = "PLAN"
    CHARGE = "CHARGE"
    OVERRIDE = "OVERRIDE"
    ADDON = "ADDON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part's value of one feature; `quantity` multiplies an add-on's limit.

    `package_id` = the package that defines it: of an inherited row the base plan.
    """

    feature_id: FeatureId
    origin: Origin
    grant: Grant
    package_id: PackageId
    id: UUID
    created_at: datetime
    behavior: EntitlementBehavior = EntitlementBehavior.Increment
    quantity: int = 1
    order: Decimal | None = None
    entitlement: FeatureEntitlement | None = None
    price: Price | None = None
    is_base: bool = True

    @property
    def total_limit(self) -> Decimal:
        """Limit × quantity; 0 without a limit."""
        return (self.grant.usage_limit or ZERO) * self.quantity


def plan_parts(plan_id: PackageId, packages: Mapping[PackageId, Package]) -> dict[FeatureId, Part]:
    """The plan's own and inherited rows: along plan -> base plan the nearest wins, even if lower.

    Base plan F=10: child silent -> 10; child 5 -> 5; child `isGranted: false` -> revoked.
    """
    parts: dict[FeatureId, Part] = {}
    seen: set[PackageId] = set()
    next_id: PackageId | None = plan_id
    while next_id is not None and next_id in packages and next_id not in seen:
        seen.add(next_id)
        plan = packages[next_id]
        for entitlement in plan.feature_entitlements:
            if entitlement.feature_id not in parts:
                parts[entitlement.feature_id] = _of_package(plan, entitlement, Origin.PLAN)
        next_id = plan.parent_plan_id
    return parts


def _of_package(package: Package, entitlement: FeatureEntitlement, origin: Origin) -> Part:
    limit = entitlement.usage_limit
    if entitlement.is_custom and limit is None and not entitlement.has_unlimited_usage:
        limit = ZERO
    return Part(
        feature_id=entitlement.feature_id,
        origin=origin,
        grant=Grant(
            is_granted=entitlement.is_granted,
            usage_limit=limit,
            has_unlimited_usage=entitlement.has_unlimited_usage,
            has_soft_limit=entitlement.has_soft_limit,
            enum_values=entitlement.enum_values,
            reset_rule=entitlement.reset_rule,
        ),
        package_id=package.id,
        id=entitlement.id,
        created_at=entitlement.created_at,
        behavior=entitlement.behavior,
        order=entitlement.order,
        entitlement=entitlement,
        is_base=origin is not Origin.ADDON,
    )


def _of_charge(
    sold: SubscriptionPrice, feature_id: FeatureId, package_id: PackageId, *, is_base: bool
) -> Part | None:
    """PER_UNIT grants the purchased quantity, USAGE_BASED unlimited, overage nothing."""
    price = sold.price
    soft = bool(sold.has_soft_limit)
    match price.billing_model:
        case _ if price.is_overage:
            return None
        case BillingModel.PER_UNIT:
            limit = sold.quantity if sold.quantity is not None else ZERO
            grant = Grant(usage_limit=limit, has_soft_limit=soft, reset_rule=price.reset_rule)
        case BillingModel.USAGE_BASED:
            grant = Grant(has_unlimited_usage=True, reset_rule=price.reset_rule)
        case BillingModel.CREDIT_BASED:
            grant = Grant(has_soft_limit=soft, reset_rule=price.reset_rule)
        case _:
            return None
    return Part(
        feature_id=feature_id,
        origin=Origin.CHARGE,
        grant=grant,
        package_id=package_id,
        id=sold.id,
        created_at=sold.created_at,
        price=price,
        is_base=is_base,
    )


def _of_override(override: SubscriptionEntitlement, plan_id: PackageId, below: Part | None) -> Part:
    assert override.feature_id is not None
    return Part(
        feature_id=override.feature_id,
        origin=Origin.OVERRIDE,
        grant=Grant(
            usage_limit=override.usage_limit,
            has_unlimited_usage=override.has_unlimited_usage,
            has_soft_limit=override.has_soft_limit,
            enum_values=override.enum_values,
            reset_rule=override.reset_rule,
        ),
        package_id=below.package_id if below else plan_id,
        id=override.id,
        created_at=override.created_at,
        entitlement=below.entitlement if below else None,
        price=below.price if below else None,
    )


def parts_of(
    subscription: Subscription, packages: Mapping[PackageId, Package]
) -> dict[FeatureId, tuple[Part, ...]]:
    """All that the subscription's plan, charges, overrides and add-ons give, by feature."""
    bases = plan_parts(subscription.plan_id, packages)
    for sold in subscription.prices:
        feature_id = sold.price.feature_id
        if feature_id is None or sold.addon_ref_id is not None:
            continue
        part = _of_charge(sold, feature_id, subscription.plan_id, is_base=True)
        is_credit = sold.price.billing_model is BillingModel.CREDIT_BASED
        if part and not (is_credit and feature_id in bases):
            bases[feature_id] = part
    for override in subscription.entitlements:
        if override.feature_id is not None:
            bases[override.feature_id] = _of_override(
                override, subscription.plan_id, bases.get(override.feature_id)
            )
    parts: dict[FeatureId, list[Part]] = {key: [base] for key, base in bases.items()}
    for part in _addon_parts(subscription, packages):
        parts.setdefault(part.feature_id, []).append(part)
    return {key: tuple(values) for key, values in parts.items()}


def _addon_parts(
    subscription: Subscription, packages: Mapping[PackageId, Package]
) -> Iterator[Part]:
    held = {addon.addon_ref_id: addon for addon in subscription.addons}
    for addon in subscription.addons:
        package = packages.get(addon.addon_id)
        if package is None:
            continue
        for entitlement in package.feature_entitlements:
            yield replace(_of_package(package, entitlement, Origin.ADDON), quantity=addon.quantity)
    for sold in subscription.prices:
        feature_id = sold.price.feature_id
        if feature_id is None or sold.addon_ref_id not in held:
            continue
        addon = held[sold.addon_ref_id]
        part = _of_charge(sold, feature_id, addon.addon_id, is_base=False)
        if part:
            # Each unit of the add-on is charged, and grants, the purchased quantity.
            yield replace(part, quantity=addon.quantity)


def contributing(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts that form the merged value: overrides alone if any add-on overrides.

    A part that grants nothing contributes nothing, unless there is no other.
    """
    granted = [part for part in parts if part.grant.is_granted]
    overrides = [
        part
        for part in granted
        if not part.is_base and part.behavior is EntitlementBehavior.Override
    ]
    return tuple(overrides or granted or parts)


def merged(feature: Feature, parts: Sequence[Part], *, is_overage: bool, is_credit: bool) -> Grant:
    """One subscription's value of `feature` from all its parts, at least one.

    Plan 10 and an Increment of 20 × 3 -> 70; with Overrides 500 × 1 and 100 × 2 -> 500; an
    Override of 5 alone -> 5. An overage charge forces a soft limit. Source: §2.2 (4)-(6).
    """
    assert parts
    sources = contributing(parts)
    winner = _override_winner(sources)
    is_granted = any(part.grant.is_granted for part in sources)
    unlimited = any(_is_unlimited(feature, part, is_credit=is_credit) for part in sources)
    has_limit = any(part.grant.usage_limit is not None for part in sources)
    if winner is not None:
        limit, soft = winner.total_limit, winner.grant.has_soft_limit
    else:
        limit = sum((part.total_limit for part in sources), ZERO)
        soft = any(part.grant.has_soft_limit for part in sources)
    return Grant(
        is_granted=is_granted,
        usage_limit=limit if has_limit and not unlimited else None,
        has_unlimited_usage=unlimited,
        has_soft_limit=soft or is_overage,
        enum_values=_ordered(feature, [v for part in sources for v in part.grant.enum_values]),
        reset_rule=_reset_rule(parts, winner),
    )


def _is_unlimited(feature: Feature, part: Part, *, is_credit: bool) -> bool:
    """Said so; or metered and saved without a limit, unless credits pay for it (§2.5)."""
    if part.grant.has_unlimited_usage:
        return True
    return is_metered(feature) and part.grant.usage_limit is None and not is_credit


def _override_winner(sources: Sequence[Part]) -> Part | None:
    overrides = [
        part
        for part in sources
        if not part.is_base and part.behavior is EntitlementBehavior.Override
    ]
    return min(
        overrides,
        key=lambda part: (
            not part.grant.has_unlimited_usage,
            -part.total_limit,
            not part.grant.has_soft_limit,
            _addon_order(part),
        ),
        default=None,
    )


def _addon_order(part: Part) -> tuple[bool, Decimal, datetime, UUID]:
    return (part.order is None, part.order or ZERO, part.created_at, part.id)


def _reset_rule(parts: Sequence[Part], winner: Part | None) -> ResetRule | None:
    """The base's, else the first add-on's; a non-null one of the winning override prevails."""
    if winner is not None and winner.grant.reset_rule is not None:
        return winner.grant.reset_rule
    first = min(parts, key=lambda part: (not part.is_base, _addon_order(part)))
    return first.grant.reset_rule


def _ordered(feature: Feature, values: Sequence[str]) -> tuple[str, ...]:
    """The distinct values in the order of the feature's configuration, unknown ones last."""
    wanted = set(values)
    known = [entry.value for entry in feature.enum_configuration if entry.value in wanted]
    return (*known, *sorted(wanted - set(known)))


def ordered_union(feature: Feature, grants: Sequence[Grant]) -> tuple[str, ...]:
    """The enum values of all `grants`, in `enumConfiguration` order."""
    return _ordered(feature, [value for grant in grants for value in grant.enum_values])
