"""Editing what a draft gives: entitlements of features and credits. Source: spec, catalog §5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.ports import Runtime, UnitOfWork
from app.usecases.packages.resolving import (
    currencies_of,
    features_of,
    require_currencies,
    require_features,
    require_lineage,
)
from domain.catalog.entitlement_rules import (
    reordered,
    require_dependency,
    require_entitlements_editable,
    validated_credit_entitlement,
    validated_feature_entitlement,
    with_added,
    with_replaced,
    without,
)
from domain.catalog.group_links import require_in_group, require_live_group
from domain.catalog.groups import feature_group_not_found
from domain.catalog.model import (
    CreditEntitlement,
    FeatureEntitlement,
    FeatureGroup,
    Package,
    PackageEntitlement,
)
from domain.catalog.packages import require_consistent
from domain.errors import ErrorCode, NotFound, bad_input
from domain.ids import as_uuid

ENTITLEMENTS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFeature:
    """A feature entitlement as written; `values` are attributes of FeatureEntitlement."""

    feature_id: str
    dependency_feature_id: str | None = None
    feature_group_id: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCredit:
    """A credit entitlement as written; `values` are attributes of CreditEntitlement."""

    currency_id: str
    dependency_feature_id: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitlementChange:
    """An update: `values` for its kind, absent attributes stay."""

    kind: str
    values: Mapping[str, Any]
    sets_dependency: bool = False
    dependency_feature_id: str | None = None


async def create_entitlements(
    package_id: str, given: tuple[GivenFeature | GivenCredit, ...], *, runtime: Runtime
) -> tuple[Package, tuple[PackageEntitlement, ...]]:
    """The draft with all of `given`, or an error and nothing; returns the new ones too."""
    async with runtime.new_unit_of_work() as work:
        package, _ = await require_lineage(work, None, package_id)
        package, created = await add_entitlements(work, package, given, runtime=runtime)
        await work.packages.save(package)
        await work.commit()
    return package, created


async def create_entitlements_of_many(
    given: tuple[tuple[str, GivenFeature], ...], *, runtime: Runtime
) -> tuple[tuple[Package, PackageEntitlement], ...]:
    """As `create_entitlements`, over several packages, in one transaction (legacy root)."""
    created: list[tuple[Package, PackageEntitlement]] = []
    async with runtime.new_unit_of_work() as work:
        for package_id in dict.fromkeys(id for id, _ in given):
            package, _ = await require_lineage(work, None, package_id)
            own = tuple(g for id, g in given if id == package_id)
            package, new = await add_entitlements(work, package, own, runtime=runtime)
            await work.packages.save(package)
            created += [(package, e) for e in new]
        await work.commit()
    return tuple(created)


async def add_entitlements(
    work: UnitOfWork,
    package: Package,
    given: tuple[GivenFeature | GivenCredit, ...],
    *,
    runtime: Runtime,
) -> tuple[Package, tuple[PackageEntitlement, ...]]:
    """The draft with `given` added, unsaved, and the added ones as they stand in it."""
    require_entitlements_editable(package)
    if len(given) + len(package.entitlements) > ENTITLEMENTS_MAX:
        raise bad_input(f"a package has at most {ENTITLEMENTS_MAX} entitlements")
    now = runtime.clock()
    features = await require_features(
        work,
        [g.feature_id for g in given if isinstance(g, GivenFeature)]
        + [g.dependency_feature_id for g in given if g.dependency_feature_id],
    )
    currencies = await require_currencies(
        work, [g.currency_id for g in given if isinstance(g, GivenCredit)]
    )
    groups = await _require_feature_groups(work, given)
    new: list[PackageEntitlement] = []
    for one in given:
        dependency = features.get(one.dependency_feature_id or "")
        require_dependency(dependency)
        common = dict(one.values) | {
            "id": runtime.ids.new_uuid(),
            "dependency_feature_id": dependency.id if dependency else None,
            "created_at": now,
            "updated_at": now,
        }
        if isinstance(one, GivenFeature):
            feature = features[one.feature_id]
            group = groups.get(one.feature_group_id or "")
            if group is not None:
                require_in_group(group, [feature])
                common["feature_group_ids"] = (group.id,)
            new.append(
                validated_feature_entitlement(
                    FeatureEntitlement(feature_id=feature.id, **common),
                    feature=feature,
                    package=package,
                )
            )
        else:
            currency = currencies[one.currency_id]
            new.append(
                validated_credit_entitlement(
                    CreditEntitlement(currency_id=currency.id, **common),
                    currency=currency,
                    package=package,
                )
            )
    package = with_added(package, *new, now=now)
    await require_consistent_draft(work, package)
    ids = [e.id for e in new]
    by_id = {e.id: e for e in package.entitlements}
    return package, tuple(by_id[id] for id in ids)


async def _require_feature_groups(
    work: UnitOfWork, given: tuple[GivenFeature | GivenCredit, ...]
) -> dict[str, FeatureGroup]:
    """The latest versions of the groups that new entitlements name."""
    named = [
        g.feature_group_id for g in given if isinstance(g, GivenFeature) and g.feature_group_id
    ]
    known = await work.feature_groups.latest(named)
    for identifier in named:
        if identifier not in known:
            raise feature_group_not_found(identifier)
        require_live_group(known[identifier])
    return known


async def require_consistent_draft(work: UnitOfWork, package: Package) -> None:
    """Raises where the draft's entitlements, charges and relations contradict each other."""
    features = await features_of(work, package)
    currencies = await currencies_of(work, package)
    require_consistent(
        package,
        features=features,
        currencies={id: c.currency_id for id, c in currencies.items()},
    )


