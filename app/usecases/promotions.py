"""Promotional entitlements: grant, change, revoke, singly and by feature group.

Each operation is one transaction under the customer's lock and forgets all of the customer's
snapshots. Source: spec, entitlements §8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.ports import Runtime, UnitOfWork
from app.usecases.catalog.events import feature_body
from domain.catalog.model import Feature, FeatureGroup
from domain.customers.events import customer_body
from domain.customers.model import Customer, PromotionalEntitlement
from domain.customers.promotions import (
    ENDS_SOON,
    PromotionTerms,
    changed,
    granted,
    group_revoked,
    has_ended,
    linked,
    no_promotion,
    require_covered,
    require_revocable,
    status_of,
    unlinked,
)
from domain.errors import ErrorCode, invalid_argument, not_found
from domain.events import Event
from domain.ids import FeatureGroupId, FeatureId
from domain.periods import wire_time

DUE_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """One feature and the terms on which it is granted; `feature_id` = UUID or refId."""

    feature_id: str
    terms: PromotionTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantPromotions:
    """Grants to one customer by the caller's id; with a group they are held by it."""

    customer_ref_id: str
    promotions: tuple[Promotion, ...]
    feature_group_id: str | None = None


async def grant_promotions(
    command: GrantPromotions, *, runtime: Runtime
) -> list[PromotionalEntitlement]:
    """Grant all or none; one live row a customer and feature, so granting again replaces."""
    return await grant_to_many([command], runtime=runtime)


async def grant_to_many(
    commands: Sequence[GrantPromotions], *, runtime: Runtime
) -> list[PromotionalEntitlement]:
    """As `grant_promotions` for several customers at once, in the order given."""
    results: list[PromotionalEntitlement] = []
    async with runtime.new_unit_of_work() as work:
        # In one order, whatever the caller's: two calls never wait for each other.
        for ref_id in sorted({command.customer_ref_id for command in commands}):
            await _lock_customer(work, ref_id)
        for command in commands:
            results += await _grant(work, command, runtime)
        await work.commit()
    return results


async def _grant(
    work: UnitOfWork, command: GrantPromotions, runtime: Runtime
) -> list[PromotionalEntitlement]:
    now = runtime.clock()
    if not command.promotions and command.feature_group_id is None:
        raise invalid_argument("promotionalEntitlements must not be empty")
    customer = await _lock_customer(work, command.customer_ref_id)
    features = await _features(work, command.promotions)
    known = {g.feature_id: g for g in await work.promotional.promotional_of(customer.id)}
    held = {id: grant for id, grant in known.items() if not has_ended(grant, now)}
    grants: dict[FeatureId, PromotionalEntitlement] = {}
    for promotion in command.promotions:
        feature = features[promotion.feature_id]
        if feature.id in grants:
            raise invalid_argument(f"Feature {feature.ref_id} is listed twice")
        grants[feature.id] = granted(
            promotion.terms,
            feature,
            customer_id=customer.id,
            existing=known.get(feature.id),
            id=runtime.ids.new_uuid(),
            now=now,
        )
    if command.feature_group_id is not None:
        group, versions = await _group(work, command.feature_group_id)
        require_covered(group, grants, held)
        members = {id: grants.get(id) or held[id] for id in group.feature_ids}
        grants = {id: linked(grant, group, versions) for id, grant in members.items()}
    result = list(grants.values())
    await _save(work, customer, result)
    new = [grant for grant in result if grant.feature_id not in held]
    old = [grant for grant in result if grant.feature_id in held]
    await _tell(work, "PROMOTIONAL_ENTITLEMENT_GRANTED", new, customer, runtime)
    await _tell(work, "PROMOTIONAL_ENTITLEMENT_UPDATED", old, customer, runtime)
    return result


