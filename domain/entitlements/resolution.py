"""Resolution: from subscriptions, packages and promotions to the rows of one scope.

Pure over frozen values; the order of the sources never matters. Source: spec, entitlements §2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from domain.catalog.enums import BillingModel, FeatureType, WidgetType
from domain.catalog.model import CreditEntitlement, CreditRate, Feature, Package
from domain.customers.model import PromotionalEntitlement
from domain.entitlements.enums import EntitlementsStateAccessDeniedReason
from domain.entitlements.model import (
    Candidate,
    CreditTerms,
    EntitlementRow,
    Grant,
    Source,
    SourceKind,
    is_metered,
)
from domain.entitlements.parts import Part, contributing, merged, ordered_union, parts_of
from domain.ids import CurrencyId, FeatureId, PackageId, ResourceId
from domain.metering.reset_periods import NO_RESET_RANK, PERIOD_RANK, earliest, window_at
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import LIVE, Subscription

_NO_LIMIT = Decimal("Infinity")
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that resolution reads: the customer's subscriptions and promotions, and the catalogue.

    `packages` holds the plans with all their base plans, and the add-ons. `resource_id` is the
    scope's resource (None = no resource).
    """

    subscriptions: tuple[Subscription, ...] = ()
    packages: Mapping[PackageId, Package]
    features: Mapping[FeatureId, Feature]
    promotional: tuple[PromotionalEntitlement, ...] = ()
    resource_id: ResourceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The rows by feature ref_id; with a reason there are none. Credits have terms even so."""

    reason: EntitlementsStateAccessDeniedReason | None
    rows: dict[str, EntitlementRow]
    credit_terms: CreditTerms
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One candidate with what stands behind it: parts of a subscription, or a promotion."""

    candidate: Candidate
    parts: tuple[Part, ...] = ()
    subscription: Subscription | None = None
    promotional: PromotionalEntitlement | None = None


def is_in_scope(subscription: Subscription, resource_id: ResourceId | None) -> bool:
    """Global subscriptions count everywhere, those of a resource there only (§2.1)."""
    return subscription.resource_id is None or subscription.resource_id == resource_id


def is_counted(subscription: Subscription, now: datetime) -> bool:
    """Live by status and by clock: started, and not past its effective end (§2.1)."""
    end = subscription.effective_end_date
    return (
        subscription.status in LIVE
        and subscription.start_date <= now
        and (end is None or end > now)
    )


def is_active(grant: PromotionalEntitlement, now: datetime) -> bool:
    """StartDate ≤ now < endDate, None = for ever (§2.3)."""
    return grant.start_date <= now and (grant.end_date is None or now < grant.end_date)


def counted_subscriptions(facts: Facts, now: datetime) -> tuple[Subscription, ...]:
    """The subscriptions that entitle in this scope at `now`."""
    return tuple(
        subscription
        for subscription in facts.subscriptions
        if is_in_scope(subscription, facts.resource_id) and is_counted(subscription, now)
    )


# --- candidates -----------------------------------------------------------------------------


