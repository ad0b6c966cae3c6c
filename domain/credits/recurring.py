"""What credits a subscription grants each cadence period: its sources and their amounts.

Sources are the plan's credit entitlement (its own, or the nearest base plan's), those of add-ons,
and charges for credits. Pure. Source: spec, catalog §5 (credit), §6; entitlements §9.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from domain.catalog.enums import (
    BillingCadence,
    CreditCadence,
    CreditGrantCadence,
    EntitlementBehavior,
)
from domain.catalog.model import CreditEntitlement, Feature, Package, Price
from domain.credits.enums import CreditGrantSourceType
from domain.credits.grants import AMOUNT_MAX
from domain.credits.model import ZERO, credits_of
from domain.entitlements.resolution import Facts, contributions, is_counted
from domain.ids import CurrencyId, FeatureId, PackageId
from domain.periods import monthly_period, months_of
from domain.subscriptions.cycle import cycle_period
from domain.subscriptions.enums import SubscriptionScheduleStatus, SubscriptionStatus
from domain.subscriptions.model import Subscription, SubscriptionEntitlement

_MONTHS = {CreditCadence.MONTH: 1, CreditCadence.YEAR: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditSource:
    """One reason for which a subscription grants credits: `amount` every `months` (None: once).

    `key` names it within the subscription and the currency, whatever its amount and the version
    of its package.
    """

    currency_id: CurrencyId
    type: CreditGrantSourceType
    key: str
    display_name: str
    amount: Decimal
    months: int | None


# --- the sources ----------------------------------------------------------------------------


def sources_of(
    subscription: Subscription,
    packages: Mapping[PackageId, Package],
    limits: Mapping[FeatureId, Decimal | None],
) -> tuple[CreditSource, ...]:
    """All that the subscription grants; what comes to nothing is no source.

    `packages` holds the plan with its base plans, and the add-ons; `limits` the limits of the
    features that credits depend on.
    """
    found = [*_entitled(subscription, packages, limits), *_charged(subscription, packages)]
    return tuple(
        replace(source, amount=credits_of(min(source.amount, AMOUNT_MAX)))
        for source in found
        if source.amount
    )


def granted_amount(
    entitlement: CreditEntitlement, limits: Mapping[FeatureId, Decimal | None]
) -> Decimal:
    """The entitlement's amount, times its dependency's effective limit.

    200 for each of 5 seats -> 1000; an unlimited (None) or missing limit gives 0. A revoked
    entitlement, or a custom one without an amount, gives 0.
    """
    if not entitlement.is_granted or entitlement.amount is None:
        return ZERO
    if entitlement.dependency_feature_id is None:
        return entitlement.amount
    return entitlement.amount * (limits.get(entitlement.dependency_feature_id) or ZERO)


def issued_of(
    plan: CreditSource | None, addons: Iterable[tuple[EntitlementBehavior, CreditSource]]
) -> tuple[CreditSource, ...]:
    """Which of one currency's entitlements are issued: each, or the largest override alone.

    Plan 100 and an Increment of 50 -> both; with an Override of 500 as well -> that alone.
    """
    listed = list(addons)
    overrides = [one for behavior, one in listed if behavior is EntitlementBehavior.Override]
    if overrides:
        return (min(overrides, key=lambda one: (-one.amount, one.key)),)
    increments = tuple(one for _, one in listed)
    return increments if plan is None else (plan, *increments)


def _entitled(
    subscription: Subscription,
    packages: Mapping[PackageId, Package],
    limits: Mapping[FeatureId, Decimal | None],
) -> Iterator[CreditSource]:
    plans = _of_plan(subscription, packages, limits)
    addons: dict[CurrencyId, list[tuple[EntitlementBehavior, CreditSource]]] = {}
    for behavior, source in _of_addons(subscription, packages, limits):
        addons.setdefault(source.currency_id, []).append((behavior, source))
    for currency_id in sorted({*plans, *addons}):
        yield from issued_of(plans.get(currency_id), addons.get(currency_id, ()))


def _of_addons(
    subscription: Subscription,
    packages: Mapping[PackageId, Package],
    limits: Mapping[FeatureId, Decimal | None],
) -> Iterator[tuple[EntitlementBehavior, CreditSource]]:
    """What each add-on gives, times its units; one that revokes gives nothing."""
    for addon in subscription.addons:
        package = packages[addon.addon_id]
        for entitlement in package.credit_entitlements:
            if not entitlement.is_granted:
                continue
            yield (
                entitlement.behavior,
                CreditSource(
                    currency_id=entitlement.currency_id,
                    type=CreditGrantSourceType.ADDON_ENTITLEMENT,
                    key=f"addon:{addon.addon_ref_id}",
                    display_name=entitlement.display_name_override or package.display_name,
                    amount=granted_amount(entitlement, limits) * addon.quantity,
                    months=_MONTHS[entitlement.cadence],
                ),
            )


def _of_plan(
    subscription: Subscription,
    packages: Mapping[PackageId, Package],
    limits: Mapping[FeatureId, Decimal | None],
) -> dict[CurrencyId, CreditSource]:
    """The plan's own and inherited ones, the nearest of each currency; the subscription's own
    values replace them whole.
    """  # noqa: D205
    found: dict[CurrencyId, CreditSource] = {}
    name = ""
    for plan in plan_and_bases(subscription.plan_id, packages):
        name = name or plan.display_name
        for entitlement in plan.credit_entitlements:
            if entitlement.currency_id not in found:
                found[entitlement.currency_id] = CreditSource(
                    currency_id=entitlement.currency_id,
                    type=CreditGrantSourceType.PLAN_ENTITLEMENT,
                    key="plan",
                    display_name=entitlement.display_name_override or name,
                    amount=granted_amount(entitlement, limits),
                    months=_MONTHS[entitlement.cadence],
                )
    for own in subscription.entitlements:
        if own.currency_id is not None:
            found[own.currency_id] = _own(own, own.currency_id, found.get(own.currency_id), name)
    return found


def _own(
    own: SubscriptionEntitlement, currency_id: CurrencyId, below: CreditSource | None, name: str
) -> CreditSource:
    """A per-subscription value; without a cadence it has the plan's, else a month."""
    months = 1 if below is None or below.months is None else below.months
    return CreditSource(
        currency_id=currency_id,
        type=CreditGrantSourceType.PLAN_ENTITLEMENT,
        key="plan",
        display_name=name if below is None else below.display_name,
        amount=own.amount or ZERO,
        months=months if own.cadence is None else _MONTHS[own.cadence],
    )


