"""A product copied with all it sells, each package a first draft. Source: spec, catalog §3."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.catalog.model import (
    AutoCancellationRule,
    Package,
    PackageGroup,
    PackageType,
    Product,
    ProductSettings,
)
from domain.catalog.products import NewProduct, create_product
from domain.catalog.publishing import draft_copy
from domain.errors import Conflict, ErrorCode
from domain.ids import PackageId, ProductId, require_ref_id

NewId = Callable[[], UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductContent:
    """A product with the latest versions of its unarchived packages and groups.

    `parents` names the base plans' version rows, whichever version is extended.
    """

    product: Product
    packages: tuple[Package, ...]
    groups: tuple[PackageGroup, ...]
    parents: Mapping[PackageId, Package]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateProduct:
    """The copy as the caller names it; the source's words where nothing is given."""

    ref_id: str
    display_name: str | None = None
    description: str | None = None


def copied_ref_id(ref_id: str, product_ref_id: str) -> str:
    """`plan-pro` of `product-b` is `plan-pro-product-b`; raises BadUserInput if too long."""
    return require_ref_id(f"{ref_id}-{product_ref_id}")


def require_free(taken: Sequence[str]) -> None:
    """Raise DuplicateProductValidationError for a refId that the copy needs and another has."""
    if taken:
        raise Conflict(
            ErrorCode.DuplicateProductValidationError,
            f"refId {', '.join(sorted(taken))} is taken already",
        )


def duplicate_product(
    content: ProductContent, copy: DuplicateProduct, *, new_id: NewId, now: datetime
) -> ProductContent:
    """The copy: packages as DRAFT v1 with new ids, their relations among themselves kept.

    What a package or setting names outside the copy (an archived add-on, say) is left out;
    auto-cancellation keeps naming plans of other products.
    """
    source = content.product
    described = create_product(
        NewProduct(
            ref_id=copy.ref_id,
            display_name=copy.display_name or source.display_name,
            description=copy.description or source.description,
            multiple_subscriptions=source.multiple_subscriptions,
            additional_meta_data=source.additional_meta_data,
        ),
        id=ProductId(new_id()),
        now=now,
    )
    names = _Names(content, described.ref_id)
    product = replace(
        described,
        settings=_settings(source.settings, names),
        usage_reset_cutoff=source.usage_reset_cutoff,
        auto_cancellation_rules=tuple(
            AutoCancellationRule(
                source_plan_ref_id=names.plan(rule.source_plan_ref_id) or rule.source_plan_ref_id,
                target_plan_ref_id=names.plan(rule.target_plan_ref_id) or rule.target_plan_ref_id,
            )
            for rule in source.auto_cancellation_rules
        ),
    )
    drafts = {
        (package.type, package.ref_id): replace(
            draft_copy(package, number=1, new_id=new_id, now=now),
            ref_id=copied_ref_id(package.ref_id, product.ref_id),
            product_id=product.id,
            is_latest=True,
            billing_id=None,
            lineage_created_at=now,
        )
        for package in content.packages
    }
    packages = tuple(
        _related(draft, drafts=drafts, parents=content.parents, names=names)
        for draft in drafts.values()
    )
    groups = tuple(_group(group, product, names, new_id, now) for group in content.groups)
    return ProductContent(product=product, packages=packages, groups=groups, parents={})


class _Names:
    """What the copy calls the things that the source names."""

    def __init__(self, content: ProductContent, product_ref_id: str) -> None:
        self._of = product_ref_id
        self._packages = {(p.type, p.ref_id) for p in content.packages}
        self._groups = {g.package_group_id for g in content.groups}

    def plan(self, ref_id: str | None) -> str | None:
        return self._copied(PackageType.Plan, ref_id)

    def addons(self, ref_ids: Sequence[str]) -> tuple[str, ...]:
        named = (self._copied(PackageType.Addon, ref_id) for ref_id in ref_ids)
        return tuple(name for name in named if name is not None)

    def group(self, group_id: str) -> str | None:
        return copied_ref_id(group_id, self._of) if group_id in self._groups else None

    def _copied(self, type_: PackageType, ref_id: str | None) -> str | None:
        if ref_id is None or (type_, ref_id) not in self._packages:
            return None
        return copied_ref_id(ref_id, self._of)


def _settings(settings: ProductSettings, names: _Names) -> ProductSettings:
    """The journey with the copied plans; the default journey where one of them is not copied."""
    start, downgrade = settings.subscription_start_plan_ref_id, settings.downgrade_plan_ref_id
    copied = replace(
        settings,
        subscription_start_plan_ref_id=names.plan(start),
        downgrade_plan_ref_id=names.plan(downgrade),
    )
    defaults = ProductSettings()
    if start is not None and copied.subscription_start_plan_ref_id is None:
        copied = replace(copied, subscription_start_setup=defaults.subscription_start_setup)
    if downgrade is not None and copied.downgrade_plan_ref_id is None:
        copied = replace(copied, subscription_end_setup=defaults.subscription_end_setup)
    return copied


def _related(
    draft: Package,
    *,
    drafts: Mapping[tuple[PackageType, str], Package],
    parents: Mapping[PackageId, Package],
    names: _Names,
) -> Package:
    parent = None if draft.parent_plan_id is None else parents.get(draft.parent_plan_id)
    base = None if parent is None else drafts.get((PackageType.Plan, parent.ref_id))
    return replace(
        draft,
        parent_plan_id=None if base is None else base.id,
        compatible_addon_ref_ids=names.addons(draft.compatible_addon_ref_ids),
        dependency_ref_ids=names.addons(draft.dependency_ref_ids),
        compatible_package_groups=tuple(
            replace(offered, package_group_id=name)
            for offered in draft.compatible_package_groups
            if (name := names.group(offered.package_group_id)) is not None
        ),
    )


def _group(
    group: PackageGroup, product: Product, names: _Names, new_id: NewId, now: datetime
) -> PackageGroup:
    return replace(
        group,
        id=new_id(),
        package_group_id=copied_ref_id(group.package_group_id, product.ref_id),
        product_id=product.id,
        addon_ref_ids=names.addons(group.addon_ref_ids),
        version_number=1,
        created_at=now,
        updated_at=now,
    )
