"""Why a feature is entitled as it is: one row for every source, and which ones formed the value.

Source: spec, entitlements §2.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.catalog.enums import FeatureType
from domain.catalog.model import Feature, FeatureEntitlement, Price
from domain.customers.model import PromotionalEntitlement
from domain.entitlements.model import Candidate, Grant
from domain.entitlements.parts import Origin, Part, contributing
from domain.entitlements.resolution import Contribution, most_generous
from domain.ids import PackageId
from domain.subscriptions.model import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One source of a feature; `package_id` of an inherited row is the base plan's.

    A package's row (`entitlement`), a charge's (`price` with its `grant`) or a promotional one.
    """

    is_effective: bool
    subscription: Subscription | None = None
    package_id: PackageId | None = None
    is_plan: bool = False
    entitlement: FeatureEntitlement | None = None
    price: Price | None = None
    grant: Grant | None = None
    addon_quantity: int | None = None
    promotional: PromotionalEntitlement | None = None


def summaries(feature: Feature, found: Sequence[Contribution]) -> tuple[Summary, ...]:
    """A row for each part of each candidate, in the order of the sources."""
    winner = most_generous([each.candidate for each in found])
    rows: list[Summary] = []
    for each in found:
        wins = _forms_value(feature, each.candidate, winner)
        if each.promotional is not None:
            rows.append(Summary(is_effective=wins, promotional=each.promotional))
        effective = contributing(each.parts) if wins and each.parts else ()
        rows += [
            _of_part(part, each.subscription, is_effective=part in effective) for part in each.parts
        ]
    return tuple(rows)


def _forms_value(feature: Feature, candidate: Candidate, winner: Candidate) -> bool:
    """The winner does; of an enum every granted candidate, since their values are united."""
    if feature.feature_type is FeatureType.ENUM and winner.grant.is_granted:
        return candidate.grant.is_granted
    return candidate is winner


def _of_part(part: Part, subscription: Subscription | None, *, is_effective: bool) -> Summary:
    entitlement = part.entitlement
    if entitlement is not None and part.origin is Origin.OVERRIDE:
        entitlement = replace(
            entitlement,
            usage_limit=part.grant.usage_limit,
            has_unlimited_usage=part.grant.has_unlimited_usage,
            has_soft_limit=part.grant.has_soft_limit,
            enum_values=part.grant.enum_values,
            reset_rule=part.grant.reset_rule,
        )
    return Summary(
        is_effective=is_effective,
        subscription=subscription,
        package_id=part.package_id,
        is_plan=part.is_base,
        entitlement=entitlement,
        price=part.price if entitlement is None else None,
        grant=part.grant,
        addon_quantity=None if part.is_base else part.quantity,
    )
