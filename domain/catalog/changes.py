"""What a draft changes of the published version. Source: spec, catalog §4 (draftDetails)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from domain.catalog.enums import (
    BillingPeriod,
    ChangeType,
    OverageBillingPeriod,
    PricingType,
    WidgetType,
)
from domain.catalog.inheritance import subject_of
from domain.catalog.model import (
    CompatiblePackageGroup,
    MetaData,
    MinimumSpend,
    Package,
    PackageEntitlement,
    Price,
    TrialConfig,
)
from domain.ids import PackageId, PriceId

T = TypeVar("T")
_NOBODY = PriceId(UUID(int=0))
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[T]):
    """From `before` to `after`; None on one side where it was added or deleted."""

    before: T | None
    after: T | None
    type: ChangeType


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChanges:
    """Every difference that counts; entitlements by feature or currency, prices by their place."""

    display_name: Change[str] | None = None
    description: Change[str] | None = None
    additional_meta_data: Change[MetaData] | None = None
    base_plan_id: Change[PackageId] | None = None
    default_trial_config: Change[TrialConfig] | None = None
    hidden_from_widgets: Change[tuple[WidgetType, ...]] | None = None
    max_quantity: Change[int] | None = None
    overage_billing_period: Change[OverageBillingPeriod] | None = None
    pricing_type: Change[PricingType] | None = None
    compatible_addons: tuple[Change[str], ...] = ()
    dependencies: tuple[Change[str], ...] = ()
    compatible_package_groups: tuple[Change[CompatiblePackageGroup], ...] = ()
    entitlements: tuple[Change[PackageEntitlement], ...] = ()
    minimum_spend: tuple[Change[MinimumSpend], ...] = ()
    overage_prices: tuple[Change[Price], ...] = ()
    prices: tuple[Change[Price], ...] = ()

    @property
    def total(self) -> int:
        """How many changes there are: each single one, and each element of the lists."""
        values = (getattr(self, f.name) for f in fields(self))
        return sum(len(v) if isinstance(v, tuple) else v is not None for v in values)


def changes_between(before: Package, after: Package) -> PackageChanges:
    """What `after` (the draft) changes of `before` (the latest published version)."""
    return PackageChanges(
        display_name=_single(before.display_name, after.display_name),
        description=_single(before.description, after.description),
        additional_meta_data=_single(before.additional_meta_data, after.additional_meta_data),
        base_plan_id=_single(before.parent_plan_id, after.parent_plan_id),
        default_trial_config=_single(before.default_trial_config, after.default_trial_config),
        hidden_from_widgets=_single(
            before.hidden_from_widgets or None, after.hidden_from_widgets or None
        ),
        max_quantity=_single(before.max_quantity, after.max_quantity),
        overage_billing_period=_single(before.overage_billing_period, after.overage_billing_period),
        pricing_type=_single(before.pricing_type, after.pricing_type),
        compatible_addons=_each(
            before.compatible_addon_ref_ids, after.compatible_addon_ref_ids, key=str
        ),
        dependencies=_each(before.dependency_ref_ids, after.dependency_ref_ids, key=str),
        compatible_package_groups=_each(
            before.compatible_package_groups,
            after.compatible_package_groups,
            key=lambda group: group.package_group_id,
        ),
        entitlements=_entitlements(before, after),
        minimum_spend=_each(before.minimum_spend, after.minimum_spend, key=_period),
        overage_prices=_prices(before.overage_prices, after.overage_prices),
        prices=_prices(before.charges, after.charges),
    )


def _single(before: T | None, after: T | None) -> Change[T] | None:
    if before == after:
        return None
    return Change(before=before, after=after, type=_type(before, after))


def _type(before: object, after: object) -> ChangeType:
    if before is None:
        return ChangeType.ADDED
    return ChangeType.DELETED if after is None else ChangeType.MODIFIED


def _each(
    before: Iterable[T], after: Iterable[T], *, key: Callable[[T], Hashable]
) -> tuple[Change[T], ...]:
    """Added, deleted and modified elements, in the order of the new list, then the old."""
    old = {key(one): one for one in before}
    new = {key(one): one for one in after}
    found = (_single(old.get(k), new.get(k)) for k in dict.fromkeys([*new, *old]))
    return tuple(change for change in found if change is not None)


def _period(spend: MinimumSpend) -> BillingPeriod:
    return spend.billing_period


def _entitlements(before: Package, after: Package) -> tuple[Change[PackageEntitlement], ...]:
    old = {subject_of(e): e for e in before.entitlements}
    new = {subject_of(e): e for e in after.entitlements}
    found: list[Change[PackageEntitlement]] = []
    for subject in dict.fromkeys([*new, *old]):
        one, other = old.get(subject), new.get(subject)
        if one is None or other is None:
            found.append(Change(before=one, after=other, type=_type(one, other)))
            continue
        alike = _as(other, one)
        if alike == one:
            continue
        moved = replace(alike, order=one.order) == one
        found.append(
            Change(
                before=one,
                after=other,
                type=ChangeType.REORDERED if moved else ChangeType.MODIFIED,
            )
        )
    return tuple(found)


def _as(entitlement: PackageEntitlement, other: PackageEntitlement) -> PackageEntitlement:
    """The entitlement with the identity and times of `other`: what is left is content."""
    return replace(
        entitlement, id=other.id, created_at=other.created_at, updated_at=other.updated_at
    )


def _prices(before: Iterable[Price], after: Iterable[Price]) -> tuple[Change[Price], ...]:
    old = {_place(p): p for p in before}
    new = {_place(p): p for p in after}
    found: list[Change[Price]] = []
    for place in dict.fromkeys([*new, *old]):
        one, other = old.get(place), new.get(place)
        if one is not None and other is not None and _content(one) == _content(other):
            continue
        found.append(Change(before=one, after=other, type=_type(one, other)))
    return tuple(found)


def _place(price: Price) -> tuple[object, ...]:
    """Feature, model, cadence, period and country: one price each."""
    subject: UUID | None = price.feature_id or price.top_up_currency_id
    return (
        subject,
        price.billing_model,
        price.billing_cadence,
        price.billing_period,
        price.billing_country_code,
    )


def _content(price: Price) -> Price:
    """The price without its identity: equal content is no change."""
    return replace(price, id=_NOBODY, package_id=None, position=0, created_at=_NEVER)
