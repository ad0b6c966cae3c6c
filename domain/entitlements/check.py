"""The check: twelve reasons in their order, the first that holds is the answer.

Source: spec, entitlements §3. Quantities asked for are in reported units.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from domain.catalog.enums import FeatureType
from domain.catalog.model import Feature
from domain.credits.cost import cost_of
from domain.entitlements.enums import (
    AccessDeniedReason,
    EntitlementsStateAccessDeniedReason,
)
from domain.entitlements.model import (
    Answer,
    CreditStanding,
    EntitlementRow,
    Request,
    Usage,
    divisor,
    is_configuration,
    is_metered,
)
from domain.errors import invalid_argument
from domain.metering.reset_periods import is_forever
from domain.periods import Period

ZERO = Decimal(0)
_SCOPE_REASONS = {
    EntitlementsStateAccessDeniedReason.CustomerNotFound: AccessDeniedReason.CustomerNotFound,
    EntitlementsStateAccessDeniedReason.CustomerIsArchived: AccessDeniedReason.CustomerIsArchived,
}


def require_request(usage: Decimal | None, values: tuple[str, ...]) -> Request:
    """The request, or InvalidArgumentError for a negative or unmeant quantity."""
    if usage is not None and (not usage.is_finite() or usage < 0):
        raise invalid_argument("requestedUsage must be 0 or more")
    return Request(usage=usage, values=values)


def check(
    *,
    scope_reason: EntitlementsStateAccessDeniedReason | None,
    feature: Feature | None,
    is_resource_known: bool,
    row: EntitlementRow | None,
    usage: Usage | None,
    request: Request,
    credit: CreditStanding | None = None,
) -> Answer:
    """Answer a check from the scope's state, the feature's row, and the window's usage.

    Limit 10, usage 9: R=1 granted, R=2 denied. Usage 10: without R denied, R=0 granted.
    """
    reason = _scope_reason(
        scope_reason, feature, is_resource_known=is_resource_known, row=row
    ) or _row_reason(row, usage, request, credit)
    return Answer(
        reason=reason,
        feature=row.feature if row else feature,
        row=row,
        usage=usage,
        current_usage=current_usage(row, usage) if row else None,
        request=request,
    )


def unknown(row: EntitlementRow) -> Answer:
    """What a list says of a row that failed unexpectedly: denied, and nothing of its values."""
    return Answer(reason=AccessDeniedReason.Unknown, feature=row.feature)


def _scope_reason(
    scope_reason: EntitlementsStateAccessDeniedReason | None,
    feature: Feature | None,
    *,
    is_resource_known: bool,
    row: EntitlementRow | None,
) -> AccessDeniedReason | None:
    if scope_reason in _SCOPE_REASONS:
        return _SCOPE_REASONS[scope_reason]
    if feature is None and row is None:
        return AccessDeniedReason.FeatureNotFound
    if not is_resource_known:
        return AccessDeniedReason.CustomerResourceNotFound
    if scope_reason is not None:
        return AccessDeniedReason.NoActiveSubscription
    if row is None:
        return AccessDeniedReason.NoFeatureEntitlementInSubscription
    return None


def _row_reason(
    row: EntitlementRow | None,
    usage: Usage | None,
    request: Request,
    credit: CreditStanding | None,
) -> AccessDeniedReason | None:
    if row is None:
        return None
    kind = row.feature.feature_type
    if not row.grant.is_granted:
        return AccessDeniedReason.Revoked
    if request.usage is not None and kind is not FeatureType.NUMBER:
        return AccessDeniedReason.FeatureTypeMismatch
    if request.values and kind is not FeatureType.ENUM:
        return AccessDeniedReason.FeatureTypeMismatch
    if any(value not in row.grant.enum_values for value in request.values):
        return AccessDeniedReason.RequestedValuesMismatch
    if row.is_budget_exceeded:
        return AccessDeniedReason.BudgetExceeded
    if _exceeds_limit(row, usage, request):
        return AccessDeniedReason.RequestedUsageExceedingLimit
    if row.credit_rate is not None and credit is not None and _lacks_credit(row, credit, request):
        return AccessDeniedReason.InsufficientCredits
    return None


def denied_until(row: EntitlementRow, window: Period, raw: Decimal) -> datetime | None:
    """The end of `window`, where usage in it denies what the next window may grant again.

    None: a soft limit or none, not reached, or never reset. A limit of 0 is never granted.
    """
    limit = row.grant.usage_limit
    if limit is None or limit == 0 or not row.grant.is_granted or is_forever(window):
        return None
    if not is_metered(row.feature) or not _exceeds_limit(row, Usage(raw=raw), Request()):
        return None
    return window.end


def _exceeds_limit(row: EntitlementRow, usage: Usage | None, request: Request) -> bool:
    limit = row.grant.usage_limit
    if limit is None or row.grant.has_unlimited_usage or row.grant.has_soft_limit:
        return False
    if is_configuration(row.feature):
        return request.usage is not None and request.usage > limit
    if not is_metered(row.feature):
        return False
    used, raw_limit = usage.raw if usage else ZERO, limit * divisor(row.feature)
    if request.usage is None:
        return used >= raw_limit
    return used + request.usage > raw_limit


def _lacks_credit(row: EntitlementRow, credit: CreditStanding, request: Request) -> bool:
    rate = row.credit_rate
    assert rate is not None
    if credit.has_soft_limit:
        return False
    if request.usage is None or rate.cost_formula is not None:
        return credit.balance <= 0
    return credit.balance < cost_of(rate, units=request.usage, dimensions={})


def current_usage(row: EntitlementRow, usage: Usage | None) -> Decimal | None:
    """Usage in presented units, unrounded; None for what is not metered.

    Raw 2.4e9 under a divisor of 1e9 -> 2.4.
    """
    if not is_metered(row.feature):
        return None
    return (usage.raw if usage else ZERO) / divisor(row.feature)
