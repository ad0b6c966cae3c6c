"""What an entitlement of a package may say. Source: spec, catalog §5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from domain.catalog.currencies import require_live_currency
from domain.catalog.enums import (
    BillingModel,
    EntitlementBehavior,
    EntitlementResetPeriod,
    FeatureType,
    PackageStatus,
    PricingType,
)
from domain.catalog.features import is_metered, live_enum_values, require_live_feature
from domain.catalog.model import (
    AccordingTo,
    CreditEntitlement,
    CustomCurrency,
    Feature,
    FeatureEntitlement,
    Package,
    PackageEntitlement,
    PackageType,
    ResetRule,
)
from domain.catalog.text import require_description, require_length
from domain.errors import Conflict, ErrorCode, InvalidInput, bad_input, duplicate
from domain.ids import CurrencyId, FeatureId

T = TypeVar("T")

# What a limit or a grant can be: far above any meaning, well within the database's digits.
QUANTITY_MAX = Decimal(999_999_999_999_999)

_WEEKDAYS = frozenset(a for a in AccordingTo if a.value.startswith("Every"))
_KNOWN = {
    EntitlementResetPeriod.YEAR: frozenset({AccordingTo.SubscriptionStart}),
    EntitlementResetPeriod.MONTH: frozenset(
        {AccordingTo.SubscriptionStart, AccordingTo.StartOfTheMonth}
    ),
    EntitlementResetPeriod.WEEK: _WEEKDAYS | {AccordingTo.SubscriptionStart},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetConfiguration:
    """The three configurations that inputs carry; at most the period's own may be set."""

    yearly: AccordingTo | None = None
    monthly: AccordingTo | None = None
    weekly: AccordingTo | None = None


def invalid_reset(message: str) -> InvalidInput:
    return InvalidInput(ErrorCode.InvalidEntitlementResetPeriod, message)


def reset_rule(
    period: EntitlementResetPeriod | None, configuration: ResetConfiguration
) -> ResetRule | None:
    """The rule that a period and its configuration spell; SubscriptionStart unless said.

    Raises InvalidEntitlementResetPeriod for a configuration of another period, or one without a
    period (spec, catalog §12, 29).
    """
    given = {
        EntitlementResetPeriod.YEAR: configuration.yearly,
        EntitlementResetPeriod.MONTH: configuration.monthly,
        EntitlementResetPeriod.WEEK: configuration.weekly,
    }
    for other, according_to in given.items():
        if according_to is not None and other is not period:
            raise invalid_reset(
                f"a {other.value} configuration does not fit reset period "
                f"{period.value if period else 'null'}"
            )
    if period is None:
        return None
    if period not in _KNOWN:
        return ResetRule(period)
    according_to = given[period] or AccordingTo.SubscriptionStart
    if according_to not in _KNOWN[period]:
        raise invalid_reset(f"{according_to.value} is not known for reset period {period.value}")
    return ResetRule(period, according_to)


def require_entitlements_editable(package: Package) -> None:
    """Raises EditAllowedOnDraftPackageOnlyError unless `package` is a draft."""
    if package.status is not PackageStatus.DRAFT:
        raise Conflict(
            ErrorCode.EditAllowedOnDraftPackageOnlyError,
            f"entitlements of {package.ref_id} can be edited on its draft only",
        )


def is_quantity(limit: Decimal) -> bool:
    """Whether `limit` may be a usage limit: a number from 0 to `QUANTITY_MAX`."""
    return limit.is_finite() and 0 <= limit <= QUANTITY_MAX


def validated_feature_entitlement(
    entitlement: FeatureEntitlement,
    *,
    feature: Feature,
    package: Package,
    previous: FeatureEntitlement | None = None,
) -> FeatureEntitlement:
    """Return what `entitlement` means for `feature` in `package`.

    A metered feature without a limit is unlimited; an overage price forces a soft limit. Of an
    ENUM's removed values those that `previous` already had are kept. Raises BadUserInput,
    InvalidEntitlementResetPeriod, EntityIsArchivedError, CannotAddOverrideEntitlementToPlan.
    """
    _require_common(entitlement, package)
    if previous is None:
        require_live_feature(feature)
    if entitlement.has_unlimited_usage and entitlement.usage_limit is not None:
        raise bad_input(f"{feature.ref_id}: usageLimit and hasUnlimitedUsage exclude each other")
    match feature.feature_type:
        case FeatureType.BOOLEAN:
            _require_absent(entitlement, feature, limit=True, reset=True, enum=True)
        case FeatureType.ENUM:
            _require_absent(entitlement, feature, limit=True, reset=True, enum=False)
            _require_enum_values(entitlement, feature, previous)
        case _:  # NUMBER
            _require_absent(entitlement, feature, limit=False, reset=False, enum=True)
            entitlement = _validated_limit(entitlement, feature)
    return _softened_by_overage(entitlement, feature, package)


