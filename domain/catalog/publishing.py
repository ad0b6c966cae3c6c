"""A package's life in versions: drafts, publishing with its checks and cascade, archiving.

One row per version. A published row never changes but for `is_latest`, its status and, when it
supersedes, nothing at all: prices and entitlements stay as sold.
Source: spec, catalog §4.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from domain.catalog.entitlement_rules import archived
from domain.catalog.enums import (
    CustomCurrencyStatus,
    FeatureStatus,
    PackageStatus,
    PricingType,
)
from domain.catalog.model import (
    CustomCurrency,
    Feature,
    FeatureEntitlement,
    Package,
    PackageType,
    Price,
    Product,
)
from domain.catalog.pricing.charge import MONEY_MODELS
from domain.catalog.pricing.starting_price import descends_from
from domain.catalog.products import require_live_product
from domain.errors import Conflict, DomainError, ErrorCode, InvalidInput, NotFound, bad_input
from domain.ids import CurrencyId, FeatureId, PackageId, PriceId

NewId = Callable[[], UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """The rows of one (type, ref_id) that decisions look at; `draft` may be the latest row."""

    latest: Package
    draft: Package | None = None
    version_number_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publish leaves behind; `superseded` is the former latest row, if another."""

    package: Package
    superseded: Package | None = None


def package_not_found(type_: PackageType, identifier: str) -> NotFound:
    code = ErrorCode.PlanNotFound if type_ is PackageType.Plan else ErrorCode.AddonNotFound
    return NotFound(code, f"{type_.value} {identifier} not found", refId=identifier)


# --- drafts -----------------------------------------------------------------------------------


def open_draft(
    lineage: Lineage, *, content: Package | None = None, new_id: NewId, now: datetime
) -> Package:
    """A draft v(N+1): a deep copy of the latest row, or of `content` (rollback), with new ids.

    Raises EntityIsArchivedError, DraftAlreadyExists.
    """
    _require_no_draft(lineage)
    number = lineage.version_number_max + 1
    return draft_copy(content or lineage.latest, number=number, new_id=new_id, now=now)


def open_empty_draft(lineage: Lineage, *, new_id: NewId, now: datetime) -> Package:
    """A draft v(N+1) without entitlements, prices and relations.

    Raises EntityIsArchivedError, DraftAlreadyExists.
    """
    draft = open_draft(lineage, new_id=new_id, now=now)
    return replace(
        draft,
        prices=(),
        overage_billing_period=None,
        minimum_spend=(),
        entitlements=(),
        parent_plan_id=None,
        compatible_addon_ref_ids=(),
        compatible_package_groups=(),
        dependency_ref_ids=(),
    )


def _require_no_draft(lineage: Lineage) -> None:
    ref_id = lineage.latest.ref_id
    if lineage.latest.status is PackageStatus.ARCHIVED:
        raise archived(lineage.latest.type.value, ref_id)
    if lineage.draft is not None:
        raise Conflict(ErrorCode.DraftAlreadyExists, f"{ref_id} already has a draft")


def draft_copy(package: Package, *, number: int, new_id: NewId, now: datetime) -> Package:
    """The package's content as a draft of its own: new ids, same times of the children.

    Children keep `created_at`, so that their order survives; nothing refers back.
    """
    id = PackageId(new_id())
    return replace(
        package,
        id=id,
        version_number=number,
        is_latest=False,
        status=PackageStatus.DRAFT,
        prices=tuple(_copy_price(p, id, new_id) for p in package.prices),
        entitlements=tuple(replace(e, id=new_id()) for e in package.entitlements),
        created_at=now,
        updated_at=now,
    )


def _copy_price(price: Price, package_id: PackageId, new_id: NewId) -> Price:
    return replace(price, id=PriceId(new_id()), package_id=package_id)


def require_discardable(lineage: Lineage) -> Package:
    """The draft to delete; with a v1 draft the whole lineage goes.

    Raises IntegrityViolation when no draft is open.
    """
    if lineage.draft is None:
        raise Conflict(
            ErrorCode.IntegrityViolation, f"{lineage.latest.ref_id} has no draft to remove"
        )
    return lineage.draft