def _charged(
    subscription: Subscription, packages: Mapping[PackageId, Package]
) -> Iterator[CreditSource]:
    """Charges for credits: the committed quantity is the credits, of an add-on for each unit."""
    held = {addon.addon_ref_id: addon for addon in subscription.addons}
    for sold in subscription.prices:
        price = sold.price
        if price.top_up_currency_id is None or not sold.quantity:
            continue
        addon = held.get(sold.addon_ref_id) if sold.addon_ref_id is not None else None
        package = packages.get(subscription.plan_id if addon is None else addon.addon_id)
        yield CreditSource(
            currency_id=price.top_up_currency_id,
            type=CreditGrantSourceType.PRICE,
            key="price" if addon is None else f"price:{addon.addon_ref_id}",
            display_name=subscription.plan_ref_id if package is None else package.display_name,
            amount=sold.quantity * (1 if addon is None else addon.quantity),
            months=charge_months(price, subscription),
        )


def charge_months(price: Price, subscription: Subscription) -> int | None:
    """A charge that is paid once grants once, and what it granted does not expire."""
    if price.billing_cadence is BillingCadence.ONE_OFF:
        return None
    if price.credit_grant_cadence is CreditGrantCadence.MONTHLY:
        return 1
    return months_of(cycle_period(subscription.pricing_type, subscription.billing_period))