def _validated_limit(entitlement: FeatureEntitlement, feature: Feature) -> FeatureEntitlement:
    limit = entitlement.usage_limit
    if limit is not None and not is_quantity(limit):
        raise bad_input(f"{feature.ref_id}: usageLimit must be from 0 to {QUANTITY_MAX}")
    metered = is_metered(feature)
    if not metered and entitlement.reset_rule is not None:
        raise invalid_reset(f"{feature.ref_id} is a configuration: it never resets")
    said = (
        entitlement.usage_limit is not None
        or entitlement.has_unlimited_usage
        or entitlement.is_custom
        or not entitlement.is_granted
    )
    if said:
        return entitlement
    if not metered:
        raise bad_input(f"{feature.ref_id}: usageLimit, hasUnlimitedUsage or isCustom is required")
    return replace(entitlement, has_unlimited_usage=True)


def _softened_by_overage(
    entitlement: FeatureEntitlement, feature: Feature, package: Package
) -> FeatureEntitlement:
    if not any(p.feature_id == feature.id for p in package.overage_prices):
        return entitlement
    require_overage_target(entitlement, feature)
    return replace(entitlement, has_soft_limit=True)


def require_overage_target(entitlement: FeatureEntitlement, feature: Feature) -> None:
    """Raises BadUserInput unless overage can be charged beyond the entitlement's limit."""
    if not is_metered(feature) or entitlement.usage_limit is None:
        raise bad_input(f"overage of {feature.ref_id} needs a limited metered entitlement")


def validated_credit_entitlement(
    entitlement: CreditEntitlement,
    *,
    currency: CustomCurrency,
    package: Package,
    previous: CreditEntitlement | None = None,
) -> CreditEntitlement:
    """Return the recurring grant if it can be meant; the amount is above 0 or custom.

    Raises BadUserInput, EntityIsArchivedError, CannotAddOverrideEntitlementToPlan.
    """
    _require_common(entitlement, package)
    if previous is None:
        require_live_currency(currency)
    if entitlement.amount is None:
        if not entitlement.is_custom and entitlement.is_granted:
            raise bad_input(f"{currency.currency_id}: amount is required")
    elif not 0 < entitlement.amount <= QUANTITY_MAX:
        raise bad_input(f"{currency.currency_id}: amount must be above 0, {QUANTITY_MAX} at most")
    return entitlement


def require_dependency(feature: Feature | None) -> None:
    """A dependency multiplies by a feature's limit, so only a NUMBER can be one."""
    if feature is not None and feature.feature_type is not FeatureType.NUMBER:
        raise bad_input(f"dependencyFeatureId {feature.ref_id} must be a NUMBER feature")


def archived(entity: str, identifier: str) -> Conflict:
    return Conflict(ErrorCode.EntityIsArchivedError, f"{entity} {identifier} is archived")


def _require_common(entitlement: PackageEntitlement, package: Package) -> None:
    require_description(entitlement.description)
    if entitlement.display_name_override is not None:
        require_length(
            entitlement.display_name_override, field="displayNameOverride", minimum=0, maximum=255
        )
    if package.type is PackageType.Plan and entitlement.behavior is EntitlementBehavior.Override:
        raise InvalidInput(
            ErrorCode.CannotAddOverrideEntitlementToPlan,
            f"plan {package.ref_id} cannot override: only add-ons do",
        )
    if entitlement.is_custom and package.pricing_type is not PricingType.CUSTOM:
        raise bad_input(f"isCustom is for packages with pricing type CUSTOM, not {package.ref_id}")


def _require_absent(
    entitlement: FeatureEntitlement, feature: Feature, *, limit: bool, reset: bool, enum: bool
) -> None:
    kind = feature.feature_type.value
    if limit and (entitlement.usage_limit is not None or entitlement.has_unlimited_usage):
        raise bad_input(f"{feature.ref_id} is {kind}: it carries no usage limit")
    if reset and entitlement.reset_rule is not None:
        raise bad_input(f"{feature.ref_id} is {kind}: it never resets")
    if enum and entitlement.enum_values:
        raise bad_input(f"{feature.ref_id} is {kind}: it carries no enum values")