def require_package_editable(package: Package) -> None:
    """Raises CannotEditPackageInNonDraftMode unless `package` is a draft."""
    if package.status is not PackageStatus.DRAFT:
        raise Conflict(
            ErrorCode.CannotEditPackageInNonDraftMode,
            f"{package.ref_id} v{package.version_number} is not a draft",
        )


# --- publishing ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishFacts:
    """What the checks look at beside the package.

    `compatible_addons` holds the version to judge of each compatible add-on's lineage: the latest
    published, else its latest row; a lineage that is gone is absent.
    """

    product: Product
    features: Mapping[FeatureId, Feature]
    currencies: Mapping[CurrencyId, CustomCurrency]
    base_plan: Package | None = None
    ancestors: Mapping[PackageId, Package] = field(default_factory=dict)
    compatible_addons: Mapping[str, Package]


def require_publishable(package: Package, facts: PublishFacts) -> None:
    """The checks of publishing, in the documented order; each raises its own code.

    Source: spec, catalog §4 (publish checks in order).
    """
    if package.status is PackageStatus.ARCHIVED:
        raise archived(package.type.value, package.ref_id)
    if package.status is PackageStatus.PUBLISHED:
        raise Conflict(
            ErrorCode.PackageAlreadyPublished,
            f"{package.ref_id} v{package.version_number} is published already",
        )
    require_live_product(facts.product)
    _require_priced(package)
    _require_nothing_archived(package, facts)
    if facts.base_plan is not None and facts.base_plan.status is not PackageStatus.PUBLISHED:
        raise Conflict(
            ErrorCode.PlanCannotBePublishWhenBasePlanIsDraft,
            f"base plan {facts.base_plan.ref_id} is not published",
        )
    if facts.base_plan is not None:
        require_no_cycle(package, facts.base_plan, plans=facts.ancestors)
    addons = [facts.compatible_addons.get(ref) for ref in package.compatible_addon_ref_ids]
    for ref_id, addon in zip(package.compatible_addon_ref_ids, addons, strict=True):
        if addon is None or addon.status is not PackageStatus.PUBLISHED:
            raise Conflict(
                ErrorCode.PlanCannotBePublishWhenCompatibleAddonIsDraft,
                f"compatible add-on {ref_id} is not published",
            )
    for addon in addons:
        assert addon is not None
        _require_addon_fits(package, addon)


def require_no_cycle(plan: Package, base: Package, *, plans: Mapping[PackageId, Package]) -> None:
    """Raises PlansCircularDependencyError if `base` is or extends any version of `plan`.

    `plans` holds the ancestors of `base` by id.
    """
    if base.ref_id == plan.ref_id or descends_from(base, plan.ref_id, plans=plans):
        raise Conflict(
            ErrorCode.PlansCircularDependencyError,
            f"{plan.ref_id} cannot extend {base.ref_id}, which extends it",
        )


def _require_priced(package: Package) -> None:
    if package.pricing_type is None:
        raise Conflict(
            ErrorCode.PackagePricingTypeNotSet,
            f"{package.ref_id} has no pricing type",
            refId=package.ref_id,
        )
    if package.pricing_type is PricingType.PAID and not has_money_price(package):
        code = (
            ErrorCode.PriceNotFound
            if package.type is PackageType.Plan
            else ErrorCode.AddonHasToHavePriceError
        )
        raise Conflict(code, f"{package.ref_id} is PAID but has no price")


def has_money_price(package: Package) -> bool:
    """Whether any charge is billed in money."""
    return any(p.billing_model in MONEY_MODELS for p in package.charges)


def _require_nothing_archived(package: Package, facts: PublishFacts) -> None:
    for feature_id in feature_ids_of(package):
        feature = facts.features.get(feature_id)
        if feature is None or feature.feature_status is FeatureStatus.SUSPENDED:
            raise archived("Feature", feature.ref_id if feature else str(feature_id))
    for currency_id in currency_ids_of(package):
        currency = facts.currencies.get(currency_id)
        if currency is None or currency.status is CustomCurrencyStatus.ARCHIVED:
            raise archived("CustomCurrency", currency.currency_id if currency else str(currency_id))