async def update_promotion(
    id: str, terms: PromotionTerms, *, runtime: Runtime
) -> PromotionalEntitlement:
    """Change a grant by its id; PromotionalEntitlementNotFoundError if there is none."""
    async with runtime.new_unit_of_work() as work:
        found = await _by_id(work, id)
        customer = await _lock_of(work, found)
        grant = await _by_id(work, id)
        features = await work.features.by_ids([grant.feature_id])
        grant = changed(grant, terms, features[grant.feature_id], runtime.clock())
        await _save(work, customer, [grant])
        await _tell(work, "PROMOTIONAL_ENTITLEMENT_UPDATED", [grant], customer, runtime)
        await work.commit()
    return grant


async def revoke_promotion(
    customer_ref_id: str, feature_id: str, *, runtime: Runtime
) -> PromotionalEntitlement:
    """Delete the customer's grant of a feature and return it as it was."""
    async with runtime.new_unit_of_work() as work:
        customer = await _lock_customer(work, customer_ref_id)
        feature = await work.features.by_any_id(feature_id)
        if feature is None:
            raise not_found(ErrorCode.FeatureNotFound, "Feature", feature_id, refId=feature_id)
        held = {g.feature_id: g for g in await work.promotional.promotional_of(customer.id)}
        grant = require_revocable(held.get(feature.id))
        await _delete(work, customer, [grant], runtime)
        await work.commit()
    return grant


async def delete_promotion(id: str, *, runtime: Runtime) -> PromotionalEntitlement:
    """As `revoke_promotion`, by the grant's id."""
    async with runtime.new_unit_of_work() as work:
        found = await _by_id(work, id)
        customer = await _lock_of(work, found)
        grant = require_revocable(await _by_id(work, id))
        await _delete(work, customer, [grant], runtime)
        await work.commit()
    return grant


async def revoke_group(
    customer_ref_id: str, feature_group_id: str, *, runtime: Runtime
) -> list[PromotionalEntitlement]:
    """Delete the group's grants, save those that another group holds; return them all."""
    async with runtime.new_unit_of_work() as work:
        customer = await _lock_customer(work, customer_ref_id)
        _, versions = await _group(work, feature_group_id)
        held = await work.promotional.promotional_of(customer.id)
        outcome = group_revoked(held, versions)
        await work.promotional.save(outcome.kept)
        await _delete(work, customer, outcome.deleted, runtime)
        await work.commit()
    return [*outcome.deleted, *outcome.kept]


async def unlink_group(
    customer_ref_id: str, feature_group_id: str, *, runtime: Runtime
) -> list[PromotionalEntitlement]:
    """Drop the group's hold on its grants; access stays."""
    async with runtime.new_unit_of_work() as work:
        customer = await _lock_customer(work, customer_ref_id)
        _, versions = await _group(work, feature_group_id)
        gone = set(versions)
        held = await work.promotional.promotional_of(customer.id)
        result = [unlinked(g, gone) for g in held if gone & set(g.feature_group_ids)]
        await work.promotional.save(result)
        await work.commit()
    return result


async def run_due_promotions(runtime: Runtime, until: datetime) -> int:
    """Tell of grants that ended by `until`, or end within a week; how many.

    Access needs no job: it ends by the clock. In batches, each a transaction.
    """
    told = 0
    while True:
        async with runtime.new_unit_of_work() as work:
            grants = await work.promotional.due(until, limit=DUE_BATCH)
            if not grants:
                return told
            features = await work.features.by_ids({grant.feature_id for grant in grants})
            customers = await work.customers.by_ids({grant.customer_id for grant in grants})
            for grant in grants:
                customer = customers[grant.customer_id]
                work.publish(_ending(grant, features[grant.feature_id], customer, until))
            await work.promotional.mark_told([grant.id for grant in grants], until=until)
            await work.commit()
        told += len(grants)


def _ending(
    grant: PromotionalEntitlement, feature: Feature, customer: Customer, until: datetime
) -> Event:
    assert grant.end_date is not None
    has_ended = grant.end_date <= until
    soon = max(grant.start_date, grant.end_date - ENDS_SOON)
    status = status_of(grant, is_archived=customer.deleted_at is not None, now=until)
    return Event(
        type="PROMOTIONAL_ENTITLEMENT_" + ("EXPIRED" if has_ended else "ENDS_SOON"),
        entity_type="PromotionalEntitlement",
        entity_id=grant.id,
        customer_id=customer.id,
        data=promotion_data(grant, feature, customer, status.value),
        occurred_at=grant.end_date if has_ended else soon,
    )