def _require_enum_values(
    entitlement: FeatureEntitlement, feature: Feature, previous: FeatureEntitlement | None
) -> None:
    allowed = {*live_enum_values(feature), *(previous.enum_values if previous else ())}
    unknown = [v for v in entitlement.enum_values if v not in allowed]
    if unknown:
        raise bad_input(f"{feature.ref_id} has no value {unknown[0]}")
    if len(set(entitlement.enum_values)) != len(entitlement.enum_values):
        raise bad_input(f"{feature.ref_id}: enumValues must be unique")
    if not entitlement.enum_values and not entitlement.is_custom and entitlement.is_granted:
        raise bad_input(f"{feature.ref_id}: enumValues must name at least one value")


# --- sets of entitlements -------------------------------------------------------------------


def require_unique(
    package: Package, *, features: Mapping[FeatureId, Feature], currencies: Mapping[CurrencyId, str]
) -> None:
    """Raises DuplicatedEntityNotAllowed unless each feature and currency is given once.

    A PER_UNIT or USAGE_BASED charge grants its feature too (spec, catalog §5). `currencies` maps
    to the caller's currency ids.
    """
    given: list[FeatureId] = [e.feature_id for e in package.feature_entitlements]
    given += {p.feature_id for p in package.charges if grants(p.billing_model) and p.feature_id}
    repeated = first_repeated(given)
    if repeated is not None:
        feature = features.get(repeated)
        raise duplicate("PackageEntitlement", feature.ref_id if feature else str(repeated))
    currency = first_repeated(e.currency_id for e in package.credit_entitlements)
    if currency is not None:
        raise duplicate("PackageEntitlement", currencies.get(currency, str(currency)))


def grants(model: BillingModel) -> bool:
    """Whether a charge of this model grants its feature by itself."""
    return model in {BillingModel.PER_UNIT, BillingModel.USAGE_BASED}


def first_repeated(items: Iterable[T]) -> T | None:
    """The first item seen twice."""
    seen: set[Any] = set()
    for item in items:
        if item in seen:
            return item
        seen.add(item)
    return None


def next_order(package: Package) -> Decimal:
    """The order of the next entitlement: the highest + 1, from 0."""
    orders = [e.order for e in package.entitlements if e.order is not None]
    return max(orders) + 1 if orders else Decimal(0)


def in_order(entitlements: Iterable[PackageEntitlement]) -> tuple[PackageEntitlement, ...]:
    """Sorted by order (nulls last), createdAt, id."""
    return tuple(
        sorted(
            entitlements,
            key=lambda e: (e.order is None, e.order or Decimal(0), e.created_at, e.id),
        )
    )


def with_added(package: Package, *added: PackageEntitlement, now: datetime) -> Package:
    """The draft with `added` after its own; an unset order continues from the highest."""
    for entitlement in added:
        placed = entitlement
        if entitlement.order is None:
            placed = replace(entitlement, order=next_order(package))
        package = replace(package, entitlements=in_order((*package.entitlements, placed)))
    return replace(package, updated_at=now)


def with_replaced(package: Package, changed: PackageEntitlement, *, now: datetime) -> Package:
    """The draft with the entitlement of `changed`'s id in its new form."""
    assert any(e.id == changed.id for e in package.entitlements)
    entitlements = (changed if e.id == changed.id else e for e in package.entitlements)
    return replace(package, entitlements=in_order(entitlements), updated_at=now)


def without(package: Package, entitlement_id: UUID, *, now: datetime) -> Package:
    """The draft without the entitlement.

    Raises EntitlementBelongsToFeatureGroupError for one that a linked group supplies and
    BadUserInput for one whose overage is charged.
    """
    found = next(e for e in package.entitlements if e.id == entitlement_id)
    if isinstance(found, FeatureEntitlement):
        if found.feature_group_ids:
            raise Conflict(
                ErrorCode.EntitlementBelongsToFeatureGroupError,
                "the entitlement belongs to a feature group of the package",
            )
        if any(p.feature_id == found.feature_id for p in package.overage_prices):
            raise bad_input("the package charges overage of this entitlement")
    remaining = tuple(e for e in package.entitlements if e.id != entitlement_id)
    return replace(package, entitlements=remaining, updated_at=now)


def reordered(package: Package, orders: Mapping[UUID, Decimal | None], *, now: datetime) -> Package:
    """The draft with new orders; raises EntitlementsMustBelongToSamePackage for foreign ids."""
    own = {e.id for e in package.entitlements}
    if not orders.keys() <= own:
        raise InvalidInput(
            ErrorCode.EntitlementsMustBelongToSamePackage,
            f"all entitlements must belong to package {package.ref_id}",
        )
    entitlements = tuple(
        replace(e, order=orders[e.id], updated_at=now) if e.id in orders else e
        for e in package.entitlements
    )
    return replace(package, entitlements=in_order(entitlements), updated_at=now)