def _require_addon_fits(plan: Package, addon: Package) -> None:
    if addon.pricing_type is PricingType.CUSTOM and plan.pricing_type is not PricingType.CUSTOM:
        raise bad_input(f"add-on {addon.ref_id} is CUSTOM: only CUSTOM plans can offer it")
    if plan.pricing_type is PricingType.FREE and costs_money(addon):
        raise bad_input(f"add-on {addon.ref_id} costs money: plan {plan.ref_id} is FREE")
    if addon.pricing_type is PricingType.PAID:
        missing = countries_of(plan) - countries_of(addon)
        if missing:
            raise bad_input(f"add-on {addon.ref_id} is not localized for {min(missing)}")


def costs_money(package: Package) -> bool:
    """Whether any price, tier or overage of the package is above 0."""
    return any(
        (p.amount or 0) > 0
        or any((t.unit_price or 0) > 0 or (t.flat_price or 0) > 0 for t in p.tiers)
        for p in package.prices
    )


def countries_of(package: Package) -> frozenset[str]:
    """The countries that the package's prices are localized for."""
    return frozenset(
        p.billing_country_code for p in package.prices if p.billing_country_code is not None
    )


def feature_ids_of(package: Package) -> tuple[FeatureId, ...]:
    """Every feature that the package names: entitlements, dependencies, charges."""
    found: list[FeatureId | None] = []
    for entitlement in package.entitlements:
        if isinstance(entitlement, FeatureEntitlement):
            found.append(entitlement.feature_id)
        found.append(entitlement.dependency_feature_id)
    found += [p.feature_id for p in package.prices]
    return tuple(dict.fromkeys(f for f in found if f is not None))


def currency_ids_of(package: Package) -> tuple[CurrencyId, ...]:
    """Every custom currency that the package names: entitlements, top-ups, credit rates."""
    found: list[CurrencyId | None] = [e.currency_id for e in package.credit_entitlements]
    for price in package.prices:
        found.append(price.top_up_currency_id)
        found.append(price.credit_rate.currency_id if price.credit_rate else None)
    return tuple(dict.fromkeys(c for c in found if c is not None))


