"""Provisionings that wait: a plan change, or parts of the same plan, at the period's end.

Source: spec, subscriptions §7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from domain.catalog.enums import PlanChangeType
from domain.catalog.pricing.starting_price import plan_change_type
from domain.subscriptions.changes import (
    Keeper,
    Part,
    execution_time,
    parts_of,
    require_schedulable,
    waits,
    with_parts,
)
from domain.subscriptions.content import Selection, selection_of
from domain.subscriptions.enums import SubscriptionScheduleStatus, SubscriptionScheduleType
from domain.subscriptions.facts import ContentFacts, ProvisionFacts
from domain.subscriptions.lifecycle import without_updates
from domain.subscriptions.model import ScheduledChange, ScheduledUpdate, Subscription
from domain.subscriptions.request import ProvisionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What a provisioning does now (`chosen`) and what waits (`later`).

    `waits_on`: everything waits, on this subscription; no new record is made.
    """

    chosen: Selection
    later: tuple[ScheduledUpdate, ...] = ()
    waits_on: Subscription | None = None


def change_type(current: Subscription | None, facts: ProvisionFacts) -> PlanChangeType:
    """How the requested plan compares with the current subscription's; NONE without one."""
    plan = None if current is None else facts.packages.get(current.plan_id)
    if plan is None:
        return PlanChangeType.NONE
    country = None if current is None else current.billing_country_code
    return plan_change_type(plan, facts.content.plan, plans=facts.packages, country=country)


def split(
    request: ProvisionRequest,
    facts: ProvisionFacts,
    *,
    current: Subscription | None,
    wanted: Selection,
) -> Split:
    """Which of it happens now; `current` None = there is nothing that it could wait for.

    Raises SchedulingAtEndOfBillingPeriod for an explicit wait that cannot be.
    """
    strategy = request.schedule_strategy
    require_schedulable(current, strategy)
    if current is None:
        return Split(chosen=wanted)
    at = execution_time(current, strategy, now=facts.now)
    keeper = Keeper(new_id=facts.new_id, names=names_in_facts(facts.content), now=facts.now)
    if current.plan_ref_id != facts.content.plan.ref_id:
        change = change_type(current, facts)
        is_downgrade = change is PlanChangeType.DOWNGRADE
        if not waits(current, facts.product, strategy, is_downgrade=is_downgrade):
            return Split(chosen=wanted)
        update = plan_update(request, facts, change=change, wanted=wanted, keeper=keeper)
        update = replace(update, scheduled_execution_time=at)
        return Split(chosen=wanted, waits_on=_waiting(current, (update,)))
    held = selection_of(current)
    parts = parts_of(held, wanted)
    later = tuple(
        part
        for part in parts
        if waits(current, facts.product, strategy, is_downgrade=part.is_downgrade)
    )
    updates = tuple(keeper.update(part, at=at) for part in later)
    soon = tuple(part for part in parts if part not in later)
    if updates and not soon:
        return Split(chosen=held, waits_on=_waiting(current, updates))
    return Split(chosen=_without(wanted, held, later), later=updates)


def _without(wanted: Selection, held: Selection, later: tuple[Part, ...]) -> Selection:
    """What is wanted, but as held where the change waits."""
    if not later:
        return wanted
    soon = tuple(part.change for part in parts_of(held, wanted) if part not in later)
    return with_parts(held, soon)


def _waiting(current: Subscription, updates: tuple[ScheduledUpdate, ...]) -> Subscription:
    cleared = without_updates(current, SubscriptionScheduleStatus.Scheduled)
    return replace(cleared, scheduled_updates=(*cleared.scheduled_updates, *updates))


def names_in_facts(facts: ContentFacts) -> dict[UUID, str]:
    """The callers' names of what is counted, by id."""
    named = (*facts.features.items(), *facts.currencies.items())
    return {key: name for name, key in named}


def plan_update(
    request: ProvisionRequest,
    facts: ProvisionFacts,
    *,
    change: PlanChangeType,
    wanted: Selection,
    keeper: Keeper,
) -> ScheduledUpdate:
    """A waiting plan change: `Downgrade`, or `Plan` for any other."""
    is_downgrade = change is PlanChangeType.DOWNGRADE
    variables: dict[str, object] = {
        "billingPeriod": wanted.billing_period.value if wanted.billing_period else None,
        "addons": [
            {"addonRefId": ref_id, "quantity": quantity}
            for ref_id, quantity in sorted(wanted.addons.items())
        ],
        "billableFeatures": [
            {"featureId": keeper.names.get(key, str(key)), "quantity": float(quantity)}
            for key, quantity in wanted.quantities.items()
        ],
    }
    if is_downgrade:
        variables["downgradePlanRefId"] = request.plan_ref_id
    else:
        variables["planRefId"] = request.plan_ref_id
        variables["changeType"] = change.value
    # What was named by the caller is bound to ids: names may be gone by then.
    later = replace(
        request,
        schedule_strategy=None,
        checkout=None,
        billing=request.billing.to_keep(),
        wording={},
    )
    kind = SubscriptionScheduleType.Downgrade if is_downgrade else SubscriptionScheduleType.Plan
    return ScheduledUpdate(
        id=keeper.new_id(),
        type=kind,
        status=SubscriptionScheduleStatus.Scheduled,
        scheduled_execution_time=facts.now,
        target_package_id=facts.content.plan.id,
        variables=variables,
        change=ScheduledChange(provision=later),
        created_at=keeper.now,
    )