# --- parts ----------------------------------------------------------------------------------


async def _lock_customer(work: UnitOfWork, ref_id: str) -> Customer:
    """The live customer, locked; CustomerNotFound also when archived."""
    found = (await work.customers.by_ref_ids([ref_id])).get(ref_id)
    if found is None or found.deleted_at is not None:
        raise not_found(ErrorCode.CustomerNotFound, "Customer", ref_id, refId=ref_id)
    await work.customers.lock(found.id)
    return found


async def _lock_of(work: UnitOfWork, grant: PromotionalEntitlement) -> Customer:
    await work.customers.lock(grant.customer_id)
    return (await work.customers.by_ids([grant.customer_id]))[grant.customer_id]


async def _by_id(work: UnitOfWork, id: str) -> PromotionalEntitlement:
    found = await work.promotional.by_id(id)
    if found is None:
        raise no_promotion()
    return found


async def _features(work: UnitOfWork, promotions: Sequence[Promotion]) -> Mapping[str, Feature]:
    asked = [promotion.feature_id for promotion in promotions]
    found = await work.features.by_any_ids(asked)
    for feature_id in asked:
        if feature_id not in found:
            raise not_found(ErrorCode.FeatureNotFound, "Feature", feature_id, refId=feature_id)
    return found


async def _group(
    work: UnitOfWork, identifier: str
) -> tuple[FeatureGroup, tuple[FeatureGroupId, ...]]:
    """The latest version of a group, and the ids of all its versions."""
    versions = await work.promotional.feature_group_versions(identifier)
    latest = next((group for group in versions if group.is_latest), None)
    if latest is None:
        raise not_found(ErrorCode.FeatureGroupNotFoundError, "Feature group", identifier)
    return latest, tuple(group.id for group in versions)


async def _save(
    work: UnitOfWork, customer: Customer, grants: Sequence[PromotionalEntitlement]
) -> None:
    await work.promotional.save(grants)
    await work.snapshots.invalidate(customer.id)


async def _delete(
    work: UnitOfWork,
    customer: Customer,
    grants: Sequence[PromotionalEntitlement],
    runtime: Runtime,
) -> None:
    await work.promotional.delete([grant.id for grant in grants])
    await work.snapshots.invalidate(customer.id)
    await _tell(work, "PROMOTIONAL_ENTITLEMENT_REVOKED", grants, customer, runtime)


async def _tell(
    work: UnitOfWork,
    type_: str,
    grants: Sequence[PromotionalEntitlement],
    customer: Customer,
    runtime: Runtime,
) -> None:
    features = await work.features.by_ids({grant.feature_id for grant in grants})
    is_archived = customer.deleted_at is not None
    for grant in grants:
        status = status_of(grant, is_archived=is_archived, now=runtime.clock())
        work.publish(
            Event(
                type=type_,
                entity_type="PromotionalEntitlement",
                entity_id=grant.id,
                customer_id=customer.id,
                data=promotion_data(grant, features[grant.feature_id], customer, status.value),
            )
        )


def promotion_data(
    grant: PromotionalEntitlement, feature: Feature, customer: Customer, status: str
) -> dict[str, object]:
    """The body of the promotional webhooks (spec, platform §7)."""
    rule = grant.reset_rule
    return {
        "id": str(grant.id),
        "status": status,
        "feature": feature_body(feature),
        "customer": customer_body(customer),
        "hasUnlimitedUsage": grant.has_unlimited_usage,
        "usageLimit": None if grant.usage_limit is None else float(grant.usage_limit),
        "resetPeriod": rule.period.value if rule else None,
        "resetPeriodConfiguration": (
            {"accordingTo": rule.according_to.value} if rule and rule.according_to else None
        ),
        "isVisible": grant.is_visible,
        "period": grant.period.value,
        "endDate": wire_time(grant.end_date),
    }