def publish(package: Package, *, latest: Package, now: datetime) -> Published:
    """The draft as the published, latest row, and the row that it supersedes (still PUBLISHED)."""
    assert package.status is PackageStatus.DRAFT
    published = replace(package, status=PackageStatus.PUBLISHED, is_latest=True, updated_at=now)
    if latest.id == package.id:
        return Published(package=published)
    return Published(package=published, superseded=replace(latest, is_latest=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """What publishing a base plan does to its children.

    `versions` are the automatic versions in order of publication, `superseded` the rows before
    them, `drafts` open drafts that were re-pointed (and renumbered behind an automatic version).
    """

    versions: tuple[Package, ...] = ()
    superseded: tuple[Package, ...] = ()
    drafts: tuple[Package, ...] = ()


def cascade(
    published: Published, *, plans: Iterable[Package], new_id: NewId, now: datetime
) -> Cascade:
    """Automatic new versions of every live descendant, nearest first, pointing at the new bases.

    `plans` are the product's latest rows and open drafts. A child with an open draft gets its
    automatic version below the draft, which moves up by one number.
    """
    if published.superseded is None:
        return Cascade()
    replaced = {published.superseded.id: published.package.id}
    others = [p for p in plans if p.ref_id != published.package.ref_id]
    live = [p for p in others if p.is_latest and p.status is PackageStatus.PUBLISHED]
    drafts = {p.ref_id: p for p in others if p.status is PackageStatus.DRAFT}
    versions: list[Package] = []
    superseded: list[Package] = []
    renumbered: set[str] = set()
    found = _next_child(live, replaced)
    while found is not None:
        assert found.parent_plan_id is not None
        copy = draft_copy(found, number=found.version_number + 1, new_id=new_id, now=now)
        version = replace(
            copy,
            status=PackageStatus.PUBLISHED,
            is_latest=True,
            parent_plan_id=replaced[found.parent_plan_id],
        )
        replaced[found.id] = version.id
        versions.append(version)
        superseded.append(replace(found, is_latest=False))
        renumbered.add(found.ref_id)
        found = _next_child(live, replaced)
    moved = tuple(
        replace(
            draft,
            parent_plan_id=replaced.get(draft.parent_plan_id, draft.parent_plan_id)
            if draft.parent_plan_id
            else None,
            version_number=draft.version_number + (ref_id in renumbered),
        )
        for ref_id, draft in drafts.items()
        if ref_id in renumbered or draft.parent_plan_id in replaced
    )
    return Cascade(versions=tuple(versions), superseded=tuple(superseded), drafts=moved)


def _next_child(live: Iterable[Package], replaced: Mapping[PackageId, PackageId]) -> Package | None:
    """A live plan that extends a superseded row and has no automatic version yet."""
    for plan in live:
        if plan.parent_plan_id in replaced and plan.id not in replaced:
            return plan
    return None


# --- archiving --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFacts:
    """Who still needs the package: ref_ids of products, latest plans, and package groups."""

    start_plan_of: Collection[str] = ()
    downgrade_plan_of: Collection[str] = ()
    child_plans: Collection[str] = ()
    compatible_plans: Collection[str] = ()
    compatible_groups: Collection[str] = ()


def archive(lineage: Lineage, facts: ArchiveFacts, *, now: datetime) -> Package:
    """The latest row as ARCHIVED; of an archived one, itself.

    Raises DraftPlanCantBeArchived (add-ons: DraftAddonCantBeArchived, with a published version
    AddonWithDraftCannotBeDeletedError), PlanIsUsedAsDefaultStartPlan, PlanIsUsedAsDowngradePlan,
    PlanWithChildCantBeDeleted, AddonIsCompatibleWithPlan, AddonIsCompatibleWithGroup.
    """
    latest = lineage.latest
    if latest.status is PackageStatus.ARCHIVED:
        return latest
    _require_no_open_draft(lineage)
    users: tuple[tuple[ErrorCode, Collection[str]], ...] = (
        (ErrorCode.PlanIsUsedAsDefaultStartPlan, facts.start_plan_of),
        (ErrorCode.PlanIsUsedAsDowngradePlan, facts.downgrade_plan_of),
        (ErrorCode.PlanWithChildCantBeDeleted, facts.child_plans),
        (ErrorCode.AddonIsCompatibleWithPlan, facts.compatible_plans),
        (ErrorCode.AddonIsCompatibleWithGroup, facts.compatible_groups),
    )
    for code, ref_ids in users:
        if ref_ids:
            raise Conflict(code, f"{latest.ref_id} is used by {', '.join(sorted(ref_ids))}")
    return replace(latest, status=PackageStatus.ARCHIVED, updated_at=now)


def _require_no_open_draft(lineage: Lineage) -> None:
    if lineage.draft is None:
        return
    latest = lineage.latest
    if latest.type is PackageType.Plan:
        code = ErrorCode.DraftPlanCantBeArchived
    elif latest.status is PackageStatus.DRAFT:
        code = ErrorCode.DraftAddonCantBeArchived
    else:
        code = ErrorCode.AddonWithDraftCannotBeDeletedError
    raise Conflict(code, f"{latest.ref_id} has an open draft")


def unarchive(latest: Package, *, now: datetime) -> Package:
    """The latest row as PUBLISHED again; a live one is returned as it is."""
    if latest.status is not PackageStatus.ARCHIVED:
        return latest
    return replace(latest, status=PackageStatus.PUBLISHED, updated_at=now)


# --- the version that is sold -------------------------------------------------------------------


def unpublished(type_: PackageType, ref_ids: Iterable[str]) -> DomainError:
    """The error that names packages without a published version."""
    listed = list(ref_ids)
    return InvalidInput(
        ErrorCode.UnPublishedPackage,
        f"not published: {', '.join(listed)}",
        nonPublishedPackageIds=listed,
        packageType=type_.value,
    )
