"""Promotional grants: what may be granted, until when, and how groups bind them.

Source: spec, entitlements §8.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain.catalog.entitlement_rules import QUANTITY_MAX, is_quantity
from domain.catalog.enums import FeatureType
from domain.catalog.features import live_enum_values, require_live_feature
from domain.catalog.model import Feature, FeatureGroup, ResetRule
from domain.customers.enums import PromotionalEntitlementPeriod as Lasting
from domain.customers.enums import PromotionalEntitlementStatus as Status
from domain.customers.model import PromotionalEntitlement
from domain.entitlements.model import is_metered
from domain.errors import Conflict, ErrorCode, InvalidInput, NotFound, invalid_argument
from domain.ids import CustomerId, FeatureGroupId, FeatureId
from domain.periods import add_months

# How long before its end a grant is told to end soon.
ENDS_SOON = timedelta(days=7)

_MONTHS = {Lasting.ONE_MONTH: 1, Lasting.SIX_MONTH: 6, Lasting.ONE_YEAR: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionTerms:
    """What a caller asks to grant; `custom_end_date` counts for CUSTOM only."""

    period: Lasting
    custom_end_date: datetime | None = None
    usage_limit: Decimal | None = None
    has_unlimited_usage: bool = False
    has_soft_limit: bool = False
    enum_values: tuple[str, ...] = ()
    reset_rule: ResetRule | None = None
    is_visible: bool = True
    description: str | None = None


def end_of(
    period: Lasting, start: datetime, *, custom_end_date: datetime | None, now: datetime
) -> datetime | None:
    """When a grant of `period` from `start` ends; None = never.

    ONE_MONTH from 2024-01-31T10:00Z -> 2024-02-29T10:00Z. CUSTOM needs a date ahead of `now`,
    else InvalidArgumentError.
    """
    match period:
        case Lasting.LIFETIME:
            return None
        case Lasting.ONE_WEEK:
            return start + timedelta(days=7)
        case Lasting.CUSTOM:
            if custom_end_date is None or custom_end_date <= now:
                raise invalid_argument("customEndDate must lie in the future")
            return custom_end_date
    return add_months(start, _MONTHS[period])


def granted(
    terms: PromotionTerms,
    feature: Feature,
    *,
    customer_id: CustomerId,
    existing: PromotionalEntitlement | None,
    id: UUID,
    now: datetime,
) -> PromotionalEntitlement:
    """The grant from `now`; an `existing` one keeps its id and groups, its period starts anew.

    One that has expired leaves its id alone: it is granted as if there had been none. Raises
    InvalidArgumentError, InvalidEntitlementResetPeriod, EntityIsArchivedError.
    """
    is_live = existing is not None and not has_ended(existing, now)
    if not is_live:
        require_live_feature(feature)
    end = end_of(terms.period, now, custom_end_date=terms.custom_end_date, now=now)
    grant = PromotionalEntitlement(
        id=existing.id if existing else id,
        customer_id=customer_id,
        feature_id=feature.id,
        period=terms.period,
        start_date=now,
        end_date=end,
        is_visible=terms.is_visible,
        description=terms.description,
        feature_group_ids=existing.feature_group_ids if existing and is_live else (),
        created_at=existing.created_at if existing else now,
        updated_at=now,
    )
    return _valued(grant, terms, feature)


def changed(
    grant: PromotionalEntitlement, terms: PromotionTerms, feature: Feature, now: datetime
) -> PromotionalEntitlement:
    """The grant on other terms, its period counted from its own start."""
    end = grant.end_date
    if terms.period is not grant.period or terms.period is Lasting.CUSTOM:
        end = end_of(terms.period, grant.start_date, custom_end_date=terms.custom_end_date, now=now)
    moved = replace(
        grant,
        period=terms.period,
        end_date=end,
        is_visible=terms.is_visible,
        description=terms.description,
        updated_at=now,
    )
    return _valued(moved, terms, feature)


def _valued(
    grant: PromotionalEntitlement, terms: PromotionTerms, feature: Feature
) -> PromotionalEntitlement:
    """The value itself: a limit or unlimited for NUMBER, configured values for ENUM."""
    rule = _reset_rule(terms, feature)
    match feature.feature_type:
        case FeatureType.BOOLEAN:
            return replace(grant, usage_limit=None, has_unlimited_usage=False, reset_rule=None)
        case FeatureType.ENUM:
            if not terms.enum_values or not {*terms.enum_values} <= {*live_enum_values(feature)}:
                raise invalid_argument(f"enumValues must be configured values of {feature.ref_id}")
            values = tuple(dict.fromkeys(terms.enum_values))
            return replace(grant, enum_values=values, reset_rule=None)
    unlimited, limit = terms.has_unlimited_usage, terms.usage_limit
    if not unlimited and (limit is None or not is_quantity(limit)):
        raise invalid_argument(
            f"{feature.ref_id} needs hasUnlimitedUsage, or a usageLimit from 0 to {QUANTITY_MAX}"
        )
    return replace(
        grant,
        usage_limit=None if unlimited else limit,
        has_unlimited_usage=unlimited,
        has_soft_limit=terms.has_soft_limit,
        reset_rule=rule,
    )


def _reset_rule(terms: PromotionTerms, feature: Feature) -> ResetRule | None:
    if terms.reset_rule is not None and not is_metered(feature):
        raise InvalidInput(
            ErrorCode.InvalidEntitlementResetPeriod,
            f"Feature {feature.ref_id} is not metered and has no reset period",
        )
    return terms.reset_rule


def has_ended(grant: PromotionalEntitlement, now: datetime) -> bool:
    """Whether `now` is its end or later."""
    return grant.end_date is not None and grant.end_date <= now


def status_of(grant: PromotionalEntitlement, *, is_archived: bool, now: datetime) -> Status:
    """Expired from its end on; Paused while the customer is archived; else Active."""
    if has_ended(grant, now):
        return Status.Expired
    return Status.Paused if is_archived else Status.Active


def require_revocable(grant: PromotionalEntitlement | None) -> PromotionalEntitlement:
    """The grant, or the refusal: there is none, or a feature group holds it."""
    if grant is None:
        raise no_promotion()
    if grant.feature_group_ids:
        raise Conflict(
            ErrorCode.EntitlementBelongsToFeatureGroupError,
            "The promotional entitlement belongs to a feature group",
        )
    return grant


def no_promotion() -> NotFound:
    """PromotionalEntitlementNotFoundError."""
    return NotFound(
        ErrorCode.PromotionalEntitlementNotFoundError, "Promotional entitlement not found"
    )


# --- groups ---------------------------------------------------------------------------------


def require_covered(
    group: FeatureGroup, listed: Iterable[FeatureId], held: Iterable[FeatureId]
) -> None:
    """Raise unless `listed` are of the group and, with those `held`, all of it."""
    listed = set(listed)
    if listed - set(group.feature_ids):
        raise InvalidInput(
            ErrorCode.FeatureNotBelongToFeatureGroupError,
            f"A feature does not belong to feature group {group.feature_group_id}",
        )
    if set(group.feature_ids) - listed - set(held):
        raise InvalidInput(
            ErrorCode.FeatureGroupMissingFeaturesError,
            f"Features of feature group {group.feature_group_id} are missing",
        )


def linked(
    grant: PromotionalEntitlement, group: FeatureGroup, versions: Iterable[FeatureGroupId]
) -> PromotionalEntitlement:
    """The grant held by `group`, instead of by another version of it."""
    others = unlinked(grant, versions).feature_group_ids
    return replace(grant, feature_group_ids=(*others, group.id))


def unlinked(
    grant: PromotionalEntitlement, versions: Iterable[FeatureGroupId]
) -> PromotionalEntitlement:
    """The grant without any version of a group."""
    gone = set(versions)
    return replace(
        grant, feature_group_ids=tuple(id for id in grant.feature_group_ids if id not in gone)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRevocation:
    """What revoking a group does: rows deleted, and rows that another group still holds."""

    deleted: tuple[PromotionalEntitlement, ...]
    kept: tuple[PromotionalEntitlement, ...]


def group_revoked(
    grants: Sequence[PromotionalEntitlement], versions: Iterable[FeatureGroupId]
) -> GroupRevocation:
    """Delete the group's rows, but only unlink those that are also in another group."""
    gone = set(versions)
    held = [grant for grant in grants if gone & set(grant.feature_group_ids)]
    left = [(grant, unlinked(grant, gone)) for grant in held]
    return GroupRevocation(
        deleted=tuple(grant for grant, after in left if not after.feature_group_ids),
        kept=tuple(after for _, after in left if after.feature_group_ids),
    )