async def update_entitlement(
    entitlement_id: str, change: EntitlementChange, *, runtime: Runtime
) -> tuple[Package, PackageEntitlement]:
    """The draft with one entitlement changed; an update of the other kind is BadUserInput."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        package, old = await _require_entitlement(work, entitlement_id)
        require_entitlements_editable(package)
        if old.kind != change.kind:
            raise bad_input(f"entitlement {entitlement_id} is of a {old.kind.lower()}")
        values = dict(change.values) | {"updated_at": now}
        if change.sets_dependency:
            values["dependency_feature_id"] = await _dependency(work, change.dependency_feature_id)
        new = await _validated(work, package, old, _exclusive(values))
        package = with_replaced(package, new, now=now)
        await require_consistent_draft(work, package)
        await work.packages.save(package)
        await work.commit()
    return package, new


def _exclusive(values: dict[str, Any]) -> dict[str, Any]:
    """A limit given alone ends unlimited usage, and the other way round."""
    limit, unlimited = values.get("usage_limit"), values.get("has_unlimited_usage")
    if limit is not None and unlimited is None:
        return values | {"has_unlimited_usage": False}
    if unlimited and "usage_limit" not in values:
        return values | {"usage_limit": None}
    return values


async def _dependency(work: UnitOfWork, identifier: str | None) -> UUID | None:
    if identifier is None:
        return None
    feature = (await require_features(work, [identifier]))[identifier]
    require_dependency(feature)
    return feature.id


async def _validated(
    work: UnitOfWork, package: Package, old: PackageEntitlement, values: dict[str, Any]
) -> PackageEntitlement:
    if isinstance(old, FeatureEntitlement):
        feature = (await work.features.by_ids([old.feature_id]))[old.feature_id]
        return validated_feature_entitlement(
            replace(old, **values), feature=feature, package=package, previous=old
        )
    currency = (await work.currencies.by_ids([old.currency_id]))[old.currency_id]
    return validated_credit_entitlement(
        replace(old, **values), currency=currency, package=package, previous=old
    )


async def delete_entitlement(
    entitlement_id: str, *, runtime: Runtime, kind: str | None = None
) -> tuple[Package, PackageEntitlement]:
    """The draft without the entitlement, and what it was; one of another kind is BadUserInput."""
    async with runtime.new_unit_of_work() as work:
        package, old = await _require_entitlement(work, entitlement_id)
        if kind is not None and old.kind != kind:
            raise bad_input(f"entitlement {entitlement_id} is of a {old.kind.lower()}")
        require_entitlements_editable(package)
        package = without(package, old.id, now=runtime.clock())
        await work.packages.save(package)
        await work.commit()
    return package, old


async def reorder_entitlements(
    package_id: str, orders: tuple[tuple[str, Decimal | None], ...], *, runtime: Runtime
) -> tuple[tuple[str, Decimal | None], ...]:
    """Give entitlements of one draft new orders; returns them as given."""
    async with runtime.new_unit_of_work() as work:
        package, _ = await require_lineage(work, None, package_id)
        require_entitlements_editable(package)
        by_id = {_require_uuid(id): order for id, order in orders}
        await work.packages.save(reordered(package, by_id, now=runtime.clock()))
        await work.commit()
    return orders


async def _require_entitlement(
    work: UnitOfWork, identifier: str
) -> tuple[Package, PackageEntitlement]:
    id = _require_uuid(identifier)
    package = await work.packages.of_entitlement(id)
    if package is None:
        raise _entitlement_not_found(identifier)
    return package, next(e for e in package.entitlements if e.id == id)


def _require_uuid(identifier: str) -> UUID:
    id = as_uuid(identifier)
    if id is None:
        raise _entitlement_not_found(identifier)
    return id


def _entitlement_not_found(identifier: str) -> NotFound:
    return NotFound(
        ErrorCode.NoFeatureEntitlementError, f"PackageEntitlement {identifier} not found"
    )
