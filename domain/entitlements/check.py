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
    CreditAnswer,
    CreditStanding,
    EntitlementRow,
    HeldCredits,
    Request,
    ScopeView,
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
        valid_until=_first(row.valid_until, credit.valid_until if credit else None)
        if row
        else None,
        request=request,
    )


def standing(view: ScopeView, row: EntitlementRow) -> CreditStanding | None:
    """The standing of the wallet that pays for the row; no wallet yet = nothing in it.

    None for a row that no credits back.
    """
    rate = row.credit_rate
    if rate is None:
        return None
    soft = row.grant.has_soft_limit
    for held in view.credits:
        if held.wallet.key.currency_id == rate.currency_id:
            return _standing(held, has_soft_limit=soft)
    return CreditStanding(balance=ZERO, has_soft_limit=soft)


def check_currency(view: ScopeView, currency_id: str, request: Request) -> CreditAnswer:
    """Answer whether credits may be spent, by the caller's id of the currency.

    No subscription is needed. `request.usage` is in credits. Balance 5, hard: 5 granted, 6
    denied; without a request a balance of 0 or less is denied, a soft wallet never.
    """
    held = next((h for h in view.credits if h.currency.currency_id == currency_id), None)
    currency = held.currency if held else view.currency
    reason = _SCOPE_REASONS.get(view.reason) if view.reason else None
    if reason is None and not view.is_resource_known:
        reason = AccessDeniedReason.CustomerResourceNotFound
    if reason is None and held is None:
        reason = AccessDeniedReason.EntitlementNotFound
    if reason is not None or held is None:
        return CreditAnswer(reason=reason, currency_id=currency_id, currency=currency)
    terms = view.credit_terms
    soft = held.wallet.key.currency_id in terms.soft_currencies
    credit = _standing(held, has_soft_limit=soft)
    is_short = _is_short(credit, request.usage)
    return CreditAnswer(
        reason=AccessDeniedReason.InsufficientCredits if is_short else None,
        currency_id=currency_id,
        currency=currency,
        held=held,
        has_soft_limit=soft,
        valid_until=_first(credit.valid_until, terms.valid_until),
        # A grant changes the limit, so it is a change of configuration as much as one of usage.
        updated_at=max(held.wallet.updated_at, terms.updated_at or held.wallet.updated_at),
    )


def _standing(held: HeldCredits, *, has_soft_limit: bool) -> CreditStanding:
    return CreditStanding(
        balance=held.wallet.balance,
        has_soft_limit=has_soft_limit,
        valid_until=held.wallet.next_change,
    )


def _first(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)


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
    # What a formula costs depends on dimensions, which a check does not know.
    if request.usage is None or rate.cost_formula is not None:
        return _is_short(credit, None)
    return _is_short(credit, cost_of(rate, units=request.usage, dimensions={}))


def _is_short(credit: CreditStanding, cost: Decimal | None) -> bool:
    """Whether a hard wallet cannot pay `cost`; None = anything at all."""
    if credit.has_soft_limit:
        return False
    return credit.balance <= 0 if cost is None else credit.balance < cost


def current_usage(row: EntitlementRow, usage: Usage | None) -> Decimal | None:
    """Usage in presented units, unrounded; None for what is not metered.

    Raw 2.4e9 under a divisor of 1e9 -> 2.4.
    """
    if not is_metered(row.feature):
        return None
    return (usage.raw if usage else ZERO) / divisor(row.feature)