def contributions(facts: Facts, now: datetime) -> dict[FeatureId, tuple[Contribution, ...]]:
    """Every candidate by feature, before combining."""
    found: dict[FeatureId, list[Contribution]] = {}
    soft = credit_terms(facts, now).soft_currencies
    for subscription in counted_subscriptions(facts, now):
        for feature_id, parts in parts_of(subscription, facts.packages).items():
            feature = facts.features.get(feature_id)
            if feature is not None:
                candidate = _of_subscription(subscription, feature, parts, soft)
                found.setdefault(feature_id, []).append(
                    Contribution(candidate=candidate, parts=parts, subscription=subscription)
                )
    for grant in facts.promotional:
        feature = facts.features.get(grant.feature_id)
        if feature is not None and is_active(grant, now):
            candidate = _of_promotion(grant, feature)
            found.setdefault(grant.feature_id, []).append(
                Contribution(candidate=candidate, promotional=grant)
            )
    return {feature_id: tuple(values) for feature_id, values in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _CountedCredits:
    """A counted credit entitlement's say on the wallets of its currency."""

    currency_id: CurrencyId
    is_soft: bool
    hidden_from: frozenset[WidgetType]


def credit_terms(facts: Facts, now: datetime) -> CreditTerms:
    """How the scope's wallets are held: soft if any counted credit entitlement says so (§9.8).

    They are hidden where all that give of the currency hide it. Granted by hand, credits are
    hard and shown.
    """
    counted = [
        credits
        for subscription in counted_subscriptions(facts, now)
        for credits in _counted_credits(subscription, facts.packages)
    ]
    hidden: dict[CurrencyId, frozenset[WidgetType]] = {}
    for each in counted:
        hidden[each.currency_id] = each.hidden_from & hidden.get(each.currency_id, each.hidden_from)
    return CreditTerms(
        soft_currencies=frozenset(each.currency_id for each in counted if each.is_soft),
        hidden_from={currency_id: widgets for currency_id, widgets in hidden.items() if widgets},
        valid_until=earliest(_scope_instants(facts), after=now),
    )


def _counted_credits(
    subscription: Subscription, packages: Mapping[PackageId, Package]
) -> Iterator[_CountedCredits]:
    """As of features: of the plan's the nearest counts, under the subscription's own value."""
    overrides = {e.currency_id: e for e in subscription.entitlements if e.currency_id}
    nearest: dict[CurrencyId, CreditEntitlement] = {}
    seen: set[PackageId] = set()
    plan = packages.get(subscription.plan_id)
    while plan is not None and plan.id not in seen:
        seen.add(plan.id)
        for entitlement in plan.credit_entitlements:
            nearest.setdefault(entitlement.currency_id, entitlement)
        plan = packages.get(plan.parent_plan_id) if plan.parent_plan_id else None
    for currency_id, override in overrides.items():
        below = nearest.pop(currency_id, None)
        yield _CountedCredits(
            currency_id=currency_id,
            is_soft=override.has_soft_limit,
            hidden_from=frozenset(below.hidden_from_widgets if below else ()),
        )
    of_addons = [
        entitlement
        for addon in subscription.addons
        if addon.addon_id in packages
        for entitlement in packages[addon.addon_id].credit_entitlements
    ]
    for entitlement in (*nearest.values(), *of_addons):
        if entitlement.is_granted:
            yield _CountedCredits(
                currency_id=entitlement.currency_id,
                is_soft=entitlement.has_soft_limit,
                hidden_from=frozenset(entitlement.hidden_from_widgets),
            )


def _of_subscription(
    subscription: Subscription,
    feature: Feature,
    parts: Sequence[Part],
    soft_currencies: frozenset[CurrencyId],
) -> Candidate:
    prices = [sold.price for sold in subscription.prices if sold.price.feature_id == feature.id]
    is_overage = any(price.is_overage for price in prices)
    is_billed = is_overage or any(p.billing_model is BillingModel.USAGE_BASED for p in prices)
    rate = _credit_rate(feature, subscription)
    grant = merged(feature, parts, is_overage=is_overage, is_credit=rate is not None)
    if rate is not None:
        grant = replace(grant, has_soft_limit=rate.currency_id in soft_currencies)
    budget = subscription.budget
    shown = next((part.entitlement for part in contributing(parts) if part.entitlement), None)
    is_trial = subscription.status is SubscriptionStatus.IN_TRIAL
    return Candidate(
        grant=grant,
        source=Source(
            kind=SourceKind.TRIAL if is_trial else SourceKind.SUBSCRIPTION,
            id=subscription.id,
            since=subscription.start_date,
            anchor=subscription.usage_anchor,
            cutoff=subscription.usage_cutoff,
            earlier_cutoffs=subscription.earlier_cutoffs,
        ),
        credit_rate=rate,
        is_budgeted=is_billed and budget is not None,
        is_budget_exceeded=(
            is_billed
            and subscription.budget_exceeded
            and budget is not None
            and not budget.has_soft_limit
        ),
        display_name_override=shown.display_name_override if shown else None,
        hidden_from_widgets=shown.hidden_from_widgets if shown else (),
    )


def _credit_rate(feature: Feature, subscription: Subscription) -> CreditRate | None:
    if not is_metered(feature):
        return None
    return next(
        (
            sold.price.credit_rate
            for sold in subscription.prices
            if sold.price.feature_id == feature.id
            and sold.price.billing_model is BillingModel.CREDIT_BASED
            and sold.price.credit_rate is not None
        ),
        None,
    )


def _of_promotion(grant: PromotionalEntitlement, feature: Feature) -> Candidate:
    unlimited = grant.has_unlimited_usage or (is_metered(feature) and grant.usage_limit is None)
    return Candidate(
        grant=Grant(
            usage_limit=None if unlimited else grant.usage_limit,
            has_unlimited_usage=unlimited,
            has_soft_limit=grant.has_soft_limit,
            enum_values=grant.enum_values,
            reset_rule=grant.reset_rule,
        ),
        source=Source(
            kind=SourceKind.PROMOTIONAL,
            id=grant.id,
            since=grant.start_date,
            anchor=grant.start_date,
        ),
    )


# --- combining ------------------------------------------------------------------------------


def most_generous(candidates: Iterable[Candidate]) -> Candidate:
    """The winner by the documented order; never a sum (§2.4).

    Granted, unlimited, higher limit (plain number), soft, shorter reset period, non-trial
    subscription before trial before promotional, oldest.
    """
    return min(candidates, key=_rank)


def _rank(candidate: Candidate) -> tuple[object, ...]:
    grant, source = candidate.grant, candidate.source
    if grant.usage_limit is not None:
        limit = grant.usage_limit
    else:
        # No number and not unlimited: credits alone bound it.
        limit = _NO_LIMIT if candidate.credit_rate is not None else Decimal(0)
    reset = NO_RESET_RANK if grant.reset_rule is None else PERIOD_RANK[grant.reset_rule.period]
    return (
        not grant.is_granted,
        not grant.has_unlimited_usage,
        -limit,
        not grant.has_soft_limit,
        reset,
        source.kind,
        source.since,
        source.id,
    )


def combined(feature: Feature, candidates: Sequence[Candidate]) -> Candidate:
    """The winner's value; of an enum the union over all granted candidates."""
    winner = most_generous(candidates)
    if feature.feature_type is not FeatureType.ENUM:
        return winner
    granted = [c.grant for c in candidates if c.grant.is_granted]
    return replace(winner, grant=replace(winner.grant, enum_values=ordered_union(feature, granted)))


def resolve(facts: Facts, now: datetime) -> Resolution:
    """The scope's rows at `now` and until when they hold by themselves (§2.5, §2.6)."""
    instants = _scope_instants(facts)
    found = contributions(facts, now)
    rows: dict[str, EntitlementRow] = {}
    for feature_id, values in found.items():
        feature = facts.features[feature_id]
        winner = combined(feature, [value.candidate for value in values])
        row = _row(feature, winner, facts, instants, now)
        is_budgeted = any(value.candidate.is_budgeted for value in values)
        rows[feature.ref_id] = replace(row, is_budgeted=is_budgeted)
    is_nobody = not counted_subscriptions(facts, now) and not any(
        is_active(grant, now) for grant in facts.promotional
    )
    ahead = [
        *instants,
        *(row.valid_until for row in rows.values()),
        *(i for grant in facts.promotional for i in (grant.start_date, grant.end_date)),
    ]
    return Resolution(
        reason=EntitlementsStateAccessDeniedReason.NoActiveSubscription if is_nobody else None,
        rows={} if is_nobody else rows,
        credit_terms=credit_terms(facts, now),
        valid_until=earliest(ahead, after=now),
    )


def _row(
    feature: Feature,
    winner: Candidate,
    facts: Facts,
    scope_instants: Sequence[datetime | None],
    now: datetime,
) -> EntitlementRow:
    row = EntitlementRow(
        feature=feature,
        grant=winner.grant,
        anchor=winner.source.anchor,
        cutoff=winner.source.cutoff,
        earlier_cutoffs=winner.source.earlier_cutoffs,
        credit_rate=winner.credit_rate,
        is_budget_exceeded=winner.is_budget_exceeded,
        display_name_override=winner.display_name_override,
        hidden_from_widgets=winner.hidden_from_widgets,
    )
    window = window_at(row.usage_rule, now) if is_metered(feature) else None
    promotions = [
        instant
        for grant in facts.promotional
        if grant.feature_id == feature.id
        for instant in (grant.start_date, grant.end_date)
    ]
    ahead = [*scope_instants, *promotions, window.end if window else None]
    return replace(row, window=window, valid_until=earliest(ahead, after=now))


def _scope_instants(facts: Facts) -> tuple[datetime | None, ...]:
    """When time alone changes who is counted: starts, ends and trial ends in scope."""
    instants: list[datetime | None] = []
    for subscription in facts.subscriptions:
        if not is_in_scope(subscription, facts.resource_id):
            continue
        if subscription.status in LIVE or subscription.status is SubscriptionStatus.NOT_STARTED:
            instants += [subscription.start_date, subscription.effective_end_date]
        if subscription.status is SubscriptionStatus.IN_TRIAL:
            instants.append(subscription.trial_end_date)
    return tuple(instants)


def stamped(
    rows: Mapping[str, EntitlementRow], before: Mapping[str, EntitlementRow], now: datetime
) -> dict[str, EntitlementRow]:
    """`rows` with `updated_at`: kept where nothing was configured anew, else strictly later.

    SDK caches are last-write-wins, so a stamp never repeats (§2.5).
    """
    result: dict[str, EntitlementRow] = {}
    for ref_id, row in rows.items():
        old = before.get(ref_id)
        if old is None or old.updated_at is None:
            stamp = now
        elif old.configuration == row.configuration:
            stamp = old.updated_at
        else:
            stamp = max(now, old.updated_at + _MILLISECOND)
        result[ref_id] = replace(row, updated_at=stamp)
    return result


def stamped_terms(terms: CreditTerms, before: CreditTerms | None, now: datetime) -> CreditTerms:
    """`terms` with `updated_at`, as the rows have it."""
    if before is None or before.updated_at is None:
        return replace(terms, updated_at=now)
    was = replace(before, valid_until=terms.valid_until, updated_at=None)
    if was == terms:
        return replace(terms, updated_at=before.updated_at)
    return replace(terms, updated_at=max(now, before.updated_at + _MILLISECOND))
