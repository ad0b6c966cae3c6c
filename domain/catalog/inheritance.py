"""What a plan has from its base plans. Source: spec, catalog §4 (plans)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from domain.catalog.entitlement_rules import grants
from domain.catalog.model import FeatureEntitlement, Package, PackageEntitlement
from domain.ids import PackageId


def ancestors_of(plan: Package, plans: Mapping[PackageId, Package]) -> tuple[Package, ...]:
    """The base plans of `plan`, nearest first."""
    found: list[Package] = []
    seen = {plan.id}
    parent_id = plan.parent_plan_id
    while parent_id is not None and parent_id in plans and parent_id not in seen:
        seen.add(parent_id)
        found.append(plans[parent_id])
        parent_id = plans[parent_id].parent_plan_id
    return tuple(found)


def subject_of(entitlement: PackageEntitlement) -> UUID:
    """The feature or currency that the entitlement is about: one per package."""
    if isinstance(entitlement, FeatureEntitlement):
        return entitlement.feature_id
    return entitlement.currency_id


def inherited_entitlements(
    plan: Package, ancestors: tuple[Package, ...], *, include_overridden: bool = False
) -> tuple[tuple[Package, PackageEntitlement], ...]:
    """The base plans' entitlements, each with its plan, the nearest of a subject alone.

    What `plan` defines itself, by entitlement or charge, is omitted unless `include_overridden`.
    Prices are not inherited.
    """
    taken: set[UUID] = set()
    if not include_overridden:
        taken |= {subject_of(e) for e in plan.entitlements}
        taken |= {p.feature_id for p in plan.charges if p.feature_id and grants(p.billing_model)}
    found: list[tuple[Package, PackageEntitlement]] = []
    for ancestor in ancestors:
        for entitlement in ancestor.entitlements:
            if subject_of(entitlement) not in taken:
                taken.add(subject_of(entitlement))
                found.append((ancestor, entitlement))
    return tuple(found)