def next_grant_at(subscription: Subscription, price: Price, *, now: datetime) -> datetime | None:
    """When a charge for credits grants next; None for another, and where it grants no more."""
    if price.top_up_currency_id is None or not is_counted(subscription, now):
        return None
    months = charge_months(price, subscription)
    if months is None:
        return None
    at = monthly_period(subscription.billing_cycle_anchor, now, step=months).end
    end = subscription.effective_end_date
    return at if end is None or at < end else None


# --- what the sources depend on -------------------------------------------------------------


def plan_and_bases(
    plan_id: PackageId, packages: Mapping[PackageId, Package]
) -> tuple[Package, ...]:
    """The plan, its base plan, and so on; the nearest first."""
    found: dict[PackageId, Package] = {}
    next_id: PackageId | None = plan_id
    while next_id is not None and next_id in packages and next_id not in found:
        found[next_id] = packages[next_id]
        next_id = packages[next_id].parent_plan_id
    return tuple(found.values())


def dependencies_of(
    subscription: Subscription, packages: Mapping[PackageId, Package]
) -> set[FeatureId]:
    """The features whose limits multiply what the subscription grants."""
    held = [packages[one.addon_id] for one in subscription.addons]
    return {
        entitlement.dependency_feature_id
        for package in (*plan_and_bases(subscription.plan_id, packages), *held)
        for entitlement in package.credit_entitlements
        if entitlement.dependency_feature_id is not None
    }


def limits_of(
    subscription: Subscription,
    packages: Mapping[PackageId, Package],
    features: Mapping[FeatureId, Feature],
    *,
    at: datetime,
) -> dict[FeatureId, Decimal | None]:
    """What the subscription by itself allows of these features; None = unlimited or revoked."""
    facts = Facts(
        subscriptions=(subscription,),
        packages=packages,
        features=features,
        resource_id=subscription.resource_id,
    )
    return {
        feature_id: one.candidate.grant.usage_limit if one.candidate.grant.is_granted else None
        for feature_id, (one,) in contributions(facts, at).items()
    }


def holds_from(subscription: Subscription) -> datetime | None:
    """When a change that is due by the clock may alter what the subscription grants.

    Scheduled updates, and a trial that turns into the paid subscription.
    """
    ahead = [
        update.scheduled_execution_time
        for update in subscription.scheduled_updates
        if update.status is SubscriptionScheduleStatus.Scheduled
    ]
    trial_end = subscription.trial_end_date
    if subscription.status is SubscriptionStatus.IN_TRIAL and trial_end is not None:
        ahead.append(trial_end)
    return min(ahead, default=None)


def is_alike(before: Subscription, after: Subscription) -> bool:
    """Whether all is as before that decides what credits a live subscription grants, and where."""
    return before.is_live and _content(before) == _content(after)


def is_timed_alike(before: Subscription, after: Subscription) -> bool:
    """Whether what is alike also ends, and is to change, when it was to."""
    return (before.effective_end_date, holds_from(before)) == (
        after.effective_end_date,
        holds_from(after),
    )


def goes_on_as(before: Subscription, ended: Subscription, new: Subscription) -> bool:
    """Whether `new` replaces a record of the same plan in the same cycle (`before` it ended)."""
    return (
        before.is_live
        and not ended.is_live
        and new.is_live
        and _place(before) == _place(new)
        and before.id != new.id
    )


def _place(one: Subscription) -> tuple[object, ...]:
    return (
        one.customer_id,
        one.resource_id,
        one.plan_ref_id,
        one.billing_cycle_anchor,
        one.status is SubscriptionStatus.IN_TRIAL,
    )


def _content(one: Subscription) -> tuple[object, ...]:
    return (
        one.customer_id,
        one.resource_id,
        one.plan_id,
        one.billing_period,
        one.billing_cycle_anchor,
        tuple((sold.price.id, sold.addon_ref_id, sold.quantity) for sold in one.prices),
        tuple((addon.addon_id, addon.quantity) for addon in one.addons),
        one.entitlements,
    )
